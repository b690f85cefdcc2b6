"""The simulator's operators speak SMPP with a customer that other people wrote: Kannel, as Debian builds it.

What our gateway is tested against is only as good as that. Kannel is bound to one operator by a transceiver, to another
by a transmitter and a receiver; its customer is this test. Where Kannel cannot be had, the test says so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from bench import _kannel as kannel
from bench._debian import Absent, programs
from channels_sms.text import gsm
from simulator.accounts import DEVELOPMENT_PASSWORD
from tests.faults.conftest import FULL, Line, wait_until

ROOT = Path(__file__).parents[2]
PHONES = {"savane": "2290197204518", "lagune": "2290195880264"}  # one subscriber of each operator
TEXTS = (
    "Bonjour",
    "Où est mon colis n° 4 ? 5 € [svp] {x} ~ \\ ^ |",
    "Être prêt, garçon : مرحبا 😀",
    "Bonjour, votre solde est de 1500 FCFA. " * 10 + "Fin",
    "Être prêt, 😀 " * 15 + "fin",
)
DELIVERED, FAILED, TAKEN = "1", "2", "8"  # Kannel's words for what became of a text
THROTTLED = 0x58

pytestmark = [
    pytest.mark.skipif(not FULL, reason="a gateway of other people: `make faults`"),
    pytest.mark.timeout(180),
]


@dataclass
class Customer:
    """What Kannel hands over by HTTP: texts as (sender, words), and the states it told of each text of ours."""

    texts: list[tuple[str, str]] = field(default_factory=list)
    states: dict[str, list[str]] = field(default_factory=dict)
    port: int = 0

    def take(self, path: str) -> None:
        parts = urlsplit(path)
        asked = {name: value.encode("latin-1") for name, value in parse_qsl(parts.query, True, encoding="latin-1")}
        if parts.path == "/mo":
            words = asked["text"].decode("utf-16-be" if asked["coding"] == b"2" else "utf-8")
            self.texts.append((asked["from"].decode().lstrip("+ "), words))
        else:
            self.states.setdefault(asked["id"].decode(), []).append(asked["state"].decode())


@contextmanager
def listening() -> Iterator[Customer]:
    customer = Customer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            customer.take(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    customer.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield customer
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def simulator(place: Path) -> Iterator[dict[str, int]]:
    """The simulator as a process of its own; the ports it says."""
    environ = {**os.environ, "PALABRE_STATE": str(place), "PALABRE_MODE": "test"}
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator", "--smpp-port", "0", "--http-port", "0"],
        cwd=ROOT, env=environ, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        ready = place / "run" / "simulator.ready"
        wait_until(ready.exists, "the simulator is ready", 30)
        yield json.loads(ready.read_text())
    finally:
        process.terminate()
        process.wait(10)


class World:
    def __init__(self, line: Line, gateway: kannel.Kannel, customer: Customer) -> None:
        self.line, self.gateway, self.customer = line, gateway, customer
        self._given = 0

    def give(self, text: str, account: str) -> str:
        """Hand a text for the subscriber of `account` to Kannel; the name under which its states come."""
        self._given += 1
        name = str(self._given)
        asked = {
            "from": "1919", "to": f"+{PHONES[account]}", "smsc": account, "text": text, "charset": "UTF-8",
            "coding": 0 if gsm.is_gsm(text) else 2, "dlr-mask": 31,
            "dlr-url": f"http://127.0.0.1:{self.customer.port}/state?id={name}&state=%d",
        }  # fmt: skip
        with urllib.request.urlopen(f"{self.gateway.sendsms}&{urlencode(asked)}", timeout=10) as answer:
            assert answer.status == 202
        return name

    def shown(self, account: str, since: int = 0) -> list[str]:
        """What this operator's subscriber has read."""
        return [
            row["text"]
            for row in self.line.ledger(since)
            if row["command"] == "phone.mt" and row["account"] == account and row["destination"] == PHONES[account]
        ]

    def states(self, name: str) -> list[str]:
        return self.customer.states.get(name, [])

    def bound(self) -> dict[str, list[str]]:
        told = self.line.ask("/control/state")["accounts"]
        return {one["id"]: sorted(session["mode"] for session in one["sessions"]) for one in told}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    try:
        programs("kannel", "bearerbox").path("smsbox")
    except Absent as why:
        pytest.skip(f"no Kannel here: {why}")
    with simulator(tmp_path_factory.mktemp("operators")) as ports, listening() as customer:
        binds = [
            kannel.Bind("savane", "savane", DEVELOPMENT_PASSWORD),
            kannel.Bind("lagune", "lagune", DEVELOPMENT_PASSWORD, pair=True),
        ]
        line = Line(SimpleNamespace(phone=f"http://127.0.0.1:{ports['http_port']}"))
        with kannel.running(kannel.Kannel(ports["smpp_port"], binds, customer.port)) as gateway:
            found = World(line, gateway, customer)
            await_binds(found)
            yield found


def await_binds(world: World) -> None:
    def there() -> bool:
        bound = world.bound()
        return bound["savane"] == ["trx"] and bound["lagune"] == ["rx", "tx"]

    wait_until(there, "Kannel is bound by a transceiver, and by a transmitter and a receiver", 30)


@pytest.fixture(autouse=True)
def nothing_strange(world: World) -> Iterator[None]:
    """Each begins with calm operators; neither side had to say that it cannot read the other."""
    began = world.line.last()
    for account in PHONES:
        world.line.behave(account, reset=True)
    yield
    strange = [row for row in world.line.ledger(began) if row.get("note") or row["command"] == "generic_nack"]
    assert strange == []


@pytest.mark.parametrize("long_texts", ["udh8", "udh16"])
@pytest.mark.parametrize("account", PHONES)
def test_kannel_reads_what_subscribers_text(world: World, account: str, long_texts: str) -> None:
    world.line.behave(account, long_texts=long_texts)
    before = len(world.customer.texts)
    for text in TEXTS:
        world.line.text(PHONES[account], text, to="1919", account=account)
    wait_until(lambda: len(world.customer.texts) >= before + len(TEXTS), "all have come to Kannel's customer", 20)
    time.sleep(0.5)  # for one that came twice
    expected = sorted((PHONES[account], text) for text in TEXTS)
    assert sorted(world.customer.texts[before:]) == expected


@pytest.mark.parametrize("form", ["text", "tlv"])
@pytest.mark.parametrize("account", PHONES)
def test_subscribers_read_what_kannel_sends_and_kannel_reads_the_receipts(
    world: World, account: str, form: str
) -> None:
    world.line.behave(account, receipt_form=form)
    began = world.line.last()
    names = [world.give(text, account) for text in TEXTS]
    wait_until(lambda: len(world.shown(account, began)) >= len(TEXTS), "the phone shows all", 20)
    wait_until(lambda: all(DELIVERED in world.states(name) for name in names), "Kannel has read the receipts", 20)
    assert sorted(world.shown(account, began)) == sorted(TEXTS)
    told = {state for name in names for state in world.states(name)}
    assert told == {TAKEN, DELIVERED}
    # A receipt of a text that never came on is read as such, too.
    world.line.behave(account, receipt_stat="UNDELIV", receipt_error="001")
    name = world.give("perdu", account)
    wait_until(lambda: FAILED in world.states(name), "Kannel has read that it failed", 20)


def test_what_the_operator_refuses_for_now_kannel_brings_again(world: World) -> None:
    began = world.line.last()
    texts = [f"bridé {number}" for number in range(5)]

    def throttled() -> bool:
        return any(
            row["command"] == "submit_sm_resp" and row["status"] == THROTTLED for row in world.line.ledger(began)
        )

    world.line.behave("savane", throttle=1.0)
    for text in texts:
        world.give(text, "savane")
    wait_until(throttled, "one is refused for now", 20)
    world.line.behave("savane", throttle=0.0)
    wait_until(lambda: len(world.shown("savane", began)) >= len(texts), "all have come", 60)
    assert sorted(world.shown("savane", began)) == sorted(texts)


@pytest.mark.parametrize("how", ["abort", "unbind"])
def test_after_a_cut_kannel_binds_again_and_has_what_was_kept(world: World, how: str) -> None:
    before, began = len(world.customer.texts), world.line.last()
    world.line.behave("savane", paused=True)
    world.line.text(PHONES["savane"], f"gardé {how}", to="1919", account="savane")
    world.line.ask("/control/accounts/savane/disconnect", {"how": how})
    world.line.behave("savane", paused=False)
    await_binds(world)
    wait_until(lambda: (PHONES["savane"], f"gardé {how}") in world.customer.texts[before:], "it has come", 30)
    if how == "unbind":
        wait_until(
            lambda: any(row["command"] == "unbind_resp" for row in world.line.ledger(began)), "Kannel says goodbye", 10
        )
