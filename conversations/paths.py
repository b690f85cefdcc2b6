"""Which of a line's links a text leaves by. Pure; conversations/links.py asks the database what is known.

    came     the link that the conversation's last text came by: the subscriber has just shown that it reaches him
    heard    the link that last delivered any text from this number
    ported   the portability table names the operator
    prefix   the longest prefix of a link's own subscribers
    order    nothing better is known: the line's stated order

A number that was ported to an operator with whom we have no link goes by the line's order: its prefix says where it
was, not where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

CAME, HEARD, PORTED, PREFIX, ORDER, MOVED = "came", "heard", "ported", "prefix", "order", "moved"


@dataclass(frozen=True, slots=True)
class Way:
    """An enabled link of the line. `prefixes` as contacts.numbering.prefix_of makes them: "+22901"."""

    link_id: UUID
    name: str
    operator: str = ""
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    came_by: UUID | None = None
    heard_by: UUID | None = None
    ported_to: str | None = None  # an operator, or a link's name


class Path(NamedTuple):
    link_id: UUID
    why: str


def choose(ways: Sequence[Way], number: str, known: Known) -> Path:
    """One of `ways`, which are in the line's stated order and at least one."""
    ids = {way.link_id for way in ways}
    if known.came_by in ids:
        return Path(known.came_by, CAME)
    if known.heard_by in ids:
        return Path(known.heard_by, HEARD)
    if known.ported_to is not None:
        operator = known.ported_to.casefold()
        for way in ways:
            if operator in (way.operator.casefold(), way.name.casefold()):
                return Path(way.link_id, PORTED)
        return Path(ways[0].link_id, ORDER)
    longest = max(ways, key=lambda way: _fit(way, number))  # of two that fit alike the first
    return Path(longest.link_id, PREFIX) if _fit(longest, number) else Path(ways[0].link_id, ORDER)


def _fit(way: Way, number: str) -> int:
    return max((len(prefix) for prefix in way.prefixes if prefix and number.startswith(prefix)), default=0)
