"""Queues, kept by the administrators: rules, audit line and event in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypedDict
from uuid import UUID

from django.db import connection

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import Team, User
from common.clock import database_now
from common.errors import Conflict, Invalid, NotFound
from common.text import name_of, storable
from conversations.models import Line
from realtime import doorbell
from realtime.log import record_changes, take_event_head
from routing import ladder_admin
from routing.hours import choose_schedule
from routing.ladder_admin import LEAST_CALLBACK_S, MOST_CALLBACK_S, LadderStepView
from routing.models import MOST_WEIGHT, OnDisconnect, Queue, Strategy
from routing.queue_parts import set_skills, set_teams
from routing.reasons import in_range, one_of
from routing.waits import last_waits, still_to_wait

LONGEST_REPLY = 320  # characters: two short messages
LANGUAGES = ("fr", "en")
# Least and most of each number that an administrator may set.
RANGES = {
    "priority": (0, 100),
    "ring_s": (5, 300),
    "wrap_up_s": (0, 3600),
    "sticky_days": (0, 366),
    "reopen_min": (0, 1440),
    "sticky_s": (5, 600),
    "preferred_team_s": (5, 600),
    "weight": (1, MOST_WEIGHT),
    "most_waiting": (0, 1_000_000),
    "language_level": (0, 5),
    "disconnect_grace_s": (60, 3600),
    "callback_within_s": (LEAST_CALLBACK_S, MOST_CALLBACK_S),
    "silence_h": (0, 720),
    "silence_close_h": (1, 720),
}
YES_NO = ("auto_accept", "may_pull", "dispositions_required", "is_enabled")
MOST_PACE = 100.0


class QueueSkillView(TypedDict):
    skill_id: str
    least: int
    preferred: int


class TeamView(TypedDict):
    id: str
    name: str


class QueueAdminView(TypedDict):
    """A queue as its administrators see it. `warnings`: "no_agent", "no_agent_has_skills", "no_agent_has_room",
    "nobody_preferred"; what they mean is the screen's to say. `wait_p50_s`, `wait_p90_s`: of the last hour, as
    subscribers are told; null: too few waited."""

    id: str
    name: str
    is_enabled: bool
    priority: int
    points_per_minute: float
    strategy: str
    weight: int
    auto_accept: bool
    ring_s: int
    wrap_up_s: int
    sticky_days: int
    reopen_min: int
    sticky_s: int
    preferred_team_id: str | None
    preferred_team_s: int
    most_waiting: int
    full_reply: dict[str, str]
    may_pull: bool
    language_level: int
    dispositions_required: bool
    on_disconnect: str
    disconnect_grace_s: int
    schedule_id: str | None
    ladder: list[LadderStepView]
    ladder_texts: dict[str, dict[str, str]]
    callback_within_s: int
    silence_h: int  # hours of silence before the warning; 0: never
    silence_close_h: int
    silence_text: dict[str, str]
    team_ids: list[str]
    skills: list[QueueSkillView]
    warnings: list[str]
    waiting: int
    wait_p50_s: float | None
    wait_p90_s: float | None
    wait_samples: int


@dataclass(frozen=True, slots=True)
class QueueFields:
    """What is asked for; None leaves it. `skills` (skill, least, preferred) and `team_ids` replace all."""

    name: str | None = None
    is_enabled: bool | None = None
    priority: int | None = None
    points_per_minute: float | None = None
    strategy: str | None = None
    weight: int | None = None
    auto_accept: bool | None = None
    ring_s: int | None = None
    wrap_up_s: int | None = None
    sticky_days: int | None = None
    reopen_min: int | None = None
    sticky_s: int | None = None
    preferred_team_id: UUID | str | None = None  # "": none
    preferred_team_s: int | None = None
    most_waiting: int | None = None
    full_reply: Mapping[str, str] | None = None
    may_pull: bool | None = None
    language_level: int | None = None
    dispositions_required: bool | None = None
    on_disconnect: str | None = None
    disconnect_grace_s: int | None = None
    schedule_id: UUID | str | None = None  # "": none of its own
    ladder: Sequence[Mapping[str, Any]] | None = None  # replaces it whole
    ladder_texts: Mapping[str, Mapping[str, str]] | None = None
    callback_within_s: int | None = None
    silence_h: int | None = None
    silence_close_h: int | None = None
    silence_text: Mapping[str, str] | None = None
    team_ids: Sequence[UUID] | None = None
    skills: Sequence[tuple[UUID, int, int]] | None = None


USUAL_CAPACITY = 5  # of who has never had a desk

# Agents who could serve a queue: in one of its teams; with each of its minimum levels; and with a capacity that one of
# its conversations fits into; and who of these are in the team that it prefers.
_SERVED = """
select q.id,
       count(u.id) filter (where in_team.yes),
       count(u.id) filter (where in_team.yes and skilled.yes),
       count(u.id) filter (where in_team.yes and skilled.yes and coalesce(s.capacity, %s) >= q.weight),
       count(u.id) filter (where in_team.yes and skilled.yes and coalesce(s.capacity, %s) >= q.weight and exists (
           select from accounts_team_members m where m.team_id = q.preferred_team_id and m.user_id = u.id)),
       (select count(*) from (select 1 from conversations_conversation c
                              where c.organisation_id = q.organisation_id and c.queue_id = q.id and c.status = 'queued'
                              limit 100000) waiting)
from routing_queue q
left join accounts_user u on u.organisation_id = q.organisation_id and u.is_active
    and (u.role = 'agent' or exists (select from routing_agentstate s where s.user_id = u.id))
    and u.role <> 'observer'
left join routing_agentstate s on s.user_id = u.id
cross join lateral (
    select not exists (
        select from routing_queueskill need join routing_skill skill on skill.id = need.skill_id and skill.is_enabled
        where need.queue_id = q.id and need.least > 0 and not exists (
            select from routing_agentskill has
            where has.user_id = u.id and has.skill_id = need.skill_id and has.level >= need.least)) as yes
) skilled
cross join lateral (
    select not exists (select from routing_queue_teams t where t.queue_id = q.id)
        or exists (select from routing_queue_teams t join accounts_team_members m on m.team_id = t.team_id
                   where t.queue_id = q.id and m.user_id = u.id) as yes
) in_team
where q.organisation_id = %s and (%s::uuid is null or q.id = %s)
group by q.id
"""


def queues_shown(organisation_id: UUID, queue_id: UUID | None = None) -> list[QueueAdminView]:
    found = Queue.objects.filter(organisation_id=organisation_id).order_by("name").prefetch_related("teams", "skills")
    if queue_id is not None:
        found = found.filter(id=queue_id)
    with connection.cursor() as cursor:
        cursor.execute(_SERVED, [USUAL_CAPACITY, USUAL_CAPACITY, organisation_id, queue_id, queue_id])
        served = {row[0]: row[1:] for row in cursor.fetchall()}
    shown, waits = [], last_waits(organisation_id, database_now(), queue_id)
    for queue in found:
        serving, skilled, roomy, preferred, waiting = served.get(queue.id, (0, 0, 0, 0, 0))
        warnings = []
        if not roomy:
            warnings = ["no_agent" if not serving else "no_agent_has_skills" if not skilled else "no_agent_has_room"]
        elif queue.preferred_team_id and not preferred:
            warnings = ["nobody_preferred"]
        known = still_to_wait(queue, waits.get(queue.id, []))
        view: Any = {
            "id": str(queue.id), **_described(queue), "warnings": warnings, "waiting": waiting,
            "wait_p50_s": known.p50_s, "wait_p90_s": known.p90_s, "wait_samples": known.samples,
            "ladder": ladder_admin.shown(queue),
        }  # fmt: skip
        shown.append(view)
    return shown


def teams_of(organisation_id: UUID) -> list[TeamView]:
    found = Team.objects.filter(organisation_id=organisation_id).order_by("name")
    return [{"id": str(id_), "name": name} for id_, name in found.values_list("id", "name")]


def save_queue(*, actor: User, fields: QueueFields, queue_id: UUID | None = None) -> QueueAdminView:
    """Make one, or change it; what waits in it is dealt with by the new rules at once.

    Raises NotFound("no_queue"), Invalid, Conflict: "last_queue", "queue_used" (a line's cannot be switched off).
    """
    organisation_id = actor.organisation_id
    before: dict[str, Any] = {}
    with record_changes(organisation_id) as changes:
        known = ladder_admin.lock_all(organisation_id) if fields.ladder is not None else []
        if queue_id is None:
            queue = Queue(organisation_id=organisation_id)
        else:
            # NO KEY: offers that refer to it are checked at COMMIT, by writers who hold the event head already.
            found = (
                Queue.objects.select_for_update(no_key=True)
                .filter(organisation_id=organisation_id, id=queue_id)
                .first()
            )
            if found is None:
                raise NotFound("no_queue", "there is no such queue")
            queue, before = found, _told(found)
        _apply(queue, fields)
        _prefer(queue, fields.preferred_team_id)
        if fields.ladder is not None:
            queue.ladder = ladder_admin.checked(queue, fields.ladder, known)
        if before.get("is_enabled") and not queue.is_enabled:
            _refuse_needed(queue)
        if before and before["name"] != queue.name:
            take_event_head(organisation_id)  # a name is a key: see there
        if before and (before["most_waiting"], before["full_reply"]) != (queue.most_waiting, queue.full_reply):
            queue.full_since = database_now()
        queue.save()
        if fields.team_ids is not None:
            set_teams(queue, fields.team_ids)
        if fields.skills is not None:
            set_skills(queue, fields.skills)
        described = audit.difference(before, _told(queue))
        if described:
            audit.record(
                actor=actor, organisation_id=organisation_id, kind="queue", object_id=queue.id, name=queue.name,
                action="queue.changed" if before else "queue.created", changes=described,
            )  # fmt: skip
            changes.add(SettingsChanged(kind="queue", object_id=queue.id))
            changes.ring(doorbell.WAITING)
    return queues_shown(organisation_id, queue.id)[0]


def _apply(queue: Queue, given: QueueFields) -> None:
    if given.name is not None:
        queue.name = given.name
    queue.name = name_of(queue.name, longest=120, field="name")
    for name, (least, most) in RANGES.items():
        setattr(queue, name, in_range(getattr(given, name), getattr(queue, name), least, most, name))
    for name in YES_NO:
        if getattr(given, name) is not None:
            setattr(queue, name, getattr(given, name))
    if given.points_per_minute is not None:
        if not 0 <= given.points_per_minute <= MOST_PACE:
            raise Invalid("out_of_range", f"from 0 to {MOST_PACE:g}", field="points_per_minute", least=0, most=100)
        queue.points_per_minute = given.points_per_minute
    choose_schedule(queue, given.schedule_id)
    queue.strategy = one_of(given.strategy, queue.strategy, Strategy.values, "strategy")
    queue.on_disconnect = one_of(given.on_disconnect, queue.on_disconnect, OnDisconnect.values, "on_disconnect")
    if given.full_reply is not None:
        queue.full_reply = _replies(given.full_reply, "full_reply")
    if given.ladder_texts is not None:
        queue.ladder_texts = ladder_admin.texts(given.ladder_texts)
    if given.silence_text is not None:
        queue.silence_text = _replies(given.silence_text, "silence_text")
    same = Queue.objects.filter(organisation_id=queue.organisation_id, name=queue.name).exclude(id=queue.id)
    if same.exists():
        raise Invalid("name_taken", "this name is used already", field="name")


def _prefer(queue: Queue, team_id: UUID | str | None) -> None:
    """`team_id` None: as it is; "": none."""
    if team_id is None:
        return
    queue.preferred_team = None
    if team_id:
        queue.preferred_team = Team.objects.filter(organisation_id=queue.organisation_id, id=team_id).first()
        if queue.preferred_team is None:
            raise Invalid("unknown_choice", "there is no such team", field="preferred_team_id")


def _replies(given: Mapping[str, str], field: str) -> dict[str, str]:
    """What a subscriber is told, by language; an empty text is none."""
    replies = {}
    for language, text in given.items():
        if language not in LANGUAGES:
            raise Invalid("unknown_choice", f"must be one of {', '.join(LANGUAGES)}", field=field)
        words = storable(text).strip()
        if len(words) > LONGEST_REPLY:
            raise Invalid("too_long", f"at most {LONGEST_REPLY} characters", field=field)
        if words:
            replies[language] = words
    return replies


def _refuse_needed(queue: Queue) -> None:
    if Line.objects.filter(organisation_id=queue.organisation_id, queue_id=queue.id, is_enabled=True).exists():
        raise Conflict("queue_used", "a line's conversations wait in this queue")
    if not Queue.objects.filter(organisation_id=queue.organisation_id, is_enabled=True).exclude(id=queue.id).exists():
        raise Conflict("last_queue", "the last queue cannot be switched off")


def _described(queue: Queue) -> dict[str, Any]:
    plain = {
        one.name: getattr(queue, one.name) for one in fields(QueueFields) if one.name not in ("team_ids", "skills")
    }
    plain["preferred_team_id"] = str(queue.preferred_team_id) if queue.preferred_team_id else None
    plain["strategy"], plain["on_disconnect"] = str(queue.strategy), str(queue.on_disconnect)
    plain["schedule_id"] = str(queue.schedule_id) if queue.schedule_id else None
    return {
        **plain,
        "team_ids": sorted(str(team.id) for team in queue.teams.all()),
        "skills": [
            {"skill_id": str(one.skill_id), "least": one.least, "preferred": one.preferred}
            for one in sorted(queue.skills.all(), key=lambda one: one.id)
        ],
    }


def _told(queue: Queue) -> dict[str, Any]:
    """As the audit log keeps it: names in the place of ids, for whoever reads it when they are gone."""
    told = {
        **_described(queue),
        "preferred_team": queue.preferred_team.name if queue.preferred_team else None,
        "schedule": queue.schedule.name if queue.schedule else None,
    }
    for name in ("preferred_team_id", "schedule_id", "team_ids"):
        del told[name]
    needs = queue.skills.select_related("skill").order_by("skill__name")
    return {
        **told,
        "teams": sorted(queue.teams.values_list("name", flat=True)),
        "skills": {one.skill.name: f"{one.least or '–'} / {one.preferred or '–'}" for one in needs},
    }
