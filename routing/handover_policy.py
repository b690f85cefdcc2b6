"""When a bot's conversation goes to people: what a line wants of it, beside what its bot asks for. Pure: no clock, no
database, no chance.

    what the bot asks for (a person was wanted, its rules, a failure)  ->  a word  ->  a person to be looked after
      ->  not understood so many times running  ->  bad mood  ->  going round in circles

A subscriber who asks for a person gets one, whatever stands here; nobody is kept from one for his mood or his tags. The
decision is checked once more under lock by whoever acts on it (routing/handling.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bots.turn import BotTurn, Handover, Reason
from routing.front_filter import says

SAME = 2  # times that the bot has said something; the third would be a loop
MOST_PRIORITY = 100


class Vip(StrEnum):
    OFF = "off"
    AT_ONCE = "at_once"  # the bot says nothing
    AFTER_ONE = "after_one"  # one answer of the bot, then a person


@dataclass(frozen=True, slots=True)
class Policy:
    """`unsure_times`: so often running the bot may not understand. `mood_texts`: so many texts in a bad mood running;
    0: mood decides nothing. `loops`: the bot does not say the same a third time. `priorities`: what is added for a
    reason. `tells_wait`: who is handed over is told how long it may take."""

    unsure_times: int = 2
    mood_texts: int = 0
    loops: bool = False
    vip: Vip = Vip.OFF
    words: tuple[str, ...] = ()
    priorities: Mapping[str, int] = field(default_factory=dict)
    tells_wait: bool = True


USUAL = Policy()


@dataclass(frozen=True, slots=True)
class So:
    """How the talk with the bot has gone since it last had the conversation. `said`: its sentences, oldest first.
    `unsure`: how many of its last answers asked back, running. `moods`: of the subscriber's earlier texts, as far as
    they were judged, oldest first. `asked_back`: the last such question, to be asked again."""

    text: str
    said: Sequence[str] = ()
    unsure: int = 0
    moods: Sequence[str] = ()
    asked_back: str = ""
    is_vip: bool = False


def asks_back(turn: BotTurn) -> bool:
    """Whether the bot has not understood: it asks what was meant, or gives up over it. A value that it has found is no
    such turn: it was asked for."""
    if turn.intent is not None or turn.source or turn.actions or turn.look_up is not None or turn.entities:
        return False
    return turn.handover is None or turn.handover.reason == "unsure"


def judge(policy: Policy, so: So, turn: BotTurn) -> BotTurn:
    """`turn`, or a handover in its place, or one question back more where the line is patient; always with the
    priority that the line adds for its reason."""
    if "opt_out" in turn.actions:
        return turn
    found = _patient(policy, so, turn)
    if found.handover is None and (reason := _reason(policy, so, found)) is not None:
        found = replace(found, replies=(), look_up=None, source="", handover=_asked(reason, found))
    # A bot that hands over without a word wants it so; where the line takes it from it, somebody says what comes.
    speaks = bool(found.replies) or turn.handover is None
    if found.handover is not None and policy.tells_wait and speaks and found.handover.reason != "failed":
        found = replace(found, actions=(*found.actions, "tell_wait"))
    return _with_priority(policy, so, found)


def _reason(policy: Policy, so: So, turn: BotTurn) -> Reason | None:
    if any(says(so.text, word) for word in policy.words):
        return "keyword"
    if so.is_vip and (policy.vip == Vip.AT_ONCE or (policy.vip == Vip.AFTER_ONE and so.said)):
        return "vip"
    if asks_back(turn) and so.unsure + 1 >= policy.unsure_times:
        return "unsure"
    moods = [*so.moods, turn.sentiment]
    if policy.mood_texts and moods[-policy.mood_texts :] == ["negative"] * policy.mood_texts:
        return "mood"
    if policy.loops and any(so.said.count(reply) >= SAME for reply in turn.replies):
        return "loop"
    return None


def _patient(policy: Policy, so: So, turn: BotTurn) -> BotTurn:
    """Where the bot gives up sooner than the line wants, its last question once more."""
    if turn.handover is None or turn.handover.reason != "unsure" or not asks_back(turn):
        return turn
    if not so.asked_back or so.unsure + 1 >= policy.unsure_times:
        return turn
    return replace(turn, handover=None, replies=(so.asked_back,))


def _asked(reason: Reason, turn: BotTurn) -> Handover:
    intents = (turn.intent,) if turn.intent else ()
    return Handover(reason, "", intents=intents, entities=dict(turn.entities))


def _with_priority(policy: Policy, so: So, turn: BotTurn) -> BotTurn:
    """Of the reason; and of a person to be looked after, for whatever reason he is handed over."""
    if turn.handover is None:
        return turn
    added = policy.priorities.get(turn.handover.reason, 0)
    if so.is_vip and policy.vip != Vip.OFF:
        added = max(added, policy.priorities.get("vip", 0))
    if not added:
        return turn
    priority = min(MOST_PRIORITY, turn.handover.priority + added)
    return replace(turn, handover=replace(turn.handover, priority=priority))
