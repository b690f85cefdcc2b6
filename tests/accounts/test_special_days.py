"""Special days are changed as they stand, and say only what every line that keeps them can send."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from accounts.hours import is_open
from accounts.models import Audit, Role, SpecialDays
from accounts.schedule_admin import (
    ScheduleFields,
    SpecialFields,
    add_special_days,
    change_special_days,
    remove_special_days,
    save_schedule,
)
from accounts.schedules import hours_of
from common.errors import Conflict, Invalid, NotFound
from conversations.models import Line
from tests.browser import Browser, someone
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)
PORTO = ZoneInfo("Africa/Porto-Novo")
WEEK = [[[480, 1080]]] * 5 + [[], []]


def keeps(cast: Cast):
    return save_schedule(actor=cast.sam, fields=ScheduleFields(name="Bureau", week=WEEK))


def said(first: date, last: date, **given) -> SpecialFields:
    return SpecialFields(**{"first": first, "last": last, "spans": [], "reason": "Inventaire", **given})


def added(cast: Cast, schedule, first: date, last: date, **given) -> SpecialDays:
    return add_special_days(actor=cast.sam, schedule_id=schedule.id, fields=said(first, last, **given))


def test_a_closure_is_lengthened_in_place_and_its_line_is_open_at_no_moment(cast: Cast):
    schedule = keeps(cast)
    days = added(cast, schedule, date(2026, 11, 23), date(2026, 11, 24), says_fr="Fermé.")
    changed = change_special_days(
        actor=cast.sam, special_id=days.id, fields=said(date(2026, 11, 23), date(2026, 11, 25), says_fr="Fermé.")
    )
    assert (changed.id, SpecialDays.objects.count()) == (days.id, 1)
    hours = hours_of(schedule.id)
    assert hours is not None
    assert [is_open(hours, datetime(2026, 11, day, 9, tzinfo=PORTO)) for day in range(23, 27)] == [False] * 3 + [True]
    line = Audit.objects.filter(object_kind="schedule").order_by("-id")[0]
    before, after = line.changes["special_days"]
    assert (before["last"], after["last"]) == ("2026-11-24", "2026-11-25")
    lines = Audit.objects.count()
    same = said(date(2026, 11, 23), date(2026, 11, 25), says_fr="Fermé.")
    change_special_days(actor=cast.sam, special_id=days.id, fields=same)
    assert Audit.objects.count() == lines, "nothing was changed"


def test_a_change_is_held_to_the_rules_of_new_ones_but_for_the_days_that_it_has_itself(cast: Cast):
    schedule = keeps(cast)
    days = added(cast, schedule, date(2026, 11, 23), date(2026, 11, 24))
    added(cast, schedule, date(2026, 11, 26), date(2026, 11, 26))
    for fields, code in (
        (said(date(2026, 11, 24), date(2026, 11, 26)), "days_overlap"),
        (said(date(2026, 11, 24), date(2026, 11, 23)), "days_backwards"),
        (said(date(2026, 11, 24), date(2026, 11, 24), reason=""), "required"),
        (said(date(2026, 11, 24), date(2026, 11, 24), spans=[[600, 540]]), "hours_backwards"),
    ):
        with pytest.raises(Invalid) as refused:
            change_special_days(actor=cast.sam, special_id=days.id, fields=fields)
        assert refused.value.code == code
    change_special_days(actor=cast.sam, special_id=days.id, fields=said(date(2026, 11, 24), date(2026, 11, 25)))
    with pytest.raises(NotFound):
        change_special_days(
            actor=make_cast(slug="autre", domain="autre.example").sam, special_id=days.id,
            fields=said(date(2026, 11, 24), date(2026, 11, 24)),
        )  # fmt: skip


def test_who_has_not_seen_a_colleagues_change_overwrites_nothing(cast: Cast):
    schedule = keeps(cast)
    days = added(cast, schedule, date(2026, 11, 23), date(2026, 11, 24))
    schedule.refresh_from_db()
    seen = schedule.revision
    longer = said(date(2026, 11, 23), date(2026, 11, 27), revision=seen)
    change_special_days(actor=cast.sam, special_id=days.id, fields=longer)
    with pytest.raises(Conflict, match="somebody has changed"):
        change_special_days(
            actor=cast.sam, special_id=days.id, fields=said(date(2026, 11, 23), date(2026, 11, 23), revision=seen)
        )
    remove_special_days(actor=cast.sam, special_id=days.id)
    with pytest.raises(NotFound):
        change_special_days(actor=cast.sam, special_id=days.id, fields=longer)


def test_words_that_a_line_with_these_hours_cannot_send_are_refused_and_the_line_is_named(cast: Cast):
    schedule = keeps(cast)
    Line.objects.filter(id=cast.line_1919.id).update(schedule=schedule, most_parts=1)
    boss = Browser(someone(cast, Role.ADMINISTRATOR))
    body = {
        "first": "2026-11-23",
        "last": "2026-11-23",
        "reason": "Inventaire",
        "says_fr": "Fermé jusqu’à demain. " * 9,
    }
    refused = boss.post(f"/api/admin/schedules/{schedule.id}/special-days", body)
    assert (refused.status, refused.data["error"]["code"]) == (422, "says_too_long")
    assert refused.data["error"]["facts"]["line"] == "1919"
    assert (refused.data["error"]["facts"]["most_parts"], *refused.data["error"]["fields"]) == (1, "says_fr")
    assert not SpecialDays.objects.exists()
    added_ = boss.post(f"/api/admin/schedules/{schedule.id}/special-days", {**body, "says_fr": "Fermé : {opens_at}."})
    assert added_.status == 201
    days = SpecialDays.objects.get()
    again = boss.put(f"/api/admin/special-days/{days.id}", {**body, "says_en": "x" * 200, "says_fr": ""})
    assert (again.status, *again.data["error"]["fields"]) == (422, "says_en")
    Line.objects.filter(id=cast.line_1919.id).update(is_enabled=False)
    assert boss.put(f"/api/admin/special-days/{days.id}", body).status == 200
