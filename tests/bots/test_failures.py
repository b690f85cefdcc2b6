"""An engine that breaks becomes a person, and the log keeps the subscriber's words to itself."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from bots import engine
from bots.embedded.model import Model
from bots.turn import BotTurn, Turn
from tests.bots.talk import CONVERSATION

SECRET = "mon code secret est 4821"


def take(bot: str = "telecom", text: str = SECRET, language: str | None = "en") -> BotTurn:
    return engine.take_turn(
        bot=bot, conversation_id=CONVERSATION, history=(Turn("contact", "hi"),), text=text, language=language
    )


def broken(*_: object, **__: object) -> None:
    raise KeyError(SECRET)


def test_a_broken_engine_is_a_handover(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(Model, "intent", broken)
    with caplog.at_level(logging.DEBUG):
        turn = take()
    assert turn.handover is not None
    assert turn.handover.reason == "failed"
    assert SECRET in turn.handover.summary, "the agent must not lose the text"
    assert turn.replies == ("Your message has arrived. An agent will answer you here by SMS.",)
    assert "KeyError at test_failures.py" in caplog.text
    assert SECRET not in caplog.text


def test_an_engine_that_cannot_even_apologise_is_a_handover(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Model, "intent", broken)
    monkeypatch.setattr(engine.EmbeddedEngine, "failed", broken)
    turn = take()
    assert turn.handover is not None
    assert turn.handover.reason == "failed"
    assert SECRET not in caplog.text


def test_a_bot_whose_files_are_wrong_is_a_handover_and_the_log_names_the_file(
    spoiled: Callable[[str, str, str], None], caplog: pytest.LogCaptureFixture
) -> None:
    spoiled("rules.yml", "action: utter_balance", "action: utter_balence")
    turn = take("spoiled")
    assert turn.handover is not None
    assert turn.handover.reason == "failed"
    assert "rules.yml" in caplog.text
    assert SECRET not in caplog.text
