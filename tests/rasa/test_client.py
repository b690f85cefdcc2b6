"""The application's own client, before the real server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from bots.embedded.engine import EmbeddedEngine
from bots.remote.calls import Calls
from bots.remote.engine import RasaEngine
from bots.remote.server import Server as Answering
from bots.turn import Turn
from tests.rasa.conftest import Server

CONVERSATIONS = (
    ("Bonjour", "SOLDE", "merci", "STOP"),
    ("hello", "BALANCE", "AGENT"),
    ("bjr", "xqzt vlop", "xqzt vlop"),
    ("bonjour", "/restart", "FACTURE"),
    ("koudo",),
)


@pytest.fixture
def client(rasa: Server) -> Iterator[Answering]:
    one = Answering("telecom", Calls(rasa.url, rasa.token))
    yield one
    one.close()


@pytest.mark.parametrize("said", CONVERSATIONS, ids=lambda said: said[-1])
def test_whole_conversations_are_the_same_with_both_engines(
    rasa: Server, embedded: EmbeddedEngine, client: Answering, said: tuple[str, ...]
) -> None:
    engine = RasaEngine(embedded, client)
    assert len(client.look(engine.expected)) == 12
    conversation, history = uuid.uuid4(), list[Turn]()
    for text in said:
        turn = engine.take_turn(conversation_id=conversation, history=tuple(history), text=text, language=None)
        own = embedded.take_turn(conversation_id=conversation, history=tuple(history), text=text, language=None)
        assert (turn.intent, turn.language, turn.actions, turn.entities) == (
            own.intent, own.language, own.actions, own.entities
        )  # fmt: skip
        assert turn.replies == own.replies
        assert turn.handover == own.handover
        history += [Turn("contact", text), *(Turn("bot", reply) for reply in turn.replies)]
    facts = client.facts()
    assert (facts.fallbacks, facts.error) == (0, ""), facts
    assert facts.calls >= len(said) - 1
