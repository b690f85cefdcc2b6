"""Every text of the corpus through every text that the API takes, found in its own description.

An operation that is added later falls under this by itself. When it stores what it is given, and shows it again, this
passes; when a text must not be shown again (a password), or is kept in another form, that is said in the tables here.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from accounts.models import Role, User
from accounts.models import Tries as TriesOfSigningIn
from config.api import openapi
from contacts.numbers import clean
from conversations.api_tokens import MOST_PER_MINUTE, make_token
from tests.browser import Answer, Browser, someone
from tests.cast import Cast
from tests.input import corpus

LIMIT_S = 1.0  # of the processor for one answer; a text that makes a pattern run wild takes minutes
METHODS = ("get", "post", "put", "patch", "delete")

# Never shown again: secrets. Only compared: choices, addresses that must fit a form.
# `was`: what the screen showed before, which is compared and not stored.
NOT_SHOWN = {"password", "secret", "was"}
# Told what became of each text by its id, or which articles answer it: not the text.
SHOW_NOTHING = {"/api/v1/texts", "/api/admin/knowledge/try"}
# What an operation needs beside the field that is tried.
BESIDE: dict[str, Any] = {
    "POST /api/admin/users": {"name": "Ada", "role": "agent", "password": "un baobab au bord du fleuve"},
    "POST /api/admin/lines": {"name": "Essai", "address": "7777"},
    "POST /api/admin/links": {"name": "Essai", "adapter": "sms.smpp"},
    "PUT /api/presence": {"state": "break"},
    "PUT /api/admin/record-link": {"template": "https://client.example/{digits}"},  # without one there is no link
}
LINK_SETTINGS = {"host": "127.0.0.1", "port": 2775, "system_id": "palabre"}


@dataclass(frozen=True)
class Entry:
    """One place for a text: a field of a body ("" for the key of a mapping), or a parameter of an address."""

    method: str
    path: str
    field: str
    kind: str = "field"  # or "value" and "key" of a mapping, "choice" (an id, a number, one of a few), "query", "path"

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.kind} {self.field}"


def resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    some = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    return resolved(some[0], document) if some else schema


def entries() -> Iterator[Entry]:
    document = openapi()
    for path, operations in document["paths"].items():
        for method in METHODS:
            operation = operations.get(method)
            if operation is None:
                continue
            for parameter in operation.get("parameters", ()):
                if parameter["in"] in ("query", "path"):
                    yield Entry(method.upper(), path, parameter["name"], parameter["in"])
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            for name, field in resolved(body, document).get("properties", {}).items():
                shape = resolved(field, document)
                if shape.get("type") == "object":
                    yield Entry(method.upper(), path, name, "value")
                    yield Entry(method.upper(), path, name, "key")
                elif shape.get("type", "string") == "string" and not {"enum", "const", "format"} & shape.keys():
                    yield Entry(method.upper(), path, name)
                elif shape.get("type") != "boolean":
                    yield Entry(method.upper(), path, name, "choice")


class Tries:
    """Calls entries with texts, in a conversation and with things of its own, and notes what went wrong."""

    def __init__(self, cast: Cast, ada: User) -> None:
        self.cast, self.ada = cast, ada
        conversation = cast.owned_by(ada)
        cast.text_in(conversation)
        self.ids = {
            "conversation_id": conversation.id, "user_id": cast.koffi.id, "line_id": cast.line_3334.id,
            "link_id": cast.south.id,
        }  # fmt: skip
        self.wrong: list[str] = []
        self.calls = 0
        boss = someone(cast, Role.ADMINISTRATOR, name="Boss")
        _, self.token = make_token(
            actor=boss, name="Agenda", line_ids=[cast.line_3334.id], per_minute=MOST_PER_MINUTE
        )  # fmt: skip

    def call(self, browser: Browser, entry: Entry, text: str) -> Answer:
        ids: dict[str, object] = dict(self.ids)
        if entry.kind == "path":
            ids[entry.field] = quote(text.encode("utf-8", "surrogatepass"), safe="")
        path = entry.path.format(**{name: ids.get(name, uuid4()) for name in _names(entry.path)})
        if entry.kind == "query":
            path += f"?{entry.field}={quote(text.encode('utf-8', 'surrogatepass'), safe='')}"
        body = None if entry.method == "GET" else self.body(entry, text)
        self.calls += 1
        proof = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": uuid4().hex} if "/v1/" in path else {}
        return browser.call(entry.method, path, body, **proof)

    def body(self, entry: Entry, text: str) -> dict[str, Any]:
        name = f"{entry.method} {entry.path}"
        body: dict[str, Any] = {"client_id": str(uuid4())} if "conversations" in entry.path else {}
        body |= BESIDE.get(name, {})
        if entry.path.endswith("/users") and entry.method == "POST":
            body["email"] = f"{uuid4().hex}@savane.example"
        if entry.path.endswith("/lines") and entry.method == "POST":
            body |= {"queue_id": str(self.cast.queue.id), "address": str(uuid4().int % 10**9)}
        if entry.path == "/api/v1/texts":
            body |= {"line_id": str(self.cast.line_3334.id), "to": ["+2290197123400"], "body": "Bonjour"}
        if "/links" in entry.path:
            body["settings"] = dict(LINK_SETTINGS)
            if entry.method == "POST":
                body["name"] = uuid4().hex
        if entry.kind in ("field", "choice"):
            body[entry.field] = text
        elif entry.kind in ("value", "key"):
            body[entry.field] = {
                **body.get(entry.field, {}),
                **({"other": text} if entry.kind == "value" else {text: "x"}),
            }
        return body

    def judge(self, entry: Entry, label: str, text: str, answer: Answer, seconds: float) -> None:
        said = f"{entry}, {label}: {answer.status} {answer.raw[:120]!r}"
        refusal = answer.data.get("error", {}).get("code") if isinstance(answer.data, dict) else None
        if answer.status >= 500 or answer.status == 429:
            self.wrong.append(said)
        elif answer.status >= 400 and not (refusal or answer.status == 405):
            self.wrong.append(f"{said}: no code")
        elif seconds > LIMIT_S:
            self.wrong.append(f"{said}: {seconds:.1f} s")
        elif (
            answer.status < 300
            and entry.kind in ("field", "value")
            and entry.field not in NOT_SHOWN
            and entry.path not in SHOW_NOTHING
        ):
            kept = {text, text.strip(), text.replace("\x00", "").strip(), " ".join(text.split())}
            kept.add(clean(text))  # an address
            kept |= {one.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for one in kept}
            if text.strip() and kept.isdisjoint(_strings(answer.data)):
                self.wrong.append(f"{said}: another text came back")


def _names(path: str) -> list[str]:
    return [piece.split("}")[0] for piece in path.split("{")[1:]]


def _strings(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for name, value in data.items():
            yield name
            yield from _strings(value)
    elif isinstance(data, list):
        for value in data:
            yield from _strings(value)


def share(entry: Entry, number: int) -> list[tuple[str, str]]:
    """The texts for one place: all in bodies of messages, else a part, another at each place; with EVERY_TEXT all."""
    every = list(corpus.ALL.items())
    if entry.field == "body" or os.environ.get("EVERY_TEXT"):
        return every
    # Where one of a few things is taken, fewer; a password costs a tenth of a second.
    step = 4 if entry.kind in ("field", "value") and entry.field not in NOT_SHOWN else 12
    return [one for place, one in enumerate(every) if place % step == number % step or one[0] in corpus.UNSTORABLE]


@pytest.mark.timeout(240)
def test_every_text_is_kept_as_it_is_or_refused_in_words_everywhere(cast: Cast, ada: User) -> None:
    tries, found = Tries(cast, ada), list(entries())
    assert len(found) > 40, "the description of the API no longer tells of its texts"
    for number, entry in enumerate(found):
        browser = Browser(ada)  # an allowance of writes of its own
        for label, text in share(entry, number):
            TriesOfSigningIn.objects.all().delete()  # else the fifth wrong code is refused as one too many
            began = time.process_time()
            answer = tries.call(browser, entry, text)
            tries.judge(entry, label, text, answer, time.process_time() - began)
    print(f"{tries.calls} calls at {len(found)} places for a text")
    assert not tries.wrong, f"{len(tries.wrong)} wrong:\n" + "\n".join(tries.wrong[:40])


@pytest.mark.timeout(120)
def test_a_megabyte_without_a_space_is_refused_or_kept_within_a_moment(cast: Cast, ada: User) -> None:
    tries = Tries(cast, ada)
    for entry in entries():
        if entry.kind in ("field", "value"):
            browser = Browser(ada)
            began = time.process_time()
            answer = tries.call(browser, entry, corpus.MEGABYTE[:-1000])
            tries.judge(entry, "almost a megabyte", "", answer, time.process_time() - began)
            assert answer.status in (200, 201, 202, 413, 422, 404, 409), (entry, answer.status)
    assert not tries.wrong, "\n".join(tries.wrong)


@pytest.mark.parametrize("name", ["Awa\u202eollaiD", "Awa\x1b[31m", "Awa\x07", "a\u2066b", "Awa\x00", "\u200b\u200d"])
def test_a_name_hides_nothing(cast: Cast, ada: User, name: str) -> None:
    browser = Browser(ada)
    for path in (f"users/{cast.koffi.id}", f"lines/{cast.line_3334.id}", f"links/{cast.south.id}"):
        body = {"name": name} | ({"settings": LINK_SETTINGS} if "links" in path else {})
        answer = browser.patch(f"/api/admin/{path}", body)
        assert answer.status == 422 and "name" in answer.data["error"]["fields"], (path, answer.raw)


@pytest.mark.parametrize(
    "name", ["علي\u200f", "می\u200cخواهم", "N\u2019Diaye-Sène", "李雷", "José 👩‍🚀", "O'Brien <o@x>"]
)
def test_names_of_all_scripts_are_names(cast: Cast, ada: User, name: str) -> None:
    answer = Browser(ada).patch(f"/api/admin/users/{cast.koffi.id}", {"name": name})
    assert (answer.status, answer.data["name"]) == (200, name)


def test_the_address_of_a_line_is_what_it_looks_like(cast: Cast, ada: User) -> None:
    answer = Browser(ada).patch(
        f"/api/admin/lines/{cast.line_3334.id}", {"address": "\u202a\uff14\uff15\uff14\uff15\u202c"}
    )
    assert (answer.status, answer.data["address"]) == (200, "4545")
