"""Transfers under concurrency: one owner, within capacity, released once, whoever is faster."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from common.clock import database_now
from common.errors import PalabreError
from conversations.models import Conversation, Status
from realtime.checker import check_density
from routing import offers, ownership
from routing.loads import wrong_loads
from routing.models import AgentState, Offer, OfferState
from routing.offers import end_due_offers
from routing.presence import set_state
from routing.transfer import cancel_transfer, transfer_to_agent, transfer_to_queue
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def settled(cast: Cast) -> None:
    """What must hold at any rest: loads are what is held, nobody over capacity, a pending transfer is its owner's."""
    assert wrong_loads(cast.organisation.id) == []
    assert check_density(cast.organisation.id).dense
    for state in AgentState.objects.all():
        assert 0 <= state.load <= state.capacity
    for offer in Offer.objects.filter(state=OfferState.PENDING).select_related("conversation"):
        assert offer.conversation.owner_id == offer.sender_id
        assert offer.conversation.status in (Status.OPEN, Status.SNOOZED)


def unexpected(results: list) -> list:
    return [one for one in results if isinstance(one, Exception) and not isinstance(one, PalabreError)]


@pytest.mark.parametrize("round_", range(3))
def test_accepting_meets_closing_cancelling_leaving_and_running_out(cast: Cast, at_once, round_: int):
    cast.available(cast.awa, cast.koffi)
    for number in range(5):
        conversation = cast.owned_by(cast.awa, sender=f"+22901970001{number:02}")
        transfer_to_agent(user=cast.awa, conversation_id=conversation.id, agent_id=cast.koffi.id)
        offer = Offer.objects.get(conversation=conversation)

        def run_out(offer=offer):
            Offer.objects.filter(id=offer.id).update(expires_at=database_now() - timedelta(seconds=1))
            return end_due_offers()

        others = [
            lambda c=conversation: ownership.close(user=cast.awa, conversation_id=c.id),
            lambda c=conversation: cancel_transfer(user=cast.awa, conversation_id=c.id),
            lambda: set_state(user=cast.koffi, state="break"),
            lambda: set_state(user=cast.awa, state="offline"),
            run_out,
        ]
        accept = lambda o=offer: offers.accept(user=cast.koffi, offer_id=o.id)  # noqa: E731
        results = at_once([accept, others[number]])
        assert unexpected(results) == []
        settled(cast)
        conversation.refresh_from_db()
        offer.refresh_from_db()
        if offer.state == OfferState.ACCEPTED:
            assert conversation.owner_id == cast.koffi.id
        cast.available(cast.awa, cast.koffi)


def test_two_transfers_at_once_ring_at_one_colleague(cast: Cast, at_once):
    cast.available(cast.awa, cast.koffi, cast.mariam)
    conversation = cast.owned_by(cast.awa)
    results = at_once(
        [
            lambda who=who: transfer_to_agent(user=cast.awa, conversation_id=conversation.id, agent_id=who.id)
            for who in (cast.koffi, cast.mariam, cast.koffi, cast.mariam)
        ]
    )
    assert unexpected(results) == []
    assert {one.code for one in results if isinstance(one, PalabreError)} == {"transfer_pending"}
    assert Offer.objects.count() == 1
    settled(cast)


def test_many_transfers_to_one_colleague_never_exceed_his_capacity(cast: Cast, at_once):
    cast.available(cast.awa, capacity=9)
    cast.available(cast.koffi, capacity=3)
    held = [cast.owned_by(cast.awa, sender=f"+22901970002{n:02}") for n in range(8)]
    results = at_once(
        [lambda c=c: transfer_to_agent(user=cast.awa, conversation_id=c.id, agent_id=cast.koffi.id) for c in held]
    )
    assert unexpected(results) == []
    assert [isinstance(one, Conversation) for one in results].count(True) == 3
    settled(cast)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_three_agents_do_at_once_there_is_one_owner_and_no_load_is_lost(cast: Cast, at_once, seed: int):
    random = Random(seed)
    people = [cast.awa, cast.koffi, cast.mariam]
    cast.available(*people, capacity=4)
    talks = [cast.owned_by(one, sender=f"+2290197003{n:03}") for n, one in enumerate(people)]

    def deed():
        user, other, talk = random.choice(people), random.choice(people), random.choice(talks)
        kind = random.randrange(7)
        if kind <= 1:
            return lambda: transfer_to_agent(user=user, conversation_id=talk.id, agent_id=other.id)
        if kind == 2:
            return lambda: transfer_to_queue(user=user, conversation_id=talk.id, queue_id=cast.queue.id)
        if kind == 3:
            return lambda: [
                offers.accept(user=user, offer_id=o.id)
                for o in Offer.objects.filter(user=user, state=OfferState.PENDING)
            ]
        if kind == 4:
            return lambda: [
                offers.decline(user=user, offer_id=o.id, reason="Non")
                for o in Offer.objects.filter(user=user, state=OfferState.PENDING)
            ]
        if kind == 5:
            return lambda: ownership.take(user=user, conversation_id=talk.id)
        state = random.choice(["available", "break", "offline"])
        return lambda: set_state(user=user, state=state)

    for _ in range(6):
        assert unexpected(at_once([deed() for _ in range(4)])) == []
        settled(cast)
