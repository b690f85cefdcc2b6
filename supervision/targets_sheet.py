"""What became of response times, as the rows of a file; French and English."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from accounts.models import Organisation
from supervision.targets import Period, report

TARGETS = "targets"  # what Export.filters names it by
_HEADS: list[tuple[tuple[str, str], int]] = [
    (("File d’attente", "Queue"), 26),
    (("Délai", "Target"), 20),
    (("Du ({zone})", "From ({zone})"), 12),
    (("Au", "To"), 12),
    (("Tenus", "Met"), 10),
    (("Manqués", "Missed"), 10),
    (("Tenus, en %", "Met, in %"), 12),
    (("Prévenus", "Warned"), 10),
    (("Toutes les réponses", "All answers"), 18),
    (("Moyenne, à l’horloge (s)", "Mean, by the wall (s)"), 22),
    (("Moyenne, heures d’ouverture (s)", "Mean, in opening hours (s)"), 28),
]
TARGET_WIDTHS = [width for _, width in _HEADS]
_KINDS = {
    "first": ("première réponse", "first answer"),
    "next": ("réponses suivantes", "later answers"),
    "resolution": ("clôture", "close"),
}
_NO_QUEUE = ("sans file", "no queue")


def of_period(period: Period) -> dict[str, str]:
    return {"report": TARGETS, "start": period.start.isoformat(), "end": period.end.isoformat()}


def targets_rows(organisation_id: UUID, filters: Mapping[str, Any], language: str) -> Iterator[Sequence[str]]:
    """Heads first. As of now: a period that is not over goes on until the file is written."""
    column = 0 if language.startswith("fr") else 1
    organisation = Organisation.objects.get(id=organisation_id)
    period = Period(date.fromisoformat(filters["start"]), date.fromisoformat(filters["end"]))
    found = report(organisation, period)
    yield [words[column].format(zone=organisation.time_zone) for words, _ in _HEADS]
    for one in found["items"]:
        yield [
            one["queue"] or _NO_QUEUE[column], _KINDS[one["kind"]][column], found["start"], found["end"],
            str(one["met"]), str(one["missed"]), _percent(one["met"], one["missed"], column), str(one["warned"]),
            str(one["answered"]), _number(one["wall_s"]), _number(one["business_s"]),
        ]  # fmt: skip


def _percent(met: int, missed: int, column: int) -> str:
    """Cut, as the screen shows it: 100 % are all. With the decimal sign of its language: a comma separates no cells
    where it is one (supervision/sheets.py)."""
    if not met + missed:
        return ""
    written = f"{met * 1000 // (met + missed) / 10:.1f}"
    return written.replace(".", ",") if column == 0 else written


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"
