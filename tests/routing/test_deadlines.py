"""Targets run by the wall or by opening hours, stand on the conversation, and are told of once."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Schedule
from accounts.schedules import hours_of
from common.clock import database_now
from conversations.models import Conversation, Status
from measures.models import IntervalKind
from realtime.checker import check_density
from realtime.models import Event
from routing import deadlines, ownership
from routing.deadline_watch import DeadlineWatch, tell_deadlines
from routing.deadlines import Policy, follow, running
from routing.handling import handle
from routing.models import Deadline, TargetEvent, TargetKind, Targets
from routing.turns import Turns
from tests.cast import Cast
from tests.routing.hours import MONDAY_NIGHT, MONDAY_OPEN, OFFICE, at, keeps_hours

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh(settings, monkeypatch, cast: Cast):
    """Whether anybody has targets is asked anew each time; every story ends with dense numbers."""
    from conversations.links import adapter_class

    settings.LINK_ADAPTERS = {"sms.smpp": "tests.conversations.scripted.ScriptedLink"}
    adapter_class.cache_clear()
    monkeypatch.setattr(deadlines, "FRESH_S", 0.0)
    yield
    adapter_class.cache_clear()
    assert check_density(cast.organisation.id).dense


def aims(cast: Cast, **given: object) -> Targets:
    return Targets.objects.create(
        organisation=cast.organisation, **{"queue": cast.queue, "first_s": 600, "next_s": 1200, **given}
    )


def next_of(conversation: Conversation) -> tuple[str, datetime | None]:
    conversation.refresh_from_db()
    return conversation.deadline_kind, conversation.next_deadline_at


def text_in(cast: Cast, conversation: Conversation, **given) -> None:
    cast.text_in(conversation, **given)
    pool = Turns(limit_s=5.0)
    handle(owner="d1", turns=pool, now=given.get("at"))
    pool.close()


@pytest.mark.parametrize(
    ("answered", "kinds"),
    [
        (None, [(TargetKind.RESOLUTION, 86400), (TargetKind.FIRST, 600)]),
        (MONDAY_OPEN, [(TargetKind.RESOLUTION, 86400), (TargetKind.NEXT, 1200)]),
    ],
)
def test_the_first_answer_and_later_ones_have_targets_of_their_own(answered, kinds):
    policy = Policy(600, 1200, 86400, is_business=True, warn_percent=50)
    found = running(
        policy, None, status="queued", waiting_since=MONDAY_OPEN, first_answered_at=answered, opened_at=MONDAY_OPEN
    )
    assert [(one.kind, (one.due_at - one.since).total_seconds()) for one in found] == kinds
    assert all(one.warn_at - one.since == (one.due_at - one.since) / 2 for one in found)
    for status, waiting in (("bot", MONDAY_OPEN), ("closed", MONDAY_OPEN)):
        assert not running(
            policy, None, status=status, waiting_since=waiting, first_answered_at=None, opened_at=MONDAY_OPEN
        )


@pytest.mark.parametrize(("business", "due"), [(True, at(2026, 11, 24, 8, 10)), (False, at(2026, 11, 23, 19, 10))])
def test_a_target_of_business_time_rests_while_the_line_is_closed(cast: Cast, business, due):
    keeps_hours(cast)
    aims(cast, is_business=business)
    conversation = cast.queued(at=MONDAY_NIGHT)
    text_in(cast, conversation, at=MONDAY_NIGHT)
    assert next_of(conversation) == ("first", due)
    assert conversation.deadline_warn_at == due - timedelta(minutes=5)


def test_a_text_sets_it_an_answer_ends_it_and_the_next_text_begins_anew(cast: Cast):
    aims(cast)
    conversation = cast.owned_by(cast.awa, at=MONDAY_OPEN)
    text_in(cast, conversation, at=MONDAY_OPEN)
    assert next_of(conversation) == ("first", MONDAY_OPEN + timedelta(minutes=10))
    revision = conversation.revision
    text_in(cast, conversation, at=MONDAY_OPEN + timedelta(minutes=3))  # he waits since the first
    assert next_of(conversation) == ("first", MONDAY_OPEN + timedelta(minutes=10))
    assert conversation.revision == revision + 1  # the text's own
    ownership.answer(user=cast.awa, conversation_id=conversation.id, body="Oui", client_id=uuid4())
    assert next_of(conversation) == ("", None)
    later = MONDAY_OPEN + timedelta(hours=1)
    text_in(cast, conversation, at=later)
    assert next_of(conversation) == ("next", later + timedelta(minutes=20))
    ownership.close(user=cast.awa, conversation_id=conversation.id)
    assert next_of(conversation) == ("", None)
    assert not Deadline.objects.exists()


def test_the_queues_targets_go_before_the_lines_and_the_earliest_is_shown(cast: Cast):
    aims(cast, queue=None, line=cast.line_3334, first_s=60)
    conversation = cast.queued(at=MONDAY_OPEN)
    text_in(cast, conversation, at=MONDAY_OPEN)
    assert next_of(conversation) == ("first", MONDAY_OPEN + timedelta(minutes=1))
    aims(cast, first_s=900, resolution_s=300)
    deadlines.renew_all(cast.organisation.id, [conversation.id])
    assert next_of(conversation) == ("resolution", MONDAY_OPEN + timedelta(minutes=5))
    assert Deadline.objects.count() == 2


def test_who_is_handed_over_or_given_back_has_the_targets_of_where_he_waits(cast: Cast):
    aims(cast)
    conversation = cast.owned_by(cast.awa, at=MONDAY_OPEN)
    text_in(cast, conversation, at=MONDAY_OPEN)
    ownership.give_back(user=cast.awa, conversation_id=conversation.id)
    assert next_of(conversation)[0] == "first"
    Conversation.objects.filter(id=conversation.id).update(line=cast.line_1919)
    ownership.take(user=cast.awa, conversation_id=conversation.id)
    ownership.give_back(user=cast.awa, conversation_id=conversation.id, to="bot")
    assert next_of(conversation) == ("", None)


def test_near_and_missed_are_told_once_each_and_kept(cast: Cast):
    aims(cast)
    now = database_now()
    near, missed = cast.queued(), cast.owned_by(cast.awa, sender="+2290197000002")
    text_in(cast, near, at=now - timedelta(minutes=6))
    text_in(cast, missed, at=now - timedelta(minutes=11))
    assert (tell_deadlines(), tell_deadlines()) == (2, 0)
    told = {(one.conversation_id, one.what): one for one in TargetEvent.objects.all()}
    assert set(told) == {(near.id, "near"), (missed.id, "missed")}
    assert told[missed.id, "missed"].agent_id == cast.awa.id
    Deadline.objects.filter(conversation=near).update(tell_at=now, due_at=now)
    assert tell_deadlines() == 1
    assert Event.objects.filter(type="targets.told").count() == 3
    # Renewed without a change, or with targets that say the same: nothing is told again.
    for _ in range(2):
        deadlines.renew_all(cast.organisation.id, [near.id, missed.id])
        Deadline.objects.update(tell_at=now)
        assert tell_deadlines() == 0


def test_what_is_closed_unanswered_after_its_time_is_missed_though_nobody_had_told_of_it(cast: Cast):
    aims(cast)
    now = database_now()
    for sender, minutes, missed in (("+2290197000001", 11, ["first"]), ("+2290197000002", 9, [])):
        found = cast.owned_by(cast.awa, sender=sender)
        text_in(cast, found, at=now - timedelta(minutes=minutes))
        ownership.close(user=cast.awa, conversation_id=found.id)
        told = TargetEvent.objects.filter(conversation_id=found.id, what="missed")
        assert list(told.values_list("kind", flat=True)) == missed
    assert not Deadline.objects.exists()
    assert tell_deadlines() == 0


@pytest.mark.parametrize(
    "targets",
    [
        {"first_s": None, "next_s": None, "resolution_s": 86400},
        {"first_s": None, "next_s": 600},
        {"first_s": 600, "resolution_s": 86400},
    ],
)
def test_a_text_to_one_whose_deadlines_run_already_costs_a_look_up(cast: Cast, targets):
    aims(cast, **targets)
    conversation = cast.queued()
    text_in(cast, conversation)
    cast.text_in(conversation, "Encore")
    with CaptureQueriesContext(connection) as asked:
        follow([conversation.id])
    assert len(asked.captured_queries) == 2  # whether anybody has targets, and whose wait is new


def test_a_text_to_hours_that_never_open_again_locks_nothing_for_a_deadline_that_never_comes(cast: Cast):
    """Its conversation would be locked, and renewed, for each of its texts."""
    schedule = keeps_hours(cast, week=[[]] * 7)
    aims(cast, resolution_s=86400)
    conversation = cast.queued()
    cast.text_in(conversation, "Encore")
    with CaptureQueriesContext(connection) as asked:
        follow([conversation.id])
    assert not [query["sql"] for query in asked.captured_queries if "FOR UPDATE" in query["sql"].upper()]
    Schedule.objects.filter(id=schedule.id).update(week=OFFICE, revision=2)
    follow([conversation.id])
    assert next_of(conversation)[0] == TargetKind.FIRST


def test_the_queues_silence_is_not_filled_by_its_line(cast: Cast):
    aims(cast, first_s=None, next_s=600)
    aims(cast, queue=None, line=cast.line_3334, first_s=60)
    conversation = cast.queued()
    text_in(cast, conversation)
    assert next_of(conversation) == ("", None)


def test_a_deadline_follows_its_conversation_to_another_queue_and_is_told_as_before(cast: Cast):
    aims(cast, queue=None, line=cast.line_1919)
    conversation = cast.open_conversation(line=cast.line_1919)
    cast.text_in(conversation, at=database_now() - timedelta(minutes=6))
    ownership.take(user=cast.awa, conversation_id=conversation.id)
    assert tell_deadlines() == 1
    before = Deadline.objects.get()
    assert before.queue_id is None
    ownership.give_back(user=cast.awa, conversation_id=conversation.id)
    conversation.refresh_from_db()
    after = Deadline.objects.get()
    assert (after.queue_id, after.tell_at) == (conversation.queue_id, before.tell_at)
    assert tell_deadlines() == 0


def test_two_dispatchers_tell_each_deadline_once(cast: Cast, at_once):
    aims(cast)
    conversations = [cast.queued(sender=f"+22901970003{n:02d}") for n in range(30)]
    for one in conversations:
        cast.text_in(one, at=database_now() - timedelta(minutes=20))
    follow([one.id for one in conversations])
    assert Deadline.objects.count() == 30
    found = at_once([tell_deadlines] * 3)
    assert not [one for one in found if isinstance(one, Exception)], found
    assert sum(found) == 30
    assert TargetEvent.objects.count() == Event.objects.filter(type="targets.told").count() == 30


def test_what_a_crash_or_new_targets_left_behind_is_looked_after(cast: Cast):
    first, second = cast.queued(), cast.owned_by(cast.awa, sender="+2290197000002")
    for one in (first, second):
        text_in(cast, one)  # before there were targets
    targets = aims(cast, first_s=7200)
    DeadlineWatch().look()
    assert next_of(first)[0] == next_of(second)[0] == "first"
    targets.delete()
    DeadlineWatch().look()
    assert next_of(first) == next_of(second) == ("", None)
    assert not Deadline.objects.exists()


def test_without_targets_a_round_asks_nothing_more(cast: Cast, monkeypatch):
    monkeypatch.setattr(deadlines, "FRESH_S", 60.0)
    monkeypatch.setattr(deadlines, "_anybody", (float("inf"), False))
    with CaptureQueriesContext(connection) as asked:
        follow([uuid4()])
    assert len(asked.captured_queries) == 0


def test_lists_may_be_ordered_by_what_is_missed_next(cast: Cast):
    from inbox.desk import audience
    from inbox.filters import Filter
    from inbox.lists import list_page

    aims(cast)
    late, calm, none = (cast.queued(sender=f"+22901970004{n:02d}", at=MONDAY_OPEN) for n in range(3))
    text_in(cast, calm, at=MONDAY_OPEN + timedelta(minutes=5))
    text_in(cast, late, at=MONDAY_OPEN)
    Conversation.objects.filter(id=calm.id).update(waiting_since=MONDAY_OPEN - timedelta(days=1))
    asked = {
        "audience": audience(cast.sam), "organisation_region": "BJ", "view": "queue", "asked": Filter(),
        "q": None, "limit": 1, "now": database_now(),
    }  # fmt: skip
    shown, after = [], None
    while True:
        rows, after = list_page(**asked, after=after, order="deadline")
        shown += [row["id"] for row in rows]
        if after is None:
            break
    assert shown == [str(late.id), str(calm.id), str(none.id)]
    assert rows[0]["deadline"] is None
    assert list_page(**asked, after=None)[0][0]["id"] == str(calm.id)


@pytest.mark.needs("RFP-033", part="hours")
def test_intervals_count_the_seconds_in_which_their_line_was_open(cast: Cast):
    keeps_hours(cast)
    conversation = cast.owned_by(cast.awa, at=at(2026, 11, 23, 17))
    cast.text_in(conversation, at=at(2026, 11, 23, 17))
    answered = at(2026, 11, 24, 9)
    ownership.answer(user=cast.awa, conversation_id=conversation.id, body="Oui", client_id=uuid4(), now=answered)
    [first] = cast.intervals(IntervalKind.FIRST_RESPONSE)
    assert (first.wall_seconds, first.business_seconds) == (16 * 3600, 2 * 3600)
    ownership.close(user=cast.awa, conversation_id=conversation.id, now=at(2026, 11, 24, 10))
    [whole] = cast.intervals(IntervalKind.RESOLUTION)
    assert (whole.wall_seconds, whole.business_seconds) == (17 * 3600, 3 * 3600)


def test_a_schedule_costs_an_interval_one_look_up_and_a_change_of_it_holds_at_once(cast: Cast):
    schedule = keeps_hours(cast)
    assert hours_of(schedule.id) is not None
    with CaptureQueriesContext(connection) as asked:
        kept = hours_of(schedule.id)
        assert hours_of(None) is None
    assert len(asked.captured_queries) == 1
    type(schedule).objects.filter(id=schedule.id).update(week=[[[0, 1440]]] * 7, revision=2)
    assert hours_of(schedule.id) is not kept


def test_the_bot_has_no_targets(cast: Cast):
    aims(cast, queue=None, line=cast.line_1919)
    conversation = cast.open_conversation(line=cast.line_1919)
    cast.text_in(conversation)
    follow([conversation.id])
    assert next_of(conversation) == ("", None)
    assert conversation.status == Status.BOT
