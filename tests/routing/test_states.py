"""States with reasons, wrap-ups that end by themselves, what browsers report, and what a supervisor forces."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Audit, Role
from common.clock import database_now
from common.errors import Conflict, Invalid, NotFound
from conversations.models import Conversation, Status
from measures.models import IntervalKind
from realtime.models import Event
from routing import ownership, wrap_up
from routing.loads import wrong_loads
from routing.models import AgentState, Disposition, Queue, Reason, SetBy, State, WrapUp
from routing.presence import force_state, set_focus, set_idle, set_state
from routing.reasons import ReasonFields, make_usual, save_reason
from routing.rounds import assign_waiting
from routing.wrap_up import end_due_wrap_ups, finish
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def everything_adds_up(cast: Cast):
    yield
    assert wrong_loads(cast.organisation.id) == []


def wrapping(cast: Cast, seconds: int = 60) -> None:
    Queue.objects.filter(id=cast.queue.id).update(wrap_up_s=seconds)


def round_of(cast: Cast) -> int:
    return assign_waiting(organisation_id=cast.organisation.id, lease=None)


def test_a_reason_of_the_list_brings_its_state_and_its_words(cast: Cast):
    make_usual(cast.organisation.id)
    lunch = Reason.objects.get(name="Repas")
    shown = set_state(user=cast.awa, reason_id=lunch.id)
    assert (shown["state"], shown["reason"], shown["reason_id"]) == ("break", "Repas", str(lunch.id))
    set_state(user=cast.awa, state="available")
    (offline, pause) = [one for one in cast.intervals(IntervalKind.STATE) if one.agent_id == cast.awa.id]
    assert (offline.label, pause.label, pause.detail) == ("offline", "break", "Repas")
    assert pause.started_at == offline.ended_at

    for wrong in ({"state": "wrap_up"}, {"state": "busy", "reason_id": lunch.id}, {}):
        with pytest.raises(Invalid):
            set_state(user=cast.awa, **wrong)
    Reason.objects.filter(id=lunch.id).update(is_enabled=False)
    with pytest.raises(Invalid):
        set_state(user=cast.awa, reason_id=lunch.id)


def test_the_last_reason_that_takes_work_stays(cast: Cast):
    make_usual(cast.organisation.id)
    ready = Reason.objects.get(state=State.AVAILABLE)
    for fields in (ReasonFields(is_enabled=False), ReasonFields(state="busy")):
        with pytest.raises(Conflict) as refused:
            save_reason(actor=cast.sam, reason_id=ready.id, fields=fields)
        assert refused.value.code == "last_reason"


def test_after_a_close_he_wraps_up_and_gets_nothing_until_it_ends_by_itself(cast: Cast):
    wrapping(cast)
    cast.available(cast.awa, capacity=2)
    conversation, behind = cast.queued(), cast.queued(sender="+2290197000002", at=database_now() + timedelta(minutes=1))
    ownership.take(user=cast.awa, conversation_id=conversation.id)
    ownership.close(user=cast.awa, conversation_id=conversation.id)
    state = cast.state_of(cast.awa)
    assert (state.state, state.set_by, state.load) == (State.WRAP_UP, SetBy.WRAP_UP, 1)
    assert round_of(cast) == 0
    assert end_due_wrap_ups() == 0
    WrapUp.objects.update(until=database_now() - timedelta(seconds=1))
    assert end_due_wrap_ups() == 1
    assert end_due_wrap_ups() == 0
    state = cast.state_of(cast.awa)
    assert (state.state, state.load) == (State.AVAILABLE, 0)
    assert round_of(cast) == 1
    behind.refresh_from_db()
    assert behind.owner_id == cast.awa.id
    (wrapped,) = cast.intervals(IntervalKind.WRAP_UP)
    conversation.refresh_from_db()
    assert (wrapped.started_at, wrapped.label, wrapped.agent_id) == (conversation.closed_at, "timed_out", cast.awa.id)


def test_he_ends_his_wrap_up_with_what_came_of_it_and_only_his_own(cast: Cast):
    wrapping(cast)
    Queue.objects.filter(id=cast.queue.id).update(dispositions_required=True)
    solved = Disposition.objects.create(organisation=cast.organisation, queue=cast.queue, name="Résolu")
    cast.available(cast.awa)
    conversation = cast.queued()
    ownership.take(user=cast.awa, conversation_id=conversation.id)
    ownership.close(user=cast.awa, conversation_id=conversation.id)  # there is the wrap-up to say it in
    with pytest.raises(Invalid) as refused:
        finish(user=cast.awa, conversation_id=conversation.id)
    assert refused.value.code == "disposition_required"
    with pytest.raises(NotFound):
        finish(user=cast.koffi, conversation_id=conversation.id, disposition_id=solved.id)
    finish(user=cast.awa, conversation_id=conversation.id, disposition_id=solved.id)
    finish(user=cast.awa, conversation_id=conversation.id)  # over already
    conversation.refresh_from_db()
    assert conversation.disposition_id == solved.id
    assert cast.state_of(cast.awa).state == State.AVAILABLE
    assert [one.label for one in cast.intervals(IntervalKind.WRAP_UP)] == ["done"]


def closed_by(cast: Cast) -> Conversation:
    cast.available(cast.awa)
    conversation = cast.queued()
    ownership.take(user=cast.awa, conversation_id=conversation.id)
    ownership.close(user=cast.awa, conversation_id=conversation.id)
    return conversation


def test_what_he_chose_is_noted_though_his_time_ran_out_before_he_heard_of_it(cast: Cast):
    wrapping(cast)
    solved = Disposition.objects.create(organisation=cast.organisation, queue=cast.queue, name="Résolu")
    conversation = closed_by(cast)
    WrapUp.objects.update(until=WrapUp.objects.get().since)
    assert end_due_wrap_ups() == 1
    with pytest.raises(NotFound):
        finish(user=cast.koffi, conversation_id=conversation.id, disposition_id=solved.id)
    finish(user=cast.awa, conversation_id=conversation.id, disposition_id=solved.id)
    conversation.refresh_from_db()
    assert conversation.disposition_id == solved.id
    assert [one.label for one in cast.intervals(IntervalKind.WRAP_UP)] == ["timed_out"]


def test_every_screen_hears_what_came_of_it(cast: Cast):
    wrapping(cast)
    solved = Disposition.objects.create(organisation=cast.organisation, queue=cast.queue, name="Résolu")
    conversation = closed_by(cast)
    before = Event.objects.latest("seq").seq
    finish(user=cast.awa, conversation_id=conversation.id, disposition_id=solved.id)
    told = Event.objects.filter(seq__gt=before, type__startswith="conversation.")
    assert [(one.type, one.data["conversation_id"]) for one in told] == [
        ("conversation.disposed", str(conversation.id))
    ]


def test_a_supervisor_who_ends_a_wrap_up_leaves_his_line_in_the_audit_log(cast: Cast):
    wrapping(cast)
    closed_by(cast)
    shown = force_state(actor=cast.sam, user_id=cast.awa.id, state="available")
    assert (shown["state"], shown["set_by"]) == ("available", "supervisor")
    assert Audit.objects.get().changes == {"state": ["wrap_up", "available"]}
    make_usual(cast.organisation.id)
    closed_by(cast)
    force_state(actor=cast.sam, user_id=cast.awa.id, state=None, reason_id=Reason.objects.get(state="available").id)
    assert all(one.ended_at > one.started_at for one in cast.intervals(IntervalKind.STATE))


def test_without_a_wrap_up_a_queue_that_wants_a_disposition_is_told_at_the_close(cast: Cast):
    Queue.objects.filter(id=cast.queue.id).update(dispositions_required=True)
    conversation = cast.queued()
    ownership.take(user=cast.awa, conversation_id=conversation.id)
    ownership.give_back(user=cast.awa, conversation_id=conversation.id)
    ownership.take(user=cast.koffi, conversation_id=conversation.id)
    solved = Disposition.objects.create(organisation=cast.organisation, queue=cast.queue, name="Résolu")
    other = make_cast(name="Autre", slug="autre", domain="autre.example")
    strange = Disposition.objects.create(organisation=other.organisation, queue=other.queue, name="Résolu")
    for given, code in ((None, "disposition_required"), (strange.id, "unknown_choice")):
        with pytest.raises(Invalid) as refused:
            ownership.close(user=cast.koffi, conversation_id=conversation.id, disposition_id=given)
        assert refused.value.code == code
    assert (
        ownership.close(user=cast.koffi, conversation_id=conversation.id, disposition_id=solved.id).status == "closed"
    )


def test_saying_available_ends_all_that_he_wraps_up(cast: Cast):
    wrapping(cast)
    cast.available(cast.awa)
    for n in (1, 2):
        conversation = cast.queued(sender=f"+229019700000{n}")
        ownership.take(user=cast.awa, conversation_id=conversation.id)
        ownership.close(user=cast.awa, conversation_id=conversation.id)
    assert cast.state_of(cast.awa).load == 2
    set_state(user=cast.awa, state="available")
    assert cast.state_of(cast.awa).load == 0
    assert {one.label for one in cast.intervals(IntervalKind.WRAP_UP)} == {"available"}


def test_a_supervisors_close_or_one_of_an_agent_who_is_not_at_work_leaves_nothing_to_wrap_up(cast: Cast):
    wrapping(cast)
    cast.available(cast.awa)
    by_sam, off_duty = cast.owned_by(cast.awa), cast.owned_by(cast.koffi, sender="+2290197000002")
    ownership.close(user=cast.sam, conversation_id=by_sam.id)
    ownership.close(user=cast.koffi, conversation_id=off_duty.id)
    assert not WrapUp.objects.exists()


@pytest.mark.parametrize("turn", range(3))
def test_ending_a_wrap_up_in_the_moment_in_which_it_ends_releases_it_once(cast: Cast, at_once, turn: int):
    wrapping(cast)
    cast.available(cast.awa, capacity=9)
    mine = [cast.queued(sender=f"+22901970008{n:02}") for n in range(6)]
    for conversation in mine:
        ownership.take(user=cast.awa, conversation_id=conversation.id)
        ownership.close(user=cast.awa, conversation_id=conversation.id)
    WrapUp.objects.update(until=database_now() + timedelta(milliseconds=10 * turn))
    results = at_once(
        [
            *[lambda c=conversation: finish(user=cast.awa, conversation_id=c.id) for conversation in mine],
            end_due_wrap_ups,
            end_due_wrap_ups,
            lambda: set_state(user=cast.awa, state="available"),
            lambda: round_of(cast),
        ]
    )
    assert not [one for one in results if isinstance(one, Exception)]
    assert len(cast.intervals(IntervalKind.WRAP_UP)) == 6
    assert cast.state_of(cast.awa).load == 0


def test_an_idle_browser_makes_him_away_and_his_hand_brings_him_back(cast: Cast):
    cast.available(cast.awa)
    set_state(user=cast.koffi, state="break")
    assert set_idle(user=cast.awa, idle=True)["state"] == "away"
    assert set_idle(user=cast.koffi, idle=True)["state"] == "break"
    cast.queued()
    assert round_of(cast) == 0
    shown = set_idle(user=cast.awa, idle=False)
    assert (shown["state"], shown["set_by"]) == ("available", "idle")
    set_state(user=cast.awa, state="away", reason="Dentiste")
    assert set_idle(user=cast.awa, idle=False)["state"] == "away", "he said so himself"


def test_away_that_he_says_himself_or_his_supervisor_is_not_undone_by_his_mouse(cast: Cast):
    cast.available(cast.awa, cast.koffi)
    for user in (cast.awa, cast.koffi):
        set_idle(user=user, idle=True)
    set_state(user=cast.awa, state="away")
    force_state(actor=cast.sam, user_id=cast.koffi.id, state="away")
    for user in (cast.awa, cast.koffi):
        assert set_idle(user=user, idle=False)["state"] == "away"
    line = Audit.objects.get()
    assert (line.object_id, line.changes) == (cast.koffi.id, {"set_by": ["idle", "supervisor"]})
    assert {one.label for one in cast.intervals(IntervalKind.STATE)} == {"available"}, "no stretch of it ends"


def test_one_wrap_up_that_cannot_be_ended_costs_the_others_nothing(cast: Cast, monkeypatch):
    wrapping(cast)
    cast.available(cast.awa, cast.koffi)
    for user, sender in ((cast.awa, "+2290197000001"), (cast.koffi, "+2290197000002")):
        ownership.close(user=user, conversation_id=cast.owned_by(user, sender=sender).id)
    over = database_now() - timedelta(seconds=1)
    WrapUp.objects.filter(user=cast.awa).update(until=over - timedelta(seconds=1))
    WrapUp.objects.filter(user=cast.koffi).update(until=over)
    ending = wrap_up.end_wrap_ups

    def but_hers(changes, found, **asked):
        if found.user_id == cast.awa.id:
            raise RuntimeError("cannot be ended")
        return ending(changes, found, **asked)

    monkeypatch.setattr(wrap_up, "end_wrap_ups", but_hers)
    with pytest.raises(RuntimeError):
        end_due_wrap_ups()
    assert cast.state_of(cast.koffi).state == State.AVAILABLE


def test_after_an_outage_the_state_ends_with_the_wrap_up_and_not_with_the_sweep(cast: Cast):
    wrapping(cast)
    cast.available(cast.awa)
    began = database_now() - timedelta(hours=1)
    conversation = cast.owned_by(cast.awa, at=began)
    AgentState.objects.filter(user=cast.awa).update(since=began)
    ownership.close(user=cast.awa, conversation_id=conversation.id, now=began)
    assert end_due_wrap_ups() == 1
    kinds = (IntervalKind.WRAP_UP, IntervalKind.STATE)
    measured, state = [cast.intervals(kind)[-1] for kind in kinds]
    assert (measured.wall_seconds, state.wall_seconds, state.label) == (60.0, 60.0, "wrap_up")


def test_a_supervisor_forces_a_state_and_the_audit_log_says_so(cast: Cast):
    cast.available(cast.awa)
    shown = force_state(actor=cast.sam, user_id=cast.awa.id, state="offline", reason="Partie")
    assert (shown["state"], shown["reason"], shown["set_by"]) == ("offline", "Partie", "supervisor")
    line = Audit.objects.get()
    assert (line.actor_id, line.action, line.object_id) == (cast.sam.id, "agent.state_forced", cast.awa.id)
    assert line.changes == {"state": ["available", "offline"], "reason": ["", "Partie"]}
    stranger = make_cast(name="Autre", slug="autre", domain="autre.example")
    with pytest.raises(NotFound):
        force_state(actor=cast.sam, user_id=stranger.awa.id, state="offline")
    cast.mariam.role = Role.OBSERVER
    cast.mariam.save()
    with pytest.raises(NotFound):
        force_state(actor=cast.sam, user_id=cast.mariam.id, state="offline")


def test_the_time_before_his_eyes_is_measured_within_his_handling(cast: Cast):
    nine = database_now() - timedelta(hours=1)
    first, second = cast.owned_by(cast.awa, at=nine), cast.owned_by(cast.awa, sender="+2290197000002", at=nine)
    set_focus(user=cast.awa, conversation_id=first.id, now=nine + timedelta(minutes=1))
    set_focus(user=cast.awa, conversation_id=first.id, now=nine + timedelta(minutes=2))
    set_focus(user=cast.awa, conversation_id=second.id, now=nine + timedelta(minutes=4))
    set_focus(user=cast.awa, conversation_id=first.id, now=nine + timedelta(minutes=9))
    ownership.close(user=cast.awa, conversation_id=first.id, now=nine + timedelta(minutes=10))
    set_focus(user=cast.awa, conversation_id=None, now=nine + timedelta(minutes=20))
    seen = [(one.conversation_id, one.wall_seconds) for one in cast.intervals(IntervalKind.FOCUS)]
    assert seen == [(first.id, 180.0), (second.id, 300.0), (first.id, 60.0)]
    set_focus(user=cast.koffi, conversation_id=second.id)  # a look at a colleague's is no work on it
    assert AgentState.objects.get(user=cast.koffi).focus_id is None
    ownership.close(user=cast.awa, conversation_id=second.id)
    assert not Conversation.objects.exclude(status=Status.CLOSED).exists()
