"""A whole Palabre to break, and eyes on both ends of the line: the operators' ledger and the database."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config.up import trial
from config.up.trial import Running


class Line:
    """What subscribers did and what operators saw, through the simulator's control API."""

    def __init__(self, palabre: Running) -> None:
        self.address = palabre.phone.rstrip("/")

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.address}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def text(self, sender: str, body: str, *, to: str = "1919", count: int = 1, account: str = "savane") -> list[str]:
        return self.ask("/control/mo", {"from": sender, "to": to, "text": body, "count": count, "account": account})[
            "ids"
        ]

    def behave(self, account: str, **values: Any) -> None:
        self.ask(f"/control/accounts/{account}/behaviour", values)

    def last(self) -> int:
        """The number of the ledger's newest row."""
        return int(self.ask("/control/state")["ledger"]["last"])

    def ledger(self, since: int = 0) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        while True:
            page = self.ask(f"/control/ledger?since={since}&limit=20000")
            rows += page["rows"]
            if page["upto"] >= page["last"] or not page["rows"]:
                return rows
            since = page["upto"]

    def acknowledged(self) -> Counter[str]:
        """Texts of subscribers whose deliver_sm got ESME_ROK: text -> times."""
        texts = {}
        acked: Counter[str] = Counter()
        for row in self.ledger():
            if row.get("command") == "deliver_sm" and row.get("mo"):
                texts[row["mo"]] = row.get("text", "")
            if row.get("command") == "deliver_sm_resp" and row.get("status") == 0 and row.get("mo") in texts:
                acked[texts[row["mo"]]] += 1
        return acked

    def acknowledges(self, mo: str, since: int) -> bool:
        """Whether every part of this text got ESME_ROK, looking at the ledger's rows after `since`."""
        parts, taken = 1, 0
        for row in self.ledger(since):
            if row.get("mo") == mo and row.get("command") == "deliver_sm":
                parts = row.get("parts", 1)
            elif row.get("mo") == mo and row.get("command") == "deliver_sm_resp" and row.get("status") == 0:
                taken += 1
        return taken >= parts

    def submitted(self) -> Counter[str]:
        """What the operators were handed: text -> times."""
        return Counter(row.get("text", "") for row in self.ledger() if row.get("command") == "submit_sm")


@pytest.fixture(scope="session")
def data(request: pytest.FixtureRequest) -> Iterator[Path | None]:
    """Schema and demo data, made once for all products of this run; None where there is one product only."""
    if sum("palabre" in item.fixturenames for item in request.session.items) < 2:
        yield None
        return
    with trial.data() as made:
        yield made


@pytest.fixture
def palabre(data: Path | None) -> Iterator[Running]:
    with trial.running(like=data) as running:
        yield running


@pytest.fixture(scope="session")
def standing(data: Path | None) -> Iterator[Running]:
    """One product for the tests that leave it as they found it: alive, and quiet. Its gateway can be killed at named
    points of sending (crashing/sitecustomize.py); nothing else of it differs. All agents have room."""
    crashing = Path(__file__).parent / "crashing"
    path = os.pathsep.join([str(crashing), *filter(None, [os.environ.get("PYTHONPATH", "")])])
    with trial.running({"PYTHONPATH": path}, like=data) as running:
        with psycopg.connect(running.environ["DATABASE_OWNER_URL"], autocommit=True) as connection:
            connection.execute("update routing_agentstate set capacity = 1000, state = 'busy'")
        yield running


@pytest.fixture
def line(palabre: Running) -> Line:
    return Line(palabre)


@pytest.fixture
def rows(palabre: Running) -> Callable[..., list[tuple[Any, ...]]]:
    """Ask the product's database."""

    def ask(sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(palabre.environ["DATABASE_OWNER_URL"], autocommit=True) as connection:
            return connection.execute(sql, parameters).fetchall()

    return ask


def wait_until(claim: Callable[[], bool], what: str, limit_s: float = 0.0) -> float:
    """Seconds until `claim` holds; fails after `limit_s`, naming what was awaited. What has no promise of its own has
    10 s, as `promised` counts them."""
    began, limit_s = time.monotonic(), limit_s or promised(10)
    while not claim():
        if time.monotonic() - began > limit_s:
            pytest.fail(f"after {limit_s:g} s still not: {what}")
        time.sleep(0.05)
    return time.monotonic() - began


# The counts of `make faults`. Without it, one seed of a short form, on a machine that may have other work: promised
# times are then held to three times their limit, to twice that beside other faults, and always printed.
FULL = os.environ.get("FAULT_FULL", "") not in ("", "0")
BESIDE = os.environ.get("FAULT_BESIDE", "") not in ("", "0")
STALLED = 3.0 if not FULL else 2.0 if BESIDE else 1.0


def promised(limit_s: float) -> float:
    """The limit that a promise of `limit_s` seconds is held to in this run."""
    return limit_s * STALLED


def seeds(most: int = 1000) -> list[int]:
    """0, 1, 2... as many as FAULT_SEEDS says and at most `most`; FAULT_SEED=7 names the only one."""
    if only := os.environ.get("FAULT_SEED", ""):
        return [int(only)]
    return list(range(min(most, int(os.environ.get("FAULT_SEEDS", "1")))))
