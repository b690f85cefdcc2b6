"""What each person does for the security of his own account, and the lock of his desk."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest
from ninja import Router, Schema, Status

from accounts import factors, passwords, proof, signins
from accounts.own_security import end_own_sessions, security_of
from accounts.permissions import May, caller
from accounts.security_models import IDLE_S
from common.errors import Conflict
from common.schemas import Plain, Words

router = Router(tags=["security"])
welcome_router = Router(tags=["security"])


class PasskeyShown(Schema):
    id: int
    name: str
    made_at: datetime
    used_at: datetime | None


class FactorsShown(Schema):
    totp: bool
    passkeys: list[PasskeyShown]
    recovery_left: int


class SessionShown(Schema):
    id: UUID
    device: str
    address: str
    began_at: datetime
    active_at: datetime
    ends_at: datetime
    is_locked: bool
    is_this: bool


class DeedShown(Schema):
    at: datetime
    actor: str | None
    action: str


class SecurityShown(Schema):
    """`due_at`: from when a second factor is asked for; null: it is not. `is_held`: nothing else is open before."""

    factors: FactorsShown
    sessions: list[SessionShown]
    deeds: list[DeedShown]
    due_at: datetime | None
    is_held: bool
    has_password: bool


class ProofWays(Schema):
    name: str
    ways: list[str]
    is_locked: bool
    one_click: str | None


class TotpShown(Schema):
    offer: str
    secret: str
    uri: str
    qr: list[str]


class CodesShown(Schema):
    """`recovery_codes` are shown here and never again; none: he has some already."""

    recovery_codes: list[str]


class Proof(Schema):
    password: Words | None = None
    code: Words | None = None
    credential: dict[Words, Plain] | None = None
    offer: Words = ""


class TotpProof(Schema):
    offer: Words
    code: Words


class PasskeyGiven(Schema):
    name: Words
    credential: dict[Words, Plain]
    offer: Words


class FactorGone(Schema):
    """`passkey`: its number; null: the application's codes."""

    passkey: int | None = None


class PasswordGiven(Schema):
    old: Words
    new: Words


class SessionGone(Schema):
    """`session_id` null: all but this one."""

    session_id: UUID | None = None


class Kept(Schema):
    idle_s: int


class Ended(Schema):
    ended: int


class Ceremony(Schema):
    """`options`: what the browser's own `navigator.credentials` takes. `offer` comes back with its answer."""

    options: dict[str, Any]
    offer: str


# --- the lock --------------------------------------------------------------------------------------------------------


@router.post("/session/active", auth=May("session.keep"), response=Kept)
def keep_active(request: HttpRequest) -> dict[str, int]:
    """Somebody is at this desk: it does not lock before `idle_s` seconds have passed."""
    signins.note_active(request.session.session_key or "")
    state = proof.state_of(request)
    return {"idle_s": state.idle_s if state else IDLE_S}


@router.post("/session/lock", auth=May("session.keep"), response={204: None})
def lock(request: HttpRequest) -> Status[None]:
    """Nothing is told through this session any more until its owner has proved himself."""
    signins.lock(request.session.session_key or "")
    return Status(204, None)


@router.get("/session/proofs", auth=May("session.prove"), response=ProofWays)
def read_proofs(request: HttpRequest) -> dict[str, Any]:
    """How the caller may show who he is. `one_click`: in a demonstration, whom one click signs in again."""
    user = caller(request)
    state = proof.state_of(request)
    ways = proof.ways_of(user)
    one_click = user.email if settings.MODE == "demo" and set(ways) <= {"password"} else None
    return {
        "name": user.name,
        "ways": ways,
        "is_locked": state is not None and state.is_locked,
        "one_click": one_click,
    }


@router.post("/session/passkey", auth=May("session.prove"), response=Ceremony)
def begin_passkey_check(request: HttpRequest) -> dict[str, Any]:
    return dict(factors.begin_passkey_check(caller(request)))


@router.post("/session/prove", auth=May("session.prove"), response={204: None})
def prove(request: HttpRequest, given: Proof) -> Status[None]:
    """Opens a locked session, and lets what is dangerous be done for five minutes."""
    user = caller(request)
    proof.prove(request, user, password=given.password, code=given.code, credential=given.credential, offer=given.offer)
    return Status(204, None)


# --- one's own account -----------------------------------------------------------------------------------------------


@router.get("/security", auth=May("security.own"), response=SecurityShown)
def read_security(request: HttpRequest) -> dict[str, Any]:
    return security_of(caller(request), proof.state_of(request))


@router.post("/security/totp/begin", auth=May("security.own"), response=TotpShown)
def begin_totp(request: HttpRequest) -> dict[str, Any]:
    proof.require_fresh(request)
    return dict(factors.begin_totp(caller(request)))


@router.post("/security/totp", auth=May("security.own"), response=CodesShown)
def add_totp(request: HttpRequest, given: TotpProof) -> dict[str, Any]:
    proof.require_fresh(request)
    return {"recovery_codes": factors.add_totp(caller(request), offer=given.offer, code=given.code[:40])}


@router.post("/security/passkeys/begin", auth=May("security.own"), response=Ceremony)
def begin_passkey(request: HttpRequest) -> dict[str, Any]:
    proof.require_fresh(request)
    return dict(factors.begin_passkey(caller(request)))


@router.post("/security/passkeys", auth=May("security.own"), response=CodesShown)
def add_passkey(request: HttpRequest, given: PasskeyGiven) -> dict[str, Any]:
    proof.require_fresh(request)
    codes = factors.add_passkey(caller(request), name=given.name, credential=given.credential, offer=given.offer)
    return {"recovery_codes": codes}


@router.post("/security/factors/remove", auth=May("security.own"), response={204: None})
def remove_factor(request: HttpRequest, given: FactorGone) -> Status[None]:
    proof.require_fresh(request)
    user = caller(request)
    factors.remove_factor(actor=user, user_id=user.id, factor=given.passkey)
    return Status(204, None)


@router.post("/security/recovery-codes", auth=May("security.own"), response=CodesShown)
def new_recovery_codes(request: HttpRequest) -> dict[str, Any]:
    proof.require_fresh(request)
    return {"recovery_codes": factors.new_recovery_codes(caller(request))}


@router.post("/security/password", auth=May("security.own"), response={204: None})
def change_password(request: HttpRequest, given: PasswordGiven) -> Status[None]:
    user = caller(request)
    if not user.has_usable_password():
        raise Conflict("no_password", "an administrator gives you a link to set your password")
    passwords.change_own_password(request, user, old=given.old, new=given.new)
    update_session_auth_hash(request, user)  # signed with the new password, under another key
    return Status(204, None)


@router.post("/security/sessions/end", auth=May("security.own"), response=Ended)
def end_sessions(request: HttpRequest, given: SessionGone) -> dict[str, int]:
    key = request.session.session_key or ""
    return {"ended": end_own_sessions(caller(request), session_id=given.session_id, this_key=key)}


# --- a first password ------------------------------------------------------------------------------------------------


class Welcome(Schema):
    token: Words


class WelcomeShown(Schema):
    name: str
    email: str
    organisation: str


class FirstPassword(Welcome):
    password: Words


@welcome_router.post("/look", auth=None, response=WelcomeShown)
def look(request: HttpRequest, given: Welcome) -> dict[str, str]:
    """Whom a link is for."""
    user = passwords.who_is_welcome(given.token)
    return {"name": user.name, "email": user.email, "organisation": user.organisation.name}


@welcome_router.post("/password", auth=None, response={204: None})
def set_password(request: HttpRequest, given: FirstPassword) -> Status[None]:
    passwords.use_link(token=given.token, password=given.password)
    return Status(204, None)
