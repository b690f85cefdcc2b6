"""Making and changing teams: people who share lines. The lines themselves say which teams they are for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import Organisation, Team, User
from common.errors import Conflict, Invalid, NotFound
from common.text import name_of
from realtime.log import record_changes

MOST_MEMBERS = 1000


@dataclass(frozen=True, slots=True)
class TeamFields:
    """None leaves a field as it is. `leader_id` "": nobody."""

    name: str | None = None
    leader_id: UUID | str | None = None
    member_ids: list[UUID] | None = None


def teams_of(organisation_id: UUID) -> list[dict[str, Any]]:
    """All of them by name, with their members by name: two statements for any number."""
    found = Team.objects.filter(organisation_id=organisation_id).order_by("name", "id").prefetch_related("members")
    return [
        {
            "id": team.id,
            "name": team.name,
            "leader_id": team.leader_id,
            "members": [
                {"id": user.id, "name": user.name, "is_active": user.is_active}
                for user in sorted(team.members.all(), key=lambda one: (one.name, one.id))
            ],
        }
        for team in found
    ]


def save_team(*, actor: User, fields: TeamFields, team_id: UUID | None = None) -> UUID:
    """Raises NotFound, Invalid, Conflict("team_name_taken")."""
    organisation_id = actor.organisation_id
    with record_changes(organisation_id) as changes:
        # One at a time: members and leader are judged together.
        Organisation.objects.select_for_update(no_key=True).get(id=organisation_id)
        team = _found(organisation_id, team_id) if team_id else Team(organisation_id=organisation_id)
        before = _described(team) if team_id else {}
        if fields.name is not None or not team_id:
            team.name = name_of(fields.name or "", longest=120, field="name")
            others = Team.objects.filter(organisation_id=organisation_id, name=team.name).exclude(id=team.id)
            if others.exists():
                raise Conflict("team_name_taken", "another team has this name")
        members = _people(organisation_id, fields.member_ids, "member_ids")
        if fields.leader_id is not None:
            leader = _people(organisation_id, [fields.leader_id], "leader_id") if fields.leader_id else []
            team.leader = leader[0] if leader else None
        team.save()
        if members is not None:
            team.members.set(members)
        if team.leader is not None and not team.members.filter(id=team.leader.id).exists():
            team.members.add(team.leader)  # who leads it belongs to it
        _say(changes, actor, team, "team.changed" if team_id else "team.created", before, _described(team))
    return team.id


def remove_team(*, actor: User, team_id: UUID) -> None:
    """Raises NotFound. A line that was for this team alone is for everybody then, which its administrator must want:
    Conflict("team_has_lines")."""
    with record_changes(actor.organisation_id) as changes:
        team = _found(actor.organisation_id, team_id)
        if team.lines.exists():  # conversations.Line points here
            raise Conflict("team_has_lines", "lines are for this team: give them to another first")
        before = _described(team)
        _say(changes, actor, team, "team.removed", before, dict.fromkeys(before))
        team.delete()


def _found(organisation_id: UUID, team_id: UUID) -> Team:
    team = Team.objects.filter(organisation_id=organisation_id, id=team_id).first()
    if team is None:
        raise NotFound("no_team", "there is no such team")
    return team


def _people(organisation_id: UUID, ids: Any, field: str) -> list[User] | None:
    if ids is None:
        return None
    wanted = set(ids)
    if len(wanted) > MOST_MEMBERS:
        raise Invalid("too_long", f"at most {MOST_MEMBERS} people", field=field)
    found = list(User.objects.filter(organisation_id=organisation_id, id__in=wanted))
    if len(found) != len(wanted):
        raise Invalid("no_user", "there is no such user", field=field)
    return found


def _described(team: Team) -> dict[str, Any]:
    return {
        "name": team.name,
        "leader": team.leader.name if team.leader else None,
        "members": sorted(team.members.values_list("name", flat=True)),
    }


def _say(changes: Any, actor: User, team: Team, action: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    described = audit.difference(before, after) or {"name": [team.name, team.name]}
    audit.record(
        actor=actor, organisation_id=team.organisation_id, action=action, kind="team", object_id=team.id,
        name=team.name, changes=described,
    )  # fmt: skip
    changes.add(SettingsChanged(kind="team", object_id=team.id))
