"""What can change about the desk itself."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from realtime.audience import Hears
from realtime.events import Change, event


@event("settings.changed", hears=Hears.EVERYBODY)
@dataclass(frozen=True, slots=True)
class SettingsChanged(Change):
    """A user, line or link is not what it was: whoever shows such things fetches them again."""

    kind: str  # "user", "line", "link", "portability"..., told to screens: most of it is nothing to most of them
    object_id: UUID
