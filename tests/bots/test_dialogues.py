"""Scripted conversations (tests/bots/dialogues/*.yml): what is written, and what must come of it.

bot, language   telecom and fr unless said otherwise
found           what comes of look-ups, by name, in order; closed: nobody is at work
close           two intents between which the engine cannot decide at the first text
turns           says: a text      agent: what a person writes      later: hours that pass

of a turn: said (names of its sentences, in order), is, has, lacks (its words), intent, intent_not, slots (some of
those kept), hand (reason of the handover), skills, priority, summary (in it), actions, looked_up, code
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from bots import engine
from bots.dialogue import policy
from bots.embedded.engine import EmbeddedEngine
from bots.remote.engine import RasaEngine
from bots.turn import BotTurn, Found, LookUp, Turn
from tests.bots.fake_rasa import FakeRasa
from tests.bots.remote import remote
from tests.bots.talk import CONVERSATION

FOLDER = Path(__file__).parent / "dialogues"
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=ZoneInfo("Africa/Porto-Novo"))  # a Sunday
DIALOGUES: dict[str, dict[str, Any]] = {
    one["name"]: one for path in sorted(FOLDER.glob("*.yml")) for one in yaml.safe_load(path.read_text("utf-8"))
}
KEYS = {"says", "said", "is", "has", "lacks", "intent", "intent_not", "slots", "hand", "skills", "priority", "summary",
        "actions", "looked_up", "code"}  # fmt: skip


def of(need: str) -> list[str]:
    return [name for name, one in DIALOGUES.items() if need in one.get("needs", ())]


class Unsure:
    """An engine that cannot decide between two intents at the first text."""

    def __init__(self, own: EmbeddedEngine, close: list[str]) -> None:
        self.own, self.close = own, close

    def take_turn(self, *, history: Any, **given: Any) -> BotTurn:
        turn = self.own.take_turn(history=history, **given)
        if history:
            return turn
        told = self.own.told(None, turn.language, (), CONVERSATION, clarified=False)
        ranking = ((self.close[0], 0.45), (self.close[1], 0.4), ("puk_code", 0.05))
        return BotTurn(tuple(told.sentences.values()), None, 0.45, language=turn.language, ranking=ranking)


def hold(one: Mapping[str, Any], talking: Any, own: EmbeddedEngine) -> None:
    assert own.plan is not None
    assert set(one) <= {"name", "bot", "language", "found", "closed", "close", "needs", "turns"}
    found = {
        name: [Found(**{**f, "rows": tuple(f.get("rows", ()))}) for f in all_]
        for name, all_ in one.get("found", {}).items()
    }
    if "close" in one:
        talking = Unsure(own, one["close"])
    history: list[Turn] = []
    memory: Mapping[str, Any] = {}
    now = NOW
    for number, wanted in enumerate(one["turns"], 1):
        if "later" in wanted:
            now += timedelta(hours=wanted["later"])
            continue
        if "agent" in wanted:
            history += [Turn("agent", wanted["agent"])]
            continue
        assert set(wanted) <= KEYS, set(wanted) - KEYS
        looked_up: dict[str, LookUp] = {}
        results: list[Found] = []
        while True:
            turn = policy.take_turn(
                talking, own, own.plan, conversation_id=CONVERSATION, history=tuple(history), text=wanted["says"],
                language=one.get("language", "fr"), kept=memory, found=tuple(results), now=now,
                people_open=not one.get("closed", False),
            )  # fmt: skip
            if turn.look_up is None:
                break
            looked_up[turn.look_up.name] = turn.look_up
            given = found.get(turn.look_up.name, [])
            results.append(given.pop(0) if given else Found("failed"))
            assert len(results) <= 3
        memory = json.loads(json.dumps(turn.memory))
        _compare(one["name"], number, wanted, turn, looked_up)
        history += [Turn("contact", wanted["says"]), *(Turn("bot", reply) for reply in turn.replies)]


def _compare(name: str, number: int, wanted: Mapping[str, Any], turn: BotTurn, looked_up: Mapping[str, LookUp]) -> None:
    place = f"{name}, turn {number} ({wanted['says']!r}): {turn.replies} {turn.handover} {turn.why}"
    said = " ".join(turn.replies)
    assert turn.replies or turn.handover, place
    if "said" in wanted:
        assert turn.memory.get("last", []) == wanted["said"], place
    if "is" in wanted:
        assert said == wanted["is"], place
    if "has" in wanted:
        assert wanted["has"] in said, place
    if "lacks" in wanted:
        assert wanted["lacks"] not in said, place
    if "intent" in wanted:
        assert turn.intent == wanted["intent"], place
    if "intent_not" in wanted:
        assert turn.intent != wanted["intent_not"], place
    if "slots" in wanted:
        kept = dict(turn.memory.get("slots", {}))
        for frame in turn.memory.get("stack", ()):
            kept.update(frame["slots"])
        assert wanted["slots"].items() <= kept.items(), (place, kept)
    assert (turn.handover.reason if turn.handover else None) == wanted.get("hand"), place
    if turn.handover is not None:
        assert set(wanted.get("skills", ())) <= set(turn.handover.skills), place
        assert wanted.get("priority", turn.handover.priority) == turn.handover.priority, place
        assert wanted.get("summary", "") in turn.handover.summary, place
        assert len(turn.handover.summary) <= 500
    assert turn.actions == tuple(wanted.get("actions", ())), place
    if "looked_up" in wanted:
        assert {one: dict(asked.values) for one, asked in looked_up.items()} == wanted["looked_up"], place
    if "code" in wanted:
        assert [asked.code for asked in looked_up.values()] == [wanted["code"]], place


@pytest.fixture(scope="module")
def owns(telecom: EmbeddedEngine) -> dict[str, EmbeddedEngine]:
    other = engine.embedded_of(engine.make("insurance"))
    assert other is not None
    return {"telecom": telecom, "insurance": other}


def test_there_are_enough_of_them() -> None:
    assert len(DIALOGUES) >= 60
    for bot in ("telecom", "insurance"):
        for language in ("fr", "en"):
            assert any(
                (one.get("bot", "telecom"), one.get("language", "fr")) == (bot, language) for one in DIALOGUES.values()
            )


@pytest.mark.parametrize("name", DIALOGUES)
def test_a_conversation_goes_as_it_is_written(name: str, owns: dict[str, EmbeddedEngine]) -> None:
    own = owns[DIALOGUES[name].get("bot", "telecom")]
    hold(DIALOGUES[name], own, own)


@pytest.mark.needs("RFP-122")
@pytest.mark.parametrize("name", of("RFP-122"))
def test_conversations_of_many_texts(name: str, owns: dict[str, EmbeddedEngine]) -> None:
    test_a_conversation_goes_as_it_is_written(name, owns)


@pytest.mark.needs("RFP-123", part="what was asked before, and what look-ups find; no last campaign yet")
@pytest.mark.parametrize("name", of("RFP-123"))
def test_follow_ups_are_understood_by_what_came_before(name: str, owns: dict[str, EmbeddedEngine]) -> None:
    test_a_conversation_goes_as_it_is_written(name, owns)


@pytest.mark.needs("RFP-126")
@pytest.mark.parametrize("name", of("RFP-126"))
def test_a_subject_is_kept_over_five_texts(name: str, owns: dict[str, EmbeddedEngine]) -> None:
    test_a_conversation_goes_as_it_is_written(name, owns)


@pytest.mark.needs("RFP-131")
@pytest.mark.parametrize("name", of("RFP-131"))
def test_several_requests_of_one_text_are_all_answered(name: str, owns: dict[str, EmbeddedEngine]) -> None:
    test_a_conversation_goes_as_it_is_written(name, owns)


@pytest.mark.needs("RFP-148", part="correction, change of subject and return, seamless handover")
@pytest.mark.parametrize("name", of("RFP-148"))
def test_corrections_changes_of_subject_and_returns(name: str, owns: dict[str, EmbeddedEngine]) -> None:
    test_a_conversation_goes_as_it_is_written(name, owns)


@pytest.mark.parametrize("name", [name for name, one in DIALOGUES.items() if one.get("bot", "telecom") == "telecom"])
def test_a_server_that_talks_for_the_bot_changes_nothing_of_it(
    name: str, telecom: EmbeddedEngine, fake: FakeRasa
) -> None:
    """The dialogue stands above either engine."""
    talking: RasaEngine = remote(fake, telecom)
    hold(DIALOGUES[name], talking, telecom)


@pytest.fixture(scope="module")
def fake(telecom: EmbeddedEngine) -> Any:
    with FakeRasa(telecom) as rasa:
        yield rasa
