"""Proof that the log has no hole and no double: run in tests, and nightly."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection


@dataclass(frozen=True, slots=True)
class Density:
    head: int
    lowest: int  # the first event still kept; older ones go with their month
    events: int
    doubles: int

    @property
    def dense(self) -> bool:
        """Everything from `lowest` to `head` is there once. Without any event left, nothing is wrong to be seen."""
        return self.doubles == 0 and (self.events == 0 or self.events == self.head - self.lowest + 1)


_CHECK = """
select coalesce((select head from realtime_eventhead where organisation_id = %(id)s), 0),
       coalesce(min(seq), 0), count(*), count(*) - count(distinct seq)
from realtime_event where organisation_id = %(id)s
"""


def check_density(organisation_id: UUID) -> Density:
    """One consistent look at the log of an organisation (head and events in one snapshot)."""
    with connection.cursor() as cursor:
        cursor.execute(_CHECK, {"id": organisation_id})
        head, lowest, events, doubles = cursor.fetchone()
    return Density(head=head, lowest=lowest, events=events, doubles=doubles)
