"""The rules of a line: which queue a conversation waits in, by what is known of it; and trying a text on them."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from accounts.permissions import May, caller
from common.schemas import Words
from routing.workflow_admin import (
    ConditionGiven,
    RuleGiven,
    Tried,
    WorkflowGiven,
    save_workflow,
    try_text,
    workflow_shown,
)

router = Router(tags=["administration"])

MOST_STEPS = 20


class RuleConditionShown(Schema):
    """`kind`: in_list, not_in_list, tag, attribute, language, hours, keyword, intent, entity, confidence or time.

    `thing_id`: list, tag or attribute. `key`: the name of an entity. `words`: words, intents, or days ("1": Monday).
    `value`: of a time "08:00-17:30", by the organisation's clock; of a confidence, per cent.
    """

    kind: str
    thing_id: UUID | None
    compare: str
    value: str
    words: list[str]
    key: str


class WantShown(Schema):
    """Levels from 1 to 5; 0: none."""

    skill_id: UUID
    least: int
    preferred: int


class RuleShown(Schema):
    """Holds when all its conditions do. `ladder` null: the queue's; else it takes the place of that whole."""

    id: UUID
    name: str
    is_enabled: bool
    queue_id: UUID
    priority: int
    wants: list[WantShown]
    ladder: list[dict[str, Any]] | None
    conditions: list[RuleConditionShown]


class BotWords(Schema):
    """What the line's bot can understand, and ask of an agent."""

    intents: list[str]
    entities: list[str]
    skills: list[str]


class WorkflowShown(Schema):
    """`bot` null: the line has none. `revision`: to be given back with a change."""

    line_id: UUID
    is_enabled: bool
    revision: int
    rules: list[RuleShown]
    bot: BotWords | None


class RuleConditionIn(Schema):
    model_config = ConfigDict(extra="forbid")

    kind: Words
    thing_id: UUID | None = None
    compare: Words = "is"
    value: Words = ""
    words: list[Words] = []
    key: Words = ""


class WantIn(Schema):
    model_config = ConfigDict(extra="forbid")

    skill_id: UUID
    least: int = 0
    preferred: int = 0


class StepIn(Schema):
    """A step of a ladder (docs/staffing.md): `skill`, `by`, `queue` as `do` needs them, else null.

    `after_s` and `by` are whole; what is not is refused at its step.
    """

    model_config = ConfigDict(extra="forbid")

    after_s: int | float | None = None
    do: Words
    skill: UUID | None = None
    by: int | float | None = None
    queue: UUID | None = None


class RuleIn(Schema):
    """`id` null: a new rule."""

    model_config = ConfigDict(extra="forbid")

    id: UUID | None = None
    name: Words = ""
    is_enabled: bool = True
    queue_id: UUID
    priority: int = 0
    wants: list[WantIn] = []
    ladder: Annotated[list[StepIn], Field(max_length=MOST_STEPS)] | None = None
    conditions: list[RuleConditionIn] = []

    def given(self) -> RuleGiven:
        ladder = None if self.ladder is None else [step.dict(exclude_none=True) for step in self.ladder]
        return RuleGiven(
            id=self.id,
            name=self.name,
            is_enabled=self.is_enabled,
            queue_id=self.queue_id,
            priority=self.priority,
            wants=[(one.skill_id, one.least, one.preferred) for one in self.wants],
            ladder=ladder,
            conditions=[ConditionGiven(**one.dict()) for one in self.conditions],
        )


class WorkflowIn(Schema):
    """`revision`: of the rules that were changed, so that nobody undoes a colleague's change unseen."""

    is_enabled: bool = False
    revision: int
    rules: list[RuleIn] = []

    def given(self) -> WorkflowGiven:
        return WorkflowGiven(self.is_enabled, self.revision, [one.given() for one in self.rules])


class TextGiven(Schema):
    """`rules` null: those that are stored."""

    number: Annotated[Words, Field(max_length=60)]
    text: Annotated[Words, Field(max_length=2000)] = ""
    rules: WorkflowIn | None = None


class HeardShown(Schema):
    """What the bot makes of the text. `confidence`: 0 to 1."""

    intent: str | None
    confidence: float
    entities: dict[str, str]
    language: str
    hands_over: bool


class ConditionSeen(Schema):
    place: int
    passed: bool
    seen: str


class RuleTried(Schema):
    """`verdict`: taken, later (it holds, but one before it decides), failed, off, queue_off (it holds, its queue is
    off: skipped)."""

    place: int
    rule_id: UUID
    name: str
    verdict: str
    conditions: list[ConditionSeen]


class FilteredFirst(Schema):
    """What the line's front filter says of who begins with this text.

    `outcome`: admit, queue, answer (he is sent away), bot (the bot and nobody else). `place`: of the check; 0: none
    held. `queue_id`: where it has him wait, whatever the rules say; null: the rules decide.
    """

    place: int
    outcome: str
    queue_id: UUID | None


class TextTried(Schema):
    """`place` 0: no rule decides, and it waits in the line's own queue. `queue_id`: where it waits in the end.
    `filtered` null: no front filter is on. `heard` null: no bot is asked."""

    number: str
    is_known: bool
    heard: HeardShown | None
    place: int
    queue_id: UUID
    filtered: FilteredFirst | None
    rules: list[RuleTried]


@router.get("/lines/{uuid:line_id}/rules", auth=May("rules.administer"), response=WorkflowShown)
def show_rules(request: HttpRequest, line_id: UUID) -> dict[str, Any]:
    return workflow_shown(caller(request).organisation_id, line_id)


@router.put("/lines/{uuid:line_id}/rules", auth=May("rules.administer"), response=WorkflowShown)
def change_rules(request: HttpRequest, line_id: UUID, given: WorkflowIn) -> dict[str, Any]:
    """The whole of them, in their order: the next conversation goes by them."""
    return save_workflow(actor=caller(request), line_id=line_id, given=given.given())


@router.post("/lines/{uuid:line_id}/rules/try", auth=May("rules.try"), response=TextTried)
def try_rules(request: HttpRequest, line_id: UUID, given: TextGiven) -> dict[str, Any]:
    """Where a text from this number would wait, and what each rule saw. Nothing is stored or sent."""
    tried = try_text(
        actor=caller(request), line_id=line_id, number=given.number, text=given.text,
        given=given.rules.given() if given.rules else None,
    )  # fmt: skip
    return _tried(tried)


def _tried(tried: Tried) -> dict[str, Any]:
    heard = tried.heard
    return {
        "number": tried.number,
        "is_known": tried.is_known,
        "heard": heard
        and {
            "intent": heard.intent,
            "confidence": heard.confidence,
            "entities": dict(heard.entities),
            "language": heard.language,
            "hands_over": heard.handover is not None,
        },
        "place": tried.decision.place,
        "queue_id": tried.queue_id,
        "filtered": tried.filtered
        and {
            "place": tried.filtered.place,
            "outcome": tried.filtered.way.outcome.value,
            "queue_id": tried.filtered.way.queue_id,
        },
        "rules": [
            {
                "place": one.place,
                "rule_id": one.rule.id,
                "name": one.rule.name,
                "verdict": one.verdict.value,
                "conditions": [{"place": step.place, "passed": step.passed, "seen": step.seen} for step in one.steps],
            }
            for one in tried.decision.trace
        ],
    }
