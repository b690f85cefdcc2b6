"""Whatever is written, in any order: an answer or a person, a memory that can be kept, and a way to people."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots import engine
from bots.dialogue import memory
from bots.turn import BotTurn, Found, Outcome, Turn
from tests.bots.talk import CONVERSATION

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TEXTS = """bjr|merci|oui|non|ok|menu|0|1|2|5|9|77|mn sold svp|ma facture est fausse|2500|2500 F hier|12/03|demain
pas 2500 mais 3500|non, 3500|je me suis trompé|laisse tomber|je sais pas|repete|plus court|et pour le mois ?
g pa recu mn credi|puk|telephone volé|97 00 12 34|mon solde et comment recharger|xqzt wkpf|👍|{value} {slots}
what time do you open|my bill is wrong|/restart|4821|declarer un sinistre|suivi de mon sinistre|AB 12345|moto|cotonou
j'ai eu un accident hier avec ma voiture|payment problem|le samedi|où ça|annuler|\x00\ud83d"""
WORDS = st.sampled_from([one.strip("\n") for line in TEXTS.split("\n") for one in line.split("|")])
SPOKEN = st.one_of(WORDS, WORDS, WORDS, st.text(max_size=200), st.lists(WORDS, max_size=4).map(" ".join))
OUTCOMES = st.sampled_from(["found", "none", "code_asked", "code_wrong", "refused", "timeout", "failed"])
BOTS = st.sampled_from(["telecom", "insurance"])
ROW = {
    "balance": "{value}",
    "bundle": "Jour",
    "left": "1 Go",
    "number": "1",
    "state": "x",
    "claim": "A",
    "policy": "P",
    "due": "x",
}


def take(
    bot: str, history: Sequence[Turn], text: str, kept: Any, outcome: Outcome, now: datetime = NOW
) -> BotTurn:  # fmt: skip
    found: list[Found] = []
    while True:
        turn = engine.take_turn(
            bot=bot, conversation_id=CONVERSATION, history=history, text=text, language="fr", memory=kept,
            found=tuple(found), now=now, people_open=True,
        )  # fmt: skip
        if turn.look_up is None:
            return turn
        assert not turn.replies
        assert len(found) < 3
        found.append(Found(outcome, (ROW,) if outcome == "found" else (), code="4821"))


def sound(turn: BotTurn) -> None:
    assert turn.replies or turn.handover
    assert all(reply.strip() for reply in turn.replies)
    assert not turn.handover or turn.handover.reason != "failed", "it broke"
    assert len(json.dumps(turn.memory, ensure_ascii=False).encode()) <= memory.MOST_BYTES
    assert json.loads(json.dumps(turn.memory)) == turn.memory
    for written in (
        *turn.replies,
        turn.handover.summary if turn.handover else "",
        json.dumps(turn.memory, ensure_ascii=False),
    ):
        written.encode()
        assert "\x00" not in written


@given(bot=BOTS, texts=st.lists(st.tuples(SPOKEN, OUTCOMES, st.booleans()), min_size=1, max_size=14))
@settings(max_examples=150, deadline=None)
def test_any_conversation_has_answers_a_small_memory_and_a_person_for_who_asks(
    bot: str, texts: list[tuple[str, Outcome, bool]]
) -> None:
    history: list[Turn] = []
    kept: Any = {}
    for text, outcome, agent in texts:
        if agent:
            history.append(Turn("agent", "Un instant."))
        turn = take(bot, history, text, kept, outcome)
        sound(turn)
        assert take(bot, history, text, kept, outcome) == turn, "the same turn twice is the same turn"
        kept = turn.memory
        asked = take(
            bot,
            [*history, Turn("contact", text), *(Turn("bot", one) for one in turn.replies)],
            "je veux un conseiller",
            kept,
            outcome,
        )
        assert asked.handover is not None
        assert asked.handover.reason == "asked"
        history += [Turn("contact", text), *(Turn("bot", reply) for reply in turn.replies)]


@given(
    kept=st.dictionaries(
        st.sampled_from(
            ["v", "at", "topic", "stack", "slots", "menu", "either", "said", "idle", "looking", "over", "x"]
        ),
        st.recursive(
            st.one_of(
                st.none(), st.booleans(), st.integers(), st.text(max_size=20), st.just(1), st.just(NOW.isoformat())
            ),
            lambda inner: st.one_of(
                st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
            ),
            max_leaves=8,
        ),
    )
)
@settings(max_examples=300, deadline=None)
def test_a_memory_that_is_damaged_is_dropped(kept: dict[str, Any]) -> None:
    for damaged in (kept, {**kept, "v": 1, "at": NOW.isoformat()}):
        sound(take("telecom", (), "2", damaged, "failed"))


def test_a_memory_of_another_shape_or_of_yesterday_is_dropped() -> None:
    open_menu = take("telecom", (), "menu", {}, "failed").memory
    assert take("telecom", (), "5", open_menu, "failed").memory["last"] == ["menu.bill"]
    assert take("telecom", (), "5", {**open_menu, "v": 2}, "failed").memory["last"] == ["utter_clarify"]
    later = NOW + timedelta(hours=25)
    assert take("telecom", (), "5", open_menu, "failed", later).memory["last"] == ["utter_clarify"]


def test_the_largest_memory_is_cut_down() -> None:
    big = memory.Memory(
        slots={f"slot{n}": "é" * 120 for n in range(40)},
        values={f"value{n}": "é" * 120 for n in range(40)},
        said={f"sentence.{n}" * 8: n for n in range(200)},
        stack=[memory.Frame("bill_dispute", {f"s{n}": "é" * 120 for n in range(9)}) for _ in range(9)],
    )
    kept = memory.write(big, NOW)
    assert len(json.dumps(kept, ensure_ascii=False).encode()) <= memory.MOST_BYTES
    assert memory.read(kept, NOW) == memory.read(json.loads(json.dumps(kept)), NOW)


def test_a_caller_that_keeps_no_memory_gets_answers_without_questions() -> None:
    turn = engine.take_turn(
        bot="telecom", conversation_id=CONVERSATION, history=(), text="ma facture est fausse", language="fr"
    )
    assert turn.handover is not None
    assert turn.memory == {}


def test_a_turn_does_not_change_the_memory_that_it_is_given() -> None:
    kept = dict(take("telecom", (), "ma facture est fausse", {}, "failed").memory)
    before = json.dumps(kept)
    take("telecom", (), "2500", kept, "failed")
    assert json.dumps(kept) == before


@pytest.mark.parametrize(
    "text", ["5 " * 5000, "12/03 " * 1700, "AB 1" * 2500, "hier et " * 1300, "97 00 " * 1700, "a" * 10000]
)
def test_ten_thousand_characters_cost_a_form_no_more_than_a_screen(text: str) -> None:
    for first in ("ma facture est fausse", "order status"):
        kept = take("telecom", (), first, {}, "failed").memory
        begun = time.thread_time()
        sound(take("telecom", (), text, kept, "failed"))
        assert time.thread_time() - begun < 0.5
