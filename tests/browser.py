"""A browser for tests: signs in, keeps cookies, sends the CSRF token as the front end does, speaks JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.test import Client

from accounts.models import Role, User
from tests.cast import Cast


@dataclass(frozen=True)
class Answer:
    status: int
    data: Any
    raw: bytes

    @property
    def code(self) -> str:
        return self.data["error"]["code"]


class Browser:
    def __init__(self, user: User | None = None) -> None:
        self.client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        self.call("GET", "/api/session")  # brings the token's cookie
        if user is not None:
            self.client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])

    def call(
        self, method: str, path: str, body: Any = None, *, csrf: bool = True, raw: bytes | None = None, **more: str
    ) -> Answer:
        """`more`: headers of this call."""
        headers = {"Accept": "application/json", "Accept-Language": "en", **more}
        if csrf and "csrftoken" in self.client.cookies:
            headers["X-CSRFToken"] = self.client.cookies["csrftoken"].value
        payload = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        response = self.client.generic(method, path, payload, content_type="application/json", headers=headers)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        try:
            data = json.loads(content) if content else None
        except ValueError:
            data = content.decode()
        return Answer(response.status_code, data, content)

    def get(self, path: str) -> Answer:
        return self.call("GET", path)

    def post(self, path: str, body: Any = None) -> Answer:
        return self.call("POST", path, {} if body is None else body)

    def patch(self, path: str, body: Any) -> Answer:
        return self.call("PATCH", path, body)

    def put(self, path: str, body: Any) -> Answer:
        return self.call("PUT", path, body)


def someone(cast: Cast, role: Role, *, name: str = "", password: str | None = None) -> User:
    """One more person of the cast's organisation."""
    name = name or f"The {role}"
    email = f"{name.lower().replace(' ', '-')}@{cast.organisation.slug}.example"
    return User.objects.create_user(email, password, organisation=cast.organisation, name=name, role=role)
