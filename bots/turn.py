"""The contract between whoever holds the conversation and whichever engine talks: values in, one value out.

A bot returns, it does not call: it sends nothing, stores nothing and owns no conversation. The caller acts on
the `BotTurn`, and checks once more, under lock, that the bot still owns the conversation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Author = Literal["contact", "bot", "agent"]
Reason = Literal["asked", "unsure", "failed", "rule", "keyword", "vip", "mood", "loop"]

RANKED = 5
"""Guesses of a `ranking`."""

NOT_ANSWERED = frozenset({None, "out_of_scope"})
"""Intents on which nothing is answered: not sure, and sure that it is no business of ours."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier text of the conversation, oldest first in a history."""

    author: Author
    body: str


@dataclass(frozen=True, slots=True)
class Handover:
    """The bot steps aside for a person.

    reason    asked: the subscriber wants a person. unsure: not understood. rule: this subject belongs to
              people. failed: the engine broke, a person must look. The others are never an engine's: its line's
              policy has decided (routing/handover_policy.py).
    summary   one or two lines for the agent, in the bot's home language; may be empty when the engine failed.
    skills    what the work asks of an agent, as the bot's author named it.
    priority  0 is normal; higher is sooner.
    intents   what was understood in the subscriber's last texts, this one included, oldest first.
    entities  what was found in them, by name; of two values the later.
    """

    reason: Reason
    summary: str
    skills: tuple[str, ...] = ()
    priority: int = 0
    intents: tuple[str, ...] = ()
    entities: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """What an engine takes one text to mean.

    intent      None when not sure.
    confidence  that of the best guess either way.
    best        the best guess, sure or not; "" when there is none.
    ranking     the best guesses with their confidence, best first, at most RANKED; empty when nothing was guessed.
    """

    intent: str | None
    confidence: float
    best: str = ""
    ranking: tuple[tuple[str, float], ...] = ()


Outcome = Literal["found", "none", "code_asked", "code_wrong", "refused", "timeout", "failed"]


@dataclass(frozen=True, slots=True)
class LookUp:
    """What the bot wants to know of the installation's own systems before it can answer.

    name    of a look-up that is configured in the web.
    values  what the dialogue has gathered, by slot; never whose number it is, which the caller knows better.
    code    what the subscriber wrote when he was asked for a one-time code; "" before.
    """

    name: str
    values: Mapping[str, str] = field(default_factory=dict)
    code: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a `LookUp`. `rows`: texts by column, at most as many as the look-up may give; only when "found".

    none        the look-up was made, and there is nothing.
    code_asked  it is sensitive: a one-time code has been made, and `code` is what must be sent to the subscriber.
    code_wrong  the code was not the one; refused: too many wrong ones, or it is not allowed at all.
    """

    outcome: Outcome
    rows: tuple[Mapping[str, str], ...] = ()
    code: str = ""


@dataclass(frozen=True, slots=True)
class BotTurn:
    """What the bot makes of one text. Never empty: there is a reply, a handover, both, or a look-up to be made first.

    replies     texts to send, in order, in `language`.
    intent      what was understood, or None when the engine was not sure enough to say.
    confidence  0 to 1, the engine's own scale, calibrated as a probability where the engine can.
    entities    values found in this text, by entity name.
    language    the language that the subscriber writes ("fr", "en"); "" only when the engine failed unasked.
    actions     what the caller must do besides: "opt_out"; "send_first", before what other bots say, as a one-time code
                is; "tell_wait", which a line's policy adds to a handover.
    sentiment   "negative", "neutral", "positive"; "" when not sure, or not asked for.
    memory      what the dialogue needs to know at the next text, of JSON's types; the caller keeps it with the turn.
    look_up     the turn cannot end without it: make it, and take the same turn again with what was found.
    source      where the words come from when they are not the bot's own: "article:<id>".
    ranking     the best guesses with their confidence, best first, at most five.
    why         what led here, step by step, for people who try a bot: short words of ours, never the subscriber's.
    version     which of the installation's versions of the bot talked (bots/workshop); 0: the one that is shipped.
    """

    replies: tuple[str, ...]
    intent: str | None
    confidence: float
    entities: Mapping[str, str] = field(default_factory=dict)
    language: str = ""
    handover: Handover | None = None
    actions: tuple[str, ...] = ()
    sentiment: str = ""
    memory: Mapping[str, Any] = field(default_factory=dict)
    look_up: LookUp | None = None
    source: str = ""
    ranking: tuple[tuple[str, float], ...] = ()
    why: tuple[str, ...] = ()
    version: int = 0
