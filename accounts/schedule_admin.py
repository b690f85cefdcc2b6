"""Making and changing schedules: what contradicts itself is refused; audit line and event in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import F, ProtectedError

from accounts import audit
from accounts.events import SettingsChanged
from accounts.hours import refuse_bad_spans, refuse_bad_week, refuse_never_open
from accounts.models import HolidayDate, Organisation, Schedule, SpecialDays, User
from accounts.public_holidays import COUNTRIES, holidays_of
from accounts.schedules import built
from common.clock import database_now
from common.errors import Conflict, Invalid, NotFound
from common.text import name_of, storable
from realtime import doorbell
from realtime.log import Changes, record_changes

MOST_SCHEDULES = 200  # of an organisation
MOST_SPECIAL = 200  # of a schedule
LONGEST_DAYS = 366  # of one closure
LONGEST_SAYS = 480  # characters
FARTHEST_DAYS = 30  # that a holiday is moved from its estimate
YEARS = range(2000, 2101)
# Whoever sends what special days say, above, refuses what it could not send: the schedule, the words by language.
WordsCheck = Callable[[Schedule, Mapping[str, str]], None]
_words_checks: list[WordsCheck] = []


@dataclass(frozen=True, slots=True)
class ScheduleFields:
    """What is asked for; None leaves a field as it is. `revision`: what the writer has seen; another is refused."""

    name: str | None = None
    week: Sequence[Sequence[Sequence[int]]] | None = None
    country: str | None = None
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class SpecialFields:
    """`spans` empty: closed. `says_fr`, `says_en`: what subscribers hear; empty: the usual. `revision`: of the schedule
    that the writer has seen; another is refused. None: whatever it is."""

    first: date
    last: date
    spans: Sequence[Sequence[int]]
    reason: str
    says_fr: str = ""
    says_en: str = ""
    revision: int | None = None


def check_words_with(check: WordsCheck) -> WordsCheck:
    """Have `check` asked before words are stored. It raises Invalid for the field "says_fr" or "says_en"."""
    _words_checks.append(check)
    return check


def save_schedule(*, actor: User, fields: ScheduleFields, schedule_id: UUID | None = None) -> Schedule:
    """Make a schedule (`schedule_id` None) or change one. Raises NotFound, Conflict("changed_meanwhile"), Invalid: see
    accounts/hours.py for contradictions; "name_taken", "unknown_choice", "too_many"."""
    organisation_id = actor.organisation_id
    with record_changes(organisation_id) as changes:
        if schedule_id is None:
            schedule, before = Schedule(organisation_id=organisation_id), {}
            if Schedule.objects.filter(organisation_id=organisation_id).count() >= MOST_SCHEDULES:
                raise Invalid("too_many_schedules", f"at most {MOST_SCHEDULES} schedules", field="name")
        else:
            schedule = _mine(organisation_id, schedule_id)
            before = described(schedule)
            _refuse_overwriting(schedule, fields.revision)
        schedule.name = name_of(fields.name if fields.name is not None else schedule.name, longest=120, field="name")
        same = Schedule.objects.filter(organisation_id=organisation_id, name=schedule.name).exclude(id=schedule.id)
        if same.exists():
            raise Invalid("name_taken", "another schedule has this name", field="name")
        if fields.country is not None:
            if fields.country not in ("", *COUNTRIES):
                raise Invalid("unknown_choice", f"must be one of {', '.join(COUNTRIES)}", field="country")
            schedule.country = fields.country
        if fields.week is not None:
            schedule.week = [[list(span) for span in day] for day in refuse_bad_week(fields.week)]
        _refuse_never_open(schedule, list(schedule.special_days.all()) if before else [])
        changed = audit.difference(before, described(schedule))
        if before and not changed:
            return schedule
        if before:
            schedule.revision += 1
        schedule.save(force_insert=not before)
        _say(changes, actor, schedule, "schedule.changed" if before else "schedule.created", changed)
    return schedule


def remove_schedule(*, actor: User, schedule_id: UUID) -> None:
    """Raises NotFound, Conflict("schedule_used") while something points to it."""
    with record_changes(actor.organisation_id) as changes:
        schedule = _mine(actor.organisation_id, schedule_id)
        before, name = described(schedule), schedule.name
        try:
            schedule.delete()
        except ProtectedError:  # of lines, and of whatever will point here
            raise Conflict("schedule_used", "a line or a queue still keeps these hours") from None
        audit.record(
            actor=actor, organisation_id=actor.organisation_id, action="schedule.removed", kind="schedule",
            object_id=schedule_id, name=name, changes={field: [value, None] for field, value in before.items()},
        )  # fmt: skip
        changes.add(SettingsChanged(kind="schedule", object_id=schedule_id))


def add_special_days(*, actor: User, schedule_id: UUID, fields: SpecialFields) -> SpecialDays:
    """A closure, or an opening at other times. Raises NotFound, Conflict("changed_meanwhile"), Invalid:
    "days_backwards", "days_too_long", "days_overlap" (two rules for one day), "says_too_long" (for a line that keeps
    these hours), and what accounts/hours.py says of spans."""
    with record_changes(actor.organisation_id) as changes:
        schedule = _mine(actor.organisation_id, schedule_id)
        _refuse_overwriting(schedule, fields.revision)
        given = _special(schedule, SpecialDays(schedule=schedule), fields)
        given.save(force_insert=True)
        _raise_revision(schedule)
        _say(changes, actor, schedule, "schedule.changed", {"special_days": [None, special_described(given)]})
    return given


def change_special_days(*, actor: User, special_id: UUID, fields: SpecialFields) -> SpecialDays:
    """All of them at once, in one transaction: a closure that is lengthened is never lifted meanwhile. Raises as
    `add_special_days`, Invalid("hours_never") when what is left never opens."""
    with record_changes(actor.organisation_id) as changes:
        schedule, found = _special_of(actor.organisation_id, special_id)
        _refuse_overwriting(schedule, fields.revision)
        before = special_described(found)
        given = _special(schedule, found, fields)
        after = special_described(given)
        if before != after:
            given.save(force_update=True)
            _raise_revision(schedule)
            _say(changes, actor, schedule, "schedule.changed", {"special_days": [before, after]})
    return given


def remove_special_days(*, actor: User, special_id: UUID) -> Schedule:
    """Raises NotFound, Invalid("hours_never") when it was the only opening."""
    with record_changes(actor.organisation_id) as changes:
        schedule, found = _special_of(actor.organisation_id, special_id)
        _refuse_never_open(schedule, list(schedule.special_days.exclude(id=special_id)))
        before = special_described(found)
        found.delete()
        _raise_revision(schedule)
        _say(changes, actor, schedule, "schedule.changed", {"special_days": [before, None]})
    return schedule


def confirm_holiday(*, actor: User, country: str, year: int, key: str, day: date | None) -> HolidayDate:
    """Say when a holiday that the calendar can only estimate truly is; None: it is none here. Said again, it is moved.

    Raises Invalid: "unknown_choice" (no such holiday, or a certain one), "holiday_far"."""
    known = next((one for one in holidays_of(country, year) if one.key == key), None) if year in YEARS else None
    if known is None or not known.estimated:
        raise Invalid("unknown_choice", "there is no such holiday to confirm", field="key")
    if day is not None and abs((day - known.day).days) > FARTHEST_DAYS:
        raise Invalid("holiday_far", f"at most {FARTHEST_DAYS} days from the estimate", field="day")
    organisation_id = actor.organisation_id
    with record_changes(organisation_id) as changes:
        # Two at once: the second waits here. In the order of whoever changes several schedules.
        kept = list(
            Schedule.objects.select_for_update(no_key=True)
            .filter(organisation_id=organisation_id, country=country)
            .order_by("id")
        )
        Organisation.objects.select_for_update(no_key=True).get(id=organisation_id)
        found = HolidayDate.objects.filter(
            organisation_id=organisation_id, country=country, year=year, key=key
        ).first() or HolidayDate(organisation_id=organisation_id, country=country, year=year, key=key)
        before = {} if found._state.adding else {"day": found.day and found.day.isoformat()}
        found.day, found.by = day, actor
        found.save()
        for schedule in kept:
            _raise_revision(schedule)
        audit.record(
            actor=actor, organisation_id=organisation_id, action="holiday.confirmed", kind="holiday",
            object_id=found.id, name=f"{known.name_en} {year} ({country})",
            changes={"day": [before.get("day"), day and day.isoformat()], "estimate": [None, known.day.isoformat()]},
        )  # fmt: skip
        changes.add(SettingsChanged(kind="schedule", object_id=found.id))
        changes.ring(doorbell.WAITING)
    return found


def _mine(organisation_id: UUID, schedule_id: UUID) -> Schedule:
    # Not against references: a line that names it is written meanwhile.
    mine = Schedule.objects.select_for_update(no_key=True)
    found = mine.filter(organisation_id=organisation_id, id=schedule_id).first()
    if found is None:
        raise NotFound("no_schedule", "there is no such schedule")
    return found


def _special_of(organisation_id: UUID, special_id: UUID) -> tuple[Schedule, SpecialDays]:
    """As they are once the schedule is held."""
    mine = SpecialDays.objects.filter(schedule__organisation_id=organisation_id, id=special_id)
    schedule_id = mine.values_list("schedule_id", flat=True).first()
    if schedule_id is None:
        raise NotFound("no_special_days", "there are no such special days")
    schedule = _mine(organisation_id, schedule_id)
    found = mine.first()
    if found is None:
        raise NotFound("no_special_days", "there are no such special days")
    return schedule, found


def _refuse_overwriting(schedule: Schedule, revision: int | None) -> None:
    if revision is not None and revision != schedule.revision:
        raise Conflict("changed_meanwhile", "somebody has changed these hours since you opened them")


def _special(schedule: Schedule, given: SpecialDays, fields: SpecialFields) -> SpecialDays:
    """`given`, new or stored, with these fields; not saved."""
    if fields.first.year not in YEARS or fields.last.year not in YEARS:
        raise Invalid("days_too_long", "a date between 2000 and 2100", field="first")
    if fields.last < fields.first:
        raise Invalid("days_backwards", "the last day must not lie before the first", field="last")
    if (fields.last - fields.first).days >= LONGEST_DAYS:
        raise Invalid("days_too_long", f"at most {LONGEST_DAYS} days", field="last")
    spans = [list(span) for span in refuse_bad_spans(fields.spans, field="spans")]
    others = list(schedule.special_days.exclude(id=given.id))
    if len(others) >= MOST_SPECIAL:
        raise Invalid("too_many_special_days", f"at most {MOST_SPECIAL}", field="first")
    if any(one.first <= fields.last and fields.first <= one.last for one in others):
        raise Invalid("days_overlap", "another rule holds on one of these days", field="first")
    says = {}
    for name in ("says_fr", "says_en"):
        says[name] = storable(getattr(fields, name)).strip()
        if len(says[name]) > LONGEST_SAYS:
            raise Invalid("too_long", f"at most {LONGEST_SAYS} characters", field=name)
    given.reason = name_of(fields.reason, longest=120, field="reason")
    for check in _words_checks:
        check(schedule, {"fr": says["says_fr"], "en": says["says_en"]})
    given.first, given.last, given.spans = fields.first, fields.last, spans
    given.says_fr, given.says_en = says["says_fr"], says["says_en"]
    _refuse_never_open(schedule, [*others, given])
    return given


def _refuse_never_open(schedule: Schedule, special: list[SpecialDays]) -> None:
    zone = Organisation.objects.values_list("time_zone", flat=True).get(id=schedule.organisation_id)
    refuse_never_open(built(schedule, zone, special=special), _now())


def _now() -> datetime:
    return database_now()


def _raise_revision(schedule: Schedule) -> None:
    Schedule.objects.filter(id=schedule.id).update(revision=F("revision") + 1)


def _say(changes: Changes, actor: User, schedule: Schedule, action: str, changed: dict[str, list[Any]]) -> None:
    audit.record(
        actor=actor, organisation_id=schedule.organisation_id, action=action, kind="schedule",
        object_id=schedule.id, name=schedule.name, changes=changed,
    )  # fmt: skip
    changes.add(SettingsChanged(kind="schedule", object_id=schedule.id))
    changes.ring(doorbell.WAITING)


def described(schedule: Schedule) -> dict[str, Any]:
    return {"name": schedule.name, "week": schedule.week, "country": schedule.country}


def special_described(one: SpecialDays) -> dict[str, Any]:
    return {
        "first": one.first.isoformat(), "last": one.last.isoformat(), "spans": one.spans, "reason": one.reason,
        "says_fr": one.says_fr, "says_en": one.says_en,
    }  # fmt: skip
