"""How long an organisation keeps pictures, sounds and films, and how much of them one sender may leave in a day.

What is no longer kept is emptied, not removed: its conversation still says that something came.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import User
from common.clock import database_now
from common.errors import Invalid
from conversations.models import MediaPolicy
from conversations.outgoing_media import DRAFTS_H
from jobs.kinds import RunningJob, job_kind
from realtime.log import record_changes

SENDER_MB = 50  # a day, where nobody has said otherwise
MOST_DAYS, MOST_MB = 3650, 10_000
SLICE = 100  # of some megabytes each, in one short transaction

# By its key, which is its time: one that has been emptied is passed over, and not looked at again by its content.
_EMPTY = """
with old as (
    select id from conversations_attachment
    where organisation_id = %(organisation)s and state in ('there', 'refused', 'gone', 'waiting')
      and id < uuid_floor(%(now)s::timestamptz - make_interval(days => %(days)s))
    order by id limit %(limit)s for update skip locked
)
update conversations_attachment a set state = 'expired', content = '', content_type = '', url = '', reason = ''
from old where a.id = old.id
"""
_DRAFTS = """
delete from conversations_attachment where state = 'draft' and ctid = any(array(
    select ctid from conversations_attachment
    where state = 'draft' and id < uuid_floor(%(now)s::timestamptz - make_interval(hours => %(hours)s))
    limit %(limit)s))
"""
_LEFT_TODAY = """
select coalesce(sum(octet_length(content)), 0) from conversations_attachment
where organisation_id = %(organisation)s and sender = %(sender)s and state = 'there'
  and id >= uuid_floor(%(now)s::timestamptz - interval '1 day')
"""


def policy_of(organisation_id: UUID) -> MediaPolicy:
    """The organisation's, or what holds where nobody has said anything."""
    found = MediaPolicy.objects.filter(organisation_id=organisation_id).first()
    return found or MediaPolicy(organisation_id=organisation_id, keep_days=None, sender_mb=SENDER_MB)


def set_policy(*, actor: User, keep_days: int | None, sender_mb: int) -> MediaPolicy:
    """`keep_days` None: for ever. Raises Invalid("out_of_range")."""
    if keep_days is not None and not 1 <= keep_days <= MOST_DAYS:
        raise Invalid("out_of_range", f"from 1 to {MOST_DAYS} days", field="keep_days", least=1, most=MOST_DAYS)
    if not 1 <= sender_mb <= MOST_MB:
        raise Invalid("out_of_range", f"from 1 to {MOST_MB} MB", field="sender_mb", least=1, most=MOST_MB)
    with record_changes(actor.organisation_id) as changes:
        before = policy_of(actor.organisation_id)
        told = {
            name: [getattr(before, name), now]
            for name, now in (("keep_days", keep_days), ("sender_mb", sender_mb))
            if getattr(before, name) != now
        }
        policy, _ = MediaPolicy.objects.update_or_create(
            organisation_id=actor.organisation_id, defaults={"keep_days": keep_days, "sender_mb": sender_mb}
        )
        if told:
            audit.record(
                actor=actor, organisation_id=actor.organisation_id, action="media.changed", kind="media",
                object_id=actor.organisation_id, name="", changes=told,
            )  # fmt: skip
            changes.add(SettingsChanged(kind="media", object_id=actor.organisation_id))
    return policy


def refuses_more(organisation_id: UUID, sender: str, octets: int, now: datetime | None = None) -> bool:
    """Whether `octets` more are too much of one sender within a day."""
    given: dict[str, Any] = {"organisation": organisation_id, "sender": sender, "now": now or database_now()}
    with connection.cursor() as cursor:
        cursor.execute(_LEFT_TODAY, given)
        (there,) = cursor.fetchone()
    return bool(there + octets > policy_of(organisation_id).sender_mb * 1_000_000)


@job_kind("conversations.forget_media", every=timedelta(days=1), at=time(3, 40))
def forget_media(job: RunningJob, **_later: object) -> dict[str, Any]:
    """Empty what its organisation no longer keeps, and forget drafts that left with no answer."""
    return forget_until(database_now(), job)


def forget_until(now: datetime, job: RunningJob) -> dict[str, Any]:
    emptied = 0
    for policy in MediaPolicy.objects.exclude(keep_days=None).order_by("organisation_id"):
        emptied += _in_slices(
            job, _EMPTY, {"organisation": policy.organisation_id, "days": policy.keep_days, "now": now}
        )
    return {"emptied": emptied, "drafts": _in_slices(job, _DRAFTS, {"hours": DRAFTS_H, "now": now})}


def _in_slices(job: RunningJob, statement: str, given: dict[str, Any]) -> int:
    done = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, {**given, "limit": SLICE})
            done += cursor.rowcount
            if cursor.rowcount < SLICE:
                return done
        job.progress(0.5)
