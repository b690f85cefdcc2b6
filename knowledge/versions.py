"""What becomes of an article's versions: written, submitted, approved by somebody else, withdrawn, brought back.

A version's words change while it is a draft and never again. Whoever approves is not who wrote it, unless the
organisation says otherwise or nobody else could. Each verb is one transaction with its line in the audit log.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Max, QuerySet

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import User
from accounts.permissions import PERMISSIONS
from common.clock import database_now
from common.errors import Conflict, Invalid, NotAllowed, NotFound
from common.text import name_of, storable
from knowledge.live import live_at
from knowledge.models import LONGEST_ANSWER, Article, ArticleVersion, KnowledgeSettings, VersionState
from realtime.log import Changes, record_changes

LANGUAGES = ("fr", "en")
LONGEST_BODY = 8_000
LONGEST_QUESTION, MOST_QUESTIONS = 200, 30
IN_WORK = (VersionState.DRAFT, VersionState.SUBMITTED)


@dataclass(frozen=True, slots=True)
class DraftGiven:
    """`questions`: other ways to ask it."""

    language: str
    title: str
    questions: tuple[str, ...] = ()
    body: str = ""
    answer: str = ""


def settings_of(organisation_id: UUID) -> KnowledgeSettings:
    """Those that are stored, or the usual ones, not stored."""
    mine = KnowledgeSettings.objects.filter(organisation_id=organisation_id).first()
    return mine or KnowledgeSettings(organisation_id=organisation_id)


def may_approve_own(settings: KnowledgeSettings) -> bool:
    if settings.author_may_approve is not None:
        return settings.author_may_approve
    roles = PERMISSIONS["knowledge.approve"]
    return User.objects.filter(organisation_id=settings.organisation_id, is_active=True, role__in=roles).count() <= 1


def raise_revision(organisation_id: UUID) -> None:
    """What is found is another now. Inside the transaction of the change."""
    KnowledgeSettings.objects.get_or_create(organisation_id=organisation_id)
    KnowledgeSettings.objects.filter(organisation_id=organisation_id).update(revision=F("revision") + 1)


# --- The way of a version --------------------------------------------------------------------------------------------


def save_draft(*, actor: User, article_id: UUID, given: DraftGiven) -> ArticleVersion:
    """Write the draft of a language, or begin one. Raises NotFound, Invalid, Conflict("submitted")."""
    words = _read(given)
    with record_changes(actor.organisation_id) as changes:
        article = locked_article(actor, article_id)
        mine = ArticleVersion.objects.filter(article=article, language=given.language)
        row = mine.filter(state__in=IN_WORK).first()
        if row is not None and row.state == VersionState.SUBMITTED:
            raise Conflict("submitted", "this text waits for approval: refuse it, and write another")
        before = _words_of(row) if row else {}
        if row is None:
            row = ArticleVersion(
                organisation_id=article.organisation_id, article=article, language=given.language, number=_next(mine)
            )
        for name, value in words.items():
            setattr(row, name, value)
        row.written_by, row.written_at = actor, database_now()
        row.save()
        _note(changes, actor, article, row, "article.drafted", audit.difference(before, words))
    return row


def submit(*, actor: User, version_id: UUID) -> ArticleVersion:
    """Raises NotFound, Conflict("not_a_draft"), Invalid where something is missing."""
    with _changing(actor, version_id, VersionState.DRAFT, "not_a_draft") as (changes, article, row):
        if not row.answer and not row.body:
            raise Invalid("required", "an article without words", field="answer")
        row.state = VersionState.SUBMITTED
        row.save(update_fields=["state"])
        _note(changes, actor, article, row, "article.submitted", {"state": ["draft", "submitted"]})
    return row


def approve(
    *, actor: User, version_id: UUID, live_from: datetime | None = None, live_until: datetime | None = None
) -> ArticleVersion:
    """`live_from` None: from now on. Raises NotFound, Conflict("not_submitted"), NotAllowed("own_words"), Invalid."""
    with _changing(actor, version_id, VersionState.SUBMITTED, "not_submitted") as (changes, article, row):
        if row.written_by_id == actor.id and not may_approve_own(settings_of(article.organisation_id)):
            raise NotAllowed("own_words", "somebody else has to approve what you wrote")
        _set_live(row, actor, live_from, live_until)
        row.save()
        raise_revision(article.organisation_id)
        _note(changes, actor, article, row, "article.approved", _times(row))
    return row


def refuse(*, actor: User, version_id: UUID, remark: str) -> ArticleVersion:
    """The next draft begins with its words. Raises NotFound, Conflict("not_submitted"), Invalid."""
    remark = " ".join(storable(remark).split())
    if not remark:
        raise Invalid("required", "why?", field="remark")
    if len(remark) > 300:
        raise Invalid("too_long", "at most 300 characters", field="remark")
    with _changing(actor, version_id, VersionState.SUBMITTED, "not_submitted") as (changes, article, row):
        row.state, row.judged_by, row.judged_at, row.remark = VersionState.REFUSED, actor, database_now(), remark
        row.save()
        _note(changes, actor, article, row, "article.refused", {"remark": ["", remark]})
    return row


def withdraw(*, actor: User, version_id: UUID) -> ArticleVersion:
    """Nobody is told it from now on. Of the version that is live, those that it has replaced go with it: an older text
    does not come back by itself. One that is still to come is only called off.

    Raises NotFound, Conflict("not_approved").
    """
    with _changing(actor, version_id, VersionState.APPROVED, "not_approved") as (changes, article, row):
        now = database_now()
        approved = Placed.of(article.id, row.language)
        live = {one.row.id for one in live_at(approved, now)}
        gone = [row.id]
        if row.id in live:
            gone = [one.row.id for one in approved if one.live_from <= now]
        ArticleVersion.objects.filter(id__in=gone).update(state=VersionState.WITHDRAWN)
        row.refresh_from_db()
        raise_revision(article.organisation_id)
        _note(changes, actor, article, row, "article.withdrawn", {"state": ["approved", "withdrawn"]})
    return row


def bring_back(*, actor: User, version_id: UUID) -> ArticleVersion:
    """The words of a version that was approved once, as a new version that is live from now on.

    Raises NotFound, Conflict("never_approved", "submitted").
    """
    with record_changes(actor.organisation_id) as changes:
        old = _version(actor, version_id)
        article = locked_article(actor, old.article_id)
        if old.live_from is None:
            raise Conflict("never_approved", "nobody has approved this text")
        last = ArticleVersion.objects.filter(article=article, language=old.language).aggregate(last=Max("number"))[
            "last"
        ]
        row = ArticleVersion(
            organisation_id=article.organisation_id, article=article, language=old.language, number=last + 1,
            written_by=old.written_by, written_at=old.written_at, **_words_of(old),
        )  # fmt: skip
        _set_live(row, actor, None, None)
        row.save(force_insert=True)
        raise_revision(article.organisation_id)
        _note(changes, actor, article, row, "article.brought_back", {"number": [old.number, row.number]})
    return row


# --- inside ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Placed:
    row: ArticleVersion
    live_from: datetime

    @property
    def place(self) -> str:
        return ""

    @property
    def number(self) -> int:
        return self.row.number

    @property
    def live_until(self) -> datetime | None:
        return self.row.live_until

    @classmethod
    def of(cls, article_id: UUID, language: str) -> list[Placed]:
        rows = ArticleVersion.objects.filter(article_id=article_id, language=language, state=VersionState.APPROVED)
        return [cls(row, row.live_from) for row in rows if row.live_from is not None]


def _next(versions: QuerySet[ArticleVersion]) -> int:
    return int(versions.aggregate(last=Max("number"))["last"] or 0) + 1


def _version(actor: User, version_id: UUID) -> ArticleVersion:
    row = ArticleVersion.objects.filter(organisation_id=actor.organisation_id, id=version_id).first()
    if row is None:
        raise NotFound("no_version", "there is no such text")
    return row


def locked_article(actor: User, article_id: UUID) -> Article:
    """Whose versions change by one person at a time. Raises NotFound."""
    found = Article.objects.select_for_update(no_key=True).filter(
        organisation_id=actor.organisation_id, id=article_id
    ).first()  # fmt: skip
    if found is None:
        raise NotFound("no_article", "there is no such article")
    return found


@contextmanager
def _changing(
    actor: User, version_id: UUID, state: VersionState, refusal: str
) -> Iterator[tuple[Changes, Article, ArticleVersion]]:
    """The version with its article, locked; it must be in `state`."""
    with record_changes(actor.organisation_id) as changes:
        article = locked_article(actor, _version(actor, version_id).article_id)
        row = _version(actor, version_id)
        if row.state != state:
            raise Conflict(refusal, f"this text is {row.state}")
        yield changes, article, row


def _set_live(row: ArticleVersion, actor: User, live_from: datetime | None, live_until: datetime | None) -> None:
    now = database_now()
    starts = max(now, live_from) if live_from else now
    if live_until is not None and live_until <= starts:
        raise Invalid("times_in_order", "it must end after it begins", field="live_until")
    row.state, row.judged_by, row.judged_at = VersionState.APPROVED, actor, now
    row.live_from, row.live_until = starts, live_until


def _read(given: DraftGiven) -> dict[str, Any]:
    if given.language not in LANGUAGES:
        raise Invalid("unknown_choice", f"must be one of {', '.join(LANGUAGES)}", field="language")
    questions = list(dict.fromkeys(one for raw in given.questions if (one := " ".join(storable(raw).split()))))
    if len(questions) > MOST_QUESTIONS or any(len(one) > LONGEST_QUESTION for one in questions):
        raise Invalid(
            "too_long", f"at most {MOST_QUESTIONS} questions of {LONGEST_QUESTION} characters", field="questions"
        )
    body, answer = storable(given.body).strip(), storable(given.answer).strip()
    for field, value, longest in (("body", body, LONGEST_BODY), ("answer", answer, LONGEST_ANSWER)):
        if len(value) > longest:
            raise Invalid("too_long", f"at most {longest} characters", field=field)
    title = name_of(given.title, longest=120, field="title")
    return {"title": title, "questions": "\n".join(questions), "body": body, "answer": answer}


def _words_of(row: ArticleVersion) -> dict[str, Any]:
    return {"title": row.title, "questions": row.questions, "body": row.body, "answer": row.answer}


def _times(row: ArticleVersion) -> dict[str, list[Any]]:
    ends = row.live_until.isoformat() if row.live_until else None
    return {
        "state": ["submitted", "approved"],
        "live_from": [None, row.live_from.isoformat() if row.live_from else None],
        "live_until": [None, ends],
    }


def _note(
    changes: Changes, actor: User, article: Article, row: ArticleVersion, action: str, changed: dict[str, list[Any]]
) -> None:
    audit.record(
        actor=actor, organisation_id=article.organisation_id, action=action, kind="article", object_id=article.id,
        name=f"{article.key} {row.language} {row.number}", changes=changed,
    )  # fmt: skip
    changes.add(SettingsChanged(kind="article", object_id=article.id))
