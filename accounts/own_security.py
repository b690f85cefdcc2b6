"""A person's own page of security: his factors, where he is signed in, what was done to his account."""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts import audit, factors, signins
from accounts.events import SettingsChanged
from accounts.models import Audit, SignIn, User
from accounts.security_policy import due_at
from accounts.sessions import end_session
from accounts.sessions import end_sessions as end_all
from common.clock import database_now
from common.errors import NotFound
from realtime.log import record_changes

DEEDS_SHOWN = 10
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung"), ("Firefox", "Firefox"),
             ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
            ("Mac OS", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip


def security_of(user: User, state: signins.State | None) -> dict[str, Any]:
    """All of it, newest first."""
    deeds = Audit.objects.filter(organisation_id=user.organisation_id, object_kind="user", object_id=user.id)
    return {
        "factors": factors.factors_of(user.id),
        "sessions": sessions_of(user.id, this=state.id if state else None),
        "deeds": [
            {"at": at, "actor": actor, "action": action}
            for at, actor, action in deeds.order_by("-id").values_list("at", "actor__name", "action")[:DEEDS_SHOWN]
        ],
        "due_at": due_at(user),
        "is_held": state is not None and state.is_held,
        "has_password": user.has_usable_password(),
    }


def sessions_of(user_id: UUID, *, this: UUID | None = None) -> list[dict[str, Any]]:
    """Where he is signed in, whoever was there last first; addresses without their last part."""
    now = database_now()
    return [
        {
            "id": one.id, "device": one.device, "address": masked_address(one.address), "began_at": one.began_at,
            "active_at": one.active_at, "ends_at": one.ends_at, "is_locked": _is_locked(one, now),
            "is_this": one.id == this,
        }
        for one in SignIn.objects.filter(user_id=user_id, ends_at__gt=now).order_by("-active_at")
    ]  # fmt: skip


def end_own_sessions(user: User, *, session_id: UUID | None, this_key: str) -> int:
    """One, or all but this one. Raises NotFound."""
    with record_changes(user.organisation_id) as changes:
        ended = _end(user.id, session_id, except_key=this_key)
        if ended:
            _said(changes, user, user, ended)
    return ended


def end_sessions_of(*, actor: User, user_id: UUID, session_id: UUID | None) -> int:
    """One of somebody's, or all. Raises NotFound."""
    with record_changes(actor.organisation_id) as changes:
        user = User.objects.filter(organisation_id=actor.organisation_id, id=user_id).first()
        if user is None:
            raise NotFound("no_user", "there is no such user")
        ended = _end(user.id, session_id, except_key=None)
        _said(changes, actor, user, ended)
    return ended


def device_of(agent: str) -> str:
    """ "Firefox · Windows" of what a browser says of itself."""
    browser = next((name for sign, name in _BROWSERS if sign in agent), "")
    system = next((name for sign, name in _SYSTEMS if re.search(re.escape(sign), agent)), "")
    return " · ".join(one for one in (browser, system) if one)


def masked_address(address: str) -> str:
    """41.85.170.9 as 41.85.170.…, and of IPv6 what an operator gives to one customer."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if parsed.version == 4:
        return ".".join([*str(parsed).split(".")[:3], "…"])
    return f"{ipaddress.ip_network(f'{parsed}/48', strict=False).network_address}…"


def _end(user_id: UUID, session_id: UUID | None, *, except_key: str | None) -> int:
    if session_id is None:
        return end_all(user_id, except_key=except_key)
    end_session(user_id, session_id)
    return 1


def _is_locked(one: SignIn, now: datetime) -> bool:
    return one.locked_at is not None or (now - one.active_at).total_seconds() >= one.idle_s


def _said(changes: Any, actor: User, user: User, ended: int) -> None:
    audit.record(
        actor=actor, organisation_id=user.organisation_id, action="user.sessions_ended", kind="user", object_id=user.id,
        name=user.name, changes={"sessions": [ended, 0]},
    )  # fmt: skip
    changes.add(SettingsChanged(kind="user", object_id=user.id))
