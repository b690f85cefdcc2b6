"""The supervisors' desk."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from accounts.permissions import May, caller
from common.clock import database_now
from common.schemas import Day, Words, as_json, schema_of
from routing.erlang import Demand
from routing.presence import force_state
from routing.rendering import AgentView
from supervision.agent_states import StatesView, states_of
from supervision.exports import ExportView, ask_for_export
from supervision.live import Live, live
from supervision.models import Form
from supervision.staffing import Staffing, staffing
from supervision.targets import TargetsReport, period_of, report
from supervision.traffic import Traffic, traffic

router = Router(tags=["supervision"])
LiveSchema: Any = schema_of(Live)
TrafficSchema: Any = schema_of(Traffic)
StaffingSchema: Any = schema_of(Staffing)
AgentSchema: Any = schema_of(AgentView)
StatesSchema: Any = schema_of(StatesView)
TargetsSchema: Any = schema_of(TargetsReport)
ExportSchema: Any = schema_of(ExportView)

Contacts = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]


class StaffingAsked(Schema):
    """`contacts`: of each half hour, in their order. `target`: this share answered within `within_s`."""

    contacts: list[Contacts] = Field(min_length=1, max_length=48)
    handling_s: float = Field(ge=1, le=86_400, allow_inf_nan=False)
    target: float = Field(0.8, ge=0.01, le=0.999, allow_inf_nan=False)
    within_s: float = Field(20, ge=0, le=86_400, allow_inf_nan=False)
    concurrency: float = Field(1, ge=1, le=50, allow_inf_nan=False)
    shrinkage: float = Field(0, ge=0, le=0.9, allow_inf_nan=False)


class TargetsFile(Schema):
    """As GET /api/supervision/targets."""

    form: Form = Form.CSV
    start: Day | None = None
    end: Day | None = None


class Forced(Schema):
    """As PUT /api/presence, for somebody else."""

    state: Words | None = None
    reason: Words | None = None
    reason_id: UUID | None = None


@router.get("/live", auth=May("supervision.live"), response=LiveSchema)
def read_live(request: HttpRequest) -> HttpResponse:
    return as_json(live(caller(request).organisation_id))


@router.get("/traffic", auth=May("supervision.live"), response=TrafficSchema)
def read_traffic(request: HttpRequest) -> HttpResponse:
    """Texts in and out by line and link, as of now."""
    return as_json(traffic(caller(request).organisation_id))


@router.get("/staffing", auth=May("staffing.plan"), response=StaffingSchema)
def read_staffing(request: HttpRequest, asked: Query[StaffingAsked]) -> HttpResponse:
    """How many agents each half hour needs, by Erlang C: one skill, one contact at a time, nobody gives up.

    `concurrency` divides the handling time, which is rough.
    """
    each = Demand(contacts=0, **asked.dict(exclude={"contacts"}))
    return as_json(staffing(asked.contacts, each))


@router.get("/targets", auth=May("supervision.live"), response=TargetsSchema)
def read_targets(request: HttpRequest, start: Day | None = None, end: Day | None = None) -> HttpResponse:
    """What became of response times, by queue and kind: met, near, missed (docs/hours.md). Days of the organisation's
    time zone, both included, at most 92; the last seven where nothing is said."""
    organisation = caller(request).organisation
    return as_json(report(organisation, period_of(organisation, start, end, database_now())))


@router.post("/targets/exports", auth=May("history.export"), response={201: ExportSchema})
def export_targets(request: HttpRequest, given: TargetsFile) -> Status[Any]:
    """The same as a file, which is fetched as files of the history are (/api/history/exports)."""
    actor = caller(request)
    period = period_of(actor.organisation, given.start, given.end, database_now())
    return Status(201, ask_for_export(actor=actor, asked=period, form=given.form))


@router.put("/agents/{uuid:user_id}/state", auth=May("presence.force"), response=AgentSchema)
def force(request: HttpRequest, user_id: UUID, given: Forced) -> HttpResponse:
    """Put an agent into another state: he forgot, or left. A line in the audit log says who did it."""
    return as_json(
        force_state(
            actor=caller(request), user_id=user_id, state=given.state, reason=given.reason or "",
            reason_id=given.reason_id,
        )
    )  # fmt: skip


@router.get("/agents/{uuid:user_id}/states", auth=May("presence.force"), response=StatesSchema)
def read_states(request: HttpRequest, user_id: UUID, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> HttpResponse:
    """What an agent was, newest first; the present state has no end yet."""
    return as_json(states_of(caller(request).organisation_id, user_id, limit))
