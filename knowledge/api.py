"""Articles: written by those who may edit, approved by those who may approve; and trying what the bot would quote."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import AwareDatetime, Field

from accounts.permissions import May, caller
from common.schemas import Words, schema_of
from knowledge.articles import (
    ArticleGiven,
    ArticleRow,
    ArticleView,
    SettingsGiven,
    SettingsView,
    article_shown,
    articles_shown,
    change_article,
    create_article,
    save_settings,
    settings_shown,
    tried,
)
from knowledge.versions import DraftGiven, approve, bring_back, refuse, save_draft, submit, withdraw

router = Router(tags=["administration"])

ArticleRowSchema: Any = schema_of(ArticleRow)
ArticleSchema: Any = schema_of(ArticleView)
SettingsSchema: Any = schema_of(SettingsView)
Language = Literal["fr", "en"]
Ids = Annotated[list[UUID], Field(max_length=100)]


class Articles(Schema):
    items: list[ArticleRowSchema]
    settings: SettingsSchema


class NewArticle(Schema):
    """`line_ids` none: for all lines."""

    key: Annotated[Words, Field(max_length=60)]
    topic: Words = ""
    tags: list[Words] = []
    line_ids: Ids = []


class ArticleChange(Schema):
    """Null: as it is."""

    topic: Words | None = None
    tags: list[Words] | None = None
    line_ids: Ids | None = None
    is_archived: bool | None = None


class ArticleDraft(Schema):
    """`questions`: other ways to ask it. `answer`: what the bot may quote. `body`: for agents."""

    language: Language
    title: Words
    questions: Annotated[list[Words], Field(max_length=100)] = []
    body: Words = ""
    answer: Words = ""


class ArticleTimes(Schema):
    """`live_from` null, or past: from now on. `live_until` null: until another text takes its place."""

    live_from: AwareDatetime | None = None
    live_until: AwareDatetime | None = None


class ArticleRemark(Schema):
    remark: Words


class KnowledgeGiven(Schema):
    """`threshold`: the least score at which the bot quotes. `author_may_approve` null: only where nobody else could."""

    bot_quotes: bool = True
    threshold: Annotated[float, Field(ge=-10, le=10)]
    author_may_approve: bool | None = None


class ArticleQuestion(Schema):
    text: Annotated[Words, Field(max_length=1000)]
    language: Language = "fr"
    line_id: UUID | None = None


class ArticleHit(Schema):
    """`score`: 0 to 1, how sure it is that this article answers."""

    article_id: UUID
    key: str
    title: str
    answer: str
    score: float


class ArticlesTried(Schema):
    """`quotes`: whether the bot would quote the first, where it does not know an answer of its own."""

    items: list[ArticleHit]
    quotes: bool
    threshold: float


@router.get("/knowledge", auth=May("knowledge.edit"), response=Articles)
def list_articles(request: HttpRequest) -> Any:
    organisation_id = caller(request).organisation_id
    return {"items": articles_shown(organisation_id), "settings": settings_shown(organisation_id)}


@router.post("/knowledge", auth=May("knowledge.edit"), response={201: ArticleSchema})
def add_article(request: HttpRequest, given: NewArticle) -> Status[Any]:
    return Status(201, create_article(actor=caller(request), given=ArticleGiven(**given.dict())))


@router.put("/knowledge/settings", auth=May("knowledge.approve"), response=SettingsSchema)
def change_knowledge_settings(request: HttpRequest, given: KnowledgeGiven) -> Any:
    return save_settings(actor=caller(request), given=SettingsGiven(**given.dict()))


@router.post("/knowledge/try", auth=May("knowledge.edit"), response=ArticlesTried)
def try_question(request: HttpRequest, given: ArticleQuestion) -> Any:
    """Which articles would answer this text now. Nothing is stored or sent."""
    hits, quotes, threshold = tried(caller(request).organisation_id, given.text, given.language, given.line_id)
    items = [
        {
            "article_id": hit.entry.article_id,
            "key": hit.entry.key,
            "title": hit.entry.title,
            "answer": hit.entry.answer,
            "score": hit.score,
        }
        for hit in hits
    ]
    return {"items": items, "quotes": quotes, "threshold": threshold}


@router.get("/knowledge/{uuid:article_id}", auth=May("knowledge.edit"), response=ArticleSchema)
def show_article(request: HttpRequest, article_id: UUID) -> Any:
    return article_shown(caller(request), article_id)


@router.patch("/knowledge/{uuid:article_id}", auth=May("knowledge.edit"), response=ArticleSchema)
def edit_article(request: HttpRequest, article_id: UUID, given: ArticleChange) -> Any:
    return change_article(actor=caller(request), article_id=article_id, **given.dict())


@router.put("/knowledge/{uuid:article_id}/draft", auth=May("knowledge.edit"), response=ArticleSchema)
def write_draft(request: HttpRequest, article_id: UUID, given: ArticleDraft) -> Any:
    """The draft of one language, begun where there is none."""
    actor = caller(request)
    asked = DraftGiven(given.language, given.title, tuple(given.questions), given.body, given.answer)
    save_draft(actor=actor, article_id=article_id, given=asked)
    return article_shown(actor, article_id)


@router.post("/knowledge/versions/{uuid:version_id}/submit", auth=May("knowledge.edit"), response=ArticleSchema)
def submit_version(request: HttpRequest, version_id: UUID) -> Any:
    actor = caller(request)
    return article_shown(actor, submit(actor=actor, version_id=version_id).article_id)


@router.post("/knowledge/versions/{uuid:version_id}/approve", auth=May("knowledge.approve"), response=ArticleSchema)
def approve_version(request: HttpRequest, version_id: UUID, given: ArticleTimes) -> Any:
    actor = caller(request)
    times: dict[str, datetime | None] = given.dict()
    return article_shown(actor, approve(actor=actor, version_id=version_id, **times).article_id)


@router.post("/knowledge/versions/{uuid:version_id}/refuse", auth=May("knowledge.approve"), response=ArticleSchema)
def refuse_version(request: HttpRequest, version_id: UUID, given: ArticleRemark) -> Any:
    actor = caller(request)
    return article_shown(actor, refuse(actor=actor, version_id=version_id, remark=given.remark).article_id)


@router.post("/knowledge/versions/{uuid:version_id}/withdraw", auth=May("knowledge.approve"), response=ArticleSchema)
def withdraw_version(request: HttpRequest, version_id: UUID) -> Any:
    """Of the live text, those that it has replaced go with it."""
    actor = caller(request)
    return article_shown(actor, withdraw(actor=actor, version_id=version_id).article_id)


@router.post("/knowledge/versions/{uuid:version_id}/bring-back", auth=May("knowledge.approve"), response=ArticleSchema)
def bring_version_back(request: HttpRequest, version_id: UUID) -> Any:
    """What was approved once, as a new version that is live from now on."""
    actor = caller(request)
    return article_shown(actor, bring_back(actor=actor, version_id=version_id).article_id)
