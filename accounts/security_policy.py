"""An organisation's rules for accounts: who must have a second factor, and how long a session lives."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID

from django.conf import settings

from accounts import audit, signins
from accounts.events import SettingsChanged
from accounts.models import Organisation, Role, SecurityPolicy, User
from common.clock import database_now
from common.errors import Invalid
from realtime.log import record_changes

MINUTES = (1, 480)
HOURS = (1, 24)
DAYS = (0, 90)


class AccountRulesView(TypedDict):
    factor_roles: list[str]
    grace_days: int
    idle_minutes: int
    session_hours: int
    without_factor: int  # active people of those roles who have none yet


@dataclass(frozen=True, slots=True)
class PolicyFields:
    """None leaves a rule as it is."""

    factor_roles: list[str] | None = None
    grace_days: int | None = None
    idle_minutes: int | None = None
    session_hours: int | None = None


def policy_of(organisation_id: UUID) -> SecurityPolicy:
    """What is stored, or the defaults."""
    found = SecurityPolicy.objects.filter(organisation_id=organisation_id).first()
    return found or SecurityPolicy(organisation_id=organisation_id, session_s=settings.SESSION_COOKIE_AGE)


def policy_shown(organisation_id: UUID) -> AccountRulesView:
    policy = policy_of(organisation_id)
    people = User.objects.filter(organisation_id=organisation_id, is_active=True, role__in=policy.factor_roles)
    without = people.exclude(authenticator__type__in=("totp", "webauthn")).count() if policy.factor_roles else 0
    return {**_rules(policy), "without_factor": without}  # type: ignore[typeddict-item]  # the four of PolicyFields


def set_policy(*, actor: User, fields: PolicyFields) -> None:
    """Holds for those who are signed in now, too. Raises Invalid."""
    organisation_id = actor.organisation_id
    with record_changes(organisation_id) as changes:
        Organisation.objects.select_for_update(no_key=True).get(id=organisation_id)
        policy = policy_of(organisation_id)
        before = _rules(policy)
        _apply(policy, fields)
        described = audit.difference(before, _rules(policy))
        if not described:
            return
        policy.save()
        signins.apply_rules(organisation_id)
        audit.record(
            actor=actor, organisation_id=organisation_id, action="security.changed", kind="security",
            object_id=organisation_id, name=actor.organisation.name, changes=described,
        )  # fmt: skip
        changes.add(SettingsChanged(kind="security", object_id=organisation_id))


def due_at(user: User) -> datetime | None:
    """From when he can do nothing without a second factor; None: none is asked of him."""
    policy = policy_of(user.organisation_id)
    if user.role not in policy.factor_roles or policy.factor_since is None:
        return None
    return max(policy.factor_since, user.created_at) + timedelta(days=policy.grace_days)


def _apply(policy: SecurityPolicy, fields: PolicyFields) -> None:
    if fields.factor_roles is not None:
        if any(role not in Role.values for role in fields.factor_roles):
            raise Invalid("unknown_choice", f"must be among {', '.join(Role.values)}", field="factor_roles")
        roles = sorted(set(fields.factor_roles))
        if not set(roles) <= set(policy.factor_roles):  # days of grace begin again for whom it is new
            policy.factor_since = database_now()
        policy.factor_roles = roles
    if fields.grace_days is not None:
        policy.grace_days = _within(fields.grace_days, DAYS, "grace_days")
    if fields.idle_minutes is not None:
        policy.idle_s = 60 * _within(fields.idle_minutes, MINUTES, "idle_minutes")
    if fields.session_hours is not None:
        most = min(HOURS[1], max(1, settings.SESSION_COOKIE_AGE // 3600))
        policy.session_s = 3600 * _within(fields.session_hours, (HOURS[0], most), "session_hours")


def _within(value: int, bounds: tuple[int, int], field: str) -> int:
    if not bounds[0] <= value <= bounds[1]:
        raise Invalid("out_of_range", f"from {bounds[0]} to {bounds[1]}", field=field, least=bounds[0], most=bounds[1])
    return value


def _rules(policy: SecurityPolicy) -> dict[str, Any]:
    return asdict(
        PolicyFields(
            list(policy.factor_roles), policy.grace_days, max(1, policy.idle_s // 60), max(1, policy.session_s // 3600)
        )
    )
