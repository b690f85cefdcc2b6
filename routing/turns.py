"""Asking the bots, outside any transaction: an engine may be slow, or never answer.

Nothing here touches the database but `read_talks`, which is one query for the whole batch, and whatever makes a bot's
look-ups.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
from django.db import connection

from bots.dialogue.memory import is_amid_a_form
from bots.engine import take_turn
from bots.errors import BotDataError
from bots.quoting import wants_article, with_article
from bots.turn import BotTurn, Found, Handover, LookUp, Turn
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
       version.id, address.value, organisation.time_zone, dialogue.memory,
       m.kind, m.author, m.body, m.created_at, m.hint, m.marks
from conversations_conversation c
join conversations_line line on line.id = c.line_id
join contacts_contact own on own.id = c.contact_id
join contacts_contact contact on contact.id = coalesce(own.merged_into_id, own.id)
left join workshop_version version on version.organisation_id = c.organisation_id and version.bot = line.bot
    and version.state = 'published'
join accounts_organisation organisation on organisation.id = c.organisation_id
join contacts_address address on address.id = c.address_id
left join bots_dialogue dialogue on dialogue.conversation_id = c.id
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
    number: str = ""  # of the subscriber, as it is stored: whose data a look-up may read, whatever a text says
    time_zone: str = "UTC"
    memory: Mapping[str, Any] = field(default_factory=dict)  # what the bot knew after its last turn
    people_open: bool | None = None  # whether somebody is at work on its line


def read_talks(conversation_ids: Collection[UUID]) -> list[Talk]:
    with connection.cursor() as cursor:
        cursor.execute(_TALKS, [HISTORY, list(conversation_ids)])
        rows = cursor.fetchall()
    by_id: dict[UUID, list[tuple]] = {}
    for row in rows:
        by_id.setdefault(row[0], []).append(row)
    return [_talk(found) for found in by_id.values()]


def _talk(rows: list[tuple]) -> Talk:
    id_, organisation_id, status, bot, engine, last_seq, language, is_filtered, line_id = rows[0][:9]
    version_id, number, time_zone, memory = rows[0][9:13]
    messages = [row[13:] for row in rows if row[13] is not None]
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
        marks=tuple(_object(message[5]) for message in messages[:answered]),
        version_id=version_id,
        number=number,
        time_zone=time_zone,
        memory=_object(memory),
    )


def _object(stored: object) -> dict[str, Any]:
    """Django tells psycopg to leave JSON as text."""
    found = orjson.loads(stored) if isinstance(stored, str) else stored
    return found if isinstance(found, dict) else {}


# A turn of the embedded engine computes, and threads that compute only get into each other's way: one takes them all.
# Whatever waits, for a server or a look-up, holds up the others so long; then there are twice as many threads.
PATIENCE_S = 0.02
FAILED = BotTurn((), None, 0.0, handover=Handover("failed", ""))


# Makes what a turn asks to be looked up: `bots.lookups.make`, of which it has the signature.
MakeLookUp = Callable[..., Found]
MOST_LOOKUPS = 3  # of one turn


class Turns:
    """A pool of threads for bot turns. `take` never raises for a bot: what fails or hangs is a handover.

    `make_look_up`: None where nothing can be looked up; the bot then says what it says without.
    """

    def __init__(self, limit_s: float = TURN_LIMIT_S, make_look_up: MakeLookUp | None = None) -> None:
        self._limit_s = limit_s
        self._make_look_up = make_look_up
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="bot turn")

    def take(self, talks: Sequence[Talk], books: Mapping[UUID, Book] | None = None) -> dict[UUID, BotTurn]:
        """One turn for each of at most AT_ONCE talks, in at most `limit_s` together. `books`: the articles of their
        organisations, which are quoted where a bot has no answer; None: nobody's."""
        known = books or {}
        ends = time.monotonic() + self._limit_s
        waiting = deque(talks)
        taken: dict[UUID, BotTurn] = {}

        def take_what_waits() -> None:
            with contextlib.suppress(IndexError):  # nothing waits any more
                while True:
                    talk = waiting.popleft()
                    taken[talk.id] = _take(talk, known.get(talk.organisation_id, EMPTY), self._make_look_up)

        threads: list[Future[None]] = []
        more = min(len(talks), 1 + sum(talk.engine == "rasa" for talk in talks))
        while waiting and time.monotonic() < ends:
            threads += [self._pool.submit(take_what_waits) for _ in range(more)]
            wait(threads, timeout=min(PATIENCE_S, self._limit_s))
            more = min(len(waiting), len(threads))
        wait(threads, timeout=max(0.0, ends - time.monotonic()))
        waiting.clear()
        for thread in threads:
            thread.cancel()
        turns = dict(taken)  # what has begun goes on for nobody: its conversation will be a person's
        late = [talk.id for talk in talks if talk.id not in turns]
        if late:
            log.error("%d bot turns did not end in %.1f s: people take over", len(late), self._limit_s)
        return turns | dict.fromkeys(late, FAILED)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def _take(talk: Talk, book: Book = EMPTY, make_look_up: MakeLookUp | None = None) -> BotTurn:
    """A turn that must look something up is taken again with what was found: the same texts, the same memory."""
    found: list[Found] = []
    try:
        speaks = voices.voice(talk.organisation_id, talk.bot, talk.version_id, talk.engine)
        while True:
            turn = take_turn(
                bot=speaks.name,
                engine=talk.engine or None,
                conversation_id=talk.id,
                history=talk.history,
                text=talk.text,
                language=talk.language,
                memory=talk.memory,
                found=tuple(found),
                now=_there(talk),
                people_open=talk.people_open,
            )
            if turn.look_up is None:
                return replace(_or_an_article(talk, turn, book), version=speaks.version)
            if len(found) > MOST_LOOKUPS:
                log.error("conversation %s: the bot asks for a look-up again and again", talk.id)
                return FAILED
            found.append(_look_up(talk, turn.look_up, make_look_up))
    except BotDataError as error:  # no such bot
        log.error("conversation %s: %s", talk.id, error)
    except Exception as error:  # its own words may quote the subscriber
        log.error("conversation %s: the bot raised %s at %s", talk.id, type(error).__name__, place_of(error))
    return FAILED


def _or_an_article(talk: Talk, turn: BotTurn, book: Book) -> BotTurn:
    if talk.hint or not book.bot_quotes or not wants_article(turn) or is_amid_a_form(talk.memory):
        return turn
    # The machine's clock: a planned switch may be heard of as late as that one is off. No statement from these threads.
    hits = book.search(talk.text, turn.language or talk.language, talk.line_id, datetime.now(UTC))
    quoted = with_article(turn, hits, threshold=book.threshold)
    # What the bot would have asked was not: the next text answers what was open before, if anything was.
    return turn if quoted is turn else replace(quoted, memory=talk.memory)


def _look_up(talk: Talk, look_up: LookUp, make: MakeLookUp | None) -> Found:
    if make is None:
        return Found("failed")
    try:
        return make(organisation_id=talk.organisation_id, conversation_id=talk.id, number=talk.number, look_up=look_up)
    except Exception as error:  # the subscriber still gets the answer that needs none
        log.error("conversation %s: look-up %s: %s at %s", talk.id, look_up.name, type(error).__name__, place_of(error))
        return Found("failed")
    finally:
        connection.close()  # this thread's own: 96 of them would be more than the database gives


def _there(talk: Talk) -> datetime | None:
    """When the text was written, by the clock of where the subscriber is."""
    if talk.first_at is None:
        return None
    try:
        return talk.first_at.astimezone(ZoneInfo(talk.time_zone))
    except (ZoneInfoNotFoundError, ValueError):
        return talk.first_at
