"""Adding to a conversation: an answer, a note, an event line. The row first; the gateway sends what it finds.

All of it happens inside `record_changes`, on a conversation that the caller has locked with `lock_conversation`:
the number of a message is the conversation's counter, so the lock is what makes the numbers dense.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import User
from common.errors import Conflict, Invalid, NotFound
from common.ids import uuid7
from common.text import shows_something, storable
from conversations.attachments import WORDLESS
from conversations.consent import consent_of
from conversations.events import MessageAdded
from conversations.links import link_for_answer
from conversations.models import Author, Conversation, Delivery, Message, MessageKey, MessageKind, Status
from conversations.outgoing_media import attach, whole_drafts
from conversations.wording import worded
from realtime import doorbell
from realtime.log import Changes

LANE_PERSON, LANE_BOT, LANE_CAMPAIGN = 0, 1, 2
PREVIEW = 140

# The answers of a conversation leave in their order (conversations/outbox.py): without this, a person's would wait
# where the bot's before it waits, behind what the bot says to everybody else. A row that is held is being claimed.
_LIFT = """
update conversations_delivery d set lane = %(lane)s
from (select message_id from conversations_delivery
      where conversation_id = %(conversation)s and link_id = %(link)s and state = 0 and lane > %(lane)s
      for update skip locked) earlier
where d.message_id = earlier.message_id
"""


def lock_conversation(*, organisation_id: UUID, conversation_id: UUID) -> Conversation:
    """The conversation, locked until COMMIT. Raises NotFound for another organisation's, too."""
    found = (
        Conversation.objects.select_for_update(of=("self",))
        .select_related("line", "address", "contact__merged_into")
        .filter(organisation_id=organisation_id, id=conversation_id)
        .first()
    )
    if found is None:
        raise NotFound("no_conversation", "there is no such conversation")
    return found


def clean_text(body: str) -> str:
    """`body` as it may be stored: no NUL, no lone surrogate (PostgreSQL refuses both), no space around it."""
    return storable(body).strip()


def already_stored(*, organisation_id: UUID, scope: str, key: str) -> UUID | None:
    """The message that an author has sent under this id before, if any."""
    return (
        MessageKey.objects.filter(organisation_id=organisation_id, scope=scope, key=key)
        .values_list("message_id", flat=True)
        .first()
    )


def send_message(
    *,
    changes: Changes,
    conversation: Conversation,
    body: str,
    author: Author,
    author_user: User | None = None,
    client_id: UUID | None = None,
    regardless: bool = False,
    answers: bool | None = None,
    lane: int | None = None,
    application: str = "",
    closed_too: bool = False,
    attachments: Sequence[UUID] = (),
    marks: Mapping[str, Any] | None = None,
) -> Message:
    """Store an answer and its delivery, due at once. `regardless` of an opt-out, `closed_too`: only what confirms it.

    `answers`: whether it is what the subscriber has waited for; None: if a person wrote it. `application`: the name of
    the one that sent it. `attachments`: drafts of `author_user` that leave with it (conversations/outgoing_media.py).
    `marks`: what a bot's next turns need to know of this one (routing/handover_policies.py); facts, never words.

    Raises Invalid ("empty", "too_long", and what is wrong with an attachment), Conflict ("closed", "no_link",
    "opted_out", "already_sent": the same client id has been used at this very moment; the caller looks it up again).
    """
    body = clean_text(body) or (WORDLESS if attachments else "")
    if not body:
        raise Invalid("empty", "a message needs some text", field="body")
    if conversation.status == Status.CLOSED and not closed_too:
        raise Conflict("closed", "this conversation is closed")
    if not regardless:
        consent = consent_of(conversation)
        if consent.refuses:
            raise Conflict("opted_out", "the subscriber has opted out: nothing may be sent to this number")
        regardless = consent.opted_out_at is not None
    link, path = link_for_answer(conversation)
    facts: dict[str, Any] = {"application": application} if application else {}
    facts.update(marks or {})
    written = body
    body, planned = worded(conversation.line, link, body)
    drafts = []
    if attachments and author_user is not None:
        drafts = whole_drafts(author_user, conversation, link, attachments)
        facts["media"] = len(drafts)
        planned = planned._replace(parts=1, submits=1)  # one message, however long its words are

    message = _add(
        changes=changes,
        conversation=conversation,
        kind=MessageKind.OUTGOING,
        author=author,
        author_user=author_user,
        body=body,
        client_id=client_id,
        facts=facts | ({"written": written} if written != body else {}) or None,
        answers=author == Author.AGENT if answers is None else answers,
    )
    attach(drafts, message, link)
    if lane is None:
        lane = LANE_BOT if author == Author.BOT else LANE_PERSON
    with connection.cursor() as cursor:
        cursor.execute(_LIFT, {"lane": lane, "conversation": conversation.id, "link": link.id})
    Delivery.objects.create(
        message_id=message.id,
        organisation_id=conversation.organisation_id,
        conversation=conversation,
        line_id=conversation.line_id,
        link=link,
        source=conversation.line.address,
        destination=conversation.address.value,
        lane=lane,
        encoding=planned.encoding,
        parts=planned.parts,
        submits=planned.submits or None,
        reference=random.randrange(65536),  # noqa: S311  (joins parts, guards nothing)
        regardless=regardless,
        path=path,
        name=(conversation.contact.merged_into or conversation.contact).name,
    )
    changes.ring(doorbell.OUTBOX)
    return message


def add_note(
    *, changes: Changes, conversation: Conversation, body: str, author_user: User, client_id: UUID | None = None
) -> Message:
    """A note for colleagues. It has no delivery row, so nothing can send it. Raises Invalid("empty"), also for what
    nobody would see."""
    body = clean_text(body)
    if not shows_something(body):
        raise Invalid("empty", "a note needs some text", field="body")
    return _add(
        changes=changes,
        conversation=conversation,
        kind=MessageKind.NOTE,
        author=Author.AGENT,
        author_user=author_user,
        body=body,
        client_id=client_id,
    )


def add_event_line(
    *, changes: Changes, conversation: Conversation, facts: dict[str, Any], author_user: User | None = None
) -> Message:
    """One grey line of the timeline. `facts` = {"type": "handover" | "queued" | "assigned" | ...} and ids."""
    return _add(
        changes=changes,
        conversation=conversation,
        kind=MessageKind.EVENT,
        author=Author.AGENT if author_user else Author.SYSTEM,
        author_user=author_user,
        body="",
        facts=facts,
    )


def _add(
    *,
    changes: Changes,
    conversation: Conversation,
    kind: MessageKind,
    author: Author,
    body: str,
    author_user: User | None = None,
    client_id: UUID | None = None,
    facts: dict[str, Any] | None = None,
    answers: bool = False,
) -> Message:
    message_id = uuid7()
    if client_id is not None and author_user is not None:
        _claim_key(conversation.organisation_id, f"user:{author_user.id}", str(client_id), message_id)
    shown = kind in (MessageKind.OUTGOING, MessageKind.INCOMING)
    fields: dict[str, Any] = {"last_seq": F("last_seq") + 1, "revision": F("revision") + 1}
    if shown:
        fields |= {
            "preview": body[:PREVIEW],
            "preview_author": author,
            "preview_kind": kind,
            "last_activity_at": Now(),
        }
    if answers:  # a person's answer stops the clock and reads what was there
        fields |= {"waiting_since": None, "unread": 0}
    Conversation.objects.filter(id=conversation.id).update(**fields)
    conversation.refresh_from_db(fields=list(fields))
    message = Message.objects.create(
        id=message_id,
        organisation_id=conversation.organisation_id,
        conversation=conversation,
        seq=conversation.last_seq,
        kind=kind,
        author=author,
        author_user=author_user,
        body=body,
        facts=facts,
        client_id=client_id,
    )
    changes.add(
        MessageAdded(
            line_id=conversation.line_id,
            conversation_id=conversation.id,
            message_id=message.id,
            seq=message.seq,
            kind=kind,
            author=author,
        )
    )
    return message


def _claim_key(organisation_id: UUID, scope: str, key: str, message_id: UUID) -> None:
    # Two tabs, a double click, a retry: the second waits for the first here, then finds its row.
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into conversations_messagekey (organisation_id, scope, key, message_id)
               values (%s, %s, %s, %s) on conflict do nothing""",
            [organisation_id, scope, key, message_id],
        )
        if cursor.rowcount == 0:
            raise Conflict("already_sent", "this message was stored already", scope=scope, key=key)
