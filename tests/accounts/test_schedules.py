"""Schedules as administrators make them: what contradicts itself is refused, each deed leaves its line."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from accounts.hours import is_open
from accounts.models import Audit, HolidayDate, Schedule
from accounts.public_holidays import holidays_of
from accounts.schedule_admin import (
    ScheduleFields,
    SpecialFields,
    add_special_days,
    confirm_holiday,
    remove_schedule,
    remove_special_days,
    save_schedule,
)
from accounts.schedule_views import schedules_shown
from accounts.schedules import hours_of, hours_of_all
from common.errors import Conflict, Invalid, NotFound
from conversations.models import Line
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)
PORTO = ZoneInfo("Africa/Porto-Novo")
WEEK = [[[480, 1080]]] * 5 + [[], []]


def made(cast: Cast, **given) -> Schedule:
    return save_schedule(actor=cast.sam, fields=ScheduleFields(**{"name": "Bureau", "week": WEEK, **given}))


def closed(cast: Cast, schedule: Schedule, *days: date, **given):
    fields = {"first": days[0], "last": days[-1], "spans": [], "reason": "Inventaire", **given}
    return add_special_days(actor=cast.sam, schedule_id=schedule.id, fields=SpecialFields(**fields))


def test_a_schedule_is_made_changed_and_told_in_the_audit(cast: Cast):
    schedule = made(cast, country="BJ")
    changed = save_schedule(
        actor=cast.sam, schedule_id=schedule.id, fields=ScheduleFields(week=[[[540, 1020]]] * 7, revision=1)
    )
    assert changed.revision == 2
    assert save_schedule(actor=cast.sam, schedule_id=schedule.id, fields=ScheduleFields(name="Bureau")).revision == 2
    lines = list(Audit.objects.filter(object_kind="schedule").order_by("id").values_list("action", flat=True))
    assert lines == ["schedule.created", "schedule.changed"]
    with pytest.raises(Conflict, match="somebody has changed"):
        save_schedule(actor=cast.sam, schedule_id=schedule.id, fields=ScheduleFields(country="", revision=1))


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"week": [[]] * 7}, "hours_never"),
        ({"week": [[[600, 540]], *[[]] * 6]}, "hours_backwards"),
        ({"week": [[[480, 720], [700, 800]], *[[]] * 6]}, "hours_overlap"),
        ({"country": "XX"}, "unknown_choice"),
        ({"name": "  "}, "required"),
    ],
)
def test_contradictory_hours_are_refused_and_nothing_is_kept(cast: Cast, given, code):
    with pytest.raises(Invalid) as refused:
        made(cast, **given)
    assert refused.value.code == code
    assert not Schedule.objects.exists()


def test_two_rules_for_one_day_are_refused(cast: Cast):
    schedule = made(cast)
    closed(cast, schedule, date(2026, 12, 28), date(2026, 12, 31))
    for days, code in (
        ((date(2026, 12, 31),), "days_overlap"),
        ((date(2027, 1, 5), date(2027, 1, 4)), "days_backwards"),
        ((date(2027, 1, 5), date(2029, 1, 4)), "days_too_long"),
    ):
        with pytest.raises(Invalid) as refused:
            closed(cast, schedule, *days)
        assert refused.value.code == code


def test_a_closure_holds_at_once_and_goes_at_once(cast: Cast):
    schedule, monday = made(cast), datetime(2026, 11, 23, 10, tzinfo=PORTO)
    assert is_open(hours_of(schedule.id), monday)
    days = closed(cast, schedule, monday.date())
    assert not is_open(hours_of(schedule.id), monday)
    remove_special_days(actor=cast.sam, special_id=days.id)
    assert is_open(hours_of(schedule.id), monday)


def test_the_only_opening_is_not_taken_away(cast: Cast):
    schedule = made(cast)
    fair = closed(cast, schedule, date(2099, 3, 1), spans=[[480, 1080]])
    Schedule.objects.filter(id=schedule.id).update(week=[[]] * 7)
    with pytest.raises(Invalid, match="nothing ever opens"):
        remove_special_days(actor=cast.sam, special_id=fair.id)


def test_hours_that_a_line_keeps_are_not_removed(cast: Cast):
    schedule = made(cast)
    Line.objects.filter(id=cast.line_1919.id).update(schedule=schedule)
    with pytest.raises(Conflict, match="a line or a queue still"):
        remove_schedule(actor=cast.sam, schedule_id=schedule.id)
    Line.objects.update(schedule=None)
    remove_schedule(actor=cast.sam, schedule_id=schedule.id)
    assert not Schedule.objects.exists()


def test_another_organisations_schedules_are_not_there(cast: Cast):
    schedule = made(cast)
    days = closed(cast, schedule, date(2026, 12, 28))
    stranger = make_cast(slug="autre", domain="autre.example").sam
    for deed in (
        lambda: save_schedule(actor=stranger, schedule_id=schedule.id, fields=ScheduleFields(name="X")),
        lambda: remove_schedule(actor=stranger, schedule_id=schedule.id),
        lambda: remove_special_days(actor=stranger, special_id=days.id),
    ):
        with pytest.raises(NotFound):
            deed()
    assert schedules_shown(stranger.organisation_id)["items"] == []


def test_holidays_that_follow_the_moon_wait_for_a_person(cast: Cast):
    schedule = made(cast, country="BJ")
    now = datetime(2026, 5, 1, tzinfo=PORTO)

    def state() -> tuple[str, date | None]:
        shown = schedules_shown(cast.organisation.id, now)["holidays"]
        return next((one["state"], one["day"]) for one in shown if (one["key"], one["year"]) == ("eid-al-adha", 2026))

    estimate = date(2026, 5, 27)
    tabaski = datetime(2026, 5, 27, 10, tzinfo=PORTO)
    assert state() == ("to_confirm", estimate)
    assert is_open(hours_of(schedule.id), tabaski)
    for day, wanted in ((estimate, "confirmed"), (date(2026, 5, 28), "moved"), (None, "dropped")):
        confirm_holiday(actor=cast.sam, country="BJ", year=2026, key="eid-al-adha", day=day)
        assert state() == (wanted, day)
        assert is_open(hours_of(schedule.id), tabaski) == (day != estimate)
    assert HolidayDate.objects.count() == 1
    assert Audit.objects.filter(action="holiday.confirmed").count() == 3
    for key, day, code in (("labor-day", None, "unknown_choice"), ("eid-al-adha", date(2026, 8, 1), "holiday_far")):
        with pytest.raises(Invalid) as refused:
            confirm_holiday(actor=cast.sam, country="BJ", year=2026, key=key, day=day)
        assert refused.value.code == code


def test_the_calendar_knows_its_three_countries_and_marks_what_it_only_estimates():
    for country, moon in (("BF", 3), ("BJ", 3), ("FR", 0)):
        found = holidays_of(country, 2026)
        assert sum(one.estimated for one in found) == moon
        assert len({one.key for one in found}) == len(found)
        assert all(one.name_fr and one.name_en and "(" not in one.name_fr + one.name_en for one in found)
    assert holidays_of("US", 2026) == ()


def test_nobody_loads_the_calendar_before_somebody_asks_for_a_country():
    import subprocess
    import sys

    told = "import accounts.public_holidays, sys; print('holidays' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout == "False\n"


def test_hours_that_cannot_be_read_close_nothing_and_stop_nobody(cast: Cast):
    broken, well = made(cast), made(cast, name="Autre")
    Schedule.objects.filter(id=broken.id).update(week="soon")
    found = hours_of_all([broken.id, well.id])
    assert set(found) == {well.id}
    assert hours_of(broken.id) is None


def test_of_two_holidays_on_one_day_each_has_its_own_french_name():
    found = {one.name_en: one.name_fr for one in holidays_of("BF", 2027) if one.day == date(2027, 11, 1)}
    assert found == {"All Saints' Day": "Toussaint", "Martyrs' Day": "Journée nationale des martyrs"}
    for country in ("BF", "BJ", "FR"):
        for year in range(2024, 2034):
            names: dict[str, str] = {}
            for one in holidays_of(country, year):
                assert "; " not in one.name_fr
                assert names.setdefault(one.name_fr, one.name_en) == one.name_en
