"""A new text to one or several numbers, from the desk or from a client's application: one conversation each.

Every number is a transaction of its own (conversations/sendings.py), so that nobody's row is held while a hundred
others are written. Under one key nothing leaves twice, whoever asks however often: a double click, a retry whose
answer was lost, two processes at once.

    the conversation                            from the desk                         from an application
    none is open                                a new one: the sender's if he keeps   a new one, closed at once
                                                it and has room, else closed at once
    the sender's own                            his, and open                         the text is added
    a colleague's                               refused (already_owned)               the text is added
    nobody's (the bot's, in a queue)            the sender's if he keeps it and has   the text is added
                                                room, else the text is added

Closed at once, because nobody has asked anything: it waits on nobody's list and takes nobody's room; what the
subscriber answers opens a conversation as any text of his does, and the text is found among those before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from django.db import IntegrityError, OperationalError
from django.db.models import F
from psycopg import errors

from accounts.models import User
from common.clock import database_now
from common.errors import Conflict, Invalid, NotFound, PalabreError
from conversations import sendings
from conversations.consent import opposed
from conversations.events import ConversationAssigned, ConversationClosed
from conversations.messages import LANE_BOT, LANE_PERSON, add_event_line, clean_text, send_message
from conversations.models import ApiToken, Author, Conversation, Line, Recipient, Sending, Status, WrongNumber
from conversations.opening import open_with
from conversations.recipients import MOST, recognise, too_many
from conversations.rendering import iso
from conversations.visibility import lines_visible_to
from conversations.wording import refuse_too_long
from realtime.log import Changes, record_changes
from routing import deadlines, stretches
from routing.callbacks import kept_by_answer
from routing.loads import gain
from routing.offers import answer_by, ringing_at, withdraw
from routing.pace import take_token_turns, take_turn_to_send
from routing.queues import weight_in
from routing.snooze import wake_for
from routing.states import lock_states

HELD = (Status.OPEN, Status.SNOOZED)
LONGEST_KEY = 200
_AGAIN = (errors.DeadlockDetected, errors.SerializationFailure)
# Whose row went away while this was written (people made one, an address given to another): it is looked for again.
_GONE = errors.ForeignKeyViolation
_HELD_BY_OTHERS = (errors.LockNotAvailable, *_AGAIN, _GONE)
TRIES = 5  # for one number, when it and another writer have met: the other one has gone on

Kind = Literal["service", "otp"]
# One-time codes leave with people's answers: whoever waits for one waits at a screen. What else an application has to
# say leaves as the bots' does, behind every person's.
LANES: dict[str, int] = {"service": LANE_BOT, "otp": LANE_PERSON}


@dataclass(frozen=True, slots=True)
class NewText:
    """What is asked. `keep`: of a person, that the conversations be his. `kind` only of an application."""

    line_id: UUID
    numbers: Sequence[str]
    body: str
    key: str
    keep: bool = False
    kind: Kind = "service"

    def facts(self) -> dict[str, object]:
        """All that makes it this request and no other; the key stands beside it.

        What is as always is left out: a choice that is added one day must not make old keys another request's."""
        facts: dict[str, object] = {"line": str(self.line_id), "numbers": list(self.numbers), "body": self.body}
        if self.keep:
            facts["keep"] = True
        if self.kind != "service":
            facts["kind"] = self.kind
        return facts


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of it: each number once, in order; `repeated`: spellings of one that was there before."""

    sending: Sending
    recipients: list[Recipient]
    repeated: list[str] = field(default_factory=list)


class Sender(NamedTuple):
    """Who sends: a person or an application, one of them."""

    organisation_id: UUID
    region: str
    user: User | None = None
    token: ApiToken | None = None

    @property
    def scope(self) -> str:
        return f"user:{self.user.id}" if self.user else f"token:{self.token.id if self.token else None}"

    def may_use(self, line_id: UUID) -> bool:
        if self.user is not None:
            return line_id in lines_visible_to(self.user)
        return self.token is not None and self.token.lines.filter(id=line_id).exists()

    def take_turns(self, texts: int) -> None:
        """Raises TooMany("too_many_texts")."""
        if self.user is not None:
            take_turn_to_send(self.user.id, texts)
        elif self.token is not None:
            take_token_turns(self.token, texts)


def send_new_text(*, sender: Sender, asked: NewText) -> Sent:
    """Send it to each number that may get it; for the others, why not.

    The same key with the same request again gives the same answer. Raises for the request as a whole, and then nothing
    is kept: NotFound("no_line"); Invalid: "empty", "too_long", "required", "too_many_recipients", "key_used" (for
    another request); Conflict: "line_off", "no_link"; TooMany("too_many_texts"). Raises OperationalError when the
    database is away or a row was held by somebody: what is left is done when the same is asked again.
    """
    if not asked.key.strip() or len(asked.key) > LONGEST_KEY:
        raise Invalid("required", f"a key of at most {LONGEST_KEY} characters is needed", field="key")
    line = Line.objects.filter(organisation_id=sender.organisation_id, id=asked.line_id).first()
    if line is None or not sender.may_use(line.id):
        raise NotFound("no_line", "there is no such line")
    key = sendings.Key(sender.organisation_id, sender.scope, asked.key)
    fingerprint = sendings.fingerprint_of(asked.facts())
    numbers, repeated = recognise(asked.numbers, region=sender.region)
    sending = sendings.asked_before(key, fingerprint)
    if sending is None:
        _refuse_whole(line, asked, len(numbers))
        sending = sendings.begin(key, fingerprint, line_id=line.id, numbers=numbers, count=sender.take_turns)
    held: OperationalError | None = None
    for recipient_id in sendings.unsettled(sending):
        try:
            _insist(sender, line, asked, recipient_id)
        except OperationalError as error:
            if not isinstance(error.__cause__, _HELD_BY_OTHERS):
                raise
            held = error  # one conversation that somebody holds does not cost the others
    if held is not None:
        raise held
    return Sent(sending, list(Recipient.objects.filter(sending=sending).order_by("place")), repeated)


def _refuse_whole(line: Line, asked: NewText, numbers: int) -> None:
    body = clean_text(asked.body)
    if not body:
        raise Invalid("empty", "a message needs some text", field="body")
    if not numbers:
        raise Invalid("required", "at least one number", field="numbers")
    if numbers > MOST:
        raise too_many(numbers)
    if not line.is_enabled:
        raise _line_off(line)
    refuse_too_long(line, body)


def _line_off(line: Line) -> Conflict:
    return Conflict("line_off", f"the line {line.address} is switched off")


def _insist(sender: Sender, line: Line, asked: NewText, recipient_id: UUID) -> None:
    for left in reversed(range(TRIES)):
        try:
            _send_one(sender, line, asked, recipient_id)
        except OperationalError as error:
            if not left or not isinstance(error.__cause__, _AGAIN):
                raise
        except IntegrityError as error:
            if not isinstance(error.__cause__, _GONE):
                raise
            if not left:
                # Nobody's conflict: as with a row that is held, the others go on and this one is asked again.
                raise OperationalError("a row was taken away each time") from error.__cause__
        else:
            return


def _send_one(sender: Sender, line: Line, asked: NewText, recipient_id: UUID) -> None:
    try:
        with record_changes(sender.organisation_id) as changes:
            recipient = sendings.take(recipient_id)
            if recipient is not None:
                _write(changes, sender, line, asked, recipient)
    except PalabreError as refusal:
        sendings.refuse(recipient_id, refusal)


def _write(changes: Changes, sender: Sender, line: Line, asked: NewText, recipient: Recipient) -> None:
    # Asked again later, it may have been switched off meanwhile; told by the row as it is now.
    if not Line.objects.filter(id=line.id, is_enabled=True).exists():
        raise _line_off(line)
    conversation, opened = open_with(line=line, number=recipient.number)
    # Asked when its conversation is ours: a STOP that came in while we waited for it is seen. What was opened for a
    # number that may not be texted goes with this transaction.
    _refuse_unreachable(sender.organisation_id, recipient.number)
    kept = False
    if sender.user is not None:
        kept = _hold(changes, conversation, sender.user, keep=asked.keep, opened=opened)
    if opened:
        _say_opened(changes, conversation, sender, kept=kept)
    message = send_message(
        changes=changes,
        conversation=conversation,
        body=asked.body,
        author=Author.AGENT if sender.user else Author.SYSTEM,
        author_user=sender.user,
        answers=kept,
        lane=LANE_PERSON if sender.user else LANES[asked.kind],
        application=sender.token.name if sender.token else "",
    )
    if opened and not kept:
        _set(
            conversation,
            status=Status.CLOSED,
            closed_at=database_now(),
            owner_id=sender.user.id if sender.user else None,
        )
        changes.add(ConversationClosed(line_id=line.id, conversation_id=conversation.id, previous_owner_id=None))
    if kept and sender.user is not None:
        kept_by_answer(changes, conversation, sender.user, database_now())
        deadlines.renew([conversation])
    sendings.settle(recipient, conversation_id=conversation.id, message_id=message.id, is_kept=kept)


def _refuse_unreachable(organisation_id: UUID, number: str) -> None:
    """A new text is no answer: a line that answers after a STOP does not begin after one."""
    since = opposed(organisation_id, [number]).get(number)
    if since is not None:
        raise Conflict(
            "opted_out", "the subscriber has opted out: nothing may be sent to this number", since=iso(since)
        )
    wrong = WrongNumber.objects.filter(organisation_id=organisation_id, number=number).first()
    if wrong is not None:
        raise Conflict(
            "wrong_number", "an operator has refused this number for good", since=iso(wrong.last_at), reason=wrong.code
        )


def _hold(changes: Changes, conversation: Conversation, user: User, *, keep: bool, opened: bool) -> bool:
    """Whether it is his to answer in: he owned it, or he keeps it and has room. Raises Conflict("already_owned",
    "at_capacity": it sleeps, and he has no room)."""
    now = database_now()
    if conversation.status in HELD:
        if conversation.owner_id != user.id:
            assert conversation.owner_id is not None  # conversation_owner_fits_status
            owner = User.objects.get(id=conversation.owner_id)
            raise Conflict(
                "already_owned", f"{owner.name} has this conversation", owner=owner.name,
                conversation_id=conversation.id,
            )  # fmt: skip
        if conversation.status == Status.SNOOZED:
            wake_for(changes, conversation, user, by="new_text", now=now)
    else:
        if not keep:
            return False
        held = answer_by(changes, conversation, user.id, now=now)
        weight = weight_in(conversation.queue_id) if held is None else held
        if held is None:
            lock_states({user.id, *ringing_at(conversation)})
            if not _has_room(changes, user, now, weight, conversation.line.medium):
                return False
        if not opened:
            withdraw(changes, conversation, now=now, why="taken")
            stretches.end_before_person(conversation, now=now, how="taken", agent_id=user.id)
            add_event_line(
                changes=changes,
                conversation=conversation,
                facts={"type": "assigned", "owner_id": str(user.id), "owner_name": user.name, "by": "taken"},
                author_user=user,
            )
        _set(
            conversation, status=Status.OPEN, owner_id=user.id, assigned_at=now, weight=weight, preferred_id=None,
            preferred_until=None,
        )  # fmt: skip
        changes.add(
            ConversationAssigned(
                line_id=conversation.line_id, conversation_id=conversation.id, owner_id=user.id, by="new_text"
            )
        )
    if conversation.waiting_since is not None:  # somebody waited: this answers him
        stretches.response(conversation, agent_id=user.id, now=now)
        _set(conversation, first_answered_at=conversation.first_answered_at or now)
    return True


def _has_room(changes: Changes, user: User, now: datetime, weight: int, medium: str) -> bool:
    try:
        gain(changes=changes, user_id=user.id, now=now, weight=weight, medium=medium)
    except Conflict:
        return False
    return True


def _say_opened(changes: Changes, conversation: Conversation, sender: Sender, *, kept: bool) -> None:
    facts: dict[str, object] = {"type": "opened", "by": "new_text", "kept": kept}
    if sender.token is not None:
        facts["application"] = sender.token.name
    add_event_line(changes=changes, conversation=conversation, facts=facts, author_user=sender.user)


def _set(conversation: Conversation, **fields: object) -> None:
    """Write `fields` and raise the revision, here and in the database. The row is locked."""
    Conversation.objects.filter(id=conversation.id).update(revision=F("revision") + 1, **fields)
    for name, value in fields.items():
        setattr(conversation, name, value)
