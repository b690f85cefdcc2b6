"""The rules of a line: which queue a conversation waits in once people are to have it, what is asked of the agent, and
how urgent it is. Pure: no clock, no database, no chance.

    rules, in order  ->  the first that holds, is on, and whose queue is on says where; none: the line's own queue

A rule holds when each of its conditions does; a rule without conditions holds for everybody. Every rule stands in the
trace, those after the first that holds, too: each condition with the value that it saw. The same function routes texts
and tells an administrator why.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from contacts.attributes import Compare, holds
from routing import front_filter
from routing.assignment import Want
from routing.front_filter import LONGEST_SEEN, Kind, Step
from routing.ladder import Ladder


class More(StrEnum):
    """What rules ask besides front_filter.Kind."""

    INTENT = "intent"  # one of `words`, in what the bot understood
    ENTITY = "entity"  # what the bot found under the name `key`
    CONFIDENCE = "confidence"  # per cent, of the bot's last turn
    SKILL = "skill"  # one of `words`, in what the bot says that the work asks of an agent
    TIME = "time"  # `words`: days from "1", Monday, to "7"; `value`: "08:00-17:30" by the organisation's clock


class Verdict(StrEnum):
    """`TAKEN`: it decides. `LATER`: it holds, but one before it decides."""

    TAKEN = "taken"
    LATER = "later"
    FAILED = "failed"
    OFF = "off"
    QUEUE_OFF = "queue_off"  # it holds, and its queue is off: skipped


@dataclass(frozen=True, slots=True)
class Condition:
    """A front_filter.Question, or one of More. `key`: of an entity."""

    kind: Kind | More
    thing: UUID | None = None
    compare: Compare = Compare.IS
    value: str = ""
    words: tuple[str, ...] = ()
    type: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """`ladder` None: the queue's own."""

    id: UUID
    queue_id: UUID
    conditions: tuple[Condition, ...] = ()
    is_enabled: bool = True
    name: str = ""
    priority: int = 0
    wants: tuple[Want, ...] = ()
    ladder: Ladder | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when people are to have a conversation. `intents`, `entities`: what the bot understood in its last
    texts, oldest first. `skills`: what it asks of the agent, in its author's words. `confidence`: 0 to 1, of the last;
    None: no bot was asked. `weekday`: 1 is Monday; `minute`: of the day; both by the organisation's clock."""

    person: front_filter.Facts
    weekday: int
    minute: int
    intents: tuple[str, ...] = ()
    entities: Mapping[str, str] = field(default_factory=dict)
    confidence: float | None = None
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleStep:
    """`place`: from 1. `steps`: one for each condition."""

    place: int
    rule: Rule
    verdict: Verdict
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """`rule` None: none holds; `place` is then 0. `trace`: one for each rule, in order."""

    rule: Rule | None
    place: int
    trace: tuple[RuleStep, ...]

    @property
    def skipped(self) -> list[int]:
        """The rules before the one that decides which would have, were their queue on."""
        before = self.place or len(self.trace) + 1
        return [one.place for one in self.trace if one.verdict == Verdict.QUEUE_OFF and one.place < before]


def route(rules: Sequence[Rule], facts: Facts, open_queues: Collection[UUID]) -> Decision:
    """`open_queues`: those that are on."""
    trace: list[RuleStep] = []
    taken: RuleStep | None = None
    for place, rule in enumerate(rules, 1):
        steps = tuple(
            Step(number, *_short(ask(condition, facts))) for number, condition in enumerate(rule.conditions, 1)
        )
        verdict = _verdict(rule, steps, open_queues, decided=taken is not None)
        one = RuleStep(place, rule, verdict, steps)
        taken = one if verdict == Verdict.TAKEN else taken
        trace.append(one)
    return Decision(taken.rule if taken else None, taken.place if taken else 0, tuple(trace))


def _short(answer: tuple[bool, str]) -> tuple[bool, str]:
    return answer[0], answer[1][:LONGEST_SEEN]


def _verdict(rule: Rule, steps: Sequence[Step], open_queues: Collection[UUID], *, decided: bool) -> Verdict:
    if not rule.is_enabled:
        return Verdict.OFF
    if not all(step.passed for step in steps):
        return Verdict.FAILED
    if rule.queue_id not in open_queues:
        return Verdict.QUEUE_OFF
    return Verdict.LATER if decided else Verdict.TAKEN


def ask(condition: Condition, facts: Facts) -> tuple[bool, str]:
    """(whether the condition holds, the value it saw)."""
    if isinstance(condition.kind, Kind):
        return front_filter.ask(condition, facts.person)
    if condition.kind == More.INTENT:
        found = next((one for one in condition.words if one in facts.intents), "")
        return bool(found), found or ", ".join(facts.intents)
    if condition.kind == More.SKILL:
        found = next((one for one in condition.words if one in facts.skills), "")
        return bool(found), found or ", ".join(facts.skills)
    if condition.kind == More.ENTITY:
        has = facts.entities.get(condition.key)
        return holds("text", condition.compare, has, condition.value), has or ""
    if condition.kind == More.CONFIDENCE:
        sure = None if facts.confidence is None else str(round(facts.confidence * 100))
        return sure is not None and holds("number", condition.compare, sure, condition.value), sure or ""
    return _within(condition, facts.weekday, facts.minute), clock(facts.weekday, facts.minute)


def _within(condition: Condition, weekday: int, minute: int) -> bool:
    """A stretch beyond midnight belongs to the day on which it begins. Without days: every day."""
    first, last = span_of(condition.value)

    def on(day: int) -> bool:
        return not condition.words or str(day) in condition.words

    if first < last:
        return on(weekday) and first <= minute < last
    return (on(weekday) and minute >= first) or (on((weekday - 2) % 7 + 1) and minute < last)


def span_of(value: str) -> tuple[int, int]:
    """ "08:00-17:30" as minutes of the day; from 24:00 on, and what is no time, raises ValueError."""
    ends = []
    for part in value.split("-"):
        hours, minutes = part.split(":")
        if not (len(hours) == len(minutes) == 2 and (hours + minutes).isdecimal() and (hours + minutes).isascii()):
            raise ValueError(f"{value!r} is no stretch of time")
        if int(hours) > 23 or int(minutes) > 59:
            raise ValueError(f"{value!r} is no stretch of time")
        ends.append(int(hours) * 60 + int(minutes))
    if len(ends) != 2:
        raise ValueError(f"{value!r} is no stretch of time")
    return ends[0], ends[1]


def clock(weekday: int, minute: int) -> str:
    """ "3 14:05": Wednesday."""
    return f"{weekday} {minute // 60:02d}:{minute % 60:02d}"
