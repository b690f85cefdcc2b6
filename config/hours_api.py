"""What lines answer outside their hours, and how soon people are to be answered in queues and on lines."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from accounts.permissions import May, caller
from common.schemas import Object, Words, schema_of
from routing.after_hours_admin import AfterHoursView, save_text, texts_of
from routing.targets_admin import TargetsFields, TargetsView, save_targets, targets_shown

router = Router(tags=["administration"])

AfterHoursSchema: Any = schema_of(AfterHoursView)
TargetsSchema: Any = schema_of(TargetsView)
Seconds = Annotated[int, Field(ge=0, le=2**31 - 1)]


class AfterHoursShown(Schema):
    items: list[AfterHoursSchema]


class AfterHoursGiven(Schema):
    """An empty `body`: the usual words again."""

    language: Words
    body: Words = ""


class TargetsShown(Schema):
    items: list[TargetsSchema]


class TargetsSet(Schema):
    first_s: Seconds | None = None
    next_s: Seconds | None = None
    resolution_s: Seconds | None = None
    is_business: bool = True
    warn_percent: Seconds = 50

    def fields(self) -> TargetsFields:
        return TargetsFields(**{name: getattr(self, name) for name in TargetsSet.model_fields})


class TargetsGiven(TargetsSet):
    """`was`: what the screen showed when it was opened; something else by now is not written over."""

    was: Annotated[TargetsSet | None, Object] = None

    def before(self) -> TargetsFields | None:
        return self.was.fields() if self.was is not None else None


@router.get("/lines/{uuid:line_id}/after-hours", auth=May("lines.administer"), response=AfterHoursShown)
def list_texts(request: HttpRequest, line_id: UUID) -> dict[str, Any]:
    return {"items": texts_of(caller(request).organisation_id, line_id)}


@router.put("/lines/{uuid:line_id}/after-hours", auth=May("lines.administer"), response=AfterHoursShown)
def change_text(request: HttpRequest, line_id: UUID, given: AfterHoursGiven) -> dict[str, Any]:
    return {"items": save_text(actor=caller(request), line_id=line_id, language=given.language, body=given.body)}


@router.get("/targets", auth=May("targets.administer"), response=TargetsShown)
def list_targets(request: HttpRequest) -> dict[str, Any]:
    return {"items": targets_shown(caller(request).organisation_id)}


@router.put("/queues/{uuid:queue_id}/targets", auth=May("targets.administer"), response=TargetsShown)
def set_queue_targets(request: HttpRequest, queue_id: UUID, given: TargetsGiven) -> dict[str, Any]:
    actor = caller(request)
    return {"items": save_targets(actor=actor, kind="queue", id_=queue_id, fields=given.fields(), was=given.before())}


@router.put("/lines/{uuid:line_id}/targets", auth=May("targets.administer"), response=TargetsShown)
def set_line_targets(request: HttpRequest, line_id: UUID, given: TargetsGiven) -> dict[str, Any]:
    actor = caller(request)
    return {"items": save_targets(actor=actor, kind="line", id_=line_id, fields=given.fields(), was=given.before())}
