"""Lines whose rules route what people are to have: what their tests share, with a bot that hands bills over."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from bots.turn import BotTurn, Handover
from conversations.models import Conversation, Line, Message
from realtime.checker import check_density
from routing import turns as turns_module
from routing.handling import handle
from routing.models import Queue
from routing.turns import Turns
from routing.workflow_admin import ConditionGiven, RuleGiven, WorkflowGiven, save_workflow, workflow_shown
from tests.cast import Cast

__all__ = ["bills", "bot", "dense", "sales"]  # the fixtures

OTHER = "+2290197000002"


@pytest.fixture(autouse=True)
def dense(cast):
    yield
    assert check_density(cast.organisation.id).dense


@pytest.fixture(autouse=True)
def bot(monkeypatch) -> None:
    """Answers, and hands bills and whoever asks for a person over; what came before it remembers, as bots do."""

    def take_turn(*, bot, conversation_id, history, text, language, engine, **_given):
        said = [turn.body for turn in history if turn.author == "contact"] + [text]
        intents = ["bill" if "facture" in one else "human" if "conseiller" in one else "other" for one in said]
        if intents[-1] == "other":
            return BotTurn(("Oui ?",), "other", 0.6, language="fr")
        found = {"amount": "5000"} if "5000" in " ".join(said) else {}
        reason = "rule" if intents[-1] == "bill" else "asked"
        skills = ("billing",) if reason == "rule" else ()
        asked = Handover(reason, "Résumé", skills, priority=1, intents=tuple(intents), entities=found)
        return BotTurn((), intents[-1], 0.95, language="fr", handover=asked)

    monkeypatch.setattr(turns_module, "take_turn", take_turn)


@pytest.fixture
def bills(cast: Cast) -> Queue:
    return Queue.objects.create(organisation=cast.organisation, name="Factures")


@pytest.fixture
def sales(cast: Cast) -> Queue:
    return Queue.objects.create(organisation=cast.organisation, name="Ventes")


def keep_rules(boss: User, line: Line, *rules: RuleGiven, on: bool = True) -> dict[str, Any]:
    before = workflow_shown(boss.organisation_id, line.id)["revision"]
    found = save_workflow(actor=boss, line_id=line.id, given=WorkflowGiven(on, before, rules))
    line.refresh_from_db()
    return found


def when(queue: Queue, *conditions: ConditionGiven, **fields: Any) -> RuleGiven:
    return RuleGiven(queue_id=queue.id, conditions=conditions, **fields)


def intent(*names: str) -> ConditionGiven:
    return ConditionGiven("intent", words=names)


def word(*words: str) -> ConditionGiven:
    return ConditionGiven("keyword", words=words)


def writes(cast: Cast, turns: Turns, line: Line, sender: str, *words: str) -> Conversation:
    cast.organisation.refresh_from_db()
    conversation = cast.open_conversation(line=line, sender=sender)
    return says(cast, turns, conversation, *words)


def says(cast: Cast, turns: Turns, conversation: Conversation, *words: str) -> Conversation:
    for one in words:
        cast.text_in(conversation, one)
        while handle(owner="d1", turns=turns):
            pass
    conversation.refresh_from_db()
    return conversation


def facts_of_handover(conversation: Conversation) -> dict[str, Any]:
    found = Message.objects.filter(conversation=conversation, kind="event", facts__type="handover").order_by("seq")
    return dict(found.values_list("facts", flat=True).last() or {})
