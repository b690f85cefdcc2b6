"""The handover policies of lines, from the tables, and what they say of bots' turns."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import Error, connection

from bots.turn import BotTurn
from common.clock import database_now
from common.places import place_of
from contacts.attributes import Compare
from conversations.models import Line
from routing.front_door import Asked, facts_of
from routing.front_filter import Kind, ask
from routing.handover_policy import USUAL, Policy, So, Vip, asks_back, judge
from routing.handover_policy_models import HandoverPolicy
from routing.turns import Talk

log = logging.getLogger(__name__)

_WHO = """
select c.id, c.contact_id, address.value from conversations_conversation c
join contacts_address address on address.id = c.address_id where c.id = any(%s)
"""


@dataclass(frozen=True, slots=True)
class VipQuestion:
    """routing.front_filter.Question: who is to be looked after."""

    kind: StrEnum
    thing: UUID | None
    compare: Compare
    value: str
    type: str
    words: tuple[str, ...] = ()


def policy_of(row: HandoverPolicy) -> Policy:
    return Policy(
        unsure_times=row.unsure_times,
        mood_texts=row.mood_texts,
        loops=row.loops,
        vip=Vip(row.vip) if row.kind else Vip.OFF,
        words=tuple(row.keywords.split("\n")) if row.keywords else (),
        priorities=dict(row.priorities),
        tells_wait=row.tells_wait,
    )


def question_of(row: HandoverPolicy) -> VipQuestion | None:
    if not row.kind:
        return None
    return VipQuestion(
        kind=Kind(row.kind),
        thing=row.contact_list_id or row.tag_id or row.attribute_id,
        compare=Compare(row.compare),
        value=row.value,
        type=row.attribute.type if row.attribute else "",
    )


def policies_of(line_ids: Collection[UUID]) -> dict[UUID, HandoverPolicy]:
    """By line; a line that has none is not there."""
    rows = HandoverPolicy.objects.select_related("attribute", "line__organisation").filter(line_id__in=line_ids)
    return {row.line_id: row for row in rows}


def judged(talks: Sequence[Talk], turns: Mapping[UUID, BotTurn], now: datetime | None) -> dict[UUID, BotTurn]:
    """The turns as their lines' policies leave them. A policy that cannot be asked for another reason than the database
    changes nothing: the bot's own turn stands."""
    rows = policies_of({talk.line_id for talk in talks if talk.line_id is not None}) if talks else {}
    looked_after = _vips(rows, talks, now)
    found = dict(turns)
    for talk in talks:
        turn = found.get(talk.id)
        if turn is None or talk.line_id is None:
            continue
        try:
            row = rows.get(talk.line_id)
            policy = policy_of(row) if row else USUAL
            found[talk.id] = judge(policy, so_far(talk, is_vip=talk.id in looked_after), turn)
        except Exception as error:
            log.error("line %s: its handover policy fails: %s", talk.line_id, place_of(error))
    return found


def so_far(talk: Talk, *, is_vip: bool = False) -> So:
    """Since a person last wrote: what he has settled counts no more."""
    last = max((n for n, turn in enumerate(talk.history, 1) if turn.author == "agent"), default=0)
    marks = talk.marks or ({},) * len(talk.history)
    turns = list(zip(talk.history, marks, strict=True))[last:]
    said = [(turn.body, mark) for turn, mark in turns if turn.author == "bot"]
    running = 0
    for _, mark in reversed(said):
        if not mark.get("unsure"):
            break
        running += 1
    return So(
        text=talk.text,
        said=tuple(body for body, _ in said),
        unsure=running,
        moods=tuple(str(mark.get("mood", "")) for _, mark in said),
        asked_back=said[-1][0] if running else "",
        is_vip=is_vip,
    )


def marks_of(turn: BotTurn) -> dict[str, str | bool]:
    """What the next turns need to know of this one: kept with the bot's own message."""
    found: dict[str, str | bool] = {}
    if turn.source:
        found["source"] = turn.source
    if asks_back(turn):
        found["unsure"] = True
    if turn.sentiment in ("negative", "positive"):
        found["mood"] = turn.sentiment
    return found


def _vips(rows: Mapping[UUID, HandoverPolicy], talks: Sequence[Talk], now: datetime | None) -> set[UUID]:
    """Of `talks`, those whose subscriber is to be looked after. Nothing is asked where no line looks after anybody."""
    asked = {id_: row for id_, row in rows.items() if row.kind and row.vip != Vip.OFF}
    mine = {talk.id: talk for talk in talks if talk.line_id in asked}
    if not mine:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_WHO, [list(mine)])
        people = {id_: (contact_id, number) for id_, contact_id, number in cursor.fetchall()}
    found: set[UUID] = set()
    at = now or database_now()
    for line_id, row in asked.items():
        try:
            found |= _vips_of(row.line, row, [mine[id_] for id_ in people if mine[id_].line_id == line_id], people, at)
        except Error:
            raise
        except Exception as error:
            log.error("line %s: nobody is looked after: %s", line_id, place_of(error))
    return found


def _vips_of(
    line: Line, row: HandoverPolicy, talks: Iterable[Talk], people: Mapping[UUID, tuple[UUID, str]], now: datetime
) -> set[UUID]:
    question = question_of(row)
    if question is None:
        return set()
    whole = list(talks)
    who = [Asked(people[talk.id][1], people[talk.id][0], talk.language, talk.text) for talk in whole]
    facts = facts_of(line, [question], who, now)
    return {talk.id for talk, known in zip(whole, facts, strict=True) if ask(question, known)[0]}


_TALKS = """
select c.id, c.line_id, c.contact_id, address.value from conversations_conversation c
join contacts_address address on address.id = c.address_id
where c.organisation_id = %s and c.id = any(%s) and c.line_id = any(%s)
"""


def looked_after(organisation_id: UUID, conversation_ids: Collection[UUID]) -> set[UUID]:
    """Of these conversations, those whose subscriber his line looks after; for lists (settings.ROWS_LOOKED_AFTER).

    One query where no line looks after anybody. A line whose policy cannot be read looks after nobody, and says so."""
    rows = HandoverPolicy.objects.select_related("attribute", "line__organisation").exclude(kind="")
    asked = {row.line_id: row for row in rows.filter(organisation_id=organisation_id).exclude(vip=Vip.OFF)}
    if not asked:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_TALKS, [organisation_id, list(conversation_ids), list(asked)])
        people: dict[UUID, list[tuple[UUID, Asked]]] = {}
        for id_, line_id, contact_id, number in cursor.fetchall():
            people.setdefault(line_id, []).append((id_, Asked(number, contact_id, "", "")))
    found: set[UUID] = set()
    now = database_now()
    for line_id, who in people.items():
        row = asked[line_id]
        try:
            question = question_of(row)
            if question is None:
                continue
            facts = facts_of(row.line, [question], [one for _, one in who], now)
            found |= {id_ for (id_, _), known in zip(who, facts, strict=True) if ask(question, known)[0]}
        except Error:
            raise
        except Exception as error:
            log.error("line %s: nobody is marked to be looked after: %s", line_id, place_of(error))
    return found
