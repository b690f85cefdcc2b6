"""What a bot's `dialogue.yml` says, read and checked (`plan_file.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import regex

from bots.embedded.domain import Signal

Kind = Literal["amount", "date", "phone", "number", "choice", "text"]
Words = Mapping[str, tuple[str, ...]]
"""Phrases by language, folded: lower case, no accents, single spaces."""


@dataclass(frozen=True, slots=True)
class Says:
    """Sentences by language, at least one each. `name`: what is counted and made shorter by."""

    name: str
    texts: Mapping[str, tuple[str, ...]]

    def variants(self, language: str) -> tuple[str, ...]:
        return self.texts.get(language) or next(iter(self.texts.values()))


@dataclass(frozen=True, slots=True)
class Choice:
    """What a digit of a menu leads to: an intent, or another menu."""

    intent: str = ""
    menu: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """`parent`: where 0 leads back; "" at the top."""

    name: str
    intent: str
    say: Says
    choices: Mapping[int, Choice]
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """A value that is asked for.

    low, high    of an amount.
    back, ahead  days from today that a date may lie.
    pattern      of a number, on its letters and digits without spaces and dashes, in capitals.
    choices      words by what they choose.
    words        how a subscriber names it ("le montant"), for corrections.
    """

    name: str
    kind: Kind
    ask: Says
    wrong: Says
    recap: Says
    low: float = 1
    high: float = 100_000_000
    back: int = 400
    ahead: int = 400
    pattern: regex.Pattern[str] | None = None
    choices: Mapping[str, Words] = field(default_factory=dict)
    words: Words = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Form:
    """Slots asked for in order, for an intent.

    begin    said before the first question.
    gentle   `begin` is an answer that may do: whoever goes on to something else is not asked again.
    confirm  asks whether {slots} are right; None: nobody is asked.
    say      said at its end in place of the rule's sentences.
    signal   the handover at its end; None: the one of the intent's rule, if it has one.
    """

    name: str
    intent: str
    slots: tuple[str, ...]
    begin: Says | None
    gentle: bool
    confirm: Says | None
    say: Says | None
    signal: Signal | None


@dataclass(frozen=True, slots=True)
class Asking:
    """A look-up that answers an intent. `parameters`: slot by the name that the look-up knows it by.

    Without `none` and `failed` the rules answer.
    """

    name: str
    intent: str
    look_up: str
    parameters: Mapping[str, str]
    say: Says
    rows: int
    none: Says | None
    failed: Says | None


@dataclass(frozen=True, slots=True)
class FollowUp:
    """ "et pour le mois ?": after a subject, and not understood by itself (or taken for one of `instead`), a text with
    one of these words or values means `then`.
    """

    after: frozenset[str]
    then: str
    words: Words
    entity: str
    values: Mapping[str, Words]
    instead: frozenset[str]


@dataclass(frozen=True, slots=True)
class Detail:
    """Of an intent: what is answered when a value is known."""

    entity: str
    values: Mapping[str, Says]


@dataclass(frozen=True, slots=True)
class Plan:
    """`country`: whose numbers and dates are meant (ISO 3166).

    talk    sentences of the dialogue itself (`plan_file.TALK`). words: phrases that it knows (`plan_file.WORDS`).
    again   what is said when the same courtesy comes a second time; its keys are the courtesies.
    closed  what is said in place of a sentence while nobody is at work.
    short   a sentence said shorter.
    """

    country: str
    talk: Mapping[str, Says]
    words: Mapping[str, Words]
    again: Mapping[str, Says]
    menus: Mapping[str, Menu]
    slots: Mapping[str, Slot]
    forms: Mapping[str, Form]
    lookups: Mapping[str, Asking]
    follow_ups: tuple[FollowUp, ...]
    details: Mapping[str, Detail]
    short: Mapping[str, Says]
    closed: Mapping[str, Says]
    by_intent: Mapping[str, Menu | Form | Asking] = field(default_factory=dict)

    def sentences(self) -> list[Says]:
        """Everything that a subscriber can receive by it."""
        found = [says for name, says in self.talk.items() if not name.startswith("summary_")]
        found += [*self.again.values(), *self.short.values(), *self.closed.values()]
        found += [menu.say for menu in self.menus.values()]
        found += [one for slot in self.slots.values() for one in (slot.ask, slot.wrong)]
        for form in self.forms.values():
            found += [one for one in (form.begin, form.confirm, form.say) if one is not None]
        for asking in self.lookups.values():
            found += [one for one in (asking.say, asking.none, asking.failed) if one is not None]
        found += [one for detail in self.details.values() for one in detail.values.values()]
        return found
