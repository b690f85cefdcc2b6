"""What the event log keeps of measured stretches: enough to make their rows again (measures/rebuild.py)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from realtime.audience import Hears
from realtime.events import Change, event


@event("stretches.ended", hears=Hears.NOBODY)
@dataclass(frozen=True, slots=True)
class StretchesEnded(Change):
    """All that a transaction has measured, one entry a stretch, in the order of their storing.

    An entry is what measures.facts.fact_of writes: ids, short words of the product and times. What a person wrote is
    named by the id of its remark.
    """

    stretches: list[dict[str, Any]] = field(default_factory=list)
