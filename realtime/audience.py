"""Who is looking, and how much of a person's words and number he may see.

Defined down here because the socket hub works with it and knows nobody above; what decides it lies in
`conversations.visibility`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class AudienceKind(StrEnum):
    """How things are rendered. One rendering serves everybody of a kind."""

    FULL = "full"
    MASKED = "masked"  # "+22901••••67": names and words, not the whole number
    NO_TEXT = "no_text"  # masked, and no name, no preview, no body


class Hears(StrEnum):
    """Who may hear of a kind of event. Each kind declares one (realtime.events): without it nobody would be safe."""

    LINE = "line"  # who sees its `line_id`, and watches its `conversation_id`
    LINES = "lines"  # the same for each of its `items`, which begin with line and conversation
    EVERYBODY = "everybody"  # the whole organisation, observers too: it may name no conversation, person or line
    NOBODY = "nobody"  # no screen: a fact that only the log keeps


@dataclass(frozen=True, slots=True)
class Audience:
    kind: AudienceKind
    organisation_id: UUID
    user_id: UUID
    role: str
    line_ids: frozenset[UUID] | None  # None: every line of the organisation

    def sees_line(self, line_id: UUID | None) -> bool:
        return self.line_ids is None or line_id in self.line_ids
