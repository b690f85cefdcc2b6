"""What an administrator sees of an account that its owner cannot enter, and lets him try again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest

from accounts import audit, tries
from accounts.events import SettingsChanged
from accounts.models import PasswordLink, User
from accounts.people import person_of
from common.clock import database_now
from realtime.log import record_changes


def state_of(request: HttpRequest, user: User) -> dict[str, Any]:
    link = PasswordLink.objects.filter(user=user, expires_at__gt=database_now()).first()
    return {
        "is_waiting": tries.is_waiting(request, user),
        "link_until": link.expires_at if link else None,
        "has_password": user.has_usable_password(),
    }


def forgive(request: HttpRequest, *, actor: User, user_id: UUID) -> None:
    """Wrong tries at his account count no more. Raises NotFound."""
    user = person_of(actor.organisation_id, user_id)
    with record_changes(actor.organisation_id) as changes:
        waited = tries.is_waiting(request, user)
        tries.forgive(request, user)
        audit.record(
            actor=actor, organisation_id=user.organisation_id, action="user.tries_forgiven", kind="user",
            object_id=user.id,
            name=user.name, changes={"is_waiting": [waited, False]},
        )  # fmt: skip
        changes.add(SettingsChanged(kind="user", object_id=user.id))
