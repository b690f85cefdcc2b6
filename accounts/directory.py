"""The list of an organisation's people, a page at a time, found by name or address."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Exists, F, Max, OuterRef, Q, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Greatest

from accounts.models import Role, SignIn, Team, User
from common.errors import Invalid
from common.text import storable


def page_of(
    organisation_id: UUID, *, text: str = "", role: str = "", team_id: UUID | None = None, after: str = "", limit: int
) -> dict[str, Any]:
    """`limit` people by name, from the one after the mark `after`; `next` is the mark of the following page, or None.

    Raises Invalid for a mark that is none of ours.
    """
    from allauth.mfa.models import Authenticator

    factors = Authenticator.objects.filter(user_id=OuterRef("id"), type__in=("totp", "webauthn"))
    teams = Team.objects.filter(members=OuterRef("id")).order_by().values("members")
    seen = SignIn.objects.filter(user_id=OuterRef("id")).order_by().values("user_id").annotate(at=Max("active_at"))
    found = User.objects.filter(organisation_id=organisation_id).annotate(
        has_factor=Exists(factors),
        team_ids=Subquery(teams.annotate(ids=ArrayAgg("id", ordering="name")).values("ids")),
        seen_at=Greatest(Subquery(seen.values("at")), F("last_login")),
        has_password=~Q(password__startswith=UNUSABLE_PASSWORD_PREFIX),
        has_link=RawSQL("exists (select from accounts_passwordlink l where l.user_id = accounts_user.id"
                        " and l.expires_at > statement_timestamp())", []),
    )  # fmt: skip
    for word in storable(text).split():
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
    return {"items": rows[:limit], "next": _mark(more) if more else None}


def _mark(user: User) -> str:
    return urlsafe_b64encode(f"{user.id}{user.name}".encode()).decode()


def _read(mark: str) -> tuple[str, UUID]:
    try:
        text = urlsafe_b64decode(mark.encode("ascii")).decode()
        return storable(text[36:]), UUID(text[:36])
    except ValueError:
        raise Invalid("unknown_choice", "this is no mark of ours", field="after") from None
