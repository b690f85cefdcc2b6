"""What is asleep is transferred, reassigned, or loses its owner: it counts in nobody's load until somebody has it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from common.clock import database_now
from conversations.models import Conversation, Status
from measures.models import IntervalKind
from realtime.checker import check_density
from routing import offers
from routing.consult import ask
from routing.consult_models import Consult
from routing.forsaken import return_forsaken
from routing.loads import wrong_loads
from routing.models import AgentState, Offer, OfferState, Queue, State
from routing.offers import end_due_offers
from routing.presence import set_state
from routing.reassign import held_by_agent, reassign
from routing.rounds import assign_waiting
from routing.snooze import snooze, wake_by_hand, wake_due
from routing.transfer import transfer_to_agent, transfer_to_queue
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def desk(cast: Cast):
    """Awa and Koffi are there; after each story loads are what is held, and the log has no hole."""
    cast.available(cast.awa, cast.koffi)
    yield
    assert wrong_loads(cast.organisation.id) == []
    assert check_density(cast.organisation.id).dense


def asleep(cast: Cast, *, sender: str = "+2290197000001") -> Conversation:
    conversation = cast.owned_by(cast.awa, sender=sender)
    until = database_now() + timedelta(hours=2)
    return snooze(user=cast.awa, conversation_id=conversation.id, seen=conversation.last_seq, until=until)


def offered(cast: Cast, conversation: Conversation) -> Offer:
    transfer_to_agent(user=cast.awa, conversation_id=conversation.id, agent_id=cast.koffi.id)
    return Offer.objects.get(conversation=conversation, state=OfferState.PENDING)


def row_of(conversation: Conversation) -> tuple[str, UUID | None]:
    conversation.refresh_from_db()
    return conversation.status, conversation.owner_id


def loads(cast: Cast) -> tuple[int, int]:
    return cast.state_of(cast.awa).load, cast.state_of(cast.koffi).load


def due_now(conversation: Conversation) -> None:
    Conversation.objects.filter(id=conversation.id).update(snoozed_until=database_now() - timedelta(seconds=1))


def test_an_accepted_transfer_opens_it_for_the_colleague(cast: Cast):
    cast.owned_by(cast.awa, sender="+2290197000009")  # what is taken off her load once too often shows
    conversation = asleep(cast)
    offer = offered(cast, conversation)
    assert loads(cast) == (1, 1), "it rings at him, and sleeps on"
    offers.accept(user=cast.koffi, offer_id=offer.id)
    assert row_of(conversation) == (Status.OPEN, cast.koffi.id)
    assert (conversation.snoozed_at, conversation.snoozed_until) == (None, None)
    assert loads(cast) == (1, 1)
    (hold,) = cast.intervals(IntervalKind.HOLD)
    (handle,) = cast.intervals(IntervalKind.HANDLE)
    assert (hold.label, hold.agent_id, handle.label) == ("transferred", cast.awa.id, "snoozed")
    assert (hold.started_at, hold.ended_at) == (handle.ended_at, conversation.assigned_at)


def test_refused_or_run_out_it_sleeps_on(cast: Cast):
    declined, missed = asleep(cast), asleep(cast, sender="+2290197000002")
    offers.decline(user=cast.koffi, offer_id=offered(cast, declined).id, reason="Pas maintenant")
    offered(cast, missed)
    Offer.objects.filter(conversation=missed).update(expires_at=database_now() - timedelta(seconds=1))
    assert end_due_offers() == 1
    assert row_of(declined) == row_of(missed) == (Status.SNOOZED, cast.awa.id)
    assert loads(cast) == (0, 0)
    assert cast.intervals(IntervalKind.HOLD) == []


def test_refused_while_its_sender_is_gone_it_sleeps_on_until_its_time(cast: Cast):
    conversation = asleep(cast)
    offer = offered(cast, conversation)
    set_state(user=cast.awa, state="offline")
    offers.decline(user=cast.koffi, offer_id=offer.id, reason="Pas maintenant")
    assert row_of(conversation) == (Status.SNOOZED, cast.awa.id)
    due_now(conversation)
    assert wake_due() == 1
    assert row_of(conversation) == (Status.QUEUED, None)
    assert loads(cast) == (0, 0)


@pytest.mark.parametrize("wakes_first", [True, False])
def test_put_aside_or_woken_while_it_rings_it_is_counted_once(cast: Cast, wakes_first: bool):
    """The sender goes on with it until the colleague accepts."""
    conversation = asleep(cast) if wakes_first else cast.owned_by(cast.awa)
    offer = offered(cast, conversation)
    if wakes_first:
        wake_by_hand(user=cast.awa, conversation_id=conversation.id)
        assert loads(cast) == (1, 1)
    else:
        conversation.refresh_from_db()
        snooze(user=cast.awa, conversation_id=conversation.id, seen=conversation.last_seq)
        assert loads(cast) == (0, 1)
    offers.accept(user=cast.koffi, offer_id=offer.id)
    assert row_of(conversation) == (Status.OPEN, cast.koffi.id)
    assert loads(cast) == (0, 1)


def test_woken_into_its_queue_it_rings_at_nobody_any_more(cast: Cast):
    conversation = asleep(cast)
    offer = offered(cast, conversation)
    AgentState.objects.filter(user=cast.awa).update(state=State.OFFLINE)
    due_now(conversation)
    assert wake_due() == 1
    offer.refresh_from_db()
    assert offer.state == OfferState.WITHDRAWN
    assert row_of(conversation) == (Status.QUEUED, None)
    assert loads(cast) == (0, 0)


def test_to_a_queue_it_goes_awake(cast: Cast):
    night = Queue.objects.create(organisation=cast.organisation, name="Nuit")
    cast.owned_by(cast.awa, sender="+2290197000009")
    conversation = asleep(cast)
    transfer_to_queue(user=cast.awa, conversation_id=conversation.id, queue_id=night.id)
    assert row_of(conversation) == (Status.QUEUED, None)
    assert (conversation.queue_id, conversation.snoozed_until) == (night.id, None)
    assert loads(cast) == (1, 0)


def test_reassigned_in_bulk_with_what_is_awake_each_counts_where_it_is(cast: Cast):
    kept = cast.owned_by(cast.awa, sender="+2290197000009")
    awake, sleeping = cast.owned_by(cast.awa, sender="+2290197000002"), asleep(cast)
    ids = held_by_agent(cast.sam, cast.awa.id)
    assert set(ids) == {awake.id, sleeping.id, kept.id}
    ids.remove(kept.id)
    assert {one.code for one in reassign(actor=cast.sam, conversation_ids=ids, agent_id=cast.koffi.id)} == {""}
    assert row_of(awake) == row_of(sleeping) == (Status.OPEN, cast.koffi.id)
    assert loads(cast) == (1, 2)
    snooze(user=cast.koffi, conversation_id=sleeping.id, seen=sleeping.last_seq)
    assert loads(cast) == (1, 1)
    assert {one.code for one in reassign(actor=cast.sam, conversation_ids=ids, queue_id=cast.queue.id)} == {""}
    assert row_of(awake) == row_of(sleeping) == (Status.QUEUED, None)
    assert loads(cast) == (1, 0)
    assert [one.label for one in cast.intervals(IntervalKind.HOLD)] == ["transferred", "transferred"]


def test_of_an_agent_who_is_switched_off_it_goes_to_the_queue_with_what_rings_of_it(cast: Cast):
    conversation = asleep(cast)
    offer = offered(cast, conversation)
    cast.awa.is_active = False
    cast.awa.save(update_fields=["is_active"])
    assert return_forsaken(organisation_id=cast.organisation.id) == 1
    offer.refresh_from_db()
    assert offer.state == OfferState.WITHDRAWN
    assert row_of(conversation) == (Status.QUEUED, None)
    assert (conversation.snoozed_at, conversation.snoozed_until, conversation.preferred_id) == (None, None, None)
    assert loads(cast) == (0, 0)
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 1
    assert row_of(conversation) == (Status.OPEN, cast.koffi.id)


def test_a_colleague_is_asked_on_while_it_sleeps_and_no_longer_when_it_leaves_its_owner(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    ask(user=cast.awa, conversation_id=conversation.id, agent_id=cast.koffi.id, question="Ce tarif ?")
    conversation.refresh_from_db()
    snooze(user=cast.awa, conversation_id=conversation.id, seen=conversation.last_seq)
    wake_by_hand(user=cast.awa, conversation_id=conversation.id)
    assert Consult.objects.get().ended_at is None
    conversation.refresh_from_db()
    snooze(user=cast.awa, conversation_id=conversation.id, seen=conversation.last_seq)
    transfer_to_queue(user=cast.awa, conversation_id=conversation.id, queue_id=cast.queue.id)
    assert Consult.objects.get().ended_at is not None
