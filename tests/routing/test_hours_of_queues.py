"""A queue may keep hours of its own: of who waits in it they count in place of the line's."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.models import Audit, Schedule, User
from accounts.schedule_admin import remove_schedule
from common.errors import Conflict, Invalid
from conversations.models import Conversation, Status
from measures.models import Interval
from routing import deadlines, hours, ownership
from routing.deadline_watch import DeadlineWatch
from routing.handling import handle
from routing.ladder import Deed, Step
from routing.ladder_watch import LadderWatch
from routing.models import Queue, Targets
from routing.queue_admin import QueueFields, save_queue
from routing.silence import _open_lines
from routing.turns import Turns
from tests.cast import Cast, make_cast
from tests.routing.hours import MONDAY_NIGHT, MONDAY_OPEN, TUESDAY_OPEN, at, keeps_hours
from tests.routing.ladders import climbs, told

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("scripted_links")]
ALWAYS = [[[0, 1440]]] * 7
LATE = [[[780, 1320]]] * 5 + [[], []]  # 13:00-22:00


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who keeps hours is asked anew each time."""
    monkeypatch.setattr(hours, "FRESH_S", 0.0)
    monkeypatch.setattr(deadlines, "FRESH_S", 0.0)


def queue_keeps(cast: Cast, week: list) -> Schedule:
    schedule = Schedule.objects.create(organisation=cast.organisation, name="File", week=week)
    Queue.objects.filter(id=cast.queue.id).update(schedule=schedule)
    return schedule


def writes(cast: Cast, turns: Turns, conversation: Conversation, moment: datetime) -> list[str]:
    """What the subscriber was told at that moment."""
    before = conversation.messages.filter(author="system", kind="outgoing").count()
    cast.text_in(conversation, "Bonjour", at=moment)
    while handle(owner="d1", turns=turns, now=moment):
        pass
    said = conversation.messages.filter(author="system", kind="outgoing").order_by("seq")
    return [one.body for one in said[before:]]


def test_who_waits_in_a_queue_that_is_closed_is_told_though_his_line_is_open(cast: Cast, turns: Turns) -> None:
    keeps_hours(cast)
    queue_keeps(cast, LATE)
    (told,) = writes(cast, turns, cast.queued(), MONDAY_OPEN)
    assert "aujourd'hui à 13:00" in told


def test_who_waits_in_a_queue_that_is_open_is_told_nothing_though_his_line_is_closed(cast: Cast, turns: Turns) -> None:
    keeps_hours(cast)
    queue_keeps(cast, ALWAYS)
    conversation = cast.queued()
    assert writes(cast, turns, conversation, MONDAY_NIGHT) == []
    other = Queue.objects.create(organisation=cast.organisation, name="Sans horaires")
    Conversation.objects.filter(id=conversation.id).update(queue_id=other.id)
    assert len(writes(cast, turns, conversation, MONDAY_NIGHT)) == 1, "another queue goes by the line"


def test_the_bot_goes_by_the_line_whatever_its_queue_keeps(cast: Cast, turns: Turns) -> None:
    keeps_hours(cast, bot_after_hours=False)
    queue_keeps(cast, ALWAYS)
    conversation = cast.open_conversation(line=cast.line_1919)
    writes(cast, turns, conversation, MONDAY_NIGHT)
    conversation.refresh_from_db()
    assert (conversation.status, conversation.handover_reason) == (Status.QUEUED, "after_hours")


def test_targets_and_measured_seconds_run_by_the_hours_of_the_queue(cast: Cast) -> None:
    keeps_hours(cast)
    queue_keeps(cast, LATE)
    Targets.objects.create(organisation=cast.organisation, queue=cast.queue, first_s=600)
    conversation = cast.queued()
    Conversation.objects.filter(id=conversation.id).update(waiting_since=MONDAY_OPEN, queued_at=MONDAY_OPEN)
    deadlines.follow([conversation.id])
    conversation.refresh_from_db()
    assert conversation.next_deadline_at == at(2026, 11, 23, 13, 10), "the line opened at 08:00, the queue at 13:00"
    cast.available(cast.awa)
    ownership.take(user=cast.awa, conversation_id=conversation.id, now=at(2026, 11, 23, 13, 5))
    waited = Interval.objects.get(conversation_id=conversation.id, kind="wait")
    assert (waited.ended_at - waited.started_at, waited.business_seconds) == (timedelta(hours=3, minutes=5), 300)


def test_deadlines_that_run_follow_the_hours_that_a_queue_is_given(cast: Cast, boss: User) -> None:
    Targets.objects.create(organisation=cast.organisation, queue=cast.queue, first_s=600)
    conversation = cast.queued()
    Conversation.objects.filter(id=conversation.id).update(waiting_since=MONDAY_OPEN)
    schedule = Schedule.objects.create(organisation=cast.organisation, name="File", week=LATE)  # a new one is looked at
    watch = DeadlineWatch()
    watch.look()
    conversation.refresh_from_db()
    assert conversation.next_deadline_at == MONDAY_OPEN + timedelta(seconds=600)
    save_queue(actor=boss, queue_id=cast.queue.id, fields=QueueFields(schedule_id=schedule.id))
    watch.look()
    conversation.refresh_from_db()
    assert conversation.next_deadline_at == at(2026, 11, 23, 13, 10)


def test_silence_is_counted_in_the_hours_of_the_queue(cast: Cast) -> None:
    keeps_hours(cast)
    cast.queue.refresh_from_db()
    assert not list(_open_lines(cast.queue, MONDAY_NIGHT))
    queue_keeps(cast, ALWAYS)
    cast.queue.refresh_from_db()
    (lines,) = _open_lines(cast.queue, MONDAY_NIGHT)
    assert {cast.line_1919.id, cast.line_3334.id} <= set(lines.ids)


def test_a_queue_is_given_hours_of_its_own_organisation_and_they_are_not_removed_under_it(
    cast: Cast, boss: User
) -> None:
    schedule = Schedule.objects.create(organisation=cast.organisation, name="File", week=LATE)
    shown = save_queue(actor=boss, queue_id=cast.queue.id, fields=QueueFields(schedule_id=schedule.id))
    assert shown["schedule_id"] == str(schedule.id)
    audit = Audit.objects.latest("id")
    assert audit.changes == {"schedule": [None, "File"]}, "by name: the log outlives it"
    with pytest.raises(Conflict, match="queue"):
        remove_schedule(actor=boss, schedule_id=schedule.id)
    stranger = make_cast(slug="autre", domain="autre.example")
    foreign = Schedule.objects.create(organisation=stranger.organisation, name="Autre", week=LATE)
    with pytest.raises(Invalid) as refused:
        save_queue(actor=boss, queue_id=cast.queue.id, fields=QueueFields(schedule_id=foreign.id))
    assert refused.value.field == "schedule_id"
    assert save_queue(actor=boss, queue_id=cast.queue.id, fields=QueueFields(schedule_id=""))["schedule_id"] is None
    remove_schedule(actor=boss, schedule_id=schedule.id)


def test_a_ladder_gives_nobody_to_a_bot_that_rests_though_his_queue_is_open(cast: Cast) -> None:
    keeps_hours(cast, bot_after_hours=False)
    queue_keeps(cast, ALWAYS)
    climbs(cast.queue, Step(60, Deed.TELL_POSITION), Step(60, Deed.GIVE_TO_BOT))
    conversation, watch = cast.queued(line=cast.line_1919, at=MONDAY_NIGHT), LadderWatch()
    cast.text_in(conversation, at=MONDAY_NIGHT)
    for seconds in (60, 61, 600):
        watch.look(MONDAY_NIGHT + timedelta(seconds=seconds))
    conversation.refresh_from_db()
    assert (conversation.status, len(told(conversation))) == (Status.QUEUED, 1)
    assert watch.look(MONDAY_NIGHT + timedelta(seconds=601)) == 0
    LadderWatch().look(TUESDAY_OPEN)
    conversation.refresh_from_db()
    assert conversation.status == Status.BOT
