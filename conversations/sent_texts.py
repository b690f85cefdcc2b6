"""What became of a new text, as an application is told: state, reason, parts, the operators' ids, both dates."""

from __future__ import annotations

from typing import Any, TypedDict
from uuid import UUID

from django.db import connection

from conversations.models import JUDGED, Recipient
from conversations.rendering import STATUS, delivery_error, iso

# Of the parts; the date of the receipt is ours: operators' own carry no zone.
_FACTS = """
select JUDGED, d.parts, d.encoding, d.error_code, d.error_text, d.link_id::text, d.updated_at,
       (select array_agg(a.provider_id order by a.part, a.id) from conversations_attempt a
        where a.message_id = d.message_id and a.provider_id <> ''),
       (select min(a.answered_at) from conversations_attempt a
        where a.message_id = d.message_id and a.provider_id <> '')
from conversations_delivery d where d.organisation_id = %s and d.message_id = %s
""".replace("JUDGED", JUDGED)
FINAL = ("delivered", "failed", "expired")


class Reason(TypedDict):
    """Why it was refused here, or failed at the operator. `fr`, `en`: in words, where they are known."""

    code: str
    text: str
    fr: str
    en: str


class TextView(TypedDict):
    """`state`: accepted (nothing has been decided yet: ask again), refused (by us: nothing left), or what has happened
    to it in the world: queued, sending, sent, delivered, failed, expired, unknown."""

    id: str
    to: str
    line_id: str
    state: str
    reason: Reason | None
    parts: int | None
    encoding: str | None
    operator_ids: list[str]
    accepted_at: str
    sent_at: str | None
    ended_at: str | None


def text_of(*, organisation_id: UUID, scope: str, text_id: UUID) -> TextView | None:
    """None: there is no such text of this sender."""
    found = (
        Recipient.objects.filter(organisation_id=organisation_id, id=text_id, sending__scope=scope)
        .select_related("sending")
        .first()
    )
    return None if found is None else text_view(found)


def text_view(recipient: Recipient) -> TextView:
    """`recipient` with its sending."""
    view: TextView = {
        "id": str(recipient.id),
        "to": recipient.number,
        "line_id": str(recipient.sending.line_id),
        "state": "refused" if recipient.refusal else "accepted",
        "reason": {"code": recipient.refusal, "text": "", "fr": "", "en": ""} if recipient.refusal else None,
        "parts": None,
        "encoding": None,
        "operator_ids": [],
        "accepted_at": iso(recipient.sending.at),
        "sent_at": None,
        "ended_at": iso(recipient.settled_at) if recipient.refusal and recipient.settled_at else None,
    }
    row = _facts(recipient)
    if row is None:
        return view
    state, parts, encoding, code, text, link_id, updated_at, ids, sent_at = row
    view["state"] = STATUS[state]
    view["parts"], view["encoding"] = parts, encoding
    view["operator_ids"] = list(ids or [])
    view["sent_at"] = iso(sent_at) if sent_at else None
    view["ended_at"] = iso(updated_at) if view["state"] in FINAL else None
    error = delivery_error(code, text, link_id)
    if error is not None:
        view["reason"] = {"code": error["code"], "text": error["text"], "fr": error["fr"], "en": error["en"]}
    return view


def _facts(recipient: Recipient) -> tuple[Any, ...] | None:
    if recipient.message_id is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, [recipient.organisation_id, recipient.message_id])
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row
