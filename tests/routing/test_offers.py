"""A queue that does not accept by itself offers: accepted, declined, run out, withdrawn; released once in any race."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from common.clock import database_now
from common.errors import Conflict, Invalid, NotFound
from conversations.models import Conversation, Status
from measures.models import IntervalKind
from realtime.checker import check_density
from realtime.models import Event
from routing import offers, ownership
from routing.loads import wrong_loads
from routing.models import Offer, OfferState, Queue, SetBy, State
from routing.new_texts import NewText, Sender, send_new_text
from routing.offers import end_due_offers
from routing.presence import set_state
from routing.rounds import assign_waiting
from tests.cast import SUBSCRIBER, Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def ringing(cast: Cast):
    """The queue offers; after each story loads are what is held, and the log has no hole."""
    Queue.objects.filter(id=cast.queue.id).update(auto_accept=False, ring_s=20)
    yield
    assert wrong_loads(cast.organisation.id) == []
    assert check_density(cast.organisation.id).dense


def round_of(cast: Cast) -> int:
    return assign_waiting(organisation_id=cast.organisation.id, lease=None)


def pending() -> Offer:
    return Offer.objects.get(state=OfferState.PENDING)


def run_out(*conversations: Conversation) -> None:
    """Their offers' time is over by the database's clock."""
    past = database_now() - timedelta(seconds=1)
    found = Offer.objects.filter(state=OfferState.PENDING)
    if conversations:
        found = found.filter(conversation__in=conversations)
    found.update(expires_at=past)


def test_an_offer_rings_at_one_agent_holds_his_capacity_and_becomes_his_when_he_accepts(cast: Cast):
    cast.available(cast.awa, capacity=1)
    waiting, behind = cast.queued(), cast.queued(sender="+2290197000002")
    assert round_of(cast) == 1
    offer = pending()
    assert (offer.conversation_id, offer.user_id) == (waiting.id, cast.awa.id)
    assert offer.expires_at - offer.made_at == timedelta(seconds=20)
    assert cast.state_of(cast.awa).load == 1
    waiting.refresh_from_db()
    assert (waiting.status, waiting.owner_id) == (Status.QUEUED, None)
    assert round_of(cast) == 0, "it rings, and he is full: neither goes out again"

    offers.accept(user=cast.awa, offer_id=offer.id)
    offers.accept(user=cast.awa, offer_id=offer.id)  # a double click
    waiting.refresh_from_db()
    assert (waiting.status, waiting.owner_id) == (Status.OPEN, cast.awa.id)
    assert cast.state_of(cast.awa).load == 1
    assert cast.said(waiting) == [("agent", "assigned")]
    (ring,), (offered,), (wait,) = (
        cast.intervals(kind) for kind in (IntervalKind.RING, IntervalKind.OFFER, IntervalKind.WAIT)
    )
    assert (ring.label, wait.label, ring.agent_id) == ("accepted", "accepted", cast.awa.id)
    assert ring.started_at == offered.started_at == offer.made_at
    assert ring.ended_at == offered.ended_at == wait.ended_at == waiting.assigned_at
    behind.refresh_from_db()
    assert behind.status == Status.QUEUED
    told = [one.type for one in Event.objects.order_by("seq") if one.type.startswith("offer.")]
    assert told == ["offer.made", "offer.ended"]


def test_what_he_declines_goes_to_another_and_not_to_him_for_a_while(cast: Cast):
    cast.available(cast.awa)
    conversation = cast.queued()
    round_of(cast)
    first = pending()
    with pytest.raises(Invalid, match="say why"):
        offers.decline(user=cast.awa, offer_id=first.id, reason="  ")
    offers.decline(user=cast.awa, offer_id=first.id, reason="Pas ma langue")
    first.refresh_from_db()
    assert (first.state, first.reason) == (OfferState.DECLINED, "Pas ma langue")
    assert cast.state_of(cast.awa).load == 0
    assert cast.state_of(cast.awa).state == State.AVAILABLE
    assert round_of(cast) == 0
    cast.available(cast.koffi)
    assert round_of(cast) == 1
    assert pending().user_id == cast.koffi.id
    offers.decline(user=cast.koffi, offer_id=pending().id, reason="Trop long")

    long_ago = database_now() - timedelta(seconds=offers.AVOID_S + 1)
    Offer.objects.filter(user=cast.awa).update(ended_at=long_ago)
    assert round_of(cast) == 1, "nobody waits for ever because somebody said no once"
    assert (pending().conversation_id, pending().user_id) == (conversation.id, cast.awa.id)
    rings = [(one.label, one.detail) for one in cast.intervals(IntervalKind.RING)]
    assert rings == [("declined", "Pas ma langue"), ("declined", "Trop long")]


def test_who_lets_an_offer_run_out_is_not_responding_until_he_says_otherwise(cast: Cast):
    cast.available(cast.awa)
    conversation = cast.queued()
    round_of(cast)
    assert end_due_offers() == 0
    run_out()
    with pytest.raises(Conflict) as refused:
        offers.accept(user=cast.awa, offer_id=pending().id)
    assert refused.value.code == "offer_over"
    assert end_due_offers() == 1
    assert end_due_offers() == 0
    missed = Offer.objects.get()
    assert missed.state == OfferState.TIMED_OUT
    state = cast.state_of(cast.awa)
    assert (state.state, state.set_by, state.load) == (State.NOT_RESPONDING, SetBy.MISSED, 0)
    cast.queued(sender="+2290197000002")
    assert round_of(cast) == 0
    cast.available(cast.koffi)
    assert round_of(cast) == 2
    assert Offer.objects.filter(state=OfferState.PENDING, conversation=conversation, user=cast.koffi).exists()

    set_state(user=cast.awa, state="available")
    stretches = [(one.label, one.agent_id) for one in cast.intervals(IntervalKind.STATE) if one.agent_id == cast.awa.id]
    assert stretches[-1] == (State.NOT_RESPONDING, cast.awa.id)


def test_whoever_takes_closes_or_leaves_withdraws_the_offer(cast: Cast):
    cast.available(cast.awa)
    taken, closed, left = (cast.queued(sender=f"+229019700000{n}") for n in (1, 2, 3))
    assert round_of(cast) == 3
    ownership.take(user=cast.koffi, conversation_id=taken.id)
    ownership.close(user=cast.sam, conversation_id=closed.id)
    assert cast.state_of(cast.awa).load == 1
    ownership.set_state(user=cast.awa, state="break", reason="Repas")
    ended = dict(Offer.objects.values_list("conversation_id", "reason"))
    assert ended == {taken.id: "taken", closed.id: "closed", left.id: "left"}
    assert set(Offer.objects.values_list("state", flat=True)) == {OfferState.WITHDRAWN}
    assert cast.state_of(cast.awa).load == 0
    assert cast.state_of(cast.koffi).load == 1


def test_taking_what_rings_at_oneself_is_taking_it(cast: Cast):
    cast.available(cast.awa, capacity=1)
    conversation = cast.queued()
    round_of(cast)
    ownership.take(user=cast.awa, conversation_id=conversation.id)
    assert cast.state_of(cast.awa).load == 1


def test_a_new_text_to_whom_it_rings_for_is_taking_it_though_it_fills_him(cast: Cast):
    cast.available(cast.awa, capacity=1)
    waiting = cast.queued()
    assert round_of(cast) == 1
    Queue.objects.filter(id=cast.queue.id).update(weight=3)  # what rings keeps what it weighed
    asked = NewText(line_id=cast.line_3334.id, numbers=[SUBSCRIBER], body="Bonjour", key="k", keep=True)
    send_new_text(sender=Sender(cast.organisation.id, "BJ", user=cast.awa), asked=asked)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.owner_id, waiting.weight) == (Status.OPEN, cast.awa.id, 1)
    assert Offer.objects.get().state == OfferState.ACCEPTED
    assert cast.state_of(cast.awa).load == 1


def test_an_offer_whose_conversation_left_its_queue_by_another_way_is_withdrawn_by_the_sweep(cast: Cast):
    cast.available(cast.awa)
    conversation = cast.queued()
    round_of(cast)
    Conversation.objects.filter(id=conversation.id).update(status=Status.CLOSED, closed_at=database_now())
    assert end_due_offers() == 1
    assert Offer.objects.get().state == OfferState.WITHDRAWN
    assert cast.state_of(cast.awa).state == State.AVAILABLE, "he has missed nothing"


def test_an_offer_is_answered_by_nobody_but_him(cast: Cast):
    cast.available(cast.awa)
    cast.queued()
    round_of(cast)
    stranger = make_cast(name="Autre", slug="autre", domain="autre.example")
    for user in (cast.koffi, cast.sam, stranger.awa):
        with pytest.raises(NotFound) as refused:
            offers.accept(user=user, offer_id=pending().id)
        assert refused.value.code == "no_offer"


def test_the_database_refuses_a_second_pending_offer_of_one_conversation(cast: Cast):
    cast.available(cast.awa)
    cast.queued()
    round_of(cast)
    first = pending()
    second = Offer(
        organisation=cast.organisation, conversation=first.conversation, line_id=first.line_id, queue=cast.queue,
        user=cast.koffi, medium="sms", weight=1, made_at=first.made_at, expires_at=first.expires_at,
    )  # fmt: skip
    with pytest.raises(IntegrityError, match="offer_pending_once"), transaction.atomic():
        second.save(force_insert=True)


@pytest.mark.parametrize("turn", range(4))
def test_accepting_in_the_moment_in_which_it_runs_out_ends_it_once(cast: Cast, at_once, turn: int):
    """Accept, decline, two sweeps, a colleague's take and a break, at once, on offers that are just running out."""
    cast.available(cast.awa, cast.koffi, capacity=6)
    waiting = [cast.queued(sender=f"+22901970006{n:02}") for n in range(8)]
    round_of(cast)
    held = list(Offer.objects.filter(state=OfferState.PENDING))
    with connection.cursor() as cursor:  # one after the other, from now on
        for number, offer in enumerate(held):
            cursor.execute(
                "update routing_offer set expires_at = clock_timestamp() + make_interval(secs => %s) where id = %s",
                [0.02 * number, offer.id],
            )

    def answer(offer: Offer, deed: str) -> None:
        try:
            if deed == "accept":
                offers.accept(user=offer.user, offer_id=offer.id)
            else:
                offers.decline(user=offer.user, offer_id=offer.id, reason="Non")
        except Conflict as refused:
            assert refused.code == "offer_over"

    def take(conversation: Conversation) -> None:
        try:
            ownership.take(user=cast.mariam, conversation_id=conversation.id)
        except Conflict as refused:
            assert refused.code in ("already_owned", "at_capacity")

    deeds = [lambda o=offer: answer(o, "accept") for offer in held]
    deeds += [lambda o=offer: answer(o, "decline") for offer in held[::2]]
    deeds += [end_due_offers, end_due_offers, lambda: round_of(cast), lambda: take(waiting[turn])]
    deeds += [lambda: set_state(user=cast.koffi, state="break")]
    results = at_once(deeds)
    assert not [result for result in results if isinstance(result, Exception)]
    run_out()
    end_due_offers()
    assert not Offer.objects.filter(state=OfferState.PENDING).exists()
    for conversation in Conversation.objects.filter(id__in=[one.id for one in waiting]):
        accepted = Offer.objects.filter(conversation=conversation, state=OfferState.ACCEPTED).count()
        assert accepted <= 1
        assert (conversation.status == Status.OPEN) == (conversation.owner_id is not None)
    rings = len(cast.intervals(IntervalKind.RING))
    assert rings == Offer.objects.count(), "each offer ends once"
