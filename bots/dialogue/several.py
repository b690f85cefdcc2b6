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
_SURE = 0.93
"""Of each part: of what is one request in truth, a part alone is seldom so sure."""


@dataclass(frozen=True, slots=True)
class Request:
    text: str
    intent: str


def parts(
    text: str, read: Callable[[str], Reading], courtesies: Collection[str], never: Collection[str]
) -> list[Request]:  # fmt: skip
    """The requests in their order, at least two of different intents; empty: it is one, or not understood by parts.

    `courtesies`: intents that are nothing beside a request ("bonjour, mon solde"). `never`: those that say how the
    whole is meant ("non, je voulais dire...").
    """
    if len(text) > _MOST_CHARACTERS:
        return []
    pieces = [piece.strip() for piece in _CUT.split(text) if any(map(str.isalpha, piece))]
    if not 2 <= len(pieces) <= _MOST_PARTS:
        return []
    meant: dict[str, str] = {}
    for piece in sorted(
        pieces, key=len
    ):  # the shortest is the likeliest to mean nothing, and then there is no more to do
        reading = read(piece)
        intent = reading.intent
        if intent is None or intent in NOT_ANSWERED or intent in never or reading.confidence < _SURE:
            return []
        meant[piece] = intent
    found: list[Request] = []
    for piece in pieces:
        if meant[piece] not in courtesies and all(meant[piece] != other.intent for other in found):
            found.append(Request(piece, meant[piece]))
    return found if len(found) > 1 else []
