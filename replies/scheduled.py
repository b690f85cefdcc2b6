"""Answers that leave later: planned by the owner of a conversation, sent by a worker at their time, once.

The message, its delivery and the row's new state are one transaction, so a worker that dies has sent it or not, and
who comes after him finds which. What may not leave then stays, with the reason, as a line of the conversation.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID

from django.db.models import Q

from accounts.hours import is_open
from accounts.models import User
from common.clock import database_now
from common.errors import Conflict, Invalid, NotFound, PalabreError
from conversations.consent import consent_of
from conversations.line_hours import hours_of_lines
from conversations.messages import add_event_line, clean_text, lock_conversation
from conversations.models import Conversation, Message, MessageKind, Status
from conversations.rendering import iso
from conversations.wording import refuse_too_long
from jobs.kinds import RunningJob
from jobs.service import request_job
from realtime.log import Changes, record_changes
from replies.events import ScheduledReplyChanged
from replies.models import ScheduledReply, ScheduledState
from routing.ownership import say
from routing.snooze import wake_for

KIND = "replies.send_scheduled"
FARTHEST = timedelta(days=90)
LATEST = timedelta(hours=1)  # after its time: later than that it is asked about, and not sent
MOST_PENDING = 5  # of a conversation
SHOWN = timedelta(days=1)  # that what did not leave is offered again
HELD = (Status.OPEN, Status.SNOOZED)


class ScheduledView(TypedDict):
    """`state`: pending or unsent. `reason`: of what is unsent. `overtaken`: it will not leave, for the subscriber has
    written first."""

    id: str
    body: str
    at: str
    unless_answered: bool
    state: str
    reason: str
    overtaken: bool
    by_id: str
    by: str


def scheduled_of(conversation: Conversation) -> list[ScheduledView]:
    """What waits for its time, and what did not leave within the last day: the soonest first."""
    unsent = Q(state=ScheduledState.UNSENT, ended_at__gt=database_now() - SHOWN)
    found = ScheduledReply.objects.filter(Q(state=ScheduledState.PENDING) | unsent, conversation=conversation)
    return [_view(one) for one in found.select_related("user").order_by("at", "id")[:20]]


def schedule(
    *, user: User, conversation_id: UUID, client_id: UUID, body: str, at: datetime, seen: int, unless_answered: bool,
    now: datetime | None = None,
) -> ScheduledView:  # fmt: skip
    """Have `body` leave at `at`. The same `client_id` again gives the first again.

    Raises NotFound; Conflict: "closed", "not_owner", "opted_out", "no_link", "too_many_scheduled"; Invalid: "empty",
    "too_long", "scheduled_past", "scheduled_far", "outside_hours".
    """
    with record_changes(user.organisation_id) as changes:
        conversation = lock_conversation(organisation_id=user.organisation_id, conversation_id=conversation_id)
        before = ScheduledReply.objects.filter(user=user, client_id=client_id).first()
        if before is not None:
            if before.conversation_id != conversation_id:
                raise Invalid("client_id_used", "this client id belongs to another text", field="client_id")
            return _view(before)
        refuse_unsendable(conversation, user)
        if (
            ScheduledReply.objects.filter(conversation=conversation, state=ScheduledState.PENDING).count()
            >= MOST_PENDING
        ):
            raise Conflict("too_many_scheduled", f"at most {MOST_PENDING}")
        row = ScheduledReply.objects.create(
            organisation_id=user.organisation_id,
            conversation=conversation,
            user=user,
            client_id=client_id,
            body=_body(conversation, body),
            at=_time(conversation, at, now or database_now()),
            seen=seen,
            unless_answered=unless_answered,
        )
        _ask(row)
        _tell(changes, row, conversation)
    return _view(row)


def reschedule(
    *, user: User, scheduled_id: UUID, seen: int, body: str | None = None, at: datetime | None = None,
    unless_answered: bool | None = None, now: datetime | None = None,
) -> ScheduledView:  # fmt: skip
    """Change one's own that has not left; `seen` as in `schedule`. What is not given stays.

    Raises as `schedule`, Conflict("scheduled_over").
    """
    with record_changes(user.organisation_id) as changes:
        row, conversation = _mine(user, scheduled_id)
        refuse_unsendable(conversation, user)
        if body is not None:
            row.body = _body(conversation, body)
        if unless_answered is not None:
            row.unless_answered = unless_answered
        row.seen = seen
        if at is not None and at != row.at:
            row.at = _time(conversation, at, now or database_now())
            _ask(row)
        row.save()
        _tell(changes, row, conversation)
    return _view(row)


def cancel(*, user: User, scheduled_id: UUID) -> None:
    """Give one's own up, or put away what did not leave. Raises NotFound, Conflict("scheduled_over")."""
    with record_changes(user.organisation_id) as changes:
        row, conversation = _mine(user, scheduled_id, (ScheduledState.PENDING, ScheduledState.UNSENT))
        _end(changes, row, conversation, ScheduledState.CANCELLED, database_now())


def send_scheduled(job: RunningJob, *, scheduled_id: str, **_later: object) -> dict[str, Any]:
    return {"state": send_due(UUID(scheduled_id))}


def send_due(scheduled_id: UUID, now: datetime | None = None) -> str:
    """Send it if its time has come and nothing speaks against it; returns its state. Again: nothing."""
    found = ScheduledReply.objects.filter(id=scheduled_id).values_list("organisation_id", "conversation_id").first()
    if found is None:
        return "gone"
    try:
        return _send(scheduled_id, *found, now=now, refusal=None)
    except PalabreError as refusal:
        # Nothing of it was stored. The reason is kept in a transaction of its own.
        return _send(scheduled_id, *found, now=now, refusal=refusal.code)


def _send(
    scheduled_id: UUID, organisation_id: UUID, conversation_id: UUID, *, now: datetime | None, refusal: str | None
) -> str:
    with record_changes(organisation_id) as changes:
        conversation = lock_conversation(organisation_id=organisation_id, conversation_id=conversation_id)
        row = ScheduledReply.objects.select_for_update(of=("self",)).select_related("user").get(id=scheduled_id)
        now = now or database_now()
        if row.state != ScheduledState.PENDING or row.at > now:
            return row.state  # given up, sent by another worker, or moved: its new time has a job of its own
        reason = refusal or _against(row, conversation, now)
        if reason:
            facts = {"type": "scheduled_unsent", "why": reason, "at": iso(row.at)}
            add_event_line(changes=changes, conversation=conversation, facts=facts, author_user=row.user)
            _end(changes, row, conversation, ScheduledState.UNSENT, now, reason=reason)
            return row.state
        if conversation.status == Status.SNOOZED:
            wake_for(changes, conversation, row.user, by="answer", now=now)
        message = say(changes, conversation, row.user, body=row.body, client_id=row.client_id, now=now)
        _end(changes, row, conversation, ScheduledState.SENT, now, message_id=message.id)
    return row.state


def refuse_unsendable(conversation: Conversation, user: User) -> None:
    """Raises Conflict: "closed", "not_owner", "opted_out"."""
    if conversation.status == Status.CLOSED:
        raise Conflict("closed", "this conversation is closed")
    if conversation.status not in HELD or conversation.owner_id != user.id:
        raise Conflict("not_owner", "only the owner of a conversation answers; take it first")
    if consent_of(conversation).refuses:
        raise Conflict("opted_out", "the subscriber has opted out: nothing may be sent to this number")


def _against(row: ScheduledReply, conversation: Conversation, now: datetime) -> str:
    """Why it may not leave now, as a code; "" when it may."""
    if not row.user.is_active:
        return "not_owner"
    if row.unless_answered and _has_written(row):
        return "answered"
    if now - row.at > LATEST:
        return "late"
    if not is_open(hours_of_lines([conversation.line_id]).get(conversation.line_id), now):
        return "outside_hours"
    try:
        refuse_unsendable(conversation, row.user)
    except Conflict as refusal:
        return refusal.code
    return ""


def _has_written(row: ScheduledReply) -> bool:
    incoming = Message.objects.filter(conversation_id=row.conversation_id, seq__gt=row.seen, kind=MessageKind.INCOMING)
    return incoming.exists()


def _body(conversation: Conversation, body: str) -> str:
    text = clean_text(body)
    if not text:
        raise Invalid("empty", "a message needs some text", field="body")
    refuse_too_long(conversation.line, text)
    return text


def _time(conversation: Conversation, at: datetime, now: datetime) -> datetime:
    if at <= now:
        raise Invalid("scheduled_past", "this time has passed", field="at")
    if at > now + FARTHEST:
        raise Invalid("scheduled_far", "at most 90 days ahead", field="at")
    if not is_open(hours_of_lines([conversation.line_id]).get(conversation.line_id), at):
        raise Invalid("outside_hours", "the line is closed then", field="at")
    return at


def _mine(
    user: User, scheduled_id: UUID, states: tuple[ScheduledState, ...] = (ScheduledState.PENDING,)
) -> tuple[ScheduledReply, Conversation]:
    mine = ScheduledReply.objects.filter(organisation_id=user.organisation_id, user=user, id=scheduled_id)
    conversation_id = mine.values_list("conversation_id", flat=True).first()
    if conversation_id is None:
        raise NotFound("no_scheduled", "there is no such text")
    conversation = lock_conversation(organisation_id=user.organisation_id, conversation_id=conversation_id)
    row = mine.select_for_update(of=("self",)).select_related("user").get()
    if row.state not in states:
        raise Conflict("scheduled_over", "it has left, or was given up")
    return row, conversation


def _ask(row: ScheduledReply) -> None:
    request_job(
        kind=KIND, organisation_id=row.organisation_id, owner_id=row.user_id, arguments={"scheduled_id": str(row.id)},
        due_at=row.at, max_attempts=20,
    )  # fmt: skip


def _end(
    changes: Changes, row: ScheduledReply, conversation: Conversation, state: ScheduledState, now: datetime, *,
    reason: str = "", message_id: UUID | None = None,
) -> None:  # fmt: skip
    row.state, row.reason, row.message_id, row.ended_at = state, reason, message_id, now
    row.save(update_fields=["state", "reason", "message_id", "ended_at"])
    _tell(changes, row, conversation)


def _tell(changes: Changes, row: ScheduledReply, conversation: Conversation) -> None:
    changes.add(ScheduledReplyChanged(line_id=conversation.line_id, conversation_id=conversation.id, state=row.state))


def _view(row: ScheduledReply) -> ScheduledView:
    return {
        "id": str(row.id),
        "body": row.body,
        "at": iso(row.at),
        "unless_answered": row.unless_answered,
        "state": row.state,
        "reason": row.reason,
        "overtaken": row.state == ScheduledState.PENDING and row.unless_answered and _has_written(row),
        "by_id": str(row.user_id),
        "by": row.user.name,
    }
