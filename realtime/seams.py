"""What the hub asks of the packages above it. `config` names who answers (settings.REALTIME_RENDERER,
_AUDIENCES, _SEEN, _SIGNED_OUT, _SESSIONS).

All of it is synchronous and reads the database; the hub calls it from its own threads.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol, cast
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from realtime.audience import Audience, AudienceKind
from realtime.reading import StoredEvent


@dataclass(frozen=True, slots=True)
class RenderedEvent:
    """`wire` is what everybody who hears of the event gets; of `parts`, each gets those of conversations he watches."""

    wire: dict[str, Any]
    parts: dict[UUID, list[dict[str, Any]]] = field(default_factory=dict)  # by conversation, sent as "deliveries"


class Renderer(Protocol):
    def events(
        self, organisation_id: UUID, events: Sequence[StoredEvent], kind: AudienceKind
    ) -> dict[int, RenderedEvent]:
        """By number. An event about something that is gone meanwhile (erased) is absent."""

    def rows(
        self, organisation_id: UUID, conversation_ids: Collection[UUID], kind: AudienceKind
    ) -> Mapping[UUID, Mapping[str, Any]]: ...

    def counts(self, organisation_id: UUID) -> Callable[[Audience], Mapping[str, Any]]:
        """One query now; then the figures of any audience without another."""

    def lines_of(self, organisation_id: UUID, conversation_ids: Collection[UUID]) -> dict[UUID, UUID]:
        """The line of each conversation that exists in this organisation."""


@cache
def renderer() -> Renderer:
    return cast("type[Renderer]", import_string(settings.REALTIME_RENDERER))()


@cache
def audiences_of() -> Callable[[Collection[UUID]], dict[UUID, Audience]]:
    """What each of some users may see now; the absent may see nothing."""
    return cast("Callable[[Collection[UUID]], dict[UUID, Audience]]", import_string(settings.REALTIME_AUDIENCES))


@cache
def seen() -> Callable[[Collection[UUID]], None]:
    """Hears which users have a browser connected, all of a process in one call, every few seconds."""
    return cast("Callable[[Collection[UUID]], None]", import_string(settings.REALTIME_SEEN))


@cache
def signed_out() -> Callable[[Collection[UUID]], None]:
    """Hears whose last browser of a process was closed because its session has ended."""
    return cast("Callable[[Collection[UUID]], None]", import_string(settings.REALTIME_SIGNED_OUT))


@cache
def session_states() -> Callable[[Collection[str]], dict[str, bool]]:
    """Of some keys of sessions those that tell nothing now: True, the session has ended; False, it is locked."""
    return cast("Callable[[Collection[str]], dict[str, bool]]", import_string(settings.REALTIME_SESSIONS))
