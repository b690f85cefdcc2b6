"""People who text by themselves, for `palabre demo --rate 2`: their scripts stand in scripts.yml.

They know nothing of the service: they post texts through the control API, hear answers by reading the ledger's phone
rows, think at a person's pace. One text leaves per 1/rate seconds on average: whoever has thought to the end writes,
and when nobody has, somebody new begins.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import random
import re
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from simulator.accounts import dice

_SCRIPTS = Path(__file__).parent / "scripts.yml"
_READ_PER_S, _WRITE_PER_S = 22.0, 5.0  # characters that a person reads and types in a second
_POLL_SECONDS = 0.4
_AGAIN = {"fr": ("allô ?", "vous êtes là ?", "j'attends tjrs"), "en": ("hello ??", "anyone there?", "still waiting")}
# Mobile prefixes of both demo operators, with the number of digits that follow.
_PREFIXES = (("2290197", 6), ("2290196", 6), ("2290161", 6), ("2290195", 6), ("2290194", 6), ("22670", 6), ("22654", 6))
_POOL = 600


@dataclass(frozen=True, slots=True)
class Step:
    say: str
    condition: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Script:
    name: str
    language: str
    steps: tuple[Step, ...]
    to: str = "1919"
    weight: int = 1
    patience: float = 90.0


@cache
def scripts() -> tuple[Script, ...]:
    """All scripts of scripts.yml. Raises ValueError naming the script that is wrong."""
    found = []
    for entry in yaml.safe_load(_SCRIPTS.read_text()):
        values = dict(entry)
        try:
            steps = tuple(_step(step) for step in values.pop("steps"))
            found.append(Script(steps=steps, **values))
        except (KeyError, TypeError, re.error) as error:
            raise ValueError(f"scripts.yml: {entry.get('name')}: {error}") from error
    return tuple(found)


def _step(raw: str | dict[str, str]) -> Step:
    if isinstance(raw, str):
        return Step(raw)
    return Step(raw["say"], re.compile(raw["if"], re.IGNORECASE) if "if" in raw else None)


@dataclass(slots=True)
class Talk:
    """One person in the middle of one script."""

    script: Script
    number: str
    at: int = 0  # the next step
    heard: str | None = None  # the answer to the step before; None while waiting
    since: float = 0.0  # of the last text
    nudged: bool = False

    def next_step(self) -> Step | None:
        """The step to say now, or None when the script is over. Steps whose condition fails are passed over."""
        while self.at < len(self.script.steps):
            step = self.script.steps[self.at]
            if step.condition is None or step.condition.search(self.heard or ""):
                return step
            self.at += 1
        return None


class Crowd:
    """All people of a run. Time is in seconds, given by the caller."""

    def __init__(self, chance: random.Random, *, pace: float = 1.0) -> None:
        self._chance = chance
        self._pace = pace
        self._numbers = list(dict.fromkeys(self._invented()))
        self._talks: dict[str, Talk] = {}
        self._due: list[tuple[float, int, str]] = []
        self._order = itertools.count()
        self.begun = 0

    def _invented(self) -> Iterator[str]:
        for n in range(_POOL):
            prefix, digits = _PREFIXES[n % len(_PREFIXES)]
            yield prefix + "".join(str(self._chance.randrange(10)) for _ in range(digits))

    def hear(self, number: str, code: str, text: str, now: float) -> None:
        """An answer has come: the person reads it, thinks, and will write."""
        talk = self._talks.get(number)
        if talk is None or talk.script.to != code:
            return
        first = talk.heard is None
        talk.heard = text if first else f"{talk.heard} {text}"
        if not first:
            return
        step = talk.next_step()
        if step is None:
            self._end(talk)
            return
        thinking = self._chance.uniform(1.5, 5) + len(text) / _READ_PER_S + len(step.say) / _WRITE_PER_S
        self._plan(talk, now + thinking * self._pace)

    def _plan(self, talk: Talk, at: float) -> None:
        heapq.heappush(self._due, (at, next(self._order), talk.number))

    def _end(self, talk: Talk) -> None:
        self._talks.pop(talk.number, None)

    def speak(self, now: float) -> tuple[str, str, str] | None:
        """(number, code, text) of the text that leaves now; None when everybody waits and nobody new is left."""
        while self._due and self._due[0][0] <= now:
            _, _, number = heapq.heappop(self._due)
            talk = self._talks.get(number)
            step = talk.next_step() if talk else None
            if talk is not None and step is not None:
                return self._say(talk, step.say, now)
        for talk in list(self._talks.values()):
            if talk.heard is None and now - talk.since > talk.script.patience * self._pace:
                if talk.nudged:
                    self._end(talk)
                    continue
                talk.nudged, talk.since = True, now
                return talk.number, talk.script.to, self._chance.choice(_AGAIN[talk.script.language])
        return self._begin(now)

    def _say(self, talk: Talk, text: str, now: float) -> tuple[str, str, str]:
        talk.at += 1
        talk.heard, talk.since, talk.nudged = None, now, False
        if talk.at >= len(talk.script.steps):
            self._end(talk)
        return talk.number, talk.script.to, text

    def _begin(self, now: float) -> tuple[str, str, str] | None:
        free = [number for number in self._numbers if number not in self._talks]
        if not free:
            return None
        [script] = self._chance.choices(scripts(), [script.weight for script in scripts()])
        talk = Talk(script, self._chance.choice(free))
        self._talks[talk.number] = talk
        self.begun += 1
        return self._say(talk, script.steps[0].say, now)


def run(base_url: str, rate: float, duration: float | None = None, *, pace: float = 1.0) -> dict[str, int]:
    """Let people text at `rate` texts per second until Ctrl-C, SIGTERM or `duration` seconds.

    `pace` stretches (or shortens) every thinking time. Returned: how many texts left, how many people began.
    """
    if rate <= 0:
        raise ValueError("the rate is above 0 texts per second")
    return asyncio.run(_run(base_url.rstrip("/"), rate, duration, pace))


async def _run(base_url: str, rate: float, duration: float | None, pace: float) -> dict[str, int]:
    chance = dice(None)
    crowd = Crowd(chance, pace=pace)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        # In a thread other than the main one (tests) the caller stops the run by its duration.
        with contextlib.suppress(RuntimeError, ValueError):
            loop.add_signal_handler(number, stop.set)
    texts = 0
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
        listener = loop.create_task(_listen(http, base_url, crowd))
        began = due = time.monotonic()
        while not stop.is_set() and (duration is None or time.monotonic() - began < duration):
            due += chance.expovariate(rate)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, due - time.monotonic())):
                    await stop.wait()
            said = crowd.speak(time.monotonic())
            if said is not None and not stop.is_set():
                texts += await _post(http, base_url, *said)
        listener.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listener
    return {"texts": texts, "people": crowd.begun}


async def _post(http: aiohttp.ClientSession, base_url: str, number: str, code: str, text: str) -> int:
    values = {"from": number, "to": code, "text": text}
    try:
        async with http.post(f"{base_url}/control/mo", json=values) as answer:
            if answer.status == 200:
                return 1
            sys.stderr.write(f"{number}: {await answer.text()}\n")
    except (aiohttp.ClientError, TimeoutError) as error:
        sys.stderr.write(f"The simulator does not answer ({error}); trying again.\n")
        await asyncio.sleep(1)
    return 0


async def _listen(http: aiohttp.ClientSession, base_url: str, crowd: Crowd) -> None:
    """Hear what reaches the phones from now on."""
    since: int | None = None
    while True:
        try:
            rows, since = await _heard(http, base_url, since)
            for row in rows:
                crowd.hear(row["destination"], row["source"], row["text"], time.monotonic())
        except (aiohttp.ClientError, TimeoutError):
            since = None  # a restarted simulator may count anew
        await asyncio.sleep(_POLL_SECONDS)


async def _heard(http: aiohttp.ClientSession, base_url: str, since: int | None) -> tuple[list[dict[str, Any]], int]:
    if since is None:
        async with http.get(f"{base_url}/control/state") as answer:
            return [], (await answer.json())["ledger"]["last"]
    query = {"since": str(since), "direction": "phone", "command": "phone.mt"}
    async with http.get(f"{base_url}/control/ledger", params=query) as answer:
        page = await answer.json()
    return page["rows"], page["upto"]
