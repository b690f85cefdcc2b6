"""The rows of measured stretches follow from the event log: made again, they are the same, whatever happened."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import pytest
from django.db import OperationalError, connection

from accounts.models import Audit, Schedule
from bots.turn import BotTurn, Handover
from common.clock import database_now
from common.ids import uuid7
from config import cli, kpis
from measures import rebuild as rebuilding
from measures.facts import COLUMNS
from measures.intervals import record_interval
from measures.models import Interval, IntervalKind, Remark
from measures.rebuild import Report, What, rebuild
from realtime.log import record_changes
from realtime.models import Event
from realtime.reading import LogBroken, number_before
from routing import ownership
from routing import turns as turns_module
from routing.models import AgentState, Queue
from routing.presence import set_state
from routing.turns import Turns
from tests.cast import Cast
from tests.routing.hours import keeps_hours
from tests.routing.stories import Story, seeds

pytestmark = pytest.mark.django_db(transaction=True)


def answer_of_the_bot(*, text: str, **_asked: Any) -> BotTurn:
    if "conseiller" in text:
        return BotTurn(("Il vient.",), "human", 1.0, language="fr", handover=Handover("asked", "Demande", priority=1))
    return BotTurn(("Voilà.",), "any", 1.0, language="fr")


@pytest.fixture
def tell(cast: Cast, turns: Turns, scripted_links: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """A story of so many deeds, on a line with hours and one without."""
    monkeypatch.setattr(turns_module, "take_turn", answer_of_the_bot)
    Queue.objects.filter(id=cast.queue.id).update(auto_accept=False, ring_s=30, wrap_up_s=20, may_pull=True)
    AgentState.objects.filter(user__in=cast.agents).update(capacity=3)
    # Of 20 November, a Friday, at eight: half of the story lies outside these hours.
    keeps_hours(cast, cast.line_3334, week=[[[480, 555], [570, 585], [600, 1080]]] * 7)

    def play(seed: int, deeds: int) -> None:
        story = Story(cast, seed, monkeypatch, turns)
        story.tell(deeds)
        story.everything_ends()

    return play


def stored() -> list[dict[str, Any]]:
    return list(Interval.objects.order_by("id").values("id", *COLUMNS))


def damaged(organisation_id: UUID) -> dict[What, list[UUID]]:
    """One row is gone, another says something else, a third was never measured."""
    gone, other = Interval.objects.order_by("id")[3:5]
    gone_id = gone.id
    gone.delete()
    Interval.objects.filter(id=other.id).update(wall_seconds=1e9, label="assigned?")
    invented = Interval.objects.create(
        organisation_id=organisation_id, kind=IntervalKind.WAIT, started_at=database_now(), ended_at=database_now(),
        wall_seconds=0, business_seconds=0, is_logged=True,
    )  # fmt: skip
    return {What.MISSING: [gone_id], What.DIFFERENT: [other.id, other.id], What.UNKNOWN: [invented.id]}


@pytest.mark.timeout(180)  # a whole story, and perhaps the making of the database
@pytest.mark.parametrize("seed", seeds(2))
def test_rows_made_again_from_the_log_are_the_rows_that_were_stored(
    cast: Cast, tell: Callable[[int, int], None], seed: int
) -> None:
    tell(seed, 140)
    before, report = stored(), rebuild(cast.organisation.id, mend=False)
    assert (report.differences, report.alike, report.told) == (0, len(before), len(before)), report.shown
    assert (report.older_than_facts, report.older_than_log) == (0, 0)
    assert {row["kind"] for row in before} == set(IntervalKind.values)
    assert any((row["wall_seconds"], row["business_seconds"]) == (360, 60) for row in before)
    assert any(row["started_at"].microsecond for row in before)
    assert {"Déjeuner à midi", "Pas ma langue"} <= {row["detail"] for row in before}
    print(f"{len(before)} stretches of {len({row['conversation_id'] for row in before})} conversations")

    # The hours of today are not those of that day: what was measured then stays.
    Schedule.objects.update(week=[[]] * 7)
    Interval.objects.all().delete()
    report = rebuild(cast.organisation.id, mend=True)
    assert report.found == {What.MISSING: len(before)}
    assert stored() == before
    assert not rebuild(cast.organisation.id, mend=False).differences


def test_what_differs_is_said_exactly_and_only_then_made_again(cast: Cast, tell: Callable[[int, int], None]) -> None:
    tell(7, 20)
    before = stored()
    wrong = damaged(cast.organisation.id)
    harmed = stored()
    report = rebuild(cast.organisation.id, mend=False)
    assert {what: [one.id for one in report.shown if one.what == what] for what in What} == wrong
    assert {one.column for one in report.shown if one.what == What.DIFFERENT} == {"wall_seconds", "label"}
    assert report.found == dict.fromkeys(What, 1)
    assert stored() == harmed, "a check changes nothing"
    assert rebuild(cast.organisation.id, mend=True).found == report.found
    assert stored() == before


def test_a_range_is_made_again_and_the_rest_is_left_as_it_is(
    cast: Cast, tell: Callable[[int, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "ROOM", timedelta(milliseconds=200))
    tell(8, 20)
    first = {row["id"] for row in stored()}
    middle = between()
    tell_more(cast)
    before = stored()
    Interval.objects.all().delete()
    assert rebuild(cast.organisation.id, until=middle, mend=True).differences == len(first)
    assert {row["id"] for row in stored()} == first
    later = rebuild(cast.organisation.id, since=middle, mend=True)
    assert later.found == {What.MISSING: len(before) - len(first)}
    assert stored() == before


def between() -> datetime:
    """A moment whose millisecond is nobody else's."""
    time.sleep(0.01)
    moment = database_now()
    time.sleep(0.01)
    return moment


def tell_more(cast: Cast) -> None:
    for state in ("available", "break", "offline"):
        set_state(user=cast.koffi, state=state, reason="fin" if state == "break" else "")


def test_what_is_older_than_facts_or_than_the_log_is_left_alone_and_said(
    cast: Cast, tell: Callable[[int, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "ROOM", timedelta(0))
    now = database_now()
    old = Interval.objects.create(  # as the version before has stored it
        organisation_id=cast.organisation.id, kind=IntervalKind.WAIT, started_at=now, ended_at=now, wall_seconds=0,
        business_seconds=0,
    )  # fmt: skip
    tell(9, 20)
    dropped_rows, middle = Interval.objects.filter(is_logged=True).count(), between()
    tell_more(cast)
    before = stored()
    Event.objects.filter(organisation_id=cast.organisation.id, at__lt=middle).delete()  # its month, the owner may
    report = rebuild(cast.organisation.id, mend=True)
    assert (report.older_than_facts, report.older_than_log, report.differences) == (1, dropped_rows, 0)
    assert report.begins is not None
    assert report.begins >= middle - timedelta(milliseconds=1)
    assert stored() == before
    assert Interval.objects.filter(id=old.id).exists()


def test_a_hole_in_the_log_removes_nothing(cast: Cast, tell: Callable[[int, int], None]) -> None:
    tell(10, 20)
    before = stored()
    Event.objects.filter(organisation_id=cast.organisation.id, seq=20).delete()
    with pytest.raises(LogBroken):
        rebuild(cast.organisation.id, mend=True)
    assert stored() == before


def test_what_is_measured_meanwhile_is_no_difference(
    cast: Cast, tell: Callable[[int, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(11, 20)
    looked = rebuilding._Run.look_for_unknown

    def later(run: Any, *given: Any) -> None:
        tell_more(cast)
        looked(run, *given)

    monkeypatch.setattr(rebuilding._Run, "look_for_unknown", later)
    assert rebuild(cast.organisation.id, mend=True).differences == 0


def test_a_long_log_is_read_in_slices(
    cast: Cast, tell: Callable[[int, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(12, 20)
    monkeypatch.setattr(rebuilding, "SLICE", 7)
    monkeypatch.setattr("realtime.reading.STREAMED", 11)
    wrong, report = damaged(cast.organisation.id), rebuild(cast.organisation.id, mend=True)
    assert report.found == dict.fromkeys(What, 1)
    assert wrong
    assert rebuild(cast.organisation.id, mend=False).alike == report.told
    events = list(Event.objects.filter(organisation_id=cast.organisation.id).order_by("seq"))
    assert [number_before(cast.organisation.id, event.id) for event in events[::9]] == [
        event.seq - 1 for event in events[::9]
    ]


def test_the_log_holds_no_words_and_a_stretch_is_stored_with_its_fact_only(cast: Cast) -> None:
    with pytest.raises(RuntimeError, match="inside record_changes"):
        _measure(cast, database_now())
    set_state(user=cast.awa, state="break", reason="Rendez-vous chez Mme Sossa")
    set_state(user=cast.awa, state="available")
    set_state(user=cast.awa, state="break", reason="Rendez-vous chez Mme Sossa")
    set_state(user=cast.awa, state="available")
    assert "Sossa" not in str(list(Event.objects.values_list("data", flat=True)))
    assert Remark.objects.get().words == "Rendez-vous chez Mme Sossa"
    assert Interval.objects.filter(detail="Rendez-vous chez Mme Sossa").count() == 2
    assert not rebuild(cast.organisation.id, mend=False).differences


def test_all_stretches_of_a_deed_are_one_event(cast: Cast) -> None:
    cast.available(cast.awa)
    conversation = cast.owned_by(cast.awa)
    ownership.close(user=cast.awa, conversation_id=conversation.id)
    facts = [event.data["stretches"] for event in Event.objects.filter(type="stretches.ended")]
    assert [[one["kind"] for one in fact] for fact in facts] == [["handle", "resolution"]]


def _measure(cast: Cast, at: datetime) -> None:
    record_interval(organisation_id=cast.organisation.id, kind=IntervalKind.WAIT, started_at=at, ended_at=at)


def test_stretches_of_another_organisation_are_refused(cast: Cast) -> None:
    with pytest.raises(RuntimeError, match="their own organisation"), record_changes(uuid7()):
        _measure(cast, database_now())
    assert not Interval.objects.exists()


def test_the_command_says_what_differs_and_ends_with_it(
    cast: Cast, tell: Callable[[int, int], None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "_django", lambda: None)
    tell(13, 20)
    count = Interval.objects.count()
    assert cli.main(["kpis", "rebuild", "--check"]) == kpis.FINE
    assert f"{count:,}" in capsys.readouterr().out
    damaged(cast.organisation.id)
    assert cli.main(["kpis", "rebuild", "--check", "--organisation", cast.organisation.name]) == kpis.DIFFERS
    said = capsys.readouterr().out
    assert "wall_seconds" in said
    assert "1000000000.0" in said
    assert said.count("(nothing)") == 2
    assert not Audit.objects.filter(action="kpis.rebuilt").exists()
    assert cli.main(["kpis", "rebuild", "--from", "2026-01-01"]) == kpis.FINE
    assert capsys.readouterr().out.count("corrected") == 1
    assert Audit.objects.get(action="kpis.rebuilt").changes == {what: [0, 1] for what in What}
    assert cli.main(["kpis", "rebuild", "--check"]) == kpis.FINE

    assert cli.main(["kpis", "rebuild", "--organisation", "Nulle part"]) == kpis.CANNOT
    assert cli.main(["kpis", "rebuild", "--from", "hier"]) == kpis.CANNOT
    assert cli.main(["kpis", "rebuild", "--from", "2026-02-01", "--to", "2026-01-01"]) == kpis.CANNOT
    with monkeypatch.context() as patched:
        patched.setattr(kpis, "rebuild", _no_database)
        assert cli.main(["kpis", "rebuild", "--check"]) == kpis.CANNOT
    with connection.cursor() as cursor:
        cursor.execute("delete from realtime_event where seq = 9")
    assert cli.main(["kpis", "rebuild"]) == kpis.CANNOT
    assert "nothing was removed" in capsys.readouterr().out


def _no_database(*_: Any, **__: Any) -> Report:
    raise OperationalError("the connection is lost")


def test_the_applications_role_may_make_them_again(
    cast: Cast, tell: Callable[[int, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command runs as the application, which owns nothing and may not change an event."""
    tell(14, 20)
    before = stored()
    Interval.objects.all().delete()
    application = urlsplit(os.environ["TEST_APP_DATABASE_URL"])
    connection.close()
    with monkeypatch.context() as patched:
        patched.setitem(connection.settings_dict, "USER", application.username)
        patched.setitem(connection.settings_dict, "PASSWORD", unquote(application.password or ""))
        with connection.cursor() as cursor:
            cursor.execute("select current_user")
            assert cursor.fetchone() == (application.username,)
        assert rebuild(cast.organisation.id, mend=True).differences == len(before)
        connection.close()
    assert stored() == before


def test_a_report_is_bounded_and_says_so() -> None:
    report = Report()
    for number in range(150):
        report.note(rebuilding.Difference(What.MISSING, UUID(int=number), "wait", told="…"))
    lines = list(kpis.lines_of(report, check=True))
    assert (report.differences, len(report.shown)) == (150, rebuilding.MOST_SHOWN)
    assert lines[-1] == "and more: the first 100 lines are shown"
