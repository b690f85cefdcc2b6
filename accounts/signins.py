"""Who is signed in where: begun, used, locked, unlocked, ended. All of it is on the database's clock.

A session is locked by its own browser, or by itself once nobody has been there for the organisation's `idle_s`: a
browser whose tabs sleep, or that somebody has stopped, locks nothing, and its cookie must not read on. Browsers say
that somebody is there once a minute at the most (POST /api/session/active).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from accounts.models import SignIn
from common.ids import uuid7

FRESH_S = 300  # for so long after a proof nobody is asked for another
HELD = "factor"

_LOCKED = "(s.locked_at is not null or s.active_at + s.idle_s * interval '1 second' <= statement_timestamp())"
# One value beside a session: what may be done with it now.
STATE = f"""
(select jsonb_build_object('id', s.id, 'ended', s.ends_at <= statement_timestamp(), 'locked', {_LOCKED},
  'hold', s.hold, 'fresh', s.proved_at + interval '{FRESH_S} seconds' > statement_timestamp(), 'idle_s', s.idle_s)
 from accounts_signin s where s.session_key = django_session.session_key)
"""  # noqa: S608 (parts of this file)
# Who must have a second factor, has none, and whose days of grace are over: his session is held.
_HELD = """
(p.factor_roles ? u.role
 and greatest(p.factor_since, u.created_at) + p.grace_days * interval '1 day' <= statement_timestamp()
 and not exists (select from mfa_authenticator f where f.user_id = u.id and f.type in ('totp', 'webauthn')))
"""
_BEGIN = f"""
insert into accounts_signin (id, session_key, organisation_id, user_id, ends_at, idle_s, hold, device, address)
select %s, %s, u.organisation_id, u.id,
       statement_timestamp() + least(coalesce(p.session_s, %s), %s) * interval '1 second', coalesce(p.idle_s, 900),
       case when {_HELD} then '{HELD}' else '' end, '', ''
from accounts_user u left join accounts_securitypolicy p on p.organisation_id = u.organisation_id where u.id = %s
on conflict (session_key) do nothing
"""  # noqa: S608 (parts of this file)
_RULES = f"""
update accounts_signin s set
  ends_at = s.began_at + least(p.session_s, %(longest)s) * interval '1 second', idle_s = p.idle_s,
  hold = case when {_HELD} then '{HELD}' else '' end
from accounts_user u join accounts_securitypolicy p on p.organisation_id = u.organisation_id
where s.user_id = u.id and s.organisation_id = %(organisation)s
"""  # noqa: S608 (parts of this file)
_RELEASE = f"update accounts_signin s set hold = '' where s.user_id = %s and s.hold = '{HELD}'"  # noqa: S608
_SHUT = f"""
select s.session_key, s.ends_at <= statement_timestamp() from accounts_signin s
where s.session_key = any(%s) and (s.ends_at <= statement_timestamp() or {_LOCKED})
"""  # noqa: S608 (parts of this file)
_ACTIVE = f"""
update accounts_signin s set active_at = statement_timestamp() where s.session_key = %s and not {_LOCKED}
"""  # noqa: S608 (parts of this file)
_LOCK = "update accounts_signin set locked_at = coalesce(locked_at, statement_timestamp()) where session_key = %s"
_PROVED = """
update accounts_signin set locked_at = null, active_at = statement_timestamp(), proved_at = statement_timestamp()
where session_key = %s
"""
_UNLOCK = """
update accounts_signin set locked_at = null, active_at = statement_timestamp() where session_key = %s
"""


@dataclass(frozen=True, slots=True)
class State:
    """What may be done with a session now."""

    id: UUID
    has_ended: bool
    is_locked: bool
    is_held: bool  # until a second factor is set up
    is_fresh: bool  # its owner has proved himself within FRESH_S
    idle_s: int


def read(found: Mapping[str, Any] | None) -> State | None:
    """None: a session without a row beside it, in which nobody has signed in by any door of ours."""
    if found is None:
        return None
    return State(
        UUID(found["id"]), found["ended"], found["locked"], found["hold"] == HELD, found["fresh"], found["idle_s"]
    )


def begin(session_key: str, user_id: str) -> bool:
    """Whether this was new: a session keeps the row that it got first."""
    usual = settings.SESSION_COOKIE_AGE
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, [uuid7(), session_key, usual, usual, user_id])
        return cursor.rowcount == 1


def describe(session_key: str, *, device: str, address: str) -> None:
    SignIn.objects.filter(session_key=session_key).update(device=device[:60], address=address[:45])


def note_active(session_key: str) -> bool:
    """False: too late, it is locked."""
    return _run(_ACTIVE, [session_key])


def lock(session_key: str) -> bool:
    return _run(_LOCK, [session_key])


def unlock(session_key: str) -> bool:
    """It is open again, and nothing else."""
    return _run(_UNLOCK, [session_key])


def note_proof(session_key: str) -> bool:
    """Its owner has shown who he is: it is open, and what is dangerous may be done for FRESH_S."""
    return _run(_PROVED, [session_key])


def release(user_id: UUID) -> None:
    """He has a second factor now: nothing holds his sessions any more."""
    _run(_RELEASE, [user_id])


def apply_rules(organisation_id: UUID) -> None:
    """The organisation's rules as they are now, to everybody who is signed in."""
    with connection.cursor() as cursor:
        cursor.execute(_RULES, {"longest": settings.SESSION_COOKIE_AGE, "organisation": organisation_id})


def shut(session_keys: Collection[str]) -> dict[str, bool]:
    """Of these sessions those through which nothing is told now: True, it has ended; False, it is locked."""
    with connection.cursor() as cursor:
        cursor.execute(_SHUT, [list(session_keys)])
        return dict(cursor.fetchall())


def forget(session_keys: Collection[str]) -> None:
    SignIn.objects.filter(session_key__in=list(session_keys)).delete()


def _run(statement: str, values: list[Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount > 0
