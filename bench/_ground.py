"""What several benches share: the product that is measured, questions to it, and the accounts of CPU and of time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import psycopg
from psycopg.types.json import Jsonb

from config.up import secrets_file
from config.up.postgres import SUPERUSER
from config.up.trial import Running
from realtime.doorbell import LINKS
from simulator.accounts import DEVELOPMENT_PASSWORD

ROOT = Path(__file__).resolve().parent.parent
ACCOUNTS = ("savane", "lagune")
PRODUCT = ("gateway", "dispatcher", "web", "worker", "beat", "postgres", "valkey")


def environment(palabre: Running) -> dict[str, str]:
    return {**os.environ, **palabre.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}


def ask(palabre: Running, path: str, body: dict[str, Any] | None = None) -> Any:
    """The simulator's control API."""
    request = urllib.request.Request(
        palabre.phone.rstrip("/") + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def rows(palabre: Running, sql: str, *parameters: object, superuser: bool = False) -> list[tuple[Any, ...]]:
    """Ask the product's database, as the owner of its schema."""
    with psycopg.connect(url(palabre, superuser=superuser), autocommit=True) as connection:
        cursor = connection.execute(sql, parameters or None)
        return cursor.fetchall() if cursor.description else []


def url(palabre: Running, *, superuser: bool = False) -> str:
    owner = palabre.environ["DATABASE_OWNER_URL"]
    if not superuser:
        return owner
    secret = secrets_file.load(palabre.state)["superuser"]
    return f"postgresql://{SUPERUSER}:{secret}@{owner.rsplit('@', 1)[1]}"


@contextmanager
def helper(palabre: Running, module: str, **order: Any) -> Iterator[Helper]:
    """`python -m bench.<module>`, a process of its own with the product's environment."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"bench.{module}"],
        cwd=ROOT, env=environment(palabre), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        one = Helper(process)
        one.tell(**order)
        yield one
    finally:
        process.kill()
        process.wait()


class Helper:
    """A generator or a peer: one JSON line to it, one JSON line back."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def tell(self, **order: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"a helper has ended: {self.process.args!r}")
        said: dict[str, Any] = json.loads(line)
        return said


def run_in_product(palabre: Running, code: str, *arguments: str) -> str:
    """Run a script with the product's settings; returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment(palabre), cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


# --- the operators ----------------------------------------------------------------------------------------------


def set_windows(palabre: Running, window: int) -> None:
    """The operators' window of texts without an answer. Only those at ACCOUNTS are connected from here on."""
    keep_to_accounts(palabre)
    for account in ACCOUNTS:
        ask(palabre, f"/control/accounts/{account}/behaviour", {"window": window, "per_subscriber": window})


def flood(palabre: Running, *, count: int, limit_s: float = 300, **order: Any) -> dict[str, Any]:
    """Have subscribers text; returns the flood as it ended. `handed` texts were acknowledged in `seconds`."""
    ask(palabre, "/control/flood", {"count": count, "account": list(ACCOUNTS), **order})
    while True:
        time.sleep(0.2)
        found: dict[str, Any] = ask(palabre, "/control/state")["flood"]
        if found["state"] == "done":
            return found
        if found["seconds"] > limit_s:
            raise RuntimeError(f"the flood has not ended: {found}")


def lost(palabre: Running, mark: str, count: int) -> int:
    """How many of `count` texts, each "<mark> <number>", are not in the database."""
    ((stored,),) = rows(
        palabre, "select count(distinct body) from conversations_message where body like %s", f"{mark} %"
    )
    return count - int(stored)


def ledger(palabre: Running, since: int = 0) -> Iterator[dict[str, Any]]:
    """The simulator's rows after number `since`."""
    while True:
        page = ask(palabre, f"/control/ledger?since={since}&limit=20000")
        yield from page["rows"]
        if page["upto"] >= page["last"] or not page["rows"]:
            return
        since = page["upto"]


_OURS = "coalesce(settings ->> 'system_id', '') = any(%s)"


def keep_to_accounts(palabre: Running) -> None:
    """Stop the demonstration's other links: what is measured comes and leaves by two links of one kind."""
    with psycopg.connect(url(palabre), autocommit=True) as connection:
        connection.execute(f"update conversations_link set is_enabled = false where not {_OURS}", [list(ACCOUNTS)])
        connection.execute(f"notify {LINKS}")
    if palabre.facts("gateway"):
        wait_until(lambda: len(_bound(palabre)) == len(ACCOUNTS), 30, "links bound")


def set_links(palabre: Running, **values: Any) -> None:
    """Change the settings of the demonstration's links at ACCOUNTS, and wait until they are bound again."""
    keep_to_accounts(palabre)
    with psycopg.connect(url(palabre), autocommit=True) as connection:
        connection.execute(
            f"update conversations_link set settings = settings || %s where {_OURS}", [Jsonb(values), list(ACCOUNTS)]
        )
        connection.execute(f"notify {LINKS}")
    time.sleep(1.5)
    wait_until(lambda: len(_bound(palabre)) == len(ACCOUNTS), 30, "links bound")


def _bound(palabre: Running) -> list[str]:
    bound = (palabre.facts("gateway") or {}).get("bound")
    return bound if isinstance(bound, list) else []


def wait_until(done: Callable[[], bool], seconds: float, what: str) -> float:
    """The seconds until `done`. Raises RuntimeError after `seconds`."""
    began = time.monotonic()
    while not done():
        if time.monotonic() - began > seconds:
            raise RuntimeError(f"not within {seconds:g} s: {what}")
        time.sleep(0.05)
    return time.monotonic() - began


def ceiling_in(palabre: Running, *, window: int, count: int, numbers: int, to: str, links: int = len(ACCOUNTS)) -> int:
    """Texts a second that the generator, the simulator, hands to a customer that acknowledges at once and keeps
    nothing. The gateway must be stopped: the operators' accounts are free then."""
    set_windows(palabre, window)
    accounts = ACCOUNTS[:links]
    order = {"port": int(palabre.environ["SIMULATOR_SMPP_PORT"]), "password": DEVELOPMENT_PASSWORD}
    with helper(palabre, "_null_customer", accounts=accounts, **order) as customer:
        customer.hear()
        one: dict[str, Any] = {"account": accounts[0]} if links == 1 else {}
        found = flood(palabre, count=count, numbers=numbers, to=to, text="ceiling {n}", **one)
        return round(found["handed"] / found["seconds"])


def ceiling_out(palabre: Running, *, port: int, count: int, window: int, source: str) -> int:
    """Answers a second, with their receipts, that the operator at `port` does with a customer that keeps nothing."""
    submit = {"count": count, "window": window, "source": source}
    order = {"port": port, "accounts": list(ACCOUNTS), "password": DEVELOPMENT_PASSWORD, "submit": submit}
    with helper(palabre, "_null_customer", **order) as customer:
        customer.hear()
        return round(customer.hear()["rate"])


# --- the disk, the processor, the clock -------------------------------------------------------------------------


def commit_ms(palabre: Running, count: int = 300) -> float:
    """The median of one-row transactions made durable, by one client over TCP as the gateway is."""
    with psycopg.connect(url(palabre), autocommit=True) as connection:
        connection.execute("create table if not exists bench_commit (n int)")
        took = []
        for n in range(count):
            began = time.perf_counter()
            connection.execute("insert into bench_commit values (%s)", [n], prepare=True)
            took.append(time.perf_counter() - began)
        connection.execute("drop table bench_commit")
    return median(took) * 1000


class Processor:
    """CPU seconds of the product's processes, their children included, between `start` and `used`."""

    def __init__(self, palabre: Running, names: Sequence[str] = PRODUCT) -> None:
        pids = palabre.processes()
        self._processes = {name: pids[name].pid for name in names if name in pids}
        self._before: dict[str, float] = {}

    def start(self) -> Processor:
        self._before = self._now()
        return self

    def used(self) -> dict[str, float]:
        return {name: value - self._before.get(name, 0.0) for name, value in self._now().items()}

    def _now(self) -> dict[str, float]:
        return {name: cpu_of(pid) for name, pid in self._processes.items()}


def cpu_of(pid: int) -> float:
    """CPU seconds of a process and its children so far."""
    root = psutil.Process(pid)
    total = sum(root.cpu_times()[:2])
    # Of children that have ended the parent knows; of those that live, ask them.
    total += sum(root.cpu_times()[2:4])
    for child in root.children(recursive=True):
        try:
            total += sum(child.cpu_times()[:2])
        except psutil.NoSuchProcess:
            continue
    return float(total)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]
