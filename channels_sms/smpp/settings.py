"""The settings of one SMPP link, read once and checked, with reasons in words for the administrator."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from channels_sms.smpp import alphabets, codes, pdu
from channels_sms.smpp.alphabets import Alphabets

BINDS = {
    "transceiver": (codes.BIND_TRANSCEIVER,),
    "receiver": (codes.BIND_RECEIVER,),
    "transmitter": (codes.BIND_TRANSMITTER,),
    "pair": (codes.BIND_RECEIVER, codes.BIND_TRANSMITTER),  # operators without bind_transceiver
}
MOST_BINDS = 16  # of a kind; operators that allow several allow two to eight
SUBMITS = {"submit_sm": codes.SUBMIT_SM, "data_sm": codes.DATA_SM}
MESSAGE_IDS = ("auto", "same", "resp_hex", "resp_dec")


class InvalidSettings(ValueError):
    """The link cannot work with these settings; the message says which and why."""


@dataclass(frozen=True, slots=True)
class SmppSettings:
    """Times in seconds, rate in parts per second over all binds (0 = no limit), window in unanswered submits a bind."""

    host: str
    port: int
    system_id: str
    password: str
    bind: str = "transceiver"
    binds: int = 1  # connections, where all are of one kind
    receivers: int = 1  # and of a pair
    transmitters: int = 1
    system_type: str = ""
    tls: bool = False
    tls_ca: str = ""  # PEM of the operator's own authority; empty = the system's
    long_password: bool = False  # let a password of more than 8 characters through whole
    window: int = 10
    rate_per_s: float = 0
    enquire_s: float = 30
    response_timeout_s: float = 10
    alphabets: Alphabets = field(default_factory=Alphabets)
    source_ton: int = 3
    source_npi: int = 0
    dest_ton: int = 1
    dest_npi: int = 1
    wide_reference: bool = False  # 16-bit reference in long texts
    long_text: str = "udh"  # or "sar": parts told by TLVs; "payload": handed over whole, the operator cuts it
    parts_wait_s: int = 600  # for the missing parts of a text that came in; then it is shown with a gap
    submit_by: str = "submit_sm"  # or "data_sm", which some operators ask for
    service_type: str = ""
    validity_period: str = ""
    priority: int = 0
    message_ids: str = "auto"
    tlvs: pdu.Tlvs = ()  # added to each submit; some operators want their own

    @property
    def commands(self) -> tuple[int, ...]:
        """The binds that this link keeps, one connection each."""
        if self.bind == "pair":
            return (codes.BIND_RECEIVER,) * self.receivers + (codes.BIND_TRANSMITTER,) * self.transmitters
        return BINDS[self.bind] * self.binds

    @property
    def submit_command(self) -> int:
        return SUBMITS[self.submit_by]

    def bind_body(self) -> bytes:
        return pdu.encode_bind_body(
            system_id=self.system_id,
            password=self.password,
            system_type=self.system_type,
            long_password=self.long_password,
        )


def read(settings: Mapping[str, Any], secret: str) -> SmppSettings:
    """Unknown names are left to newer versions. Raises InvalidSettings."""
    known: dict[str, Any] = {"password": secret}
    for name, kind in _KINDS.items():
        if name in settings:
            known[name] = _convert(name, settings[name], kind)
        elif name in ("host", "port", "system_id"):
            raise InvalidSettings(f"{name} is missing")
    if settings.get("tlvs"):
        known["tlvs"] = _read_tlvs(settings["tlvs"])
    try:
        known["alphabets"] = alphabets.read(settings)
    except alphabets.InvalidAlphabets as error:
        raise InvalidSettings(str(error)) from None
    found = SmppSettings(**known)
    _check(found)
    return found


_KINDS: dict[str, type] = {
    **dict.fromkeys(("host", "system_id", "bind", "system_type", "long_text", "submit_by"), str),
    **dict.fromkeys(("service_type", "validity_period", "message_ids", "tls_ca"), str),
    **dict.fromkeys(("port", "window", "source_ton", "source_npi", "parts_wait_s"), int),
    **dict.fromkeys(("binds", "receivers", "transmitters"), int),
    **dict.fromkeys(("dest_ton", "dest_npi", "priority"), int),
    **dict.fromkeys(("tls", "long_password", "wide_reference"), bool),
    **dict.fromkeys(("rate_per_s", "enquire_s", "response_timeout_s"), float),
}


def _convert(name: str, value: Any, kind: type) -> Any:
    if kind is bool:
        if isinstance(value, bool):
            return value
        raise InvalidSettings(f"{name} must be true or false")
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise InvalidSettings(f"{name} must be a {'number' if kind is not str else 'text'}") from None


def _read_tlvs(given: Any) -> pdu.Tlvs:
    """{"0x1401": "hex of the value"}"""
    try:
        found = tuple((int(str(tag), 0), bytes.fromhex(value)) for tag, value in given.items())
    except (AttributeError, TypeError, ValueError):
        raise InvalidSettings('tlvs must look like {"0x1401": "00ff"}') from None
    if any(not 0 <= tag <= 0xFFFF or len(value) > 0xFFFF for tag, value in found):
        raise InvalidSettings("tlvs: a tag or a value is too large")
    return found


def _check(found: SmppSettings) -> None:
    ranges = (
        ("port", found.port, 1, 65535),
        ("binds", found.binds, 1, MOST_BINDS),
        ("receivers", found.receivers, 1, MOST_BINDS),
        ("transmitters", found.transmitters, 1, MOST_BINDS),
        ("window", found.window, 1, 10_000),
        ("rate_per_s", found.rate_per_s, 0, 100_000),
        ("enquire_s", found.enquire_s, 0.01, 3600),
        ("response_timeout_s", found.response_timeout_s, 0.01, 600),
        ("parts_wait_s", found.parts_wait_s, 1, 86_400),
        ("priority", found.priority, 0, 3),
        *((name, getattr(found, name), 0, 255) for name in _OCTETS),
    )
    for name, value, least, most in ranges:
        if not least <= value <= most:
            raise InvalidSettings(f"{name} is {value}, it must be from {least} to {most}")
    choices = (
        ("bind", found.bind, BINDS),
        ("message_ids", found.message_ids, MESSAGE_IDS),
        ("long_text", found.long_text, alphabets.LONG_TEXTS),
        ("submit_by", found.submit_by, SUBMITS),
    )
    for name, value, allowed in choices:
        if value not in allowed:
            raise InvalidSettings(f"{name} is {value!r}, it must be one of {', '.join(allowed)}")
    if found.submit_by == "data_sm" and (found.validity_period or found.priority):
        field_name = "validity_period" if found.validity_period else "priority"
        raise InvalidSettings(f"{field_name} cannot be sent: a data_sm has no such field")
    try:
        found.bind_body()
        pdu.encode_message_body(pdu.ShortMessage(service_type=found.service_type, validity=found.validity_period))
    except pdu.FieldTooLong as error:
        raise InvalidSettings(str(error)) from None


_OCTETS = ("source_ton", "source_npi", "dest_ton", "dest_npi")
