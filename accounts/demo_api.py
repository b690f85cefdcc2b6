"""Sign-in with one click, in a demonstration only: everywhere else these addresses do not exist."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest
from ninja import Router, Schema, Status
from ninja.errors import HttpError
from ninja.utils import check_csrf

from accounts import factors
from accounts.models import User
from common.errors import NotAllowed, NotFound
from common.schemas import Words

router = Router(tags=["demo"])
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
_ORDER = {"agent": 0, "supervisor": 1, "administrator": 2, "observer": 3}


class DemoPerson(Schema):
    email: str
    name: str
    role: str


class DemoSignIn(Schema):
    email: Words


@router.get("/people", auth=None, response=list[DemoPerson])
def list_people(request: HttpRequest) -> list[dict[str, Any]]:
    _only_in_a_demonstration()
    found = User.objects.filter(is_active=True).values_list("email", "name", "role")
    people = [{"email": email, "name": name, "role": role} for email, name, role in found]
    return sorted(people, key=lambda one: (_ORDER.get(one["role"], 9), one["name"]))


@router.post("/sign-in", auth=None, response={204: None})
def sign_in(request: HttpRequest, given: DemoSignIn) -> Status[None]:
    _only_in_a_demonstration()
    if check_csrf(request):
        raise HttpError(403, "CSRF check failed")
    user = User.objects.filter(email__iexact=given.email.strip(), is_active=True).first()
    if user is None:
        raise NotFound("no_user", "there is no such person")
    if factors.has_factor(user.id):
        raise NotAllowed("has_factor", "this person has a second factor: sign in with the password")
    login(request, user, backend=BACKEND)
    return Status(204, None)


def _only_in_a_demonstration() -> None:
    if settings.MODE != "demo":
        raise NotFound("no_page", "there is no such page")
