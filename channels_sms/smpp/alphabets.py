"""Which data_coding means what on one link, in both directions: operators differ, and no error says so (an "@" that
becomes nothing is the usual sign). Settings of the link, with defaults that fit most operators.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from channels_sms.text import data_coding as coding
from channels_sms.text import packing, parts, saver
from conversations.adapters import Planned

# What an operator may mean by data_coding 0, and by its likes with a message class.
DEFAULTS = (coding.GSM7, coding.GSM7_PACKED, coding.LATIN1, coding.ASCII, coding.UTF8)
LONG_TEXTS = ("udh", "sar", "payload")

_ENTRY = re.compile(r"(0[xX][0-9a-fA-F]{1,2}|[0-9]{1,3})\s*=\s*([a-z0-9_]+)")


class InvalidAlphabets(ValueError):
    """The message begins with the setting's name and says what it may be."""


@dataclass(frozen=True, slots=True)
class Alphabets:
    default: str = coding.GSM7  # what the operator means by data_coding 0
    table: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))  # what else differs from the book
    little_endian: bool = False  # Unicode, both ways; a byte order mark inbound goes before this
    gsm: int = 0  # sent with septets
    latin1: int | None = None  # sent with Latin-1; None: it is never sent
    ucs2: int = 8  # sent with Unicode
    packed: bool = False  # our septets leave packed seven bits each

    def inbound(self, data_coding: int, octets: bytes, *, header_octets: int) -> tuple[str, bytes]:
        """(alphabet, payload with its septets unpacked) of the text behind a header."""
        alphabet = coding.alphabet_of(
            data_coding, default_alphabet=self.default, little_endian=self.little_endian, table=self.table
        )
        if alphabet != coding.GSM7_PACKED:
            return alphabet, octets
        return coding.GSM7, packing.unpack(octets, header_octets=header_octets)

    def outbound(self, encoding: str, payload: bytes, *, header_octets: int) -> tuple[int, bytes]:
        """(data_coding, octets) of a text of `encoding` (channels_sms.text.parts) behind a header."""
        if encoding == parts.GSM7:
            return self.gsm, packing.pack(payload, header_octets=header_octets) if self.packed else payload
        if encoding == parts.LATIN1:
            # Planned when the link allowed it: parts that have left cannot be cut anew.
            return _BY_THE_BOOK if self.latin1 is None else self.latin1, payload
        return self.ucs2, _swapped(payload) if self.little_endian else payload


_BY_THE_BOOK = 3  # SMPP 3.4, 5.2.19: Latin-1


def read(settings: Mapping[str, Any]) -> Alphabets:
    """Raises InvalidAlphabets."""
    default = settings.get("default_alphabet") or coding.GSM7
    if default not in DEFAULTS:
        raise InvalidAlphabets(f"default_alphabet is {default!r}, it must be one of {', '.join(DEFAULTS)}")
    latin1 = settings.get("data_coding_latin1")
    return Alphabets(
        default=default,
        table=_table(settings.get("data_codings") or ""),
        little_endian=_flag(settings, "little_endian"),
        gsm=_octet("data_coding_gsm", settings.get("data_coding_gsm", 0)),
        latin1=None if latin1 in (None, "") else _octet("data_coding_latin1", latin1),
        ucs2=_octet("data_coding_ucs2", settings.get("data_coding_ucs2", 8)),
        packed=_flag(settings, "packed_gsm"),
    )


def plan(text: str, settings: Mapping[str, Any]) -> Planned:
    planned = parts.plan(text, latin1=takes_latin1(settings))
    whole = planned.parts > 1 and settings.get("long_text") == "payload"
    return Planned(planned.encoding, planned.parts, 1 if whole else 0)


def spare(text: str, settings: Mapping[str, Any]) -> str:
    saving = saver.find(text, latin1=takes_latin1(settings))
    return text if saving is None else saving.text


def takes_latin1(settings: Mapping[str, Any]) -> bool:
    return settings.get("data_coding_latin1") not in (None, "")


def _octet(name: str, value: Any) -> int:
    try:
        number = int(value, 0) if isinstance(value, str) else int(value)
    except (TypeError, ValueError):
        raise InvalidAlphabets(f"{name} must be a number") from None
    if not 0 <= number <= 255:
        raise InvalidAlphabets(f"{name} is {number}, it must be from 0 to 255")
    return number


def _flag(settings: Mapping[str, Any], name: str) -> bool:
    value = settings.get(name, False)
    if not isinstance(value, bool):
        raise InvalidAlphabets(f"{name} must be true or false")
    return value


def _table(given: Any) -> Mapping[int, str]:
    """ "4 = gsm7, 0xF1 = latin1" """
    if not isinstance(given, str):
        raise InvalidAlphabets('data_codings must look like "4 = gsm7, 0xF1 = latin1"')
    table: dict[int, str] = {}
    for entry in filter(None, (one.strip() for one in given.split(","))):
        found = _ENTRY.fullmatch(entry)
        if found is None:
            raise InvalidAlphabets(f'data_codings: {entry!r} does not look like "4 = gsm7"')
        number = _octet("data_codings", found[1] if found[1][:2].lower() == "0x" else str(int(found[1])))
        if found[2] not in coding.ALPHABETS:
            raise InvalidAlphabets(f"data_codings: {found[2]!r} must be one of {', '.join(coding.ALPHABETS)}")
        if number in table:
            raise InvalidAlphabets(f"data_codings: {number} is there twice")
        table[number] = found[2]
    return MappingProxyType(table)


def _swapped(payload: bytes) -> bytes:
    swapped = bytearray(payload)
    swapped[0::2], swapped[1::2] = payload[1::2], payload[0::2]
    return bytes(swapped)
