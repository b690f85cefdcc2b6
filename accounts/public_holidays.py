"""Public holidays of the countries that we know, by the `holidays` package.

Those that follow the moon it can only estimate: what is done about them is accounts/schedules.py's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

COUNTRIES = ("BF", "BJ", "FR")
_FRENCH = {"BF": "fr", "BJ": "fr_BJ", "FR": "fr"}
_MARK = re.compile(r" \((estimated|observed|observed, estimated|estimé|observé|observé, estimé)\)$")


@dataclass(frozen=True, slots=True)
class PublicHoliday:
    """`key`: the same whatever the language and the estimate ("eid-al-adha"); with the year it names one day."""

    key: str
    day: date
    name_fr: str
    name_en: str
    estimated: bool


@lru_cache(maxsize=64)
def holidays_of(country: str, year: int) -> tuple[PublicHoliday, ...]:
    """The public holidays of a year, in order; none for a country that we do not know.

    An observed day (the Monday after a Sunday) counts as the holiday itself: it is as closed.
    """
    if country not in COUNTRIES:
        return ()
    from holidays import country_holidays  # 15 MB on the disk, 0.1 s: only where somebody has such a schedule

    english = country_holidays(country, years=year, language="en_US")
    french = country_holidays(country, years=year, language=_FRENCH[country])
    found, seen = [], set()
    for day in sorted(english):
        # Two that fall on one day: "A; B". One of them may be certain and the other not.
        names, other = english[day].split("; "), french.get(day, "")
        for name in names:
            bare = _MARK.sub("", name)
            key = re.sub(r"[^a-z]+", "-", bare.lower()).strip("-")[:70]
            while key in seen:  # observed beside its own day; twice in a year, as the moon's year is shorter
                key += "-2"
            seen.add(key)
            found.append(
                PublicHoliday(
                    key=key,
                    day=day,
                    name_fr=_MARK.sub("", other)
                    if len(names) == 1
                    else _french_names(country).get(bare, other or bare),
                    name_en=bare,
                    estimated="estimated" in name,
                )
            )
    return tuple(found)


@lru_cache(maxsize=8)
def _french_names(country: str) -> dict[str, str]:
    """By English name, from days on which a holiday stands alone: of two on one day each language sorts its own."""
    from holidays import country_holidays

    years = range(2015, 2041)
    english = country_holidays(country, years=years, language="en_US")
    french = country_holidays(country, years=years, language=_FRENCH[country])
    return {
        _MARK.sub("", name): _MARK.sub("", french[day])
        for day, name in english.items()
        if "; " not in name and day in french and "; " not in french[day]
    }
