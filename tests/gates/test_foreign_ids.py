"""Ids inside a body or a query, wherever the API's description has one: another organisation's are like none at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest

from accounts.models import Role
from accounts.permissions import PERMISSIONS
from config.doors import Door, doors
from tests.browser import Answer, Browser
from tests.gates import calls
from tests.gates.company import Company, normal, undone

pytestmark = pytest.mark.timeout(480)  # seconds on a quiet machine, a minute on a busy one

OPERATIONS = [door for door in doors() if door.permission]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an operation takes an id."""

    door: Door
    name: str
    where: str  # "query" or "body"
    many: bool

    def __str__(self) -> str:
        return f"{self.door.name} {self.name}"

    def value(self, id_: UUID) -> Any:
        return [str(id_)] if self.many and self.where == "body" else str(id_)


def holds_ids(schema: dict[str, Any]) -> tuple[bool, bool]:
    """(whether a value of this schema is an id, or ids; whether it is several)."""
    if "$ref" in schema:
        return False, False
    for one in (schema, *schema.get("anyOf", ())):
        if one.get("format") == "uuid":
            return True, False
        if one.get("format") == "uuids" or one.get("items", {}).get("format") == "uuid":
            return True, True
    return False, False


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    for one in (schema, *schema.get("anyOf", ())):
        if "$ref" in one:
            return calls.description()["components"]["schemas"][one["$ref"].rsplit("/", 1)[1]]
    return schema


def inputs(door: Door) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(where, name, schema) of everything that an operation takes beside its address."""
    operation = calls.described(door)
    assert operation is not None, f"{door.name} is missing from the API's description: it escapes these gates"
    for parameter in operation.get("parameters", ()):
        if parameter["in"] != "path":
            yield parameter["in"], parameter["name"], parameter["schema"]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        for name, schema in resolved(content["schema"]).get("properties", {}).items():
            yield "body", name, schema


def places() -> list[Place]:
    return [
        Place(door, name, where, holds_ids(schema)[1])
        for door in OPERATIONS
        for where, name, schema in inputs(door)
        if holds_ids(schema)[0]
    ]


def test_whatever_is_called_an_id_is_described_as_one() -> None:
    """Else it would escape the test below."""
    for door in OPERATIONS:
        for where, name, schema in inputs(door):
            called = name.endswith(("_id", "_ids", "Id", "Ids")) or name in {"id", "ids", "line", "conversations"}
            assert not called or holds_ids(schema)[0], (
                f'{door.name}: {where} {name} must be a UUID, list[UUID], or a text with format "uuids"'
            )


def asked(browser: Browser, place: Place, company: Company, id_: UUID) -> Answer:
    ids = company.objects(company.own, company.mine)
    if place.where == "body":
        body = {**(calls.body(place.door, company) or {}), place.name: place.value(id_)}
        return calls.call(browser, place.door, company, ids, body=body)
    where = calls.address(place.door, ids)
    return browser.call(
        place.door.method, f"{where}{'&' if '?' in where else '?'}{urlencode({place.name: place.value(id_)})}",
        calls.body(place.door, company),
    )  # fmt: skip


@pytest.mark.needs("RFP-096")
def test_ids_of_strangers_are_answered_like_ids_of_nothing(company: Company, subtests: pytest.Subtests) -> None:
    found = places()
    assert {place.name for place in found} >= {"line", "conversations", "queue_id", "link_ids", "team_ids"}
    strange = company.objects(company.foreign, company.theirs)
    hidden = {"conversation_id": company.hidden.id, "line_id": company.hidden.line_id}
    browsers = {role: Browser(user) for role, user in company.people.items()}
    untouched = company.fingerprint()
    for place in found:
        with subtests.test(str(place)):
            for role in sorted(PERMISSIONS[place.door.permission or ""]):
                with undone():
                    nothing = asked(browsers[role], place, company, uuid4())
                tried = {
                    **strange,
                    **({f"team's {name}": id_ for name, id_ in hidden.items()} if role == Role.AGENT else {}),
                }
                for kind, id_ in tried.items():
                    with undone():
                        before = company.written()
                        answer = asked(browsers[role], place, company, id_)
                        who = f"{role} {place} = {kind}"
                        if company.written() != before:
                            assert company.fingerprint() == untouched, f"{who}: others' rows have changed"
                    assert answer.status != 403, f"{who}: 403 tells that it exists"
                    assert (answer.status, normal(answer.raw.decode())) == (
                        nothing.status,
                        normal(nothing.raw.decode()),
                    ), who
                    told = [one for one in company.leaks(answer.raw.decode(), role=role) if one != str(id_)]
                    assert not told, f"{who}: {told}"


def test_an_own_thing_is_answered_otherwise(company: Company) -> None:
    """The test above would notice: what is accepted does not look like what is refused."""
    browser = Browser(company.people[Role.ADMINISTRATOR])
    place = next(one for one in places() if str(one) == "PATCH /api/admin/lines/{line_id} queue_id")
    own, strange = company.own.queue.id, company.foreign.queue.id
    with undone():
        assert asked(browser, place, company, own).status == 200
    with undone():
        assert asked(browser, place, company, strange).status == 422


def test_fields_that_nobody_asks_for_change_nothing(company: Company, subtests: pytest.Subtests) -> None:
    """What a model has and an operation does not take cannot be given to it (mass assignment), nor given twice."""
    strange = company.objects(company.foreign, company.theirs)
    extra = {
        "organisation_id": str(company.foreign.organisation.id), "organisation": str(company.foreign.organisation.id),
        "id": str(uuid4()), "pk": str(uuid4()), "owner_id": str(strange["user_id"]), "is_superuser": True,
        "actor_id": str(strange["user_id"]), "author_user_id": str(strange["user_id"]), "is_staff": True,
        "revision": 10**6, "load": -5, "capacity": 99, "created_at": "2001-01-01T00:00:00Z", "status": "closed",
    }  # fmt: skip
    browser = Browser(company.people[Role.ADMINISTRATOR])
    untouched = company.fingerprint()
    for door in OPERATIONS:
        operation = calls.described(door) or {}
        if "requestBody" not in operation:
            continue
        with subtests.test(door.name):
            asked_for = {name for where, name, _ in inputs(door) if where == "body"}
            body = calls.body(door, company) or {}
            added = {**body, **{name: value for name, value in extra.items() if name not in asked_for}}
            answers = []
            for given in (body, added):
                with undone():
                    ids = company.objects(company.own, company.mine)
                    answer = calls.call(browser, door, company, ids, body=given)
                    answers.append((answer.status, normal(answer.raw.decode())))
                    assert company.fingerprint() == untouched
            assert answers[0] == answers[1]
