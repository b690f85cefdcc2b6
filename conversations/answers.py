"""What a bot says to several subscribers, stored together: a few statements, whatever their number.

A person's message is stored alone (conversations/messages.py), with eight statements of its own. For a bot, which
answers ten subscribers in one transaction, those were five sixths of what a text cost (docs/decisions/0024).
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from common.errors import Conflict, Invalid
from common.ids import uuid7
from conversations.adapters import Planned
from conversations.consent import Consent, consent_of, opposed
from conversations.events import MessageAdded
from conversations.links import enabled_links, link_for_answer
from conversations.messages import LANE_BOT, PREVIEW, clean_text
from conversations.models import Author, Conversation, Delivery, Link, Message, MessageKind, Status
from conversations.wording import in_texts, worded
from realtime import doorbell
from realtime.log import Changes

# By key: a table that nobody has analysed yet would be read whole for ten rows of it.
_COUNT = """
update conversations_conversation c
set last_seq = c.last_seq + given.texts, revision = c.revision + given.texts,
    preview = given.preview, preview_author = 'bot', preview_kind = 'outgoing',
    last_activity_at = statement_timestamp(),
    waiting_since = case when given.language is null then c.waiting_since end,
    language = coalesce(given.language, c.language)
from unnest(%(ids)s::uuid[], %(texts)s::int[], %(previews)s::text[], %(languages)s::text[])
     given (id, texts, preview, language)
where c.id = any(%(ids)s::uuid[]) and c.id = given.id
returning c.id, c.last_seq, c.revision, c.last_activity_at
"""
# As in conversations/messages.py: the answers of a conversation leave in their order.
_LIFT = """
update conversations_delivery d set lane = earlier.lane
from (
    select found.message_id, given.lane
    from unnest(%(ids)s::uuid[], %(links)s::uuid[], %(lanes)s::int[]) given (id, link_id, lane)
    cross join lateral (
        select message_id from conversations_delivery
        where conversation_id = given.id and link_id = given.link_id and state = 0 and lane > given.lane
        for update skip locked
    ) found
) earlier
where d.message_id = earlier.message_id
"""


class Text(NamedTuple):
    """One SMS of an answer, of one part or several. `written`: before its line spared signs of it."""

    body: str
    written: str
    planned: Planned


@dataclass(frozen=True, slots=True)
class Answer:
    conversation: Conversation
    texts: tuple[Text, ...]
    link: Link
    path: str
    lane: int
    regardless: bool
    marks: Mapping[str, Any]
    language: str | None  # that is spoken, where nobody waits any more; None: people go on with it


class Answers:
    """Those of one transaction, whose conversations are locked. Nothing is read before it is asked for."""

    def __init__(self, changes: Changes, conversations: Sequence[Conversation]) -> None:
        self._changes = changes
        self._conversations = conversations
        self._links: Mapping[UUID, list[Link]] | None = None
        self._opposed: Mapping[str, object] | None = None
        self._given: list[Answer] = []

    def consent(self, conversation: Conversation) -> Consent:
        """As `consent_of`, which is only asked about numbers that have opted out."""
        if self._opposed is None:
            numbers = [one.address.value for one in self._conversations]
            self._opposed = opposed(self._changes.organisation_id, numbers)
        if conversation.address.value in self._opposed:
            return consent_of(conversation)
        return Consent(None, may_answer=True)

    def give(
        self, conversation: Conversation, replies: Sequence[str], *,
        language: str | None, lane: int | None = None, marks: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """`replies` will be stored by `store`, each in as many texts as its line needs; all of them or none.

        `language` of `Answer`; `marks` of `send_message`. Each conversation once before a `store`.
        Raises Invalid ("empty", "too_long"), Conflict ("closed", "no_link", "opted_out").
        """
        if conversation.status == Status.CLOSED:
            raise Conflict("closed", "this conversation is closed")
        consent = self.consent(conversation)
        if consent.refuses:
            raise Conflict("opted_out", "the subscriber has opted out: nothing may be sent to this number")
        link, path = self._link(conversation)
        texts = [text for reply in replies for text in _texts(conversation, link, reply)]
        if not texts:
            raise Invalid("empty", "an answer needs some text", field="body")
        self._given.append(
            Answer(
                conversation=conversation,
                texts=tuple(texts),
                link=link,
                path=path,
                lane=LANE_BOT if lane is None else lane,
                regardless=consent.opted_out_at is not None,
                marks=marks or {},
                language=language,
            )
        )

    def store(self) -> None:
        """Store what was given since the last `store`: messages, deliveries that are due at once, events."""
        given, self._given = self._given, []
        if not given:
            return
        _count(given)
        messages = [message for answer in given for message in _messages(answer)]
        Message.objects.bulk_create(messages)
        with connection.cursor() as cursor:
            cursor.execute(
                _LIFT,
                {
                    "ids": [answer.conversation.id for answer in given],
                    "links": [answer.link.id for answer in given],
                    "lanes": [answer.lane for answer in given],
                },
            )
        stored = iter(messages)
        Delivery.objects.bulk_create(
            [_delivery(answer, text, next(stored)) for answer in given for text in answer.texts]
        )
        for message in messages:
            conversation = message.conversation
            self._changes.add(
                MessageAdded(
                    line_id=conversation.line_id, conversation_id=conversation.id, message_id=message.id,
                    seq=message.seq, kind=message.kind, author=message.author,
                )
            )  # fmt: skip
        self._changes.ring(doorbell.OUTBOX)

    def _link(self, conversation: Conversation) -> tuple[Link, str]:
        if self._links is None:
            self._links = enabled_links({one.line_id for one in self._conversations})
        return link_for_answer(conversation, self._links.get(conversation.line_id, []))


def _texts(conversation: Conversation, link: Link, reply: str) -> list[Text]:
    found = []
    for piece in in_texts(conversation, reply, link):
        written = clean_text(piece)
        if not written:
            raise Invalid("empty", "a message needs some text", field="body")
        body, planned = worded(conversation.line, link, written)
        found.append(Text(body, written, planned))
    return found


def _count(given: Sequence[Answer]) -> None:
    """Number the texts, and show the last one in the list."""
    of = {answer.conversation.id: answer for answer in given}
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            {
                "ids": list(of),
                "texts": [len(answer.texts) for answer in of.values()],
                "previews": [answer.texts[-1].body[:PREVIEW] for answer in of.values()],
                "languages": [answer.language for answer in of.values()],
            },
        )
        rows = cursor.fetchall()
    for id_, last_seq, revision, at in rows:
        answer = of[id_]
        conversation = answer.conversation
        conversation.last_seq, conversation.revision, conversation.last_activity_at = last_seq, revision, at
        conversation.preview = answer.texts[-1].body[:PREVIEW]
        conversation.preview_author, conversation.preview_kind = Author.BOT, MessageKind.OUTGOING
        if answer.language is not None:
            conversation.waiting_since, conversation.language = None, answer.language


def _messages(answer: Answer) -> list[Message]:
    conversation = answer.conversation
    first = conversation.last_seq - len(answer.texts) + 1
    return [
        Message(
            id=uuid7(),
            organisation_id=conversation.organisation_id,
            conversation=conversation,
            seq=seq,
            kind=MessageKind.OUTGOING,
            author=Author.BOT,
            body=text.body,
            facts=_facts(answer, text),
        )
        for seq, text in enumerate(answer.texts, first)
    ]


def _facts(answer: Answer, text: Text) -> dict[str, Any] | None:
    return {**answer.marks, **({"written": text.written} if text.written != text.body else {})} or None


def _delivery(answer: Answer, text: Text, message: Message) -> Delivery:
    conversation = answer.conversation
    return Delivery(
        message_id=message.id,
        organisation_id=conversation.organisation_id,
        conversation=conversation,
        line_id=conversation.line_id,
        link=answer.link,
        source=conversation.line.address,
        destination=conversation.address.value,
        lane=answer.lane,
        encoding=text.planned.encoding,
        parts=text.planned.parts,
        submits=text.planned.submits or None,
        reference=random.randrange(65536),  # noqa: S311  (joins parts, guards nothing)
        regardless=answer.regardless,
        path=answer.path,
        name=conversation.contact.name,
    )
