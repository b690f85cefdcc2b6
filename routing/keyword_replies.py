"""What STOP, START and HELP are answered with: once, in the subscriber's language, whoever has the conversation.

A row of contacts_owedreply is deleted in the transaction that stores its answer, so a crash repeats what was not
committed and nothing else. The suppression itself was stored with the text (conversations/consent.py).
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import NamedTuple
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection
from psycopg import errors

from bots import memories
from common.clock import database_now
from common.errors import PalabreError
from common.places import place_of
from contacts.keywords import REPLIES, Keyword
from contacts.models import AddressKind, LineKeywords, OwedReply
from contacts.numbers import is_number
from conversations.events import ConversationClosed
from conversations.messages import add_event_line, send_message
from conversations.models import Author, Conversation, Status
from realtime import doorbell
from realtime.log import Changes, record_changes
from routing import deadlines, stretches
from routing.filter_models import FilterOutcome, Passage
from routing.handling import HELD_MS
from routing.offers import withdraw
from routing.rows import set_fields
from routing.unhandled import unanswered

log = logging.getLogger(__name__)

AT_ONCE = 50
MOST_HELD = 3  # rows of one organisation that are tried in vain: then what all of them need is held by somebody
_HELD = (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)
MOST_HELP = 3  # answers to HELP for one number within ten minutes: whoever asks more may be a machine that answers us
_CLAIM = """
select id, number, line_id, kind, changed, language from contacts_owedreply
where id = %s for update skip locked
"""
_TALKED = """
select from conversations_message
where conversation_id = %s and kind = 'incoming' and facts->>'keyword' is null
  and id >= uuid_floor(%s - interval '1 hour') limit 1
"""
_HELPED = """
select count(*) from contacts_consentevent
where organisation_id = %s and number = %s and kind = 'help' and at > now() - interval '10 minutes'
"""


class Owed(NamedTuple):
    id: UUID
    number: str
    line_id: UUID
    kind: Keyword
    changed: bool
    language: str


def reply_to_keywords() -> int:
    """Answer the oldest keywords, AT_ONCE; returns how many were looked at. Raises when the database fails; a row that
    somebody holds, or that cannot be answered, waits for the next call. Of an organisation whose rows are held the rest
    is passed over: the dispatcher waits here, and everybody's texts with it."""
    with connection.cursor() as cursor:
        cursor.execute("select from contacts_owedreply limit 1")  # asked up to fifty times a second, mostly in vain
        if cursor.fetchone() is None:
            return 0
    looked_at = 0
    held: Counter[UUID] = Counter()
    passed: set[UUID] = set()
    while True:
        oldest = OwedReply.objects.exclude(organisation_id__in=passed).order_by("at")
        due = list(oldest.values_list("id", "organisation_id")[:AT_ONCE])
        before = len(passed)
        for id_, organisation_id in due:
            if organisation_id in passed:
                continue
            looked_at += 1
            if not _answered(id_, organisation_id):
                held[organisation_id] += 1
                if held[organisation_id] >= MOST_HELD:
                    passed.add(organisation_id)
        if len(passed) == before or len(due) < AT_ONCE:
            return looked_at


def _answered(id_: UUID, organisation_id: UUID) -> bool:
    """False: somebody holds what it needs. Raises when the database fails."""
    try:
        _reply(id_, organisation_id)
    except Exception as error:
        held = isinstance(error.__cause__, _HELD)
        if isinstance(error, OperationalError | InterfaceError) and not held:
            raise
        log.error("keyword %s is not answered yet: %s at %s", id_, type(error).__name__, place_of(error))
        return not held
    return True


def _reply(id_: UUID, organisation_id: UUID) -> None:
    with record_changes(organisation_id) as changes:
        with connection.cursor() as cursor:
            cursor.execute(f"set local lock_timeout = {HELD_MS}")
            cursor.execute(_CLAIM, [id_])
            row = cursor.fetchone()
        if row is not None:
            _settle(changes, organisation_id, Owed(row[0], row[1], row[2], Keyword(row[3]), row[4], row[5]))
            OwedReply.objects.filter(id=id_).delete()


def _settle(changes: Changes, organisation_id: UUID, owed: Owed) -> None:
    conversation = (
        Conversation.objects.select_for_update(of=("self",))
        .select_related("line", "address", "contact", "organisation")
        .filter(
            organisation_id=organisation_id,
            line_id=owed.line_id,
            contact__addresses__kind=AddressKind.PHONE,
            contact__addresses__value=owed.number,
        )
        .order_by("-opened_at")
        .first()
    )
    if conversation is None:  # erased since
        return
    if conversation.status != Status.CLOSED or (owed.kind != Keyword.HELP and _is_filtered(conversation)):
        _answer(changes, conversation, owed)
    if owed.changed and owed.kind != Keyword.HELP:
        add_event_line(changes=changes, conversation=conversation, facts={"type": str(owed.kind)})
    if conversation.status != Status.CLOSED:
        _let_go(changes, conversation)
        deadlines.renew([conversation])


def _is_filtered(conversation: Conversation) -> bool:
    """Whether a front filter has sent him away: it may close between his keyword and this answer to it."""
    passages = Passage.objects.filter(conversation_id=conversation.id)
    return passages.filter(outcome__in=(FilterOutcome.ANSWER, FilterOutcome.BOT)).exists()


def _answer(changes: Changes, conversation: Conversation, owed: Owed) -> None:
    if not owed.changed or not is_number(owed.number):  # nothing is confirmed twice, and nothing to a machine
        return
    if owed.kind == Keyword.HELP and _asked_for_help(conversation, owed.number) > MOST_HELP:
        return
    body = reply_of(conversation, owed.kind, owed.language)
    try:
        send_message(
            changes=changes, conversation=conversation, body=body, author=Author.SYSTEM,
            regardless=owed.kind == Keyword.OPT_OUT, closed_too=True,
        )  # fmt: skip
    except PalabreError as refusal:  # no enabled link, an own text that is too long, opted out: nothing is stored
        log.warning("conversation %s: %s stays unanswered: %s", conversation.id, owed.kind, refusal.code)


def _asked_for_help(conversation: Conversation, number: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_HELPED, [conversation.organisation_id, number])
        return cursor.fetchone()[0]


def reply_of(conversation: Conversation, kind: Keyword, language: str) -> str:
    """The line's own text for this keyword, or the usual one. `language`: of the keyword; "" = the subscriber's."""
    line = conversation.line
    spoken = language or conversation.language or conversation.contact.language or line.language
    spoken = spoken if spoken in REPLIES else line.language
    own = LineKeywords.objects.filter(line_id=line.id, language=spoken, kind=kind).values_list("reply", flat=True)
    text = own.first() or REPLIES.get(spoken, REPLIES["fr"])[kind]
    for name, value in (
        ("{organisation}", conversation.organisation.name),
        ("{line}", line.name),
        ("{address}", line.address),
    ):
        text = text.replace(name, value)
    return text


def _let_go(changes: Changes, conversation: Conversation) -> None:
    """A keyword is no question: nobody is waiting because of it, and what consists of keywords alone is over."""
    left = unanswered(conversation)
    if left or conversation.status not in (Status.BOT, Status.QUEUED):
        waiting_since = left[0].created_at if left else None
        set_fields(conversation, waiting_since=waiting_since, unread=min(conversation.unread, len(left)))
        return
    if _talked(conversation):  # with the bot, and all answered
        set_fields(conversation, waiting_since=None, unread=0)
        return
    now = database_now()
    withdraw(changes, conversation, now=now, why="closed")
    stretches.end_before_person(conversation, now=now, how="closed", agent_id=None)
    memories.forget(conversation.id)
    set_fields(conversation, status=Status.CLOSED, closed_at=now, waiting_since=None, unread=0)
    changes.add(
        ConversationClosed(line_id=conversation.line_id, conversation_id=conversation.id, previous_owner_id=None)
    )
    changes.ring(doorbell.WAITING)


def _talked(conversation: Conversation) -> bool:
    """Whether the subscriber has ever written more than keywords. The bound on the keys keeps older months out."""
    with connection.cursor() as cursor:
        cursor.execute(_TALKED, [conversation.id, conversation.opened_at])
        return cursor.fetchone() is not None
