"""What a browser would show: signed in through the API, following the socket by the client's own rules."""

from __future__ import annotations

import http.client
import http.cookiejar
import json
import threading
import time
import urllib.error
import urllib.request
from typing import Any, Self

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect

from config.up.trial import Running

RANKS = ("queued", "sending", "unknown", "sent", "delivered", "failed", "expired")
MOST_THREADS = 25  # followed by one screen
# What a browser meets while a server dies or the database is away; it asks again.
UNREACHABLE = (urllib.error.URLError, http.client.HTTPException, OSError, ValueError)


class Refused(Exception):
    """The server has decided: asking again would change nothing."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(f"{status}: {words}")
        self.status = status


class Desk:
    """One signed-in browser's way to the REST API. Not for several threads at once, except `ask`."""

    def __init__(self, palabre: Running, *, role: str = "supervisor", email: str = "", base: str = "") -> None:
        self.base = base.rstrip("/") or palabre.desk.rstrip("/")
        self._origin = palabre.desk.rstrip("/")
        self._jar = http.cookiejar.CookieJar()
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))
        self.session: dict[str, Any] = {}
        try:
            self._open.open(self.base + "/api/session", timeout=10)  # signed out: brings the cookie of the form
        except urllib.error.HTTPError:
            pass
        people = self.ask("/api/demo/people")
        email = email or next(person["email"] for person in people if person["role"] == role)
        self.ask("/api/demo/sign-in", {"email": email})
        self.session = self.ask("/api/session")

    def ask(self, path: str, body: dict[str, Any] | None = None, *, method: str = "", seconds: float = 10) -> Any:
        """One request. Raises Refused for a 4xx that is final, one of UNREACHABLE for what may be tried again."""
        token = next((cookie.value or "" for cookie in self._jar if cookie.name == "csrftoken"), "")
        request = urllib.request.Request(
            self.base + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "X-CSRFToken": token, "Referer": self._origin + "/"},
            method=method or None,
        )
        try:
            with self._open.open(request, timeout=seconds) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            if 400 <= error.code < 500 and error.code != 429:
                raise Refused(error.code, error.read().decode(errors="replace")[:300]) from None
            raise
        return json.loads(text) if text else None

    def insist(self, path: str, body: dict[str, Any] | None = None, *, method: str = "", limit_s: float = 40) -> Any:
        """`ask` until the server has decided, as a browser does over a break. Raises TimeoutError, Refused."""
        deadline = time.monotonic() + limit_s
        while True:
            try:
                return self.ask(path, body, method=method)
            except UNREACHABLE as error:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{path}: {error} for {limit_s:g} s") from error
                time.sleep(0.1)

    def rows_fetched(self, view: str = "all") -> dict[str, dict[str, Any]]:
        """The list as a fresh screen would get it."""
        found: dict[str, dict[str, Any]] = {}
        after = ""
        while True:
            page = self.insist(f"/api/conversations?view={view}&limit=200{after}")
            found |= {row["id"]: row for row in page["items"]}
            if not page["next"]:
                return found
            after = f"&after={page['next']}"

    def thread_fetched(self, conversation: str) -> list[dict[str, Any]]:
        """A conversation's messages as the thread shows them, oldest first."""
        found: list[dict[str, Any]] = []
        before = ""
        while True:
            page = self.insist(f"/api/conversations/{conversation}/messages?limit=200{before}")
            found = page["items"] + found
            if not page["has_more"]:
                return found
            before = f"&before={page['items'][0]['seq']}"

    def messages(self, beginning: str) -> list[dict[str, Any]]:
        """Every message whose body begins so, read as the thread reads them."""
        return [
            message
            for id_ in self.rows_fetched()
            for message in self.thread_fetched(id_)
            if message["body"].startswith(beginning)
        ]


class Screen(Desk):
    """A supervisor's screen without a browser. Follows `/ws/desk` on a thread; asks the REST API for what it shows."""

    def __init__(self, palabre: Running) -> None:
        super().__init__(palabre)
        self.cursor = self.safe = self.session["head"]
        self.epoch = self.session["epoch"]
        self.threads: dict[str, dict[str, dict[str, Any]]] = {}  # conversation -> message -> as it stands there
        self.upto = -1  # everything up to this event is on the screen, fetched threads too
        self._rows: dict[str, dict[str, Any]] = {}
        self._thread: threading.Thread | None = None
        self._leaving = False
        self._watching: frozenset[str] = frozenset()

    def __enter__(self) -> Self:
        self._rows = dict(self.rows_fetched())
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving = True

    def rows_followed(self) -> dict[str, dict[str, Any]]:
        """The list as this screen has kept it, from events alone."""
        return dict(self._rows)

    def threads_followed(self) -> dict[str, list[dict[str, Any]]]:
        """The open threads as this screen has kept them."""
        return {
            id_: sorted(thread.copy().values(), key=lambda message: message["seq"])
            for id_, thread in self.threads.copy().items()
        }

    def follow_to(self, head: int, limit_s: float) -> float:
        """Seconds until everything up to event `head` is on the screen. Raises AssertionError after `limit_s`."""
        began = time.monotonic()
        while self.upto < head:
            assert time.monotonic() - began < limit_s, f"the screen is at {self.upto}, not {head}, after {limit_s:g} s"
            time.sleep(0.05)
        return time.monotonic() - began

    def open_thread(self, conversation: str) -> None:
        """From now on the screen follows this conversation, too."""
        self.threads.setdefault(conversation, {})

    def _follow(self) -> None:
        address = self._origin.replace("http", "ws", 1) + "/ws/desk"
        while not self._leaving:
            cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._jar)
            try:
                with connect(address, additional_headers={"Cookie": cookies}, origin=self._origin) as socket:
                    socket.send(json.dumps({"type": "hello", "epoch": self.epoch, "cursor": self.safe}))
                    self._watch(socket, again=True)
                    for text in socket:
                        self._take(json.loads(text), socket)
                        if self._leaving:
                            return
            except (*UNREACHABLE, ConnectionClosed, WebSocketException, Refused, TimeoutError):
                time.sleep(0.2)

    def _watch(self, socket: Any, *, again: bool = False) -> None:
        wanted = frozenset(self.threads)
        if wanted == self._watching and not again:
            return
        lists = ["mine", "queue", "all"]
        socket.send(json.dumps({"type": "watch", "conversations": sorted(wanted), "lists": lists}))
        for id_ in wanted if again else wanted - self._watching:
            self._merge_messages(id_, self.thread_fetched(id_))
        self._watching = wanted

    def _take(self, said: dict[str, Any], socket: Any) -> None:
        kind = said["type"]
        if kind == "reset" or (kind == "frame" and (said["after"] != self.cursor or said.get("rows_overflow"))):
            self._merge(list(self.rows_fetched().values()))
            for id_ in list(self.threads):
                self._merge_messages(id_, self.thread_fetched(id_))
        if kind in ("frame", "ping"):
            self._merge(said.get("rows", []))
            for event in said.get("events", []):
                self._hear(event)
            self.cursor, self.safe, self.epoch = said["upto"], said["rows_upto"], said["epoch"]
        if kind == "ping":
            socket.send(json.dumps({"type": "pong", "key": said["key"]}))
        self._watch(socket)
        if kind in ("frame", "ping"):
            self.upto = min(self.cursor, self.safe)

    def _hear(self, event: dict[str, Any]) -> None:
        row = event.get("conversation")
        if row:
            self._merge([row])
            if event.get("message"):
                self._merge_messages(row["id"], [event["message"]])
        for progress in event.get("deliveries", []):
            known = self.threads.get(progress["conversation_id"], {}).get(progress["message_id"])
            if known is not None and known["delivery"] is not None:
                self._progress(known["delivery"], progress["status"])

    @staticmethod
    def _progress(delivery: dict[str, Any], status: str) -> None:
        # Forward only, but for a part that was surely not written: the message waits again.
        if RANKS.index(status) >= RANKS.index(delivery["status"]) or status == "queued":
            delivery["status"] = status

    def _merge(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            known = self._rows.get(row["id"])
            if known is None or known["revision"] <= row["revision"]:
                self._rows[row["id"]] = row
            if known is None and len(self.threads) < MOST_THREADS:
                self.open_thread(row["id"])

    def _merge_messages(self, conversation: str, messages: list[dict[str, Any]]) -> None:
        thread = self.threads.get(conversation)
        for message in messages if thread is not None else ():
            assert thread is not None
            known = thread.get(message["id"])
            thread[message["id"]] = message
            if known is not None and known["delivery"] is not None:
                newest = max(message["delivery"]["status"], known["delivery"]["status"], key=RANKS.index)
                message["delivery"]["status"] = newest
