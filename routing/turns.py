"""Asking the bots, outside any transaction: an engine may be slow, or never answer.

Nothing here touches the database but `read_talks`, which is one query for the whole batch.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from bots.engine import take_turn
from bots.errors import BotDataError
from bots.quoting import wants_article, with_article
from bots.turn import BotTurn, Handover, Turn
from bots.workshop import voices
from common.places import place_of
from knowledge.search import EMPTY, Book

log = logging.getLogger(__name__)

# A subscriber whose bot fails is with a person within 5 s: this, and the commit.
TURN_LIMIT_S = 4.0
AT_ONCE = 32  # turns of one batch
THREADS = 96  # of three batches (routing/dispatcher.py); an engine that hangs holds that many and no more
HISTORY = 40  # messages

# The bound on the keys keeps older months' partitions out (see conversations/rendering.py).
_TALKS = """
select c.id, c.organisation_id, c.status, line.bot, line.bot_engine, c.last_seq,
       coalesce(nullif(c.language, ''), nullif(contact.language, ''), line.language), line.is_filtered, c.line_id,
       version.id, m.kind, m.author, m.body, m.created_at, m.hint, m.marks
from conversations_conversation c
join conversations_line line on line.id = c.line_id
join contacts_contact contact on contact.id = c.contact_id
left join workshop_version version on version.organisation_id = c.organisation_id and version.bot = line.bot
    and version.state = 'published'
left join lateral (
    -- A keyword has its own answer (routing/keyword_replies.py): no bot hears of it.
    select seq, kind, author, body, created_at, m.facts->>'hint' is not null as hint,
           case when author = 'bot' then facts end as marks from conversations_message m
    where m.conversation_id = c.id and m.kind in ('incoming', 'outgoing') and m.author <> 'system'
      and m.facts->>'keyword' is null
      and m.id >= uuid_floor(least(c.opened_at, uuid_extract_timestamp(c.id)) - interval '1 hour')
    order by seq desc limit %s
) m on true
where c.id = any(%s)
order by c.id, m.seq
"""


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation as the bot gets it. `text`: what is unanswered, one text a line (an empty text is one, too)."""

    id: UUID
    organisation_id: UUID
    status: str
    bot: str
    engine: str  # "": the one that the bot names
    last_seq: int  # when this was read: a higher one later means that the decision is about less than is there
    language: str
    history: tuple[Turn, ...]
    text: str
    first_at: datetime | None  # the first of the unanswered texts; None: nothing is unanswered
    hint: bool = False  # one of them may ask for no more texts: a person should look
    is_filtered: bool = False  # its line has a front filter (routing/front_door.py)
    line_id: UUID | None = None
    marks: tuple[Mapping[str, Any], ...] = ()  # beside each turn of the history: what the bot knew when it said so
    version_id: UUID | None = None  # of the bot, that the organisation has published


def read_talks(conversation_ids: Collection[UUID]) -> list[Talk]:
    with connection.cursor() as cursor:
        cursor.execute(_TALKS, [HISTORY, list(conversation_ids)])
        rows = cursor.fetchall()
    by_id: dict[UUID, list[tuple]] = {}
    for row in rows:
        by_id.setdefault(row[0], []).append(row)
    return [_talk(found) for found in by_id.values()]


def _talk(rows: list[tuple]) -> Talk:
    id_, organisation_id, status, bot, engine, last_seq, language, is_filtered, line_id, version_id = rows[0][:10]
    messages = [row[10:] for row in rows if row[10] is not None]
    answered = max((n for n, message in enumerate(messages, 1) if message[0] == "outgoing"), default=0)
    texts = messages[answered:]
    return Talk(
        id=id_,
        organisation_id=organisation_id,
        status=status,
        bot=bot,
        engine=engine,
        last_seq=last_seq,
        language=language,
        history=tuple(Turn(author, body) for _, author, body, *_ in messages[:answered]),
        text="\n".join(body for _, _, body, *_ in texts),
        first_at=texts[0][3] if texts else None,
        hint=any(text[4] for text in texts),
        is_filtered=is_filtered,
        line_id=line_id,
        marks=tuple(_marks(message[5]) for message in messages[:answered]),
        version_id=version_id,
    )


def _marks(stored: Any) -> Mapping[str, Any]:
    facts = json.loads(stored) if isinstance(stored, str) else stored  # Django leaves JSON as text
    return facts if isinstance(facts, dict) else {}


FAILED = BotTurn((), None, 0.0, handover=Handover("failed", ""))


class Turns:
    """A pool of threads for bot turns. `take` never raises for a bot: what fails or hangs is a handover."""

    def __init__(self, limit_s: float = TURN_LIMIT_S) -> None:
        self._limit_s = limit_s
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="bot turn")

    def take(self, talks: Sequence[Talk], books: Mapping[UUID, Book] | None = None) -> dict[UUID, BotTurn]:
        """One turn for each of at most AT_ONCE talks, in at most `limit_s` together. `books`: the articles of their
        organisations, which are quoted where a bot has no answer; None: nobody's."""
        known = books or {}
        futures = {self._pool.submit(_take, talk, known.get(talk.organisation_id, EMPTY)): talk for talk in talks}
        done, late = wait(futures, timeout=self._limit_s)
        turns = {futures[future].id: future.result() for future in done}
        for future in late:
            future.cancel()  # what has begun goes on for nobody: its conversation will be a person's
            turns[futures[future].id] = FAILED
        if late:
            log.error("%d bot turns did not end in %.1f s: people take over", len(late), self._limit_s)
        return turns

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def _take(talk: Talk, book: Book = EMPTY) -> BotTurn:
    try:
        speaks = voices.voice(talk.organisation_id, talk.bot, talk.version_id, talk.engine)
        turn = take_turn(
            bot=speaks.name,
            engine=talk.engine or None,
            conversation_id=talk.id,
            history=talk.history,
            text=talk.text,
            language=talk.language,
        )
        return replace(_or_an_article(talk, turn, book), version=speaks.number)
    except BotDataError as error:  # no such bot
        log.error("conversation %s: %s", talk.id, error)
    except Exception as error:  # its own words may quote the subscriber
        log.error("conversation %s: the bot raised %s at %s", talk.id, type(error).__name__, place_of(error))
    return FAILED


def _or_an_article(talk: Talk, turn: BotTurn, book: Book) -> BotTurn:
    if talk.hint or not book.bot_quotes or not wants_article(turn):
        return turn
    # The machine's clock: a planned switch may be heard of as late as that one is off. No statement from these threads.
    hits = book.search(talk.text, turn.language or talk.language, talk.line_id, datetime.now(UTC))
    return with_article(turn, hits, threshold=book.threshold)
