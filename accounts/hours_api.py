"""Opening hours: schedules, special days, and the holidays that a person must confirm."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from accounts.permissions import May, caller
from accounts.schedule_admin import (
    ScheduleFields,
    SpecialFields,
    add_special_days,
    change_special_days,
    confirm_holiday,
    remove_schedule,
    remove_special_days,
    save_schedule,
)
from accounts.schedule_views import SchedulesView, schedules_shown
from common.schemas import Words, schema_of

router = Router(tags=["administration"])

SchedulesSchema: Any = schema_of(SchedulesView)
# Minutes since midnight; accounts/hours.py says in words which of them make no sense.
Minute = Annotated[int, Field(ge=-100_000, le=100_000)]
Spans = Annotated[list[Annotated[list[Minute], Field(max_length=2)]], Field(max_length=50)]


class ScheduleGiven(Schema):
    """`week`: seven days, Monday first, of [opens, closes] in minutes since midnight; beyond 1440, the next day."""

    name: Words | None = None
    week: Annotated[list[Spans], Field(max_length=7)] | None = None
    country: Words | None = None
    revision: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None

    def fields(self) -> ScheduleFields:
        return ScheduleFields(**self.dict())


class SpecialGiven(Schema):
    """`revision`: of the schedule that was read; where it is another by now, the change is refused (409)."""

    first: date
    last: date
    spans: Spans = []
    reason: Words
    says_fr: Words = ""
    says_en: Words = ""
    revision: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None

    def fields(self) -> SpecialFields:
        return SpecialFields(**self.dict())


class HolidayGiven(Schema):
    """`day` null: it is no holiday here."""

    country: Words
    year: Annotated[int, Field(ge=0, le=9999)]
    key: Words
    day: date | None = None


@router.get("/schedules", auth=May("hours.administer"), response=SchedulesSchema)
def list_schedules(request: HttpRequest) -> Any:
    return schedules_shown(caller(request).organisation_id)


@router.post("/schedules", auth=May("hours.administer"), response={201: SchedulesSchema})
def add_schedule(request: HttpRequest, given: ScheduleGiven) -> Status[Any]:
    actor = caller(request)
    save_schedule(actor=actor, fields=given.fields())
    return Status(201, schedules_shown(actor.organisation_id))


@router.patch("/schedules/{uuid:schedule_id}", auth=May("hours.administer"), response=SchedulesSchema)
def edit_schedule(request: HttpRequest, schedule_id: UUID, given: ScheduleGiven) -> Any:
    actor = caller(request)
    save_schedule(actor=actor, fields=given.fields(), schedule_id=schedule_id)
    return schedules_shown(actor.organisation_id)


@router.post("/schedules/{uuid:schedule_id}/remove", auth=May("hours.administer"), response=SchedulesSchema)
def drop_schedule(request: HttpRequest, schedule_id: UUID) -> Any:
    actor = caller(request)
    remove_schedule(actor=actor, schedule_id=schedule_id)
    return schedules_shown(actor.organisation_id)


@router.post(
    "/schedules/{uuid:schedule_id}/special-days", auth=May("hours.administer"), response={201: SchedulesSchema}
)
def add_special(request: HttpRequest, schedule_id: UUID, given: SpecialGiven) -> Status[Any]:
    actor = caller(request)
    add_special_days(actor=actor, schedule_id=schedule_id, fields=given.fields())
    return Status(201, schedules_shown(actor.organisation_id))


@router.put("/special-days/{uuid:special_id}", auth=May("hours.administer"), response=SchedulesSchema)
def change_special(request: HttpRequest, special_id: UUID, given: SpecialGiven) -> Any:
    """The whole of them at once: between what was and what is, the week never counts."""
    actor = caller(request)
    change_special_days(actor=actor, special_id=special_id, fields=given.fields())
    return schedules_shown(actor.organisation_id)


@router.post("/special-days/{uuid:special_id}/remove", auth=May("hours.administer"), response=SchedulesSchema)
def drop_special(request: HttpRequest, special_id: UUID) -> Any:
    actor = caller(request)
    remove_special_days(actor=actor, special_id=special_id)
    return schedules_shown(actor.organisation_id)


@router.put("/holidays", auth=May("hours.administer"), response=SchedulesSchema)
def say_holiday(request: HttpRequest, given: HolidayGiven) -> Any:
    actor = caller(request)
    confirm_holiday(actor=actor, country=given.country, year=given.year, key=given.key, day=given.day)
    return schedules_shown(actor.organisation_id)
