"""What is left over when people go, come back and look on: transfers, consults, offers, notes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connections

from accounts.models import Role, Team
from common.clock import database_now
from common.errors import Invalid
from conversations.models import Status
from realtime.checker import check_density
from routing import absence
from routing.absence import disconnect_gone, return_left
from routing.consult import ask, end_unseen
from routing.consult_models import Consult
from routing.loads import wrong_loads
from routing.models import DeskSeen, Offer, OfferState, Queue, State
from routing.rounds import assign_waiting
from routing.transfer import transfer_to_agent
from tests.browser import Browser
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def everything_adds_up(cast: Cast):
    yield
    assert wrong_loads(cast.organisation.id) == []
    assert check_density(cast.organisation.id).dense


def gone(cast: Cast, *users, seconds: float = 600) -> None:
    for user in users:
        DeskSeen.objects.update_or_create(user=user, defaults={"at": database_now() - timedelta(seconds=seconds)})


# --- A supervisor and a colleague's transfer -------------------------------------------------------------------------


def test_who_oversees_sees_a_colleagues_transfer_and_an_agent_sees_his_own_alone(cast: Cast):
    cast.available(cast.awa, cast.koffi)
    conversation = cast.owned_by(cast.awa)
    transfer_to_agent(user=cast.sam, conversation_id=conversation.id, agent_id=cast.koffi.id)
    one = f"/api/transfers?conversation={conversation.id}"

    def shown(user, address: str) -> list[str]:
        return [item["agent"] for item in Browser(user).get(address).data["items"]]

    assert shown(cast.sam, one) == ["Koffi Mensah"]
    assert shown(cast.awa, one) == ["Koffi Mensah"]
    assert shown(cast.mariam, one) == []
    assert shown(cast.sam, "/api/transfers") == [], "the others' are asked for one by one"
    other = cast.owned_by(cast.awa, sender="+2290197000002")
    assert shown(cast.sam, f"/api/transfers?conversation={other.id}") == []


# --- Whose browser has gone ------------------------------------------------------------------------------------------


def test_one_owner_whose_conversations_are_held_does_not_keep_the_others_waiting(cast: Cast):
    Queue.objects.filter(id=cast.queue.id).update(on_disconnect="return")
    cast.available(cast.awa, cast.koffi)
    owners = sorted((cast.awa, cast.koffi), key=lambda user: str(user.id))
    first, second = (cast.owned_by(user, sender=f"+229019700000{n}") for n, user in enumerate(owners))
    for conversation in (first, second):
        cast.text_in(conversation)
    gone(cast, cast.awa, cast.koffi)
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("begin")
            cursor.execute("select from conversations_conversation where id = %s for update", [first.id])
            assert return_left(cast.organisation.id) == 1
            cursor.execute("rollback")
    finally:
        other.close()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == (Status.OPEN, Status.QUEUED)
    assert return_left(cast.organisation.id) == 1


def test_a_browser_that_comes_back_in_between_keeps_what_rings(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    Queue.objects.filter(id=cast.queue.id).update(auto_accept=False)
    cast.available(cast.awa)
    cast.queued()
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 1
    gone(cast, cast.awa)
    withdraw_of = absence.withdraw_of

    def and_he_is_back(*args, **given) -> None:
        withdraw_of(*args, **given)
        gone(cast, cast.awa, seconds=0)

    monkeypatch.setattr(absence, "withdraw_of", and_he_is_back)
    assert disconnect_gone(cast.organisation.id) == 0
    assert Offer.objects.get().state == OfferState.PENDING
    assert cast.state_of(cast.awa).state == State.AVAILABLE


# --- A colleague who is asked, and is there no more ------------------------------------------------------------------


@pytest.mark.parametrize("why", ["switched off", "looks on", "left the team"])
def test_a_consult_ends_with_the_sight_of_who_is_asked(cast: Cast, why: str):
    cast.available(cast.awa, cast.koffi)
    conversation = cast.owned_by(cast.awa)
    ask(user=cast.awa, conversation_id=conversation.id, agent_id=cast.koffi.id, question="Tu connais ?")
    assert end_unseen(cast.organisation.id) == 0
    if why == "left the team":
        team = Team.objects.create(organisation=cast.organisation, name="Nord")
        team.members.add(cast.awa)
        conversation.line.teams.add(team)
    else:
        cast.koffi.is_active, cast.koffi.role = (False, Role.AGENT) if why == "switched off" else (True, Role.OBSERVER)
        cast.koffi.save()
    assert end_unseen(cast.organisation.id) == 1
    assert end_unseen(cast.organisation.id) == 0
    assert Consult.objects.get().ended_at is not None
    assert cast.said(conversation)[-1] == ("system", "consult_ended")


# --- What nobody would see, and nothing at all -----------------------------------------------------------------------


@pytest.mark.parametrize("nothing", ["\u200b", "\u202e \u2066", "\u200d\n\u00a0"])
def test_a_note_or_question_that_shows_nothing_is_refused(cast: Cast, nothing: str):
    cast.available(cast.awa, cast.koffi)
    conversation = cast.owned_by(cast.awa)
    address = f"/api/conversations/{conversation.id}"
    client_id = "0b1f3a52-8f0e-4f7e-9d8a-2f6f8f1d9b31"
    refused = Browser(cast.awa).post(f"{address}/notes", {"client_id": client_id, "body": nothing})
    assert (refused.status, refused.code) == (422, "empty")
    with pytest.raises(Invalid) as asked:
        ask(user=cast.awa, conversation_id=conversation.id, agent_id=cast.koffi.id, question=nothing)
    assert asked.value.code == "required"
    transfer_to_agent(user=cast.awa, conversation_id=conversation.id, agent_id=cast.koffi.id, note=nothing)
    assert cast.said(conversation) == [("agent", "transfer_asked")], "and a note that shows nothing is none"


def test_nothing_cannot_be_given_away_nor_to_nobody(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    address, stranger = "/api/conversations/reassign", "0b1f3a52-8f0e-4f7e-9d8a-2f6f8f1d9b31"
    refused = Browser(cast.sam).post(address, {"conversation_ids": [], "queue_id": str(cast.queue.id)})
    assert (refused.status, refused.code) == (422, "required")
    for body in ({"conversation_ids": [str(conversation.id)]}, {"of_agent_id": str(cast.koffi.id)}):
        refused = Browser(cast.sam).post(address, {**body, "agent_id": stranger})
        assert (refused.status, refused.code) == (422, "unknown_choice"), body
    done = Browser(cast.sam).post(address, {"of_agent_id": str(cast.koffi.id), "queue_id": str(cast.queue.id)})
    assert (done.status, done.data["items"]) == (200, [])
