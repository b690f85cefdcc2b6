"""After a storm, when all is quiet: do the operators' ledger, the database, the event log and the screens agree?

    verdict = judge(world)        world.World: what the four witnesses said
    assert verdict.holds, str(verdict)

Each comparison (checks_line.py, checks_desk.py) is named by what contradicts its promise and returns that in words;
the notes are what a crash may leave and must admit. A comparison that cannot fail proves nothing: tests/checking makes
up a bad world for each.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.faults import checks_desk, checks_line
from tests.faults.promises import COMPARISONS
from tests.faults.world import World

assert checks_desk.__name__  # imported for what they register
assert checks_line.__name__
MOST_PRINTED = 15


@dataclass(frozen=True)
class Verdict:
    contradictions: dict[str, list[str]]
    notes: dict[str, list[str]]
    counts: dict[str, int]

    @property
    def holds(self) -> bool:
        return not any(self.contradictions.values())

    def __str__(self) -> str:
        lines = ["the witnesses agree" if self.holds else "THE WITNESSES DISAGREE"]
        lines.append("  " + ", ".join(f"{number} {name}" for name, number in self.counts.items()))
        for title, found in (*self.contradictions.items(), *self.notes.items()):
            if found:
                lines.append(f"  {title}: {len(found)}")
                lines += [f"    {one}" for one in found[:MOST_PRINTED]]
        return "\n".join(lines)


def judge(world: World) -> Verdict:
    unknown = checks_line.unknown_ones(world)
    return Verdict(
        {title: compare(world) for title, compare in COMPARISONS.items()},
        {"unknown, and shown so": unknown},
        {
            "texts offered": len(world.offered),
            "acknowledged": sum(text.acknowledged for text in world.offered),
            "submits": len(world.submits),
            "receipts": len(world.told),
            "messages": len(world.messages),
            "attempts": len(world.attempts),
            "unknown": len(unknown),
            "events": len(world.events),
            "shown": len(world.shown),
            "answers": len(world.answers),
        },
    )
