"""What a bot says and understands, changed in the web: versions, phrases, trying, publishing (docs/learning.md)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from accounts.permissions import May, caller
from bots.workshop import rehearsals, shown, simulator, versions
from common.schemas import Words

router = Router(tags=["administration"])

Bot = Annotated[Words, Field(max_length=64)]


class BotListed(Schema):
    """`lines`: that talk with it. `published`: number of the version; 0: as shipped."""

    name: str
    lines: int
    published: int


class BotsListed(Schema):
    items: list[BotListed]


class Share(Schema):
    """`low`, `high`: 95% Wilson interval."""

    share: float
    low: float
    high: float
    count: int
    of: int


class Understood(Schema):
    top1: Share | None
    precision: Share | None
    answered: Share | None
    off_topic_rejected: Share | None


class SetJudged(Schema):
    """`set`: shipped, or own (the installation's labels kept apart). `decides`: there are enough texts."""

    set: str
    language: str
    texts: int
    decides: bool
    candidate: Understood
    published: Understood


class Otherwise(Schema):
    step: int
    wanted: str
    came: str


class Rehearsed(Schema):
    name: str
    passed: bool
    problems: list[Otherwise]


class Differs(Schema):
    """A text that the candidate would understand otherwise. `was`, `now` "": not sure. `text` "": erased, or of a
    version that is not worked on."""

    conversation_id: UUID
    seq: int
    was: str
    now: str
    text: str = ""


class Shadow(Schema):
    """Texts of the last `days`, read by both; nothing was sent. `items`: the newest of those that differ."""

    days: int
    texts: int
    differ: int
    items: list[Differs]


class CandidateFigures(Schema):
    """`against_number`: the version that was published then. `reasons`: why it may not be published."""

    against_number: int
    sets: list[SetJudged]
    rehearsals: list[Rehearsed]
    shadow: Shadow
    passes: bool
    reasons: list[str]


class VersionShown(Schema):
    """`state`: draft, training, ready, failed, published, retired. `progress`: 0 to 1 while it learns."""

    id: UUID
    number: int
    based_on: int
    revision: int
    state: str
    note: str
    trouble: str
    progress: float | None
    figures: CandidateFigures | None
    made_by: str
    made_at: datetime
    published_by: str
    published_at: datetime | None


class SentenceShown(Schema):
    """`texts`, `shipped`: by language. `changed`: against what is published. `own`: against what is shipped."""

    name: str
    subject: str
    texts: dict[str, list[str]]
    shipped: dict[str, list[str]]
    changed: bool
    own: bool


class IntentShown(Schema):
    """`phrases`: how many, by language."""

    name: str
    phrases: dict[str, int]
    added: int
    removed: int


class SentenceDiffers(Schema):
    """null: as shipped."""

    name: str
    language: str
    before: list[str] | None
    after: list[str] | None


class PhraseOf(Schema):
    intent: str
    language: str
    text: str


class Differences(Schema):
    sentences: list[SentenceDiffers]
    added: list[PhraseOf]
    removed: list[PhraseOf]


class BotShown(Schema):
    """`draft`: the version that is worked on; null: none. `needs_learning`: its phrases are not those that talk now."""

    bot: str
    languages: list[str]
    home_language: str
    published: int
    trouble: str
    draft: VersionShown | None
    sentences: list[SentenceShown]
    intents: list[IntentShown]
    differences: Differences
    needs_learning: bool
    versions: list[VersionShown]


class PhraseShown(Schema):
    """`state`: shipped, added, removed."""

    text: str
    state: str


class PhrasesShown(Schema):
    items: list[PhraseShown]


class SentenceGiven(Schema):
    """`texts` null: as shipped."""

    bot: Bot
    name: Words
    language: Words
    texts: Annotated[list[Words], Field(max_length=20)] | None


class PhrasesGiven(Schema):
    bot: Bot
    intent: Words
    language: Words
    add: Annotated[list[Words], Field(max_length=500)] = []
    remove: Annotated[list[Words], Field(max_length=500)] = []


class OfBot(Schema):
    bot: Bot


class Published(Schema):
    note: Annotated[Words, Field(max_length=200)] = ""


class Talked(Schema):
    """`texts`: all that the phone has written so far. `version_id` null: what would be published next."""

    bot: Bot
    texts: Annotated[list[Words], Field(max_length=100)]
    language: Words = ""
    version_id: UUID | None = None
    shipped: bool = False


class Guess(Schema):
    intent: str
    confidence: float


class HandoverShown(Schema):
    reason: str
    skills: list[str]
    priority: int
    summary: str


class TurnShown(Schema):
    """bots.turn.BotTurn, for whoever tries the bot."""

    text: str
    replies: list[str]
    intent: str | None
    confidence: float
    ranking: list[Guess]
    entities: dict[str, str]
    language: str
    handover: HandoverShown | None
    actions: list[str]
    sentiment: str
    memory: dict[str, str]
    look_up: str
    source: str
    why: list[str]


class TalkShown(Schema):
    """`unlearnt`: the draft's phrases are not learnt yet; the talk is with those of the published version."""

    version: int
    unlearnt: bool
    turns: list[TurnShown]


class StepOf(Schema):
    """What must come of a text; null: not asked about. `intent` "": not sure."""

    text: Words
    intent: Words | None = None
    says: Words | None = None
    hands_over: bool | None = None


class RehearsalShown(Schema):
    id: UUID
    name: str
    language: str
    steps: list[StepOf]
    at: datetime


class RehearsalsShown(Schema):
    items: list[RehearsalShown]


class RehearsalGiven(Schema):
    bot: Bot
    name: Words
    language: Words
    steps: Annotated[list[StepOf], Field(max_length=100)]


@router.get("/bots", auth=May("bots.administer"), response=BotsListed)
def list_bots(request: HttpRequest) -> dict[str, Any]:
    return {"items": shown.bots_shown(caller(request).organisation_id)}


@router.get("/bot", auth=May("bots.administer"), response=BotShown)
def show_bot(request: HttpRequest, bot: Bot) -> dict[str, Any]:
    """As it would be published next, and how that differs from what is."""
    return shown.bot_shown(caller(request).organisation_id, bot)


@router.get("/bot/phrases", auth=May("bots.administer"), response=PhrasesShown)
def show_phrases(request: HttpRequest, bot: Bot, intent: Words, language: Words) -> dict[str, Any]:
    return {"items": shown.phrases_shown(caller(request).organisation_id, bot, intent, language)}


@router.put("/bot/sentence", auth=May("bots.administer"), response=VersionShown)
def set_sentence(request: HttpRequest, given: SentenceGiven) -> dict[str, Any]:
    """Kept in the draft; who texts meets it once that is published."""
    return versions.set_sentence(
        actor=caller(request), bot=given.bot, response=given.name, language=given.language, texts=given.texts
    )


@router.put("/bot/phrases", auth=May("bots.administer"), response=VersionShown)
def change_phrases(request: HttpRequest, given: PhrasesGiven) -> dict[str, Any]:
    return versions.change_phrases(actor=caller(request), **given.dict())


@router.post("/bot/discard", auth=May("bots.administer"), response={204: None})
def discard_draft(request: HttpRequest, given: OfBot) -> Status[None]:
    versions.discard(actor=caller(request), bot=given.bot)
    return Status(204, None)


@router.post("/bot/train", auth=May("bots.administer"), response=VersionShown)
def train_draft(request: HttpRequest, given: OfBot) -> dict[str, Any]:
    """Begins; half a minute later the version says how it compares with what is published."""
    return versions.train(actor=caller(request), bot=given.bot)


@router.post("/bot/versions/{uuid:bot_version_id}/publish", auth=May("bots.administer"), response=VersionShown)
def publish_version(request: HttpRequest, bot_version_id: UUID, given: Published) -> dict[str, Any]:
    """All lines with this bot talk so from the next text on. A version that was published before may be again."""
    return versions.publish(actor=caller(request), version_id=bot_version_id, note=given.note)


@router.post("/bot/restore", auth=May("bots.administer"), response={204: None})
def restore_shipped(request: HttpRequest, given: OfBot) -> Status[None]:
    """All lines with this bot talk as we ship it."""
    versions.restore(actor=caller(request), bot=given.bot)
    return Status(204, None)


@router.post("/bot/talk", auth=May("bots.review"), response=TalkShown)
def try_bot(request: HttpRequest, given: Talked) -> dict[str, Any]:
    """A conversation with a version of the bot. Nothing is sent or stored."""
    return simulator.talk(
        organisation_id=caller(request).organisation_id, bot=given.bot, texts=given.texts, language=given.language,
        version_id=given.version_id, shipped=given.shipped,
    )  # fmt: skip


@router.get("/bot/rehearsals", auth=May("bots.administer"), response=RehearsalsShown)
def list_rehearsals(request: HttpRequest, bot: Bot) -> dict[str, Any]:
    return {"items": rehearsals.shown(caller(request).organisation_id, bot)}


@router.put("/bot/rehearsals", auth=May("bots.administer"), response=RehearsalShown)
def save_rehearsal(request: HttpRequest, given: RehearsalGiven) -> dict[str, Any]:
    """A conversation that every candidate must go through as saved. Takes the place of the one of that name."""
    steps = [one.dict() for one in given.steps]
    return rehearsals.save(actor=caller(request), bot=given.bot, name=given.name, language=given.language, steps=steps)


@router.post("/bot/rehearsals/{uuid:rehearsal_id}/remove", auth=May("bots.administer"), response={204: None})
def remove_rehearsal(request: HttpRequest, rehearsal_id: UUID) -> Status[None]:
    rehearsals.remove(actor=caller(request), rehearsal_id=rehearsal_id)
    return Status(204, None)
