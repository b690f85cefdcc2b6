"""Lines of the audit log about signing in: who came in, and at whose account somebody has tried in vain."""

from __future__ import annotations

from django.db import connection

from accounts import audit
from accounts.models import User
from common.ids import uuid7

# One statement for an address that exists and for one that does not: how long the answer takes tells nothing of it.
_FAILED = """
insert into accounts_audit (id, organisation_id, actor_id, at, action, object_kind, object_id, object_name, changes)
select %s, u.organisation_id, null, statement_timestamp(), 'user.try_failed', 'user', u.id, u.name, '{}'
from accounts_user u where u.email = %s
"""


def note_sign_in(user: User, device: str) -> None:
    audit.record(
        actor=user, organisation_id=user.organisation_id, action="user.signed_in", kind="user", object_id=user.id,
        name=user.name, changes={"device": [None, device]},
    )  # fmt: skip


def note_failure(email: str) -> None:
    """Bounded by the limit of tries: beyond it nothing is tried, and nothing written."""
    with connection.cursor() as cursor:
        cursor.execute(_FAILED, [uuid7(), email.strip().lower()])
