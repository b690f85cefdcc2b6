"""What holds at every door: the token of a change, the sign-in, and addresses that are not there."""

from __future__ import annotations

from uuid import uuid4

import pytest

from accounts.models import Role
from config.doors import doors
from tests.browser import Browser
from tests.gates import calls
from tests.gates.company import Company

GUARDED = [door for door in doors() if door.permission]


@pytest.mark.parametrize("session", ["", "0" * 32, "a.b.c", "' or 1=1 --"])
def test_nobody_signed_in_is_told_so_by_every_operation(company: Company, session: str) -> None:
    browser = Browser()
    browser.client.cookies["session"] = session
    for door in GUARDED:
        answer = calls.call(
            browser, door, company, {name: uuid4() for name in company.objects(company.own, company.mine)}
        )
        assert (answer.status, answer.code) == (401, "signed_out"), door.name
        assert answer.data["mode"] == "test"


def test_a_change_without_the_token_is_refused(company: Company) -> None:
    browser = Browser(company.people[Role.ADMINISTRATOR])
    for door in doors():
        if door.method not in ("GET", "*") and door.permission:
            ids = company.objects(company.own, company.mine)
            answer = calls.call(browser, door, company, ids, csrf=False)
            assert (answer.status, answer.code) == (403, "csrf"), door.name


@pytest.mark.needs("RFP-028")
def test_a_line_of_a_team_is_hidden_from_agents_outside_it(company: Company) -> None:
    inside, outside = Browser(company.own.people["koffi"]), Browser(company.own.people["afi"])
    hidden = str(company.hidden.id)
    seen, elsewhere = (
        {row["id"] for row in browser.get("/api/conversations?view=queue").data["items"]}
        for browser in (inside, outside)
    )
    assert seen - elsewhere == {hidden}
    assert elsewhere < seen
    assert inside.get(f"/api/conversations/{hidden}").status == 200
    assert outside.get(f"/api/conversations/{hidden}").status == 404
    assert str(company.own.team_line.id) not in outside.get("/api/session").raw.decode()


def test_the_description_is_for_administrators(company: Company) -> None:
    assert Browser(company.people[Role.AGENT]).get("/api/openapi.json").status == 404
    assert Browser().get("/api/openapi.json").status == 404
    assert Browser(company.people[Role.ADMINISTRATOR]).get("/api/openapi.json").data["info"]["title"] == "Palabre"


@pytest.mark.parametrize("path", ["/api/", "/api/nothing/here", "/api/conversations/7", "/api/admin"])
def test_an_unknown_address_of_the_api_answers_in_json(path: str, company: Company) -> None:
    answer = Browser().get(path)
    assert (answer.status, answer.code) == (404, "not_found")
