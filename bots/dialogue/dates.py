"""Days as they are written on a phone, in French and English: 12/03, 12 mars, demain, last Monday, il y a 3 jours.

A day without a year is the one that lies in the range that is asked for, and nearest to today. What could be two days
(03/04) is read as the country writes it; the other way only when that is no day at all, or out of the range.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

_MONTH_FIRST = frozenset({"US"})
_MONTHS = (
    ("janvier", "janv", "january", "jan"), ("fevrier", "fevr", "fev", "february", "feb"), ("mars", "march", "mar"),
    ("avril", "avr", "april", "apr"), ("mai", "may"), ("juin", "june", "jun"), ("juillet", "juil", "july", "jul"),
    ("aout", "august", "aug"), ("septembre", "sept", "september", "sep"), ("octobre", "oct", "october"),
    ("novembre", "nov", "november"), ("decembre", "dec", "december"),
)  # fmt: skip
_MONTH = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}
_DAYS = (
    ("lundi", "monday", "mon"), ("mardi", "tuesday", "tue"), ("mercredi", "wednesday", "wed"),
    ("jeudi", "thursday", "thu"), ("vendredi", "friday", "fri"), ("samedi", "saturday", "sat"),
    ("dimanche", "sunday", "sun"),
)  # fmt: skip
_WEEKDAY = {name: number for number, names in enumerate(_DAYS) for name in names if name not in {"mon", "sat", "sun"}}
_NEAR = {
    "avant hier": -2, "avanthier": -2, "the day before yesterday": -2, "day before yesterday": -2,
    "hier": -1, "yesterday": -1, "yday": -1, "ystd": -1, "last night": -1,
    "aujourd hui": 0, "aujourdhui": 0, "ajd": 0, "auj": 0, "today": 0, "2day": 0, "ce matin": 0, "ce soir": 0,
    "this morning": 0, "tonight": 0, "a l instant": 0, "just now": 0,
    "apres demain": 2, "the day after tomorrow": 2, "day after tomorrow": 2,
    "demain": 1, "dem1": 1, "tomorrow": 1, "tmrw": 1, "2moro": 1,
}  # fmt: skip
_COUNT = {"un": 1, "une": 1, "a": 1, "an": 1, "one": 1, "deux": 2, "two": 2, "trois": 3, "three": 3, "quatre": 4,
          "four": 4, "cinq": 5, "five": 5, "six": 6, "sept": 7, "seven": 7}  # fmt: skip


def _any(names: Iterable[str]) -> str:
    return "|".join(sorted(names, key=len, reverse=True))


_N = rf"(\d{{1,3}}|{_any(_COUNT)})"
_UNIT = r"(jours?|jrs?|j|semaines?|sem|days?|weeks?)"
_EXPRESSIONS = [
    ("iso", re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")),
    ("numbers", re.compile(r"(?<![\d/.-])(\d{1,2})([/-])(\d{1,2})(?:\2(\d{4}|\d{2}))?(?![\d/-]|\.\d)")),
    ("numbers", re.compile(r"(?<![\d/.-])(\d{1,2})(\.)(\d{1,2})\.(\d{4}|\d{2})(?![\d/-])")),
    ("day_month", re.compile(rf"\b(\d{{1,2}})(?:er|st|nd|rd|th)?(?: of)? ?({_any(_MONTH)})\b\.?(?: (\d{{4}}))?")),
    ("month_day", re.compile(rf"\b({_any(_MONTH)}) (\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (\d{{4}}))?")),
    ("before", re.compile(rf"\b(?:il y a|ya|y a|depuis) {_N} ?{_UNIT}\b")),
    ("before", re.compile(rf"\b{_N} ?{_UNIT} ago\b")),
    ("after", re.compile(rf"\b(?:dans|in) {_N} ?{_UNIT}\b")),
    ("near", re.compile(rf"\b(?:{_any(_NEAR).replace(' ', '[ -]')})\b")),
    ("weekday", re.compile(rf"\b(last|next|this)? ?({_any(_WEEKDAY)})(?: (dernier|passe|prochain))?\b")),
    ("day", re.compile(r"\b(?:le|the) (\d{1,2})(?:er|st|nd|rd|th)?\b(?![/.:-]?\d| ?(?:h|heures?|f|fcfa|francs?)\b)")),
]  # fmt: skip
_ALONE = re.compile(r"\W*(?:du |on )?(\d{1,2})(?:er|st|nd|rd|th)?\W*")


class Found:
    """An expression in the text. `day` None: it names no day that may be meant."""

    __slots__ = ("day", "end", "start")

    def __init__(self, start: int, end: int, day: date | None) -> None:
        self.start, self.end, self.day = start, end, day


def find(text: str, *, today: date, first: date, last: date, country: str, alone: bool = False) -> list[Found]:
    """In a folded text (`values.fold`), in its order. `first`, `last`: the range that is asked for. `alone`: a day
    was asked for, so that "12" is one.
    """
    found: list[Found] = []
    for kind, pattern in _EXPRESSIONS:
        for match in pattern.finditer(text):
            if any(match.start() < other.end and other.start < match.end() for other in found):
                continue
            day = _choose(_meant(kind, match, today, country, first, last), first, last, today)
            found.append(Found(match.start(), match.end(), day))
    if not found and alone and (number := _ALONE.fullmatch(text)) is not None:
        found.append(Found(0, len(text), _choose(_of_day(int(number[1]), today), first, last, today)))
    return sorted(found, key=lambda one: one.start)


def _choose(groups: list[list[date]], first: date, last: date, today: date) -> date | None:
    """Of the first reading with a day in the range, the day nearest to today."""
    for days in groups:
        inside = [day for day in days if first <= day <= last]
        if inside:
            return min(inside, key=lambda day: abs((day - today).days))
    return None


def _meant(
    kind: str, match: re.Match[str], today: date, country: str, first: date, last: date
) -> list[list[date]]:  # fmt: skip
    """Readings, the likeliest first; each with the days that it may be."""
    if kind == "iso":
        return [_days(int(match[3]), int(match[2]), match[1], today)]
    if kind == "numbers":
        one, two, year = int(match[1]), int(match[3]), match[4] or ""
        readings = [_days(one, two, year, today), _days(two, one, year, today)]
        return readings[::-1] if country in _MONTH_FIRST else readings
    if kind == "day_month":
        return [_days(int(match[1]), _MONTH[match[2]], match[3] or "", today)]
    if kind == "month_day":
        return [_days(int(match[2]), _MONTH[match[1]], match[3] or "", today)]
    if kind in ("before", "after"):
        count = int(match[1]) if match[1].isdigit() else _COUNT[match[1]]
        days = count * (7 if match[2].startswith(("sem", "week")) else 1)
        return [[today + timedelta(days=days if kind == "after" else -days)]]
    if kind == "near":
        return [[today + timedelta(days=_NEAR[match[0].replace("-", " ")])]]
    if kind == "day":
        return _of_day(int(match[1]), today)
    return _of_weekday(match, today, first, last)


def _of_weekday(match: re.Match[str], today: date, first: date, last: date) -> list[list[date]]:
    back = (today.weekday() - _WEEKDAY[match[2]]) % 7 or 7
    before, after = today - timedelta(days=back), today + timedelta(days=7 - back % 7 if back != 7 else 7)
    if match[1] == "last" or match[3] in ("dernier", "passe"):
        return [[before]]
    if match[1] == "next" or match[3] == "prochain":
        return [[after]]
    return [[day for day in (before, after) if first <= day <= last]]


def _of_day(day: int, today: date) -> list[list[date]]:
    """Of the month that is, the one before, the one after."""
    months = [(today.year, today.month), _month(today, -1), _month(today, 1)]
    return [[made for year, month in months if (made := _date(year, month, day)) is not None]]


def _month(today: date, step: int) -> tuple[int, int]:
    count = today.year * 12 + today.month - 1 + step
    return count // 12, count % 12 + 1


def _days(day: int, month: int, year: str, today: date) -> list[date]:
    years = [int(year) + (2000 if len(year) == 2 else 0)] if year else [today.year - 1, today.year, today.year + 1]
    return [made for one in years if (made := _date(one, month, day)) is not None]


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
