"""The keywords of a line: STOP, START, HELP, per language, and what they are answered with."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema

from accounts.permissions import May, caller
from common.schemas import Words, schema_of
from conversations.keyword_admin import KeywordFields, KeywordsView, keywords_of, save_keywords

router = Router(tags=["administration"])

KeywordsSchema: Any = schema_of(KeywordsView)


class KeywordsGiven(Schema):
    language: Words
    kind: Words
    words: list[Words] = []
    reply: Words = ""
    usual: bool = False


class KeywordsShown(Schema):
    items: list[KeywordsSchema]


@router.get("/lines/{uuid:line_id}/keywords", auth=May("lines.administer"), response=KeywordsShown)
def list_keywords(request: HttpRequest, line_id: UUID) -> dict[str, Any]:
    return {"items": keywords_of(caller(request).organisation_id, line_id)}


@router.put("/lines/{uuid:line_id}/keywords", auth=May("lines.administer"), response=KeywordsShown)
def change_keywords(request: HttpRequest, line_id: UUID, given: KeywordsGiven) -> dict[str, Any]:
    fields = KeywordFields(given.language, given.kind, given.words, given.reply, given.usual)
    return {"items": save_keywords(actor=caller(request), line_id=line_id, fields=fields)}
