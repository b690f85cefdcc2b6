"""What subscribers see on their phones: threads of bubbles, told live to whoever looks at one."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from typing import Any

from channels_sms.text.joining import ReceivedPart, join
from channels_sms.text.udh import Concatenation
from simulator.ledger import Ledger

# States of a sent bubble, in order: what has happened in the world.
SENT = "sent"  # the operator has it and is handing it over
KEPT = "kept"  # the operator keeps it: the service is not there, or asked for another try later
HANDED = "handed"  # the service has acknowledged it
REFUSED = "refused"  # the service refused it for good; the operator has dropped it
RECEIVED = "received"  # state of every received bubble

_THREADS = 5_000
_BUBBLES = 200
_PARTS_SECONDS = 30.0

Bubble = dict[str, Any]
Listener = Callable[[dict[str, Any]], None]


class Phones:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._threads: OrderedDict[tuple[str, str], deque[Bubble]] = OrderedDict()
        self._sent: OrderedDict[str, Bubble] = OrderedDict()
        self._listeners: dict[str, set[Listener]] = {}
        self._everyone: set[Listener] = set()
        self._parts: dict[tuple[str, str, str, Concatenation], dict[int, ReceivedPart]] = {}
        self._ids = itertools.count(int(time.time() * 1_000_000))

    # --- looking ---------------------------------------------------------------------------------------------

    def thread(self, number: str, code: str) -> list[Bubble]:
        return list(self._threads.get((number, code), ()))

    def codes_of(self, number: str) -> list[str]:
        """Every address that this phone has exchanged texts with."""
        return [code for owner, code in self._threads if owner == number]

    def listen(self, number: str, listener: Listener) -> None:
        self._listeners.setdefault(number, set()).add(listener)

    def forget(self, number: str, listener: Listener) -> None:
        listeners = self._listeners.get(number, set())
        listeners.discard(listener)
        if not listeners:
            self._listeners.pop(number, None)

    def listen_to_operators(self, listener: Listener) -> Callable[[], None]:
        """`listener` hears of binds won and lost. Call the result to stop."""
        self._everyone.add(listener)
        return lambda: self._everyone.discard(listener)

    def tell_everyone(self, news: dict[str, Any]) -> None:
        for listener in tuple(self._everyone):
            listener(news)

    # --- writing ---------------------------------------------------------------------------------------------

    def new_id(self) -> str:
        return f"m{next(self._ids):x}"

    def sent(self, *, text_id: str, account: str, number: str, code: str, text: str, state: str) -> None:
        self._tell_story(
            command="phone.mo", account=account, mo=text_id, source=number, destination=code, text=text, state=state
        )

    def _tell_story(self, **row: Any) -> None:
        """Into the ledger, then on the phone: what `rebuild` shows after a restart is the same."""
        n = self._ledger.write(direction="phone", **row)
        self._show({"n": n, "at": time.time(), **row})

    def progressed(self, text_id: str, state: str) -> None:
        """A sent text's state has changed; a final state stays."""
        bubble = self._sent.get(text_id)
        if bubble is None or bubble["state"] in {state, HANDED, REFUSED}:
            return
        self._ledger.write(direction="phone", command="phone.state", account=bubble["account"], mo=text_id, state=state)
        self._set_state(bubble, state)

    def received(
        self,
        *,
        account: str,
        number: str,
        code: str,
        part: ReceivedPart,
        place: Concatenation | None,
        text: str,
    ) -> None:
        """A text, or a part of one, has reached the phone."""
        if place is None or place.total == 1:
            self.arrived(account, number, code, text, 1)
            return
        key = (account, number, code, Concatenation(place.reference, place.reference_bits, place.total, 0))
        parts = self._parts.get(key)
        if parts is None:
            parts = self._parts[key] = {}
            # A handset, too, shows what it has when the rest does not come.
            asyncio.get_running_loop().call_later(_PARTS_SECONDS, self._join, key)
        parts.setdefault(place.number, part)
        if len(parts) == place.total:
            self._join(key)

    def _join(self, key: tuple[str, str, str, Concatenation]) -> None:
        parts = self._parts.pop(key, None)
        if parts:
            account, number, code, _ = key
            joined = join(parts.values())
            self.arrived(account, number, code, joined.text, joined.total)

    def arrived(self, account: str, number: str, code: str, text: str, parts: int) -> None:
        """A whole text has reached the phone."""
        self._tell_story(command="phone.mt", account=account, source=code, destination=number, text=text, parts=parts)

    def _show(self, row: dict[str, Any]) -> None:
        sent = row["command"] == "phone.mo"
        number, code = row["source"], row["destination"]
        if not sent:
            number, code = code, number
        bubble: Bubble = {
            "id": row["mo"] if sent else f"r{row['n']:x}",
            "n": row["n"],
            "at": row["at"],
            "direction": "sent" if sent else "received",
            "account": row["account"],
            "number": number,
            "code": code,
            "text": row["text"],
            "state": row["state"] if sent else RECEIVED,
        }
        key = (number, code)
        thread = self._threads.setdefault(key, deque(maxlen=_BUBBLES))
        self._threads.move_to_end(key)
        thread.append(bubble)
        if len(self._threads) > _THREADS:
            self._threads.popitem(last=False)
        if sent:
            self._sent[bubble["id"]] = bubble
            if len(self._sent) > 4 * _THREADS:
                self._sent.popitem(last=False)
        self._tell(bubble)

    def _set_state(self, bubble: Bubble, state: str) -> None:
        bubble["state"] = state
        self._tell(bubble)

    def _tell(self, bubble: Bubble) -> None:
        for listener in tuple(self._listeners.get(bubble["number"], ())):
            listener({"type": "bubble", "bubble": bubble})

    def rebuild(self, rows: Iterable[dict[str, Any]]) -> list[Bubble]:
        """Take the threads up again from the ledger. Returned: sent texts that the operator still keeps."""
        for row in rows:
            if row["command"] in {"phone.mo", "phone.mt"}:
                self._show(row)
            elif row["command"] == "phone.state" and row["mo"] in self._sent:
                self._set_state(self._sent[row["mo"]], row["state"])
        return [bubble for bubble in self._sent.values() if bubble["state"] in {SENT, KEPT}]
