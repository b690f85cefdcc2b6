"""A queue's ladder as its administrators give it: refused in words at the step that cannot be meant."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypedDict
from uuid import UUID

from common.errors import Invalid
from common.text import storable
from routing import ladder
from routing.ladder_words import ESTIMATED, EVERYWHERE, NAMES, PLACEHOLDERS, USUAL
from routing.models import Queue, Skill

LONGEST_TEXT = 320  # characters: two short messages
LEAST_CALLBACK_S, MOST_CALLBACK_S = 300, 7 * 24 * 3600
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


class LadderStepView(TypedDict):
    """`do`: lower_level (skill, by), drop_preferred (skill), add_queue (queue), raise_priority (by), tell_position,
    offer_callback, give_to_bot."""

    after_s: int
    do: str
    skill: str | None
    queue: str | None
    by: int | None


def shown(queue: Queue) -> list[LadderStepView]:
    return [
        {"after_s": row["after_s"], "do": row["do"], "skill": row.get("skill"), "queue": row.get("queue"),
         "by": row.get("by")}
        for row in ladder.as_rows(ladder.kept(queue.ladder))
    ]  # fmt: skip


def lock_all(organisation_id: UUID) -> list[Queue]:
    """Two who let their queues overflow into each other at the same moment: the second sees what the first did."""
    return list(Queue.objects.select_for_update(no_key=True).filter(organisation_id=organisation_id).order_by("id"))


def checked(queue: Queue, given: Sequence[Mapping[str, Any]], known: Sequence[Queue]) -> list[dict[str, Any]]:
    """As it is stored. `known`: all queues of the organisation, locked. Raises Invalid, at "ladder.<step>.<part>"."""
    found = ladder.from_rows([{name: part for name, part in row.items() if part is not None} for row in given])
    refuse_off(found, queue.ladder, {one.id for one in known if not one.is_enabled})
    ladder.check(
        found,
        own_queue=queue.id,
        queues={one.id for one in known},
        skills=set(Skill.objects.filter(organisation_id=queue.organisation_id).values_list("id", flat=True)),
        others={one.id: ladder.kept(one.ladder) for one in known if one.id != queue.id},
    )
    return ladder.as_rows(found)


def refuse_off(found: ladder.Ladder, before: Sequence[Mapping[str, Any]], off: Collection[UUID]) -> None:
    """Nothing overflows into a queue that is off (routing/served.py). What the stored ladder, `before`, names already
    stays: who changes something else is not kept from it, and the screen says so. Raises Invalid."""
    stays = ladder.adds(ladder.kept(before))
    for place, step in enumerate(found.steps):
        what = step.what
        if isinstance(what, ladder.AddQueue) and what.queue_id in off and what.queue_id not in stays:
            raise Invalid(
                "ladder_queue_off", "this queue is off: nothing overflows into it", field=f"ladder.{place}.queue",
                step=place + 1,
            )  # fmt: skip


def texts(given: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Own words by language and name; an empty text is the usual one. Raises Invalid at "ladder_texts"."""
    stored: dict[str, dict[str, str]] = {}
    for language, by_name in given.items():
        for name, text in by_name.items():
            if language not in USUAL or name not in NAMES:
                raise _refusal("unknown_choice", "there is no such text")
            words = storable(text).strip()
            if len(words) > LONGEST_TEXT:
                raise _refusal("too_long", f"at most {LONGEST_TEXT} characters")
            allowed = (*EVERYWHERE, *PLACEHOLDERS[name])
            for placeholder in _PLACEHOLDER.findall(words):
                if placeholder in allowed:
                    continue
                if placeholder in ESTIMATED:
                    raise _refusal("ladder_no_estimate", "this text is the one for when no estimate is known")
                raise _refusal("ladder_placeholder", f"{placeholder} stands for nothing here", placeholder=placeholder)
            if words:
                stored.setdefault(language, {})[name] = words
    return stored


def _refusal(code: str, message: str, **facts: str) -> Invalid:
    return Invalid(code, message, field="ladder_texts", **facts)
