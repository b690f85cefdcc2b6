"""Transfers through the API: to whom, what is told to whom, and who may."""

from __future__ import annotations

from uuid import uuid4

import pytest

from accounts.models import Team
from conversations.models import Line, Status
from inbox.offers import OfferView
from inbox.transfers import AgentChoice, QueueChoice, TransferView
from routing.models import AgentMedium, Queue, State
from tests.browser import Browser
from tests.cast import Cast
from tests.inbox.test_conversation import fits

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.needs("RFP-030")
def test_a_transfer_shows_its_sender_and_note_to_the_receiver_and_its_fate_to_the_sender(cast: Cast) -> None:
    cast.available(cast.awa, cast.koffi)
    conversation = cast.owned_by(cast.awa)
    awa, koffi = Browser(cast.awa), Browser(cast.koffi)
    where = f"/api/conversations/{conversation.id}/transfer"
    sent = awa.post(where, {"agent_id": str(cast.koffi.id), "note": "Parle de sa facture"})
    assert (sent.status, sent.data["owner_id"]) == (200, str(cast.awa.id))
    (offer,) = koffi.get("/api/offers").data["items"]
    fits(offer, OfferView)
    assert (offer["sender"], offer["note"], offer["conversation"]["status"]) == (
        "Awa Diallo", "Parle de sa facture", "open",
    )  # fmt: skip
    (mine,) = awa.get("/api/transfers").data["items"]
    fits(mine, TransferView)
    assert (mine["conversation_id"], mine["agent"]) == (str(conversation.id), "Koffi Mensah")
    assert koffi.get("/api/transfers").data["items"] == []

    assert awa.post(f"{where}/cancel").status == 200
    assert koffi.get("/api/offers").data["items"] == awa.get("/api/transfers").data["items"] == []
    awa.post(where, {"agent_id": str(cast.koffi.id)})
    (again,) = koffi.get("/api/offers").data["items"]
    assert again["note"] == ""
    assert koffi.post(f"/api/offers/{again['id']}/accept").data["owner_id"] == str(cast.koffi.id)
    assert awa.post(f"{where}/cancel").code == "not_owner"


def test_destinations_are_those_who_see_the_line_with_room_and_the_queues_with_who_waits(cast: Cast) -> None:
    cast.available(cast.koffi, capacity=3)
    cast.available(cast.mariam, capacity=0)
    cast.owned_by(cast.koffi, sender="+2290197000002")
    cast.queued(sender="+2290197000003")
    off = Queue.objects.create(organisation=cast.organisation, name="Ancienne", is_enabled=False)
    conversation = cast.owned_by(cast.awa)
    found = Browser(cast.awa).get(f"/api/conversations/{conversation.id}/destinations").data
    for one in found["agents"]:
        fits(one, AgentChoice)
    for one in found["queues"]:
        fits(one, QueueChoice)
    assert [(one["name"], one["room"], one["hindrance"]) for one in found["agents"]][:2] == [
        ("Koffi Mensah", 2, ""), ("Mariam Ouédraogo", 0, "full"),
    ]  # fmt: skip
    assert {one["hindrance"] for one in found["agents"][2:]} == {"away"}
    assert str(cast.awa.id) not in [one["id"] for one in found["agents"]]
    assert [(one["name"], one["waiting"]) for one in found["queues"]] == [("Service clients", 1)]
    assert str(off.id) not in str(found)

    AgentMedium.objects.create(user=cast.koffi, medium="sms", capacity=1, load=1)
    team = Team.objects.create(organisation=cast.organisation, name="Nord")
    team.members.add(cast.awa, cast.koffi)
    Line.objects.get(id=conversation.line_id).teams.add(team)
    seen = Browser(cast.awa).get(f"/api/conversations/{conversation.id}/destinations").data["agents"]
    assert [(one["name"], one["room"], one["hindrance"]) for one in seen if one["state"] == State.AVAILABLE] == [
        ("Koffi Mensah", 0, "full"),
    ]  # fmt: skip
    assert Browser(cast.mariam).get(f"/api/conversations/{conversation.id}/destinations").status == 404


def test_neither_both_nor_none_nor_strangers(cast: Cast) -> None:
    conversation, awa = cast.owned_by(cast.awa), Browser(cast.awa)
    where = f"/api/conversations/{conversation.id}/transfer"
    for wrong in (
        {}, {"agent_id": str(cast.koffi.id), "queue_id": str(cast.queue.id)}, {"agent_id": str(uuid4())},
        {"queue_id": str(uuid4())}, {"queue_id": str(cast.queue.id), "note": "x" * 1001},
    ):  # fmt: skip
        assert awa.post(where, wrong).status == 422, wrong
    assert awa.post(where, {"agent_id": str(cast.koffi.id)}).code == "agent_away"
    moved = awa.post(where, {"queue_id": str(cast.queue.id), "note": "Pour la facturation"})
    assert (moved.data["status"], moved.data["owner_id"]) == (Status.QUEUED, None)
    assert awa.post(where, {"queue_id": str(cast.queue.id)}).code == "not_owner"
