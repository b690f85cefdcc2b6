"""The front filter of a line: who is let in, before bot and queue. Pure: no clock, no database, no chance.

    checks, in order  ->  the first that holds says what becomes of the subscriber; none: the filter's usual way

Each check that was asked stands in the trace with the value that it saw, so that the same function which judges a text
can tell an administrator why.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Protocol
from uuid import UUID

from contacts.attributes import Compare, holds

LONGEST_READ = 2000  # characters of a text
LONGEST_SEEN = 80
_WORDS = re.compile(r"[^\W_]+")


class Kind(StrEnum):
    IN_LIST = "in_list"
    NOT_IN_LIST = "not_in_list"
    TAG = "tag"
    ATTRIBUTE = "attribute"
    LANGUAGE = "language"
    HOURS = "hours"
    KEYWORD = "keyword"


class Outcome(StrEnum):
    ADMIT = "admit"  # let in: to the bot or at once to a queue, with a priority
    QUEUE = "queue"  # not let in, but not sent away: waits in another queue
    ANSWER = "answer"  # sent away: one answer, and the conversation is closed
    BOT = "bot"  # the bot and nobody else: when it would hand over, one answer, and the conversation is closed


@dataclass(frozen=True, slots=True)
class Way:
    """What becomes of a subscriber. `queue_id` None: the line's own. `bot_first`: of ADMIT; the line's bot answers
    before people do."""

    outcome: Outcome
    queue_id: UUID | None = None
    priority: int = 0
    reply: str = ""
    bot_first: bool = False

    def asks_bot(self, bot: str) -> bool:
        return bool(bot) and (self.outcome == Outcome.BOT or (self.outcome == Outcome.ADMIT and self.bot_first))


class Question(Protocol):
    """What is asked about somebody who writes: by a check of a front filter, or a condition of a rule
    (routing/workflow.py). `thing`: the list, tag or attribute. `value`: what an attribute is compared with, a language,
    "open" or "closed". `type`: of the attribute."""

    @property
    def kind(self) -> StrEnum: ...
    @property
    def thing(self) -> UUID | None: ...
    @property
    def compare(self) -> Compare: ...
    @property
    def value(self) -> str: ...
    @property
    def words(self) -> tuple[str, ...]: ...
    @property
    def type(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Check:
    """A Question, and what becomes of those for whom it holds."""

    id: UUID
    kind: Kind
    way: Way
    thing: UUID | None = None
    compare: Compare = Compare.IS
    value: str = ""
    words: tuple[str, ...] = ()
    type: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of who writes. `attributes`: by id, in their one form."""

    number: str
    language: str
    is_open: bool
    text: str
    lists: frozenset[UUID] = frozenset()
    tags: frozenset[UUID] = frozenset()
    attributes: Mapping[UUID, str] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """`seen`: in, out, has, none, open, closed, a language, a value, the word that was found; "": there was none."""

    place: int  # of the check, from 1
    passed: bool
    seen: str


@dataclass(frozen=True, slots=True)
class Decision:
    """`check` None: nothing held. `trace`: what was asked, in order; the last of it held, unless `check` is None."""

    way: Way
    check: Check | None
    place: int
    trace: tuple[Step, ...]


def decide(checks: Sequence[Check], otherwise: Way, facts: Facts) -> Decision:
    """The first check that holds decides; `otherwise` where none does."""
    trace: list[Step] = []
    for place, check in enumerate(checks, 1):
        passed, seen = ask(check, facts)
        trace.append(Step(place, passed, seen[:LONGEST_SEEN]))
        if passed:
            return Decision(check.way, check, place, tuple(trace))
    return Decision(otherwise, None, 0, tuple(trace))


def ask(check: Question, facts: Facts) -> tuple[bool, str]:
    """(whether the check holds, the value it saw)."""
    if check.kind in (Kind.IN_LIST, Kind.NOT_IN_LIST):
        inside = check.thing in facts.lists
        return inside == (check.kind == Kind.IN_LIST), "in" if inside else "out"
    if check.kind == Kind.TAG:
        return check.thing in facts.tags, "has" if check.thing in facts.tags else "none"
    if check.kind == Kind.ATTRIBUTE:
        has = None if check.thing is None else (facts.attributes or {}).get(check.thing)
        return holds(check.type, check.compare, has, check.value), has or ""
    if check.kind == Kind.LANGUAGE:
        return facts.language == check.value, facts.language
    if check.kind == Kind.HOURS:
        return facts.is_open == (check.value == "open"), "open" if facts.is_open else "closed"
    found = next((word for word in check.words if says(facts.text, word)), "")
    return bool(found), found


def says(text: str, word: str) -> bool:
    """Whether `word`, or several, stands in `text` as whole words, whatever its accents and capitals."""
    wanted = _folded_word(word)
    return bool(wanted) and f" {wanted} " in _folded_text(text)


def folded(text: str) -> str:
    # Cut again: some signs are eighteen when they are taken apart, and each is looked at.
    plain = unicodedata.normalize("NFKD", text[:LONGEST_READ].casefold())[:LONGEST_READ]
    kept = "".join(one for one in plain if unicodedata.category(one) != "Mn")
    return " ".join(_WORDS.findall(kept))


# A filter may ask one text for fifteen hundred words, of which each is asked of the next text again.
_folded_word = lru_cache(maxsize=20_000)(folded)


@lru_cache(maxsize=1)
def _folded_text(text: str) -> str:
    return f" {folded(text)} "
