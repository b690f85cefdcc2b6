"""What a browser would show: signed in through the API, following the socket by the client's own rules."""

from __future__ import annotations

import http.cookiejar
import json
import threading
import urllib.error
import urllib.request
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from config.up.trial import Running


class Screen:
    """A supervisor's screen without a browser. Follows `/ws/desk` on a thread; asks the REST API for what it shows."""

    def __init__(self, palabre: Running) -> None:
        self.base = palabre.desk.rstrip("/")
        self._jar = http.cookiejar.CookieJar()
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))
        self.cursor = 0
        self.safe = 0
        self.epoch = 0
        self._rows: dict[str, dict[str, Any]] = {}
        self._thread: threading.Thread | None = None
        self._leaving = False

    def __enter__(self) -> Self:
        self._try("GET", "/api/session")
        people = self.ask("/api/demo/people")
        email = next(person["email"] for person in people if person["role"] == "supervisor")
        self.ask("/api/demo/sign-in", {"email": email})
        session = self.ask("/api/session")
        self.cursor = self.safe = session["head"]
        self.epoch = session["epoch"]
        self._rows = {row["id"]: row for row in self.rows_fetched().values()}
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving = True

    def _try(self, method: str, path: str) -> None:
        try:
            self._open.open(urllib.request.Request(self.base + path, method=method), timeout=10)
        except urllib.error.HTTPError:
            pass

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        token = next((cookie.value or "" for cookie in self._jar if cookie.name == "csrftoken"), "")
        request = urllib.request.Request(
            self.base + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "X-CSRFToken": token, "Referer": self.base + "/"},
        )
        with self._open.open(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def rows_fetched(self) -> dict[str, dict[str, Any]]:
        """The list as a fresh screen would get it."""
        found: dict[str, dict[str, Any]] = {}
        after = ""
        while True:
            page = self.ask(f"/api/conversations?view=all&limit=200{after}")
            found |= {row["id"]: row for row in page["items"]}
            if not page["next"]:
                return found
            after = f"&after={page['next']}"

    def rows_followed(self) -> dict[str, dict[str, Any]]:
        """The list as this screen has kept it, from events alone."""
        return dict(self._rows)

    def messages(self, beginning: str) -> list[dict[str, Any]]:
        """Every message whose body begins so, read as the thread reads them."""
        found = []
        for row in self.rows_fetched().values():
            before = ""
            while True:
                page = self.ask(f"/api/conversations/{row['id']}/messages?limit=100{before}")
                found += [item for item in page["items"] if item["body"].startswith(beginning)]
                if not page["has_more"]:
                    break
                before = f"&before={page['items'][0]['seq']}"
        return found

    def _follow(self) -> None:
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._jar)
        address = self.base.replace("http", "ws", 1) + "/ws/desk"
        while not self._leaving:
            try:
                with connect(address, additional_headers={"Cookie": cookies}, origin=self.base) as socket:
                    socket.send(json.dumps({"type": "hello", "epoch": self.epoch, "cursor": self.safe}))
                    socket.send(json.dumps({"type": "watch", "conversations": [], "lists": ["mine", "queue", "all"]}))
                    for text in socket:
                        self._take(json.loads(text))
                        if self._leaving:
                            return
            except (OSError, ConnectionClosed):
                continue

    def _take(self, said: dict[str, Any]) -> None:
        if said["type"] == "reset" or (
            said["type"] == "frame" and (said["after"] != self.cursor or said.get("rows_overflow"))
        ):
            self._merge(list(self.rows_fetched().values()))
        if said["type"] in ("frame", "ping"):
            self._merge(said.get("rows", []))
            self._merge([event["conversation"] for event in said.get("events", []) if event.get("conversation")])
            self.cursor, self.safe = said["upto"], said["rows_upto"]

    def _merge(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            known = self._rows.get(row["id"])
            if known is None or known["revision"] <= row["revision"]:
                self._rows[row["id"]] = row
