"""`palabre kpis rebuild`: measured stretches made again from the event log, and what is said about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import Error, transaction

from accounts import audit
from accounts.models import Organisation
from measures.rebuild import MOST_SHOWN, Difference, Report, What, rebuild
from realtime.reading import LogBroken

FINE, DIFFERS, CANNOT = 0, 1, 2


def run(*, name: str, since: str | None, until: str | None, check: bool, say: Callable[[str], None]) -> int:
    """Returns the exit code: 0; 1 when `check` has found differences; 2 when it cannot be done, and nothing is known.

    `say` gets each line of what is to be read.
    """
    try:
        return _run(name, since, until, check, say)
    except Error as error:  # else Python would end with the code that says "differs"
        return _refused(say, f"the database refuses: {type(error).__name__}: {str(error).partition(chr(10))[0]}")


def _run(name: str, since: str | None, until: str | None, check: bool, say: Callable[[str], None]) -> int:
    found = Organisation.objects.filter(**({"name": name} if name else {})).order_by("name")
    if not found:
        return _refused(say, f"there is no organisation called {name}" if name else "there is no organisation yet")
    worst = FINE
    for organisation in found:
        try:
            zone = ZoneInfo(organisation.time_zone)
            first, last = _moment(since, zone), _moment(until, zone)
        except ValueError as error:
            return _refused(say, f"this is no day and no time of ISO 8601: {error}")
        if first is not None and last is not None and first >= last:
            return _refused(say, "--from must lie before --to")
        say(organisation.name)
        report = Report()
        try:
            rebuild(organisation.id, since=first, until=last, mend=not check, report=report)
        except LogBroken as error:
            say("  the event log has a hole; nothing was removed, and what follows is as far as it was read")
            worst = max(worst, _refused(say, str(error)))
        for line in lines_of(report, check=check):
            say(f"  {line}".rstrip())
        if report.differences and check:
            worst = max(worst, DIFFERS)
        elif report.differences:
            _note(organisation, report)
    return worst


def lines_of(report: Report, *, check: bool) -> Iterable[str]:
    yield f"stretches in the event log   {report.told:>12,}"
    yield f"stored as the log tells      {report.alike:>12,}"
    said = ("not stored", "stored otherwise", "not in the log")
    done = ("stored", "corrected", "removed")
    for what, name, deed in zip(What, said, done, strict=True):
        count = report.found[what]
        yield f"{name:<29}{count:>12,}" + (f"   {deed}" if count and not check else "")
    if report.older_than_facts:
        yield f"left alone                   {report.older_than_facts:>12,}   from before the log kept their facts"
    if report.begins is not None:
        begins = report.begins.isoformat(timespec="seconds")
        yield f"left alone                   {report.older_than_log:>12,}   the log begins at {begins}"
    elif report.older_than_log:
        yield f"left alone                   {report.older_than_log:>12,}   there is no log of their time"
    if report.shown:
        yield ""
        yield from _table(report.shown)
        if report.differences > len({one.id for one in report.shown}):
            yield f"and more: the first {MOST_SHOWN} lines are shown"


def _table(shown: Sequence[Difference]) -> Iterable[str]:
    rows = [("stretch", "kind", "column", "stored", "in the log")]
    rows += [
        (
            str(one.id),
            one.kind,
            one.column,
            one.stored or _none(one, What.MISSING),
            one.told or _none(one, What.UNKNOWN),
        )
        for one in shown
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _none(one: Difference, what: What) -> str:
    return "(nothing)" if one.what == what else ""


def _moment(given: str | None, zone: ZoneInfo) -> datetime | None:
    """Raises ValueError."""
    if given is None:
        return None
    try:
        day = date.fromisoformat(given)
    except ValueError:
        moment = datetime.fromisoformat(given)
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _note(organisation: Organisation, report: Report) -> None:
    with transaction.atomic():
        audit.record(
            actor=None, organisation_id=organisation.id, action="kpis.rebuilt", kind="organisation",
            object_id=organisation.id, name=organisation.name,
            changes={str(what): [0, count] for what, count in report.found.items()},
        )  # fmt: skip


def _refused(say: Callable[[str], None], why: str) -> int:
    say(f"palabre kpis rebuild: {why}")
    return CANNOT
