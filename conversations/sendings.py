"""What was asked to be sent, once for each key: the request, its recipients, and what became of each.

A recipient is settled in the transaction that stores its text, or by the code that says why there is none; whoever
asks again under the same key goes on where the first came to, and gets the same answers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from common.clock import database_now
from common.errors import Invalid, PalabreError
from common.ids import uuid7
from conversations.models import Recipient, Sending
from conversations.recipients import Recognised
from jobs.forgetting import forget_in_slices
from jobs.kinds import RunningJob, job_kind

KEPT_DAYS = 90  # of keys and of what became of texts; a retry that late is not one

_CLAIM = """
insert into conversations_sending (id, organisation_id, scope, key, fingerprint, line_id)
values (%s, %s, %s, %s, %s, %s) on conflict (organisation_id, scope, key) do nothing
"""
ABANDONED = timedelta(hours=1)  # a desk or an application that asks again does so within seconds
_ABANDON = """
update conversations_recipient r set settled_at = clock_timestamp(), refusal = 'abandoned'
where r.id in (select one.id from conversations_recipient one join conversations_sending s on s.id = one.sending_id
               where one.settled_at is null and s.at < %(before)s limit 1000 for update of one skip locked)
"""
_FORGET = """
with old as (
    select id from conversations_sending
    where id < uuid_floor(clock_timestamp() - make_interval(days => %(days)s)) order by id limit %(limit)s
), texts as (delete from conversations_recipient where sending_id in (select id from old))
delete from conversations_sending where id in (select id from old)
"""


class Key(NamedTuple):
    """Whose key, and the key: "user:<id>" or "token:<id>", and what its owner calls this request."""

    organisation_id: UUID
    scope: str
    key: str


def fingerprint_of(asked: Mapping[str, Any]) -> bytes:
    """Of everything that makes a request what it is. `asked` holds JSON values."""
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).digest()


def asked_before(key: Key, fingerprint: bytes) -> Sending | None:
    """The request that this key stands for. Raises Invalid("key_used") where that was another one."""
    found = Sending.objects.filter(organisation_id=key.organisation_id, scope=key.scope, key=key.key).first()
    if found is not None and bytes(found.fingerprint) != fingerprint:
        raise Invalid("key_used", "this key belongs to another request", field="key")
    return found


def begin(
    key: Key, fingerprint: bytes, *, line_id: UUID, numbers: Sequence[Recognised], count: Callable[[int], None]
) -> Sending:
    """Keep the request with its recipients; those that are no numbers are refused here. Of two at once under one key
    the second finds the first's. `count` is told how many numbers and may raise: nothing is kept then."""
    with transaction.atomic(durable=True):
        id_ = uuid7()
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, [id_, key.organisation_id, key.scope, key.key, fingerprint, line_id])
            ours = cursor.rowcount == 1
        if ours:
            Recipient.objects.bulk_create(
                Recipient(
                    organisation_id=key.organisation_id,
                    sending_id=id_,
                    place=place,
                    number=one.number,
                    refusal=one.problem,
                    settled_at=Now() if one.problem else None,
                )
                for place, one in enumerate(numbers)
            )
            # What is no number is kept like the others, so it costs the same.
            count(len(numbers))
            return Sending.objects.get(id=id_)
    found = asked_before(key, fingerprint)
    assert found is not None  # it was in our way
    return found


def unsettled(sending: Sending) -> list[UUID]:
    """Its recipients about whom nothing has been decided, in order."""
    mine = Recipient.objects.filter(sending=sending, settled_at=None)
    return list(mine.order_by("place").values_list("id", flat=True))


def take(recipient_id: UUID) -> Recipient | None:
    """The recipient, locked until COMMIT: of two at once the second waits here. None: it is settled."""
    return Recipient.objects.select_for_update().filter(id=recipient_id, settled_at=None).first()


def settle(recipient: Recipient, *, conversation_id: UUID, message_id: UUID, is_kept: bool) -> None:
    """Its text is stored: in the transaction that does it."""
    Recipient.objects.filter(id=recipient.id).update(
        settled_at=Now(), conversation_id=conversation_id, message_id=message_id, is_kept=is_kept
    )


def refuse(recipient_id: UUID, refusal: PalabreError) -> None:
    """Nothing of it was stored, and why. Whoever has settled it meanwhile is right."""
    facts = dict(refusal.facts)
    conversation_id = facts.pop("conversation_id", None)
    Recipient.objects.filter(id=recipient_id, settled_at=None).update(
        settled_at=Now(),
        refusal=refusal.code,
        facts={name: value if isinstance(value, (int, bool)) else str(value) for name, value in facts.items()},
        conversation_id=conversation_id,
    )


@job_kind("conversations.forget_sendings", every=timedelta(days=1), at=time(2, 50))
def forget_sendings(job: RunningJob, **_later: object) -> dict[str, Any]:
    """Forget requests, with their recipients, after KEPT_DAYS; the texts themselves stay in their conversations."""
    return {"forgotten": forget_in_slices(job, _FORGET, days=KEPT_DAYS)}


@job_kind("conversations.abandon_sendings", every=timedelta(minutes=10))
def abandon_sendings(job: RunningJob, **_later: object) -> dict[str, Any]:
    """Settle what nobody came back for: its request was cut off, and whoever asks hears that nothing of it left."""
    return {"abandoned": abandon(database_now())}


def abandon(now: datetime) -> int:
    """How many recipients of requests older than ABANDONED are settled. One that is being written is passed over."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ABANDON, {"before": now - ABANDONED})
        return cursor.rowcount
