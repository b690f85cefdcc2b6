"""A customer of the operators who acknowledges each text at once and keeps nothing: what the generator could do.

Order: {"port", "accounts", "password", "submit"?: {"count", "window", "source"}}. Says {"bound": n}; with `submit` it
then sends that many texts on each account and says {"rate": texts a second, answered and their receipts come}.
"""

from __future__ import annotations

import asyncio
import json
import struct
import time
from functools import partial
from typing import Any, cast

import uvloop

from bench._order import taken
from channels_sms.smpp import codes, pdu
from channels_sms.smpp.framing import FrameReader

_ANSWER = struct.Struct(">LLLLx")


class Customer(asyncio.Protocol):
    def __init__(self, system_id: str, password: str) -> None:
        self.bound = asyncio.get_running_loop().create_future()
        self.done = asyncio.get_running_loop().create_future()
        self._credentials = system_id, password
        self._reader = FrameReader()
        self._bodies: list[bytes] = []
        self._sent = self._answered = self._receipts = self._window = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        system_id, password = self._credentials
        body = pdu.encode_bind_body(system_id=system_id, password=password, system_type="", long_password=False)
        self._transport.write(pdu.encode(codes.BIND_TRANSCEIVER, 0, 1, body))

    def data_received(self, data: bytes) -> None:
        out: list[bytes] = []
        for frame in self._reader.feed(data):
            if frame.command == codes.DELIVER_SM:
                self._receipts += 1
                out.append(_ANSWER.pack(17, codes.DELIVER_SM | codes.RESPONSE, 0, frame.sequence))
            elif frame.command == codes.SUBMIT_SM | codes.RESPONSE:
                self._answered += 1
            elif frame.command == codes.ENQUIRE_LINK:
                out.append(pdu.encode(codes.ENQUIRE_LINK_RESP, 0, frame.sequence))
            elif frame.command == codes.BIND_TRANSCEIVER | codes.RESPONSE and not self.bound.done():
                self.bound.set_result(frame.status)
        if out:
            self._transport.write(b"".join(out))
        if self._bodies:
            self._submit()

    def send(self, bodies: list[bytes], window: int) -> None:
        self._bodies, self._window = bodies, window
        self._submit()

    def _submit(self) -> None:
        room = min(self._window - (self._sent - self._answered), len(self._bodies) - self._sent)
        if room > 0:
            upto = self._sent + room
            self._transport.write(
                b"".join(
                    pdu.encode(codes.SUBMIT_SM, 0, number + 2, self._bodies[number])
                    for number in range(self._sent, upto)
                )
            )
            self._sent = upto
        if self._receipts >= len(self._bodies) and not self.done.done():
            self.done.set_result(None)


def bodies(count: int, source: str) -> list[bytes]:
    return [
        pdu.encode_message_body(
            pdu.ShortMessage(
                source=source, source_ton=3, destination=f"22901950{n % 100_000:05d}", destination_ton=1,
                destination_npi=1, registered_delivery=1, body=b"ceiling %07d" % n,
            )
        )
        for n in range(count)
    ]  # fmt: skip


async def main(order: dict[str, Any]) -> None:
    loop = asyncio.get_running_loop()
    customers = []
    for account in order["accounts"]:
        _, customer = await loop.create_connection(
            partial(Customer, account, order["password"]), "127.0.0.1", order["port"]
        )
        if await customer.bound:
            raise SystemExit(f"{account} refuses the bind")
        customers.append(customer)
    print(json.dumps({"bound": len(customers)}), flush=True)
    if submit := order.get("submit"):
        made = bodies(submit["count"], submit["source"])
        began = time.monotonic()
        for customer in customers:
            customer.send(made, submit["window"])
        await asyncio.gather(*(customer.done for customer in customers))
        rate = len(customers) * len(made) / (time.monotonic() - began)
        print(json.dumps({"rate": rate}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(taken()))
