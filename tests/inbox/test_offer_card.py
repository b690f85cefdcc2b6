"""What an agent's screen is told of what rings at him."""

from __future__ import annotations

import pytest

from contacts.models import Contact
from routing.models import AgentSkill, Queue, QueueSkill, Skill
from routing.rounds import assign_waiting
from tests.browser import Browser
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_offer_says_what_its_queue_and_the_language_of_the_subscriber_ask_for(cast: Cast):
    def skill(name: str, language: str = "", *, is_enabled: bool = True) -> Skill:
        made = Skill.objects.create(organisation=cast.organisation, name=name, language=language, is_enabled=is_enabled)
        AgentSkill.objects.create(user=cast.awa, skill=made, level=5)
        return made

    Queue.objects.filter(id=cast.queue.id).update(auto_accept=False, ring_s=20, language_level=2)
    billing, cards, gone = skill("Facturation"), skill("Cartes"), skill("Fax", is_enabled=False)
    fon = skill("Fon", "fon")
    skill("Bariba", "bba")
    for one, least, preferred in ((cards, 0, 4), (billing, 3, 5), (gone, 5, 0)):
        QueueSkill.objects.create(queue=cast.queue, skill=one, least=least, preferred=preferred)
    waiting = cast.queued()
    Contact.objects.filter(id=waiting.contact_id).update(language="fon")
    cast.available(cast.awa)
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 1

    [offer] = Browser(cast.awa).get("/api/offers").data["items"]
    assert offer["conversation"]["id"] == str(waiting.id)
    assert offer["skills"] == [
        {"skill_id": str(billing.id), "name": "Facturation", "least": 3, "preferred": 5},
        {"skill_id": str(cards.id), "name": "Cartes", "least": 0, "preferred": 4},
        {"skill_id": str(fon.id), "name": "Fon", "least": 2, "preferred": 0},
    ]
    assert Browser(cast.koffi).get("/api/offers").data == {"items": []}
