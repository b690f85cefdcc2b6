"""Articles for agents: looked up, and offered for what was just asked. Nothing of it is sent by itself."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema

from accounts.permissions import May, caller
from common.errors import NotFound
from common.text import storable
from conversations.visibility import conversations_of, lines_visible_to
from inbox import desk
from knowledge.matching import Hit
from knowledge.search import search, search_for_agents
from routing.turns import read_talks

router = Router(tags=["conversations"])

MOST_SUGGESTED = 3
LEAST_SCORE = 0.5  # a person judges: lower than what the bot may quote, higher than chance


class ArticleFound(Schema):
    """`answer`: what may be inserted. `body`: what only agents read. `score` 0: found by its words."""

    article_id: UUID
    title: str
    answer: str
    body: str
    score: float


class ArticlesFound(Schema):
    items: list[ArticleFound]


@router.get("/knowledge", auth=May("knowledge.read"), response=ArticlesFound)
def look_up_articles(
    request: HttpRequest,
    text: Annotated[str, Query(max_length=200)] = "",
    language: Literal["fr", "en"] = "fr",
    line_id: UUID | None = None,
) -> Any:
    """What is approved and live, best first; without `text` by title. `line_id`: only what is for that line."""
    user = caller(request)
    if line_id is not None and line_id not in lines_visible_to(user):
        raise NotFound("no_line", "there is no such line")
    hits = search_for_agents(user.organisation_id, storable(text), language, line_id)
    return {"items": [_found(hit) for hit in hits]}


@router.get(
    "/conversations/{uuid:conversation_id}/suggestions", auth=May("conversations.answer"), response=ArticlesFound
)
def suggest_articles(request: HttpRequest, conversation_id: UUID) -> Any:
    """For the texts that nobody has answered yet, at most three articles; none where all are answered."""
    user = caller(request)
    found = conversations_of(desk.audience(user)).filter(id=conversation_id).first()
    if found is None:
        raise NotFound("no_conversation", "there is no such conversation")
    (talk,) = read_talks([found.id])
    if talk.first_at is None or not talk.text.strip():
        return {"items": []}
    hits = search(found.organisation_id, talk.text, talk.language, found.line_id, most=MOST_SUGGESTED)
    return {"items": [_found(hit) for hit in hits if hit.score >= LEAST_SCORE and hit.entry.answer]}


def _found(hit: Hit) -> dict[str, Any]:
    entry = hit.entry
    return {
        "article_id": entry.article_id,
        "title": entry.title,
        "answer": entry.answer,
        "body": entry.body,
        "score": hit.score,
    }
