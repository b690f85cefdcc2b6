"""People at both ends of the line while it breaks: subscribers who text, agents who answer and insist."""

from __future__ import annotations

import random
import threading
import time
import urllib.error
import uuid
from typing import Any, Self

from config.up.trial import Running
from tests.faults.conftest import Line
from tests.faults.screen import UNREACHABLE, Desk, Refused

LONG = "Bonjour, je vous écris une nouvelle fois au sujet de ma facture, car personne ne m'a répondu. " * 2
AGENTS = ("awa@savane.example", "koffi@savane.example", "mariam@savane.example")


def subscriber(number: int) -> str:
    """Every other one is the second operator's."""
    return f"+22901{'97' if number % 2 else '95'}{number:06d}"


class Subscribers:
    """`rate` texts a second for `seconds`, each with a number of its own.

    (The same words from one subscriber just before and just after a crash cannot be told from a copy: the first may be
    offered again, and SMPP gives it no name. test_the_line_holds.py has what can be told.)
    """

    def __init__(self, line: Line, *, rate: float, seconds: float, seed: int, people: int = 240) -> None:
        self._line, self._rate = line, rate
        self._count = int(rate * seconds)
        self._chance = random.Random(f"subscribers {seed}")
        self._people = people
        self._thread = threading.Thread(target=self._text, daemon=True)
        self.sent = 0
        self.refused: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(self._count / self._rate + 60)

    def _text(self) -> None:
        began = time.monotonic()
        for number in range(self._count):
            time.sleep(max(0.0, began + number / self._rate - time.monotonic()))
            who, to, body = self._one(number)
            try:
                self._line.ask("/control/mo", {"from": who, "to": to, "text": body})
            except urllib.error.URLError as error:
                self.refused.append(f"{number}: {error}")
            self.sent += 1

    def _one(self, number: int) -> tuple[str, str, str]:
        who, kind = self._chance.randrange(self._people), self._chance.random()
        if kind < 0.15:  # to the bot, by people of their own
            return subscriber(500_000 + who % 60), "1919", f"Bonjour, texte {number}"
        if kind < 0.25:
            return subscriber(who), "3334", f"{number} {LONG}"
        return subscriber(who), "3334", f"orage {number}"


class Agents:
    """They answer what they own, in one part or two, close some, and insist with the same client id until told."""

    def __init__(self, palabre: Running, *, seed: int) -> None:
        self._palabre = palabre
        self._over = threading.Event()
        self.kept: dict[str, str] = {}  # client id -> the id that the answer gave
        self.faults: list[str] = []
        self.repeated = 0
        self._threads = [
            threading.Thread(target=self._work, args=(Desk(palabre, email=email), f"{seed} {email}"), daemon=True)
            for email in AGENTS
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)
            if thread.is_alive():
                self.faults.append("an agent still insists")

    def _work(self, desk: Desk, seed: str) -> None:
        chance = random.Random(seed)
        answered: dict[str, int] = {}
        number = 0
        desk.insist("/api/presence", {"state": "available"}, method="PUT")
        while not self._over.is_set():
            try:
                rows = desk.ask("/api/conversations?view=mine&limit=50")["items"]
                for row in rows:
                    if self._over.is_set():
                        return
                    if row["last_message"] is None or answered.get(row["id"]) == row["last_seq"]:
                        continue
                    number += 1
                    body = f"réponse {seed[:6]} {number} " + (LONG if chance.random() < 0.15 else "")
                    self._answer(desk, row, body.strip(), chance)
                    answered[row["id"]] = row["last_seq"] + 1
                self._over.wait(0.2)
            except Refused as refusal:
                if refusal.status not in (404, 409):
                    self.faults.append(str(refusal))
            except UNREACHABLE:
                self._over.wait(0.1)
            except TimeoutError as error:
                self.faults.append(str(error))

    def _answer(self, desk: Desk, row: dict[str, Any], body: str, chance: random.Random) -> None:
        client_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        path = f"/api/conversations/{row['id']}/messages"
        first = desk.insist(path, {"client_id": client_id, "body": body})
        self.kept[client_id] = first["id"]
        if chance.random() < 0.2:  # a double click
            self.repeated += 1
            again = desk.insist(path, {"client_id": client_id, "body": body})
            if again["id"] != first["id"]:
                self.faults.append(f"{client_id}: {first['id']}, then {again['id']}")
        if chance.random() < 0.4:
            desk.insist(f"/api/conversations/{row['id']}/close", {"seen": first["seq"]})
