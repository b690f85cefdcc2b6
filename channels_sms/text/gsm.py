"""The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038, 6.2.1).

Septets are kept unpacked, one per octet, as nearly every SMSC wants them under data_coding 0. A character of
the extension table is two septets: ESC (0x1B), then its code.
"""

import re

from channels_sms.text import national

ESCAPE = 0x1B

# Index = septet. ESC stands at 0x1B so that the index stays right; it is not a character one may send.
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}

_BASIC_CHARACTERS = BASIC.replace("\x1b", "")
_SEPTETS: dict[str, bytes] = {
    **{character: bytes((code,)) for code, character in enumerate(BASIC) if code != ESCAPE},
    **{character: bytes((ESCAPE, code)) for code, character in EXTENSION.items()},
}
_ALL_GSM = re.compile(f"[{re.escape(_BASIC_CHARACTERS + ''.join(EXTENSION.values()))}]*")
_EXTENDED = re.compile(f"[{re.escape(''.join(EXTENSION.values()))}]")


class NotGsm(ValueError):
    """The text has a character that the GSM alphabet lacks; send it as UCS-2."""


def is_gsm(text: str) -> bool:
    return _ALL_GSM.fullmatch(text) is not None


def septets(text: str) -> int:
    """Septets of a text for which `is_gsm` holds: two for each character of the extension table."""
    return len(text) + len(_EXTENDED.findall(text))


def width(character: str) -> int:
    """Septets of one character: 1, 2, or 0 when the alphabet lacks it."""
    return len(_SEPTETS.get(character, b""))


def encode(text: str) -> bytes:
    """Unpacked septets of `text`. Raises NotGsm: nothing is replaced or dropped in silence."""
    try:
        return b"".join([_SEPTETS[character] for character in text])
    except KeyError as error:
        raise NotGsm(f"{error.args[0]!r} is not in the GSM alphabet") from None


def decode(data: bytes, *, locking: int = 0, single: int = 0) -> str:
    """Text of unpacked septets; never raises.

    `locking` and `single` are national language codes from the UDH (0 = none; see `national`).
    As 23.038 asks: an escape at the end, or a second one, shows a space; a code that the extension table
    lacks shows the character of the basic table. An octet above 0x7F is no septet: it becomes U+FFFD.
    """
    basic = national.LOCKING.get(locking, BASIC)
    extension = national.SINGLE.get(single, EXTENSION)
    # A language that we lack still has the default symbols at their codes; its own letters cannot be guessed.
    unknown_language = single != 0 and single not in national.SINGLE
    if ESCAPE not in data:
        return "".join([basic[octet] if octet < 0x80 else "\ufffd" for octet in data])
    characters: list[str] = []
    escaped = False
    for octet in data:
        if escaped:
            escaped = False
            if octet == ESCAPE:
                characters.append(" ")
            elif octet < 0x80:
                characters.append(extension.get(octet) or ("\ufffd" if unknown_language else basic[octet]))
            else:
                characters.append("\ufffd")
        elif octet == ESCAPE:
            escaped = True
        else:
            characters.append(basic[octet] if octet < 0x80 else "\ufffd")
    if escaped:
        characters.append(" ")
    return "".join(characters)
