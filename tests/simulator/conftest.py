"""The cast of these tests: an exchange on free ports, and Esme, a customer who speaks SMPP over a raw socket."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from smpplib import smpp

from simulator.accounts import Account, demo_accounts, dice
from simulator.exchange import Exchange
from simulator.pages import application

AWA = "2290197204518"
PASSWORD = "secret"


class _Numbers:
    sequence = 0

    def next_sequence(self) -> int:
        return 0


class Esme:
    """A customer, written on smpplib's PDU classes alone: it shares no code with the simulator."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._next = 0

    def sequence(self) -> int:
        self._next += 1
        return self._next

    def send(self, command: str, *, sequence: int | None = None, status: int = 0, **fields: Any) -> int:
        pdu = smpp.make_pdu(command, client=_Numbers(), **fields)
        pdu.sequence = self.sequence() if sequence is None else sequence
        pdu.status = status
        self.writer.write(pdu.generate())
        return pdu.sequence

    async def raw(self, seconds: float = 5.0) -> bytes:
        async with asyncio.timeout(seconds):
            head = await self.reader.readexactly(4)
            return head + await self.reader.readexactly(struct.unpack(">L", head)[0] - 4)

    async def pdu(self, seconds: float = 5.0) -> Any:
        return smpp.parse_pdu(await self.raw(seconds), client=_Numbers(), allow_unknown_opt_params=True)

    async def expect(self, command: str, seconds: float = 5.0) -> Any:
        """The next PDU, which has to be this one."""
        pdu = await self.pdu(seconds)
        assert pdu.command == command, f"{pdu.command} came, not {command}"
        return pdu

    async def silence(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            pdu = await self.pdu(seconds)
            raise AssertionError(f"{pdu.command} came")

    async def bind(self, system_id: str = "savane", password: str = PASSWORD, mode: str = "transceiver") -> Any:
        self.send(f"bind_{mode}", system_id=system_id, password=password, interface_version=0x34)
        return await self.expect(f"bind_{mode}_resp")

    def accept(self, pdu: Any, status: int = 0) -> None:
        self.send("deliver_sm_resp", sequence=pdu.sequence, status=status)

    def submit(self, text: bytes = b"Bonjour", to: str = AWA, **fields: Any) -> int:
        values = {
            "source_addr_ton": 3, "source_addr_npi": 0, "source_addr": "1919", "dest_addr_ton": 1,
            "dest_addr_npi": 1, "destination_addr": to, "short_message": text, "registered_delivery": 1,
            "esm_class": 0, "data_coding": 0,
        } | fields  # fmt: skip
        return self.send("submit_sm", **values)

    async def closed(self, seconds: float = 5.0) -> bool:
        async with asyncio.timeout(seconds):
            try:
                while await self.reader.read(4096):
                    pass
            except ConnectionError:
                pass
        return True

    def close(self) -> None:
        self.writer.transport.abort()


class World:
    """An exchange, its HTTP side, and the customers that came to it."""

    awa = AWA

    def __init__(self, exchange: Exchange, port: int, http: TestClient) -> None:
        self.exchange, self.port, self.http = exchange, port, http
        self._esmes: list[Esme] = []
        self.over = False

    async def esme(self) -> Esme:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._esmes.append(Esme(reader, writer))
        return self._esmes[-1]

    async def bound(self, system_id: str = "savane", mode: str = "transceiver") -> Esme:
        esme = await self.esme()
        assert (await esme.bind(system_id, mode=mode)).status == 0
        return esme

    async def post(self, path: str, status: int = 200, **values: Any) -> Any:
        response = await self.http.post(path, json=values)
        answer = await response.json()
        assert response.status == status, answer
        return answer

    async def behave(self, account: str = "savane", **values: Any) -> None:
        await self.post(f"/control/accounts/{account}/behaviour", **values)

    async def text(self, text: str = "Bonjour", number: str = AWA, to: str = "1919", **extra: Any) -> list[str]:
        return (await self.post("/control/mo", **{"from": number, "to": to, "text": text}, **extra))["ids"]

    async def get(self, path: str) -> Any:
        response = await self.http.get(path)
        assert response.status == 200, await response.text()
        return await response.json()

    async def bubbles(self, number: str = AWA, code: str = "1919") -> list[dict[str, Any]]:
        return (await self.get(f"/phone/thread?number={number}&code={code}"))["bubbles"]

    async def ledger(self, **wanted: Any) -> list[dict[str, Any]]:
        rows = (await self.get("/control/ledger"))["rows"]
        return [row for row in rows if all(row.get(name) == value for name, value in wanted.items())]

    async def account(self, name: str = "savane") -> dict[str, Any]:
        accounts = (await self.get("/control/state"))["accounts"]
        return next(account for account in accounts if account["id"] == name)

    async def state_of(self, text_id: str) -> str:
        return next(bubble["state"] for bubble in await self.bubbles() if bubble["id"] == text_id)

    async def reaches(self, text_id: str, state: str) -> None:
        """Wait until the phone shows this state."""

        async def there() -> bool:
            return await self.state_of(text_id) == state

        await self.until(there)

    async def counts(self, **wanted: int) -> None:
        """Wait until the account's figures are these."""

        async def there() -> bool:
            account = await self.account()
            return all(account[name] == value for name, value in wanted.items())

        await self.until(there)

    async def until(self, check: Callable[[], Any], seconds: float = 5.0) -> Any:
        """The first true result of `check`, asked again and again."""
        try:
            async with asyncio.timeout(seconds):
                while not (found := await check()):
                    await asyncio.sleep(0.01)
                return found
        except TimeoutError:
            raise AssertionError(f"nothing after {seconds} s") from None

    async def close(self) -> None:
        for esme in self._esmes:
            esme.close()


async def open_world(state: Path, accounts: dict[str, Account] | None = None) -> World:
    exchange = Exchange(accounts or demo_accounts(PASSWORD), state / "simulator" / "ledger.jsonl", dice(7))
    port = await exchange.start(0)
    http = TestClient(TestServer(application(exchange), host="127.0.0.1"))
    await http.start_server()
    return World(exchange, port, http)


async def close_world(world: World) -> None:
    if world.over:
        return
    world.over = True
    await world.close()
    await world.http.close()
    await world.exchange.stop()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    opened = await open_world(tmp_path)
    for operator in opened.exchange.operators.values():
        operator.behaviour.change({"retry_s": 0.1, "receipt_delay_ms": 10})
    yield opened
    await close_world(opened)


@pytest.fixture
async def reopen(world: World, tmp_path: Path) -> AsyncIterator[Callable[[], Any]]:
    """Stop the exchange and start another on the same ledger."""
    opened: list[World] = []

    async def again() -> World:
        await close_world(world)
        opened.append(await open_world(tmp_path))
        return opened[-1]

    yield again
    for other in opened:
        await close_world(other)
