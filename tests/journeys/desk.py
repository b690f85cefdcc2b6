"""A desk in a browser, and its API with the same session."""

from __future__ import annotations

import json
import urllib.request
import uuid
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from config.up.trial import Running


def says(palabre: Running, number: str, words: str, code: str = "3334") -> None:
    """A subscriber texts a short code."""
    body = json.dumps({"from": number, "to": code, "text": words}).encode()
    request = urllib.request.Request(
        f"{palabre.phone.rstrip('/')}/control/mo", data=body, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10):
        pass


class Desk:
    def __init__(self, visit: Callable[..., Page], palabre: Running, person: str = "awa@savane.example") -> None:
        self._base = palabre.desk.rstrip("/")
        self.page = visit(f"{self._base}/sign-in")
        self.sign_in(person)

    def address(self, path: str) -> str:
        return self._base + path

    def sign_in(self, email: str) -> None:
        self.ask("post", "/api/demo/sign-in", {"email": email})

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask as this page's session would. Fails unless the answer is a success."""
        requests = self.page.context.request
        given = {} if body is None else {"data": body}
        for _ in range(2):  # a page that signs in meanwhile is given another token: as it does, ask once more
            if not any(cookie["name"] == "csrftoken" for cookie in self.page.context.cookies()):
                requests.get(self.address("/api/session"))
            cookies = {cookie["name"]: cookie["value"] for cookie in self.page.context.cookies()}
            headers = {"X-CSRFToken": cookies["csrftoken"], "Referer": self._base + "/", "Origin": self._base}
            answer = getattr(requests, method)(self.address(path), headers=headers, **given)
            if answer.status != 403 or "csrf" not in answer.text():
                break
        assert answer.ok, (path, answer.status, answer.text())
        return answer.json() if answer.text() else None

    def messages(self, conversation: str) -> list[dict[str, Any]]:
        """All of them, oldest first."""
        found: list[dict[str, Any]] = []
        before = ""
        while True:
            page = self.ask("get", f"/api/conversations/{conversation}/messages?limit=100{before}")
            found = page["items"] + found
            if not page["has_more"]:
                return found
            before = f"&before={found[0]['seq']}"

    @staticmethod
    def new_id() -> str:
        return str(uuid.uuid4())
