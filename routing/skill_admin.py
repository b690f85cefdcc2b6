"""Skills, and what each agent has of them and may hold: kept by the administrators, with a line in the audit log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict
from uuid import UUID

from django.db.models import Count, Q

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import Role, User
from common.errors import Conflict, Invalid, NotFound
from common.text import name_of
from conversations.models import Line
from realtime import doorbell
from realtime.log import record_changes, take_event_head
from routing.events import AgentStateChanged
from routing.loads import held_by
from routing.models import AgentMedium, AgentSkill, AgentState, Skill
from routing.reasons import in_range

MOST_CAPACITY = 500
LONGEST_LANGUAGE = 5


class SkillView(TypedDict):
    id: str
    name: str
    language: str
    is_enabled: bool
    agents: int


class LevelView(TypedDict):
    skill_id: str
    level: int


class MediumView(TypedDict):
    medium: str
    capacity: int
    load: int


class AgentAdminView(TypedDict):
    """An agent, or a supervisor who takes conversations, too. `media`: those that have a bound of their own."""

    id: str
    name: str
    role: str
    capacity: int
    load: int
    skills: list[LevelView]
    media: list[MediumView]


@dataclass(frozen=True, slots=True)
class SkillFields:
    """What is asked for; None leaves a field as it is."""

    name: str | None = None
    language: str | None = None
    is_enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class AgentFields:
    """What is asked for; None leaves a field as it is. `skills` and `media` replace the whole list; `levels` and
    `limits` change what they name and leave the rest, so that two administrators may work on one agent."""

    capacity: int | None = None
    skills: Sequence[tuple[UUID, int]] | None = None  # (skill, level)
    media: Sequence[tuple[str, int]] | None = None  # (medium, capacity)
    levels: Sequence[tuple[UUID, int]] | None = None  # (skill, level); 0: he has it no more
    limits: Sequence[tuple[str, int | None]] | None = None  # (medium, capacity); None: no bound of its own


def skills_of(organisation_id: UUID, skill_id: UUID | None = None) -> list[SkillView]:
    found = Skill.objects.filter(organisation_id=organisation_id).order_by("name")
    if skill_id is not None:
        found = found.filter(id=skill_id)
    counted = found.annotate(number=Count("agents", filter=Q(agents__user__is_active=True)))
    return [
        {"id": str(one.id), "name": one.name, "language": one.language, "is_enabled": one.is_enabled,
         "agents": one.number}
        for one in counted
    ]  # fmt: skip


def save_skill(*, actor: User, fields: SkillFields, skill_id: UUID | None = None) -> SkillView:
    """Make one, or change it. Raises NotFound("no_skill"), Invalid."""
    before: dict[str, Any] = {}
    with record_changes(actor.organisation_id) as changes:
        if skill_id is None:
            skill = Skill(organisation_id=actor.organisation_id)
        else:
            mine = Skill.objects.select_for_update(no_key=True)
            found = mine.filter(organisation_id=actor.organisation_id, id=skill_id).first()
            if found is None:
                raise NotFound("no_skill", "there is no such skill")
            skill, before = found, _described(found)
        if fields.name is not None:
            skill.name = fields.name
        skill.name = name_of(skill.name, longest=80, field="name")
        if fields.language is not None:
            skill.language = _language(fields.language)
        if fields.is_enabled is not None:
            skill.is_enabled = fields.is_enabled
        others = Skill.objects.filter(organisation_id=skill.organisation_id).exclude(id=skill.id)
        if others.filter(name=skill.name).exists():
            raise Invalid("name_taken", "this name is used already", field="name")
        if skill.language and others.filter(language=skill.language).exists():
            raise Invalid("language_taken", "another skill is this language", field="language")
        described = audit.difference(before, _described(skill))
        if described:
            if before and "name" in described:
                take_event_head(actor.organisation_id)  # a name is a key: see there
            skill.save()
            audit.record(
                actor=actor, organisation_id=actor.organisation_id, kind="skill", object_id=skill.id, name=skill.name,
                action="skill.changed" if before else "skill.created", changes=described,
            )  # fmt: skip
            changes.add(SettingsChanged(kind="skill", object_id=skill.id))
            changes.ring(doorbell.WAITING)
    return skills_of(actor.organisation_id, skill.id)[0]


def _described(skill: Skill) -> dict[str, Any]:
    return {"name": skill.name, "language": skill.language, "is_enabled": skill.is_enabled}


def _language(given: str) -> str:
    """A code such as "fr" or "bba", in small letters; empty: no language."""
    code = given.strip().lower()
    if code and not (code.isascii() and code.isalpha() and 2 <= len(code) <= LONGEST_LANGUAGE):
        raise Invalid("language", "a code of two to five letters", field="language")
    return code


# --- Agents ------------------------------------------------------------------------------------------------


def agents_shown(organisation_id: UUID, user_id: UUID | None = None) -> list[AgentAdminView]:
    """All who take conversations, by name; a few queries for any number of them."""
    users = User.objects.filter(organisation_id=organisation_id, is_active=True).exclude(role=Role.OBSERVER)
    if user_id is not None:
        users = users.filter(id=user_id)
    else:
        users = users.filter(Q(role=Role.AGENT) | Q(agent_state__isnull=False))
    found = list(users.select_related("agent_state").order_by("name", "id"))
    ids = [user.id for user in found]
    skills: dict[UUID, list[LevelView]] = {}
    for holder, skill_id, level in (
        AgentSkill.objects.filter(user_id__in=ids).order_by("skill__name").values_list("user_id", "skill_id", "level")
    ):
        skills.setdefault(holder, []).append({"skill_id": str(skill_id), "level": level})
    media: dict[UUID, list[MediumView]] = {}
    for one in AgentMedium.objects.filter(user_id__in=ids).order_by("medium"):
        media.setdefault(one.user_id, []).append({"medium": one.medium, "capacity": one.capacity, "load": one.load})
    usual = AgentState._meta.get_field("capacity").default
    shown: list[AgentAdminView] = []
    for user in found:
        state: AgentState | None = getattr(user, "agent_state", None)
        shown.append(
            {
                "id": str(user.id),
                "name": user.name,
                "role": user.role,
                "capacity": usual if state is None else state.capacity,
                "load": 0 if state is None else state.load,
                "skills": skills.get(user.id, []),
                "media": media.get(user.id, []),
            }
        )
    return shown


def media_of(organisation_id: UUID) -> list[str]:
    """The media that the organisation's lines have."""
    return sorted(set(Line.objects.filter(organisation_id=organisation_id).values_list("medium", flat=True)))


def save_agent(*, actor: User, user_id: UUID, fields: AgentFields) -> AgentAdminView:
    """Change what an agent can and may hold. Under the lock of his row, so that nothing is given to him meanwhile.

    Raises NotFound("no_user"), Invalid, Conflict("holds_more"): he holds more than the new capacity at this moment.
    """
    organisation_id = actor.organisation_id
    with record_changes(organisation_id) as changes:
        user = (
            User.objects.filter(organisation_id=organisation_id, id=user_id, is_active=True)
            .exclude(role=Role.OBSERVER)
            .first()
        )
        if user is None:
            raise NotFound("no_user", "there is no such user")
        if fields == AgentFields():
            return agents_shown(organisation_id, user_id)[0]  # to ask for nothing makes nobody an agent
        AgentState.objects.get_or_create(user=user, defaults={"organisation_id": organisation_id})
        state = AgentState.objects.select_for_update(of=("self",)).get(user=user)
        before = agents_shown(organisation_id, user_id)[0]
        if fields.capacity is not None:
            capacity = in_range(fields.capacity, 0, 0, MOST_CAPACITY, "capacity")
            if capacity < state.load:
                raise Conflict("holds_more", f"holds {state.load} now", load=state.load)
            AgentState.objects.filter(user=user).update(capacity=capacity)
        levels, limits = fields.skills, fields.media
        if fields.levels is not None:
            _refuse_twice([skill_id for skill_id, _ in fields.levels], "skills")
            has = dict(AgentSkill.objects.filter(user=user).values_list("skill_id", "level"))
            levels = [one for one in {**has, **dict(levels or ()), **dict(fields.levels)}.items() if one[1]]
        if fields.limits is not None:
            _refuse_twice([medium for medium, _ in fields.limits], "media")
            had = dict(AgentMedium.objects.filter(user=user).values_list("medium", "capacity"))
            asked: dict[str, int | None] = {**had, **dict(limits or ()), **dict(fields.limits)}
            limits = [(medium, capacity) for medium, capacity in asked.items() if capacity is not None]
        if levels is not None:
            _set_skills(user, levels)
        if limits is not None:
            _set_media(user, limits)
        after = agents_shown(organisation_id, user_id)[0]
        names = dict(Skill.objects.filter(organisation_id=organisation_id).values_list("id", "name"))
        described = audit.difference(_plain(before, names), _plain(after, names))
        if described:
            audit.record(
                actor=actor, organisation_id=organisation_id, action="agent.changed", kind="user", object_id=user.id,
                name=user.name, changes=described,
            )  # fmt: skip
            changes.add(SettingsChanged(kind="agent", object_id=user.id))
            changes.add(AgentStateChanged(agent_id=user.id, state=state.state))
            changes.ring(doorbell.WAITING)
    return after


def _set_skills(user: User, given: Sequence[tuple[UUID, int]]) -> None:
    known = set(Skill.objects.filter(organisation_id=user.organisation_id).values_list("id", flat=True))
    for skill_id, level in given:
        if skill_id not in known:
            raise Invalid("unknown_choice", "there is no such skill", field="skills")
        in_range(level, 1, 1, 5, "skills")
    _refuse_twice([skill_id for skill_id, _ in given], "skills")
    AgentSkill.objects.filter(user=user).delete()
    AgentSkill.objects.bulk_create(AgentSkill(user=user, skill_id=skill_id, level=level) for skill_id, level in given)


def _refuse_twice(given: Sequence[object], field: str) -> None:
    if len(set(given)) != len(given):
        raise Invalid("twice", "each once", field=field)


def _set_media(user: User, given: Sequence[tuple[str, int]]) -> None:
    # One that no line has any more may stay: he had it before.
    known = {*media_of(user.organisation_id), *AgentMedium.objects.filter(user=user).values_list("medium", flat=True)}
    held = held_by(user.organisation_id, user.id)
    _refuse_twice([medium for medium, _ in given], "media")
    for medium, capacity in given:
        if medium not in known:
            raise Invalid("unknown_choice", "no line has this medium", field="media")
        in_range(capacity, 0, 0, MOST_CAPACITY, "media")
        if capacity < held.get(medium, 0):
            raise Conflict("holds_more", f"holds {held[medium]} of {medium} now", load=held[medium], medium=medium)
    AgentMedium.objects.filter(user=user).delete()
    AgentMedium.objects.bulk_create(
        AgentMedium(user=user, medium=medium, capacity=capacity, load=held.get(medium, 0)) for medium, capacity in given
    )


def _plain(shown: AgentAdminView, names: Mapping[UUID, str]) -> dict[str, Any]:
    """For the audit log: what an administrator sets, without what the agent holds just now. `names`: of the skills, for
    whoever reads it when they are gone."""
    return {
        "capacity": shown["capacity"],
        "skills": {names[UUID(one["skill_id"])]: one["level"] for one in shown["skills"]},
        "media": {one["medium"]: one["capacity"] for one in shown["media"]},
    }
