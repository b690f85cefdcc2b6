"""Finding the article that answers a text: for the bot, which quotes it, and for agents, who read it.

What is approved of an organisation is held in this process's memory and read again when the organisation's revision is
another one: one short statement for any number of organisations, at most once in FRESH_S where the caller can wait so
long. A switch that was planned needs no statement: each book knows when the next one is.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from common.clock import database_now
from knowledge.live import live_at, next_switch
from knowledge.matching import Entry, Hit, Index, indexes
from knowledge.models import ArticleVersion, KnowledgeSettings, VersionState
from knowledge.places import lines_of

FRESH_S = 1.0  # what the bot says after somebody has withdrawn an article: so old at most
MOST_BOOKS = 50  # organisations that are held; 500 articles take some 20 MB


@dataclass(frozen=True, slots=True)
class _Approved:
    entry: Entry
    number: int
    live_from: datetime
    live_until: datetime | None

    @property
    def place(self) -> Hashable:
        return self.entry.article_id, self.entry.language


class Book:
    """All that is approved of one organisation, at one revision."""

    def __init__(self, revision: int, bot_quotes: bool, threshold: float, approved: Collection[_Approved]) -> None:
        self.revision, self.bot_quotes, self.threshold = revision, bot_quotes, threshold
        self._approved = tuple(approved)
        self._lock = threading.Lock()
        self._made: tuple[datetime, datetime | None, Mapping[str, Index]] | None = None

    def search(self, text: str, language: str, line_id: UUID | None, now: datetime, *, most: int = 5) -> list[Hit]:
        """What is live at `now`, in this language, for this line; best first."""
        index = self._indexes(now).get(language)
        return [] if index is None else index.search(text, line_id=line_id, most=most)

    def live(self, now: datetime) -> list[Entry]:
        return [entry for index in self._indexes(now).values() for entry in index.entries]

    def _indexes(self, now: datetime) -> Mapping[str, Index]:
        made = self._made
        if made is not None and made[0] <= now and (made[1] is None or now < made[1]):
            return made[2]
        with self._lock:
            found = indexes([one.entry for one in live_at(self._approved, now)])
            self._made = now, next_switch(self._approved, now), found
        return found


EMPTY = Book(0, False, 1.0, ())

_lock = threading.Lock()
_books: OrderedDict[UUID, Book] = OrderedDict()
_looked: dict[UUID, float] = {}


def books(organisation_ids: Collection[UUID], *, fresh_s: float | None = None) -> dict[UUID, Book]:
    """The book of each organisation; an empty one of who has no article. No statement where all were looked at within
    `fresh_s` (None: FRESH_S), else one, and two for each that has changed."""
    limit = FRESH_S if fresh_s is None else fresh_s
    at = time.monotonic()
    with _lock:
        old = [id_ for id_ in organisation_ids if id_ not in _books or at - _looked.get(id_, -limit) >= limit]
    if old:
        _look_again(old, at)
    with _lock:
        return {id_: _books.get(id_, EMPTY) for id_ in organisation_ids}


def search(
    organisation_id: UUID, text: str, language: str, line_id: UUID | None = None, *, now: datetime | None = None,
    most: int = 5,
) -> list[Hit]:  # fmt: skip
    """The articles that may answer `text`, best first, as they are at this moment."""
    book = books([organisation_id], fresh_s=0.0)[organisation_id]
    return book.search(text, language, line_id, now or database_now(), most=most)


def _look_again(organisation_ids: Collection[UUID], at: float) -> None:
    rows = {
        row.organisation_id: row for row in KnowledgeSettings.objects.filter(organisation_id__in=list(organisation_ids))
    }
    for id_ in organisation_ids:
        row = rows.get(id_)
        with _lock:
            held = _books.get(id_)
        if row is None:
            book = EMPTY
        elif held is not None and held.revision == row.revision:
            book = held
        else:
            book = Book(row.revision, row.bot_quotes, row.threshold, _approved_of(id_))
        with _lock:
            _books[id_] = book
            _books.move_to_end(id_)
            _looked[id_] = at
            while len(_books) > MOST_BOOKS:
                gone, _ = _books.popitem(last=False)
                _looked.pop(gone, None)


def _approved_of(organisation_id: UUID) -> list[_Approved]:
    versions = ArticleVersion.objects.filter(
        organisation_id=organisation_id, state=VersionState.APPROVED, article__archived_at=None
    ).select_related("article")
    lines = lines_of(organisation_id)
    return [
        _Approved(
            Entry(
                article_id=one.article_id,
                version_id=one.id,
                key=one.article.key,
                language=one.language,
                title=one.title,
                questions=tuple(one.questions.split("\n")) if one.questions else (),
                answer=one.answer,
                body=one.body,
                lines=frozenset(lines.get(one.article_id, ())),
            ),
            one.number,
            one.live_from,
            one.live_until,
        )
        for one in versions
        if one.live_from is not None
    ]


# French and English endings and words of their own; accents are taken off before, as people search without them.
_CONFIGURATIONS = {"fr": "french", "en": "english"}
_ACCENTS = "àâäáãåçèéêëìíîïñòóôöõùúûüýÿ", "aaaaaaceeeeiiiinooooouuuuyy"
_FULL_TEXT = """
with asked as (select plainto_tsquery(%(how)s::regconfig, translate(lower(%(text)s), %(from)s, %(to)s)) as query)
select version.id
from knowledge_articleversion version, asked, to_tsvector(%(how)s::regconfig, translate(lower(
    version.title || ' ' || version.questions || ' ' || version.body || ' ' || version.answer), %(from)s, %(to)s)) words
where version.organisation_id = %(organisation)s and version.id = any(%(live)s) and words @@ asked.query
order by ts_rank(words, asked.query) desc, version.id
limit %(most)s
"""


def search_for_agents(
    organisation_id: UUID, text: str, language: str, line_id: UUID | None, *, most: int = 8, now: datetime | None = None
) -> list[Hit]:
    """As `search`, and then whatever holds all words of `text` anywhere, its body included, with the score 0: who
    reads can judge for himself. Without `text`: what is live, by title."""
    at = now or database_now()
    book = books([organisation_id], fresh_s=0.0)[organisation_id]
    live = {one.version_id: one for one in book.live(at) if one.language == language and one.is_for(line_id)}
    if not text.strip():
        return [Hit(one, 0.0) for one in sorted(live.values(), key=lambda one: one.title.casefold())[:most]]
    found = book.search(text, language, line_id, at, most=most)
    with connection.cursor() as cursor:
        cursor.execute(
            _FULL_TEXT,
            {
                "how": _CONFIGURATIONS.get(language, "simple"), "text": text[:200], "from": _ACCENTS[0],
                "to": _ACCENTS[1], "organisation": organisation_id, "live": list(live), "most": most,
            },
        )  # fmt: skip
        known = {hit.entry.version_id for hit in found}
        found += [Hit(live[id_], 0.0) for (id_,) in cursor.fetchall() if id_ not in known]
    return found[:most]
