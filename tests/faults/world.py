"""What four witnesses said after a storm, as plain values: the operators' ledger, the database, the event log, screens.

Nothing here asks anybody (that is witnesses.py) and nothing judges (checker.py): so a test can make up a bad world.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Offered:
    """A subscriber's text as the operator kept it. `n`: when it first left, in the ledger's numbers."""

    mo: str
    account: str
    sender: str  # "+22901..."
    line: str
    body: str
    n: int
    acknowledged: bool


@dataclass(frozen=True)
class Submit:
    """A submit_sm as the operator read it. `status` None: the operator's answer never left."""

    n: int
    account: str
    source: str
    destination: str  # "+22901..."
    text: str  # of this part
    part: int
    status: int | None = 0
    id: str = ""


@dataclass(frozen=True)
class Told:
    """A receipt that we acknowledged."""

    account: str
    id: str
    stat: str


@dataclass(frozen=True)
class Conversation:
    id: str
    line: str
    contact: str
    thread: str = ""
    status: str = "bot"
    owner: str | None = None
    last_seq: int = 0


@dataclass(frozen=True)
class Message:
    id: str
    conversation: str
    seq: int
    kind: str
    body: str
    sender: str = ""  # the conversation's address
    line: str = ""
    client_id: str = ""
    fresh: bool = True  # stored since the storm began: older ones have no witness at the operators


@dataclass(frozen=True)
class Delivery:
    message: str
    account: str
    parts: tuple[str, ...]  # their texts, as the operator must read them
    state: int
    shown: str = ""  # the status on a fresh screen


@dataclass(frozen=True)
class Attempt:
    id: str
    message: str
    account: str
    part: int
    state: int
    provider_id: str = ""
    withdrawn: bool = False


@dataclass(frozen=True)
class Event:
    organisation: str
    seq: int
    type: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Stretch:
    """A measured stretch, as its row or as its fact tells it. Ids are text, as both have them."""

    id: str
    kind: str
    started_at: datetime
    ended_at: datetime
    business_s: float
    conversation_id: str = ""
    line_id: str = ""
    queue_id: str = ""
    agent_id: str = ""
    label: str = ""


@dataclass(frozen=True)
class Job:
    id: str
    kind: str
    state: str
    overdue_s: float = 0.0  # since when somebody should have had it


@dataclass
class World:
    offered: list[Offered] = field(default_factory=list)
    submits: list[Submit] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    conversations: list[Conversation] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    heads: dict[str, int] = field(default_factory=dict)  # organisation -> last number given
    contacts_without_address: list[str] = field(default_factory=list)
    loads: dict[str, int] = field(default_factory=dict)  # agent -> what his state says that he holds
    jobs: list[Job] = field(default_factory=list)
    jobs_asked: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)  # client id -> id in the 2xx that an agent's browser got
    shown: list[str] = field(default_factory=list)  # ids of messages on a fresh screen, as often as they stand there
    rows_fresh: dict[str, Any] = field(default_factory=dict)
    rows_followed: dict[str, Any] = field(default_factory=dict)
    threads_fresh: dict[str, Any] = field(default_factory=dict)
    threads_followed: dict[str, Any] = field(default_factory=dict)


def read_ledger(rows: Iterable[Mapping[str, Any]]) -> tuple[list[Offered], list[Submit], list[Told]]:
    """The ledger's PDUs, each with its answer (same session, same sequence number)."""
    flying: dict[tuple[str, int], Mapping[str, Any]] = {}
    first: dict[str, Mapping[str, Any]] = {}
    accepted: dict[str, set[int]] = {}
    told: list[Told] = []
    submits: dict[tuple[str, int, int], Submit] = {}
    asked: dict[tuple[str, int], tuple[str, int, int]] = {}
    for row in rows:
        command, place = row.get("command"), (str(row.get("session")), int(row.get("sequence") or 0))
        if command == "deliver_sm" and row["direction"] == "out" and "raw" not in row:
            flying[place] = row
            if "mo" in row:
                first.setdefault(row["mo"], row)
        elif command == "deliver_sm_resp" and row["direction"] == "in" and row["status"] == 0 and place in flying:
            item = flying[place]
            if "mo" in item:
                accepted.setdefault(item["mo"], set()).add(item.get("part", 1))
            elif "receipt" in item:
                told.append(Told(item["account"], item["id"], item["receipt"]))
        elif command == "submit_sm" and row["direction"] == "in" and "text" in row:
            key = (*place, row["n"])
            asked[place] = key
            submits[key] = Submit(
                row["n"], row["account"], row["source"], international(row["destination"]), row["text"],
                row.get("part", 1), None,
            )  # fmt: skip
        elif command == "submit_sm_resp" and row["direction"] == "out" and place in asked:
            known = submits[asked[place]]
            submits[asked[place]] = Submit(
                known.n, known.account, known.source, known.destination, known.text, known.part, row["status"],
                row.get("id", ""),
            )  # fmt: skip
    offered = [
        Offered(
            mo, row["account"], international(row["source"]), row["destination"], row["text"], row["n"],
            accepted.get(mo, set()) >= set(range(1, row.get("parts", 1) + 1)),
        )
        for mo, row in first.items()
    ]  # fmt: skip
    return offered, list(submits.values()), told


def international(number: str) -> str:
    return f"+{number.removeprefix('+')}"
