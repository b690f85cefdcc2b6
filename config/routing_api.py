"""Administration of what routing goes by: skills, queues, agents, the list of states, dispositions."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from accounts.permissions import May, caller
from common.schemas import Words, schema_of
from routing import disposition_admin, queue_admin, reasons, skill_admin
from routing.ladder_words import USUAL

router = Router(tags=["administration"])

SkillSchema: Any = schema_of(skill_admin.SkillView)
AgentAdminSchema: Any = schema_of(skill_admin.AgentAdminView)
QueueAdminSchema: Any = schema_of(queue_admin.QueueAdminView)
TeamSchema: Any = schema_of(queue_admin.TeamView)
DispositionSchema: Any = schema_of(disposition_admin.DispositionView)
ReasonSchema: Any = schema_of(reasons.ReasonView)
Whole = Annotated[int, Field(ge=0, le=2**31 - 1)]
MOST_ITEMS = 500


class Skills(Schema):
    items: list[SkillSchema]


class SkillGiven(Schema):
    """`language`: a code such as "fr" makes it a language that agents speak; empty: another competence."""

    name: Words | None = None
    language: Words | None = None
    is_enabled: bool | None = None


class Agents(Schema):
    items: list[AgentAdminSchema]
    media: list[str]


class LevelGiven(Schema):
    skill_id: UUID
    level: Whole


class MediumGiven(Schema):
    medium: Words
    capacity: Whole


class LevelChanged(Schema):
    """`level` 0: he has it no more."""

    skill_id: UUID
    level: Whole


class LimitChanged(Schema):
    """`capacity` null: no bound of its own."""

    medium: Words
    capacity: Whole | None = None


class AgentGiven(Schema):
    """`skills` and `media` replace the whole list; a medium that is left out has no bound of its own. `levels` and
    `limits` change what they name, and leave the rest."""

    capacity: Whole | None = None
    skills: Annotated[list[LevelGiven], Field(max_length=MOST_ITEMS)] | None = None
    media: Annotated[list[MediumGiven], Field(max_length=MOST_ITEMS)] | None = None
    levels: Annotated[list[LevelChanged], Field(max_length=MOST_ITEMS)] | None = None
    limits: Annotated[list[LimitChanged], Field(max_length=MOST_ITEMS)] | None = None


class QueueSkillGiven(Schema):
    skill_id: UUID
    least: Whole = 0
    preferred: Whole = 0


class Queues(Schema):
    """`usual_texts`: by language and name, what a ladder tells where a queue has no words of its own."""

    items: list[QueueAdminSchema]
    teams: list[TeamSchema]
    usual_texts: dict[str, dict[str, str]]


class LadderStepGiven(Schema):
    """`do`, and what it needs: see the step that is shown. What it does not need is left out, or null."""

    after_s: Whole
    do: Words
    skill: UUID | None = None
    queue: UUID | None = None
    by: Whole | None = None


class QueueGiven(Schema):
    name: Words | None = None
    is_enabled: bool | None = None
    priority: Whole | None = None
    points_per_minute: Annotated[float, Field(ge=0, le=queue_admin.MOST_PACE)] | None = None
    strategy: Words | None = None
    weight: Whole | None = None
    auto_accept: bool | None = None
    ring_s: Whole | None = None
    wrap_up_s: Whole | None = None
    sticky_days: Whole | None = None
    reopen_min: Whole | None = None
    sticky_s: Whole | None = None
    preferred_team_id: UUID | Literal[""] | None = None
    preferred_team_s: Whole | None = None
    most_waiting: Whole | None = None
    full_reply: dict[Words, Words] | None = None
    may_pull: bool | None = None
    language_level: Whole | None = None
    dispositions_required: bool | None = None
    on_disconnect: Words | None = None
    disconnect_grace_s: Whole | None = None
    schedule_id: UUID | Literal[""] | None = None
    ladder: Annotated[list[LadderStepGiven], Field(max_length=MOST_ITEMS)] | None = None
    ladder_texts: dict[Words, dict[Words, Words]] | None = None
    callback_within_s: Whole | None = None
    silence_h: Whole | None = None
    silence_close_h: Whole | None = None
    silence_text: dict[Words, Words] | None = None
    team_ids: Annotated[list[UUID], Field(max_length=MOST_ITEMS)] | None = None
    skills: Annotated[list[QueueSkillGiven], Field(max_length=MOST_ITEMS)] | None = None

    def fields(self) -> queue_admin.QueueFields:
        given = self.dict()
        if self.skills is not None:
            given["skills"] = [(one.skill_id, one.least, one.preferred) for one in self.skills]
        return queue_admin.QueueFields(**given)


class Reasons(Schema):
    items: list[ReasonSchema]


class ReasonGiven(Schema):
    name: Words | None = None
    state: Words | None = None
    counts_as: Words | None = None
    position: Whole | None = None
    is_enabled: bool | None = None


class Dispositions(Schema):
    items: list[DispositionSchema]


class DispositionGiven(Schema):
    queue_id: UUID | None = None
    name: Words | None = None
    position: Whole | None = None
    is_enabled: bool | None = None


# --- Skills and agents -------------------------------------------------------------------------------------


@router.get("/skills", auth=May("routing.administer"), response=Skills)
def list_skills(request: HttpRequest) -> dict[str, Any]:
    return {"items": skill_admin.skills_of(caller(request).organisation_id)}


@router.post("/skills", auth=May("routing.administer"), response={201: SkillSchema})
def add_skill(request: HttpRequest, given: SkillGiven) -> Status[Any]:
    """422: required, name_taken, language, language_taken."""
    return Status(201, skill_admin.save_skill(actor=caller(request), fields=skill_admin.SkillFields(**given.dict())))


@router.patch("/skills/{uuid:skill_id}", auth=May("routing.administer"), response=SkillSchema)
def edit_skill(request: HttpRequest, skill_id: UUID, given: SkillGiven) -> Any:
    fields = skill_admin.SkillFields(**given.dict())
    return skill_admin.save_skill(actor=caller(request), fields=fields, skill_id=skill_id)


@router.get("/agents", auth=May("routing.administer"), response=Agents)
def list_agents(request: HttpRequest) -> dict[str, Any]:
    """Everybody who takes conversations: capacity, levels, bounds by medium. `media`: those that lines have."""
    organisation_id = caller(request).organisation_id
    return {
        "items": skill_admin.agents_shown(organisation_id), "media": skill_admin.media_of(organisation_id),
    }  # fmt: skip


@router.patch("/agents/{uuid:user_id}", auth=May("routing.administer"), response=AgentAdminSchema)
def edit_agent(request: HttpRequest, user_id: UUID, given: AgentGiven) -> Any:
    """409 holds_more: he holds more at this moment than the new capacity."""
    fields = skill_admin.AgentFields(
        capacity=given.capacity,
        skills=None if given.skills is None else [(one.skill_id, one.level) for one in given.skills],
        media=None if given.media is None else [(one.medium, one.capacity) for one in given.media],
        levels=None if given.levels is None else [(one.skill_id, one.level) for one in given.levels],
        limits=None if given.limits is None else [(one.medium, one.capacity) for one in given.limits],
    )
    return skill_admin.save_agent(actor=caller(request), user_id=user_id, fields=fields)


# --- Queues and dispositions -------------------------------------------------------------------------------


@router.get("/queues", auth=May("routing.administer"), response=Queues)
def list_queues(request: HttpRequest) -> dict[str, Any]:
    """Each with `warnings` about itself: "no_agent" serves it, "no_agent_has_skills" that it asks for,
    "no_agent_has_room" for one conversation of its weight."""
    organisation_id = caller(request).organisation_id
    return {
        "items": queue_admin.queues_shown(organisation_id),
        "teams": queue_admin.teams_of(organisation_id),
        "usual_texts": USUAL,
    }


@router.post("/queues", auth=May("routing.administer"), response={201: QueueAdminSchema})
def add_queue(request: HttpRequest, given: QueueGiven) -> Status[Any]:
    """422 by field: required, name_taken, out_of_range, unknown_choice, twice, too_long."""
    return Status(201, queue_admin.save_queue(actor=caller(request), fields=given.fields()))


@router.patch("/queues/{uuid:queue_id}", auth=May("routing.administer"), response=QueueAdminSchema)
def edit_queue(request: HttpRequest, queue_id: UUID, given: QueueGiven) -> Any:
    """409: last_queue, queue_used. What waits is dealt with by the new rules at once."""
    return queue_admin.save_queue(actor=caller(request), fields=given.fields(), queue_id=queue_id)


@router.get("/dispositions", auth=May("routing.administer"), response=Dispositions)
def list_dispositions(request: HttpRequest) -> dict[str, Any]:
    return {"items": disposition_admin.dispositions_of(caller(request).organisation_id)}


@router.post("/dispositions", auth=May("routing.administer"), response={201: DispositionSchema})
def add_disposition(request: HttpRequest, given: DispositionGiven) -> Status[Any]:
    fields = disposition_admin.DispositionFields(**given.dict())
    return Status(201, disposition_admin.save_disposition(actor=caller(request), fields=fields))


@router.patch("/dispositions/{uuid:disposition_id}", auth=May("routing.administer"), response=DispositionSchema)
def edit_disposition(request: HttpRequest, disposition_id: UUID, given: DispositionGiven) -> Any:
    """Its queue stays what it is."""
    fields = disposition_admin.DispositionFields(**given.dict())
    return disposition_admin.save_disposition(actor=caller(request), fields=fields, disposition_id=disposition_id)


# --- States ------------------------------------------------------------------------------------------------


@router.get("/reasons", auth=May("routing.administer"), response=Reasons)
def list_reasons(request: HttpRequest) -> dict[str, Any]:
    return {"items": reasons.reasons_of(caller(request).organisation_id)}


@router.post("/reasons", auth=May("routing.administer"), response={201: ReasonSchema})
def add_reason(request: HttpRequest, given: ReasonGiven) -> Status[Any]:
    """422: required, unknown_choice, name_taken."""
    return Status(201, reasons.save_reason(actor=caller(request), fields=reasons.ReasonFields(**given.dict())))


@router.patch("/reasons/{uuid:reason_id}", auth=May("routing.administer"), response=ReasonSchema)
def edit_reason(request: HttpRequest, reason_id: UUID, given: ReasonGiven) -> Any:
    """409 last_reason: one of them must take work."""
    fields = reasons.ReasonFields(**given.dict())
    return reasons.save_reason(actor=caller(request), fields=fields, reason_id=reason_id)
