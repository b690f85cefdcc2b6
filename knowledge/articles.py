"""Articles as the administration keeps and reads them: what they are about, which lines they are for, their texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import User
from common.clock import database_now
from common.errors import Conflict, Invalid, NotFound
from common.text import refuse_hidden, storable
from conversations.models import Line
from knowledge.live import live_at
from knowledge.matching import Hit
from knowledge.models import Article, ArticleVersion, KnowledgeSettings, VersionState
from knowledge.places import lines_of
from knowledge.search import books
from knowledge.versions import Placed, locked_article, may_approve_own, raise_revision, settings_of
from realtime.log import record_changes

MOST_ARTICLES = 500  # of an organisation, archived ones included: all are held in memory
MOST_TAGS = 10
_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)


class VersionView(TypedDict):
    """`is_live`: told to people at this moment. `state`: draft, submitted, approved, refused or withdrawn."""

    id: str
    language: str
    number: int
    title: str
    questions: list[str]
    body: str
    answer: str
    state: str
    is_live: bool
    written_by: str
    written_by_me: bool
    written_at: str
    judged_by: str | None
    judged_at: str | None
    remark: str
    live_from: str | None
    live_until: str | None


class LanguageView(TypedDict):
    """One language of an article in the list. `title`: of the live text, or of the newest. `work`: draft or submitted,
    when somebody is at it. `next_at`: when something else will be live, as it is planned."""

    language: str
    title: str
    is_live: bool
    work: str | None
    next_at: str | None


class ArticleRow(TypedDict):
    """`line_ids` none: for all lines."""

    id: str
    key: str
    topic: str
    tags: list[str]
    line_ids: list[str]
    is_archived: bool
    languages: list[LanguageView]


class ArticleView(ArticleRow):
    """`versions`: the newest first in each language."""

    versions: list[VersionView]


class SettingsView(TypedDict):
    """`own_words`: whether an author may approve what he wrote, as things stand. `author_may_approve` null: only where
    nobody else could."""

    bot_quotes: bool
    threshold: float
    author_may_approve: bool | None
    own_words: bool


@dataclass(frozen=True, slots=True)
class ArticleGiven:
    key: str
    topic: str = ""
    tags: Sequence[str] = ()
    line_ids: Sequence[UUID] = ()


@dataclass(frozen=True, slots=True)
class SettingsGiven:
    bot_quotes: bool
    threshold: float
    author_may_approve: bool | None


def create_article(*, actor: User, given: ArticleGiven) -> ArticleView:
    """Without a text: drafts come next. Raises Invalid, Conflict("article_taken", "too_many_articles")."""
    with record_changes(actor.organisation_id) as changes:
        mine = Article.objects.filter(organisation_id=actor.organisation_id)
        if mine.count() >= MOST_ARTICLES:
            raise Conflict("too_many_articles", f"at most {MOST_ARTICLES} articles")
        key = given.key.strip().lower()
        if not _KEY.fullmatch(key) or len(key) > 60:
            raise Invalid("article_key", "letters a to z, digits and dashes", field="key")
        if mine.filter(key=key).exists():
            raise Conflict("article_taken", "another article has this key")
        article = Article(organisation_id=actor.organisation_id, key=key)
        _set(article, given)
        article.save(force_insert=True)
        article.lines.set(_lines(actor, given.line_ids))
        _note(actor, article, "article.created", audit.difference({}, _plain(article)))
        changes.add(SettingsChanged(kind="article", object_id=article.id))
    return article_shown(actor, article.id)


def change_article(
    *, actor: User, article_id: UUID, topic: str | None = None, tags: Sequence[str] | None = None,
    line_ids: Sequence[UUID] | None = None, is_archived: bool | None = None,
) -> ArticleView:  # fmt: skip
    """What is not given stays. An archived article is found by nobody. Raises NotFound, Invalid."""
    with record_changes(actor.organisation_id) as changes:
        article = locked_article(actor, article_id)
        before = _plain(article)
        _set(article, ArticleGiven(
            article.key, article.topic if topic is None else topic, _tags(article) if tags is None else tags
        ))  # fmt: skip
        if line_ids is not None:
            article.lines.set(_lines(actor, line_ids))
        if is_archived is not None and is_archived != (article.archived_at is not None):
            article.archived_at = database_now() if is_archived else None
        article.save()
        changed = audit.difference(before, _plain(article))
        if changed:
            raise_revision(article.organisation_id)
            _note(actor, article, "article.changed", changed)
            changes.add(SettingsChanged(kind="article", object_id=article.id))
    return article_shown(actor, article.id)


def save_settings(*, actor: User, given: SettingsGiven) -> SettingsView:
    """Raises Invalid."""
    if not 0.5 <= given.threshold <= 1:
        raise Invalid("knowledge_threshold", "from 0.5 to 1", field="threshold")
    with record_changes(actor.organisation_id) as changes:
        raise_revision(actor.organisation_id)
        row = KnowledgeSettings.objects.select_for_update().get(organisation_id=actor.organisation_id)
        names = ("bot_quotes", "threshold", "author_may_approve")
        before = {name: getattr(row, name) for name in names}
        for name in names:
            setattr(row, name, getattr(given, name))
        row.save(update_fields=list(names))
        changed = audit.difference(before, {name: getattr(row, name) for name in names})
        if changed:
            audit.record(
                actor=actor, organisation_id=actor.organisation_id, action="knowledge.changed",
                kind="knowledge", object_id=actor.organisation_id, name="", changes=changed,
            )  # fmt: skip
            changes.add(SettingsChanged(kind="knowledge", object_id=actor.organisation_id))
    return settings_shown(actor.organisation_id)


# --- Reading ---------------------------------------------------------------------------------------------------------


def settings_shown(organisation_id: UUID) -> SettingsView:
    row = settings_of(organisation_id)
    return {
        "bot_quotes": row.bot_quotes,
        "threshold": row.threshold,
        "author_may_approve": row.author_may_approve,
        "own_words": may_approve_own(row),
    }


def articles_shown(organisation_id: UUID) -> list[ArticleRow]:
    """All of them, archived ones last, by topic and key."""
    now = database_now()
    lines = lines_of(organisation_id)
    by_article: dict[UUID, list[ArticleVersion]] = {}
    # The long texts stay where they are.
    for row in ArticleVersion.objects.filter(organisation_id=organisation_id).defer("body", "answer", "questions"):
        by_article.setdefault(row.article_id, []).append(row)
    articles = sorted(
        Article.objects.filter(organisation_id=organisation_id),
        key=lambda one: (one.archived_at is not None, one.topic.casefold(), one.key),
    )
    return [_row(one, by_article.get(one.id, []), lines.get(one.id, []), now) for one in articles]


def article_shown(viewer: User, article_id: UUID) -> ArticleView:
    """Raises NotFound."""
    article = Article.objects.filter(organisation_id=viewer.organisation_id, id=article_id).first()
    if article is None:
        raise NotFound("no_article", "there is no such article")
    now = database_now()
    rows = list(
        ArticleVersion.objects.filter(article=article).select_related("written_by", "judged_by").order_by("-number")
    )
    live = _live_ids(rows, now)
    row = _row(article, rows, [one.id for one in article.lines.all()], now)
    return {**row, "versions": [_version(one, viewer, live) for one in rows]}


def tried(organisation_id: UUID, text: str, language: str, line_id: UUID | None) -> tuple[list[Hit], bool, float]:
    """(the articles that may answer, best first, whether the bot would quote the first, from which score on)."""
    book = books([organisation_id], fresh_s=0.0)[organisation_id]
    hits = book.search(storable(text), language, line_id, database_now())
    quotes = book.bot_quotes and bool(hits) and hits[0].score >= book.threshold and bool(hits[0].entry.answer)
    return hits, quotes, book.threshold


def _live_ids(rows: Sequence[ArticleVersion], now: datetime) -> set[UUID]:
    approved = [Placed(one, one.live_from) for one in rows if one.state == VersionState.APPROVED and one.live_from]
    found: set[UUID] = set()
    for language in {one.row.language for one in approved}:
        found |= {one.row.id for one in live_at([one for one in approved if one.row.language == language], now)}
    return found


def _row(article: Article, rows: Sequence[ArticleVersion], line_ids: Sequence[UUID], now: datetime) -> ArticleRow:
    live = _live_ids(rows, now)
    languages: list[LanguageView] = []
    for language in sorted({one.language for one in rows}, reverse=True):
        mine = sorted((one for one in rows if one.language == language), key=lambda one: -one.number)
        shown = next((one for one in mine if one.id in live), mine[0])
        work = next((one.state for one in mine if one.state in (VersionState.DRAFT, VersionState.SUBMITTED)), None)
        approved = [one for one in mine if one.state == VersionState.APPROVED]
        times = [at for one in approved for at in (one.live_from, one.live_until) if at is not None and at > now]
        languages.append(
            {
                "language": language,
                "title": shown.title,
                "is_live": shown.id in live and article.archived_at is None,
                "work": str(work) if work else None,
                "next_at": min(times).isoformat() if times else None,
            }
        )
    return {
        "id": str(article.id),
        "key": article.key,
        "topic": article.topic,
        "tags": _tags(article),
        "line_ids": sorted(map(str, line_ids)),
        "is_archived": article.archived_at is not None,
        "languages": languages,
    }


def _version(one: ArticleVersion, viewer: User, live: set[UUID]) -> VersionView:
    return {
        "id": str(one.id),
        "language": one.language,
        "number": one.number,
        "title": one.title,
        "questions": one.questions.split("\n") if one.questions else [],
        "body": one.body,
        "answer": one.answer,
        "state": str(one.state),
        "is_live": one.id in live,
        "written_by": one.written_by.name,
        "written_by_me": one.written_by_id == viewer.id,
        "written_at": one.written_at.isoformat(),
        "judged_by": one.judged_by.name if one.judged_by else None,
        "judged_at": one.judged_at.isoformat() if one.judged_at else None,
        "remark": one.remark,
        "live_from": one.live_from.isoformat() if one.live_from else None,
        "live_until": one.live_until.isoformat() if one.live_until else None,
    }


def _set(article: Article, given: ArticleGiven) -> None:
    article.topic = " ".join(storable(given.topic).split())
    if len(article.topic) > 60:
        raise Invalid("too_long", "at most 60 characters", field="topic")
    refuse_hidden(article.topic, field="topic")
    tags = list(dict.fromkeys(one for raw in given.tags if (one := " ".join(storable(raw).split()))))
    if len(tags) > MOST_TAGS or any(len(one) > 40 for one in tags):
        raise Invalid("too_long", f"at most {MOST_TAGS} tags of 40 characters", field="tags")
    article.tags = "\n".join(tags)


def _tags(article: Article) -> list[str]:
    return article.tags.split("\n") if article.tags else []


def _lines(actor: User, line_ids: Sequence[UUID]) -> list[Line]:
    found = list(Line.objects.filter(organisation_id=actor.organisation_id, id__in=set(line_ids)))
    if len(found) != len(set(line_ids)):
        raise Invalid("unknown_choice", "there is no such line", field="line_ids")
    return found


def _plain(article: Article) -> dict[str, Any]:
    """As the audit log keeps it."""
    return {
        "topic": article.topic,
        "tags": _tags(article),
        "lines": sorted(str(one.id) for one in article.lines.all()),
        "is_archived": article.archived_at is not None,
    }


def _note(actor: User, article: Article, action: str, changed: dict[str, list[Any]]) -> None:
    audit.record(
        actor=actor, organisation_id=article.organisation_id, action=action, kind="article", object_id=article.id,
        name=article.key, changes=changed,
    )  # fmt: skip
