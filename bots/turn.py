"""The contract between whoever holds the conversation and whichever engine talks: values in, one value out.

A bot returns, it does not call: it sends nothing, stores nothing and owns no conversation. The caller acts on
the `BotTurn`, and checks once more, under lock, that the bot still owns the conversation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Author = Literal["contact", "bot", "agent"]
Reason = Literal["asked", "unsure", "failed", "rule"]

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
              people. failed: the engine broke, a person must look.
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
    """

    intent: str | None
    confidence: float
    best: str = ""


@dataclass(frozen=True, slots=True)
class BotTurn:
    """What the bot makes of one text. Never empty: there is a reply, or a handover, or both.

    replies     texts to send, in order, in `language`.
    intent      what was understood, or None when the engine was not sure enough to say.
    confidence  0 to 1, the engine's own scale, calibrated as a probability where the engine can.
    entities    values found in this text, by entity name.
    language    the language that the subscriber writes ("fr", "en"); "" only when the engine failed unasked.
    actions     what the caller must do besides: "opt_out".
    """

    replies: tuple[str, ...]
    intent: str | None
    confidence: float
    entities: Mapping[str, str] = field(default_factory=dict)
    language: str = ""
    handover: Handover | None = None
    actions: tuple[str, ...] = ()
