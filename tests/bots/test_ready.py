"""A bot that has to learn keeps nobody waiting: whoever asks hears so, and it learns meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bots import engine
from bots.embedded.engine import EmbeddedEngine
from bots.errors import BotDataError, UnknownBot


@pytest.fixture
def let_it_learn(monkeypatch: pytest.MonkeyPatch, telecom: EmbeddedEngine) -> Iterator[threading.Event]:
    """The telecom bot is made once this is set."""
    go_on = threading.Event()

    def slow(_folder: Path, _memory: Path | None) -> EmbeddedEngine:
        assert go_on.wait(30)
        return telecom

    monkeypatch.setitem(engine.ENGINES, "embedded", slow)
    monkeypatch.setattr(engine, "_ready", {})
    monkeypatch.setattr(engine, "_making", {})
    yield go_on
    go_on.set()


def test_who_asks_before_it_is_ready_hears_so_in_time_and_it_goes_on(let_it_learn: threading.Event) -> None:
    assert not engine.is_ready("telecom", within_s=0.01)
    assert not engine.is_ready("telecom", within_s=0.01)
    [learning] = engine._making.values()
    let_it_learn.set()
    learning.join(10)
    assert engine.is_ready("telecom", within_s=0)


def test_one_that_is_ready_at_once_makes_nobody_wait(let_it_learn: threading.Event) -> None:
    let_it_learn.set()
    assert engine.is_ready("telecom", within_s=10)
    assert engine.is_ready("telecom", within_s=0)


def test_one_that_cannot_be_made_is_said_by_its_turn(let_it_learn: threading.Event, monkeypatch) -> None:
    def broken(_folder: Path, _memory: Path | None) -> EmbeddedEngine:
        raise BotDataError("domain.yml", "", "spoiled")

    monkeypatch.setitem(engine.ENGINES, "embedded", broken)
    assert engine.is_ready("telecom", within_s=10)
    with pytest.raises(UnknownBot):
        engine.is_ready("nobody", within_s=0)
