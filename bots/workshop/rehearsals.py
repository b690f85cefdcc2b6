"""Conversations that must go as they were saved: each candidate plays them, and one that goes otherwise stops it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import User
from bots.turn import BotTurn
from bots.workshop import simulator
from bots.workshop.edits import Edits
from bots.workshop.models import Rehearsal
from bots.workshop.shown import shipped_files
from common.errors import Conflict, Invalid, NotFound
from common.text import name_of, storable
from realtime.log import record_changes

MOST_REHEARSALS = 200
LONGEST_NAME = 80


def shown(organisation_id: UUID, bot: str) -> list[dict[str, Any]]:
    """Raises NotFound."""
    shipped_files(bot)
    return [
        {"id": row.id, "name": row.name, "language": row.language, "steps": row.steps, "at": row.at}
        for row in Rehearsal.objects.filter(organisation_id=organisation_id, bot=bot).order_by("name")
    ]


def save(*, actor: User, bot: str, name: str, language: str, steps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`steps`: {"text"} and any of {"intent", "says", "hands_over"}: what must come of it. Takes the place of the one
    of that name. Raises NotFound, Invalid."""
    files = shipped_files(bot)
    name = name_of(name, longest=LONGEST_NAME, field="name")
    if language not in files.languages:
        raise Invalid("unknown_choice", "the bot does not speak it", field="language")
    kept = [_step(one, files.domain.intents) for one in steps]
    if not 1 <= len(kept) <= simulator.MOST_TEXTS or not any(len(one) > 1 for one in kept):
        raise Invalid("rehearsal_steps", "at least one text, and what must come of it", field="steps")
    organisation_id = actor.organisation_id
    with record_changes(organisation_id) as changes:
        row = Rehearsal.objects.filter(organisation_id=organisation_id, bot=bot, name=name).first()
        if (
            row is None
            and Rehearsal.objects.filter(organisation_id=organisation_id, bot=bot).count() >= MOST_REHEARSALS
        ):
            raise Conflict("too_many_rehearsals", f"at most {MOST_REHEARSALS}")
        before = row.steps if row else None
        row, _ = Rehearsal.objects.update_or_create(
            organisation_id=organisation_id, bot=bot, name=name,
            defaults={"language": language, "steps": kept, "by": actor},
        )  # fmt: skip
        _told(actor, row, before, kept)
        changes.add(SettingsChanged(kind="bot", object_id=row.id))
    return {"id": row.id, "name": row.name, "language": row.language, "steps": row.steps, "at": row.at}


def remove(*, actor: User, rehearsal_id: UUID) -> None:
    """Raises NotFound."""
    with record_changes(actor.organisation_id) as changes:
        row = Rehearsal.objects.filter(organisation_id=actor.organisation_id, id=rehearsal_id).first()
        if row is None:
            raise NotFound("no_rehearsal", "there is no such conversation")
        _told(actor, row, row.steps, None)
        changes.add(SettingsChanged(kind="bot", object_id=row.id))
        row.delete()


def run_all(organisation_id: UUID, bot: str, edits: Edits) -> list[dict[str, Any]]:
    """How each goes with these edits. Raises Conflict: "bot_learning", "bot_broken"."""
    name = simulator.ready(bot, edits)
    rows = Rehearsal.objects.filter(organisation_id=organisation_id, bot=bot).order_by("name")
    return [gone(row.name, row.language, row.steps, name) for row in rows]


def gone(name: str, language: str, steps: Sequence[Mapping[str, Any]], bot: str) -> dict[str, Any]:
    """`bot`: its name for engines. `problems`: of each step that went otherwise, what was wanted and what came."""
    turns = simulator.play(bot, [one["text"] for one in steps], language)
    problems = [
        {"step": number, "wanted": wanted, "came": came}
        for number, (step, turn) in enumerate(zip(steps, turns, strict=True), 1)
        for wanted, came in _otherwise(step, turn)
    ]
    return {"name": name, "passed": not problems, "problems": problems[:10]}


def _otherwise(step: Mapping[str, Any], turn: BotTurn) -> list[tuple[str, str]]:
    found = []
    if "intent" in step and step["intent"] != (turn.intent or ""):
        found.append((step["intent"], turn.intent or ""))
    if "says" in step and step["says"] not in turn.replies:
        found.append((step["says"], " / ".join(turn.replies)))
    if "hands_over" in step and step["hands_over"] != (turn.handover is not None):
        found.append(("handover" if step["hands_over"] else "answer", "handover" if turn.handover else "answer"))
    return found


def _step(given: Mapping[str, Any], intents: Sequence[str]) -> dict[str, Any]:
    text = storable(str(given["text"])).strip()
    if not 1 <= len(text) <= simulator.LONGEST_TEXT:
        raise Invalid("rehearsal_steps", "each step begins with a text", field="steps")
    kept: dict[str, Any] = {"text": text}
    if given.get("intent") is not None:
        if given["intent"] and given["intent"] not in intents:
            raise Invalid("unknown_choice", "there is no such intent", field="steps")
        kept["intent"] = given["intent"]
    if given.get("says") is not None:
        kept["says"] = storable(given["says"]).strip()
    if given.get("hands_over") is not None:
        kept["hands_over"] = bool(given["hands_over"])
    return kept


def _told(actor: User, row: Rehearsal, before: Any, after: Any) -> None:
    audit.record(
        actor=actor, organisation_id=row.organisation_id, action="bot.rehearsal", kind="bot", object_id=row.id,
        name=f"{row.bot}: {row.name}", changes={"steps": [before, after]},
    )  # fmt: skip
