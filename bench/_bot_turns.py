"""Turns of bots, in a process with the product's settings (bench/bot.py).

Order: {"repeats"}. Says as often {"p99_ms", "p50_ms", "bare_p99_ms", "best_p99_ms", "turns", "lost"}, the embedded
engine's; then as often {"real", "paced", "flooded"}, each of the two {"p99_ms", "p50_ms", "rate", "turns", "lost",
"fell_back"}, of a server.
"""

from __future__ import annotations

import contextlib
import gc
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import django

from bench._order import taken

django.setup()  # before the product's own modules

import yaml  # noqa: E402
from django.conf import settings  # noqa: E402

from bench._ground import percentile  # noqa: E402
from bots import engine  # noqa: E402
from bots.embedded.engine import EmbeddedEngine  # noqa: E402
from bots.remote import servers  # noqa: E402
from bots.turn import BotTurn, Turn  # noqa: E402
from tests.bots.fake_rasa import TOKEN, FakeRasa  # noqa: E402

KEPT = Path(__file__).resolve().parent.parent / "bots" / "kept"
BOTS, LANGUAGES = ("telecom", "insurance"), ("fr", "en")
BEFORE = 6
PACE, PACED_S = 50, 15
FLOOD, FLOODED_S = 1_000, 4
THREADS = 96  # as many as the dispatcher has (routing/turns.py)


def talks(bot: str) -> Iterator[tuple[str, str, tuple[Turn, ...]]]:
    """(text, language, what was said before)."""
    for language in LANGUAGES:
        listed = yaml.safe_load((KEPT / f"{bot}_{language}.yml").read_text())
        texts = [text for some in listed.values() for text in some]
        for place, text in enumerate(texts):
            earlier = texts[max(0, place - place % (BEFORE + 1)) : place]
            said = [Turn("contact", one) if at % 2 == 0 else Turn("bot", one) for at, one in enumerate(earlier)]
            yield text, language, tuple(said)


def embedded(best: list[float]) -> dict[str, Any]:
    """One pass over all texts of both bots; the first pass of a process fills its caches, as a day of texts does.
    `best`: of each turn the least that any pass took, kept from pass to pass: what neighbours on the machine add to
    one pass (their use of its caches counts as our processor time) they do not add to all.
    """
    took: dict[bool, list[float]] = {True: [], False: []}
    lost = 0
    for bot in BOTS:
        own = engine.embedded_of(engine._engine(engine.catalogue.folder(bot), "embedded"))
        assert own is not None
        felt = own.files
        for mood in (False, True):
            own.files = replace(felt, mood=mood)
            for text, language, history in talks(bot):
                began = time.thread_time()
                turn = engine.take_turn(
                    bot=bot, conversation_id=UUID(int=1), history=history, text=text, language=language
                )
                took[mood].append((time.thread_time() - began) * 1000)
                lost += not turn.replies and turn.handover is None
        own.files = felt
    full = took[True]
    best[:] = list(map(min, full, best)) if best else full
    return {
        "p99_ms": round(percentile(full, 0.99), 3), "p50_ms": round(percentile(full, 0.5), 3),
        "bare_p99_ms": round(percentile(took[False], 0.99), 3), "best_p99_ms": round(percentile(best, 0.99), 3),
        "turns": len(full), "lost": lost,
    }  # fmt: skip


def paced(turn: Callable[[str, str], BotTurn], rate: int, seconds: int) -> dict[str, Any]:
    """Turns that are due one after the other, whatever became of those before; a turn's time runs from then."""
    lines = [(text, language) for text, language, _ in talks("telecom")]
    due = time.perf_counter() + 0.2
    before = _fallbacks()

    def one(number: int) -> tuple[float, bool]:
        wait = due + number / rate - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        made = turn(*lines[number % len(lines)])
        there = bool(made.replies) or made.handover is not None
        return (time.perf_counter() - due - number / rate) * 1000, there

    with ThreadPoolExecutor(THREADS) as pool:
        done = list(pool.map(one, range(rate * seconds)))
    passed = time.perf_counter() - due
    took = [ms for ms, _ in done]
    return {
        "p99_ms": round(percentile(took, 0.99), 1), "p50_ms": round(percentile(took, 0.5), 1),
        "rate": round(len(done) / passed), "turns": len(done), "lost": sum(not there for _, there in done),
        "fell_back": _fallbacks() - before,
    }  # fmt: skip


def _fallbacks() -> int:
    return sum(one.fallbacks for one in servers.facts() if one.bot == "telecom")


@contextlib.contextmanager
def server() -> Iterator[tuple[bool, str, str]]:
    """Whether it is a real one, its address and its token."""
    if settings.RASA_URL:
        yield True, settings.RASA_URL, settings.RASA_TOKEN
        return
    own = engine.embedded_of(engine._engine(engine.catalogue.folder("telecom"), "embedded"))
    assert isinstance(own, EmbeddedEngine)
    with FakeRasa(own) as fake:
        yield False, fake.url, TOKEN


def say(found: dict[str, Any]) -> None:
    print(json.dumps(found), flush=True)


def run(repeats: int) -> None:
    for bot in BOTS:
        engine.warm(bot)
    gc.collect()
    gc.freeze()  # as the dispatcher does (common/memory.py)
    best: list[float] = []
    embedded(best)
    for _ in range(repeats):
        say(embedded(best))

    def turn(text: str, language: str) -> BotTurn:
        return engine.take_turn(
            bot="telecom", conversation_id=uuid4(), history=(), text=text, language=language, engine="rasa"
        )

    with server() as (real, url, token):
        for _ in range(repeats):
            servers.use(url=url, token=token)  # a new breaker: the flood before has left the old one open
            engine.warm("telecom", "rasa")
            found = {"real": real, "paced": paced(turn, PACE, PACED_S), "flooded": paced(turn, FLOOD, FLOODED_S)}
            say(found)


if __name__ == "__main__":
    run(taken()["repeats"])
