"""The first who wait, of each kind: of ten thousand in a queue those whose turn it may be, and nobody else.

Those of one queue and one priority go in the order of their waiting, and the index hands them out in it. Where a
queue's ladder changes who may take them after a while, each such stretch of waiting (a stage) is walked by itself. Who
came to the queue later than his place says (routing/climbing.py) is met in the stage of his place, and asks what is
asked at the stage where he truly is: a ladder only ever lets more people in, so nobody is overlooked.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from routing.assignment import Agent, Waiting, Want
from routing.ladder import climbed, stage_at, stages
from routing.offers import AVOID_S
from routing.routes import Asking, joined
from routing.served import Served
from routing.sticky import may_take

Stage = tuple[UUID, int]  # a queue, and the place of a stretch of waiting in routing.ladder.stages

_WAITING = """
with level as materialized (
    select * from unnest(%(level_queues)s::uuid[], %(priorities)s::int[]) l (id, priority)
), stage as materialized (
    select * from unnest(%(queues)s::uuid[], %(stages)s::int[], %(everywhere)s::bool[],
                         %(after)s::timestamptz[], %(until)s::timestamptz[])
        s (queue_id, number, everywhere, after, until)
), seen as materialized (
    select * from unnest(%(seen_queues)s::uuid[], %(seen_stages)s::int[], %(seen_lines)s::uuid[])
        s (queue_id, number, line_id)
), barred as materialized (
    select * from unnest(%(barred_queues)s::uuid[], %(barred_stages)s::int[], %(barred_languages)s::text[])
        b (queue_id, number, language)
), ringing as materialized (
    select conversation_id from routing_offer where organisation_id = %(organisation)s and state = 'pending'
)
select c.id, c.line_id, level.id, c.priority, c.queued_at, c.language, c.assigned_at is not null,
       c.assigned_at > c.queued_at, stage.number, routed.rule_id, c.preferred_id, c.preferred_until,
       greatest(c.queued_at, start.at)
from level
join stage on stage.queue_id = level.id
cross join lateral (
    select c.id, c.line_id, c.priority, c.queued_at, c.assigned_at, c.language, c.preferred_id, c.preferred_until
    from conversations_conversation c
    where c.organisation_id = %(organisation)s and c.queue_id = level.id and c.status = 'queued'
      and c.priority = level.priority
      and c.queued_at > stage.after and c.queued_at <= stage.until
      and (stage.everywhere
           or c.line_id in (select line_id from seen where seen.queue_id = level.id and seen.number = stage.number))
      and not exists (select from barred where barred.queue_id = level.id and barred.number = stage.number
                      and barred.language = c.language)
      and c.id not in (select conversation_id from ringing)
      and not exists (select from routing_routed r where r.conversation_id = c.id and r.queue_id = level.id
                      and r.rule_id = any(%(barred_rules)s))
    order by c.queued_at limit %(depth)s
) c
left join routing_routed routed on routed.conversation_id = c.id and routed.queue_id = level.id
left join routing_ladderstart start on start.conversation_id = c.id
"""
# Of those who wait by one rule.
_BY_RULE = _WAITING.replace("not exists (select from routing_routed", "exists (select from routing_routed").replace(
    "%(barred_rules)s", "%(by_rules)s"
)
# From whom it came back last because somebody wanted it so, himself or his supervisor: by its event line, asked only of
# those that had an owner. That it waits in another queue since then changes nothing of that. What woke was given back
# by nobody.
_BACK = """
select given.id, back.owner_id
from unnest(%s::uuid[], %s::timestamptz[]) given (id, queued_at)
cross join lateral (
    select case when m.facts->>'type' <> 'woken' then author_user_id end as author_user_id,
           (m.facts->>'owner_id')::uuid as owner_id
    from conversations_message m
    where m.conversation_id = given.id and m.kind = 'event' and m.facts->>'type' in ('returned', 'transferred', 'woken')
      and (m.facts->>'type' <> 'transferred' or m.facts->>'owner_id' is not null)
      and m.id >= uuid_floor(given.queued_at - interval '1 hour')
    order by seq desc limit 1
) back where back.author_user_id is not null and back.owner_id is not null
"""
# Who declined or missed it lately.
_MISSED = """
select conversation_id, user_id from routing_offer
where organisation_id = %s and state in ('declined', 'timed_out')
  and ended_at > clock_timestamp() - make_interval(secs => %s)
"""


def first_waiting(
    organisation_id: UUID,
    kinds: list[tuple[UUID, int]],
    agents: list[Agent],
    queues: Mapping[UUID, Served],
    languages: Mapping[str, UUID],
    media: Mapping[UUID, str],
    rules: Mapping[UUID, Asking],
    depth: int,
    now: datetime,
) -> tuple[list[Waiting], list[Waiting]]:
    """The first of each kind; and the last of each kind of which there may be more.

    `kinds`: the queues in which anybody waits, with the priorities that occur; `queues`: these. `rules`: what those ask
    who came by them, beside their queue; a rule's own ladder takes the place of its queue's, and who waits by it
    is looked for by a statement of its own, too. `depth`: how many of each kind.
    """
    rows = _rows(organisation_id, kinds, agents, queues, languages, media, rules, None, depth, now)
    for id_, rule in rules.items():
        served = queues.get(rule.queue_id)
        if served is not None and rule.ladder is not None:
            alone = {rule.queue_id: replace(served, wants=joined(served.wants, rule.wants), ladder=rule.ladder)}
            rows += _rows(organisation_id, kinds, agents, alone, languages, media, rules, id_, depth, now)
    return _asked(organisation_id, rows, agents, queues, languages, media, rules, depth, now)


def _rows(
    organisation_id: UUID,
    kinds: list[tuple[UUID, int]],
    agents: list[Agent],
    queues: Mapping[UUID, Served],
    languages: Mapping[str, UUID],
    media: Mapping[UUID, str],
    rules: Mapping[UUID, Asking],
    by_rule: UUID | None,
    depth: int,
    now: datetime,
) -> list[tuple[Any, ...]]:
    """Of `_WAITING`, and by which rule they were looked for. `by_rule` None: whoever waits."""
    seen = _lines_seen(agents, queues, media)
    barred = _languages_barred(agents, queues, seen, languages)
    bounds = _read_together(queues, seen, barred)
    seen = {stage: seen[stage] for stage in bounds}
    barred = [(queue_id, number, language) for queue_id, number, language in barred if (queue_id, number) in bounds]
    pairs = [(*stage, line_id) for stage, lines in seen.items() for line_id in lines or ()]
    served_now = {queue_id for queue_id, _ in seen}
    levels = [(queue_id, priority) for queue_id, priority in kinds if queue_id in served_now]
    if not levels:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _WAITING if by_rule is None else _BY_RULE,
            {
                "organisation": organisation_id,
                "level_queues": [queue_id for queue_id, _ in levels],
                "priorities": [priority for _, priority in levels],
                "queues": [queue_id for queue_id, _ in seen],
                "stages": [number for _, number in seen],
                "everywhere": [lines is None for lines in seen.values()],
                # Who has waited from so long to so long: the clock's own infinities are first and last.
                "after": [_before(now, to_s) if math.isfinite(to_s) else "-infinity" for _, to_s in bounds.values()],
                "until": [_before(now, from_s) if from_s else "infinity" for from_s, _ in bounds.values()],
                "seen_queues": [queue_id for queue_id, _, _ in pairs],
                "seen_stages": [number for _, number, _ in pairs],
                "seen_lines": [line_id for _, _, line_id in pairs],
                "barred_queues": [queue_id for queue_id, _, _ in barred],
                "barred_stages": [number for _, number, _ in barred],
                "barred_languages": [language for _, _, language in barred],
                "barred_rules": _rules_barred(agents, queues, rules) if by_rule is None else [],
                "by_rules": [] if by_rule is None else [by_rule],
                "depth": depth,
            },
        )
        return [(*row, by_rule) for row in cursor.fetchall()]


def _asked(
    organisation_id: UUID,
    rows: list[tuple[Any, ...]],
    agents: list[Agent],
    queues: Mapping[UUID, Served],
    languages: Mapping[str, UUID],
    media: Mapping[UUID, str],
    rules: Mapping[UUID, Asking],
    depth: int,
    now: datetime,
) -> tuple[list[Waiting], list[Waiting]]:
    kept_from = _kept_from(organisation_id, [(row[0], row[4]) for row in rows if row[6]])
    # The core is quicker when those of one kind share these very objects.
    own = {id_: (id_,) for id_ in queues}
    line_ids = {id_: id_ for id_ in media}
    asks: dict[tuple[UUID, UUID | None, int, str], tuple[tuple[Want, ...], tuple[UUID, ...], int]] = {}
    found: dict[UUID, Waiting] = {}
    free = {agent.id: agent for agent in agents}
    read: dict[tuple[UUID | None, UUID, int, int], list[Waiting]] = {}
    for row in rows:
        id_, line_id, queue_id, priority, queued_at, language, _, woke, number, rule_id, *more = row
        preferred, until, climbs_since, by_rule = more
        served = queues[queue_id]
        spoken = language if served.language_level and language in languages else ""
        rule = rules.get(rule_id)
        ladder = served.ladder
        if rule is not None and rule.ladder is not None and rule.queue_id == queue_id:
            ladder = rule.ladder
        stage = stage_at(ladder, (now - climbs_since).total_seconds()) if ladder.steps else 0
        kind = (queue_id, None if rule is None else rule_id, stage, spoken)
        if kind not in asks:
            tongue = (Want(languages[spoken], least=served.language_level),) if spoken else ()
            first = (*served.wants, *tongue)
            waited_s, _ = stages(ladder)[stage]
            asks[kind] = climbed(ladder, joined(first, rule.wants) if rule else first, own[queue_id], waited_s)
        wants, queue_ids, urgency = asks[kind]
        one = Waiting(
            id=id_, line_id=line_ids.get(line_id, line_id), queue_ids=queue_ids,
            medium=media.get(line_id, "sms"), weight=served.weight,
            priority=max(priority, served.priority) + urgency,
            since=queued_at, wants=wants, avoid=kept_from.get(id_, _NOBODY),
        )  # fmt: skip
        if woke and until is not None and preferred not in one.avoid:  # for its owner, free or not
            # It is his already: asked for levels or for a team that he has not, it would wait for nobody meanwhile.
            one = replace(one, only_for=preferred, only_until=until, wants=() if now < until else wants)
        elif preferred in free and preferred not in one.avoid and until is not None:
            one = _kept_for(one, free[preferred], until)
        found[id_] = one
        read.setdefault((by_rule, queue_id, number, priority), []).append(one)
    cut = [max(kind, key=lambda one: one.since) for kind in read.values() if len(kind) >= depth]
    return list(found.values()), cut


def _read_together(
    queues: Mapping[UUID, Served], seen: Mapping[Stage, frozenset[UUID] | None], barred: Collection[tuple[Any, ...]]
) -> dict[Stage, tuple[float, float]]:
    """Stages that follow each other and differ for no free agent's lines and languages are read as one: by the first of
    them, the seconds from which and to which. Whoever may take who has waited less may take who has waited longer, and
    these come first: none of the ladder's other changes need a walk in the index of their own."""
    tongues: dict[Stage, set[str]] = {}
    for queue_id, number, language in barred:
        tongues.setdefault((queue_id, number), set()).add(language)
    bounds: dict[Stage, tuple[float, float]] = {}
    before: Stage | None = None  # the first of those that are read together
    for queue_id, number in seen:  # a queue's in the order of waiting
        stage = (queue_id, number)
        from_s, to_s = stages(queues[queue_id].ladder)[number]
        alike = before is not None and before[0] == queue_id and bounds[before][1] == from_s
        if before is not None and alike and seen[before] == seen[stage] and tongues.get(before) == tongues.get(stage):
            bounds[before] = (bounds[before][0], to_s)
        else:
            bounds[stage] = (from_s, to_s)
            before = stage
    return bounds


def _before(now: datetime, seconds: float) -> str:
    return (now - timedelta(seconds=seconds)).isoformat()


def _kept_for(one: Waiting, agent: Agent, until: datetime) -> Waiting:
    """For who had this person last, if he can take it now (routing/sticky.py)."""
    could = may_take(
        agent, line_id=one.line_id, queue_id=one.queue_ids[0], medium=one.medium, weight=one.weight, wants=one.wants
    )
    return replace(one, only_for=agent.id, only_until=until) if could else one


_NOBODY: frozenset[UUID] = frozenset()


def _kept_from(organisation_id: UUID, owned: list[tuple[UUID, datetime]]) -> dict[UUID, frozenset[UUID]]:
    """By conversation, the agents who declined or missed it lately; of those that had an owner, who gave it back."""
    found: dict[UUID, frozenset[UUID]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_MISSED, [organisation_id, AVOID_S])
        rows = cursor.fetchall()
        if owned:
            cursor.execute(_BACK, [[id_ for id_, _ in owned], [queued_at for _, queued_at in owned]])
            rows += cursor.fetchall()
    for conversation_id, user_id in rows:
        found[conversation_id] = found.get(conversation_id, _NOBODY) | {user_id}
    return found


def _lines_seen(
    agents: list[Agent], queues: Mapping[UUID, Served], media: Mapping[UUID, str]
) -> dict[Stage, frozenset[UUID] | None]:
    """The queues, by stage, whose conversations some free agent may take by skill and queue, each with the lines that
    such agents see and have room for (None: all). Agents are few kinds by what they see and serve; skills are asked
    only where a queue needs some."""
    kinds: dict[tuple[frozenset[UUID] | None, frozenset[UUID] | None], list[Agent]] = {}
    for agent in agents:
        kinds.setdefault((agent.lines, agent.queues), []).append(agent)
    of_medium: dict[str, set[UUID]] = {}
    for line_id, medium in media.items():
        of_medium.setdefault(medium, set()).add(line_id)
    seen: dict[Stage, frozenset[UUID] | None] = {}
    for queue_id, served in queues.items():
        for number, (waited_s, _) in enumerate(stages(served.ladder)):
            wants, queue_ids, _ = climbed(served.ladder, served.wants, (queue_id,), waited_s)
            needs = [(want.skill_id, want.least) for want in wants if want.least]
            for (all_seen, serving), alike in kinds.items():
                if serving is not None and serving.isdisjoint(queue_ids):
                    continue
                full = _full_for(alike, served.weight, needs, of_medium)
                if full == of_medium.keys():
                    continue
                lines = all_seen
                if full:
                    shut = frozenset[UUID]().union(*(of_medium[medium] for medium in full))
                    lines = (frozenset(media) if all_seen is None else all_seen) - shut
                before = seen.get((queue_id, number), _NOBODY)
                seen[queue_id, number] = None if before is None or lines is None else before | lines
    return seen


def _full_for(
    agents: list[Agent], weight: int, needs: list[tuple[UUID, int]], media: Collection[str]
) -> Collection[str]:
    """The media that none of these agents with these skills has room for; ends with the first who has for all."""
    full = set(media)
    for agent in agents:
        if agent.capacity - agent.load >= weight and all(agent.skills.get(id_, 0) >= least for id_, least in needs):
            if agent.room is None:
                return ()
            full = {medium for medium in full if agent.room.get(medium, weight) < weight}
            if not full:
                break
    return full


def _languages_barred(
    agents: list[Agent], queues: Mapping[UUID, Served], seen: Collection[Stage], languages: Mapping[str, UUID]
) -> list[tuple[UUID, int, str]]:
    """By queue and stage, the languages that no free agent speaks as well as it asks: a crowd of theirs would hide the
    others."""
    barred = []
    for queue_id, number in seen:
        served = queues[queue_id]
        if not served.language_level:
            continue
        waited_s, _ = stages(served.ladder)[number]
        for language, skill_id in languages.items():
            (want,), _, _ = climbed(served.ladder, (Want(skill_id, served.language_level),), (queue_id,), waited_s)
            if not any(agent.skills.get(skill_id, 0) >= want.least for agent in agents):
                barred.append((queue_id, number, language))
    return barred


def _rules_barred(agents: list[Agent], queues: Mapping[UUID, Served], rules: Mapping[UUID, Asking]) -> list[UUID]:
    """The rules that no free agent has the skills for, whatever waiting changes: a crowd of theirs would hide the
    others."""
    ladders = {served.ladder for served in queues.values()}
    barred = []
    for id_, rule in rules.items():
        # Its own ladder, or that of a queue where somebody has waited by it since it led there.
        own = set() if rule.ladder is None else {rule.ladder}
        last = {climbed(one, rule.wants, (), math.inf)[0] for one in ladders | own}
        if not any(
            all(agent.skills.get(want.skill_id, 0) >= want.least for want in wants)
            for wants in last
            for agent in agents
        ):
            barred.append(id_)
    return barred
