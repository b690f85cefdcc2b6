"""Texts of the history, put straight into the state that a test tells of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F

from common.clock import database_now
from common.ids import uuid7_at
from conversations.models import (
    Attempt,
    Conversation,
    Delivery,
    DeliveryState,
    Link,
    Message,
    MessageKind,
    ProviderKey,
    Receipt,
)
from tests.cast import Cast


def received(conversation: Conversation, body: str = "Bonjour", *, at: datetime | None = None) -> Message:
    return _message(conversation, body, at or database_now(), kind=MessageKind.INCOMING, author="contact")


def sent(
    cast: Cast,
    conversation: Conversation,
    body: str = "Bonjour",
    *,
    at: datetime | None = None,
    state: DeliveryState = DeliveryState.DELIVERED,
    link: Link | None = None,
    ids: tuple[str, ...] = (),
    receipts: tuple[str, ...] = (),
    **delivery: Any,
) -> Message:
    """`ids`: the operator's, one a part; `receipts`: what it said of each, in their order."""
    message = _message(conversation, body, at or database_now(), kind=MessageKind.OUTGOING, author="bot")
    link = link or cast.north
    Delivery.objects.create(
        message_id=message.id,
        organisation_id=conversation.organisation_id,
        conversation=conversation,
        line_id=conversation.line_id,
        link=link,
        source="1919",
        destination=conversation.address.value,
        lane=1,
        encoding="gsm7",
        parts=max(1, len(ids)),
        reference=1,
        state=state,
        **delivery,
    )
    for part, provider_id in enumerate(ids, 1):
        attempt = Attempt.objects.create(
            organisation_id=conversation.organisation_id, message_id=message.id, link_id=link.id, part=part, epoch=1,
            state=state, provider_id=provider_id,
        )  # fmt: skip
        ProviderKey.objects.create(link_id=link.id, key=provider_id, attempt_id=attempt.id, message_id=message.id)
        if part <= len(receipts):
            Receipt.objects.create(
                link_id=link.id, keys=[provider_id], address="", state=state, text=receipts[part - 1],
                attempt_id=attempt.id,
            )  # fmt: skip
    return message


def _message(conversation: Conversation, body: str, at: datetime, **given: Any) -> Message:
    Conversation.objects.filter(id=conversation.id).update(last_seq=F("last_seq") + 1)
    conversation.refresh_from_db(fields=["last_seq"])
    return Message.objects.create(
        id=uuid7_at(at),
        organisation_id=conversation.organisation_id,
        conversation=conversation,
        seq=conversation.last_seq,
        body=body,
        created_at=at,
        **given,
    )
