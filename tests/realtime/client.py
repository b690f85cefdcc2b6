"""A browser's desk in forty lines: the rules by which frames, rows and messages are merged.

Written from the wire's description alone, so that it disagrees when the server does something else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

RANK = {"queued": 0, "sending": 1, "unknown": 2, "sent": 3, "delivered": 4, "failed": 4, "expired": 4}


class Gap(Exception):
    """A frame that does not follow what we have: something is missing."""


@dataclass
class DeskModel:
    epoch: Any = None
    at: int = 0
    rows_at: int = 0
    rows: dict[str, dict] = field(default_factory=dict)
    threads: dict[str, dict[int, dict]] = field(default_factory=dict)
    agents: dict[str, dict] = field(default_factory=dict)
    counts: dict | None = None
    settings_changed: int = 0
    resets: int = 0
    overflows: int = 0
    events: list[dict] = field(default_factory=list)

    def snapshot(self, *, epoch: Any, head: int, rows: Any, threads: dict[str, Any], agents: Any) -> None:
        """What the screens were filled with, as of event `head`."""
        self.epoch, self.at, self.rows_at = epoch, head, head
        for row in rows:
            self._row(row)
        for conversation_id, messages in threads.items():
            self.threads[conversation_id] = {message["seq"]: message for message in messages}
        for agent in agents:
            self.agents[agent["id"]] = agent

    def hear(self, message: dict) -> None:
        """Apply one message of the socket. Raises Gap."""
        kind = message["type"]
        if kind == "frame":
            assert message["epoch"] == self.epoch
            assert message["after"] <= message["upto"]
            assert message["rows_upto"] <= message["upto"]
            if message["after"] > self.at:
                raise Gap(f"at {self.at}, the frame starts after {message['after']}")
            self.apply(message["events"], message.get("rows", ()))
            self.overflows += bool(message.get("rows_overflow"))
            self._move(message)
        elif kind == "ping":
            self._move(message)
        elif kind == "counts":
            self.counts = message["counts"]
        elif kind == "reset":
            self.resets += 1
        else:
            raise AssertionError(f"an unknown message: {message}")

    def _move(self, message: dict) -> None:
        self.at = max(self.at, message["upto"])
        self.rows_at = max(self.rows_at, message["rows_upto"])

    def apply(self, events: Any, rows: Any) -> None:
        for event in events:
            self.events.append(event)
            self.settings_changed += event["type"] == "settings.changed"
            if "conversation" in event:
                self._row(event["conversation"])
            if "message" in event:
                self._message(event["conversation"]["id"], event["message"])
            for progress in event.get("deliveries", ()):
                self._progress(progress)
            if "agent" in event:
                self.agents[event["agent"]["id"]] = event["agent"]
        for row in rows:
            self._row(row)

    def _row(self, row: dict) -> None:
        known = self.rows.get(row["id"])
        if known is None or row["revision"] >= known["revision"]:
            self.rows[row["id"]] = row

    def _message(self, conversation_id: str, message: dict) -> None:
        thread = self.threads.setdefault(conversation_id, {})
        known = thread.get(message["seq"])
        thread[message["seq"]] = message
        if known and known["delivery"] and message["delivery"]:
            self._forward(message, known["delivery"]["status"], known["delivery"]["error"])

    def _progress(self, progress: dict) -> None:
        message = self.threads.get(progress["conversation_id"], {}).get(progress["seq"])
        if message is not None:
            assert message["id"] == progress["message_id"]
            self._forward(message, progress["status"], progress["error"])

    @staticmethod
    def _forward(message: dict, status: str, error: dict | None) -> None:
        if RANK[status] >= RANK[message["delivery"]["status"]]:
            message["delivery"] = {**message["delivery"], "status": status, "error": error}
