"""Whatever a bot's server does, the subscriber has an answer in time, and it is the embedded engine's."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bots.embedded.engine import EmbeddedEngine
from bots.remote.engine import RasaEngine
from bots.turn import BotTurn, Turn
from tests.bots.fake_rasa import TOKEN, FakeRasa
from tests.bots.remote import LIMIT_S, remote, talk
from tests.bots.talk import CONVERSATION

SECRET = "mon solde, mon code secret est 4821"


@pytest.fixture
def rasa(telecom: EmbeddedEngine) -> Iterator[FakeRasa]:
    with FakeRasa(telecom) as rasa:
        yield rasa


def say(engine: EmbeddedEngine | RasaEngine, text: str = SECRET) -> BotTurn:
    history = (Turn("contact", "bonjour"), Turn("bot", "Bonjour."))
    return engine.take_turn(conversation_id=CONVERSATION, history=history, text=text, language="fr")


FAULTS = {
    "silence": "timeout",
    "delay": "timeout",
    "hung": "timeout",
    "drip": "timeout",
    "drip_head": "timeout",
    "reset": "cut",
    "500": "status",
    "302": "status",
    "503": "store",
    "401": "token",
    "400": "refused",
    "5MB": "too_large",
    "no_length": "too_large",
    "no_json": "no_json",
    "half": "no_json",
    "not_utf8": "no_json",
    "deep": "no_json",
    "empty_body": "no_json",
    "list": "shape",
    "null": "shape",
    "other_bot": "other_bot",
    "trap_5": "silent",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_server_that_fails_is_answered_for_in_time(
    fault: str, rasa: FakeRasa, telecom: EmbeddedEngine, caplog: pytest.LogCaptureFixture
) -> None:
    asking = remote(rasa, telecom)
    say(asking)  # the connection stands
    rasa.fault = fault
    with caplog.at_level(logging.DEBUG):
        begun = time.monotonic()
        turn = say(asking)
        took = time.monotonic() - begun
    assert turn == say(telecom)
    assert took < LIMIT_S, f"{took:.2f} s"
    assert asking.server is not None
    facts = asking.server.facts()
    assert (facts.error, facts.failures) == (FAULTS[fault], {FAULTS[fault]: 1})
    assert (facts.state, facts.asked, facts.calls, facts.fallbacks) == ("failing", 2, 2, 1)
    assert "4821" not in caplog.text
    assert TOKEN not in caplog.text
    assert str(CONVERSATION) not in caplog.text
    rasa.go_on()


def test_a_server_that_is_away_is_answered_for(
    rasa: FakeRasa, telecom: EmbeddedEngine, caplog: pytest.LogCaptureFixture
) -> None:
    asking = remote(rasa, telecom)
    rasa.refuse()
    begun = time.monotonic()
    assert say(asking) == say(telecom)
    assert time.monotonic() - begun < LIMIT_S
    assert asking.server is not None
    assert asking.server.facts().error == "unreached"
    assert "4821" not in caplog.text
    rasa.come_back()
    say(asking)
    assert asking.server.facts().state == "answering"


def test_a_token_that_is_wrong_is_told_apart(rasa: FakeRasa, telecom: EmbeddedEngine) -> None:
    asking = remote(rasa, telecom, token="another-token-than-its-own")
    assert say(asking) == say(telecom)
    assert asking.server is not None
    assert asking.server.facts().error == "token"


def with_(**changes: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda answer: {**answer, **changes}


def without(key: str) -> Callable[[dict[str, Any]], Any]:
    return lambda answer: {name: value for name, value in answer.items() if name != key}


def intent(**changes: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda answer: {**answer, "intent": {**answer["intent"], **changes}}


def custom(**payload: Any) -> Callable[[dict[str, Any]], Any]:
    return with_(messages=[{"text": "Un instant."}, {"custom": {"action": "handover", "reason": "asked", **payload}}])


WRONG = {
    "no intent": without("intent"),
    "intent is a name": with_(intent="greet"),
    "intent without a name": intent(name=None),
    "intent of an endless name": intent(name="x" * 500),
    "confidence is a text": intent(confidence="0.9"),
    "confidence is yes": intent(confidence=True),
    "confidence beyond 1": intent(confidence=17),
    "confidence below 0": intent(confidence=-0.1),
    "ranking is an object": with_(intent_ranking={}),
    "ranking of texts": with_(intent_ranking=["greet"]),
    "no messages": without("messages"),
    "messages is a text": with_(messages="Bonjour"),
    "messages of texts": with_(messages=["Bonjour"]),
    "a text that is a number": with_(messages=[{"text": 7}]),
    "a text of 2,000 characters": with_(messages=[{"text": "a" * 2000}]),
    "a hundred messages": with_(messages=[{"text": "Bonjour"}] * 100),
    "custom is a text": with_(messages=[{"custom": "handover"}]),
    "an action that is a number": with_(messages=[{"custom": {"action": 1}}]),
    "a handover without a reason": with_(messages=[{"custom": {"action": "handover"}}]),
    "a handover of an unknown reason": custom(reason="bored"),
    "a reason that is a list": custom(reason=["asked"]),
    "skills is a text": custom(skills="billing"),
    "a skill that is a number": custom(skills=[1]),
    "a skill of two lines": custom(skills=["a\nb"]),
    "a priority of a hundred": custom(priority=100),
    "a priority that is a text": custom(priority="1"),
    "a priority that is yes": custom(priority=True),
    "paused is missing": without("paused"),
    "paused is a text": with_(paused="no"),
    "entities is an object": with_(entities={"amount": "3"}),
    "an entity without a name": with_(entities=[{"value": "3"}]),
    "an entity that is a number": with_(entities=[{"entity": "amount", "value": 3}]),
    "no name of a bot": without("bot"),
    "the bot is a list": with_(bot=["telecom"]),
}
SAYS_NOTHING = {
    "blank texts": with_(messages=[{"text": "  \n\u200b"}]),
    "messages of nothing": with_(messages=[{}, {"image": "https://example.org/x.png"}]),
    "an unknown action alone": with_(messages=[{"custom": {"action": "mon code secret est 4821"}}]),
    "an opt-out alone": with_(messages=[{"custom": {"action": "opt_out"}}]),
    "a text of null": with_(messages=[{"text": None}]),
}


@pytest.mark.parametrize("name", [*WRONG, *SAYS_NOTHING])
def test_an_answer_is_judged_value_by_value(
    name: str, rasa: FakeRasa, telecom: EmbeddedEngine, caplog: pytest.LogCaptureFixture
) -> None:
    rasa.fault = WRONG.get(name) or SAYS_NOTHING[name]
    asking = remote(rasa, telecom)
    assert say(asking) == say(telecom)
    assert asking.server is not None
    assert asking.server.facts().error == ("shape" if name in WRONG else "silent")
    assert "4821" not in caplog.text


def test_an_intent_that_our_files_do_not_have_is_no_answer(rasa: FakeRasa, telecom: EmbeddedEngine) -> None:
    rasa.fault = intent(name="order_pizza")
    asking = remote(rasa, telecom)
    assert say(asking) == say(telecom)
    assert asking.server is not None
    assert asking.server.facts().error == "other_files"


def test_what_nobody_knows_is_passed_over(
    rasa: FakeRasa, telecom: EmbeddedEngine, caplog: pytest.LogCaptureFixture
) -> None:
    rasa.fault = lambda answer: {
        **answer,
        "messages": [
            {"text": "Bien\x00 reçu. "},
            {"custom": {"action": "dance"}},
            {"text": "Au revoir.", "buttons": []},
        ],
        "entities": [
            {"entity": "shoe_size", "value": "42"},
            {"entity": "amount", "value": "2000\nf"},
            {"entity": "amount", "value": "3000f"},
        ],
        "mood": "good",
    }
    turn = say(remote(rasa, telecom))
    assert turn.replies == ("Bien reçu.", "Au revoir.")
    assert turn.entities == {"amount": "2000 f"}
    assert caplog.text.count("something that nobody here knows") == 1
    assert "dance" not in caplog.text


def test_a_handover_keeps_what_was_asked_for_and_its_summary_is_ours(rasa: FakeRasa, telecom: EmbeddedEngine) -> None:
    rasa.fault = custom(reason="rule", skills=["billing"], priority=3)
    handover = say(remote(rasa, telecom)).handover
    assert handover is not None
    assert (handover.reason, handover.skills, handover.priority) == ("rule", ("billing",), 3)
    assert "4821" in handover.summary, "the agent reads the subscriber's own words"


def test_a_conversation_that_is_paused_there_is_no_fault_of_the_server(rasa: FakeRasa, telecom: EmbeddedEngine) -> None:
    """We never pause one: the bot goes on with the embedded engine, and the server with everybody else."""
    rasa.fault = with_(messages=[], paused=True)
    asking = remote(rasa, telecom)
    for _ in range(6):
        assert say(asking) == say(telecom)
    assert asking.server is not None
    facts = asking.server.facts()
    assert (facts.state, facts.failures) == ("answering", {"paused": 6})


# --- the breaker ---------------------------------------------------------------------------------------------------


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_after_five_failures_it_is_left_alone_and_one_call_finds_it_back(
    rasa: FakeRasa, telecom: EmbeddedEngine, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    asking = remote(rasa, telecom, clock=clock)
    server = asking.server
    assert server is not None
    rasa.fault = "500"
    for _ in range(5):
        assert say(asking) == say(telecom)
    assert server.facts().state == "open"
    assert "left alone for 30 s" in caplog.text

    clock.now += 12
    reached = len(rasa.paths)
    for _ in range(20):
        assert say(asking) == say(telecom)
    assert len(rasa.paths) == reached, "nobody asked it"
    facts = server.facts()
    assert (facts.open_s, facts.failing_s) == (18, 12)
    assert facts.failures == {"open": 20, "status": 5}

    clock.now += 18
    say(asking)
    assert len(rasa.paths) == reached + 1
    assert server.facts().state == "open", "it failed again: for as long again"
    say(asking)
    assert len(rasa.paths) == reached + 1

    clock.now += 30
    rasa.fault = ""
    say(asking)
    say(asking)
    facts = server.facts()
    assert (facts.state, facts.open_s, facts.failing_s) == ("answering", None, None)
    assert len(rasa.paths) == reached + 3
    assert "answers again" in caplog.text


def test_a_late_answer_is_used_by_nobody(rasa: FakeRasa, telecom: EmbeddedEngine) -> None:
    rasa.fault = "late"
    asking = remote(rasa, telecom, total_s=1.0)
    [first] = talk(asking, "mn sold svp", language="fr")
    assert [first] == talk(telecom, "mn sold svp", language="fr")
    rasa.fault = ""
    rasa.go_on()
    assert rasa.said.wait(10), "the answer has been written, to a connection that nobody reads"
    assert asking.server is not None
    before = asking.server.facts()
    [second] = talk(asking, "what time do u open", language="fr")
    assert (second.intent, second.language) == ("opening_hours", "en")
    assert (before.state, before.failures) == ("failing", {"timeout": 1})
    assert asking.server.facts().state == "answering"


def test_beyond_its_places_nobody_waits_and_nobody_is_dropped(rasa: FakeRasa, telecom: EmbeddedEngine) -> None:
    rasa.fault = "delay"
    asking = remote(rasa, telecom, most=2)
    with ThreadPoolExecutor(12) as pool:
        waiting = [pool.submit(say, asking) for _ in range(12)]
        assert rasa.thinking.wait(10)
        turns = [one.result(LIMIT_S) for one in waiting]
    assert turns == [say(telecom)] * 12
    assert asking.server is not None
    assert asking.server.facts().failures == {"busy": 10, "timeout": 2}
    rasa.go_on()


def test_a_hundred_conversations_at_once_each_get_their_own_answer(rasa: FakeRasa, telecom: EmbeddedEngine) -> None:
    asking = remote(rasa, telecom)
    texts = ["mn sold svp", "what time do u open", "u charged me twice", "pa de rezo depuis hier"] * 25
    with ThreadPoolExecutor(96) as pool:
        turns = list(pool.map(lambda text: say(asking, text), texts))
    assert [turn.intent for turn in turns] == ["balance", "opening_hours", "bill_dispute", "network_problem"] * 25
    assert asking.server is not None
    assert set(asking.server.facts().failures) <= {"busy"}


def test_a_mistake_of_ours_is_no_exception_of_the_subscribers(
    rasa: FakeRasa, telecom: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise KeyError(SECRET)

    monkeypatch.setattr("bots.remote.wire.judge", broken)
    asking = remote(rasa, telecom)
    assert say(asking) == say(telecom)
    assert asking.server is not None
    assert asking.server.facts().error == "broken"
    assert "KeyError at test_remote_faults.py" in caplog.text
    assert "4821" not in caplog.text
