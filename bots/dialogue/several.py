"""Several requests in one text: "mon solde, et comment recharger ?" is two.

A text is parted at the ends of sentences and at words such as "et", only where every part is understood by itself, and
they mean different things. "J'ai payé ma facture et elle est fausse" stays one: its second part means nothing alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from bots.turn import NOT_ANSWERED, Reading

_CUT = re.compile(
    r"[.!?;\n]+|, |\b(?:et aussi|et puis|et|puis|ainsi que|and also|and then|and|then|also|aussi)\b", re.IGNORECASE
)
_MOST_PARTS, _MOST_CHARACTERS = 5, 400


@dataclass(frozen=True, slots=True)
class Request:
    text: str
    intent: str


def parts(text: str, read: Callable[[str], Reading], courtesies: Collection[str]) -> list[Request]:
    """The requests in their order, at least two of different intents; empty: it is one, or not understood by parts.

    `courtesies`: intents that are nothing beside a request ("bonjour, mon solde").
    """
    if len(text) > _MOST_CHARACTERS:
        return []
    pieces = [piece.strip() for piece in _CUT.split(text) if any(map(str.isalpha, piece))]
    if not 2 <= len(pieces) <= _MOST_PARTS:
        return []
    found: list[Request] = []
    for piece in pieces:
        meant = read(piece).intent
        if meant in NOT_ANSWERED or meant is None:
            return []
        if meant in courtesies:
            continue
        if all(meant != other.intent for other in found):
            found.append(Request(piece, meant))
    return found if len(found) > 1 else []
