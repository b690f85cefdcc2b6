"""Those for whom something could not be done: left out for a while, so that many of them do not stand before others.

They go on being tried: what keeps one from being served may end at any moment.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

FOR = timedelta(seconds=30)


class Failing:
    def __init__(self) -> None:
        self._until: dict[UUID, datetime] = {}

    def add(self, id_: UUID, now: datetime) -> None:
        self._until[id_] = now + FOR

    def at(self, now: datetime) -> list[UUID]:
        """Who is left out now."""
        self._until = {id_: until for id_, until in self._until.items() if until > now}
        return list(self._until)
