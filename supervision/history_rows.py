"""Texts as the history shows them: when each was posted and delivered, to whom, what became of it, and what the
operator calls it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from django.db import connection

from contacts.numbers import display, masked
from conversations.models import DeliveryState, judged
from conversations.rendering import STATUS, DeliveryError, delivery_error, iso
from realtime.audience import AudienceKind
from supervision.states import CLASSES, raw_of, said_of

_BREAKS = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")


class HistoryRow(TypedDict):
    """`identifiers`: the operator's own ids, one a part, verbatim. `status` in our words, `raw` in the operator's.

    `posted_at`: when it was given to this server. `delivered_at`: when the receipt was stored that says that the phone
    has it. `name`: what the person was called then (of received texts: is called now). `text` is on one line.
    """

    id: str
    conversation_id: str
    direction: str
    identifiers: list[str]
    posted_at: str
    delivered_at: str | None
    state: str
    status: str
    raw: str
    error: DeliveryError | None
    number: str
    name: str | None
    text: str
    line: str
    link: str
    parts: int
    author: str


_ROWS = """
select m.id, m.conversation_id::text, m.kind, m.author, u.name, m.body, m.created_at, line.name, line.address,
       coalesce(d.link_id, c.link_id)::text, link.name, coalesce(d.destination, a.value),
       case when m.kind = 'outgoing' then d.name else contact.name end,
       d.state, d.error_code, d.error_text, d.updated_at, d.parts, d.doubted
from conversations_message m
join conversations_conversation c on c.id = m.conversation_id
join contacts_contact own on own.id = c.contact_id
join contacts_contact contact on contact.id = coalesce(own.merged_into_id, own.id)
join contacts_address a on a.id = c.address_id
join conversations_line line on line.id = c.line_id
left join conversations_delivery d on d.message_id = m.id and d.message_id = any(%(ids)s)
left join conversations_link link on link.id = coalesce(d.link_id, c.link_id)
left join accounts_user u on u.id = m.author_user_id
where m.organisation_id = %(organisation)s and m.id = any(%(ids)s)
order by m.id desc
"""
# An attempt's key is later than its text's; an hour for clocks that disagree.
_TRIES = """
select message_id, id, provider_id from conversations_attempt
where message_id = any(%(ids)s) and id >= uuid_floor(%(since)s - interval '1 hour') and not withdrawn
order by message_id, part, id
"""
# Of each part what is final, else what is doubtful, else what came last.
_RECEIPTS = """
select distinct on (attempt_id) attempt_id, text, state from conversations_receipt
where attempt_id = any(%s) order by attempt_id, (state >= 4) desc, (state = 2) desc, received_at desc
"""


def one_line(text: str) -> str:
    return _BREAKS.sub(" ", text)


def history_rows(organisation_id: UUID, ids: Sequence[UUID], kind: AudienceKind) -> list[HistoryRow]:
    """Texts `ids`, newest first. Foreign and unknown ids are absent."""
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, {"organisation": organisation_id, "ids": list(ids)})
        records = cursor.fetchall()
        sent = [record[0] for record in records if record[2] == "outgoing"]
        named, said = _told(cursor, sent, min((record[6] for record in records), default=None))
    return [_row(record, kind, named[record[0]], said[record[0]]) for record in records]


def _told(
    cursor: Any, sent: list[UUID], since: datetime | None
) -> tuple[defaultdict[UUID, list[str]], defaultdict[UUID, list[str]]]:
    """For each sent text the operator's ids, and its words of each part."""
    named: defaultdict[UUID, list[str]] = defaultdict(list)
    said: defaultdict[UUID, list[str]] = defaultdict(list)
    if not sent:
        return named, said
    cursor.execute(_TRIES, {"ids": sent, "since": since})
    tries: list[tuple[UUID, UUID, str]] = cursor.fetchall()
    cursor.execute(_RECEIPTS, [[attempt for _, attempt, _ in tries]])
    receipts = {attempt: said_of(text, state) for attempt, text, state in cursor.fetchall()}
    for message, attempt, provider_id in tries:
        if provider_id:
            named[message].append(provider_id)
        if attempt in receipts:
            said[message].append(receipts[attempt])
    return named, said


def _row(record: tuple[Any, ...], kind: AudienceKind, named: list[str], said: list[str]) -> HistoryRow:
    (
        id_, conversation_id, message_kind, author, author_name, body, posted_at, line, line_address,
        link_id, link, number, name, state, error_code, error_text, updated_at, parts, doubted,
    ) = record  # fmt: skip
    silent, whole = kind == AudienceKind.NO_TEXT, kind == AudienceKind.FULL
    sent = message_kind == "outgoing"
    state = judged(DeliveryState.QUEUED if state is None else DeliveryState(state), bool(doubted)) if sent else None
    return {
        "id": str(id_),
        "conversation_id": conversation_id,
        "direction": "out" if message_kind == "outgoing" else "in",
        "identifiers": list(dict.fromkeys(named)),
        "posted_at": iso(posted_at),
        "delivered_at": iso(updated_at) if state == DeliveryState.DELIVERED else None,
        "state": CLASSES[state] if state is not None else "received",
        "status": STATUS[state] if state is not None else "received",
        "raw": raw_of(said, error_code or "") if sent else "",
        "error": delivery_error(error_code, error_text, link_id) if sent else None,
        "number": display(number) if whole else masked(number),
        "name": None if silent else one_line(name or "") or None,
        "text": "" if silent else one_line(body),
        "line": one_line(f"{line_address} · {line}" if line else line_address),
        "link": one_line(link or ""),
        "parts": parts or 1,
        "author": author_name or author,
    }
