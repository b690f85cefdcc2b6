"""Promised callbacks: made by a colleague or by the after-hours answer, put before people when their time has come.

The dispatcher opens what is due by the database's clock, whatever has become of the conversation: the bot's goes to
the queue, a closed one is opened again (or the one that has been opened since takes the promise over). Locks: the
conversation, then its task; what somebody holds is tried again a second later.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, connection

from accounts.hours import is_open, next_opening
from accounts.models import User
from common.clock import database_now
from common.errors import Conflict, Invalid
from common.places import place_of
from common.text import refuse_hidden, storable
from conversations.events import ConversationQueued
from conversations.messages import add_event_line, lock_conversation
from conversations.models import Conversation, Status, Task, TaskState
from conversations.rendering import iso
from realtime import doorbell
from realtime.log import Changes, record_changes
from routing import deadlines, stretches
from routing.destination import back_to
from routing.events import AgentCalled
from routing.held import is_held, raise_if_away, wait_briefly
from routing.hours import hours_at
from routing.rows import set_fields
from routing.snooze import wake
from routing.sticky import prefer_last
from routing.unhandled import unanswered
from routing.wrap_up import end_reopened

log = logging.getLogger(__name__)

LONGEST_NOTE = 300  # characters
FARTHEST = timedelta(days=366)
AT_ONCE = 50
LONGEST_S = 1.0  # of one call: the dispatcher tells of targets after it
PENDING = (TaskState.WAITING, TaskState.DUE)
_DUE = """
select id, organisation_id, conversation_id from conversations_task
where state = 'waiting' and due_at <= clock_timestamp() and id <> all(%s) and organisation_id <> all(%s)
order by due_at limit %s
"""


def promise_callback(
    *, user: User, conversation_id: UUID, at: datetime, note: str | None = None, now: datetime | None = None
) -> Conversation:
    """Promise to come back to a subscriber; promised before, it is moved. Of a closed conversation, too. `note` None:
    as it was.

    Raises NotFound, Invalid: "callback_past", "callback_far" (more than a year), "too_long", "characters".
    """
    note = None if note is None else " ".join(storable(note).split())
    refuse_hidden(note or "", field="note")
    if note is not None and len(note) > LONGEST_NOTE:
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
    changes: Changes, conversation: Conversation, *, at: datetime, note: str | None, user: User | None, now: datetime
) -> None:
    """The conversation is locked. `user` None: after-hours answer or ladder promises it. `note` None: as it was."""
    former = pending(conversation)
    note = note if note is not None else former.note if former is not None else ""
    fields = {
        "due_at": at, "note": note, "made_by": user, "state": TaskState.WAITING, "made_at": now, "opened_at": None,
    }  # fmt: skip
    waited = former is not None and _end_wait(conversation, former)
    if former is None:
        Task.objects.create(organisation_id=conversation.organisation_id, conversation=conversation, **fields)
    else:
        Task.objects.filter(id=former.id).update(**fields)
    set_fields(conversation, callback_at=at)
    if waited:
        deadlines.renew([conversation])
    add_event_line(
        changes=changes,
        conversation=conversation,
        facts={"type": "callback_promised", "at": iso(at), "note": note},
        author_user=user,
    )


def pending(conversation: Conversation) -> Task | None:
    """What is promised and not ended. The conversation is locked."""
    return Task.objects.filter(conversation=conversation, state__in=PENDING).first()


def end_callback(*, user: User, conversation_id: UUID, kept: bool, now: datetime | None = None) -> Conversation:
    """The promise is kept, or given up. Raises NotFound, Conflict("no_callback") when there is none."""
    with record_changes(user.organisation_id) as changes:
        conversation = lock_conversation(organisation_id=user.organisation_id, conversation_id=conversation_id)
        former = pending(conversation)
        if former is None:
            raise Conflict("no_callback", "no callback is promised here")
        _end(changes, conversation, user, kept=kept, now=now or database_now())
        if _end_wait(conversation, former):
            deadlines.renew([conversation])
    return conversation


def _end_wait(conversation: Conversation, task: Task) -> bool:
    """A wait that a promise itself has made ends with it, or began with what the subscriber has written since; one
    that he had begun before goes on. Whether it was the promise's."""
    began = conversation.waiting_since
    if began is None or began != task.opened_at:
        return False
    since = [text.created_at for text in unanswered(conversation) if text.created_at >= began]
    set_fields(conversation, waiting_since=since[0] if since else None)
    return True


def kept_by_answer(changes: Changes, conversation: Conversation, user: User, now: datetime) -> None:
    """An answer of a person keeps a promise whose time has come, and any that a machine made (the after-hours answer,
    a ladder); a colleague's for later stays."""
    if conversation.callback_at is not None and (conversation.callback_at <= now or _by_machine(conversation)):
        _end(changes, conversation, user, kept=True, now=now)


def end_with_close(changes: Changes, conversation: Conversation, user: User | None, now: datetime) -> None:
    """Whoever closes has done what the after-hours answer had promised; a colleague's promise outlives the close."""
    if conversation.callback_at is not None and _by_machine(conversation):
        _end(changes, conversation, user, kept=False, now=now)


def _by_machine(conversation: Conversation) -> bool:
    found = pending(conversation)
    return found is not None and found.made_by_id is None


def _end(changes: Changes, conversation: Conversation, user: User | None, *, kept: bool, now: datetime) -> None:
    ended = Task.objects.filter(conversation=conversation, state__in=PENDING).update(
        state=TaskState.DONE if kept else TaskState.CANCELLED, ended_at=now, ended_by=user
    )
    if not ended:
        return
    set_fields(conversation, callback_at=None)
    add_event_line(
        changes=changes,
        conversation=conversation,
        facts={"type": "callback_kept" if kept else "callback_dropped"},
        author_user=user,
    )


def open_due_callbacks() -> int:
    """Put what is due before people, for about a second; returns how many. One that somebody holds, or that cannot be
    opened, waits for the next call and costs the others nothing; of an organisation whose rows are held the rest is
    passed over. Raises when the database is away."""
    opened, until = 0, time.monotonic() + LONGEST_S
    seen: list[UUID] = []
    passed: set[UUID] = set()
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_DUE, [seen, list(passed), AT_ONCE])
            due = cursor.fetchall()
        for task_id, organisation_id, conversation_id in due:
            seen.append(task_id)
            if organisation_id in passed:
                continue
            try:
                opened += _open(task_id, organisation_id, conversation_id)
            except IntegrityError as error:  # a text has opened a conversation at this very moment: it takes it over
                log.warning("callback %s is not opened yet: %s", task_id, type(error).__name__)
            except Exception as error:
                raise_if_away(error)
                log.error("callback %s is not opened yet: %s at %s", task_id, type(error).__name__, place_of(error))
                if is_held(error):
                    passed.add(organisation_id)
        if len(due) < AT_ONCE or time.monotonic() >= until:
            return opened


def _open(task_id: UUID, organisation_id: UUID, conversation_id: UUID) -> bool:
    with record_changes(organisation_id) as changes:
        wait_briefly()
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
        if _waits_for_opening(changes, there, task, now):
            return False
        if there.id == conversation.id or _taken_over(changes, task, conversation, there, now):
            # One that came before people for an earlier promise may still be waiting by it.
            opened_at = there.waiting_since if there.waiting_since == task.opened_at else None
            Task.objects.filter(id=task.id).update(state=TaskState.DUE, opened_at=opened_at or now)
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


def _waits_for_opening(changes: Changes, there: Conversation, task: Task, now: datetime) -> bool:
    """What the after-hours answer has promised for an opening moves when the line stays closed after all."""
    hours = hours_at(there) if task.made_by_id is None else None
    opens = None if is_open(hours, now) else next_opening(hours, now)
    if opens is None or task.conversation_id != there.id:
        return False
    promise(changes, there, at=opens, note=None, user=None, now=now)
    return True


def _taken_over(changes: Changes, task: Task, conversation: Conversation, there: Conversation, now: datetime) -> bool:
    """Move the promise to the present conversation. False: that one has a promise of its own, for later, which stays;
    this one comes before people all the same, and is then over."""
    set_fields(conversation, callback_at=None)
    add_event_line(
        changes=changes,
        conversation=conversation,
        facts={"type": "callback_moved", "conversation_id": str(there.id)},
    )
    later = pending(there)
    if later is not None:
        Task.objects.filter(id=task.id).update(state=TaskState.DONE, opened_at=now, ended_at=now)
        if there.waiting_since is None:  # it ends the wait that begins now
            Task.objects.filter(id=later.id).update(opened_at=now)
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
        there = back_to(conversation, now)
        queue_id, again = there.queue_id, {}
        if conversation.status == Status.CLOSED:
            end_reopened(changes, conversation, now=now)
            again = {"reopened_at": now}  # its resolution has been measured: another begins
        set_fields(
            conversation, status=Status.QUEUED, owner_id=None, queue_id=queue_id, queued_at=now, closed_at=None,
            handover_reason="callback", handover_summary="", priority=there.priority, **waiting, **again,
        )  # fmt: skip
        prefer_last(conversation, now=now)
        changes.add(ConversationQueued(line_id=line_id, conversation_id=id_, queue_id=queue_id, reason="callback"))
    elif conversation.status == Status.SNOOZED:
        wake(changes, conversation, by="callback", now=now)
    else:
        set_fields(conversation, **waiting)
    facts = {"type": "callback_due", "at": iso(task.due_at), "note": task.note}
    if task.made_by is not None:
        facts["owner_name"] = task.made_by.name
    add_event_line(changes=changes, conversation=conversation, facts=facts)
    deadlines.renew([conversation])
    if conversation.status == Status.OPEN and conversation.owner_id is not None:
        changes.add(AgentCalled(agent_id=conversation.owner_id))
    changes.ring(doorbell.WAITING)
