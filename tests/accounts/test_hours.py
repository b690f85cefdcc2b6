"""Open or closed, when next, how many seconds of opening: where clocks jump, and against counting minute by minute."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accounts.hours import (
    MINUTES,
    Hours,
    SpecialDay,
    add_business_seconds,
    business_seconds,
    closed_since,
    is_open,
    next_closing,
    next_opening,
    refuse_bad_week,
    refuse_never_open,
    says_at,
)
from common.errors import Invalid

PORTO, PARIS = "Africa/Porto-Novo", "Europe/Paris"
DAY = timedelta(days=1)
OFFICE = ((480, 750), (840, 1080))  # 08:00-12:30, 14:00-18:00
WEEK = (OFFICE,) * 5 + (((540, 720),), ())
NIGHT = ((1320, 1560),)  # 22:00-02:00


def hours(week=WEEK, zone=PORTO, **given) -> Hours:
    return Hours(zone=zone, week=week, **given)


def local(zone: str, *at: int) -> datetime:
    return datetime(*at, tzinfo=ZoneInfo(zone))


@st.composite
def weeks(draw) -> tuple:
    """Weeks that the product would keep."""
    days = []
    for _ in range(7):
        marks = sorted(draw(st.lists(st.integers(0, MINUTES), unique=True, max_size=6)))
        days.append([[a, b] for a, b in zip(marks[::2], marks[1::2], strict=False)])
    late = draw(st.integers(-1, 6))
    if late >= 0 and not days[(late + 1) % 7]:
        begins = max([end for _, end in days[late]], default=0)
        if 0 < begins < MINUTES:
            days[late].append([begins, MINUTES + draw(st.integers(1, begins))])
    return refuse_bad_week(days)


moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))
# About the nights on which Paris changes its clocks, where errors live.
changes = st.builds(
    lambda night, minutes: night + timedelta(minutes=minutes),
    st.sampled_from([datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)]),
    st.integers(0, 2880),
)
zones = st.sampled_from([PORTO, PARIS])
anywhen = moments | changes


@given(weeks(), zones, anywhen, st.integers(0, 20 * 86400), st.integers(0, 20 * 86400))
def test_two_stretches_are_as_long_as_the_one_they_make(week, zone, at, first, second):
    one, middle = hours(week, zone), at + timedelta(seconds=first)
    end = middle + timedelta(seconds=second)
    whole = business_seconds(one, at, end)
    assert whole == pytest.approx(business_seconds(one, at, middle) + business_seconds(one, middle, end), abs=0.01)
    assert 0 <= whole <= (end - at).total_seconds() + 0.01


@given(weeks(), zones, anywhen, st.integers(1, 20 * 86400))
def test_adding_seconds_of_opening_and_counting_them_are_each_others_inverse(week, zone, at, seconds):
    one = hours(week, zone)
    found = add_business_seconds(one, at, seconds)
    if not any(week):
        assert found is None
        return
    assert found is not None and found >= at + timedelta(seconds=seconds) - timedelta(milliseconds=1)
    assert business_seconds(one, at, found) == pytest.approx(seconds, abs=0.01)
    assert business_seconds(one, at, found - timedelta(seconds=1)) < seconds


@given(weeks(), zones, anywhen)
def test_the_next_opening_is_open_and_nothing_before_it_is(week, zone, at):
    one, opening = hours(week, zone), next_opening(hours(week, zone), at)
    if opening is None:
        assert not any(week)
        return
    assert opening >= at and is_open(one, opening)
    assert business_seconds(one, at, opening) == 0
    assert (opening == at) == is_open(one, at)
    closing = next_closing(one, opening)
    if closing is not None:
        assert not is_open(one, closing)
        assert business_seconds(one, opening, closing) == pytest.approx((closing - opening).total_seconds(), abs=0.01)


@given(weeks(), zones, anywhen)
def test_a_closed_stretch_has_one_beginning_wherever_it_is_asked_for(week, zone, at):
    one = hours(week, zone)
    assume(any(week) and not is_open(one, at))
    since, until = closed_since(one, at), next_opening(one, at)
    assert since is not None and until is not None and since <= at < until
    assert closed_since(one, since) == since
    assert closed_since(one, until - timedelta(seconds=1)) == since
    assert business_seconds(one, since, until) == 0
    assert is_open(one, since - timedelta(seconds=1))


@given(weeks(), st.dates(date(2026, 1, 1), date(2026, 12, 1)))
def test_where_clocks_never_change_it_is_what_counting_the_minutes_gives(week, day):
    one, start = hours(week), local(PORTO, day.year, day.month, day.day)
    counted = 0
    for minute in range(2 * MINUTES):
        at = day + (minute // MINUTES) * DAY
        here = minute % MINUTES
        on = [opens <= here < closes for opens, closes in week[at.weekday()]]
        before = [opens <= here + MINUTES < closes for opens, closes in week[(at - DAY).weekday()]]
        counted += any(on) or any(before)
    assert business_seconds(one, start, start + 2 * DAY) == counted * 60


def test_a_lunch_break_is_closed_and_the_evening_before_a_holiday_is_not_cut_short():
    tabaski = date(2026, 5, 27)
    one = hours((NIGHT,) * 7, holidays=lambda year: [tabaski])
    assert is_open(one, local(PORTO, 2026, 5, 27, 1, 59))  # Tuesday's night
    assert not is_open(one, local(PORTO, 2026, 5, 27, 2, 0))
    assert next_opening(one, local(PORTO, 2026, 5, 27, 3, 0)) == local(PORTO, 2026, 5, 28, 22, 0)
    office = hours()
    times = ((7, 59), (8, 0), (12, 30), (14, 0), (18, 0))
    assert [is_open(office, local(PORTO, 2026, 11, 23, *at)) for at in times] == [False, True, False, True, False]


def test_an_opening_within_the_hour_that_clocks_skip_begins_at_the_jump():
    one = hours((((150, 195),),) * 7, PARIS)  # 02:30-03:15
    day = date(2026, 3, 29)
    assert one.opened_on(day) == (
        (local(PARIS, 2026, 3, 29, 3).timestamp(), local(PARIS, 2026, 3, 29, 3, 15).timestamp()),
    )
    gone = hours((((125, 170),),) * 7, PARIS)  # 02:05-02:50: that day there is no such time
    assert gone.opened_on(day) == ()
    assert next_opening(gone, local(PARIS, 2026, 3, 29, 0, 30)) == local(PARIS, 2026, 3, 30, 2, 5)


def test_a_day_and_night_of_opening_lasts_as_long_as_the_day_does():
    always = hours((((0, 1440),),) * 7, PARIS)
    for day, long in ((29, 23), (30, 24)):
        start = local(PARIS, 2026, 3, day)
        assert business_seconds(always, start, local(PARIS, 2026, 3, day + 1)) == long * 3600
    start = local(PARIS, 2026, 10, 25)
    assert business_seconds(always, start, local(PARIS, 2026, 10, 26)) == 25 * 3600
    assert next_closing(always, start) is None


def test_the_last_opening_of_all_still_ends():
    last = date(2026, 11, 23)
    one = hours(((),) * 7, special={last: SpecialDay(spans=((480, 1080),))})
    during, after = local(PORTO, 2026, 11, 23, 10), local(PORTO, 2026, 11, 23, 19)
    assert next_closing(one, during) == local(PORTO, 2026, 11, 23, 18)
    assert (next_closing(one, after), next_opening(one, after)) == (after, None)
    assert next_closing(hours((((0, MINUTES),),) * 7), during) is None


def test_special_days_go_before_holidays_and_the_week():
    christmas = date(2026, 12, 25)
    one = hours(
        holidays=lambda year: [date(year, 12, 25)],
        special={
            christmas: SpecialDay(((600, 720),)),
            date(2026, 12, 28): SpecialDay((), {"fr": "Inventaire : retour mardi."}),
        },
    )
    assert is_open(one, local(PORTO, 2026, 12, 25, 11)) and not is_open(one, local(PORTO, 2026, 12, 25, 14, 30))
    assert not is_open(one, local(PORTO, 2026, 12, 28, 9))
    assert says_at(one, local(PORTO, 2026, 12, 28, 9), "fr") == "Inventaire : retour mardi."
    assert says_at(one, local(PORTO, 2026, 12, 28, 9), "en") == says_at(one, local(PORTO, 2026, 12, 29, 9), "fr") == ""


def test_a_special_evening_that_reaches_into_a_day_counts_once():
    one = hours((((0, 600),),) * 7, special={date(2026, 11, 23): SpecialDay(((1200, 1800),))})  # 20:00-06:00
    start = local(PORTO, 2026, 11, 23, 20)
    assert business_seconds(one, start, local(PORTO, 2026, 11, 24, 12)) == 14 * 3600


def test_no_schedule_is_always_open():
    at = local(PORTO, 2026, 11, 22, 3)
    assert is_open(None, at) and next_opening(None, at) == at and closed_since(None, at) is None
    assert business_seconds(None, at, at + DAY) == 86400
    assert add_business_seconds(None, at, 60) == at + timedelta(minutes=1)
    assert business_seconds(hours(), at, at - DAY) == 0


@pytest.mark.parametrize(
    ("week", "code", "weekday"),
    [
        ([[]] * 6, "hours_week", None),
        ([[], [[600, 540]], [], [], [], [], []], "hours_backwards", 1),
        ([[], [], [[600, 600]], [], [], [], []], "hours_backwards", 2),
        ([[[480, 720], [700, 800]], [], [], [], [], [], []], "hours_overlap", 0),
        ([[[1320, 1600]], [[120, 300]], [], [], [], [], []], "hours_overlap", 1),
        ([[[30, 300]], [], [], [], [], [], [[1320, 1500]]], "hours_overlap", 0),  # Sunday's night and Monday
        ([[[1500, 1600]], [], [], [], [], [], []], "hours_range", 0),
        ([[[480, 2000]], [], [], [], [], [], []], "hours_range", 0),
        ([[[-5, 300]], [], [], [], [], [], []], "hours_range", 0),
        ([[[n * 10, n * 10 + 5] for n in range(9)], [], [], [], [], [], []], "hours_too_many", 0),
    ],
)
def test_contradictory_hours_are_refused_with_the_day(week, code, weekday):
    with pytest.raises(Invalid) as refused:
        refuse_bad_week(week)
    assert (refused.value.code, refused.value.facts.get("weekday")) == (code, weekday)


def test_hours_that_never_open_are_refused_but_for_an_opening_to_come():
    now = local(PORTO, 2026, 11, 22, 3)
    with pytest.raises(Invalid, match="nothing ever opens"):
        refuse_never_open(hours(((),) * 7), now)
    refuse_never_open(hours(((),) * 7, special={date(2026, 12, 24): SpecialDay(((480, 720),))}), now)


def test_a_year_of_questions_is_fast():
    one, begun = hours(zone=PARIS), time.perf_counter()
    start = local(PARIS, 2026, 1, 1)
    total = sum(business_seconds(one, start + n * DAY, start + (n + 1) * DAY) for n in range(365))
    assert total == business_seconds(one, start, local(PARIS, 2027, 1, 1))
    for n in range(365):
        assert add_business_seconds(one, start + n * DAY, 8 * 3600) is not None
    took = time.perf_counter() - begun
    print(f"a year's table: {took * 1000:.0f} ms")
    assert took < 2.0
