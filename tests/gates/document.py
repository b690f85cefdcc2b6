"""docs/permissions.md: who is answered what, as it was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from accounts.permissions import PERMISSIONS
from config.doors import OPEN, Door
from realtime.consumer import SAYINGS
from realtime.events import registry
from realtime.typescript import declared_events
from tests.gates.company import ROLES

PLACE = Path(settings.ROOT) / "docs" / "permissions.md"

_HEAD = """\
# Who may do what

Written by `scripts/permissions.py` from what every address really answered, and compared by `tests/gates`: do not edit.

## Addresses

One number: the answer. Three: for a thing of his own team, of a line of another team, of another organisation.
What belongs to another organisation is answered like what does not exist: 404.
"403 role": refused for the role, before anything is looked up.

"""

_SOCKET = """
## The socket of the desk, /ws/desk

Whoever is not signed in is closed with 4401, a page of another origin is refused (403). Each role may say:

"""

_EVENTS = """
Nothing of another organisation reaches a socket. Events are heard by:

| Event | Heard by |
| --- | --- |
"""
_HEARS = {
    "line": "who sees its line, and watches the conversation",
    "lines": "who sees the line of a conversation and watches it, only about that one",
    "everybody": "the whole organisation",
    "nobody": "no screen: a fact of the log alone",
}
_SAYS = {
    "hello": "begin at a number of the event log",
    "watch": "name conversations and lists; those that he may not see are left out",
    "pong": "acknowledge what he has read",
}


@dataclass(frozen=True, slots=True)
class Row:
    door: Door
    cells: dict[str, tuple[str, ...]]  # by role: for things of his own, of another team, of another organisation

    def __str__(self) -> str:
        why = self.door.permission or f"open: {OPEN.get(self.door.name, '?')}"
        cells = [" · ".join(self.cells[role]) for role in ("nobody", *ROLES)]
        return (
            f"| {self.door.method} | `{self.door.address.replace('|', chr(92) + '|')}` | {' | '.join(cells)} | {why} |"
        )


def page(rows: Sequence[Row | str]) -> str:
    heads = ["", "Address", "nobody", *ROLES, "Rule"]
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}", *map(str, rows)]
    says = [f"* `{saying}`: {_SAYS[saying]}" for saying in SAYINGS]
    heard = [f"| {name} | {_HEARS[registry[name].hears]} |" for name in declared_events()]
    names = [f"* {name}: {', '.join(sorted(roles))}" for name, roles in PERMISSIONS.items()]
    return (
        _HEAD + "\n".join(lines) + "\n\n## Rules\n\n" + "\n".join(names) + "\n"
        + _SOCKET + "\n".join(says) + "\n" + _EVENTS + "\n".join(heard) + "\n"
    )  # fmt: skip


def kept() -> dict[str, str]:
    """The rows that stand in the document, by the name of the door."""
    found = {}
    for line in PLACE.read_text().splitlines() if PLACE.exists() else ():
        method, _, rest = line.removeprefix("| ").partition(" | ")
        if line.startswith("| ") and rest.startswith("`/"):
            where = rest[1:].partition("` | ")[0].replace("\\|", "|")
            found[f"{method} {where}"] = line
    return found
