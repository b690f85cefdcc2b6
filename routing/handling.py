"""Deciding about texts: whose they are, what the bot answers, when it steps aside.

    claim (short transaction) -> forget those that a person or a queue has (one DELETE) -> bot turns, no transaction
    -> per organisation one transaction: still ours, still the bot's, nothing newer? answer or hand over, forget

A row of conversations_unhandled is deleted in the transaction of the decision, so a crash repeats a decision that
was not committed, and no other. A text that comes meanwhile takes the claim away (the intake statement resets it,
under the conversation's lock): what was decided without it is thrown away, and the next round joins both.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Any, NamedTuple
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection
from psycopg import errors

from bots import memories
from bots.turn import BotTurn
from bots.workshop import records
from common.clock import database_now
from common.places import place_of
from conversations.answers import Answers
from conversations.models import Conversation, Status
from realtime import doorbell
from realtime.log import Changes, record_changes
from routing import bot_answers, deadlines, front_door
from routing.after_hours import tell_closed, without_bot
from routing.bot_acts import act, may_be_told
from routing.front_filter import Decision, Outcome
from routing.handover import hand_over
from routing.hours import Closed, closed_at, closed_places
from routing.robots import replies_lately
from routing.snooze import lock_owners, wake
from routing.turns import AT_ONCE, Talk, Turns, read_talks

log = logging.getLogger(__name__)

MOST_CLAIMED = 100  # conversations of one claim
HELD_MS = 200  # that each is waited for, tried alone after one of them was held
# What may come of one conversation while the database does its work.
_ONES_OWN = (errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable)
TOGETHER = 10  # conversations of one transaction: a click or a text to one of them waits for all ten

# A literal limit: the planner then knows that it walks the index. A claim outlives a batch's turns and commits.
# This and the next are what every text costs: transactions of their own, begun and ended by the server. The intake
# waits for the rows that they lock; it would wait for each message between us and the server. `quick`: a claim or a
# forgotten row that a crash of the server undoes is only made again, so nobody waits for the disk.
_CLAIM = """
with quick as materialized (
    select set_config('synchronous_commit', 'off', true)
), due as materialized (
    select conversation_id from conversations_unhandled
    where (claimed_until is null or claimed_until <= clock_timestamp())
      and (%(bots)s or exists (select from conversations_conversation c
                               where c.id = conversation_id and c.status in ('open', 'queued', 'closed')))
    order by since limit MOST_CLAIMED
    for update skip locked
)
update conversations_unhandled u
set claimed_by = %(claim)s, claimed_until = clock_timestamp() + interval '30 seconds'
from due, quick where u.conversation_id = due.conversation_id
returning u.conversation_id
""".replace("MOST_CLAIMED", str(MOST_CLAIMED))
# The statuses are read after the claim has committed: whoever gives a conversation to the bot later takes our claim
# away with it, so none is forgotten. A row that the intake holds just now is about to lose our claim: skipped.
_SETTLE = """
with quick as materialized (
    select set_config('synchronous_commit', 'off', true)
), claimed as materialized (
    -- By key, one by one: joined, the planner reads the whole table of conversations for a handful.
    select given.id, c.status, c.line_id, c.queue_id
    from unnest(%(ids)s::uuid[]) given (id)
    left join lateral (
        select status, line_id, queue_id from conversations_conversation where id = given.id limit 1
    ) c on true
), free as materialized (
    select u.conversation_id from conversations_unhandled u
    where u.conversation_id = any(%(ids)s) and u.claimed_by = %(claim)s
    for update skip locked
), settled as (
    delete from conversations_unhandled u using free, claimed, quick
    where u.conversation_id = free.conversation_id and claimed.id = free.conversation_id
      and claimed.status in ('open', 'queued', 'closed')
      -- Who writes to a line or queue that is closed has to be told so.
      and (claimed.status = 'closed' or claimed.line_id <> all(%(closed)s::uuid[])
           and (claimed.queue_id is null or claimed.queue_id <> all(%(closed)s::uuid[])))
    returning u.conversation_id
)
select claimed.id, claimed.status, claimed.line_id, claimed.queue_id
from claimed left join settled on settled.conversation_id = claimed.id
"""
_STILL_CLAIMED = """
select conversation_id from conversations_unhandled
where conversation_id = any(%(ids)s) and claimed_by = %(claim)s and claimed_until > clock_timestamp()
order by conversation_id for update
"""
_FORGET = "delete from conversations_unhandled where conversation_id = any(%(ids)s) and claimed_by = %(claim)s"
_RELEASE = """
update conversations_unhandled set claimed_by = '', claimed_until = null
where conversation_id = any(%(ids)s) and claimed_by = %(claim)s
"""
_numbers = count(1)


def handle(*, owner: str, turns: Turns, now: datetime | None = None) -> int:
    """Decide about the oldest unhandled conversations, at most 100; returns how many were claimed (0: none was due).

    Call it again until it returns 0. `owner` names this process. Raises only when the database fails: what was
    claimed is then due again when its claim expires.
    """
    claim = f"{owner[:60]}#{next(_numbers)}"  # a name of its own: a claim that expired is not the next one's
    claimed = claim_batch(claim)
    if not claimed:
        return 0
    closed = closed_places(now or database_now())
    rest = settle(claim, claimed, closed)
    deadlines.follow(claimed)
    decide(claim, rest, turns, now, closed)
    return len(claimed)


def claim_batch(claim: str, *, bots: bool = True) -> list[UUID]:
    """Put `claim` on the oldest conversations that nobody has; without `bots`, only on those that need no turn."""
    return [row[0] for row in _quick(_CLAIM, {"claim": claim, "bots": bots})]


def settle(claim: str, claimed: Sequence[UUID], closed: Closed | None = None) -> list[UUID]:
    """Forget those that a person or a queue has; returns the rest, to `decide` about. `closed`: the places outside
    their hours, of which nothing is forgotten before its subscriber has been told.

    Not among them: what a person or a queue has and the intake holds just now. It is due again when the intake is done,
    and needs no decision; to read all its texts for one, and lock it, would hold up whoever writes there.
    """
    closed = closed or {}
    shut = [id_ for id_, hours in closed.items() if hours is not None]
    rows = _quick(_SETTLE, {"claim": claim, "ids": list(claimed), "closed": shut})
    if any(row[1] == Status.QUEUED for row in rows):
        doorbell.ring(doorbell.WAITING)
    held = (Status.OPEN, Status.QUEUED)
    return [
        id_
        for id_, status, line_id, queue_id in rows
        if status not in (*held, Status.CLOSED) or (status in held and (closed.get(line_id) or closed.get(queue_id)))
    ]


def decide(
    claim: str,
    rest: Sequence[UUID],
    turns: Turns,
    now: datetime | None = None,
    closed: Closed | None = None,
) -> None:
    """Bot turns, then what comes of them. `closed`: the places outside their hours; None: those that are so now.

    Raises only when the database fails, and at the end when somebody holds what a whole organisation needs: that is
    tried again, and the others have been decided about."""
    held: Exception | None = None
    if closed is None:
        closed = closed_places(now or database_now()) if rest else {}
    resting = without_bot(closed)
    for start in range(0, len(rest), AT_ONCE):
        wave = read_talks(rest[start : start + AT_ONCE])
        judged = front_door.judge(wave, now or database_now()) if any(talk.is_filtered for talk in wave) else {}
        asked = [
            replace(talk, people_open=talk.line_id is None or closed.get(talk.line_id) is None)
            for talk in wave
            if talk.line_id not in resting and _is_for_bot(talk, judged.get(talk.id))
        ]
        decided = Decided(bot_answers.taken(turns, asked, now), judged, closed)
        for organisation_id in sorted({talk.organisation_id for talk in wave}):
            mine = [talk for talk in wave if talk.organisation_id == organisation_id]
            for first in range(0, len(mine), TOGETHER):
                try:
                    _store_all(claim, organisation_id, mine[first : first + TOGETHER], decided, now)
                except OperationalError as error:
                    if not isinstance(error.__cause__, errors.LockNotAvailable):
                        raise
                    held = error
                    break  # the rest of this organisation would wait in vain, too
    if held is not None:
        raise held


def _is_for_bot(talk: Talk, judged: Decision | None) -> bool:
    if talk.status != Status.BOT or not talk.bot or talk.first_at is None:
        return False
    return judged is None or judged.way.asks_bot(talk.bot)


class Decided(NamedTuple):
    """By conversation: what the bots answer, what the front filters say. By line and queue: who is closed."""

    answers: Mapping[UUID, BotTurn]
    judged: Mapping[UUID, Decision]
    closed: Closed


def _quick(statement: str, parameters: dict[str, Any]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def _store_all(claim: str, organisation_id: UUID, talks: list[Talk], decided: Decided, now: datetime | None) -> None:
    """Store together; when that fails, each alone, so that one bad conversation does not cost its neighbours. Raises
    when the database fails, and LockNotAvailable when none can be had: what all of them need is held by somebody."""
    try:
        _store(claim, organisation_id, talks, decided, now)
        return
    except Exception as error:
        _raise_if_away(error)
        failed = error
    waits = isinstance(failed.__cause__, errors.LockNotAvailable)
    if len(talks) == 1:
        if waits:
            raise failed
        _leave(talks[0], failed)
        return
    log.warning("%d decisions are stored one by one: %s", len(talks), type(failed).__name__)
    held = []
    for talk in talks:
        try:
            _store(claim, organisation_id, [talk], decided, now, lock_ms=HELD_MS if waits else None)
        except Exception as error:
            _raise_if_away(error)
            if isinstance(error.__cause__, errors.LockNotAvailable):
                held.append(error)
            _leave(talk, error)
    if len(held) == len(talks):
        raise held[0]


def _leave(talk: Talk, error: Exception) -> None:
    """It stays claimed: due again in half a minute, and meanwhile not in the way of others."""
    log.error("conversation %s stays undecided: %s at %s", talk.id, type(error).__name__, place_of(error))


def _raise_if_away(error: Exception) -> None:
    """Raise it when the database is away: nothing would fare better alone."""
    if isinstance(error, OperationalError | InterfaceError) and not isinstance(error.__cause__, _ONES_OWN):
        raise error


def _store(
    claim: str,
    organisation_id: UUID,
    talks: list[Talk],
    given: Decided,
    now: datetime | None,
    *,
    lock_ms: int | None = None,
) -> None:
    """`lock_ms`: how long to wait for a row that somebody holds; None: as long as everybody (settings)."""
    by_id = {talk.id: talk for talk in talks}
    decided, left, taken = [], [], []
    remembered: list[tuple[UUID, Mapping[str, Any]]] = []
    with record_changes(organisation_id) as changes:
        if lock_ms is not None:
            with connection.cursor() as cursor:
                cursor.execute(f"set local lock_timeout = {lock_ms}")
        # In the order of the intake statement, which locks several of them, too.
        conversations = list(
            Conversation.objects.select_for_update(of=("self",))
            .select_related("line__organisation", "address", "contact")
            .filter(organisation_id=organisation_id, id__in=by_id)
            .order_by("line_id", "contact_id", "thread_key")
        )
        with connection.cursor() as cursor:
            cursor.execute(_STILL_CLAIMED, {"ids": list(by_id), "claim": claim})
            ours = {row[0] for row in cursor.fetchall()}
        at = now or database_now()
        lately = replies_lately(conversations, at)
        lock_owners(conversations)
        answers = Answers(changes, [one for one in conversations if one.id in ours])
        for conversation in conversations:
            if conversation.id not in ours:
                continue
            talk, hours = by_id[conversation.id], given.closed.get(conversation.line_id)
            if conversation.status == Status.SNOOZED:
                wake(changes, conversation, by="text", now=at)
            elif conversation.status == Status.BOT:
                if (talk.status, talk.last_seq) != (Status.BOT, conversation.last_seq):
                    left.append(conversation.id)  # something has come since: decide again, knowing it
                    continue
                judged = given.judged.get(talk.id)
                if judged is not None and not _enter(changes, conversation, talk, judged, at):
                    decided.append(conversation.id)
                    continue
                rests = hours is not None and not conversation.line.bot_after_hours
                if (
                    hours is not None and rests and may_be_told(talk)
                    and front_door.ended_while_bot_rests(changes, conversation, hours, at)
                ):  # fmt: skip
                    decided.append(conversation.id)
                    continue
                turn = given.answers.get(talk.id)
                heeded = act(
                    changes,
                    answers,
                    conversation,
                    talk,
                    turn,
                    at,
                    lately.get(talk.id, 0),
                    rests=rests,
                    closed=given.closed,
                )
                if turn is not None and talk.first_at is not None:
                    taken.append(records.taken(conversation, talk.bot, turn, talk.last_seq, at))
                if heeded and turn is not None and (turn.memory or talk.memory):
                    remembered.append((conversation.id, turn.memory))
            shut = closed_at(given.closed, (conversation.line_id, conversation.queue_id))
            if shut is not None and conversation.status in (Status.QUEUED, Status.OPEN) and may_be_told(talk):
                tell_closed(changes, conversation, shut, now=at, lately=lately.get(talk.id, 0))
            decided.append(conversation.id)
        answers.store()
        records.store(taken)
        memories.keep(organisation_id, remembered)
        memories.forget(*(one.id for one in conversations if one.status == Status.CLOSED and by_id[one.id].memory))
        with connection.cursor() as cursor:
            cursor.execute(_FORGET, {"ids": decided, "claim": claim})
            if left:
                cursor.execute(_RELEASE, {"ids": left, "claim": claim})


def _enter(changes: Changes, conversation: Conversation, talk: Talk, judged: Decision, now: datetime) -> bool:
    """Do what the line's front filter says. False: that was all; else the bot goes on, or takes it from here."""
    outcome = judged.way.outcome
    # Two machines that are sent away again and again would have the bot talk each time.
    if outcome == Outcome.ANSWER or (outcome == Outcome.BOT and front_door.sent_away_often(conversation, now)):
        front_door.refuse(changes, conversation, judged, now)
        return False
    front_door.note(conversation, judged)
    if judged.way.asks_bot(conversation.line.bot):
        return True
    hand_over(changes, conversation, talk, "filter", now)
    return False
