"""Lines, links, conversations, messages and their deliveries.

Message, Delivery, Attempt and RawInbound are partitioned by month on their uuidv7 key (docs/decisions). A unique
constraint cannot cross partitions, so what must be unique stands in plain tables: Seen, MessageKey.

Lock order for every writer: seen, address, conversation, message and delivery, event head last; inside each, by key.
"""

from __future__ import annotations

from conversations.models.arrivals import InboundPart, MessageKey, RawInbound, Seen
from conversations.models.deliveries import JUDGED, Attempt, Delivery, DeliveryState, ProviderKey, Receipt, judged
from conversations.models.lines import (
    SHORT_CODES_FIRST,
    AfterHoursText,
    FailOver,
    Line,
    LineLink,
    Link,
    LinkState,
    LinkTest,
    PortedNumber,
    Saver,
    WrongNumber,
)
from conversations.models.sendings import ApiToken, Recipient, Sending
from conversations.models.talk import (
    Attachment,
    Author,
    Conversation,
    MediaPolicy,
    Message,
    MessageKind,
    Status,
    Unhandled,
)
from conversations.models.tasks import Task, TaskState

__all__ = [
    "JUDGED",
    "SHORT_CODES_FIRST",
    "AfterHoursText",
    "ApiToken",
    "Attachment",
    "Attempt",
    "Author",
    "Conversation",
    "Delivery",
    "DeliveryState",
    "FailOver",
    "InboundPart",
    "Line",
    "LineLink",
    "Link",
    "LinkState",
    "LinkTest",
    "MediaPolicy",
    "Message",
    "MessageKey",
    "MessageKind",
    "PortedNumber",
    "ProviderKey",
    "RawInbound",
    "Receipt",
    "Recipient",
    "Saver",
    "Seen",
    "Sending",
    "Status",
    "Task",
    "TaskState",
    "Unhandled",
    "WrongNumber",
    "judged",
]
