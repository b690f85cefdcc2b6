"""What waiting changes: after so many seconds a conversation asks for less, is offered to more, or is told something.

A ladder belongs to a queue. What a conversation asks after waiting is worked out anew each time from what it asked at
first and how long it has waited, and is stored nowhere: a changed ladder reaches those who wait already, and two
processes cannot climb it twice. Deeds (telling the subscriber something) happen once; whoever does them remembers the
`key` of the step.

As JSON a step is {"after_s": 60, "do": "lower_level", "skill": "<id>", "by": 1}; see `as_rows`.
"""

from __future__ import annotations

import json
import logging
import math
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Any, assert_never
from uuid import UUID

from common.errors import Invalid
from routing.assignment import Waiting, Want

log = logging.getLogger(__name__)

LONGEST_S = 7 * 24 * 3600
MOST_STEPS = 20
MOST_LEVELS = 5
MOST_PRIORITY = 100


@dataclass(frozen=True, slots=True)
class LowerLevel:
    """Ask `by` levels less of a skill, down to none at all. Whoever does not ask for it asks nothing new."""

    skill_id: UUID
    by: int = 1


@dataclass(frozen=True, slots=True)
class DropPreferred:
    """No longer put agents first who are good at this. A minimum stays."""

    skill_id: UUID


@dataclass(frozen=True, slots=True)
class AddQueue:
    """Overflow: those who serve this queue may take it, too. Its own queue's rule and ladder go on."""

    queue_id: UUID


@dataclass(frozen=True, slots=True)
class RaisePriority:
    by: int = 1


@dataclass(frozen=True, slots=True)
class TeamOver:
    """The queue's preferred team has been asked first for long enough: now anybody. No step of its own ladder, see
    `team_first`."""

    team_id: UUID


class Deed(StrEnum):
    TELL_POSITION = "tell_position"  # position and estimated wait
    OFFER_CALLBACK = "offer_callback"
    GIVE_TO_BOT = "give_to_bot"  # it leaves the queue: the last step


Change = LowerLevel | DropPreferred | AddQueue | RaisePriority | TeamOver


@dataclass(frozen=True, slots=True)
class Step:
    after_s: int  # seconds in the queue
    what: Change | Deed

    @property
    def key(self) -> str:
        """What to remember of a deed that was done. The same deed at another time is another."""
        return f"{_name(self.what)}@{self.after_s}"


@dataclass(frozen=True, slots=True)
class Ladder:
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Rung:
    """Where a conversation stands. `due`: the deeds whose time has come, done already or not.

    `next_after_s`: the seconds of waiting at which the next step changes something; None at the top.
    """

    waiting: Waiting
    due: tuple[Step, ...]
    next_after_s: int | None


def apply(ladder: Ladder, base: Waiting, waited_s: float) -> Rung:
    """What `base` asks after so many seconds in the queue. Conversations that stand alike share their tuples."""
    steps = _passed(ladder, waited_s)
    later = [step.after_s for step in ladder.steps if step.after_s > waited_s]
    wants, queue_ids, urgency = _climbed(steps, base.wants, base.queue_ids)
    waiting = base
    if steps:
        waiting = replace(base, wants=wants, queue_ids=queue_ids, priority=base.priority + urgency)
    due = tuple(step for step in steps if isinstance(step.what, Deed))
    return Rung(waiting, due, min(later, default=None))


def climbed(
    ladder: Ladder, wants: tuple[Want, ...], queue_ids: tuple[UUID, ...], waited_s: float
) -> tuple[tuple[Want, ...], tuple[UUID, ...], int]:
    """What becomes of these wants and queues after so many seconds, and by how much the priority rises: what `apply`
    does to each conversation, once for all that ask the same."""
    return _climbed(_passed(ladder, waited_s), wants, queue_ids)


@lru_cache(maxsize=1024)
def stages(ladder: Ladder) -> tuple[tuple[float, float], ...]:
    """The stretches of waiting within which nothing changes, in seconds: [from, to), the last without end."""
    ends = sorted({step.after_s for step in ladder.steps if not isinstance(step.what, Deed) and step.after_s > 0})
    return tuple(pairwise((0.0, *map(float, ends), math.inf)))


def stage_at(ladder: Ladder, waited_s: float) -> int:
    """The place in `stages` of who has waited so long."""
    return max(0, bisect_right(stages(ladder), (waited_s, math.inf)) - 1)


def team_first(ladder: Ladder, team_id: UUID, seconds: int) -> tuple[Want, Ladder]:
    """What a queue asks whose team comes first for so many seconds: to be of the team is like a skill, level 1 (see
    routing/glance.py), and the ladder with the step that asks for it no longer."""
    over = Step(seconds, TeamOver(team_id))
    return Want(team_id, least=1), Ladder(tuple(sorted((*ladder.steps, over), key=lambda step: step.after_s)))


def deeds(ladder: Ladder) -> tuple[Step, ...]:
    return tuple(step for step in ladder.steps if isinstance(step.what, Deed))


def raises(ladder: Ladder) -> tuple[list[int], list[int]]:
    """After how many seconds the priority rises, and by how much each time."""
    found = [(step.after_s, step.what.by) for step in ladder.steps if isinstance(step.what, RaisePriority)]
    return [after_s for after_s, _ in found], [by for _, by in found]


@lru_cache(maxsize=1024)
def without(ladder: Ladder, queues: frozenset[UUID]) -> Ladder:
    """It adds none of these queues."""
    if queues.isdisjoint(adds(ladder)):
        return ladder
    return Ladder(tuple(s for s in ladder.steps if not (isinstance(s.what, AddQueue) and s.what.queue_id in queues)))


def adds(ladder: Ladder) -> list[UUID]:
    """The queues that it overflows into, in its order."""
    return [step.what.queue_id for step in ladder.steps if isinstance(step.what, AddQueue)]


def _passed(ladder: Ladder, waited_s: float) -> tuple[Step, ...]:
    return tuple(step for step in ladder.steps if step.after_s <= waited_s)


@lru_cache(maxsize=4096)
def _climbed(
    steps: tuple[Step, ...], wants: tuple[Want, ...], queue_ids: tuple[UUID, ...]
) -> tuple[tuple[Want, ...], tuple[UUID, ...], int]:
    urgency = 0
    for step in steps:
        what = step.what
        if isinstance(what, LowerLevel):
            wants = tuple(
                replace(one, least=max(0, one.least - what.by)) if one.skill_id == what.skill_id else one
                for one in wants
            )
        elif isinstance(what, DropPreferred):
            wants = tuple(replace(one, preferred=0) if one.skill_id == what.skill_id else one for one in wants)
        elif isinstance(what, TeamOver):
            wants = tuple(one for one in wants if one.skill_id != what.team_id)
        elif isinstance(what, AddQueue):
            queue_ids = queue_ids if what.queue_id in queue_ids else (*queue_ids, what.queue_id)
        elif isinstance(what, RaisePriority):
            urgency += what.by
    return wants, queue_ids, urgency


# --- What cannot be a ladder ---------------------------------------------------------------------------------


def check(
    ladder: Ladder,
    *,
    own_queue: UUID | None,
    queues: Collection[UUID],
    skills: Collection[UUID],
    others: Mapping[UUID, Ladder] | None = None,
) -> None:
    """Refuse a ladder that cannot be meant. Raises Invalid; `field` is "ladder.<place of the step>.<part>".

    `own_queue`: whose ladder it is; None: of a queue that does not exist yet. `queues`, `skills`: those of the
    organisation. `others`: the ladders of its other queues, for a loop through several: A overflows to B, and B to A,
    so that each hands the other what it cannot do itself.
    """
    if len(ladder.steps) > MOST_STEPS:
        raise Invalid("ladder_too_long", f"at most {MOST_STEPS} steps", field="ladder", most=MOST_STEPS)
    for place, step in enumerate(ladder.steps):
        before = ladder.steps[:place]
        _check_place(place, step, before)
        what = step.what
        if isinstance(what, LowerLevel | DropPreferred) and what.skill_id not in skills:
            raise _refusal(place, "skill", "ladder_unknown_skill", "there is no such skill")
        if isinstance(what, LowerLevel) and not 1 <= what.by <= MOST_LEVELS:
            raise _refusal(place, "by", "ladder_levels", f"from 1 to {MOST_LEVELS} levels less")
        if isinstance(what, RaisePriority) and not 1 <= what.by <= MOST_PRIORITY:
            raise _refusal(place, "by", "ladder_priority", f"from 1 to {MOST_PRIORITY} more")
        if isinstance(what, AddQueue):
            if what.queue_id == own_queue:
                raise _refusal(place, "queue", "ladder_own_queue", "it waits in this queue already")
            if what.queue_id not in queues:
                raise _refusal(place, "queue", "ladder_unknown_queue", "there is no such queue")
            if what.queue_id in adds(Ladder(before)):
                raise _refusal(place, "queue", "ladder_queue_twice", "a step before it adds this queue already")
            way = _way_back(what.queue_id, own_queue, others or {})
            if way:
                message = "this queue overflows back into the one that overflows into it"
                raise _refusal(place, "queue", "ladder_loop", message, way=[str(one) for one in way])


def _check_place(place: int, step: Step, before: tuple[Step, ...]) -> None:
    if not 0 <= step.after_s <= LONGEST_S:
        raise _refusal(place, "after_s", "ladder_seconds", "a step comes after 0 to 604,800 seconds (7 days)")
    if not before:
        return
    earlier = before[-1].after_s
    if step.after_s < earlier:
        message = f"step {place + 1} comes after {step.after_s} s, the one before it after {earlier} s"
        raise _refusal(place, "after_s", "ladder_order", message, after_s=step.after_s, earlier_s=earlier)
    if before[-1].what is Deed.GIVE_TO_BOT:
        raise _refusal(place, "do", "ladder_after_bot", "nothing comes after the bot: it has left the queue by then")
    if step in before:
        raise _refusal(place, "do", "ladder_twice", "a step before it says the same")


def _refusal(place: int, part: str, code: str, message: str, **facts: Any) -> Invalid:
    return Invalid(code, message, field=f"ladder.{place}.{part}", step=place + 1, **facts)


def _way_back(begin: UUID, end: UUID | None, others: Mapping[UUID, Ladder]) -> list[UUID]:
    """The queues from `begin` to `end`, both included, along what their ladders add; empty: no way."""
    ways, seen = [[begin]], {begin}
    while ways:
        way = ways.pop(0)
        for after in adds(others.get(way[-1], Ladder())):
            if after == end:
                return [*way, after]
            if after not in seen:
                seen.add(after)
                ways.append([*way, after])
    return []


# --- As JSON -------------------------------------------------------------------------------------------------


def as_rows(ladder: Ladder) -> list[dict[str, Any]]:
    return [{"after_s": step.after_s, "do": _name(step.what), **_details(step.what)} for step in ladder.steps]


def from_rows(rows: Sequence[Mapping[str, Any]]) -> Ladder:
    """Raises Invalid("ladder_step") for a step that is none; what it means is looked at by `check`."""
    steps = []
    for place, row in enumerate(rows):
        try:
            steps.append(Step(_whole(row["after_s"]), _what(row)))
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise Invalid(
                "ladder_step", f"step {place + 1} of the ladder cannot be read: {error!r}", field=f"ladder.{place}",
                step=place + 1,
            ) from error  # fmt: skip
    return Ladder(tuple(steps))


def _what(row: Mapping[str, Any]) -> Change | Deed:
    match row["do"]:
        case "lower_level":
            return LowerLevel(UUID(str(row["skill"])), _whole(row.get("by", 1)))
        case "drop_preferred":
            return DropPreferred(UUID(str(row["skill"])))
        case "add_queue":
            return AddQueue(UUID(str(row["queue"])))
        case "raise_priority":
            return RaisePriority(_whole(row.get("by", 1)))
        case deed:
            return Deed(deed)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{value!r} is no whole number")
    return value


def _name(what: Change | Deed) -> str:
    match what:
        case LowerLevel():
            return "lower_level"
        case DropPreferred():
            return "drop_preferred"
        case AddQueue():
            return "add_queue"
        case RaisePriority():
            return "raise_priority"
        case TeamOver():
            return "team_over"
        case Deed():
            return what.value
        case _ as never:
            assert_never(never)


def _details(what: Change | Deed) -> dict[str, Any]:
    match what:
        case LowerLevel(skill_id, by):
            return {"skill": str(skill_id), "by": by}
        case DropPreferred(skill_id):
            return {"skill": str(skill_id)}
        case AddQueue(queue_id):
            return {"queue": str(queue_id)}
        case RaisePriority(by):
            return {"by": by}
        case TeamOver(team_id):
            return {"team": str(team_id)}
        case Deed():
            return {}
        case _ as never:
            assert_never(never)


@lru_cache(maxsize=1024)
def from_text(stored: str) -> Ladder:
    """Of a queue's column, as PostgreSQL hands it out. What cannot be read (somebody changed it by hand) is no
    ladder, so that it costs nobody his place."""
    try:
        return from_rows(json.loads(stored))
    except (Invalid, ValueError, TypeError):
        log.error("a ladder cannot be read: what waits there waits without one")
        return Ladder()


def kept(rows: Sequence[Mapping[str, Any]]) -> Ladder:
    """The same of what Django has read."""
    return from_text(json.dumps(rows))
