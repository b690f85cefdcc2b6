"""What became of response times is counted by the target that ran, in the period in which it ended."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Audit, Role
from common.errors import Invalid
from conversations.models import Conversation
from measures.models import Interval, IntervalKind
from routing import deadlines, ownership
from routing.deadline_watch import tell_deadlines
from routing.models import Queue, TargetEvent, Targets
from supervision.exports import fetch_export
from supervision.targets import Period, period_of, report
from supervision.targets_sheet import _percent
from tests.browser import Browser, someone
from tests.cast import Cast, make_cast
from tests.routing.hours import MONDAY_OPEN, at
from tests.supervision.test_exports import fetch, rows, write_of

pytestmark = pytest.mark.django_db(transaction=True)
DAY = Period(date(2026, 11, 23), date(2026, 11, 23))


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "FRESH_S", 0.0)


@pytest.fixture
def aimed(cast: Cast) -> Targets:
    return Targets.objects.create(
        organisation=cast.organisation, queue=cast.queue, first_s=600, resolution_s=7200, is_business=False
    )


def waits(cast: Cast, since: datetime, sender: str) -> Conversation:
    conversation = cast.queued(sender=sender)
    mine = Conversation.objects.filter(id=conversation.id)
    mine.update(waiting_since=since, queued_at=since, opened_at=since)
    deadlines.follow([conversation.id])
    conversation.refresh_from_db()
    return conversation


def answered(cast: Cast, conversation: Conversation, moment: datetime) -> None:
    cast.available(cast.awa, capacity=20)
    ownership.take(user=cast.awa, conversation_id=conversation.id, now=moment)
    ownership.answer(user=cast.awa, conversation_id=conversation.id, body="Voilà", client_id=uuid4(), now=moment)


def told(cast: Cast, period: Period = DAY) -> dict[tuple[str, str], tuple[object, ...]]:
    return {
        (one["queue"], one["kind"]): (one["met"], one["missed"], one["warned"], one["share"], one["answered"])
        for one in report(cast.organisation, period)["items"]
    }


def happened(moment: datetime) -> None:
    """What was told, at that time of the story."""
    TargetEvent.objects.update(at=moment)


def test_an_answer_within_its_time_is_met_and_one_after_it_is_missed_though_nobody_told_it(
    cast: Cast, aimed: Targets
) -> None:
    quick, slow = (waits(cast, MONDAY_OPEN, f"+229019700000{n}") for n in (1, 2))
    answered(cast, quick, MONDAY_OPEN + timedelta(seconds=300))
    answered(cast, slow, MONDAY_OPEN + timedelta(seconds=900))
    labels = Interval.objects.filter(kind="first_response").order_by("wall_seconds").values_list("label", flat=True)
    assert list(labels) == ["met", "late"]
    (event,) = TargetEvent.objects.all()
    assert (event.conversation_id, event.what, event.agent_id) == (slow.id, "missed", cast.awa.id)
    happened(MONDAY_OPEN + timedelta(seconds=900))
    assert told(cast) == {(cast.queue.name, "first"): (1, 1, 0, 0.5, 2)}
    (row,) = report(cast.organisation, DAY)["items"]
    assert (row["wall_s"], row["business_s"]) == (600, 600)


def test_what_was_told_as_missed_is_counted_once_when_the_answer_comes(cast: Cast, aimed: Targets) -> None:
    long_ago, day = at(2026, 11, 16, 10), Period(date(2026, 11, 16), date(2026, 11, 16))
    conversation = waits(cast, long_ago, "+2290197000001")
    assert tell_deadlines() > 0  # by today's clock
    happened(long_ago)
    assert told(cast, day) == {
        (cast.queue.name, "first"): (0, 1, 0, 0.0, 0), (cast.queue.name, "resolution"): (0, 1, 0, 0.0, 0)
    }  # fmt: skip
    answered(cast, conversation, long_ago + timedelta(seconds=900))
    assert TargetEvent.objects.filter(kind="first", what="missed").count() == 1
    assert told(cast, day)[(cast.queue.name, "first")] == (0, 1, 0, 0.0, 1)


def test_what_was_told_as_missed_is_not_met_as_well_when_its_time_is_lengthened(cast: Cast, aimed: Targets) -> None:
    """A closure is entered late, another queue has more time: one target is counted once."""
    long_ago, day = at(2026, 11, 16, 10), Period(date(2026, 11, 16), date(2026, 11, 16))
    conversation = waits(cast, long_ago, "+2290197000001")
    assert tell_deadlines() > 0
    happened(long_ago)
    Targets.objects.update(first_s=86_400)
    deadlines.renew_all(cast.organisation.id, [conversation.id])
    answered(cast, conversation, long_ago + timedelta(seconds=900))
    assert [one.label for one in cast.intervals(IntervalKind.FIRST_RESPONSE)] == ["late"]
    assert told(cast, day)[(cast.queue.name, "first")] == (0, 1, 0, 0.0, 1)


def test_a_close_within_its_time_is_met_and_what_had_no_target_is_in_no_row(cast: Cast, aimed: Targets) -> None:
    conversation = waits(cast, MONDAY_OPEN, "+2290197000001")
    answered(cast, conversation, MONDAY_OPEN + timedelta(seconds=60))
    ownership.close(user=cast.awa, conversation_id=conversation.id, now=MONDAY_OPEN + timedelta(seconds=120))
    Targets.objects.all().delete()
    other = waits(cast, MONDAY_OPEN, "+2290197000002")
    aimless = Queue.objects.create(organisation=cast.organisation, name="Sans délai")
    Conversation.objects.filter(id=other.id).update(queue_id=aimless.id)
    answered(cast, other, MONDAY_OPEN + timedelta(seconds=60))
    assert told(cast) == {
        (cast.queue.name, "first"): (1, 0, 0, 1.0, 1), (cast.queue.name, "resolution"): (1, 0, 0, 1.0, 1)
    }  # fmt: skip


def test_days_are_those_of_the_organisation_and_another_organisation_sees_nothing(cast: Cast) -> None:
    # Porto-Novo is an hour ahead of UTC.
    for minute, day in ((datetime.fromisoformat("2026-11-22T22:59:59+00:00"), 22),
                        (datetime.fromisoformat("2026-11-22T23:00:00+00:00"), 23)):  # fmt: skip
        TargetEvent.objects.create(
            organisation_id=cast.organisation.id, conversation_id=cast.queue.id, line_id=cast.line_1919.id,
            queue_id=cast.queue.id, kind="first", what="near", since=minute, due_at=minute, at=minute,
        )  # fmt: skip
        period = Period(date(2026, 11, day), date(2026, 11, day))
        assert told(cast, period) == {(cast.queue.name, "first"): (0, 0, 1, None, 0)}
    stranger = make_cast(slug="autre", domain="autre.example")
    assert report(stranger.organisation, Period(date(2026, 11, 1), date(2026, 11, 30)))["items"] == []


def test_what_ran_out_before_midnight_and_was_told_after_it_belongs_to_the_day_before(cast: Cast) -> None:
    due = datetime.fromisoformat("2026-11-22T22:59:00+00:00")  # 23:59 in Porto-Novo
    for what, queue_id in (("missed", cast.queue.id), ("near", None)):
        TargetEvent.objects.create(
            organisation_id=cast.organisation.id, conversation_id=cast.queue.id, line_id=cast.line_1919.id,
            queue_id=queue_id, kind="first", what=what, since=due, due_at=due, at=due + timedelta(hours=5),
        )  # fmt: skip
    assert told(cast, Period(date(2026, 11, 22), date(2026, 11, 22))) == {(cast.queue.name, "first"): (0, 1, 0, 0.0, 0)}
    assert told(cast, Period(date(2026, 11, 23), date(2026, 11, 23))) == {("", "first"): (0, 0, 1, None, 0)}


def test_a_period_is_seven_days_unless_said_and_at_most_a_quarter(cast: Cast) -> None:
    usual = period_of(cast.organisation, None, None, MONDAY_OPEN)
    assert usual == Period(date(2026, 11, 17), date(2026, 11, 23))
    for start, end, code in (
        (date(2026, 11, 2), date(2026, 11, 1), "days_backwards"),
        (date(2026, 1, 1), date(2026, 11, 1), "report_too_long"),
    ):
        with pytest.raises(Invalid) as refused:
            period_of(cast.organisation, start, end, MONDAY_OPEN)
        assert refused.value.code == code
    assert period_of(cast.organisation, date.max, date.max, MONDAY_OPEN).end.year == 2099


def test_a_file_says_of_a_share_what_the_screen_says() -> None:
    """One of two thousand was missed: not all were met."""
    assert [_percent(1999, 1, 0), _percent(1999, 1, 1), _percent(3, 0, 0)] == ["99,9", "99.9", "100,0"]
    assert [_percent(0, 0, 0), _percent(0, 3, 0), _percent(1, 2, 1)] == ["", "0,0", "33.3"]


def test_a_conversation_without_deadline_costs_an_answer_no_look_up(cast: Cast) -> None:
    conversation = cast.queued()
    with CaptureQueriesContext(connection) as asked:
        assert deadlines.outcome(conversation, deadlines.TargetKind.FIRST, MONDAY_OPEN, MONDAY_OPEN, None) == ""
    assert len(asked) == 0


def test_the_report_is_fetched_as_a_file_and_both_deeds_are_in_the_audit_log(cast: Cast, aimed: Targets) -> None:
    answered(cast, waits(cast, MONDAY_OPEN, "+2290197000001"), MONDAY_OPEN + timedelta(seconds=300))
    days = {"start": "2026-11-23", "end": "2026-11-23"}
    boss = Browser(cast.sam)
    page = boss.get("/api/supervision/targets?start=2026-11-23&end=2026-11-23")
    assert [one["met"] for one in page.data["items"]] == [1]
    export = write_of(boss, "/api/supervision/targets/exports", form="csv", **days)
    head, row = rows(fetch(boss, export), ";")
    assert (head[1], row[1], row[4], row[6], row[9]) == ("Délai", "première réponse", "1", "100,0", "300")
    assert row[0] == cast.queue.name
    deeds = Audit.objects.filter(object_kind="export").order_by("id").values_list("action", flat=True)
    assert list(deeds) == ["targets.exported", "targets.fetched"]
    assert fetch_export(actor=cast.sam, export_id=export).name.startswith("palabre-targets-")
    watcher = Browser(someone(cast, Role.OBSERVER))
    assert watcher.get("/api/supervision/targets").status == 200
    assert watcher.post("/api/supervision/targets/exports", days).status == 403
    assert Browser(cast.awa).get("/api/supervision/targets").status == 403
