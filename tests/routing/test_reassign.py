"""A supervisor gives many conversations away: each by itself, a result and an audit line for each."""

from __future__ import annotations

from uuid import uuid4

import pytest

from accounts.models import Audit
from conversations.models import Conversation, Status
from measures.models import IntervalKind
from realtime.checker import check_density
from routing import ownership
from routing.loads import wrong_loads
from routing.models import Offer, OfferState, Queue
from routing.presence import set_state
from routing.rounds import assign_waiting
from routing.transfer import transfer_to_agent, transfer_to_queue
from tests.browser import Browser
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def desk(cast: Cast):
    cast.available(cast.awa, cast.koffi)
    yield
    assert wrong_loads(cast.organisation.id) == []
    assert check_density(cast.organisation.id).dense


def asked(cast: Cast, to: dict, *conversations: Conversation, by=None) -> list[str]:
    given = {"conversation_ids": [str(one.id) for one in conversations], **to}
    answer = Browser(by or cast.sam).post("/api/conversations/reassign", given)
    assert answer.status == 200, answer.data
    return [one["code"] for one in answer.data["items"]]


@pytest.mark.needs("RFP-030", part="given to others by a supervisor")
def test_each_goes_by_itself_and_what_cannot_says_why(cast: Cast):
    cast.available(cast.koffi, capacity=2)
    held, second, third, waiting, talking, closed = (
        cast.owned_by(cast.awa, sender="+2290197000001"), cast.owned_by(cast.awa, sender="+2290197000002"),
        cast.owned_by(cast.awa, sender="+2290197000003"), cast.queued(sender="+2290197000004"),
        cast.open_conversation(sender="+2290197000005"), cast.owned_by(cast.awa, sender="+2290197000006"),
    )  # fmt: skip
    ownership.close(user=cast.awa, conversation_id=closed.id)
    to_koffi = {"agent_id": str(cast.koffi.id)}
    codes = asked(cast, to_koffi, held, waiting, second, talking, closed)
    assert codes == ["", "", "agent_full", "with_bot", "closed"]
    owners = {one.id: one.owner_id for one in Conversation.objects.all()}
    assert owners[held.id] == owners[waiting.id] == cast.koffi.id
    assert owners[second.id] == owners[third.id] == cast.awa.id
    assert (cast.state_of(cast.awa).load, cast.state_of(cast.koffi).load) == (2, 2)
    assert [one.label for one in cast.intervals(IntervalKind.HANDLE) if one.conversation_id == held.id] == [
        "transferred"
    ]
    assert [one.label for one in cast.intervals(IntervalKind.WAIT)] == ["assigned"]
    told = list(Audit.objects.filter(action="conversation.reassigned").order_by("id"))
    assert [(one.object_id, one.actor_id) for one in told] == [(held.id, cast.sam.id), (waiting.id, cast.sam.id)]
    assert told[0].changes["owner"] == ["Awa Diallo", "Koffi Mensah"]
    assert "+2290197000001" not in told[0].object_name
    assert asked(cast, to_koffi, held) == [""], "there already"
    assert Audit.objects.filter(action="conversation.reassigned").count() == 2


def test_all_of_an_agent_go_to_a_queue_with_what_rings_of_them(cast: Cast):
    second = Queue.objects.create(organisation=cast.organisation, name="Nuit")
    mine = [cast.owned_by(cast.awa, sender=f"+229019700000{n}") for n in range(1, 4)]
    transfer_to_agent(user=cast.awa, conversation_id=mine[0].id, agent_id=cast.koffi.id)
    given = {"of_agent_id": str(cast.awa.id), "queue_id": str(second.id)}
    answer = Browser(cast.sam).post("/api/conversations/reassign", given)
    assert {one["id"] for one in answer.data["items"]} == {str(one.id) for one in mine}
    assert {one["code"] for one in answer.data["items"]} == {""}
    assert set(Conversation.objects.values_list("status", "queue_id", "owner_id")) == {(Status.QUEUED, second.id, None)}
    assert (cast.state_of(cast.awa).load, cast.state_of(cast.koffi).load) == (0, 0)
    assert not Offer.objects.filter(state=OfferState.PENDING).exists()


@pytest.mark.parametrize("how", ["reassigned", "transferred", "returned", "sent on"])
def test_what_a_supervisor_takes_from_an_agent_does_not_come_back_to_him(cast: Cast, how: str):
    second = Queue.objects.create(organisation=cast.organisation, name="Nuit")
    conversation = cast.owned_by(cast.awa)
    set_state(user=cast.koffi, state="break")
    if how == "reassigned":
        assert asked(cast, {"queue_id": str(cast.queue.id)}, conversation) == [""]
    elif how == "transferred":
        transfer_to_queue(user=cast.sam, conversation_id=conversation.id, queue_id=second.id)
    elif how == "returned":
        ownership.give_back(user=cast.sam, conversation_id=conversation.id)
    else:  # he sent it away himself, and a supervisor puts it into another queue
        transfer_to_queue(user=cast.awa, conversation_id=conversation.id, queue_id=cast.queue.id)
        assert asked(cast, {"queue_id": str(second.id)}, conversation) == [""]
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 0
    set_state(user=cast.koffi, state="available")
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 1
    conversation.refresh_from_db()
    assert conversation.owner_id == cast.koffi.id


def test_what_waits_changes_its_queue_and_keeps_its_place(cast: Cast):
    Queue.objects.filter(id=cast.queue.id).update(auto_accept=False)
    second = Queue.objects.create(organisation=cast.organisation, name="Nuit")
    conversation = cast.queued()
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 1
    assert asked(cast, {"queue_id": str(second.id)}, conversation) == [""]
    before = conversation.queued_at
    conversation.refresh_from_db()
    assert (conversation.queue_id, conversation.queued_at) == (second.id, before)
    assert Offer.objects.get().state == OfferState.WITHDRAWN
    ringing = asked(cast, {"agent_id": str(cast.awa.id)}, conversation)
    assert ringing == [""]
    assert cast.state_of(cast.awa).load == 1


def test_only_who_oversees_may_and_only_his_own_organisations(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    given = {"conversation_ids": [str(conversation.id)], "queue_id": str(cast.queue.id)}
    assert Browser(cast.awa).post("/api/conversations/reassign", given).status == 403
    other = make_cast(name="Autre", slug="autre", domain="autre.example")
    assert asked(cast, {"queue_id": str(cast.queue.id)}, other.owned_by(other.awa)) == ["no_conversation"]
    sam = Browser(cast.sam)
    for wrong in (
        {}, {"conversation_ids": [str(conversation.id)]}, {**given, "agent_id": str(cast.koffi.id)},
        {**given, "queue_id": str(other.queue.id)}, {**given, "of_agent_id": str(cast.awa.id)},
        {**given, "conversation_ids": [str(uuid4()) for _ in range(201)]},
    ):  # fmt: skip
        assert sam.post("/api/conversations/reassign", wrong).status == 422, wrong
    foreign = {"of_agent_id": str(other.awa.id), "queue_id": str(cast.queue.id)}
    assert sam.post("/api/conversations/reassign", foreign).status == 404
    assert asked(cast, {"agent_id": str(cast.mariam.id)}, conversation) == ["agent_away"]
    foreign = {"conversation_ids": [str(conversation.id)], "agent_id": str(other.awa.id)}
    assert sam.post("/api/conversations/reassign", foreign).status == 422
