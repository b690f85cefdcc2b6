"""Administration of people, and the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest
from ninja import Query, Router, Schema, Status

from accounts import audit
from accounts.models import User
from accounts.people import PersonFields, change_person, create_person, people_of
from accounts.permissions import May, caller
from common.schemas import Words

router = Router(tags=["administration"])


class Person(Schema):
    id: UUID
    name: str
    email: str
    role: str
    language: str
    is_active: bool
    last_login: datetime | None
    created_at: datetime


class People(Schema):
    items: list[Person]


class PersonGiven(Schema):
    name: Words | None = None
    email: Words | None = None
    role: Words | None = None
    language: Words | None = None
    is_active: bool | None = None
    password: Words | None = None

    def fields(self) -> PersonFields:
        return PersonFields(**self.dict())


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
def list_people(request: HttpRequest) -> dict[str, Any]:
    return {"items": list(people_of(caller(request).organisation_id))}


@router.post("/users", auth=May("users.administer"), response={201: Person})
def add_person(request: HttpRequest, given: PersonGiven) -> Status[User]:
    actor = caller(request)
    return Status(201, create_person(actor=actor, organisation_id=actor.organisation_id, fields=given.fields()))


@router.patch("/users/{uuid:user_id}", auth=May("users.administer"), response=Person)
def edit_person(request: HttpRequest, user_id: UUID, given: PersonGiven) -> User:
    actor = caller(request)
    user = change_person(actor=actor, user_id=user_id, fields=given.fields(), keep_session=request.session.session_key)
    if given.password is not None and user.id == actor.id:
        update_session_auth_hash(request, user)  # his own: signed with the new password, he stays signed in
    return user


@router.get("/audit", auth=May("audit.read"), response=AuditLines)
def read_audit(request: HttpRequest, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> dict[str, Any]:
    return {"items": audit.newest(caller(request).organisation_id, limit)}
