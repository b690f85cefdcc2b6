"""Many subscribers texting at once, for load.

The texts are encoded before the first one leaves: one deliver_sm by smpplib, cut around the number and the text,
filled in for each. They then take the same way as any subscriber's text (kept, redelivered, in order per
subscriber, in the ledger), except that they are not shown on a phone page.

Ceiling, measured once (2 cores, load average 0.7, uvloop, ledger on, 30,000 texts of 1,000 subscribers, a peer that
acknowledges at once): 11,700 texts/s at window 1, 43,600 at window 10, 73,100 at window 100.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from channels_sms.text import gsm
from simulator import codec
from simulator.exchange import Exchange, Refused
from simulator.ledger import content_hash
from simulator.operators import Operator

_MOST = 1_000_000
_CHUNK = 2_000
_BACKLOG = 20_000  # with no rate asked, no more than this waits at one operator
_FIRST_NUMBER = 2290190000000


@dataclass(slots=True)
class Flood:
    """One flood and how far it is. `rate` 0 = as fast as the service acknowledges."""

    id: str
    count: int
    rate: float
    numbers: int
    accounts: list[str]
    code: str
    text: str
    sent: int = 0
    state: str = "encoding"
    started: float = 0.0
    handed_before: int = 0
    finished: float = 0.0
    _prepared: list[tuple[bytes, str, str, str]] = field(default_factory=list)

    def as_json(self, exchange: Exchange) -> dict[str, Any]:
        operators = [exchange.operators[account] for account in self.accounts]
        now = self.finished or time.monotonic()
        handed = sum(operator.keeper.handed for operator in operators) - self.handed_before
        seconds = max(now - self.started, 0.0) if self.started else 0.0
        return {
            "id": self.id, "count": self.count, "rate": self.rate, "state": self.state, "sent": self.sent,
            "handed": max(handed, 0), "seconds": seconds, "kept": sum(o.keeper.kept for o in operators),
        }  # fmt: skip

    async def run(self, exchange: Exchange) -> None:
        try:
            await self._encode()
            await self._pour([exchange.operators[account] for account in self.accounts])
            self.state = "done"
        except asyncio.CancelledError:
            self.state = "stopped"
            raise
        finally:
            self._prepared.clear()
            self.finished = time.monotonic()

    async def _encode(self) -> None:
        template = _template(self.code)
        for start in range(0, self.count, _CHUNK):
            for n in range(start, min(start + _CHUNK, self.count)):
                number = str(_FIRST_NUMBER + n % self.numbers)
                text = self.text.replace("{n}", f"{n:07d}")
                octets = gsm.encode(text)
                body = template(number, octets)
                self._prepared.append((body, number, text, content_hash(number, self.code, 0, 0, octets)))
            await asyncio.sleep(0)

    async def _pour(self, operators: list[Operator]) -> None:
        self.state = "pouring"
        self.handed_before = sum(operator.keeper.handed for operator in operators)
        self.started = time.monotonic()
        while self.sent < self.count or any(operator.keeper.kept for operator in operators):
            if self.rate:
                due = min(int((time.monotonic() - self.started) * self.rate) + 1, self.count)
            else:
                backlog = max(operator.keeper.kept for operator in operators)
                due = self.sent if backlog > _BACKLOG else min(self.sent + _CHUNK, self.count)
            for n in range(self.sent, due):
                body, number, text, digest = self._prepared[n]
                operator = operators[n % self.numbers % len(operators)]
                facts = {
                    "mo": f"{self.id}-{n}", "source": number, "destination": self.code, "text": text, "hash": digest,
                }  # fmt: skip
                operator.keeper.put(f"{number}>{self.code}", body, facts)
            self.sent = due
            for operator in operators:
                operator.wake()
            await asyncio.sleep(0.01)


def _template(code: str) -> Callable[[str, bytes], bytes]:
    """A function from (13-digit number, septets) to a deliver_sm's octets after the header."""
    number, text = "9" * 13, b"T" * 160
    body = codec.encode(
        "deliver_sm",
        sequence=0,
        source_addr_ton=1,
        source_addr_npi=1,
        source_addr=number,
        dest_addr_ton=3,
        dest_addr_npi=0,
        destination_addr=code,
        esm_class=0,
        data_coding=0,
        short_message=text,
    )[16:]
    before, rest = body.split(number.encode(), 1)
    middle, after = rest.split(bytes((len(text),)) + text, 1)

    def fill(source: str, octets: bytes) -> bytes:
        return b"".join((before, source.encode(), middle, bytes((len(octets),)), octets, after))

    return fill


def start(
    exchange: Exchange,
    flood_id: str,
    *,
    count: int,
    rate: float = 0,
    numbers: int = 1000,
    accounts: Sequence[str] = (),
    code: str = "1919",
    text: str = "Bonjour {n}",
) -> Flood:
    """Check the order. `accounts`: none for all of them. Raises Refused."""
    if not 1 <= count <= _MOST or not 1 <= numbers <= 100_000 or rate < 0:
        raise Refused(f"count is 1 to {_MOST}, numbers 1 to 100000, rate not negative")
    if not gsm.is_gsm(text) or gsm.septets(text.replace("{n}", "0" * 7)) > 160 or not text:
        raise Refused("a flood's text fits in one GSM 03.38 message")
    chosen = [exchange.operator(account).id for account in accounts] or list(exchange.operators)
    return Flood(flood_id, count, rate, min(numbers, count), chosen, code, text)
