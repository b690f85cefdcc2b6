"""The bots as shipped, and copies of the telecom bot that a test may spoil."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from bots import catalogue, engine
from bots.embedded import trained, training
from bots.embedded.classifier import Classifier
from bots.embedded.engine import EmbeddedEngine
from bots.embedded.features import Features
from bots.turn import BotTurn, Turn
from tests.bots import remote
from tests.bots.talk import CONVERSATION

SHIPPED = catalogue.FOLDER / "telecom"


@pytest.fixture(scope="session", autouse=True)
def _learn_the_same_once() -> Iterator[None]:
    """A bot of thousands of phrases trains for a quarter of a minute, and always to the same: here once a session."""
    learnt: dict[str, Classifier] = {}
    train = training.train

    def once(texts: Sequence[Features], answers: Sequence[str], *, bayes_alone: bool = False) -> Classifier:
        origin = trained.origin(texts, answers, bayes_alone)
        if origin not in learnt:
            learnt[origin] = train(texts, answers, bayes_alone=bayes_alone)
        return learnt[origin]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "train", once)
        yield


@pytest.fixture(scope="session")
def telecom() -> EmbeddedEngine:
    return EmbeddedEngine(SHIPPED, catalogue.models())


@pytest.fixture(scope="session", params=["insurance", "telecom"])
def shipped(request: pytest.FixtureRequest, telecom: EmbeddedEngine) -> EmbeddedEngine:
    """Each bot in turn."""
    if request.param == "telecom":
        return telecom
    return EmbeddedEngine(catalogue.FOLDER / request.param, catalogue.models())


@pytest.fixture(autouse=True)
def _connections_are_let_go() -> Iterator[None]:
    yield
    remote.close_all()


@pytest.fixture
def say() -> Callable[..., BotTurn]:
    """`say("bonjour")`, or a whole conversation: `say("bonjour", "solde")` gives the last turn."""

    def say(*texts: str, language: str | None = None, bot: str = "telecom") -> BotTurn:
        history: list[Turn] = []
        turn: BotTurn | None = None
        for text in texts:
            turn = engine.take_turn(
                bot=bot,
                conversation_id=CONVERSATION,
                history=tuple(history),
                text=text,
                language=language,
            )
            history += [Turn("contact", text), *(Turn("bot", reply) for reply in turn.replies)]
        assert turn is not None
        return turn

    return say


@pytest.fixture
def spoiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, str], None]:
    """`spoiled(file, old, new)`: the bot "spoiled" is the telecom bot with one thing changed in one file."""
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    shutil.copytree(SHIPPED, tmp_path / "spoiled")

    def spoil(file: str, old: str, new: str) -> None:
        path = tmp_path / "spoiled" / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} has changed: {old!r} is no longer in it"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil
