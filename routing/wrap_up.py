"""After a close its agent notes what came of it: for so many seconds he gets nothing new, and it counts in his load.

It ends when he says so, when he says that he is available, when the conversation is opened again, or by itself (the
database's clock, any dispatcher).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import F

from accounts.models import User
from common.clock import database_now
from common.errors import Invalid, NotFound
from conversations.events import ConversationDisposed
from conversations.messages import lock_conversation
from conversations.models import Conversation
from measures.intervals import record_interval
from measures.models import IntervalKind
from realtime.log import Changes, record_changes
from routing.events import AgentStateChanged
from routing.hours import hours_of_places
from routing.loads import lose
from routing.models import AgentState, Disposition, Queue, SetBy, State, WrapUp
from routing.states import change_state, go_on

_DUE = """
select organisation_id, user_id from routing_wrapup where until <= clock_timestamp()
group by organisation_id, user_id order by min(until) limit 50
"""
# The agent's row is held: two sweeps, or a sweep and a click, end each of them once.
_END = """
delete from routing_wrapup where user_id = %(user)s
  and (%(only)s::uuid[] is null or conversation_id = any(%(only)s::uuid[]))
  and (%(all)s or until <= clock_timestamp())
returning conversation_id, line_id, queue_id, medium, weight, since, until
"""


def begin_wrap_up(changes: Changes, conversation: Conversation, queue: Queue, *, user_id: UUID, now: datetime) -> None:
    """In the transaction that closes it, in the place of `lose`: what it weighs is held until the wrap-up is over."""
    found = AgentState.objects.select_for_update(of=("self",)).get(user_id=user_id)
    WrapUp.objects.create(
        conversation=conversation,
        organisation_id=conversation.organisation_id,
        user_id=user_id,
        line_id=conversation.line_id,
        queue_id=conversation.queue_id,
        medium=conversation.line.medium,
        weight=conversation.weight,
        since=now,
        until=now + timedelta(seconds=queue.wrap_up_s),
    )
    if found.state == State.AVAILABLE:
        change_state(changes, found, state=State.WRAP_UP, set_by=SetBy.WRAP_UP, now=now)
    else:
        changes.add(AgentStateChanged(agent_id=user_id, state=found.state))


def end_wrap_ups(
    changes: Changes,
    found: AgentState,
    *,
    how: str,
    now: datetime,
    only: Collection[UUID] | None = None,
    due: bool = False,
) -> int:
    """End the wrap-ups of the agent whose locked row is `found`: all, those of `only` these conversations, or those
    that are `due`. Returns how many ended.

    After the last one he goes on as he was, if it was the wrap-up that kept him.
    """
    with connection.cursor() as cursor:
        asked = {"user": found.user_id, "only": None if only is None else list(only), "all": not due}
        cursor.execute(_END, asked)
        ended = cursor.fetchall()
    hours = hours_of_places({(row[1], row[2]) for row in ended}) if ended else {}
    for conversation_id, line_id, queue_id, medium, weight, since, until in ended:
        lose(changes=changes, user_id=found.user_id, weight=weight, medium=medium)
        record_interval(
            organisation_id=found.organisation_id,
            kind=IntervalKind.WRAP_UP,
            started_at=since,
            ended_at=min(now, until),  # a sweep that comes late measures nothing of its own
            conversation_id=conversation_id,
            line_id=line_id,
            queue_id=queue_id,
            agent_id=found.user_id,
            label=how,
            hours=hours.get((line_id, queue_id)),
        )
    if ended and found.state == State.WRAP_UP and not WrapUp.objects.filter(user_id=found.user_id).exists():
        go_on(changes, found, set_by=SetBy.WRAP_UP, now=min(now, max(row[6] for row in ended)))
    return len(ended)


def end_reopened(changes: Changes, conversation: Conversation, *, now: datetime) -> None:
    """A locked, closed conversation is opened again: whoever closed it has nothing more to note, and whoever closes it
    next may have to."""
    user_id = WrapUp.objects.filter(conversation_id=conversation.id).values_list("user_id", flat=True).first()
    if user_id is not None:
        found = AgentState.objects.select_for_update(of=("self",)).get(user_id=user_id)
        end_wrap_ups(changes, found, how="reopened", only=[conversation.id], now=now)


def finish(
    *, user: User, conversation_id: UUID, disposition_id: UUID | None = None, now: datetime | None = None
) -> None:
    """The agent is done with a conversation that he has closed. Over already: what came of it is noted all the same,
    for he chose it before he could hear that his time was up.

    Raises NotFound("no_wrap_up") for what he has not closed himself, Invalid("disposition_required",
    "unknown_choice").
    """
    with record_changes(user.organisation_id) as changes:
        conversation = lock_conversation(organisation_id=user.organisation_id, conversation_id=conversation_id)
        if conversation.owner_id != user.id or conversation.status != "closed":
            raise NotFound("no_wrap_up", "there is nothing of yours to wrap up")
        found = AgentState.objects.select_for_update(of=("self",)).filter(user=user).first()
        wraps_up = found is not None and WrapUp.objects.filter(conversation_id=conversation_id, user=user).exists()
        dispose(conversation, disposition_id, required=wraps_up)
        if disposition_id is not None:
            changes.add(ConversationDisposed(line_id=conversation.line_id, conversation_id=conversation.id))
        if found is None or not wraps_up:
            return
        end_wrap_ups(changes, found, how="done", only=[conversation_id], now=now or database_now())


def dispose(conversation: Conversation, disposition_id: UUID | None, *, required: bool) -> None:
    """Note what came of a locked conversation. `required`: refuse to leave it open where its queue wants it told.

    Raises Invalid("unknown_choice", "disposition_required"), field disposition_id.
    """
    if disposition_id is not None:
        known = conversation.queue_id is not None and Disposition.objects.filter(
            id=disposition_id, organisation_id=conversation.organisation_id, is_enabled=True,
            queue_id=conversation.queue_id,
        ).exists()  # fmt: skip
        if not known:
            raise Invalid("unknown_choice", "there is no such disposition in its queue", field="disposition_id")
        Conversation.objects.filter(id=conversation.id).update(
            disposition_id=disposition_id, revision=F("revision") + 1
        )
        conversation.disposition_id = disposition_id
        conversation.revision += 1
    elif required and conversation.disposition_id is None and _wanted(conversation.queue_id):
        raise Invalid("disposition_required", "say what came of it", field="disposition_id")


def _wanted(queue_id: UUID | None) -> bool:
    """A queue that wants a disposition and has none to choose from wants nothing."""
    if queue_id is None:
        return False
    return Queue.objects.filter(id=queue_id, dispositions_required=True, dispositions__is_enabled=True).exists()


def end_due_wrap_ups() -> int:
    """End those whose time is over; returns how many. Any process may call it, several at once do no harm. Raises what
    one agent's raised, after the others'."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE)
        due = cursor.fetchall()
    ended, failed = 0, None
    for organisation_id, user_id in due:
        try:
            ended += _end_due_of(organisation_id, user_id)
        except Exception as error:  # one agent's that cannot be ended cost the others nothing
            failed = error
    if failed is not None:
        raise failed
    return ended


def _end_due_of(organisation_id: UUID, user_id: UUID) -> int:
    with record_changes(organisation_id) as changes:
        found = AgentState.objects.select_for_update(of=("self",), skip_locked=True).filter(user_id=user_id).first()
        if found is None:
            return 0
        return end_wrap_ups(changes, found, how="timed_out", due=True, now=database_now())
