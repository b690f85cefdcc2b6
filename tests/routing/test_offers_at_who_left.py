"""An offer rings at nobody who cannot answer it: it goes on at once, and he is not said to have missed it."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections, transaction

from accounts.models import Role, Team
from common.clock import database_now
from conversations.models import Conversation
from inbox.offers import offers_of
from routing import dispatcher, offers
from routing.loads import wrong_loads
from routing.models import AgentState, Offer, OfferState, Queue, State, WrapUp
from routing.offers import end_due_offers, withdraw_hidden
from routing.presence import set_state
from routing.rounds import assign_waiting
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def ringing(cast: Cast):
    Queue.objects.filter(id=cast.queue.id).update(auto_accept=False, ring_s=300)
    yield
    assert wrong_loads(cast.organisation.id) == []


def round_of(cast: Cast) -> int:
    return assign_waiting(organisation_id=cast.organisation.id, lease=None)


def ringing_at_awa(cast: Cast) -> Conversation:
    cast.available(cast.awa)
    waiting = cast.queued()
    assert round_of(cast) == 1
    return waiting


def leaves_the_team(cast: Cast) -> None:
    cast.line_3334.teams.add(Team.objects.create(organisation=cast.organisation, name="Distributeurs"))


@pytest.mark.parametrize("role, is_active", [(Role.AGENT, False), (Role.OBSERVER, True)], ids=["off", "observer"])
def test_what_rings_at_who_was_switched_off_or_looks_on_only_goes_on_at_once(cast: Cast, role: Role, is_active: bool):
    ringing_at_awa(cast)
    cast.awa.role, cast.awa.is_active = role, is_active
    cast.awa.save()
    cast.available(cast.koffi)
    assert end_due_offers() == 1
    assert round_of(cast) == 1
    first, second = Offer.objects.order_by("made_at")
    assert (first.state, first.reason) == (OfferState.WITHDRAWN, "left")
    assert (second.state, second.user_id) == (OfferState.PENDING, cast.koffi.id)


def test_what_rings_at_who_left_the_lines_team_goes_on_and_he_has_missed_nothing(cast: Cast):
    ringing_at_awa(cast)
    assert withdraw_hidden(cast.organisation.id) == 0
    leaves_the_team(cast)
    assert offers_of(cast.awa) == []
    assert withdraw_hidden(cast.organisation.id) == 1
    assert Offer.objects.get().reason == "left"
    assert cast.state_of(cast.awa).state == State.AVAILABLE


def test_an_offer_that_he_could_not_see_when_it_ran_out_is_not_missed(cast: Cast):
    ringing_at_awa(cast)
    leaves_the_team(cast)
    Offer.objects.update(expires_at=database_now() - timedelta(seconds=1))
    assert end_due_offers() == 1
    assert Offer.objects.get().state == OfferState.WITHDRAWN
    assert cast.state_of(cast.awa).state == State.AVAILABLE


def test_what_somebody_held_when_he_went_on_a_break_goes_on_with_the_next_sweep(cast: Cast):
    """A text that comes in that moment is enough to hold it."""
    waiting = ringing_at_awa(cast)
    held, go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Conversation.objects.select_for_update().get(id=waiting.id)
            held.set()
            go.wait(30)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(30)
    set_state(user=cast.awa, state="break")
    go.set()
    holder.join(30)
    assert Offer.objects.get().state == OfferState.PENDING
    cast.available(cast.koffi)
    assert end_due_offers() == 1
    assert round_of(cast) == 1
    assert cast.state_of(cast.awa).load == 0


def test_his_other_offers_go_on_when_he_lets_one_run_out(cast: Cast):
    missed = ringing_at_awa(cast)
    cast.queued(sender="+2290197000002")
    assert round_of(cast) == 1
    Offer.objects.filter(conversation=missed).update(expires_at=database_now())
    assert (end_due_offers(), end_due_offers()) == (1, 1)
    assert {one.conversation_id == missed.id: one.state for one in Offer.objects.all()} == {
        True: OfferState.TIMED_OUT,
        False: OfferState.WITHDRAWN,
    }
    assert cast.state_of(cast.awa).state == State.NOT_RESPONDING


def test_who_wraps_up_may_answer_what_rings_at_him(cast: Cast):
    ringing_at_awa(cast)
    AgentState.objects.filter(user=cast.awa).update(state=State.WRAP_UP)
    assert end_due_offers() == 0
    assert offers_of(cast.awa)


def test_a_slice_that_cannot_be_ended_costs_the_others_nothing(cast: Cast, monkeypatch):
    cast.available(cast.awa, capacity=3)
    for n in range(3):
        cast.queued(sender=f"+22901970001{n:02}")
    assert round_of(cast) == 3
    Offer.objects.update(expires_at=database_now() - timedelta(seconds=1))
    monkeypatch.setattr(offers, "SLICE", 1)
    ending, asked = offers._end_slice, []

    def but_the_first(organisation_id, ids):
        asked.append(ids)
        if len(asked) == 1:
            raise RuntimeError("cannot be ended")
        return ending(organisation_id, ids)

    monkeypatch.setattr(offers, "_end_slice", but_the_first)
    with pytest.raises(RuntimeError):
        end_due_offers()
    assert Offer.objects.filter(state=OfferState.PENDING).count() == 1


def test_offers_that_cannot_be_ended_keep_nobody_in_his_wrap_up(cast: Cast, monkeypatch):
    Queue.objects.filter(id=cast.queue.id).update(wrap_up_s=30)
    cast.available(cast.awa)
    closed = cast.owned_by(cast.awa)
    WrapUp.objects.create(
        conversation=closed, organisation=cast.organisation, user=cast.awa, line_id=closed.line_id,
        queue_id=closed.queue_id, medium="sms", weight=1, since=database_now() - timedelta(seconds=31),
        until=database_now() - timedelta(seconds=1),
    )  # fmt: skip
    Conversation.objects.filter(id=closed.id).update(status="closed", closed_at=database_now())
    told = []
    monkeypatch.setattr(dispatcher, "end_due_offers", lambda: 1 / 0)
    monkeypatch.setattr(dispatcher, "tell_who_comes_too_many", lambda: told.append(True))
    with pytest.raises(ZeroDivisionError):
        dispatcher._end_due(True)
    assert not WrapUp.objects.exists()
    assert told


def test_who_left_is_looked_for_in_each_of_the_ways_though_one_fails(cast: Cast, monkeypatch):
    ringing_at_awa(cast)
    leaves_the_team(cast)
    cast.available(cast.koffi)
    cast.koffi.is_active = False
    cast.koffi.save()
    monkeypatch.setattr(dispatcher, "return_forsaken", lambda *, organisation_id: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        dispatcher._return_forsaken(cast.organisation.id, None)
    assert Offer.objects.get().state == OfferState.WITHDRAWN
    assert cast.state_of(cast.koffi).state == State.OFFLINE
