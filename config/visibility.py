"""Who may see what, for the socket hub, which knows nobody above it (settings.REALTIME_AUDIENCES)."""

from __future__ import annotations

from conversations.visibility import audience_of, audiences_of

__all__ = ["audience_of", "audiences_of"]
