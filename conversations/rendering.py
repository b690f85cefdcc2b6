"""Conversations and messages as screens get them: the same JSON over REST and over the socket.

A few set-based queries, no object per row; the answers are plain dicts ready for orjson, with ids as text and times
as ISO 8601 in UTC. `kind` says how much of a person is shown (realtime.audience).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any, TypedDict
from uuid import UUID

from django.db import connection

from contacts.numbers import masked
from conversations.attachments import AttachmentView, attachments_of
from conversations.models import JUDGED, DeliveryState
from conversations.reasons import Meaning, of_link
from conversations.row_marks import TAGS, failed_of, looked_after
from realtime.audience import AudienceKind

_CARRYING = ("incoming", "outgoing")


class RowContact(TypedDict):
    id: str
    name: str | None
    address: str
    language: str | None


class LastMessage(TypedDict):
    kind: str
    author: str
    preview: str
    at: str


class Handover(TypedDict):
    reason: str
    summary: str


class NextDeadline(TypedDict):
    """The next target: `kind` first, next or resolution; `warn_at`: from when on it is near."""

    kind: str
    at: str
    warn_at: str


class Snooze(TypedDict):
    """Asleep `since`; `until` null: until its subscriber writes."""

    since: str
    until: str | None


class Row(TypedDict):
    """A conversation as a list shows it. Of two, the one with the higher revision is the newer."""

    id: str
    revision: int
    status: str
    line_id: str
    queue_id: str | None
    owner_id: str | None
    contact: RowContact
    last_seq: int
    last_message: LastMessage | None
    waiting_since: str | None
    opened_at: str
    queued_at: str | None
    closed_at: str | None
    unread: int
    priority: int
    handover: Handover | None
    deadline: NextDeadline | None
    callback_at: str | None  # when somebody has promised to come back to the subscriber
    snooze: Snooze | None  # while it sleeps
    tags: list[str]  # ids, of its person
    vip: bool  # he is one to look after (routing/handover_policies.py)
    failed: bool  # our last word did not arrive


class DeliveryError(TypedDict):
    """`fr`, `en`: what the code means at this operator (conversations/reasons.py); empty: only `text` is known."""

    code: str
    text: str
    fr: str
    en: str
    final: bool
    wrong_number: bool


class DeliveryView(TypedDict):
    status: str
    error: DeliveryError | None
    parts: int
    encoding: str
    link_id: str | None


class AuthorView(TypedDict):
    kind: str
    id: str | None
    name: str | None


class Gap(TypedDict):
    """Of a subscriber's text of which parts were missing when it was shown: how many still are, since when none is."""

    missing: int
    completed_at: str | None


class MessageView(TypedDict):
    id: str
    seq: int
    kind: str
    author: AuthorView
    body: str
    at: str
    client_id: str | None
    delivery: DeliveryView | None
    event: dict[str, Any] | None
    gap: Gap | None
    attachments: list[AttachmentView]


class DeliveryProgress(TypedDict):
    """How one answer has progressed, without its text."""

    conversation_id: str
    message_id: str
    seq: int
    status: str
    error: DeliveryError | None


STATUS: dict[int, str] = {state.value: str(state.label) for state in DeliveryState}


def iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _iso_or_none(at: datetime | None) -> str | None:
    return None if at is None else iso(at)


_ROWS = """
select c.id::text, c.revision, c.status, c.line_id::text, c.queue_id::text, c.owner_id::text,
       contact.id::text, contact.name, address.value, coalesce(nullif(c.language, ''), contact.language),
       c.last_seq, c.preview_kind, c.preview_author, c.preview, c.last_activity_at,
       c.waiting_since, c.opened_at, c.queued_at, c.closed_at, c.unread, c.priority,
       c.handover_reason, c.handover_summary, c.next_deadline_at, c.deadline_warn_at, c.deadline_kind, c.callback_at,
       c.snoozed_at, c.snoozed_until, TAGS, FAILED, c.id
from conversations_conversation c
join contacts_contact own on own.id = c.contact_id
join contacts_contact contact on contact.id = coalesce(own.merged_into_id, own.id)
join contacts_address address on address.id = c.address_id
where c.organisation_id = %s and c.id = any(%s)
""".replace("TAGS", TAGS).replace("FAILED", failed_of("c"))


def render_rows(organisation_id: UUID, ids: Collection[UUID], kind: AudienceKind) -> dict[UUID, Row]:
    """The newest state of conversations `ids`. Foreign and unknown ids are absent from the answer."""
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [organisation_id, list(ids)])
        records = cursor.fetchall()
    vips = looked_after()(organisation_id, ids) if kind != AudienceKind.NO_TEXT else ()
    return {record[-1]: _row(record, kind, vip=record[-1] in vips) for record in records}


def _row(record: tuple[Any, ...], kind: AudienceKind, *, vip: bool) -> Row:
    (
        id_, revision, status, line_id, queue_id, owner_id, contact_id, name, address, language, last_seq,
        preview_kind, preview_author, preview, last_at, waiting_since, opened_at, queued_at, closed_at, unread,
        priority, reason, summary, deadline_at, warn_at, deadline_kind, callback_at, snoozed_at, snoozed_until, tags,
        failed, _,
    ) = record  # fmt: skip
    silent = kind == AudienceKind.NO_TEXT
    return {
        "id": id_,
        "revision": revision,
        "status": status,
        "line_id": line_id,
        "queue_id": queue_id,
        "owner_id": owner_id,
        "contact": {
            "id": contact_id,
            "name": None if silent else name or None,
            "address": address if kind == AudienceKind.FULL else masked(address),
            "language": language or None,
        },
        "last_seq": last_seq,
        "last_message": {
            "kind": preview_kind,
            "author": preview_author,
            "preview": "" if silent else preview,
            "at": iso(last_at),
        }
        if last_seq
        else None,
        "waiting_since": _iso_or_none(waiting_since),
        "opened_at": iso(opened_at),
        "queued_at": _iso_or_none(queued_at),
        "closed_at": _iso_or_none(closed_at),
        "unread": unread,
        "priority": priority,
        "handover": {"reason": reason, "summary": "" if silent else summary} if reason else None,
        "deadline": {"kind": deadline_kind, "at": iso(deadline_at), "warn_at": iso(warn_at or deadline_at)}
        if deadline_at
        else None,
        "callback_at": _iso_or_none(callback_at),
        "snooze": {"since": iso(snoozed_at), "until": _iso_or_none(snoozed_until)} if snoozed_at else None,
        "tags": [] if silent else tags,
        "vip": vip,
        "failed": failed,
    }


_MESSAGES = """
select m.id::text, m.seq, m.kind, m.author, m.author_user_id::text, u.name, m.body, m.created_at, m.client_id::text,
       m.facts, JUDGED, d.error_code, d.error_text, d.parts, d.encoding, d.link_id::text, m.id
from conversations_message m
left join accounts_user u on u.id = m.author_user_id
left join conversations_delivery d on d.message_id = m.id and
""".replace("JUDGED", JUDGED)
# What bounds the messages bounds their deliveries in so many words: else those of every month there is are opened.
_BY_ID = (
    _MESSAGES
    + """d.message_id = any(%(ids)s)
where m.organisation_id = %(organisation)s and m.id = any(%(ids)s)"""
)
_OLDER = (
    _MESSAGES
    + """d.message_id >= %(since)s
where m.organisation_id = %(organisation)s and m.conversation_id = %(conversation)s
  and m.seq < %(before)s and m.seq >= %(first)s and m.id >= %(since)s
order by m.seq"""
)


def render_messages(organisation_id: UUID, ids: Collection[UUID], kind: AudienceKind) -> dict[UUID, MessageView]:
    """Messages by id (their keys carry their month, so only its partition is read)."""
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_BY_ID, {"organisation": organisation_id, "ids": list(ids)})
        records = cursor.fetchall()
    carried = _carried(organisation_id, records, kind)
    return {record[-1]: _message(record, kind, carried) for record in records}


def render_thread(
    organisation_id: UUID, conversation_id: UUID, kind: AudienceKind, *, before: int | None = None, limit: int = 50
) -> tuple[list[MessageView], bool]:
    """The last `limit` messages before number `before` (None: the newest), oldest first; and whether older exist.

    Messages are numbered 1..last_seq without holes, so a page is a range of numbers.
    """
    with connection.cursor() as cursor:
        # Nothing was written before the conversation was opened: with that as a bound on the keys of its messages,
        # the months before it are not looked at. An hour of slack for clocks that disagree.
        cursor.execute(
            """select last_seq, uuid_floor(least(opened_at, uuid_extract_timestamp(id)) - interval '1 hour')
               from conversations_conversation where organisation_id = %s and id = %s""",
            [organisation_id, conversation_id],
        )
        found = cursor.fetchone()
        if found is None:
            return [], False
        last_seq, oldest_key = found
        if before is None:
            before = last_seq + 1
        lowest = max(before - limit, 1)
        asked = {"organisation": organisation_id, "conversation": conversation_id, "since": oldest_key}
        cursor.execute(_OLDER, {**asked, "before": before, "first": lowest})
        records = cursor.fetchall()
    carried = _carried(organisation_id, records, kind)
    return [_message(record, kind, carried) for record in records], lowest > 1


def _carried(
    organisation_id: UUID, records: Collection[tuple[Any, ...]], kind: AudienceKind
) -> dict[UUID, list[AttachmentView]]:
    if kind == AudienceKind.NO_TEXT:
        return {}
    return attachments_of(organisation_id, ((one[-1], one[1], one[9]) for one in records if one[2] in _CARRYING))


def _message(record: tuple[Any, ...], kind: AudienceKind, carried: dict[UUID, list[AttachmentView]]) -> MessageView:
    (
        id_, seq, message_kind, author, author_id, author_name, body, at, client_id,
        facts, state, error_code, error_text, parts, encoding, link_id, key,
    ) = record  # fmt: skip
    silent = kind == AudienceKind.NO_TEXT
    return {
        "id": id_,
        "seq": seq,
        "kind": message_kind,
        "author": {"kind": author, "id": author_id, "name": author_name or _application(facts)},
        "body": "" if silent else body,
        "at": iso(at),
        "client_id": client_id,
        "delivery": None
        if state is None
        else {
            "status": STATUS[state],
            "error": delivery_error(error_code, error_text, link_id),
            "parts": parts,
            "encoding": encoding,
            "link_id": link_id,
        },
        "event": _event(facts, silent) if message_kind == "event" else None,
        "gap": _gap(facts) if message_kind == "incoming" else None,
        "attachments": carried.get(key, []),
    }


def _application(stored: str | None) -> str | None:
    """The name of the application that sent it."""
    if stored is None or '"application"' not in stored:  # nearly all: not read for what they do not hold
        return None
    name = json.loads(stored).get("application")
    return str(name) if name else None


def _gap(stored: str | None) -> Gap | None:
    if stored is None or '"missing"' not in stored:  # nearly all: not read for what they do not hold
        return None
    facts: dict[str, Any] = json.loads(stored)
    return {"missing": len(facts["missing"]), "completed_at": facts.get("completed_at")}


def _event(stored: str | None, silent: bool) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(stored) if stored else {"type": "unknown"}  # Django leaves JSON as text
    if not silent:
        return facts
    return {key: value for key, value in facts.items() if key == "type" or key.endswith("_id")}


def delivery_error(code: str, text: str, link_id: str | None) -> DeliveryError | None:
    if not code and not text:
        return None
    known = of_link(link_id, code) or Meaning("", "", final=False)
    return {
        "code": code,
        "text": text,
        "fr": known.fr,
        "en": known.en,
        "final": known.final,
        "wrong_number": known.wrong_number,
    }


_PROGRESS = """
select d.message_id, JUDGED, d.error_code, d.error_text, d.link_id::text from conversations_delivery d
where d.organisation_id = %s and d.message_id = any(%s)
""".replace("JUDGED", JUDGED)


def render_progress(organisation_id: UUID, items: Iterable[tuple[UUID, UUID, int]]) -> dict[UUID, DeliveryProgress]:
    """The state of answers now, by message id; `items` are (conversation, message, number of the message)."""
    wanted = {message_id: (conversation_id, seq) for conversation_id, message_id, seq in items}
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_PROGRESS, [organisation_id, list(wanted)])
        return {
            message_id: {
                "conversation_id": str(wanted[message_id][0]),
                "message_id": str(message_id),
                "seq": wanted[message_id][1],
                "status": STATUS[state],
                "error": delivery_error(code, text, link_id),
            }
            for message_id, state, code, text, link_id in cursor.fetchall()
        }
