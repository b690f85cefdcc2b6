"""Administration of accounts' security: links to a password, sessions, factors, the organisation's rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from accounts import account_help, factors, passwords, proof
from accounts.own_security import end_sessions_of, sessions_of
from accounts.people import person_of
from accounts.permissions import May, caller
from accounts.security_api import Ended, FactorsShown, SessionGone, SessionShown
from accounts.security_policy import AccountRulesView, PolicyFields, policy_shown, set_policy
from common.schemas import Words, schema_of

router = Router(tags=["administration"])
PolicySchema: Any = schema_of(AccountRulesView)


class PasswordLinkShown(Schema):
    """`url` is shown here and never again."""

    url: str
    expires_at: datetime


class AccountShown(Schema):
    factors: FactorsShown
    sessions: list[SessionShown]
    is_waiting: bool  # too many wrong tries: told to wait, where no browser knows him
    link_until: datetime | None
    has_password: bool


class PolicyGiven(Schema):
    factor_roles: list[Words] | None = None
    grace_days: int | None = None
    idle_minutes: int | None = None
    session_hours: int | None = None

    def fields(self) -> PolicyFields:
        return PolicyFields(**self.dict())


@router.get("/users/{uuid:user_id}/security", auth=May("users.administer"), response=AccountShown)
def read_account(request: HttpRequest, user_id: UUID) -> dict[str, Any]:
    user = person_of(caller(request).organisation_id, user_id)
    return {
        "factors": factors.factors_of(user.id),
        "sessions": sessions_of(user.id, this=_this(request)),
        **account_help.state_of(request, user),
    }


@router.post("/users/{uuid:user_id}/link", auth=May("users.administer"), response=PasswordLinkShown)
def make_link(request: HttpRequest, user_id: UUID) -> dict[str, Any]:
    """An address by which this person sets his password, once, within three days."""
    proof.require_fresh(request)
    url, link = passwords.make_link(actor=caller(request), user_id=user_id)
    return {"url": url, "expires_at": link.expires_at}


@router.post("/users/{uuid:user_id}/sessions/end", auth=May("users.administer"), response=Ended)
def end_sessions(request: HttpRequest, user_id: UUID, given: SessionGone) -> dict[str, int]:
    return {"ended": end_sessions_of(actor=caller(request), user_id=user_id, session_id=given.session_id)}


@router.post("/users/{uuid:user_id}/factors/reset", auth=May("users.administer"), response={204: None})
def reset_factors(request: HttpRequest, user_id: UUID) -> Status[None]:
    """For who has lost his telephone: he sets up another factor when he signs in next."""
    proof.require_fresh(request)
    factors.remove_all(actor=caller(request), user_id=user_id)
    return Status(204, None)


@router.post("/users/{uuid:user_id}/unlock", auth=May("users.administer"), response={204: None})
def unlock(request: HttpRequest, user_id: UUID) -> Status[None]:
    """Wrong tries at his account are forgotten."""
    account_help.forgive(request, actor=caller(request), user_id=user_id)
    return Status(204, None)


@router.get("/security", auth=May("security.administer"), response=PolicySchema)
def read_policy(request: HttpRequest) -> Any:
    return policy_shown(caller(request).organisation_id)


@router.put("/security", auth=May("security.administer"), response=PolicySchema)
def change_policy(request: HttpRequest, given: PolicyGiven) -> Any:
    proof.require_fresh(request)
    actor = caller(request)
    set_policy(actor=actor, fields=given.fields())
    return policy_shown(actor.organisation_id)


def _this(request: HttpRequest) -> UUID | None:
    state = proof.state_of(request)
    return state.id if state else None
