"""Transfer: it rings at the colleague, who may refuse; the sender stays the owner until then. To a queue: at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Role, Team
from common.clock import database_now
from common.errors import Conflict, Invalid
from conversations.models import Conversation, Line, Message, MessageKind, Status
from measures.models import IntervalKind
from realtime.checker import check_density
from realtime.models import Event
from routing import offers, ownership
from routing.forsaken import return_forsaken
from routing.loads import wrong_loads
from routing.models import Offer, OfferState, Queue, State
from routing.offers import end_due_offers
from routing.presence import set_state
from routing.rounds import assign_waiting
from routing.transfer import cancel_transfer, transfer_to_agent, transfer_to_queue
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def desk(cast: Cast):
    """Awa and Koffi are there; after each story loads are what is held, and the log has no hole."""
    cast.available(cast.awa, cast.koffi)
    yield
    assert wrong_loads(cast.organisation.id) == []
    assert check_density(cast.organisation.id).dense


def pending() -> Offer:
    return Offer.objects.get(state=OfferState.PENDING)


def to_koffi(cast: Cast, conversation: Conversation, note: str = "") -> Offer:
    transfer_to_agent(user=cast.awa, conversation_id=conversation.id, agent_id=cast.koffi.id, note=note)
    return pending()


def owner_of(conversation: Conversation) -> tuple[str, object]:
    conversation.refresh_from_db()
    return conversation.status, conversation.owner_id


def lines_of(conversation: Conversation) -> list[str]:
    events = Message.objects.filter(conversation=conversation, kind=MessageKind.EVENT).order_by("seq")
    return [one.facts["type"] + (":" + one.facts["how"] if "how" in one.facts else "") for one in events if one.facts]


@pytest.mark.needs("RFP-030")
def test_a_transfer_rings_at_the_colleague_and_is_the_senders_until_it_is_accepted(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    offer = to_koffi(cast, conversation, "Client fidèle, parle de sa facture")
    assert (offer.user_id, offer.sender_id, offer.weight) == (cast.koffi.id, cast.awa.id, 1)
    assert owner_of(conversation) == (Status.OPEN, cast.awa.id)
    assert (cast.state_of(cast.awa).load, cast.state_of(cast.koffi).load) == (1, 1), "it holds his capacity meanwhile"
    assert ("agent", "Client fidèle, parle de sa facture") in cast.said(conversation)
    to_koffi(cast, conversation, "Client fidèle, parle de sa facture")  # a double click
    assert Message.objects.filter(conversation=conversation, kind=MessageKind.NOTE).count() == 1

    offers.accept(user=cast.koffi, offer_id=offer.id)
    offers.accept(user=cast.koffi, offer_id=offer.id)
    assert owner_of(conversation) == (Status.OPEN, cast.koffi.id)
    assert (cast.state_of(cast.awa).load, cast.state_of(cast.koffi).load) == (0, 1)
    assert lines_of(conversation) == ["transfer_asked", "transferred"]
    (handle,) = cast.intervals(IntervalKind.HANDLE)
    (ring,) = cast.intervals(IntervalKind.RING)
    assert (handle.label, handle.agent_id, handle.ended_at) == ("transferred", cast.awa.id, conversation.assigned_at)
    assert (ring.label, ring.agent_id, ring.ended_at) == ("accepted", cast.koffi.id, conversation.assigned_at)
    (assigned,) = (one.data for one in Event.objects.filter(type="conversation.assigned"))
    assert (assigned["previous_owner_id"], assigned["by"]) == (str(cast.awa.id), "transfer")
    ownership.close(user=cast.koffi, conversation_id=conversation.id)
    assert [one.agent_id for one in cast.intervals(IntervalKind.HANDLE)] == [cast.awa.id, cast.koffi.id]


def test_what_the_colleague_refuses_stays_with_the_sender_who_reads_why(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    offers.decline(user=cast.koffi, offer_id=to_koffi(cast, conversation).id, reason="Pas ma langue")
    assert owner_of(conversation) == (Status.OPEN, cast.awa.id)
    assert (cast.state_of(cast.awa).load, cast.state_of(cast.koffi).load) == (1, 0)
    last = Message.objects.filter(conversation=conversation).latest("seq").facts
    assert last is not None
    assert (last["how"], last["to_name"], last["reason"]) == ("declined", cast.koffi.name, "Pas ma langue")
    assert cast.intervals(IntervalKind.HANDLE) == []


def test_what_runs_out_stays_with_the_sender_and_the_colleague_is_not_responding(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    offer = to_koffi(cast, conversation)
    assert end_due_offers() == 0
    Offer.objects.update(expires_at=database_now() - timedelta(seconds=1))
    with pytest.raises(Conflict) as refused:
        offers.accept(user=cast.koffi, offer_id=offer.id)
    assert refused.value.code == "offer_over"
    assert (end_due_offers(), end_due_offers()) == (1, 0)
    assert owner_of(conversation) == (Status.OPEN, cast.awa.id)
    assert cast.state_of(cast.koffi).state == State.NOT_RESPONDING
    assert lines_of(conversation) == ["transfer_asked", "transfer_ended:timed_out"]


def test_what_is_refused_while_its_sender_is_gone_goes_to_the_queue(cast: Cast):
    declined, missed, left = (cast.owned_by(cast.awa, sender=f"+229019700000{n}") for n in (1, 2, 3))
    offered = {one.id: to_koffi_of(cast, one) for one in (declined, missed, left)}
    set_state(user=cast.awa, state="offline")  # he signs out: nothing else happens to what he holds
    assert owner_of(declined) == (Status.OPEN, cast.awa.id)
    offers.decline(user=cast.koffi, offer_id=offered[declined.id].id, reason="Trop long")
    Offer.objects.filter(conversation=missed).update(expires_at=database_now() - timedelta(seconds=1))
    assert end_due_offers() == 1
    set_state(user=cast.koffi, state="break")
    for one in (declined, missed, left):
        assert owner_of(one) == (Status.QUEUED, None)
        assert lines_of(one)[-1] == "returned"
    assert (cast.state_of(cast.awa).load, cast.state_of(cast.koffi).load) == (0, 0)


def to_koffi_of(cast: Cast, conversation: Conversation) -> Offer:
    transfer_to_agent(user=cast.awa, conversation_id=conversation.id, agent_id=cast.koffi.id)
    return Offer.objects.get(conversation=conversation)


def test_a_receiver_who_leaves_gives_it_back_and_is_not_needed_for_it(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    offer = to_koffi(cast, conversation)
    set_state(user=cast.koffi, state="break")
    offer.refresh_from_db()
    assert (offer.state, offer.reason) == (OfferState.WITHDRAWN, "left")
    assert owner_of(conversation) == (Status.OPEN, cast.awa.id)
    assert lines_of(conversation) == ["transfer_asked", "transfer_ended:withdrawn"]


def test_whatever_else_takes_it_from_its_owner_ends_the_transfer(cast: Cast):
    closed, returned, queued, taken_back = (cast.owned_by(cast.awa, sender=f"+229019700000{n}") for n in range(1, 5))
    for one in (closed, returned, queued, taken_back):
        to_koffi_of(cast, one)
    ownership.close(user=cast.awa, conversation_id=closed.id)
    ownership.give_back(user=cast.awa, conversation_id=returned.id)
    transfer_to_queue(user=cast.awa, conversation_id=queued.id, queue_id=cast.queue.id)
    cancel_transfer(user=cast.awa, conversation_id=taken_back.id)
    cancel_transfer(user=cast.awa, conversation_id=taken_back.id)
    ended = dict(Offer.objects.values_list("conversation_id", "reason"))
    assert ended == {closed.id: "closed", returned.id: "returned", queued.id: "transferred", taken_back.id: "cancelled"}
    assert set(Offer.objects.values_list("state", flat=True)) == {OfferState.WITHDRAWN}
    assert (cast.state_of(cast.awa).load, cast.state_of(cast.koffi).load) == (1, 0)
    for offer in Offer.objects.all():
        with pytest.raises(Conflict, match="over"):
            offers.accept(user=cast.koffi, offer_id=offer.id)


def test_a_transfer_of_somebody_switched_off_ends_with_his_ownership(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    offer = to_koffi(cast, conversation)
    cast.awa.is_active = False
    cast.awa.save()
    assert return_forsaken(organisation_id=cast.organisation.id) == 1
    offer.refresh_from_db()
    assert offer.state == OfferState.WITHDRAWN
    assert owner_of(conversation) == (Status.QUEUED, None)
    assert cast.state_of(cast.koffi).load == 0


def test_to_a_queue_it_goes_at_once_and_not_back_to_who_sent_it_there(cast: Cast):
    second = Queue.objects.create(organisation=cast.organisation, name="Facturation")
    conversation = cast.owned_by(cast.awa)
    set_state(user=cast.koffi, state="break")
    transfer_to_queue(user=cast.awa, conversation_id=conversation.id, queue_id=second.id, note="Remboursement promis")
    conversation.refresh_from_db()
    assert (conversation.status, conversation.owner_id, conversation.queue_id) == (Status.QUEUED, None, second.id)
    assert cast.state_of(cast.awa).load == 0
    assert cast.said(conversation) == [("agent", "Remboursement promis"), ("agent", "transferred")]
    (handle,) = cast.intervals(IntervalKind.HANDLE)
    assert (handle.label, handle.queue_id) == ("transferred", cast.queue.id)
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 0, "Awa has just sent it away"
    set_state(user=cast.koffi, state="available")
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 1
    assert owner_of(conversation) == (Status.OPEN, cast.koffi.id)


def test_who_cannot_have_it_is_refused_with_a_reason(cast: Cast):
    conversation = cast.owned_by(cast.awa)

    def refused(agent, by=None) -> str:
        with pytest.raises((Conflict, Invalid)) as caught:
            transfer_to_agent(user=by or cast.awa, conversation_id=conversation.id, agent_id=agent.id)
        return caught.value.code

    assert refused(cast.awa) == "transfer_to_owner"
    assert refused(cast.mariam) == "agent_away"
    assert refused(cast.awa, by=cast.koffi) == "not_owner"
    cast.available(cast.mariam, capacity=0)
    assert refused(cast.mariam) == "agent_full"
    to_koffi(cast, conversation)
    cast.available(cast.mariam)
    assert refused(cast.mariam) == "transfer_pending"
    cancel_transfer(user=cast.awa, conversation_id=conversation.id)
    cast.koffi.role = Role.OBSERVER
    cast.koffi.save()
    assert refused(cast.koffi) == "unknown_choice"
    team = Team.objects.create(organisation=cast.organisation, name="Nord")
    Line.objects.get(id=conversation.line_id).teams.add(team)
    assert refused(cast.mariam) == "agent_blind"
    with pytest.raises(Invalid):
        transfer_to_agent(user=cast.awa, conversation_id=conversation.id, agent_id=cast.sam.id, note="x" * 1001)
    ownership.close(user=cast.sam, conversation_id=conversation.id)
    assert refused(cast.sam) == "closed"


def test_a_supervisor_transfers_for_another_and_it_goes_back_to_that_owner(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    transfer_to_agent(user=cast.sam, conversation_id=conversation.id, agent_id=cast.koffi.id)
    assert pending().sender_id == cast.awa.id
    offers.decline(user=cast.koffi, offer_id=pending().id, reason="Pas maintenant")
    assert owner_of(conversation) == (Status.OPEN, cast.awa.id)
