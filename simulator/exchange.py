"""The mobile world in one process: the operators, the phones, the ledger, and the door where sessions knock."""

from __future__ import annotations

import asyncio
import hmac
import random
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simulator import codec
from simulator.accounts import DEVELOPMENT_PASSWORD, Account, home_of
from simulator.ledger import Ledger
from simulator.operators import Operator
from simulator.phone import KEPT, REFUSED, SENT, Phones
from simulator.session import Session
from simulator.texts import BadNumber, subscriber_number
from simulator.twilio import Twilio

_STORY_BYTES = 8 * 1024 * 1024  # of the ledger's end, read at start to show the phones as they were
TWILIO = "twilio"  # the account under which its texts stand in the ledger
_VALID_SECONDS = 24 * 3600  # how long an operator keeps a text


class Refused(ValueError):
    """The exchange cannot do what was asked; the message says why, for a person."""


class Exchange:
    def __init__(
        self,
        accounts: Mapping[str, Account],
        ledger_path: Path,
        dice: random.Random,
        token: str = DEVELOPMENT_PASSWORD,
    ) -> None:
        self.ledger = Ledger(ledger_path)
        self.phones = Phones(self.ledger)
        self.operators = {
            account.id: Operator(account, self.phones, self.ledger, dice) for account in accounts.values()
        }
        self.twilio = Twilio(self.phones, token=token)
        self._visitors: set[Session] = set()
        self._clock: asyncio.Task[None] | None = None
        self._servers: list[asyncio.Server] = []

    # --- life ------------------------------------------------------------------------------------------------

    async def start(self, port: int) -> int:
        """Listen on loopback. The port is returned (chosen by the system when `port` is 0)."""
        for bubble in self.phones.rebuild(list(self.ledger.tail(_STORY_BYTES))):
            self._take_up_again(bubble)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Session(self), "127.0.0.1", port, backlog=100)
        self._servers.append(server)
        self._clock = loop.create_task(self._tick())
        return int(server.sockets[0].getsockname()[1])

    def _take_up_again(self, bubble: dict[str, Any]) -> None:
        """A text that was kept when the simulator stopped is still kept."""
        operator = self.operators.get(bubble["account"])
        if bubble["account"] == TWILIO:
            self.phones.progressed(bubble["id"], REFUSED)  # its provider would have tried for seconds, not for hours
        if operator is None or time.time() - bubble["at"] > _VALID_SECONDS:
            return
        self.phones.progressed(bubble["id"], KEPT)
        operator.accept(bubble["number"], bubble["code"], bubble["text"], text_id=bubble["id"], show=False)

    async def stop(self) -> None:
        """Say goodbye to every customer, wait a moment for their answers, write the ledger's last lines."""
        if self._clock is not None:
            self._clock.cancel()
        await self.twilio.close()
        for server in self._servers:
            server.close()
        for session in tuple(self._visitors):
            if session.operator is not None:
                session.unbind()
            else:
                session.close()
        for _ in range(20):
            if not self._visitors:
                break
            await asyncio.sleep(0.05)
        for session in tuple(self._visitors):
            session.abort()
        await asyncio.sleep(0)
        self.ledger.close()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            now = time.monotonic()
            for session in tuple(self._visitors):
                session.tick(now)
            for operator in self.operators.values():
                operator.tick(now)

    # --- what a session asks (session.Desk) ------------------------------------------------------------------

    def admit(self, session: Session, pdu: codec.Pdu) -> tuple[int, Operator | None]:
        system_id = pdu.fields["system_id"]
        for operator in self.operators.values():
            account = operator.account
            if account.system_id == system_id:
                given, expected = pdu.fields["password"].encode("latin-1"), account.password.encode()
                # A customer's library may cut the password at the eight octets of the specification.
                if not (hmac.compare_digest(given, expected) or hmac.compare_digest(given, expected[:8])):
                    return codec.WRONG_PASSWORD, None
                if account.behaviour.refuse_bind:
                    return account.behaviour.refuse_bind, None
                if 0 < account.behaviour.most_binds <= len(operator.sessions):
                    return codec.ALREADY_BOUND, None
                operator.joined(session)
                return codec.OK, operator
        return codec.WRONG_SYSTEM_ID, None

    def record(self, **row: Any) -> int:
        return self.ledger.write(**row)

    def opened(self, session: Session) -> None:
        self._visitors.add(session)

    def closed(self, session: Session) -> None:
        self._visitors.discard(session)

    # --- what people ask -------------------------------------------------------------------------------------

    def operator(self, account: str) -> Operator:
        """Raises Refused."""
        found = self.operators.get(account)
        if found is None:
            raise Refused(f"there is no account {account!r}; there are {', '.join(self.operators)}")
        return found

    def home(self, number: str) -> Operator:
        accounts = {operator.id: operator.account for operator in self.operators.values()}
        return self.operators[home_of(number, accounts).id]

    def text(self, *, number: str, code: str, text: str, account: str | None = None) -> tuple[str, str]:
        """A subscriber sends a text; returned are the text's id and the operator's. Raises Refused."""
        try:
            number = subscriber_number(number)
        except BadNumber as error:
            raise Refused(str(error)) from error
        if code in self.twilio.senders and account in (None, TWILIO):
            return self._text_to_twilio(number, code, text), TWILIO
        operator = self.operator(account) if account else self.home(number)
        if code not in operator.account.codes:
            raise Refused(f"{operator.name} has no short code {code!r}")
        if not text:
            raise Refused("an empty text is not sent")
        text_id = self.phones.new_id()
        operator.accept(number, code, text, text_id=text_id)
        return text_id, operator.id

    def _text_to_twilio(self, number: str, code: str, text: str) -> str:
        if not text:
            raise Refused("an empty text is not sent")
        text_id = self.phones.new_id()
        self.phones.sent(text_id=text_id, account=TWILIO, number=number, code=code, text=text, state=SENT)
        self.twilio.send(number=number, code=code, text=text, text_id=text_id)
        return text_id
