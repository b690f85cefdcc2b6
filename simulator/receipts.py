"""Delivery receipts, in the spellings that operators really use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from simulator import codec
from simulator.behaviour import Behaviour

_STATES = {
    "ENROUTE": 1, "DELIVRD": 2, "EXPIRED": 3, "DELETED": 4, "UNDELIV": 5, "ACCEPTD": 6, "UNKNOWN": 7, "REJECTD": 8,
}  # fmt: skip


@dataclass(slots=True)
class Submitted:
    """A text that the operator took over for a phone."""

    number: int
    id: str
    source: str
    source_ton: int
    source_npi: int
    destination: str
    text: str
    at: datetime
    wants_receipt: bool
    stat: str = "ENROUTE"

    @property
    def state(self) -> int:
        """message_state of SMPP 3.4, 5.2.28."""
        return _STATES.get(self.stat, 7)


def spelled(number: int, style: str) -> str:
    """A message id of this number: decimal, hex, HEX, or decimal10 (decimal, at least ten digits)."""
    if style == "hex":
        return f"{number:x}"
    if style == "HEX":
        return f"{number:X}"
    return f"{number:010d}" if style == "decimal10" else str(number)


def receipt_body(submitted: Submitted, behaviour: Behaviour, stat: str) -> tuple[bytes, str]:
    """The deliver_sm (octets after the header) that says `stat`, and its text for the ledger."""
    style = behaviour.receipt_ids
    spelling = submitted.id if style == "same" else spelled(submitted.number, style)
    final = stat not in {"ENROUTE", "ACCEPTD"}
    error = behaviour.receipt_error if final else "000"
    start, end = f"{submitted.at:%y%m%d%H%M}", f"{datetime.now(UTC):%y%m%d%H%M}"
    opening = submitted.text[:20].encode("ascii", "replace").decode("ascii")
    delivered = "001" if stat == "DELIVRD" else "000"
    if behaviour.receipt_form == "openmarket":
        text = (
            f"id:{spelling} sub:001 dlvrd:{delivered} submitdate:{start}00 donedate:{end}00 "
            f"stat:{stat} err:{error} Text:{opening}"
        )
    else:
        text = (
            f"id:{spelling} sub:001 dlvrd:{delivered} submit date:{start} done date:{end} "
            f"stat:{stat} err:{error} text:{opening}"
        )
    form = behaviour.receipt_form
    octets = text.encode("ascii")
    raw = codec.encode(
        "deliver_sm",
        sequence=0,
        source_addr_ton=1,
        source_addr_npi=1,
        source_addr=submitted.destination,
        dest_addr_ton=submitted.source_ton,
        dest_addr_npi=submitted.source_npi,
        destination_addr=submitted.source,
        esm_class=0x04,
        data_coding=0,
        short_message=octets if form in {"text", "openmarket"} else b"",
    )
    body = raw[16:]
    if form == "payload":
        body += codec.tlv(codec.TLV_PAYLOAD, octets)
    if form != "openmarket":
        body += codec.tlv(codec.TLV_RECEIPTED_ID, spelling.encode() + b"\0")
        body += codec.tlv(codec.TLV_STATE, bytes((_STATES.get(stat, 7),)))
    return body, text
