"""Administration of people, and the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest
from ninja import Query, Router, Schema, Status

from accounts import audit
from accounts.directory import page_of
from accounts.models import User
from accounts.passwords import make_link
from accounts.people import PersonFields, change_person, create_person
from accounts.people_import import RowSaid, import_people
from accounts.permissions import May, caller
from accounts.proof import require_fresh
from accounts.teams import TeamFields, remove_team, save_team, teams_of
from common.schemas import Words, schema_of

router = Router(tags=["administration"])
RowSchema: Any = schema_of(RowSaid)


class Person(Schema):
    id: UUID
    name: str
    email: str
    role: str
    language: str
    is_active: bool
    last_login: datetime | None
    created_at: datetime


class PersonListed(Person):
    """`has_password` false: invited, and not come yet; `has_link`: a link of his waits for him."""

    seen_at: datetime | None
    has_factor: bool
    has_password: bool
    has_link: bool
    team_ids: list[UUID]


class PersonMade(Person):
    """`url`: the address by which he sets his password, where he was invited; it is shown here and never again."""

    url: str | None


class People(Schema):
    items: list[PersonListed]
    next: str | None


class PersonGiven(Schema):
    name: Words | None = None
    email: Words | None = None
    role: Words | None = None
    language: Words | None = None
    is_active: bool | None = None
    password: Words | None = None

    def fields(self) -> PersonFields:
        given = self.dict()
        given.pop("is_invited", None)
        return PersonFields(**given)


class PersonNew(PersonGiven):
    is_invited: bool = False


class PeopleFile(Schema):
    csv: Words
    is_trial: bool = True


class PeopleTaken(Schema):
    rows: list[RowSchema]
    taken: int


class TeamMemberShown(Schema):
    id: UUID
    name: str
    is_active: bool


class TeamShown(Schema):
    id: UUID
    name: str
    leader_id: UUID | None
    members: list[TeamMemberShown]


class TeamsShown(Schema):
    items: list[TeamShown]


class TeamGiven(Schema):
    name: Words | None = None
    leader_id: UUID | Literal[""] | None = None
    member_ids: list[UUID] | None = None

    def fields(self) -> TeamFields:
        return TeamFields(**self.dict())


class AuditLine(Schema):
    id: UUID
    at: datetime
    actor: str | None
    action: str
    kind: str
    object: str
    changes: dict[str, list[Any]]


class AuditLines(Schema):
    items: list[AuditLine]


@router.get("/users", auth=May("users.administer"), response=People)
def list_people(
    request: HttpRequest,
    q: Words = "",
    role: Words = "",
    team_id: UUID | None = None,
    after: Words = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 500,
) -> dict[str, Any]:
    """By name. `q`: parts of names and addresses, all of which must be there."""
    return page_of(caller(request).organisation_id, text=q, role=role, team_id=team_id, after=after, limit=limit)


@router.post("/users", auth=May("users.administer"), response={201: PersonMade})
def add_person(request: HttpRequest, given: PersonNew) -> Status[dict[str, Any]]:
    require_fresh(request)
    actor = caller(request)
    user = create_person(
        actor=actor, organisation_id=actor.organisation_id, fields=given.fields(), is_invited=given.is_invited
    )
    url = make_link(actor=actor, user_id=user.id, is_told=False)[0] if given.password is None else None
    return Status(201, {**Person.from_orm(user).dict(), "url": url})


@router.patch("/users/{uuid:user_id}", auth=May("users.administer"), response=Person)
def edit_person(request: HttpRequest, user_id: UUID, given: PersonGiven) -> User:
    actor = caller(request)
    if given.role is not None or given.password is not None or given.email is not None:
        require_fresh(request)
    user = change_person(actor=actor, user_id=user_id, fields=given.fields(), keep_session=request.session.session_key)
    if given.password is not None and user.id == actor.id:
        update_session_auth_hash(request, user)  # his own: signed with the new password, he stays signed in
    return user


@router.post("/users/import", auth=May("users.administer"), response=PeopleTaken)
def take_people(request: HttpRequest, given: PeopleFile) -> dict[str, Any]:
    """`is_trial`: nothing is stored, and every row says whether it could be."""
    if not given.is_trial:
        require_fresh(request)
    rows = import_people(actor=caller(request), text=given.csv, is_trial=given.is_trial)
    return {"rows": rows, "taken": sum(one["code"] is None for one in rows)}


@router.get("/teams", auth=May("teams.administer"), response=TeamsShown)
def list_teams(request: HttpRequest) -> dict[str, Any]:
    return {"items": teams_of(caller(request).organisation_id)}


@router.post("/teams", auth=May("teams.administer"), response={201: TeamsShown})
def add_team(request: HttpRequest, given: TeamGiven) -> Status[dict[str, Any]]:
    actor = caller(request)
    team_id = save_team(actor=actor, fields=given.fields())
    return Status(201, {"items": [one for one in teams_of(actor.organisation_id) if one["id"] == team_id]})


@router.patch("/teams/{uuid:team_id}", auth=May("teams.administer"), response=TeamsShown)
def edit_team(request: HttpRequest, team_id: UUID, given: TeamGiven) -> dict[str, Any]:
    actor = caller(request)
    save_team(actor=actor, fields=given.fields(), team_id=team_id)
    return {"items": [one for one in teams_of(actor.organisation_id) if one["id"] == team_id]}


@router.post("/teams/{uuid:team_id}/remove", auth=May("teams.administer"), response={204: None})
def drop_team(request: HttpRequest, team_id: UUID) -> Status[None]:
    remove_team(actor=caller(request), team_id=team_id)
    return Status(204, None)


@router.get("/audit", auth=May("audit.read"), response=AuditLines)
def read_audit(request: HttpRequest, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> dict[str, Any]:
    return {"items": audit.newest(caller(request).organisation_id, limit)}
