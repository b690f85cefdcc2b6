"""Values for slots, from any text: several at once, in any order ("2500 hier au 70112233").

A value is kept as text in one form: an amount "2500 F" or "12.50 EUR", a date "2026-11-21", a number "+2290170112233",
a reference "AB12345". What stands where another value already stands is not found twice: the digits of a phone number
are no amount, and neither are those of a date.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bots.dialogue import dates
from bots.dialogue.plan import Plan, Slot, Words
from bots.embedded.spelling import clean

LONGEST = 120
"""Characters of a value that is kept."""

_SECONDS = 0.01  # for a pattern of the bot's author
_APOSTROPHES = str.maketrans({"'": " ", "’": " ", "`": " ", "-": "-", "_": " "})
_NOT_A_WORD = re.compile(r"[^\w]+")
_PHONE = re.compile(r"(?<![\w.,])(?:\+|00)?\d[\d .-]{5,20}\d(?![\w])|(?<![\w.,])\+?\d{8,15}(?![\w])")
_CURRENCY = r"(fcfa|f cfa|cfa|xof|francs?|frs?|f|euros?|eur|€)"
_AMOUNT = re.compile(
    r"(?<![\w./,-])(\d{1,3}(?:[ .,]\d{3})+(?!\d)|\d{1,9})(?:[.,](\d{1,2}))?(?: ?(k|mille|mil|millions?))?"
    rf"(?: ?{_CURRENCY})?(?![\w€]|[./-]\d)"
)
_REFERENCE = re.compile(r"[^\W_](?:[^\W_]|[ /.-](?=[^\W_])){2,29}")
# Words before a reference that are no part of it: "my file is 12345".
_BEFORE_NUMBERS = frozenset(
    {
        "is",
        "est",
        "c",
        "le",
        "la",
        "les",
        "de",
        "du",
        "des",
        "no",
        "num",
        "nr",
        "n",
        "my",
        "mon",
        "ma",
        "of",
        "for",
        "id",
    }
    | {"ref", "the", "a", "number", "numero", "dossier", "contrat", "police", "policy", "claim", "file", "commande"}
    | {"order", "et", "and", "svp", "please"}
)
_DIGIT = re.compile(r"\W*(\d{1,2})\W*")
_EURO = ("euro", "euros", "eur", "€")
_THOUSANDS = {"k": 1_000, "mille": 1_000, "mil": 1_000, "million": 1_000_000, "millions": 1_000_000}
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(slots=True)
class Found:
    """`values`: all that may be meant, by slot, in the order of the text. `refused`: slots that something was written
    for which cannot be right. `rest`: the words that belong to no value.
    """

    values: dict[str, list[str]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    rest: list[str] = field(default_factory=list)


def fold(text: str) -> str:
    """Lower case, no accents, no apostrophes, single spaces: what patterns and words are looked for in."""
    decomposed = unicodedata.normalize("NFKD", clean(text).casefold())
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(bare.translate(_APOSTROPHES).split())


def has_phrase(folded: str, phrases: Sequence[str]) -> bool:
    """Whether one of them stands in the text, as whole words."""
    words = f" {_NOT_A_WORD.sub(' ', folded)} "
    return any(f" {phrase} " in words for phrase in phrases)


def chosen(folded: str, choices: Mapping[str, Words], language: str) -> list[str]:
    """In the order of the choices; words of any language count, the spoken one's first."""
    return [
        name
        for name, words in choices.items()
        if any(has_phrase(folded, words[spoken]) for spoken in (language, *words) if spoken in words)
    ]


def find(plan: Plan, names: Sequence[str], text: str, *, asked: str, language: str, now: datetime) -> Found:
    """`names`: the slots to look for. `asked`: the one that was asked for last, which a bare number or word answers."""
    folded = fold(text)
    found, taken = Found(), list[tuple[int, int]]()
    slots = [plan.slots[name] for name in names]
    order = ("phone", "date", "number", "choice", "amount")
    for slot in sorted((slot for slot in slots if slot.kind in order), key=lambda slot: order.index(slot.kind)):
        spans = _FINDERS[slot.kind](slot, plan, folded, slot.name == asked, language, now.date())
        for start, end, value in spans:
            if any(start < other and begun < end for begun, other in taken):
                continue
            if start < end:
                taken.append((start, end))
            if value is None:
                found.refused.add(slot.name)
            elif value not in (kept := found.values.setdefault(slot.name, [])):
                kept.append(value[:LONGEST])
    left = "".join(" " if any(start <= at < end for start, end in taken) else one for at, one in enumerate(folded))
    found.rest = _NOT_A_WORD.sub(" ", left).split()
    asks_text = [slot for slot in slots if slot.kind == "text" and slot.name == asked]
    if asks_text and not found.values and len(_LETTER.findall(text)) >= 2:
        found.values[asks_text[0].name] = [clean(text)[:LONGEST]]
    return found


_Spans = list[tuple[int, int, str | None]]


def _phones(slot: Slot, plan: Plan, folded: str, asked: bool, language: str, today: date) -> _Spans:
    from contacts import numbers  # its tables take a tenth of a second to load: only where a bot asks for numbers

    spans: _Spans = []
    for match in _PHONE.finditer(folded):
        if re.match(rf" ?{_CURRENCY}\b", folded[match.end() :]):
            continue
        for start, end in _parts(match):
            normal = numbers.normalise(folded[start:end], region=plan.country)
            if normal.is_number:
                spans.append((start, end, normal.value))
                break
        else:
            if asked:
                spans.append((match.start(), match.end(), None))
    return spans


def _parts(match: re.Match[str]) -> list[tuple[int, int]]:
    """The whole, then what stands between spaces: "5000 70112233" is an amount and a number."""
    words = [(match.start() + one.start(), match.start() + one.end()) for one in re.finditer(r"\+?\d{8,}", match[0])]
    return [(match.start(), match.end()), *words]


def _dates(slot: Slot, plan: Plan, folded: str, asked: bool, language: str, today: date) -> _Spans:
    first, last = today - timedelta(days=slot.back), today + timedelta(days=slot.ahead)
    found = dates.find(folded, today=today, first=first, last=last, country=plan.country, alone=asked)
    return [(one.start, one.end, None if one.day is None else one.day.isoformat()) for one in found]


def _numbers(slot: Slot, plan: Plan, folded: str, asked: bool, language: str, today: date) -> _Spans:
    assert slot.pattern is not None
    spans: _Spans = []
    try:
        for match in _REFERENCE.finditer(folded):
            # "contrat ab 12345 svp": every run of its words is tried, the longest first.
            words = list(re.finditer(r"[^ ]+", match[0]))[:12]
            runs = [
                (a, b) for a in range(len(words)) for b in range(len(words), a, -1)
                if not any(word[0] in _BEFORE_NUMBERS for word in words[a:b])
                and sum(word[0].isalpha() for word in words[a:b]) <= 1
            ]  # fmt: skip
            for first, end in sorted(runs, key=lambda run: run[0] - run[1]):
                start, stop = match.start() + words[first].start(), match.start() + words[end - 1].end()
                written = re.sub(r"[ ./-]", "", folded[start:stop]).upper()
                if slot.pattern.fullmatch(written, timeout=_SECONDS):
                    spans.append((start, stop, written))
                    break
    except TimeoutError:
        return spans
    if asked and not spans and re.search(r"\d{3}", folded):
        spans.append((0, 0, None))
    return spans


def _choices(slot: Slot, plan: Plan, folded: str, asked: bool, language: str, today: date) -> _Spans:
    if asked and (digit := _DIGIT.fullmatch(folded)) is not None:
        names = list(slot.choices)
        place = int(digit[1])
        return [(0, len(folded), names[place - 1] if 1 <= place <= len(names) else None)]
    return [(0, 0, name) for name in chosen(folded, slot.choices, language)]


def _amounts(slot: Slot, plan: Plan, folded: str, asked: bool, language: str, today: date) -> _Spans:
    spans: _Spans = []
    for match in _AMOUNT.finditer(folded):
        whole, part, times, unit = match.groups()
        value = float(re.sub(r"[ .,]", "", whole)) + (int(part) / 10 ** len(part) if part else 0)
        value *= _THOUSANDS.get(times or "", 1)
        if not asked and not unit and not times and not 100 <= value < 1_000_000:
            continue  # a digit, a year, a part of something else
        if not slot.low <= value <= slot.high:
            spans.append((match.start(), match.end(), None))
            continue
        written = f"{value:.2f}" if value % 1 else f"{value:.0f}"
        spans.append((match.start(), match.end(), f"{written} {'EUR' if unit in _EURO else 'F'}"))
    return spans


_FINDERS = {"phone": _phones, "date": _dates, "number": _numbers, "choice": _choices, "amount": _amounts}


def shown(slot: Slot, value: str, language: str) -> str:
    """As people read it."""
    if slot.kind == "date":
        try:
            return date.fromisoformat(value).strftime("%d/%m/%Y")
        except ValueError:
            return value
    if slot.kind == "choice" and value in slot.choices:
        words = slot.choices[value]
        return (words.get(language) or next(iter(words.values())))[0]
    return value
