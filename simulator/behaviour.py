"""How one operator behaves: every way in which a real one surprises its customers, as a value to set."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class BadBehaviour(ValueError):
    """A field that does not exist or a value that makes no sense; the message names it."""


CHOICES: dict[str, tuple[str, ...]] = {
    "receipts": ("requested", "always", "never"),
    "receipt_when": ("after", "before_response"),
    "receipt_ids": ("same", "hex", "HEX", "decimal", "decimal10"),
    "receipt_form": ("text", "openmarket", "tlv", "payload"),
    "long_texts": ("udh8", "udh16", "sar", "payload"),
    "deliver_by": ("deliver_sm", "data_sm"),
    "addresses": ("international", "plus", "national"),
}
_FRACTIONS = ("throttle", "no_response", "refuse_fraction")


@dataclass(slots=True)
class Behaviour:
    """Defaults are those of a calm operator. Counters ("the next n") fall to 0 as they are used up."""

    # --- the session -----------------------------------------------------------------------------------------
    refuse_bind: int = 0  # SMPP status that every bind is refused with
    most_binds: int = 0  # of the account at once; one more is refused as "already bound"; 0 = no limit
    enquire_s: float = 30.0  # the operator asks after this silence, and hangs up when not answered; 0 = never
    ignore_enquiries: bool = False  # the customer's enquire_link is not answered

    # --- submit_sm: what the customer sends ------------------------------------------------------------------
    throttle: float = 0.0  # fraction answered with ESME_RTHROTTLED
    tps: int = 0  # accepted per second; above it ESME_RTHROTTLED; 0 = no limit
    delay_ms: int = 0  # before each answer
    no_response: float = 0.0  # fraction accepted, shown on the phone, never answered
    drop_before_response: int = 0  # the next n are accepted and the connection is cut before the answer
    drop_after_response: int = 0  # the next n are answered and the connection is cut
    refuse: int = 0  # SMPP status of a refusal
    refuse_fraction: float = 1.0
    refuse_destinations: list[str] = field(default_factory=list)  # prefixes; empty = every number

    # --- delivery receipts -----------------------------------------------------------------------------------
    receipts: str = "requested"
    receipt_when: str = "after"
    receipt_delay_ms: int = 400
    receipt_copies: int = 1
    receipt_shuffle: int = 0  # receipts are held in groups of n and leave in reverse order
    receipt_ids: str = "same"  # spelling of the id in the receipt
    receipt_stat: str = "DELIVRD"
    receipt_error: str = "000"
    receipt_before: list[str] = field(default_factory=list)  # states sent first, e.g. ["ENROUTE", "ACCEPTD"]
    receipt_form: str = "text"

    # --- deliver_sm: what subscribers send -------------------------------------------------------------------
    paused: bool = False  # the operator keeps everything
    window: int = 10  # deliver_sm without an answer, over all sessions of the account
    per_subscriber: int = 1  # of these, from one subscriber; 1 = strictly in order
    retry_s: float = 1.0
    response_timeout_s: float = 30.0  # then the text leaves again, under a new sequence number
    copies_same: int = 0  # each deliver_sm is repeated n times with its own sequence number
    copies_new: int = 0  # each deliver_sm is repeated n times with new sequence numbers
    lose_answers: int = 0  # the next n deliver_sm_resp are lost: the text is kept, the connection is cut
    long_texts: str = "udh8"
    deliver_by: str = "deliver_sm"  # texts and receipts; what no data_sm can say still comes by deliver_sm
    addresses: str = "international"
    data_coding_gsm: int = 0
    data_coding_latin1: int = 0  # texts that Latin-1 can write come under this value; 0 = they come in Unicode
    packed: bool = False  # septets travel packed seven bits each, both ways
    little_endian: bool = False  # Unicode comes with its octets swapped, and a byte order mark
    late_parts: int = 0  # the next n long texts: their second part leaves late_s after the others
    late_s: float = 5.0

    def change(self, values: Mapping[str, Any]) -> None:
        """Set some fields. Nothing is set when one of them is wrong. Raises BadBehaviour."""
        known = {item.name: item for item in dataclasses.fields(self)}
        checked: dict[str, Any] = {}
        for name, value in values.items():
            if name not in known:
                raise BadBehaviour(f"there is no behaviour {name!r}; there are {', '.join(sorted(known))}")
            checked[name] = _checked(name, value, getattr(self, name))
        for name, value in checked.items():
            setattr(self, name, value)

    def as_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def _checked(name: str, value: Any, current: Any) -> Any:
    if isinstance(current, bool):
        if not isinstance(value, bool):
            raise BadBehaviour(f"{name} is true or false")
        return value
    if isinstance(current, int | float):
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise BadBehaviour(f"{name} is a number, not negative")
        if name in _FRACTIONS and value > 1:
            raise BadBehaviour(f"{name} is a fraction between 0 and 1")
        if name in {"window", "per_subscriber"} and value < 1:
            raise BadBehaviour(f"{name} is at least 1")
        return int(value) if isinstance(current, int) else float(value)
    if isinstance(current, list):
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise BadBehaviour(f"{name} is a list of texts")
        return list(value)
    if not isinstance(value, str) or value not in CHOICES.get(name, (value,)):
        raise BadBehaviour(f"{name} is one of {', '.join(CHOICES.get(name, ('a text',)))}")
    return value
