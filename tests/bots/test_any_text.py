"""Whatever is sent, there is an answer or a person, and soon."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots import engine
from bots.turn import BotTurn, Turn
from tests.bots.talk import CONVERSATION

_TYPED = """bjr mn solde g pa recu stop agent conseiller pass nuit 5000f 0197001234 the my bill hello ? 👍
    {asked} /restart"""
WORDS = st.sampled_from(_TYPED.split())
ANY = st.text(alphabet=st.characters(), max_size=400)  # lone surrogates and NUL included
SPOKEN = st.one_of(ANY, st.lists(WORDS, max_size=12).map(" ".join))
TURNS = st.builds(Turn, author=st.sampled_from(["contact", "bot", "agent"]), body=SPOKEN)


@given(
    text=SPOKEN,
    history=st.lists(TURNS, max_size=6),
    language=st.one_of(st.none(), st.sampled_from(["fr", "en", "de", ""])),
    conversation=st.uuids(),
)
@settings(max_examples=300, deadline=None)
def test_any_text_has_an_answer_or_a_person(
    text: str, history: list[Turn], language: str | None, conversation: object
) -> None:
    turn = engine.take_turn(
        bot="telecom", conversation_id=conversation, history=history, text=text, language=language
    )  # fmt: skip
    assert isinstance(turn, BotTurn)
    assert turn.replies or turn.handover
    assert turn.language in {"fr", "en"}
    assert 0 <= turn.confidence <= 1
    assert not turn.handover or turn.handover.reason != "failed", "the engine broke"
    for written in (*turn.replies, *turn.entities.values(), turn.handover.summary if turn.handover else ""):
        written.encode()
        assert "\x00" not in written


@pytest.mark.parametrize(
    "text",
    [
        "a" * 10_000,
        "ab " * 3_334,
        "0" * 10_000,
        "0 " * 5_000,
        "01 97 " * 1_667,
        "e\u0301" * 5_000,
        "\ufdfa" * 10_000,
        "é" * 10_000,
        " " * 10_000,
        "[" * 10_000,
        "pass " * 2_000,
        "".join(chr(0x4E00 + number % 20_000) for number in range(10_000)),
    ],
    ids=lambda text: ascii(text[:6]),
)
def test_ten_thousand_characters_take_no_longer_than_one_screen(text: str) -> None:
    """CPU time, not wall time: the machine may be busy. The ceiling is generous; a runaway takes minutes."""
    engine.warm("telecom")
    history = [Turn("contact", text)] * 60
    begun = time.thread_time()
    turn = engine.take_turn(
        bot="telecom", conversation_id=CONVERSATION, history=history, text=text + "!", language=None
    )
    assert time.thread_time() - begun < 0.5
    assert turn.replies or turn.handover
    assert not turn.handover or len(turn.handover.summary) < 1_000


def test_a_bot_is_trained_once_however_many_ask_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from concurrent.futures import ThreadPoolExecutor

    made = []

    class Slow(engine.EmbeddedEngine):
        def __init__(self, folder: Path, memory: Path | None) -> None:
            made.append(folder)
            super().__init__(folder, memory)

    monkeypatch.setitem(engine.ENGINES, "embedded", Slow)
    monkeypatch.setattr(engine, "_ready", {})
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: engine.warm("telecom"), range(8)))
    assert len(made) == 1
