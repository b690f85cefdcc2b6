"""One contract, two engines: the same conversations through the embedded engine and through a server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest

from bots import engine
from bots.embedded.engine import EmbeddedEngine
from bots.errors import BotDataError
from bots.remote import servers
from bots.remote.engine import RasaEngine
from bots.turn import BotTurn, Turn
from tests.bots.fake_rasa import API_TOKEN, TOKEN, FakeRasa
from tests.bots.remote import keys, remote, talk
from tests.bots.talk import CONVERSATION

CONVERSATIONS = {
    "greets": ["Bonjour"],
    "phone spelling": ["mn sold svp", "g pa recu mn credi"],
    "english": ["BALANCE PLEASE", "u charged me twice"],
    "changes language": ["bonjour", "how much credit do i have", "puk"],
    "asks for a person": ["je veux un conseiller"],
    "a disputed bill": ["my bill is wrong"],
    "a complaint": ["solde", "je veux faire une réclamation"],
    "not understood twice": ["xqzt", "wkpf brrt"],
    "not understood, then understood, then not": ["xqzt", "solde", "wkpf brrt"],
    "off topic twice": ["qui a gagné le match", "et la meteo de demain"],
    "stop": ["STOP"],
    "stop with an accent": ["arrêt"],
    "looks like stop": ["ЅТОР"],
    "restart": ["/restart", "/restart"],
    "an intent as a command": ['/balance{"lang": "en"}', "//stop_optout", " \n/talk_to_human"],
    "empty": ["", "   ", "/", "// /"],
    "only numbers": ["1", "97 00 12 34"],
    "pictures": ["👍👍", "?!"],
    "huge": ["solde " * 3_000, "/" * 5_000, "🙂" * 4_000],
    "unstorable": ["solde\x00", "\ud83d", "\x00/restart"],
    "values": ["recharge de 2 000 fcfa sur 01 97 00 12 34 pas recue", "conseiller"],
    "several lines": ["bonjour\nmon solde\n/restart"],
}


@pytest.fixture(scope="module")
def rasa(telecom: EmbeddedEngine) -> Iterator[FakeRasa]:
    with FakeRasa(telecom) as rasa:
        yield rasa


@pytest.fixture(params=["embedded", "rasa"])
def either(request: pytest.FixtureRequest, telecom: EmbeddedEngine, rasa: FakeRasa) -> EmbeddedEngine | RasaEngine:
    return telecom if request.param == "embedded" else remote(rasa, telecom)


@pytest.mark.parametrize("name", CONVERSATIONS)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_both_engines_hold_the_same_conversation(
    either: EmbeddedEngine | RasaEngine, telecom: EmbeddedEngine, name: str, language: str
) -> None:
    texts = CONVERSATIONS[name]
    expected = talk(telecom, *texts, language=language)
    for turn, wanted in zip(talk(either, *texts, language=language), expected, strict=True):
        assert turn.replies or turn.handover
        assert keys(telecom, turn) == keys(telecom, wanted)
        assert (turn.intent, turn.language, turn.actions) == (wanted.intent, wanted.language, wanted.actions)
        assert turn.entities == wanted.entities
        assert turn.handover == wanted.handover
        assert turn.confidence == pytest.approx(wanted.confidence, abs=0.001)
    if isinstance(either, RasaEngine):
        assert either.server is not None
        facts = either.server.facts()
        assert facts.fallbacks == 0, "it was the server that answered"


def test_whoever_asks_for_a_person_twice_unclear_gets_one(either: EmbeddedEngine | RasaEngine) -> None:
    first, second = talk(either, "xqzt", "wkpf brrt")
    assert (first.intent, first.handover) == (None, None)
    assert second.handover is not None
    assert second.handover.reason == "unsure"


def test_stop_is_stop(either: EmbeddedEngine | RasaEngine) -> None:
    [turn] = talk(either, "STOP")
    assert (turn.intent, turn.confidence, turn.actions) == ("stop_optout", 1.0, ("opt_out",))


def test_the_same_turn_twice_means_the_same(either: EmbeddedEngine | RasaEngine, telecom: EmbeddedEngine) -> None:
    """A crash repeats a turn: a server that kept count would answer otherwise."""

    def turn() -> BotTurn:
        return either.take_turn(conversation_id=CONVERSATION, history=(), text="xqzt", language="fr")

    first, second = turn(), turn()
    assert keys(telecom, first) == keys(telecom, second)
    assert first.handover is second.handover is None


def test_a_broken_turn_of_either_is_a_person(either: EmbeddedEngine | RasaEngine) -> None:
    turn = either.failed(conversation_id=CONVERSATION, history=(), text="solde", language="en")
    assert turn.handover is not None
    assert turn.handover.reason == "failed"
    assert turn.replies


def test_both_read_the_same(either: EmbeddedEngine | RasaEngine, telecom: EmbeddedEngine) -> None:
    for text in ("mn sold svp", "xqzt", "qui a gagné le match"):
        found, wanted = either.read(text=text, language="fr"), telecom.read(text=text, language="fr")
        assert (found.intent, found.best) == (wanted.intent, wanted.best)
        assert found.confidence == pytest.approx(wanted.confidence)


# --- what a server must not be trusted with ----------------------------------------------------------------------


def test_no_command_no_number_and_no_empty_text_is_ever_sent(rasa: FakeRasa, telecom: EmbeddedEngine) -> None:
    """Traps 2, 4 and 10, and what would keep them from being harmless."""
    rasa.asked.clear()
    asking = remote(rasa, telecom)
    for texts in CONVERSATIONS.values():
        talk(asking, *texts)
    assert rasa.asked
    for body in rasa.asked:
        assert re.fullmatch(r"[A-Za-z0-9-]+", body["sender"])
        assert body["message"].strip()
        assert not body["message"].strip().startswith("/")
        assert len(body["message"]) <= 1000
        assert set(body["metadata"]) == {"lang", "clarified"}
    assert {headers.get("authorization") for headers in rasa.headers} == {f"Bearer {TOKEN}"}
    assert not any("rest" in path or "conversations" in path for path in rasa.paths)


def test_a_server_that_lost_its_memory_still_knows_what_was_asked(rasa: FakeRasa, telecom: EmbeddedEngine) -> None:
    """Trap 6: the application says with each text what was said before it."""
    asking = remote(rasa, telecom)
    [first] = talk(asking, "xqzt")
    rasa.lose_memory()
    history = (Turn("contact", "xqzt"), *(Turn("bot", reply) for reply in first.replies))
    second = asking.take_turn(conversation_id=CONVERSATION, history=history, text="wkpf brrt", language="fr")
    assert second.handover is not None
    assert rasa.asked[-1]["metadata"] == {"lang": second.language, "clarified": True}


def test_connections_are_kept(rasa: FakeRasa, telecom: EmbeddedEngine) -> None:
    before = rasa.connections
    talk(remote(rasa, telecom), "bonjour", "mon solde", "merci")
    assert rasa.connections == before + 1


# --- the fake is what it says: the traps are there ----------------------------------------------------------------


def _post(url: str, body: object, token: str = "") -> object:
    request = Request(url, json.dumps(body).encode(), {"Authorization": f"Bearer {token}"})
    with urlopen(request, timeout=5) as answer:
        return json.load(answer)


def test_the_fake_has_the_traps_of_the_real_one(rasa: FakeRasa) -> None:
    rest, api = f"{rasa.url}/webhooks/rest/webhook", f"?token={API_TOKEN}"
    assert _post(rest, {"sender": "s1", "message": "bonjour"}), "1: no token was asked for"
    _post(f"{rasa.url}/conversations/%2B229/tracker/events{api}", {"event": "pause"})
    assert _post(rest, {"sender": "+229", "message": "bonjour"}), "2: another conversation was paused"
    assert _post(rest, {"sender": "%2B229", "message": "bonjour"}) == []
    assert _post(rest, {"sender": "%2B229", "message": "/restart"}) == []
    assert _post(rest, {"sender": "%2B229", "message": "bonjour"}), "4: a text has lifted the pause"
    assert _post(rest, {"sender": "s1", "message": "/goodbye"}), "4: and commanded the bot"
    assert _post(rest, {"sender": "s1", "message": ""}) == [], "10"
    _post(rest, {"message": "bonjour"})
    assert "default" in rasa.trackers, "10"
    rasa.fault = "lock_store_away"
    assert _post(rest, {"sender": "s1", "message": "bonjour"}) == [], "5"
    rasa.fault = ""


# --- choosing ------------------------------------------------------------------------------------------------------


@pytest.fixture
def installed(rasa: FakeRasa) -> Iterator[FakeRasa]:
    engine._ready.clear()
    servers.use(url=rasa.url, token=TOKEN)
    yield rasa
    servers.use(url="", token="")
    engine._ready.clear()


def test_bot_yml_or_the_line_names_the_engine(installed: FakeRasa, telecom: EmbeddedEngine) -> None:
    def turn(name: str | None) -> BotTurn:
        return engine.take_turn(
            bot="telecom", conversation_id=CONVERSATION, history=(), text="mn sold svp", language=None, engine=name
        )

    installed.asked.clear()
    assert turn(None).intent == "balance"
    assert installed.asked == [], "bot.yml says embedded"
    assert turn("rasa").intent == "balance"
    assert len(installed.asked) == 1
    with pytest.raises(BotDataError, match="embedded, rasa"):
        turn("dialogflow")
    engine.warm("telecom", "rasa")
    assert installed.paths[-1] == "/webhooks/palabre/"
    [facts] = servers.facts()
    assert (facts.state, facts.asked, facts.calls) == ("answering", 1, 2)


def test_without_a_server_the_embedded_engine_answers_and_the_log_says_so_once(
    caplog: pytest.LogCaptureFixture, telecom: EmbeddedEngine
) -> None:
    servers.use(url="", token="")
    talking = RasaEngine(telecom)
    assert talk(talking, "mn sold svp", "xqzt") == talk(telecom, "mn sold svp", "xqzt")
    assert caplog.text.count("RASA_URL is not set") == 1
    assert [facts.state for facts in servers.facts()] == ["not_configured"]
    servers.use(url="", token="")


def test_two_bots_of_one_address_have_two_servers(rasa: FakeRasa) -> None:
    servers.use(url="http://rasa-{bot}:5005", token=TOKEN)
    first, second = servers.of("telecom"), servers.of("insurance")
    assert first is not second
    assert first is servers.of("telecom")
    servers.use(url="", token="")
