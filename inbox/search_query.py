"""What somebody typed into the search box, taken apart. Pure.

    facture "pas reçu" from:awa tag:"a rappeler" state:open after:2026-11-01 has:attachment

Words are looked for as the beginnings of words, phrases as they stand. A field may be called in French, too, with or
without its accents. What is no field, or has no such value, becomes a Problem: nothing typed is passed over.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

LONGEST = 300
MOST_TERMS = 12

FIELDS = ("from", "tag", "queue", "line", "agent", "state", "before", "after", "has")
_FRENCH = {
    "de": "from", "etiquette": "tag", "file": "queue", "ligne": "line", "conseiller": "agent", "etat": "state",
    "avant": "before", "apres": "after", "depuis": "after", "avec": "has",
}  # fmt: skip
_STATES = {
    "bot": "bot", "robot": "bot", "queued": "queued", "waiting": "queued", "attente": "queued", "open": "open",
    "ouverte": "open", "snoozed": "snoozed", "reportee": "snoozed", "closed": "closed", "close": "closed",
    "fermee": "closed",
}  # fmt: skip
_HAS = {"attachment": "attachment", "piece-jointe": "attachment", "pj": "attachment"}
_TERM = re.compile(r'([^\W\d_]+):(?!//)("[^"]*"?|[^\s"]*)|"([^"]*)"?|([^\s"]+)')
_DAY_FIRST = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", re.ASCII)
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ɔ": "o", "ɛ": "e", "ɖ": "d", "ŋ": "n", "ł": "l", "’": "'"})


class Problem(NamedTuple):
    """`code`: unknown_field, empty_field, bad_date, unknown_value (of state and has), too_long, nothing_to_find."""

    code: str
    field: str
    value: str


class Wanted(NamedTuple):
    field: str  # of FIELDS
    value: str


@dataclass(frozen=True, slots=True)
class Query:
    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    fields: tuple[Wanted, ...] = ()
    problems: tuple[Problem, ...] = ()

    def values(self, field: str) -> tuple[str, ...]:
        return tuple(one.value for one in self.fields if one.field == field)

    @property
    def says_something(self) -> bool:
        return bool(self.words or self.phrases)

    @property
    def is_empty(self) -> bool:
        return not (self.words or self.phrases or self.fields or self.problems)


def fold(text: str) -> str:
    """Small letters without accents, as the database's palabre_fold."""
    apart = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    return "".join(one for one in apart if not unicodedata.combining(one))


def parse(typed: str) -> Query:
    """Never raises. Of several values of one field any will do, but for dates: the narrowest counts."""
    if len(typed) > LONGEST:
        return Query(problems=(Problem("too_long", "", ""),))
    words, phrases, fields, problems = list[str](), list[str](), list[Wanted](), list[Problem]()
    for found in list(_TERM.finditer(unicodedata.normalize("NFC", typed)))[:MOST_TERMS]:
        name, value, phrase, word = found.groups()
        if name is not None:
            known = fold(name)
            field = known if known in FIELDS else _FRENCH.get(known)
            given = " ".join(value.strip('"').split())
            one = _field(name, field, given)
            (problems if isinstance(one, Problem) else fields).append(one)  # type: ignore[arg-type]
        elif phrase is not None:
            if says(phrase):
                phrases.append(" ".join(phrase.split()))
        elif says(word):
            words.append(word)
    return Query(tuple(words), tuple(phrases), tuple(fields), tuple(problems))


def says(text: str) -> bool:
    """Whether there is anything in it that can be looked for: a letter or a digit."""
    return any(map(str.isalnum, text))


def _field(name: str, field: str | None, given: str) -> Wanted | Problem:
    if field is None:
        return Problem("unknown_field", name, given)
    if not given:
        return Problem("empty_field", name, "")
    if field in ("before", "after"):
        day = _day(given)
        return Wanted(field, day.isoformat()) if day else Problem("bad_date", name, given)
    if field in ("state", "has"):
        value = (_STATES if field == "state" else _HAS).get(fold(given))
        return Wanted(field, value) if value else Problem("unknown_value", name, given)
    return Wanted(field, given) if says(given) else Problem("unknown_value", name, given)


def _day(text: str) -> date | None:
    found = _DAY_FIRST.fullmatch(text)
    try:
        if found:
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def written(query: Query) -> str:
    """A query as one would type it: `parse(written(query))` is `query` where it has no problems."""
    parts = [*query.words, *(f'"{one}"' for one in query.phrases)]
    parts += [f'{field}:"{value}"' if _needs_quotes(value) else f"{field}:{value}" for field, value in query.fields]
    return " ".join(parts)


def _needs_quotes(value: str) -> bool:
    return any(one.isspace() for one in value) or value.startswith("//")


# --- What is shown of a text that was found --------------------------------------------------------------------------


class Part(NamedTuple):
    text: str
    hit: bool


BEFORE, SHOWN = 40, 220  # characters of an excerpt: before the first hit, in all


def marked(body: str, query: Query) -> list[Part]:
    """An excerpt of `body` around the first word found, in parts: found or not. Never more than SHOWN characters."""
    folded, places = _folded(" ".join(body.split()))
    text = " ".join(body.split())
    hits = sorted(_hits(folded, places, query))
    start = max(0, hits[0][0] - BEFORE) if hits and hits[0][1] > SHOWN - BEFORE else 0
    end = min(len(text), start + SHOWN)
    parts: list[Part] = [Part("…", False)] if start else []
    at = start
    for first, last in hits:
        if first < at or first >= end:
            continue
        if first > at:
            parts.append(Part(text[at:first], False))
        at = min(last, end)
        parts.append(Part(text[first:at], True))
    if at < end:
        parts.append(Part(text[at:end], False))
    if end < len(text):
        parts.append(Part("…", False))
    return parts


def _folded(text: str) -> tuple[str, list[int]]:
    """`text` folded, and for each of its letters where it came from (œ becomes two)."""
    letters, places = list[str](), list[int]()
    for place, one in enumerate(text):
        for letter in fold(one):
            letters.append(letter)
            places.append(place)
    return "".join(letters), places


def _hits(folded: str, places: list[int], query: Query) -> Iterable[tuple[int, int]]:
    for words, whole in ((query.words, False), (query.phrases, True)):
        for one in words:
            pieces = re.findall(r"\w+", fold(one))
            if not pieces:
                continue
            pattern = r"\W+".join(map(re.escape, pieces))
            end = r"(?!\w)" if whole else r"\w*"
            for found in re.finditer(rf"(?<!\w){pattern}{end}", folded):
                first, last = found.start(), found.start() + len(found[0])
                if not whole:
                    last = min(last, first + len(re.match(pattern, found[0])[0]))  # type: ignore[index]
                yield places[first], places[last - 1] + 1
