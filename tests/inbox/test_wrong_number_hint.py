"""Beside a conversation stands that its number is wrong, until an administrator says that it is right after all."""

from __future__ import annotations

from accounts.models import Role
from conversations.models import WrongNumber
from tests.browser import Browser, someone
from tests.cast import Cast, make_cast


def test_the_person_panel_is_told_of_a_number_that_failed_for_good(cast: Cast) -> None:
    talk = cast.queued(sender="+2290197000009")
    browser, boss = Browser(cast.awa), Browser(someone(cast, Role.ADMINISTRATOR))
    person = f"/api/conversations/{talk.id}"
    assert browser.get(person).data["contact"]["wrong_number"] is None
    other = make_cast(name="Autre", slug="autre", domain="autre.example")
    for one in (cast, other):
        WrongNumber.objects.create(
            organisation=one.organisation, number="+2290197000009", link_id=one.north.id, message_id=talk.id,
            code="0x0000000B", times=2 if one is cast else 9,
        )  # fmt: skip
    told = browser.get(person).data["contact"]["wrong_number"]
    assert (told["times"], told["fr"], told["code"]) == (2, "Ce numéro n’existe pas", "0x0000000B")
    assert boss.post("/api/admin/wrong-numbers/forget", {"number": "+2290197000009"}).status == 200
    assert browser.get(person).data["contact"]["wrong_number"] is None
