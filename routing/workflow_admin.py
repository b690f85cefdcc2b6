"""The rules of a line as administrators see and change them, and trying a text on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import Organisation, User
from bots.engine import is_ready, take_turn, vocabulary
from bots.errors import BotDataError
from bots.turn import BotTurn
from common.clock import database_now
from common.errors import Conflict, Invalid, NotFound
from common.ids import uuid7
from common.text import refuse_hidden, storable
from contacts.attributes import Compare, value_of
from contacts.models import Address, AddressKind, AttributeType
from contacts.numbers import normalise
from conversations.models import Line
from realtime import doorbell
from realtime.log import record_changes
from routing.front_door import Asked, facts_of, load_filters
from routing.front_filter import Decision as FrontDecision
from routing.front_filter import Kind
from routing.front_filter import decide as decide_front
from routing.ladder import as_rows, check, from_rows, kept
from routing.ladder_admin import refuse_off
from routing.models import Queue, Skill
from routing.question_admin import one_of, set_question
from routing.queues import queue_for
from routing.routes import condition_of, decide, rule_of
from routing.workflow import Decision, More, span_of
from routing.workflow_models import Rule, RuleCondition, Workflow

MOST_RULES, MOST_CONDITIONS, MOST_WANTS = 50, 10, 10
MOST_INTENTS = 60
LONGEST_NAME = 80
MOST_PRIORITY = 100
DAYS = tuple("1234567")
LEARNS_S = 3.0  # that somebody who tries a text waits for a bot that has to learn first


@dataclass(frozen=True, slots=True)
class ConditionGiven:
    """`thing_id`: the list, tag or attribute. `key`: the name of an entity. `words`: words, intents, skills, days."""

    kind: str
    thing_id: UUID | None = None
    compare: str = "is"
    value: str = ""
    words: Sequence[str] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class RuleGiven:
    """`id`: of the rule that it was; None: new. `wants`: (skill, least, preferred). `ladder` None: the queue's."""

    queue_id: UUID
    conditions: Sequence[ConditionGiven] = ()
    id: UUID | None = None
    name: str = ""
    is_enabled: bool = True
    priority: int = 0
    wants: Sequence[tuple[UUID, int, int]] = ()
    ladder: Sequence[Mapping[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class WorkflowGiven:
    """`revision`: of the rules that were changed; 0: there were none."""

    is_enabled: bool
    revision: int
    rules: Sequence[RuleGiven]


@dataclass(frozen=True, slots=True)
class Tried:
    """`heard`: what the line's bot makes of the text; None: it is not asked. `queue_id`: where it would wait.
    `filtered`: what the line's front filter says of who begins with it, before the rules; None: it has none that is on.
    """

    number: str
    is_known: bool
    heard: BotTurn | None
    decision: Decision
    queue_id: UUID
    filtered: FrontDecision | None


def workflow_shown(organisation_id: UUID, line_id: UUID) -> dict[str, Any]:
    """Raises NotFound. A line that has no rules is shown none, and they are off."""
    line = _line(organisation_id, line_id)
    return _shown(line, _stored(line), *_rows_of(line.id))


def save_workflow(*, actor: User, line_id: UUID, given: WorkflowGiven) -> dict[str, Any]:
    """Put `given` in the place of what was: the next conversation goes by it, and who waits is asked what it asks now.

    Raises NotFound, Invalid, Conflict("changed_meanwhile").
    """
    organisation_id = actor.organisation_id
    with record_changes(organisation_id) as changes:
        # As conversations.line_admin: not against references.
        line = Line.objects.select_for_update(no_key=True).filter(organisation_id=organisation_id, id=line_id).first()
        if line is None:
            raise NotFound("no_line", "there is no such line")
        old, (rows, conditions) = _stored(line), _rows_of(line.id)
        if given.revision != old.revision:
            raise Conflict("changed_meanwhile", "somebody has changed these rules since you opened them")
        before = _described(old, rows, conditions)
        new, new_rows, new_conditions = _read(line, given, rows)
        changed = audit.difference(before, _described(new, new_rows, new_conditions))
        if not changed:
            return _shown(line, old, rows, conditions)
        new.revision = old.revision + 1
        new.save(force_insert=not old.revision, force_update=bool(old.revision))
        Rule.objects.filter(workflow=new).delete()
        Rule.objects.bulk_create(new_rows)
        RuleCondition.objects.bulk_create(new_conditions)
        if line.is_routed != new.is_enabled:
            Line.objects.filter(id=line.id).update(is_routed=new.is_enabled)
        audit.record(
            actor=actor, organisation_id=organisation_id, action="rules.changed", kind="line", object_id=line.id,
            name=str(line), changes=changed,
        )  # fmt: skip
        changes.add(SettingsChanged(kind="line", object_id=line.id))
        changes.ring(doorbell.WAITING)  # what is asked of agents may have become less
    return _shown(line, new, new_rows, new_conditions)


def try_text(*, actor: User, line_id: UUID, number: str, text: str, given: WorkflowGiven | None) -> Tried:
    """Where a text from `number` would wait were it handed over now; by the rules that are stored, or by `given`, on or
    off. Changes nothing. Raises NotFound, Invalid."""
    organisation_id = actor.organisation_id
    line = _line(organisation_id, line_id)
    region = Organisation.objects.values_list("region", flat=True).get(id=organisation_id)
    sender = normalise(number, region=region)
    if not sender.value:
        raise Invalid("not_a_number", "this is no phone number", field="number")
    address = (
        Address.objects.select_related("contact")
        .filter(organisation_id=organisation_id, kind=AddressKind.PHONE, value=sender.value)
        .first()
    )
    rows, conditions = _rows_of(line.id)
    if given is not None:
        _, rows, conditions = _read(line, given, rows)
    language = (address.contact.language if address else "") or line.language
    asked = Asked(sender.value, address.contact_id if address else None, language, storable(text))
    filtered = _filtered(line, asked)
    heard = None if filtered and not filtered.way.asks_bot(line.bot) else _heard(line, asked.text, language)
    asked = replace(asked, language=(heard.language if heard else "") or language)
    of_rule = _by_rule(conditions)
    rules = [rule_of(row, map(condition_of, of_rule.get(row.id, ()))) for row in rows]
    decision = decide(line, rules, asked, heard, database_now())
    named = filtered.way.queue_id if filtered else None
    queue_id = named or (decision.rule.queue_id if decision.rule else queue_for(line).id)
    return Tried(sender.value, address is not None, heard, decision, queue_id, filtered)


def _filtered(line: Line, asked: Asked) -> FrontDecision | None:
    found = load_filters([line.id]).get(line.id) if line.is_filtered else None
    if found is None:
        return None
    (facts,) = facts_of(line, found.checks, [asked], database_now())
    return decide_front(found.checks, found.otherwise, facts)


def _heard(line: Line, text: str, language: str) -> BotTurn | None:
    if not line.bot:
        return None
    engine = line.bot_engine or None
    try:
        # To learn takes longer than a request may: it goes on meanwhile.
        if not is_ready(line.bot, engine, within_s=LEARNS_S):
            raise Conflict("bot_learning", "the bot is learning its phrases")
        return take_turn(
            bot=line.bot, engine=engine, conversation_id=uuid7(), history=(), text=text,
            language=language,
        )  # fmt: skip
    except BotDataError:  # no such bot: people get everything
        return None


def _line(organisation_id: UUID, line_id: UUID) -> Line:
    lines = Line.objects.select_related("organisation")
    line = lines.filter(organisation_id=organisation_id, id=line_id).first()
    if line is None:
        raise NotFound("no_line", "there is no such line")
    return line


def _stored(line: Line) -> Workflow:
    found = Workflow.objects.filter(line=line).first()
    return found or Workflow(line=line, organisation_id=line.organisation_id, revision=0)


def _rows_of(line_id: UUID) -> tuple[list[Rule], list[RuleCondition]]:
    conditions = RuleCondition.objects.select_related("attribute").filter(rule__workflow_id=line_id)
    return list(Rule.objects.filter(workflow_id=line_id).order_by("place")), list(conditions.order_by("place"))


def _by_rule(conditions: Sequence[RuleCondition]) -> dict[UUID, list[RuleCondition]]:
    found: dict[UUID, list[RuleCondition]] = {}
    for row in conditions:
        found.setdefault(row.rule_id, []).append(row)
    return found


def _described(one: Workflow, rows: Sequence[Rule], conditions: Sequence[RuleCondition]) -> dict[str, Any]:
    """As JSON values: what the screen gets, and what the audit log keeps."""
    of_rule = _by_rule(conditions)
    return {
        "is_enabled": one.is_enabled,
        "rules": [
            {
                "id": str(row.id),
                "name": row.name,
                "is_enabled": row.is_enabled,
                "queue_id": str(row.queue_id),
                "priority": row.priority,
                "wants": row.wants,
                "ladder": row.ladder,
                "conditions": [_condition(condition) for condition in of_rule.get(row.id, ())],
            }
            for row in rows
        ],
    }


def _condition(row: RuleCondition) -> dict[str, Any]:
    thing_id = row.contact_list_id or row.tag_id or row.attribute_id
    return {
        "kind": row.kind,
        "thing_id": str(thing_id) if thing_id else None,
        "compare": row.compare,
        "value": row.value,
        "words": list(row.words),
        "key": row.key,
    }


def _shown(line: Line, one: Workflow, rows: Sequence[Rule], conditions: Sequence[RuleCondition]) -> dict[str, Any]:
    return {
        "line_id": str(line.id),
        "revision": one.revision,
        "bot": _vocabulary(line),
        **_described(one, rows, conditions),
    }


def _vocabulary(line: Line) -> dict[str, Any] | None:
    """What the line's bot can understand; None: it has none, or one that cannot be read."""
    try:
        words = vocabulary(line.bot) if line.bot else None
    except BotDataError:
        return None
    return None if words is None else {
        "intents": list(words.intents), "entities": list(words.entities), "skills": list(words.skills),
    }  # fmt: skip


# --- Reading what was given ------------------------------------------------------------------------------------------


def _read(line: Line, given: WorkflowGiven, stored: Sequence[Rule]) -> tuple[Workflow, list[Rule], list[RuleCondition]]:
    """As rows, not stored. `stored`: the line's rules. Raises Invalid; `field` names the part:
    "rules.3.conditions.1.value"."""
    if len(given.rules) > MOST_RULES:
        raise Invalid("too_many_rules", f"at most {MOST_RULES} rules", field="rules")
    mine = {"organisation_id": line.organisation_id}
    queues = {queue.id: queue for queue in Queue.objects.filter(**mine)}
    known = {row.id: row for row in stored}
    skills = set(Skill.objects.filter(**mine).values_list("id", flat=True))
    found = Workflow(line=line, is_enabled=given.is_enabled, **mine)
    ids = [one.id for one in given.rules if one.id is not None]
    rows, conditions = [], []
    for place, one in enumerate(given.rules, 1):
        row = Rule(workflow=found, place=place, is_enabled=one.is_enabled, **mine)
        # Its own again: who waits by it goes on doing so. Another line's, or one that comes twice, is a new one.
        if one.id is not None and one.id in known and ids.count(one.id) == 1:
            row.id = one.id
        try:
            _set_rule(row, one, queues, skills, known.get(row.id))
            conditions += _conditions(row, one.conditions, line.organisation_id)
        except Invalid as refusal:
            where = f"rules.{place}.{refusal.field}"
            raise Invalid(refusal.code, refusal.message, field=where, **refusal.facts) from None
        rows.append(row)
    return found, rows, conditions


def _set_rule(
    row: Rule, given: RuleGiven, queues: Mapping[UUID, Queue], skills: Collection[UUID], before: Rule | None
) -> None:
    """`queues`: those of the organisation."""
    row.name = " ".join(storable(given.name).split())[:LONGEST_NAME]
    refuse_hidden(row.name, field="name")
    if given.queue_id not in queues:
        raise Invalid("unknown_choice", "there is no such queue", field="queue_id")
    row.queue_id = given.queue_id
    if not 0 <= given.priority <= MOST_PRIORITY:
        raise Invalid("filter_priority", f"from 0 to {MOST_PRIORITY}", field="priority")
    row.priority = given.priority
    if len(given.wants) > MOST_WANTS:
        raise Invalid("too_many_wants", f"at most {MOST_WANTS} skills", field="wants")
    if len({skill_id for skill_id, *_ in given.wants}) != len(given.wants):
        raise Invalid("twice", "each skill once", field="wants")
    for skill_id, least, preferred in given.wants:
        if skill_id not in skills:
            raise Invalid("unknown_choice", "there is no such skill", field="wants")
        if not (0 <= least <= 5 and 0 <= preferred <= 5 and (least or preferred)):
            raise Invalid("rule_level", "a least or a preferred level, from 1 to 5", field="wants")
    row.wants = [
        {"skill_id": str(skill_id), "least": least, "preferred": preferred}
        for skill_id, least, preferred in given.wants
    ]
    if given.ladder is not None:
        ladder = from_rows(given.ladder)
        stored = [] if before is None or before.ladder is None else before.ladder
        others = {id_: kept(queue.ladder) for id_, queue in queues.items() if id_ != row.queue_id}
        if as_rows(ladder) == stored:  # a queue's has come to lead back since: that keeps nobody from changing others
            others = {}
        check(ladder, own_queue=row.queue_id, queues=queues.keys(), skills=skills, others=others)
        refuse_off(ladder, stored, {queue.id for queue in queues.values() if not queue.is_enabled})
        row.ladder = as_rows(ladder)


def _conditions(row: Rule, given: Sequence[ConditionGiven], organisation_id: UUID) -> list[RuleCondition]:
    if len(given) > MOST_CONDITIONS:
        raise Invalid("too_many_conditions", f"at most {MOST_CONDITIONS} conditions", field="conditions")
    found = []
    for place, one in enumerate(given, 1):
        condition = RuleCondition(rule=row, place=place)
        try:
            if one.kind in set(Kind):
                set_question(condition, organisation_id, one)
            else:
                _set_more(condition, one)
        except Invalid as refusal:
            where = f"conditions.{place}.{refusal.field}"
            raise Invalid(refusal.code, refusal.message, field=where, **refusal.facts) from None
        found.append(condition)
    return found


def _set_more(row: RuleCondition, given: ConditionGiven) -> None:
    kind = More(one_of(given.kind, tuple(More), "kind"))
    row.kind = kind.value
    if kind in (More.INTENT, More.SKILL):
        row.words = _names(given.words, "words")
    elif kind == More.ENTITY:
        (row.key,) = _names([given.key], "key")
        usual = (Compare.IS, Compare.IS_NOT, Compare.SET, Compare.UNSET)
        row.compare = one_of(given.compare, usual, "compare")
        if row.compare not in (Compare.SET, Compare.UNSET):
            row.value = value_of(AttributeType.TEXT, (), given.value)
    elif kind == More.CONFIDENCE:
        row.compare = one_of(given.compare, (Compare.LESS, Compare.MORE), "compare")
        row.value = value_of(AttributeType.NUMBER, (), given.value)
        if not 0 <= float(row.value) <= 100:
            raise Invalid("rule_percent", "from 0 to 100", field="value")
    else:
        row.value = _span(given.value)
        row.words = sorted({one_of(one, DAYS, "words") for one in given.words})


def _names(given: Sequence[str], field: str) -> list[str]:
    """Of intents, skills and entities, as the bot's author wrote them. They need not be there: bots are replaced."""
    names = list(dict.fromkeys(name for one in given if (name := storable(one).strip())))
    if not 1 <= len(names) <= MOST_INTENTS or any(len(name) > LONGEST_NAME for name in names):
        raise Invalid("rule_names", f"from 1 to {MOST_INTENTS} names of at most {LONGEST_NAME} signs", field=field)
    for name in names:
        refuse_hidden(name, field=field)
    return names


def _span(value: str) -> str:
    try:
        first, last = span_of(value)
    except ValueError:
        first = last = 0
    if first == last:
        raise Invalid("rule_span", "two times are expected, as 08:00-17:30", field="value")
    return value
