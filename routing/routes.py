"""The rules of a line at work: what is known of a conversation that people are to have, and which rule it goes by.

Asked when it is handed over (routing/handover.py): by its bot, past a bot that may not speak, or on a line without
one. Two statements for a line with rules, and one for each kind of thing that a rule asks about; none for others.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import Error, connection

from bots.turn import BotTurn
from common.places import place_of
from contacts.attributes import Compare
from conversations.models import Conversation, Line
from routing.assignment import Want
from routing.climbing import forget_rule
from routing.front_door import Asked, facts_of
from routing.front_filter import Kind
from routing.ladder import Ladder, from_rows, from_text, without
from routing.models import Queue
from routing.turns import Talk
from routing.workflow import Condition, Decision, Facts, More, Rule, route
from routing.workflow_models import Routed, RuleCondition
from routing.workflow_models import Rule as RuleRow

log = logging.getLogger(__name__)

_ASKED = """
select r.id, r.queue_id, r.wants, r.ladder from routing_rule r join routing_workflow w on w.line_id = r.workflow_id
where r.organisation_id = %s and r.is_enabled and w.is_enabled and (r.wants <> '[]'::jsonb or r.ladder is not null)
"""
_OF_RULE = (
    "id", "queue_id", "is_enabled", "name", "priority", "wants", "ladder", "conditions__kind",
    "conditions__contact_list_id", "conditions__tag_id", "conditions__attribute_id", "conditions__compare",
    "conditions__value", "conditions__words", "conditions__attribute__type", "conditions__key",
)  # fmt: skip
_SKILLS = "select id from routing_skill where organisation_id = %s and is_enabled"


def choose(
    conversation: Conversation, talk: Talk, heard: BotTurn | None, language: str, now: datetime
) -> Decision | None:
    """What the rules of its line say; None where it has none that are on. `heard`: what the bot made of the last texts.

    Rules that cannot be asked for another reason than the database leave it to the line's own queue: nobody is lost.
    """
    line = conversation.line
    if not line.is_routed:
        return None
    try:
        rules = rules_of(line.id)
        asked = Asked(conversation.address.value, conversation.contact_id, language or talk.language, said(talk))
        return decide(line, rules, asked, heard, now)
    except Error:
        raise
    except Exception as error:
        log.error("line %s: its rules are not asked: %s at %s", line.id, type(error).__name__, place_of(error))
        return None


def decide(line: Line, rules: list[Rule], asked: Asked, heard: BotTurn | None, now: datetime) -> Decision:
    conditions = [one for rule in rules for one in rule.conditions]
    (person,) = facts_of(line, conditions, [asked], now)
    there = now.astimezone(ZoneInfo(line.organisation.time_zone))
    facts = Facts(
        person=person,
        weekday=there.isoweekday(),
        minute=there.hour * 60 + there.minute,
        intents=_intents(heard),
        entities=_entities(heard),
        confidence=None if heard is None else heard.confidence,
        skills=heard.handover.skills if heard is not None and heard.handover is not None else (),
    )
    queues = Queue.objects.filter(id__in={rule.queue_id for rule in rules}, is_enabled=True)
    return route(rules, facts, set(queues.values_list("id", flat=True)))


def said(talk: Talk) -> str:
    """What the subscriber wrote, his last texts first: no more than so much of it is read for words."""
    earlier = [turn.body for turn in reversed(talk.history) if turn.author == "contact"]
    return "\n".join([talk.text, *earlier])


def _intents(heard: BotTurn | None) -> tuple[str, ...]:
    if heard is None:
        return ()
    before = heard.handover.intents if heard.handover else ()
    return tuple(dict.fromkeys([*before, heard.intent] if heard.intent else before))


def _entities(heard: BotTurn | None) -> dict[str, str]:
    if heard is None:
        return {}
    return {**(heard.handover.entities if heard.handover else {}), **heard.entities}


def rules_of(line_id: UUID) -> list[Rule]:
    """In one statement: read in two, a rule that is changed between them would have lost its conditions, and hold for
    everybody."""
    rows = RuleRow.objects.filter(workflow_id=line_id).order_by("place", "conditions__place").values_list(*_OF_RULE)
    found: dict[UUID, Rule] = {}
    for id_, queue_id, is_enabled, name, priority, wants, ladder, *asked in rows:
        before = found.get(id_) or Rule(
            id=id_, queue_id=queue_id, is_enabled=is_enabled, name=name, priority=priority, wants=_wants(wants),
            ladder=None if ladder is None else from_rows(ladder),
        )  # fmt: skip
        kind, contact_list, tag, attribute, compare, value, words, type_, key = asked
        condition = () if kind is None else (
            Condition(
                kind=_kind(kind), thing=contact_list or tag or attribute, compare=Compare(compare), value=value,
                words=tuple(words), type=type_ or "", key=key,
            ),
        )  # fmt: skip
        found[id_] = replace(before, conditions=(*before.conditions, *condition))
    return list(found.values())


def _kind(kind: str) -> Kind | More:
    return Kind(kind) if kind in set(Kind) else More(kind)


def rule_of(row: RuleRow, conditions: Iterable[Condition]) -> Rule:
    return Rule(
        id=row.id,
        queue_id=row.queue_id,
        conditions=tuple(conditions),
        is_enabled=row.is_enabled,
        name=row.name,
        priority=row.priority,
        wants=_wants(row.wants),
        ladder=None if row.ladder is None else from_rows(row.ladder),
    )


def condition_of(row: RuleCondition) -> Condition:
    return Condition(
        kind=_kind(row.kind),
        thing=row.contact_list_id or row.tag_id or row.attribute_id,
        compare=Compare(row.compare),
        value=row.value,
        words=tuple(row.words),
        type=row.attribute.type if row.attribute else "",
        key=row.key,
    )


def _wants(rows: Iterable[Mapping[str, Any]], skills: Collection[UUID] | None = None) -> tuple[Want, ...]:
    wants = (Want(UUID(row["skill_id"]), row["least"], row["preferred"]) for row in rows)
    return tuple(want for want in wants if skills is None or want.skill_id in skills)


def note(conversation: Conversation, decision: Decision | None) -> None:
    """Write down by which rule it goes: this time, whatever it went by before. The conversation is locked."""
    if decision is None or decision.rule is None:
        if conversation.line.is_routed:
            forget_rule(conversation)
        return
    rule = decision.rule
    Routed.objects.update_or_create(
        conversation_id=conversation.id,
        defaults={
            "organisation_id": conversation.organisation_id, "rule_id": rule.id, "queue_id": rule.queue_id,
            "priority": rule.priority,
        },
    )  # fmt: skip


# --- What the rules ask of those who wait by them (routing/glance.py) ------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asking:
    """What a rule asks of an agent, besides its queue, and how waiting changes that."""

    queue_id: UUID
    wants: tuple[Want, ...]
    ladder: Ladder | None


def asking(organisation_id: UUID, off: frozenset[UUID] = frozenset()) -> dict[UUID, Asking]:
    """By rule, those that are on and ask anything; as they are now, so that a change reaches whoever waits. One
    statement where no rule does. What cannot be read is no ladder: a round serves everybody else all the same. `off`:
    queues that are, into which nothing overflows."""
    with connection.cursor() as cursor:
        cursor.execute(_ASKED, [organisation_id])
        rows = cursor.fetchall()
        if not rows:
            return {}
        cursor.execute(_SKILLS, [organisation_id])
        skills = {row[0] for row in cursor.fetchall()}
    return {
        id_: Asking(
            queue_id, _wants(json.loads(wants), skills), None if ladder is None else without(from_text(ladder), off)
        )
        for id_, queue_id, wants, ladder in rows
    }


def joined(first: tuple[Want, ...], more: tuple[Want, ...]) -> tuple[Want, ...]:
    """Both, each skill once: the higher of two levels holds."""
    found = {want.skill_id: want for want in first}
    for want in more:
        has = found.get(want.skill_id, want)
        found[want.skill_id] = Want(want.skill_id, max(has.least, want.least), max(has.preferred, want.preferred))
    return tuple(found.values())
