"""Delivery receipts: telling them from texts, reading them, and the spellings of the id they speak of.

There is no standard text (appendix B gives a common one), so operators differ: fields missing, in other
order or case, the id in another base, in TLVs only, in message_payload. What is not surely a receipt is a
text: a subscriber who types "id:1 stat:DELIVRD" is a person writing.
"""

import re
from collections import OrderedDict
from typing import NamedTuple

from channels_sms.smpp import codes
from channels_sms.smpp.pdu import ShortMessage, tlv_text
from channels_sms.text import data_coding as coding
from channels_sms.text import udh

_TYPE_BITS = 0x3C
_RECEIPT_TYPES = frozenset({0x04, 0x20})  # final receipt, intermediate notification (5.2.12)

STATES = {
    "DELIVRD": "delivered",
    "DELIVERED": "delivered",
    "UNDELIV": "failed",
    "UNDELIVERABLE": "failed",
    "UNDELIVERED": "failed",
    "FAILED": "failed",
    "DELETED": "failed",
    "EXPIRED": "expired",
    "REJECTD": "rejected",
    "REJECTED": "rejected",
    "ENROUTE": "enroute",
    "SCHEDULED": "enroute",
    "BUFFERED": "enroute",
    "ACCEPTD": "accepted",
    "ACCEPTED": "accepted",
    "UNKNOWN": "unknown",
    "SKIPPED": "failed",
}
# message_state TLV (5.2.28; 0 and 9 come from version 5).
_STATE_NUMBERS = (
    "enroute",
    "enroute",
    "delivered",
    "expired",
    "failed",
    "failed",
    "accepted",
    "unknown",
    "rejected",
    "failed",
)

_LABEL = r"(?:id|sub|dlvrd|submit ?date|done ?date|stat|err):"
# A label is not the value of the one before it.
_FIELD = re.compile(rf"\b({_LABEL})[ \t]{{0,3}}(?!{_LABEL})([^ \t\r\n]{{0,80}})", re.IGNORECASE)
# Without a mark in the PDU, only the complete common text counts as a receipt.
_COMPLETE = frozenset({"id", "sub", "dlvrd", "submitdate", "donedate", "stat", "err"})
_LONGEST_READ = 1000

_DECIMAL = re.compile(r"[0-9]{1,20}")
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]{1,16}")


class Receipt(NamedTuple):
    """`id` as the operator wrote it; `state` as InboundReceipt names it; `error` the operator's code or ""."""

    id: str
    state: str
    error: str
    text: str


class UnreadableReceipt(Exception):
    """Marked as a receipt, but no message id in it."""


def find(message: ShortMessage) -> Receipt | None:
    """The receipt in a deliver_sm or data_sm; None when it is a text. Raises UnreadableReceipt."""
    marked = message.esm_class & _TYPE_BITS in _RECEIPT_TYPES
    tlv_id = message.tlv(codes.TLV_RECEIPTED_MESSAGE_ID) if message.tlvs else None
    tlv_state = message.tlv(codes.TLV_MESSAGE_STATE) if message.tlvs else None
    certain = marked or (tlv_id is not None and tlv_state is not None)
    if not certain and not _smells(message):
        return None
    text = _text(message)
    fields = _fields(text)
    if not certain and not (fields.keys() >= _COMPLETE and fields["stat"].upper() in STATES):
        return None

    identifier = fields.get("id") or (tlv_text(tlv_id) if tlv_id else "")
    if not identifier:
        raise UnreadableReceipt("a receipt without a message id")
    state = STATES.get(fields.get("stat", "").upper())
    if state is None and tlv_state:
        number = tlv_state[-1]
        state = _STATE_NUMBERS[number] if number < len(_STATE_NUMBERS) else None
    if state is None and message.esm_class & _TYPE_BITS == 0x20:
        state = "enroute"
    if state is None and not fields.get("stat") and not tlv_state:
        state = "accepted"  # it says nothing of what became of the text
    return Receipt(identifier, state or "unknown", fields.get("err") or _network_error(message), text)


def _smells(message: ShortMessage) -> bool:
    """Cheap look before the regular expression: nearly every inbound is a plain text."""
    start = message.octets[:_LONGEST_READ].replace(b"\0", b"").lower()
    return b"id:" in start and b"stat:" in start


def _text(message: ShortMessage) -> str:
    octets = message.octets
    if message.esm_class & codes.UDH_INDICATOR:
        try:
            _, octets = udh.parse(octets)
        except udh.MalformedHeader:
            pass
    octets = octets[:_LONGEST_READ]
    wide = coding.family(message.data_coding) == "ucs2" and b"id:" not in octets.lower()
    # Not the GSM alphabet: there an underscore in an id would read as a section sign.
    return coding.decode_ucs2(octets) if wide else octets.decode("latin-1")


def _fields(text: str) -> dict[str, str]:
    """First value of each known field, up to the "text:" that quotes the message."""
    head = re.split(r"\btext:", text, maxsplit=1, flags=re.IGNORECASE)[0]
    found: dict[str, str] = {}
    for name, value in _FIELD.findall(head):
        found.setdefault(name.lower().rstrip(":").replace(" ", ""), value)
    return found


def _network_error(message: ShortMessage) -> str:
    """network_error_code (5.3.2.31): network type, then a number of two octets."""
    value = message.tlv(codes.TLV_NETWORK_ERROR_CODE) if message.tlvs else None
    return str(int.from_bytes(value[-2:], "big")) if value is not None and len(value) == 3 else ""


class MessageIds:
    """Spellings of provider ids of one link, so that a receipt finds the message whose answer spelled it otherwise.

    Seen in the field: hexadecimal in the answer and decimal in the receipt, the reverse, leading zeros,
    other case. An id that is not a number (a UUID) is never changed. `mode`: "same", "resp_hex" (answer
    hexadecimal, receipt decimal), "resp_dec" (the reverse), or "auto": all, until a receipt has been seen
    to spell an id as its answer did; after that the other base is no longer tried, since digits of one id
    may spell another id.
    """

    def __init__(self, mode: str = "auto", *, remembered: int = 5000) -> None:
        self._mode = mode
        self._remembered = remembered
        self._answered: OrderedDict[str, None] = OrderedDict()

    def of_answer(self, identifier: str) -> tuple[str, ...]:
        """Spellings to file an answer's id under: verbatim, then without leading zeros if it is a number."""
        if self._mode == "auto" and _number(identifier):
            self._answered[identifier] = None
            if len(self._answered) > self._remembered:
                self._answered.popitem(last=False)
        return _unique(identifier, _without_zeros(identifier))

    def of_receipt(self, identifier: str) -> tuple[str, ...]:
        """Spellings to look a receipt's id up by, best first."""
        if self._mode == "auto" and identifier in self._answered:
            self._mode = "learned"
            self._answered.clear()
        spellings = [identifier]
        bare = _without_zeros(identifier)
        if self._mode != "same" and _number(identifier):
            spellings.append(bare)
            if not _DECIMAL.fullmatch(bare):
                spellings += [bare.lower(), bare.upper()]
        if self._mode in ("auto", "resp_hex") and _DECIMAL.fullmatch(identifier):
            spellings += [f"{int(identifier):x}", f"{int(identifier):X}"]
        if self._mode in ("auto", "resp_dec") and _HEXADECIMAL.fullmatch(identifier):
            spellings.append(str(int(identifier, 16)))
        return _unique(*spellings)


def _number(identifier: str) -> bool:
    return bool(_DECIMAL.fullmatch(identifier) or _HEXADECIMAL.fullmatch(identifier))


def _without_zeros(identifier: str) -> str:
    return (identifier.lstrip("0") or "0") if _number(identifier) else identifier


def _unique(*spellings: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(spellings))
