"""Putting a conversation aside until a time, or until its subscriber writes; and who gets it when it wakes.

Asleep it keeps its owner, and his load does not count it: he has room for others meanwhile. The sleep is measured as
hold, and the handling on both sides of it without it. A text always wakes it, a time does by the database's clock
(any dispatcher, row by row), a person by hand. It is its owner's again if he takes work and has room; else it goes to
its queue, where it stands as long as it has waited before, and for a moment to nobody but him.

Lock order as in routing/loads.py. Who wakes several at once locks their owners' states first (`lock_owners`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.db import connection

from accounts.models import Role, User
from common.clock import database_now
from common.errors import Conflict, Invalid
from common.places import place_of
from conversations.events import ConversationAssigned, ConversationReturned, ConversationSnoozed
from conversations.messages import add_event_line, lock_conversation
from conversations.models import Conversation, Message, MessageKind, Status
from conversations.rendering import iso
from conversations.visibility import audiences_of
from realtime import doorbell
from realtime.log import Changes, record_changes
from routing import deadlines, stretches
from routing.climbing import start_anew
from routing.destination import back_to
from routing.events import AgentCalled
from routing.held import is_held, raise_if_away, wait_briefly
from routing.loads import gain, lose
from routing.models import AgentState, State
from routing.offers import ringing_at, withdraw
from routing.owning import AWAKE
from routing.rows import set_fields
from routing.states import lock_states

log = logging.getLogger(__name__)

By = Literal["text", "time", "hand", "answer", "callback", "new_text"]
FARTHEST = timedelta(days=366)
KEPT_S = 60  # that a woken conversation waits in its queue for its owner, who is at work and takes nothing just now
AT_ONCE = 50
LONGEST_S = 1.0  # of one call: the dispatcher has other promises to keep
MAY_WAKE_ANOTHERS = (Role.SUPERVISOR, Role.ADMINISTRATOR)
# At his place, or back in a moment; who is offline or gone is not waited for.
AT_WORK = (State.AVAILABLE, State.BUSY, State.BREAK, State.TRAINING, State.WRAP_UP, State.NOT_RESPONDING)
_DUE = """
select id, organisation_id from conversations_conversation
where status = 'snoozed' and snoozed_until <= clock_timestamp() and id <> all(%s) and organisation_id <> all(%s)
order by snoozed_until limit %s
"""


def snooze(
    *, user: User, conversation_id: UUID, seen: int, until: datetime | None = None, now: datetime | None = None
) -> Conversation:
    """Put one's conversation aside until a time (None: until its subscriber writes). Asleep already, the time is moved.

    `seen`: the highest number on the screen; a newer text of the subscriber refuses, for nobody would look at it.
    Raises NotFound; Conflict: "closed", "not_owner" (nobody's but one's own), "new_text"; Invalid: "snooze_past",
    "snooze_far" (more than a year).
    """
    with record_changes(user.organisation_id) as changes:
        conversation = lock_conversation(organisation_id=user.organisation_id, conversation_id=conversation_id)
        now = now or database_now()
        refuse_unready(conversation, user, seen=seen, until=until, now=now)
        lay_down(changes, conversation, user, until=until, now=now)
    return conversation


def refuse_unready(conversation: Conversation, user: User, *, seen: int, until: datetime | None, now: datetime) -> None:
    """Why a locked conversation cannot be put aside by `user`: raises as `snooze`."""
    if conversation.status == Status.CLOSED:
        raise Conflict("closed", "this conversation is closed")
    if conversation.status not in (Status.OPEN, Status.SNOOZED) or conversation.owner_id != user.id:
        raise Conflict("not_owner", "only its owner puts a conversation aside")
    unseen = Message.objects.filter(conversation_id=conversation.id, seq__gt=seen, kind=MessageKind.INCOMING)
    if unseen.exists():
        raise Conflict("new_text", "a text has come that you have not seen yet")
    if until is not None and until <= now:
        raise Invalid("snooze_past", "this time has passed", field="until")
    if until is not None and until > now + FARTHEST:
        raise Invalid("snooze_far", "at most a year ahead", field="until")


def lay_down(
    changes: Changes, conversation: Conversation, user: User, *, until: datetime | None, now: datetime
) -> None:
    """His locked conversation sleeps, or sleeps until another time."""
    if conversation.status == Status.SNOOZED and conversation.snoozed_until == until:
        return
    if conversation.status == Status.OPEN:
        stretches.end_handle(changes, conversation, now=now, how="snoozed", keeps=True)
        set_fields(conversation, status=Status.SNOOZED, snoozed_at=now, snoozed_until=until)
        lose(changes=changes, user_id=user.id, weight=conversation.weight, medium=conversation.line.medium)
    else:
        set_fields(conversation, snoozed_until=until)
    deadlines.renew([conversation])
    add_event_line(
        changes=changes,
        conversation=conversation,
        facts={"type": "snoozed", "until": None if until is None else iso(until)},
        author_user=user,
    )
    changes.add(ConversationSnoozed(line_id=conversation.line_id, conversation_id=conversation.id, owner_id=user.id))
    changes.ring(doorbell.WAITING)  # he has room now


def wake_by_hand(*, user: User, conversation_id: UUID, now: datetime | None = None) -> Conversation:
    """Its owner has it again, whatever his state; woken by a supervisor, it goes as by its time. Awake: no change.

    Raises NotFound; Conflict: "closed", "not_owner", "at_capacity" (it sleeps on).
    """
    with record_changes(user.organisation_id) as changes:
        conversation = lock_conversation(organisation_id=user.organisation_id, conversation_id=conversation_id)
        if conversation.status == Status.CLOSED:
            raise Conflict("closed", "this conversation is closed")
        if conversation.owner_id is None or (conversation.owner_id != user.id and user.role not in MAY_WAKE_ANOTHERS):
            raise Conflict("not_owner", "somebody else owns this conversation")
        if conversation.status == Status.SNOOZED:
            now = now or database_now()
            if conversation.owner_id == user.id:
                wake_for(changes, conversation, user, by="hand", now=now)
            else:
                wake(changes, conversation, by="hand", now=now, user=user)
    return conversation


def wake_for(changes: Changes, conversation: Conversation, owner: User, *, by: By, now: datetime) -> None:
    """Its owner works on it: a locked, sleeping conversation is his again. Raises Conflict("at_capacity")."""
    gain(changes=changes, user_id=owner.id, now=now, weight=conversation.weight, medium=conversation.line.medium)
    _to_owner(changes, conversation, owner.id, owner.name, by=by, now=now, user=owner)


def wake(changes: Changes, conversation: Conversation, *, by: By, now: datetime, user: User | None = None) -> None:
    """A locked, sleeping conversation wakes: its owner's if he takes work, sees it and has room; else its queue's."""
    owner_id = conversation.owner_id
    assert owner_id is not None  # the CHECK constraint on status and owner
    lock_states({owner_id, *ringing_at(conversation)})
    name = User.objects.values_list("name", flat=True).get(id=owner_id)
    state = _state_of(conversation, owner_id)
    if state == State.AVAILABLE:
        try:
            gain(
                changes=changes, user_id=owner_id, now=now, weight=conversation.weight,
                medium=conversation.line.medium,
            )  # fmt: skip
        except Conflict:
            pass
        else:
            _to_owner(changes, conversation, owner_id, name, by=by, now=now, user=user)
            return
    _to_queue(changes, conversation, owner_id, name, by=by, now=now, user=user, kept=state in AT_WORK)


def lock_owners(conversations: Iterable[Conversation]) -> None:
    """The states of those whose sleeping conversations are about to wake, and at whom a transfer of one rings, by key:
    two who wake several agree."""
    asleep = [one for one in conversations if one.status == Status.SNOOZED]
    lock_states({id_ for one in asleep for id_ in (one.owner_id, *ringing_at(one)) if id_ is not None})


def wake_due() -> int:
    """Wake what sleeps no longer by the database's clock, for about a second; returns how many. Any process may call
    it. One that somebody holds, or that cannot be woken, waits for the next call and costs the others nothing; of an
    organisation whose rows are held the rest is passed over. Raises when the database is away."""
    woken, until = 0, time.monotonic() + LONGEST_S
    seen: list[UUID] = []
    passed: set[UUID] = set()
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_DUE, [seen, list(passed), AT_ONCE])
            due = cursor.fetchall()
        for id_, organisation_id in due:
            seen.append(id_)
            if organisation_id in passed:
                continue
            try:
                woken += _wake_due(organisation_id, id_)
            except Exception as error:
                raise_if_away(error)
                log.error("conversation %s sleeps on: %s at %s", id_, type(error).__name__, place_of(error))
                if is_held(error):
                    passed.add(organisation_id)
        if len(due) < AT_ONCE or time.monotonic() >= until:
            return woken


def _wake_due(organisation_id: UUID, conversation_id: UUID) -> bool:
    with record_changes(organisation_id) as changes:
        wait_briefly()
        now = database_now()
        conversation = (
            Conversation.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("line")
            .filter(id=conversation_id, status=Status.SNOOZED, snoozed_until__lte=now)
            .first()
        )
        if conversation is None:  # woken, moved, or held by somebody
            return False
        wake(changes, conversation, by="time", now=now)
    return True


def _state_of(conversation: Conversation, owner_id: UUID) -> str | None:
    """What its owner does; None: he may not work on it any more (switched off, an observer, out of its team)."""
    seen = audiences_of([owner_id]).get(owner_id)
    if seen is None or seen.role == Role.OBSERVER or not seen.sees_line(conversation.line_id):
        return None
    return AgentState.objects.filter(user_id=owner_id).values_list("state", flat=True).first()


def _to_owner(
    changes: Changes, conversation: Conversation, owner_id: UUID, name: str, *, by: By, now: datetime, user: User | None
) -> None:
    stretches.end_handle(changes, conversation, now=now, how=f"woken_{by}", keeps=True)
    waiting_since = conversation.waiting_since or (now if by in ("time", "callback") else None)
    set_fields(conversation, status=Status.OPEN, assigned_at=now, waiting_since=waiting_since, **AWAKE)
    _tell(changes, conversation, owner_id, name, by=by, to="owner", now=now, user=user)
    changes.add(
        ConversationAssigned(
            line_id=conversation.line_id, conversation_id=conversation.id, owner_id=owner_id, by="woken"
        )
    )
    if by == "time":
        changes.add(AgentCalled(agent_id=owner_id))


def _to_queue(
    changes: Changes, conversation: Conversation, owner_id: UUID, name: str, *, by: By, now: datetime,
    user: User | None, kept: bool,
) -> None:  # fmt: skip
    withdraw(changes, conversation, now=now, why="returned", beside=[owner_id])  # a transfer that rings
    stretches.end_handle(changes, conversation, now=now, how=f"woken_{by}")
    there = back_to(conversation, now, only_if_on=True)
    # `queued_at` stays: he does not go behind those who came while he slept. The wait itself begins at `assigned_at`,
    # and so does what waiting changes.
    set_fields(
        conversation,
        status=Status.QUEUED,
        owner_id=None,
        queue_id=there.queue_id,
        priority=there.priority,
        queued_at=conversation.queued_at or conversation.opened_at,
        assigned_at=now,
        waiting_since=conversation.waiting_since or now,
        preferred_id=owner_id if kept else None,
        preferred_until=now + timedelta(seconds=KEPT_S) if kept else None,
        **AWAKE,
    )
    start_anew(conversation, now)
    _tell(changes, conversation, owner_id, name, by=by, to="queue", now=now, user=user)
    changes.add(
        ConversationReturned(
            line_id=conversation.line_id, conversation_id=conversation.id, to="queue", previous_owner_id=owner_id
        )
    )
    changes.ring(doorbell.WAITING)


def _tell(
    changes: Changes, conversation: Conversation, owner_id: UUID, name: str, *, by: By, to: str, now: datetime,
    user: User | None,
) -> None:  # fmt: skip
    deadlines.renew([conversation])
    add_event_line(
        changes=changes,
        conversation=conversation,
        facts={
            "type": "woken", "by": by, "to": to, "owner_id": str(owner_id), "owner_name": name, "at": now.isoformat(),
        },
        author_user=user,
    )  # fmt: skip
