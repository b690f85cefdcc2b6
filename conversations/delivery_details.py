"""Everything that is known of how one text left: its link and why that one, each try, the operator's ids as given, and
what the operator's receipts said."""

from __future__ import annotations

from typing import Any, TypedDict
from uuid import UUID

from django.db import connection

from conversations.models import JUDGED
from conversations.rendering import STATUS, DeliveryError, delivery_error, iso


class PartView(TypedDict):
    """One try to hand over one part. `provider_id`: the operator's own, verbatim; what its support asks for."""

    part: int
    state: str
    provider_id: str
    error: DeliveryError | None
    requested_at: str
    answered_at: str | None
    withdrawn: bool


class ReceiptView(TypedDict):
    state: str
    error: DeliveryError | None
    text: str
    received_at: str


class DeliveryDetails(TypedDict):
    """`path`: why this link (conversations/paths.py)."""

    status: str
    link: str
    path: str
    parts: int
    encoding: str
    tries: list[PartView]
    receipts: list[ReceiptView]


_DELIVERY = """
select d.message_id, d.link_id::text, link.name, d.path, d.parts, d.encoding, JUDGED
from conversations_message m
join conversations_delivery d on d.message_id = m.id
join conversations_link link on link.id = d.link_id
where m.organisation_id = %(organisation)s and m.conversation_id = %(conversation)s and m.seq = %(seq)s
""".replace("JUDGED", JUDGED)
_TRIES = """
select part, state, provider_id, error_code, error_text, requested_at, answered_at, withdrawn, id
from conversations_attempt where message_id = %s order by id
"""
# Of the parts' ids; a receipt stands under its link, by time: those of this text came after it left.
_RECEIPTS = """
select state, error, text, received_at from conversations_receipt
where link_id = %s and attempt_id = any(%s) and received_at >= %s order by received_at, id limit 50
"""


def delivery_details(*, organisation_id: UUID, conversation_id: UUID, seq: int, silent: bool) -> DeliveryDetails | None:
    """None where the message was never meant to leave. `silent`: nothing of its words (a receipt quotes them)."""
    with connection.cursor() as cursor:
        cursor.execute(_DELIVERY, {"organisation": organisation_id, "conversation": conversation_id, "seq": seq})
        found = cursor.fetchone()
        if found is None:
            return None
        message_id, link_id, name, path, parts, encoding, status = found
        cursor.execute(_TRIES, [message_id])
        tries = cursor.fetchall()
        receipts: list[tuple[Any, ...]] = []
        if tries:
            cursor.execute(_RECEIPTS, [link_id, [row[8] for row in tries], min(row[5] for row in tries)])
            receipts = cursor.fetchall()
    return {
        "status": STATUS[status],
        "link": name,
        "path": path,
        "parts": parts,
        "encoding": encoding,
        "tries": [
            {
                "part": part,
                "state": STATUS[state],
                "provider_id": provider_id,
                "error": delivery_error(code, text, link_id),
                "requested_at": iso(asked),
                "answered_at": iso(answered) if answered else None,
                "withdrawn": withdrawn,
            }
            for part, state, provider_id, code, text, asked, answered, withdrawn, _ in tries
        ],
        "receipts": [
            {
                "state": STATUS[state],
                "error": delivery_error(error, "", link_id) if state in (5, 6) else None,
                "text": "" if silent else text,
                "received_at": iso(at),
            }
            for state, error, text, at in receipts
        ],
    }
