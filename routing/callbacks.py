"""Promised callbacks: made by a colleague or by the after-hours answer, put before people when their time has come.

The dispatcher opens what is due by the database's clock, whatever has become of the conversation: the bot's goes to
the queue, a closed one is opened again (or the one that has been opened since takes the promise over). Locks: the
conversation, then its task; what somebody holds is tried again a second later.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DatabaseError, IntegrityError, connection

from accounts.models import User
from common.clock import database_now
from common.errors import Conflict, Invalid
from common.places import place_of
from common.text import refuse_hidden, storable
from conversations.events import ConversationAssigned, ConversationQueued
from conversations.messages import add_event_line, lock_conversation
from conversations.models import Conversation, Status, Task, TaskState
from conversations.rendering import iso
from realtime import doorbell
from realtime.log import Changes, record_changes
from routing import deadlines, stretches
from routing.queues import queue_for
from routing.rows import set_fields
from routing.unhandled import unanswered_since

log = logging.getLogger(__name__)

LONGEST_NOTE = 300  # characters
FARTHEST = timedelta(days=366)
AT_ONCE = 50
PENDING = (TaskState.WAITING, TaskState.DUE)
_DUE = """
select id, organisation_id, conversation_id from conversations_task
where state = 'waiting' and due_at <= clock_timestamp() order by due_at limit %s
"""


def promise_callback(
    *, user: User, conversation_id: UUID, at: datetime, note: str = "", now: datetime | None = None
) -> Conversation:
    """Promise to come back to a subscriber; promised before, it is moved. Of a closed conversation, too.

    Raises NotFound, Invalid: "callback_past", "callback_far" (more than a year), "too_long", "characters".
    """
    note = " ".join(storable(note).split())
    refuse_hidden(note, field="note")
    if len(note) > LONGEST_NOTE:
        raise Invalid("too_long", f"at most {LONGEST_NOTE} characters", field="note")
    with record_changes(user.organisation_id) as changes:
        conversation = lock_conversation(organisation_id=user.organisation_id, conversation_id=conversation_id)
        now = now or database_now()
        if at <= now:
            raise Invalid("callback_past", "this time has passed", field="at")
        if at > now + FARTHEST:
            raise Invalid("callback_far", "at most a year ahead", field="at")
        promise(changes, conversation, at=at, note=note, user=user, now=now)
    return conversation


def promise(
    changes: Changes, conversation: Conversation, *, at: datetime, note: str, user: User | None, now: datetime
) -> None:
    """The conversation is locked. `user` None: the after-hours answer or a ladder promises it."""
    fields = {
        "due_at": at, "note": note, "made_by": user, "state": TaskState.WAITING, "made_at": now, "opened_at": None,
    }  # fmt: skip
    if not Task.objects.filter(conversation=conversation, state__in=PENDING).update(**fields):
        Task.objects.create(organisation_id=conversation.organisation_id, conversation=conversation, **fields)
    set_fields(conversation, callback_at=at)
    add_event_line(
        changes=changes,
        conversation=conversation,
        facts={"type": "callback_promised", "at": iso(at), "note": note},
        author_user=user,
    )


def end_callback(*, user: User, conversation_id: UUID, kept: bool, now: datetime | None = None) -> Conversation:
    """The promise is kept, or given up. Raises NotFound, Conflict("no_callback") when there is none."""
    with record_changes(user.organisation_id) as changes:
        conversation = lock_conversation(organisation_id=user.organisation_id, conversation_id=conversation_id)
        if not _end(changes, conversation, user, kept=kept, now=now or database_now()):
            raise Conflict("no_callback", "no callback is promised here")
        if conversation.status != Status.CLOSED:
            set_fields(conversation, waiting_since=unanswered_since(conversation))
            deadlines.renew([conversation])
    return conversation


def kept_by_answer(changes: Changes, conversation: Conversation, user: User, now: datetime) -> None:
    """An answer of a person keeps a promise whose time has come, and any that a machine made (the after-hours answer,
    a ladder); a colleague's for later stays."""
    if conversation.callback_at is not None and (conversation.callback_at <= now or _by_machine(conversation)):
        _end(changes, conversation, user, kept=True, now=now)


def _by_machine(conversation: Conversation) -> bool:
    return Task.objects.filter(conversation=conversation, state__in=PENDING, made_by=None).exists()


def _end(changes: Changes, conversation: Conversation, user: User, *, kept: bool, now: datetime) -> bool:
    ended = Task.objects.filter(conversation=conversation, state__in=PENDING).update(
        state=TaskState.DONE if kept else TaskState.CANCELLED, ended_at=now, ended_by=user
    )
    if not ended:
        return False
    set_fields(conversation, callback_at=None)
    add_event_line(
        changes=changes,
        conversation=conversation,
        facts={"type": "callback_kept" if kept else "callback_dropped"},
        author_user=user,
    )
    return True


def open_due_callbacks() -> int:
    """Put what is due before people; returns how many. Raises when the database fails; one that somebody holds, or
    that cannot be opened, waits for the next call."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [AT_ONCE])
        due = cursor.fetchall()
    opened = 0
    for task_id, organisation_id, conversation_id in due:
        try:
            opened += _open(task_id, organisation_id, conversation_id)
        except IntegrityError as error:  # a text has opened a conversation at this very moment: it takes it over
            log.warning("callback %s is not opened yet: %s", task_id, type(error).__name__)
        except DatabaseError as error:
            log.error("callback %s is not opened yet: %s at %s", task_id, type(error).__name__, place_of(error))
            raise
    return opened


def _open(task_id: UUID, organisation_id: UUID, conversation_id: UUID) -> bool:
    with record_changes(organisation_id) as changes:
        conversation = _free(organisation_id, id=conversation_id)
        if conversation is None:
            return False
        now = database_now()
        task = (
            Task.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("made_by")
            .filter(id=task_id, state=TaskState.WAITING, due_at__lte=now)
            .first()
        )
        if task is None:  # another dispatcher has opened it, somebody has moved it
            return False
        there = _present(conversation)
        if there is None:
            return False
        if there.id != conversation.id and not _taken_over(changes, task, conversation, there):
            return True
        Task.objects.filter(id=task.id).update(state=TaskState.DUE, opened_at=now)
        _put_before_people(changes, there, task, now)
    return True


def _free(organisation_id: UUID, **wanted: object) -> Conversation | None:
    """The conversation, locked; None: gone, or somebody holds it."""
    return (
        Conversation.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("line", "address", "contact")
        .filter(organisation_id=organisation_id, **wanted)
        .first()
    )


def _present(conversation: Conversation) -> Conversation | None:
    """Where the talk with this subscriber goes on: here, or in the one that was opened since. None: it is held."""
    if conversation.status != Status.CLOSED:
        return conversation
    newer = Conversation.objects.filter(
        line_id=conversation.line_id, contact_id=conversation.contact_id, thread_key=conversation.thread_key
    ).exclude(status=Status.CLOSED)
    id_ = newer.values_list("id", flat=True).first()
    return conversation if id_ is None else _free(conversation.organisation_id, id=id_)


def _taken_over(changes: Changes, task: Task, conversation: Conversation, there: Conversation) -> bool:
    """Move the promise to the present conversation. False: that one has a promise of its own, which is enough."""
    set_fields(conversation, callback_at=None)
    add_event_line(
        changes=changes,
        conversation=conversation,
        facts={"type": "callback_moved", "conversation_id": str(there.id)},
    )
    if Task.objects.filter(conversation=there, state__in=PENDING).exists():
        Task.objects.filter(id=task.id).update(state=TaskState.CANCELLED, ended_at=database_now())
        return False
    Task.objects.filter(id=task.id).update(conversation=there)
    set_fields(there, callback_at=task.due_at)
    return True


def _put_before_people(changes: Changes, conversation: Conversation, task: Task, now: datetime) -> None:
    line_id, id_ = conversation.line_id, conversation.id
    waiting: dict[str, object] = {"waiting_since": conversation.waiting_since or now}
    if conversation.status in (Status.BOT, Status.CLOSED):
        if conversation.status == Status.BOT:
            stretches.end_before_person(conversation, now=now, how="handed_over", agent_id=None)
        queue_id = conversation.queue_id or queue_for(conversation.line).id
        set_fields(
            conversation, status=Status.QUEUED, owner_id=None, queue_id=queue_id, queued_at=now, closed_at=None,
            handover_reason="callback", handover_summary="", **waiting,
        )  # fmt: skip
        changes.add(ConversationQueued(line_id=line_id, conversation_id=id_, queue_id=queue_id, reason="callback"))
    elif conversation.status == Status.SNOOZED:
        owner_id = conversation.owner_id
        assert owner_id is not None  # the CHECK constraint on status and owner
        set_fields(conversation, status=Status.OPEN, **waiting)
        changes.add(ConversationAssigned(line_id=line_id, conversation_id=id_, owner_id=owner_id, by="woken"))
    else:
        set_fields(conversation, **waiting)
    facts = {"type": "callback_due", "at": iso(task.due_at), "note": task.note}
    if task.made_by is not None:
        facts["owner_name"] = task.made_by.name
    add_event_line(changes=changes, conversation=conversation, facts=facts)
    deadlines.renew([conversation])
    changes.ring(doorbell.WAITING)
