"""The words of an exported history: heads of columns, states; French and English."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from supervision.history_rows import HistoryRow, one_line

FRENCH, ENGLISH = 0, 1

# In the order of the columns; the second number of each is its width in a spreadsheet.
_HEADS: list[tuple[tuple[str, str], int]] = [
    (("Identifiant de l’opérateur", "Operator’s identifier"), 26),
    (("Sens", "Direction"), 10),
    (("Déposé le ({zone})", "Posted ({zone})"), 20),
    (("Remis le ({zone})", "Delivered ({zone})"), 20),
    (("État", "Status"), 22),
    (("État brut", "Raw status"), 14),
    (("Raison", "Reason"), 32),
    (("Numéro", "Number"), 22),
    (("Nom", "Name"), 22),
    (("Message", "Message"), 60),
    (("Ligne", "Line"), 22),
    (("Lien", "Link"), 20),
    (("SMS", "SMS"), 6),
]
WIDTHS = [width for _, width in _HEADS]

_DIRECTIONS = {"in": ("reçu", "received"), "out": ("envoyé", "sent")}
STATUSES: dict[str, tuple[str, str]] = {
    "received": ("reçu", "received"),
    "queued": ("en attente d’envoi", "waiting to leave"),
    "sending": ("en cours d’envoi", "being sent"),
    "sent": ("envoyé, pas encore remis", "sent, not yet delivered"),
    "delivered": ("remis", "delivered"),
    "failed": ("échec", "failed"),
    "expired": ("expiré : pas remis à temps", "expired: not delivered in time"),
    "unknown": ("en erreur : peut-être parti", "in error: it may have left"),
}


def heads(language: str, zone: str) -> list[str]:
    return [words[_column(language)].format(zone=zone) for words, _ in _HEADS]


def cells(row: HistoryRow, language: str, zone: ZoneInfo) -> Sequence[str]:
    column = _column(language)
    error = row["error"]
    reason = "" if error is None else (error["fr"], error["en"])[column] or error["text"]
    found = [
        " ".join(row["identifiers"]),
        _DIRECTIONS[row["direction"]][column],
        _local(row["posted_at"], zone),
        _local(row["delivered_at"], zone),
        STATUSES[row["status"]][column],
        row["raw"],
        reason,
        row["number"],
        row["name"] or "",
        row["text"],
        row["line"],
        row["link"],
        str(row["parts"]),
    ]
    return [one_line(cell) for cell in found]


def _column(language: str) -> int:
    return FRENCH if language.startswith("fr") else ENGLISH


def _local(at: str | None, zone: ZoneInfo) -> str:
    """Year first: every spreadsheet reads it, whatever its country."""
    if at is None:
        return ""
    return datetime.fromisoformat(at).astimezone(UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
