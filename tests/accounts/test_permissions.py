"""Who may call what, walked from the declared table: every operation, every role, and another organisation's ids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import Role, User
from accounts.permissions import PERMISSIONS, May
from common.ids import uuid7
from config.api import api
from tests.browser import Browser, someone
from tests.cast import Cast, make_cast

OPEN_TO_ALL = {("GET", "/api/openapi.json"), ("GET", "/api/demo/people"), ("POST", "/api/demo/sign-in")}

# A body that passes the schema of each operation that takes one.
BODIES: dict[tuple[str, str], Any] = {
    ("PATCH", "/api/session"): {"theme": "dark"},
    ("PUT", "/api/presence"): {"state": "busy"},
    ("POST", "/api/conversations/{conversation_id}/messages"): lambda: {"client_id": str(uuid4()), "body": "Bonjour"},
    ("POST", "/api/conversations/{conversation_id}/notes"): lambda: {"client_id": str(uuid4()), "body": "note"},
    ("POST", "/api/conversations/{conversation_id}/return"): {"to": "queue"},
    ("POST", "/api/conversations/{conversation_id}/read"): {"seq": 1},
}


def operations() -> Iterator[tuple[str, str, str | None]]:
    """(method, path, permission) of every operation of the API."""
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                may = next((one for one in operation.auth_callbacks if isinstance(one, May)), None)
                where = f"/api{prefix}{path}".replace("//", "/")
                where = re.sub(r"\{uuid\w*:(\w+)\}", r"{\1}", where)
                for method in operation.methods:
                    yield method, where, may.permission if may else None


ALL = sorted(set(operations()), key=str)
GUARDED = [(method, path, permission) for method, path, permission in ALL if permission]


def body_of(method: str, path: str) -> Any:
    given = BODIES.get((method, path), {} if method != "GET" else None)
    return given() if callable(given) else given


def address(path: str, ids: dict[str, Any]) -> str:
    filled = path.format(**ids) if "{" in path else path
    return f"{filled}?after=0&epoch=1" if path == "/api/events" else filled


@pytest.fixture
def people(cast: Cast) -> dict[str, User]:
    return {role: someone(cast, role) for role in Role.values}


def test_every_operation_names_its_permission_but_those_before_sign_in() -> None:
    assert {(method, path) for method, path, permission in ALL if permission is None} == OPEN_TO_ALL
    assert {permission for _, _, permission in GUARDED} == set(PERMISSIONS)


def test_each_role_reaches_what_the_table_says_and_nothing_else(cast: Cast, people: dict[str, User]) -> None:
    for role, user in people.items():
        browser = Browser(user)
        for method, path, permission in GUARDED:
            ids = {"conversation_id": uuid7(), "user_id": uuid7(), "line_id": uuid7(), "link_id": uuid7()}
            answer = browser.call(method, address(path, ids), body_of(method, path))
            refused = answer.status == 403 and answer.code == "role"
            assert refused == (role not in PERMISSIONS[permission]), f"{role} {method} {path}: {answer.status}"
            assert answer.status < 500, f"{role} {method} {path}: {answer.raw!r}"


def test_nobody_signed_in_is_told_so_by_every_operation(cast: Cast) -> None:
    browser = Browser()
    for method, path, _ in GUARDED:
        ids = {"conversation_id": uuid7(), "user_id": uuid7(), "line_id": uuid7(), "link_id": uuid7()}
        answer = browser.call(method, address(path, ids), body_of(method, path))
        assert (answer.status, answer.code) == (401, "signed_out"), f"{method} {path}"
        assert answer.data["mode"] == "test"


def test_a_change_without_the_token_is_refused(cast: Cast, people: dict[str, User]) -> None:
    browser = Browser(people["administrator"])
    for method, path, _ in GUARDED:
        if method == "GET":
            continue
        ids = {"conversation_id": uuid7(), "user_id": uuid7(), "line_id": uuid7(), "link_id": uuid7()}
        answer = browser.call(method, address(path, ids), body_of(method, path), csrf=False)
        assert (answer.status, answer.code) == (403, "csrf"), f"{method} {path}"


def test_the_objects_of_another_organisation_do_not_exist(cast: Cast, people: dict[str, User]) -> None:
    foreign = make_cast(name="Autre", slug="autre", domain="autre.example")
    theirs = foreign.owned_by(foreign.awa)
    foreign.text_in(theirs, "secret")
    before = theirs.revision
    ids = {
        "conversation_id": theirs.id,
        "user_id": foreign.awa.id,
        "line_id": foreign.line_1919.id,
        "link_id": foreign.north.id,
    }
    for role, user in people.items():
        browser = Browser(user)
        for method, path, permission in GUARDED:
            if "{" in path and role in PERMISSIONS[permission]:
                answer = browser.call(method, address(path, ids), body_of(method, path))
                assert answer.status == 404, f"{role} {method} {path}: {answer.raw!r}"
        for path in ("/api/conversations?view=all", "/api/session", "/api/counts", "/api/supervision/live"):
            assert str(theirs.id) not in browser.get(path).raw.decode()
            assert foreign.awa.name not in browser.get(path).raw.decode().replace(cast.awa.name, "")
        if role == "administrator":
            listed = b"".join(browser.get(f"/api/admin/{kind}").raw for kind in ("users", "lines", "links", "audit"))
            assert not any(str(id_).encode() in listed for id_ in ids.values())
    theirs.refresh_from_db()
    assert theirs.revision == before


@pytest.mark.needs("RFP-028")
def test_a_line_of_a_team_is_hidden_from_agents_outside_it(cast: Cast, people: dict[str, User]) -> None:
    from accounts.models import Team

    team = Team.objects.create(organisation=cast.organisation, name="Distribution")
    team.members.add(cast.awa)
    cast.line_3334.teams.add(team)
    hidden = cast.queued()
    cast.text_in(hidden)
    inside, outside = Browser(cast.awa), Browser(people["agent"])
    assert [row["id"] for row in inside.get("/api/conversations?view=queue").data["items"]] == [str(hidden.id)]
    assert outside.get("/api/conversations?view=queue").data["items"] == []
    assert outside.get(f"/api/conversations/{hidden.id}").status == 404
    assert outside.get(f"/api/conversations/{hidden.id}/messages").status == 404
    assert outside.post(f"/api/conversations/{hidden.id}/take").status == 404
    assert str(cast.line_3334.id) not in outside.get("/api/session").raw.decode()
    assert Browser(people["supervisor"]).get(f"/api/conversations/{hidden.id}").status == 200


def test_the_description_is_for_administrators(cast: Cast, people: dict[str, User]) -> None:
    assert Browser(people["agent"]).get("/api/openapi.json").status == 404
    assert Browser().get("/api/openapi.json").status == 404
    assert Browser(people["administrator"]).get("/api/openapi.json").data["info"]["title"] == "Palabre"


def test_an_unknown_address_of_the_api_answers_in_json(cast: Cast) -> None:
    answer = Browser().get("/api/nothing/here")
    assert (answer.status, answer.code) == (404, "not_found")
