"""Opening hours: open or closed, when next, and how many seconds of opening lie between two moments.

Pure: no clock, no database, no chance. `schedule` is what accounts/schedules.py makes of an organisation's rows; None
is always open, so that a line without hours needs no question of its own. Every moment is an aware datetime.

A day is one of the organisation's zone. What opens on a day belongs to it also beyond midnight: 22:00-02:00 on a
Tuesday ends on Wednesday at 02:00, though Wednesday be a holiday. Clocks that go forward skip an hour: what begins or
ends within it does so at the moment of the jump. Clocks that go back have one hour twice: what begins or ends within
it does so the first time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from common.errors import Invalid

MINUTES = 1440  # of a day
MOST_SPANS = 8  # of a day
LOOK_AHEAD_DAYS = 800  # for the next opening: what opens later than that has closed for good
REACH_DAYS = 3700  # within which a deadline is looked for

Span = tuple[int, int]  # opens and closes, in minutes since the midnight that begins the day; beyond 1440: the next day
Week = tuple[tuple[Span, ...], ...]  # seven days, Monday first


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """What takes the place of a day of the week. No spans: closed. `says`: what subscribers hear, by language."""

    spans: tuple[Span, ...] = ()
    says: Mapping[str, str] = field(default_factory=dict)


def _no_holidays(_year: int) -> Collection[date]:
    return ()


class Hours:
    """A schedule, ready to be asked. It never changes; what it has worked out of a day it keeps.

    `holidays`: the days of a year on which the week does not count; a special day goes before them.
    """

    def __init__(
        self,
        *,
        zone: str,
        week: Week,
        special: Mapping[date, SpecialDay] | None = None,
        holidays: Callable[[int], Collection[date]] = _no_holidays,
    ) -> None:
        self.zone = ZoneInfo(zone)
        self.week = week
        self.special = dict(special or {})
        self._holidays = holidays
        self._holidays_of: dict[int, frozenset[date]] = {}
        self._days: dict[date, tuple[tuple[float, float], ...]] = {}

    def is_holiday(self, day: date) -> bool:
        found = self._holidays_of.get(day.year)
        if found is None:
            found = self._holidays_of[day.year] = frozenset(self._holidays(day.year))
        return day in found

    def spans_of(self, day: date) -> tuple[Span, ...]:
        """What opens on `day`, in minutes of that day."""
        special = self.special.get(day)
        if special is not None:
            return special.spans
        return () if self.is_holiday(day) else self.week[day.weekday()]

    def opened_on(self, day: date) -> tuple[tuple[float, float], ...]:
        """What opens on `day`, as seconds since 1970, in order; without what the day before still covers."""
        found = self._days.get(day)
        if found is None:
            covered = max((self._seconds(day - _DAY, closes) for _, closes in self.spans_of(day - _DAY)), default=0.0)
            spans = []
            for opens, closes in sorted(self.spans_of(day)):
                begin, end = max(self._seconds(day, opens), covered), self._seconds(day, closes)
                if end > begin:  # else the clock has jumped over it, or the day before covers it
                    spans.append((begin, end))
                    covered = end
            found = self._days[day] = tuple(spans)
        return found

    def day_of(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _seconds(self, day: date, minutes: int) -> float:
        """The moment at which clocks show `minutes` since the midnight that begins `day`."""
        wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)
        first = wall.replace(tzinfo=self.zone).timestamp()
        if datetime.fromtimestamp(first, self.zone).replace(tzinfo=None) == wall:
            return first
        # Skipped: the moment of the jump lies between the two readings of this time.
        before, after = int(wall.replace(tzinfo=self.zone, fold=1).timestamp()), int(first)
        offset = datetime.fromtimestamp(after, self.zone).utcoffset()
        while after - before > 1:
            middle = (before + after) // 2
            if datetime.fromtimestamp(middle, self.zone).utcoffset() == offset:
                after = middle
            else:
                before = middle
        return float(after)


_DAY = timedelta(days=1)


def is_open(schedule: Hours | None, at: datetime) -> bool:
    if schedule is None:
        return True
    second, day = at.timestamp(), schedule.day_of(at)
    return any(begin <= second < end for one in (day - _DAY, day) for begin, end in schedule.opened_on(one))


def next_opening(schedule: Hours | None, at: datetime) -> datetime | None:
    """The first moment from `at` on at which it is open (`at` itself, if it is); None: there is none."""
    if schedule is None:
        return at
    second = at.timestamp()
    for begin, end in _from(schedule, at, LOOK_AHEAD_DAYS):
        if end > second:
            return at if begin <= second else _moment(begin)
    return None


def next_closing(schedule: Hours | None, at: datetime) -> datetime | None:
    """The first moment from `at` on at which it is closed (`at` itself, if it is); None: it never closes."""
    if schedule is None:
        return None
    second = at.timestamp()
    for begin, end in _from(schedule, at, LOOK_AHEAD_DAYS):
        if begin > second:
            break
        second = max(second, end)
    if second >= at.timestamp() + (LOOK_AHEAD_DAYS - 3) * 86_400:
        return None
    return at if second == at.timestamp() else _moment(second)


def closed_since(schedule: Hours | None, at: datetime) -> datetime | None:
    """When the closed stretch that holds `at` began; None: it is open, or has been closed for longer than we look."""
    if schedule is None or is_open(schedule, at):
        return None
    second, day = at.timestamp(), schedule.day_of(at)
    for _ in range(LOOK_AHEAD_DAYS):
        ended = [end for _, end in schedule.opened_on(day) if end <= second]
        if ended:
            return _moment(max(ended))
        day -= _DAY
    return None


def business_seconds(schedule: Hours | None, start: datetime, end: datetime) -> float:
    """How long it was open between two moments; 0.0 when `end` does not lie after `start`."""
    first, last = start.timestamp(), end.timestamp()
    if last <= first:
        return 0.0
    if schedule is None:
        return (end - start).total_seconds()
    total, day, until = 0.0, schedule.day_of(start) - _DAY, schedule.day_of(end)
    while day <= until:
        for begins, ends in schedule.opened_on(day):
            total += max(0.0, min(ends, last) - max(begins, first))
        day += _DAY
    return total


def add_business_seconds(schedule: Hours | None, start: datetime, seconds: float) -> datetime | None:
    """The first moment at which it has been open for `seconds` since `start`; None: not within ten years."""
    if seconds <= 0:
        return start
    if schedule is None:
        return start + timedelta(seconds=seconds)
    first, left = start.timestamp(), seconds
    for begins, ends in _from(schedule, start, REACH_DAYS):
        counted = ends - max(begins, first)
        if counted > 0:
            if left <= counted:
                return _moment(ends - counted + left)
            left -= counted
    return None


def says_at(schedule: Hours | None, at: datetime, language: str) -> str:
    """What subscribers hear on this special day in place of the usual answer; "" where nothing was written for it."""
    if schedule is None:
        return ""
    special = schedule.special.get(schedule.day_of(at))
    return "" if special is None else special.says.get(language, "")


def _from(schedule: Hours, at: datetime, days: int) -> Iterator[tuple[float, float]]:
    day = schedule.day_of(at) - _DAY
    for _ in range(days):
        yield from schedule.opened_on(day)
        day += _DAY


def _moment(second: float) -> datetime:
    return datetime.fromtimestamp(second, UTC)


# --- What makes no sense is refused, in words ----------------------------------------------------------------------


def refuse_bad_week(week: Sequence[Sequence[Sequence[int]]]) -> Week:
    """`week` as it is kept, each day in order. Raises Invalid: "hours_week", "hours_range", "hours_backwards",
    "hours_overlap", "hours_too_many", with the weekday (0: Monday) in its facts."""
    if len(week) != 7:
        raise Invalid("hours_week", "seven days are needed, Monday first", field="week")
    kept = tuple(refuse_bad_spans(spans, field="week", weekday=weekday) for weekday, spans in enumerate(week))
    whole = sorted(
        (d * MINUTES + opens, d * MINUTES + closes, d) for d, spans in enumerate(kept) for opens, closes in spans
    )
    for (_, ends, _), (begins, _, weekday) in pairwise(whole):
        if begins < ends:
            raise _overlap("week", weekday)
    if whole and whole[-1][1] > whole[0][0] + 7 * MINUTES:  # from Sunday into Monday
        raise _overlap("week", whole[0][2])
    return kept


def refuse_bad_spans(spans: Sequence[Sequence[int]], *, field: str, weekday: int | None = None) -> tuple[Span, ...]:
    """The spans of one day, in order. Raises as `refuse_bad_week`."""
    facts = {} if weekday is None else {"weekday": weekday}
    if len(spans) > MOST_SPANS:
        raise Invalid("hours_too_many", f"at most {MOST_SPANS} openings a day", field=field, **facts)
    kept = []
    for one in spans:
        if len(one) != 2 or not (0 <= one[0] < MINUTES and 0 <= one[1] <= 2 * MINUTES):
            raise Invalid("hours_range", "from 00:00 to 24:00, or until the next day", field=field, **facts)
        opens, closes = one
        if closes <= opens:
            raise Invalid("hours_backwards", "an opening must end after it begins", field=field, **facts)
        if closes - opens > MINUTES:
            raise Invalid("hours_range", "at most 24 hours at a stretch", field=field, **facts)
        kept.append((opens, closes))
    kept.sort()
    for (_, ends), (begins, _) in pairwise(kept):
        if begins < ends:
            raise _overlap(field, weekday)
    return tuple(kept)


def _overlap(field: str, weekday: int | None) -> Invalid:
    facts = {} if weekday is None else {"weekday": weekday}
    return Invalid("hours_overlap", "two openings overlap", field=field, **facts)


def refuse_never_open(schedule: Hours, at: datetime) -> None:
    """Raises Invalid("hours_never") when nothing opens any more: whoever writes would wait for ever."""
    if next_opening(schedule, at) is None:
        raise Invalid("hours_never", "nothing ever opens", field="week")
