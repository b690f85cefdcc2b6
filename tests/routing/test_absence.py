"""Agents whose browsers have gone: a minute of grace, nothing new, and back as they were when a browser comes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common.clock import database_now
from conversations.models import Conversation, Status
from measures.models import IntervalKind
from routing import absence, ownership
from routing.absence import Absences, disconnect_gone, end_work_of_the_switched_off, return_left, seen
from routing.loads import wrong_loads
from routing.models import AgentState, DeskSeen, Offer, OfferState, Queue, Reason, SetBy, State, WrapUp
from routing.presence import set_focus, set_idle, set_state
from routing.rounds import assign_waiting
from routing.wrap_up import end_due_wrap_ups
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def everything_adds_up(cast: Cast):
    yield
    assert wrong_loads(cast.organisation.id) == []


def last_seen(cast: Cast, seconds_ago: float) -> None:
    """Awa's browser went so long ago."""
    at = database_now() - timedelta(seconds=seconds_ago)
    DeskSeen.objects.update_or_create(user=cast.awa, defaults={"at": at})


def test_without_a_browser_for_a_minute_he_gets_nothing_and_with_one_he_is_as_he_was(cast: Cast):
    cast.available(cast.awa, cast.koffi)
    last_seen(cast, 50)
    assert disconnect_gone(cast.organisation.id) == 0
    last_seen(cast, 61)
    assert disconnect_gone(cast.organisation.id) == 1
    assert disconnect_gone(cast.organisation.id) == 0
    assert cast.state_of(cast.awa).state == State.DISCONNECTED
    assert cast.state_of(cast.koffi).state == State.AVAILABLE, "who has never had a browser is not gone"
    seen([cast.awa.id, cast.koffi.id])
    assert cast.state_of(cast.awa).state == State.AVAILABLE
    assert disconnect_gone(cast.organisation.id) == 0


def test_who_has_said_another_state_keeps_it(cast: Cast):
    set_state(user=cast.awa, state="break")
    last_seen(cast, 600)
    assert disconnect_gone(cast.organisation.id) == 0
    seen([cast.awa.id])
    assert cast.state_of(cast.awa).state == State.BREAK


def test_what_rings_at_the_disconnected_goes_on_to_others(cast: Cast):
    Queue.objects.filter(id=cast.queue.id).update(auto_accept=False)
    cast.available(cast.awa)
    cast.queued()
    assign_waiting(organisation_id=cast.organisation.id, lease=None)
    cast.available(cast.koffi)
    last_seen(cast, 61)
    disconnect_gone(cast.organisation.id)
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 1
    assert Offer.objects.get(state=OfferState.PENDING).user_id == cast.koffi.id


def test_unanswered_conversations_go_back_where_the_queue_says_so_and_answered_ones_stay(cast: Cast):
    unanswered, answered = cast.owned_by(cast.awa), cast.owned_by(cast.awa, sender="+2290197000002")
    cast.text_in(unanswered)
    last_seen(cast, 100)
    assert return_left(cast.organisation.id) == 0, "the queue keeps them for him"
    Queue.objects.filter(id=cast.queue.id).update(on_disconnect="return", disconnect_grace_s=120)
    assert return_left(cast.organisation.id) == 0
    last_seen(cast, 121)
    assert return_left(cast.organisation.id) == 1
    unanswered.refresh_from_db()
    answered.refresh_from_db()
    assert (unanswered.status, unanswered.owner_id) == (Status.QUEUED, None)
    assert answered.owner_id == cast.awa.id
    assert cast.said(unanswered)[-1] == ("system", "returned")


def test_a_hundred_of_one_agent_go_back_in_slices(cast: Cast):
    Queue.objects.filter(id=cast.queue.id).update(on_disconnect="return")
    cast.available(cast.awa, capacity=50)
    for n in range(45):
        cast.text_in(cast.owned_by(cast.awa, sender=f"+22901970009{n:02}"))
    last_seen(cast, 61)
    assert return_left(cast.organisation.id) == 45
    assert not Conversation.objects.filter(status=Status.OPEN).exists()


def test_after_a_gap_nobody_is_called_gone_before_every_desk_could_be_seen_again(cast: Cast, monkeypatch):
    """The database was away for ten minutes: nobody could be seen, and nobody has left."""
    cast.available(cast.awa)
    last_seen(cast, 600)
    at = database_now()
    clock = {"now": at}
    monkeypatch.setattr(absence, "database_now", lambda: clock["now"])
    absences = Absences()
    for second in (0, 3, 6, 9, 29):  # 29: a gap of twenty seconds, and all begins anew
        clock["now"] = at + timedelta(seconds=second)
        assert absences.sweep(cast.organisation.id) == 0
    for second in range(32, 58, 3):
        clock["now"] = at + timedelta(seconds=second)
        assert absences.sweep(cast.organisation.id) == 0
    clock["now"] = at + timedelta(seconds=60)
    assert absences.sweep(cast.organisation.id) == 1


def wrapping_up(cast: Cast) -> None:
    """Awa has closed a conversation and notes what came of it."""
    Queue.objects.filter(id=cast.queue.id).update(wrap_up_s=30)
    cast.available(cast.awa)
    ownership.close(user=cast.awa, conversation_id=cast.owned_by(cast.awa).id)
    assert cast.state_of(cast.awa).state == State.WRAP_UP


def wrap_up_runs_out() -> None:
    WrapUp.objects.update(until=database_now() - timedelta(seconds=1))
    assert end_due_wrap_ups() == 1


@pytest.mark.parametrize("noticed", [False, True], ids=["before any sweep", "after a sweep"])
def test_whose_browser_went_while_he_wrapped_up_gets_nothing_when_that_is_over(cast: Cast, noticed: bool):
    wrapping_up(cast)
    last_seen(cast, 61)
    cast.queued(sender="+2290197000002")
    if noticed:
        assert disconnect_gone(cast.organisation.id) == 1
    wrap_up_runs_out()
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 0
    assert cast.state_of(cast.awa).state == State.DISCONNECTED
    seen([cast.awa.id])
    assert cast.state_of(cast.awa).state == State.AVAILABLE
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 1


def test_who_comes_back_while_he_still_wraps_up_goes_on_with_it(cast: Cast):
    wrapping_up(cast)
    last_seen(cast, 61)
    assert disconnect_gone(cast.organisation.id) == 1
    seen([cast.awa.id])
    assert cast.state_of(cast.awa).state == State.WRAP_UP
    wrap_up_runs_out()
    assert cast.state_of(cast.awa).state == State.AVAILABLE


def test_whom_his_browser_did_not_see_while_he_wrapped_up_or_was_gone_is_away_and_not_available(cast: Cast):
    wrapping_up(cast)
    set_idle(user=cast.awa, idle=True)
    wrap_up_runs_out()
    state = cast.state_of(cast.awa)
    assert (state.state, state.set_by) == (State.AWAY, SetBy.IDLE)
    set_idle(user=cast.awa, idle=False)
    assert cast.state_of(cast.awa).state == State.AVAILABLE
    last_seen(cast, 61)
    assert disconnect_gone(cast.organisation.id) == 1
    set_idle(user=cast.awa, idle=True)
    seen([cast.awa.id])
    assert cast.state_of(cast.awa).state == State.AWAY
    set_state(user=cast.awa, state="available")  # whoever says so is there
    assert not cast.state_of(cast.awa).is_idle


def test_who_was_available_for_a_reason_comes_back_with_it(cast: Cast):
    office = Reason.objects.create(
        organisation=cast.organisation, name="Disponible back-office", state=State.AVAILABLE, counts_as="ready"
    )
    wrapping_up(cast)  # from "available" alone
    set_state(user=cast.awa, reason_id=office.id)
    ownership.close(user=cast.awa, conversation_id=cast.owned_by(cast.awa, sender="+2290197000002").id)
    assert cast.state_of(cast.awa).reason == ""
    last_seen(cast, 61)
    disconnect_gone(cast.organisation.id)
    seen([cast.awa.id])
    wrap_up_runs_out()
    state = cast.state_of(cast.awa)
    assert (state.state, state.reason, state.reason_id) == (State.AVAILABLE, office.name, office.id)
    set_state(user=cast.awa, state="break")
    set_state(user=cast.awa, state="available")
    assert cast.state_of(cast.awa).reason_id is None, "what he says himself is all that he says"


@pytest.mark.parametrize("state", ["available", "busy", "break"])
def test_what_stood_before_his_eyes_did_not_once_his_browser_was_gone(cast: Cast, state: str):
    """A laptop closed in the evening and opened in the morning: the night is no work."""
    evening = database_now() - timedelta(hours=16)
    conversation = cast.owned_by(cast.awa, at=evening)
    set_state(user=cast.awa, state=state)
    set_focus(user=cast.awa, conversation_id=conversation.id, now=evening)
    last_seen(cast, 16 * 3600 - 300)  # five minutes later
    disconnect_gone(cast.organisation.id)
    seen([cast.awa.id])
    set_focus(user=cast.awa, conversation_id=None)
    (focus,) = cast.intervals(IntervalKind.FOCUS)
    assert 300 < focus.wall_seconds < 320


def test_what_stood_before_his_eyes_does_not_while_he_is_away(cast: Cast):
    nine = database_now() - timedelta(hours=3)
    conversation = cast.owned_by(cast.awa, at=nine)
    AgentState.objects.filter(user=cast.awa).update(state=State.AVAILABLE, since=nine)
    set_focus(user=cast.awa, conversation_id=conversation.id, now=nine)
    set_state(user=cast.awa, state="offline", now=nine + timedelta(minutes=10))
    set_state(user=cast.awa, state="available", now=nine + timedelta(hours=2))
    set_focus(user=cast.awa, conversation_id=None, now=nine + timedelta(hours=2, minutes=1))
    assert [one.wall_seconds for one in cast.intervals(IntervalKind.FOCUS)] == [600.0]


def test_who_is_switched_on_again_gets_nothing_before_he_says_so(cast: Cast):
    cast.available(cast.awa, cast.koffi)
    cast.awa.is_active = False
    cast.awa.save()
    assert end_work_of_the_switched_off(cast.organisation.id) == 1
    assert end_work_of_the_switched_off(cast.organisation.id) == 0
    cast.awa.is_active = True
    cast.awa.save()
    assert cast.state_of(cast.awa).state == State.OFFLINE
    assert cast.state_of(cast.koffi).state == State.AVAILABLE


def test_who_comes_back_while_his_conversations_are_about_to_go_keeps_them(cast: Cast, monkeypatch):
    Queue.objects.filter(id=cast.queue.id).update(on_disconnect="return")
    conversation = cast.owned_by(cast.awa)
    cast.text_in(conversation)
    last_seen(cast, 61)
    returning = absence._return_slice

    def after_he_is_back(*asked):
        seen([cast.awa.id])
        return returning(*asked)

    monkeypatch.setattr(absence, "_return_slice", after_he_is_back)
    assert return_left(cast.organisation.id) == 0
    conversation.refresh_from_db()
    assert conversation.owner_id == cast.awa.id
