"""Whatever is refused is refused in the reader's language: each code that the source raises, each error of a field."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from pydantic_core import _pydantic_core

from accounts.models import Role
from config import field_texts
from config.error_texts import TEXTS
from tests.browser import Browser
from tests.gates.company import Company

REFUSALS = {"NotFound", "NotAllowed", "Conflict", "TooMany", "Invalid", "Unreadable"}
PACKAGES = (
    "accounts", "bots", "channels_sms", "common", "config", "contacts", "conversations", "inbox", "jobs", "knowledge",
    "measures", "realtime", "replies", "routing", "supervision",
)  # fmt: skip
# Said by Django's own validators, in the reader's language.
BY_DJANGO = {"weak_password"}


def codes() -> Iterator[tuple[str, str]]:
    """(code, where) of each refusal that the source makes."""
    root = Path(settings.ROOT)
    for package in PACKAGES:
        for path in (root / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id in REFUSALS
                    and node.args
                    and isinstance(node.args[0], ast.Constant)
                ):
                    yield node.args[0].value, f"{path.relative_to(root)}:{node.lineno}"


def test_every_refusal_of_the_source_has_words_in_both_languages() -> None:
    found = dict(codes())
    assert len(found) > 30, "refusals are no longer found where this test looks for them"
    assert {code: where for code, where in found.items() if code not in TEXTS.keys() | BY_DJANGO} == {}


def test_every_error_of_a_field_has_words_in_both_languages() -> None:
    for told in _pydantic_core.list_all_errors():
        error = {"type": told["type"], "ctx": told.get("example_context") or {}, "msg": told["example_message_python"]}
        french, english = field_texts.in_words(error, "fr"), field_texts.in_words(error, "en")
        assert french != english, told["type"]
        assert told["example_message_python"] not in (french, english), told["type"]
        assert not {"?", "{"} & set(french), (told["type"], french)


def test_a_form_filled_in_wrongly_is_answered_in_french_and_with_the_same_fields_in_english(company: Company) -> None:
    admin = Browser(company.people[Role.ADMINISTRATOR])
    wrong = {"name": 7, "is_active": "peut-être", "role": ["agent"]}
    told = {}
    for language in ("fr", "en"):
        assert admin.patch("/api/session", {"language": language}).status == 200
        answer = admin.client.post(
            "/api/admin/users", wrong, content_type="application/json",
            headers={"X-CSRFToken": admin.client.cookies["csrftoken"].value, "Accept-Language": language},
        )  # fmt: skip
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")
        told[language] = answer.json()["error"]["fields"]
    assert told["fr"] == {
        "name": "Un texte est attendu.", "role": "Un texte est attendu.",
        "is_active": "« true » ou « false » est attendu.",
    }  # fmt: skip
    assert told["en"].keys() == told["fr"].keys()
    assert told["en"]["name"] == "This must be a text."
