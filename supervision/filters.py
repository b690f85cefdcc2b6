"""What somebody asks of the history: dates, direction, state, number, line, link, words, the operator's id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from common.text import storable
from contacts.numbers import clean

LONGEST_WORDS = 100
MOST_WORDS = 6
LONGEST_NUMBER = 40
LONGEST_REFERENCE = 200  # of an operator's id
EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)

Direction = Literal["all", "in", "out"]
Result = Literal["all", "delivered", "failed"]


@dataclass(frozen=True, slots=True)
class Asked:
    """`start` and `end` are days of the organisation's time zone, both included; None: no bound on this side.

    `state`: "delivered" (success), "failed" (failures: in error, not received), or "all", to which alone belongs what
    is still on its way; a state other than "all" speaks of sent texts only. `words`: each must stand in the text.
    """

    start: date | None = None
    end: date | None = None
    direction: Direction = "all"
    state: Result = "all"
    number: str = ""
    line: UUID | None = None
    link: UUID | None = None
    text: str = ""
    reference: str = ""

    @property
    def words(self) -> list[str]:
        return clean(self.text[:LONGEST_WORDS]).split()[:MOST_WORDS]

    @property
    def searches(self) -> bool:
        """Whether it looks for what is hidden from some: each answer would tell one digit, one word of it."""
        return bool(self.number.strip() or self.text.strip() or self.reference.strip())

    def between(self, zone: str) -> tuple[datetime, datetime]:
        """The instants from (included) and to (not included) which it asks, in UTC."""
        first, last = (min(max(day, EARLIEST), LATEST) for day in (self.start or EARLIEST, self.end or LATEST))
        return _midnight(first, zone), _midnight(last + timedelta(days=1), zone)

    def stored(self) -> dict[str, Any]:
        """As JSON, without what was not asked."""
        plain = {"all", "", None}
        return {name: str(value) for name, value in asdict(self).items() if value not in plain}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Asked:
        """What `stored` has written."""
        given: dict[str, Any] = dict(stored)
        for name in ("start", "end"):
            if name in given:
                given[name] = date.fromisoformat(given[name])
        for name in ("line", "link"):
            if name in given:
                given[name] = UUID(given[name])
        return cls(**given)

    @classmethod
    def cleaned(cls, **given: Any) -> Asked:
        """Of values as they came in."""
        texts = {name: storable(given.pop(name, "") or "").strip() for name in ("number", "text", "reference")}
        return cls(
            number=texts["number"][:LONGEST_NUMBER],
            text=texts["text"][:LONGEST_WORDS],
            reference=texts["reference"][:LONGEST_REFERENCE],
            **given,
        )


def _midnight(day: date, zone: str) -> datetime:
    """When `day` begins. Where clocks skip midnight, the instant at which they do."""
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)
