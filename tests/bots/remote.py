"""What the tests of the engine that talks through a server share."""

from __future__ import annotations

from bots.embedded.engine import EmbeddedEngine
from bots.remote.breaker import Breaker
from bots.remote.calls import Calls
from bots.remote.engine import RasaEngine
from bots.remote.server import Server
from bots.turn import BotTurn, Turn
from tests.bots.fake_rasa import TOKEN, FakeRasa
from tests.bots.talk import CONVERSATION

LIMIT_S = 2.5
"""Within it the turn is there, whatever the server does."""


def remote(rasa: FakeRasa, own: EmbeddedEngine, **given: object) -> RasaEngine:
    """An engine of its own for this server. `given`: breaker, clock, token, most."""
    clock = given.pop("clock", None)
    breaker = Breaker(clock=clock) if clock else None
    calls = Calls(rasa.url, str(given.pop("token", TOKEN)), **given)
    server = Server(own.files.name, calls, breaker, **({"clock": clock} if clock else {}))
    _opened.append(server)
    return RasaEngine(own, server)


_opened: list[Server] = []


def close_all() -> None:
    """The connections of every engine that `remote` made."""
    while _opened:
        _opened.pop().close()


def talk(engine: EmbeddedEngine | RasaEngine, *texts: str, language: str | None = None) -> list[BotTurn]:
    """A whole conversation; each turn."""
    history: list[Turn] = []
    turns = []
    for text in texts:
        turn = engine.take_turn(
            conversation_id=CONVERSATION, history=tuple(history), text=text, language=language
        )  # fmt: skip
        turns.append(turn)
        history += [Turn("contact", text), *(Turn("bot", reply) for reply in turn.replies)]
    return turns


def keys(engine: EmbeddedEngine, turn: BotTurn) -> tuple[tuple[str, str], ...]:
    """(response, language) of each reply: which sentence of several is said is each engine's own affair."""
    found: dict[str, tuple[str, str]] = {}
    for name, response in engine.files.domain.responses.items():
        for language, variants in response.texts.items():
            found.update(dict.fromkeys(variants, (name, language)))
    return tuple(found[reply] for reply in turn.replies)
