"""The list of an organisation's people, a page at a time, found by name or address."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from uuid import UUID

from django.db.models import Max, Q
from django.db.models.functions import Now

from accounts.models import PasswordLink, Role, SignIn, Team, User
from common.errors import Invalid
from common.text import storable

_SHOWN = ("id", "name", "email", "role", "language", "is_active", "last_login", "created_at")


def page_of(
    organisation_id: UUID, *, text: str = "", role: str = "", team_id: UUID | None = None, after: str = "", limit: int
) -> dict[str, Any]:
    """`limit` people by name, from the one after the mark `after`; `next` is the mark of the following page, or None.

    Raises Invalid for a mark that is none of ours.
    """
    found = User.objects.filter(organisation_id=organisation_id)
    for word in storable(text[:100]).split():
        found = found.filter(Q(name__icontains=word) | Q(email__icontains=word))
    if role:
        if role not in Role.values:
            raise Invalid("unknown_choice", f"must be one of {', '.join(Role.values)}", field="role")
        found = found.filter(role=role)
    if team_id is not None:
        found = found.filter(teams=team_id)
    if after:
        name, user_id = _read(after)
        found = found.filter(Q(name__gt=name) | Q(name=name, id__gt=user_id))
    rows = list(found.order_by("name", "id")[: limit + 1])
    more = rows[limit - 1] if len(rows) > limit else None
    return {"items": _described(rows[:limit]), "next": _mark(more) if more else None}


def _described(users: list[User]) -> list[dict[str, Any]]:
    """With what stands beside their accounts: four statements for any number of them."""
    from allauth.mfa.models import Authenticator

    ids = [user.id for user in users]
    seen = dict(SignIn.objects.filter(user_id__in=ids).values_list("user_id").annotate(at=Max("active_at")).order_by())
    guarded = Authenticator.objects.filter(user_id__in=ids, type__in=("totp", "webauthn"))
    with_factor = set(guarded.values_list("user_id", flat=True))
    with_link = set(
        PasswordLink.objects.filter(user_id__in=ids, expires_at__gt=Now()).values_list("user_id", flat=True)
    )
    teams: dict[UUID, list[UUID]] = {}
    for user_id, team_id in (
        Team.members.through.objects.filter(user_id__in=ids).order_by("team__name").values_list("user_id", "team_id")
    ):
        teams.setdefault(user_id, []).append(team_id)
    return [
        {
            **{name: getattr(user, name) for name in _SHOWN},
            "seen_at": max(filter(None, (seen.get(user.id), user.last_login)), default=None),
            "has_factor": user.id in with_factor,
            "has_password": user.has_usable_password(),
            "has_link": user.id in with_link,
            "team_ids": teams.get(user.id, []),
        }
        for user in users
    ]


def _mark(user: User) -> str:
    return urlsafe_b64encode(f"{user.id}{user.name}".encode()).decode()


def _read(mark: str) -> tuple[str, UUID]:
    try:
        text = urlsafe_b64decode(mark.encode("ascii")).decode()
        return storable(text[36:]), UUID(text[:36])
    except ValueError:
        raise Invalid("unknown_choice", "this is no mark of ours", field="after") from None
