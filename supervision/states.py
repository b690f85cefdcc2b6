"""What the history calls the states of a sent text, and what the operator itself said.

queued, sending, sent     pending      not delivered yet: phone off, on its way (receipts ENROUTE, ACCEPTD)
delivered                 delivered
failed, expired           failed       not received: wrong number, refused, given up
unknown                   failed       in error: nobody can say that it left, and it is not sent again by itself
sent, and doubted         failed       in error: a receipt says UNKNOWN, or a word that nobody knows, and none was final
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from conversations.models import DeliveryState

Class = Literal["received", "pending", "delivered", "failed"]

CLASSES: dict[int, Class] = {
    DeliveryState.QUEUED: "pending",
    DeliveryState.SENDING: "pending",
    DeliveryState.SENT: "pending",
    DeliveryState.DELIVERED: "delivered",
    DeliveryState.UNKNOWN: "failed",
    DeliveryState.FAILED: "failed",
    DeliveryState.EXPIRED: "failed",
}


LONGEST_RAW = 40
# What follows an empty "stat:" is the next field.
_STAT = re.compile(r"\bstat:[ \t]{0,3}(?!err:|text:)([^ \t\r\n]{1,40})", re.IGNORECASE)
_SMPP = re.compile(r"\b(id|stat|err):", re.IGNORECASE)


def raw_status(receipt: str) -> str:
    """The operator's own word in a receipt: of SMPP's common text what follows "stat:", elsewhere all before a colon.

    "" where there is none (a receipt of nothing but TLVs).
    """
    found = _STAT.search(receipt[:1000])
    if found:
        return found[1]
    if _SMPP.search(receipt[:200]):
        return ""
    said = receipt[:200].split(":", 1)[0].strip()
    return said[:LONGEST_RAW] if said and "\n" not in said else ""


def said_of(receipt: str, state: int) -> str:
    """The word of a receipt; of one that has none (it is told in numbers), that of `state`; or "" (it says nothing)."""
    return raw_status(receipt) or ("" if state == DeliveryState.SENT else DeliveryState(state).label.upper())


def raw_of(words: Iterable[str], error_code: str) -> str:
    """What stands beside a state in words: the operator's words of all parts, else the code of its refusal, else ""."""
    said = dict.fromkeys(word for word in words if word)
    return ", ".join(said)[:120] or error_code
