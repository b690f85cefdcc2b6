"""What bots have understood, what people say that it meant, and how that goes over time (docs/learning.md)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from accounts.models import Organisation
from accounts.permissions import May, caller
from bots.workshop import labels, progress, review
from bots.workshop.shown import shipped_files
from common.schemas import Day, Words
from config.workshop_api import Bot, Guess, OfBot, Share, VersionShown

router = Router(tags=["administration"])


class TurnsAsked(Schema):
    """`show`: review (not sure, low, not understood), sample (one answer in twenty), labelled, all. `intent`: the best
    guess. `before`: the last turn of the page before."""

    bot: Bot
    show: Words = "review"
    language: Words = ""
    intent: Words = ""
    reason: Words = ""
    line_id: UUID | None = None
    day: Day | None = None
    before: UUID | None = None


class LabelShown(Schema):
    """`intent` "": skipped. `is_kept_apart`: it judges candidates, and nothing learns from it."""

    intent: str
    phrase: str
    is_kept_apart: bool
    by: str


class TurnListed(Schema):
    """`proposed`: the text without numbers and names, to learn from. `status`: of the conversation now."""

    id: UUID
    conversation_id: UUID
    at: datetime
    line_id: UUID
    line: str
    bot: str
    version: int
    language: str
    intent: str
    best: str
    confidence: float
    ranking: list[Guess]
    outcome: str
    reason: str
    mood: str
    text: str
    proposed: str
    status: str
    label: LabelShown | None


class TurnsListed(Schema):
    items: list[TurnListed]
    has_more: bool
    intents: list[str]


class LabelGiven(Schema):
    """`intent` "": nothing to learn here. `phrase` null: what is proposed."""

    turn_ids: Annotated[list[UUID], Field(max_length=100)]
    intent: Words
    phrase: Annotated[Words, Field(max_length=300)] | None = None


class Labelled(Schema):
    labelled: int
    kept_apart: int


class Taught(Schema):
    """`refused`: their words stand under another subject. `known`: learnt before."""

    version: VersionShown
    added: int
    refused: int
    known: int


class WeekShown(Schema):
    """`answered`: containment. `handed_over`: by reason."""

    week: date
    version: int
    turns: int
    answered: Share | None
    clarified: int
    handed_over: dict[str, int]


class RightOfVersion(Schema):
    version: int
    right: Share | None


class RightOfIntent(Schema):
    """`enough`: there are 30 labels or more."""

    intent: str
    right: Share | None
    enough: bool


class Confused(Schema):
    meant: str
    taken_for: str
    count: int


class ProgressShown(Schema):
    """`right`: best guesses that labels agree with; of the labelled texts, which are the harder ones."""

    weeks: list[WeekShown]
    labels: int
    kept_apart: int
    to_learn: int
    right: Share | None
    by_version: list[RightOfVersion]
    by_intent: list[RightOfIntent]
    confused: list[Confused]


@router.get("/bot/turns", auth=May("bots.review"), response=TurnsListed)
def list_turns(request: HttpRequest, asked: Query[TurnsAsked]) -> dict[str, Any]:
    """Newest first, with the texts."""
    user = caller(request)
    intents = list(shipped_files(asked.bot).domain.intents)
    found = review.turns_shown(user.organisation_id, _zone(user.organisation_id), review.Asked(**asked.dict()))
    return {**found, "intents": intents}


@router.post("/bot/labels", auth=May("bots.review"), response=Labelled)
def label_turns(request: HttpRequest, given: LabelGiven) -> dict[str, Any]:
    """Say what texts meant. One in five is kept apart, to judge by."""
    return labels.label(actor=caller(request), turn_ids=given.turn_ids, intent=given.intent, phrase=given.phrase)


@router.post("/bot/labels/learn", auth=May("bots.administer"), response=Taught)
def learn_labels(request: HttpRequest, given: OfBot) -> dict[str, Any]:
    """Puts what is labelled and not kept apart into the draft, which then has to learn it."""
    return labels.teach(actor=caller(request), bot=given.bot)


@router.get("/bot/progress", auth=May("bots.review"), response=ProgressShown)
def show_progress(request: HttpRequest, bot: Bot) -> dict[str, Any]:
    user = caller(request)
    return progress.progress(user.organisation_id, _zone(user.organisation_id), bot)


def _zone(organisation_id: UUID) -> str:
    return Organisation.objects.values_list("time_zone", flat=True).get(id=organisation_id)
