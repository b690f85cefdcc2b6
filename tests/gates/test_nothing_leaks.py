"""Every reading that the API offers, with every question that could be put: nothing of others is in any answer."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from accounts.models import Role
from accounts.permissions import PERMISSIONS
from config.doors import Door, doors
from tests.browser import Browser
from tests.gates import calls
from tests.gates.company import MARK, Company, undone
from tests.gates.test_foreign_ids import inputs

pytestmark = pytest.mark.timeout(240)  # seconds on a quiet machine, a minute on a busy one

READINGS = [door for door in doors() if door.permission and door.method == "GET"]


def values(name: str, schema: dict, company: Company) -> list[str]:
    """What to ask for in a parameter: the choices it offers, and everything that leads to others."""
    choices = [str(one) for part in (schema, *schema.get("anyOf", ())) for one in part.get("enum", ())]
    strangers = [company.hidden, company.theirs]
    ids = {
        "line": [str(one.line_id) for one in strangers],
        "conversations": [",".join(str(one.id) for one in strangers), str(company.theirs.id)],
    }
    # A search for the words that the marks end with: an answer that only repeats the question is no leak.
    words = ["contactname", "addressvalue", MARK, "messagebody", "%", "_", "1919"]
    return choices or ids.get(name) or (["1", "200"] if schema.get("type") == "integer" else words)


def questions(door: Door, company: Company) -> Iterator[str]:
    """The address of a reading with each value of each of its parameters."""
    where = calls.address(door, company.objects(company.own, company.mine))
    yield where
    widest = "&view=all" if any(name == "view" for _, name, _ in inputs(door)) else ""
    for place, name, schema in inputs(door):
        for value in values(name, schema, company) if place == "query" else ():
            yield f"{where}{'&' if '?' in where else '?'}{urlencode({name: value})}{widest if name != 'view' else ''}"


@pytest.mark.needs("RFP-096")
def test_no_answer_holds_anything_of_others(company: Company, subtests: pytest.Subtests) -> None:
    seen: dict[str, str] = {}
    for role, user in company.people.items():
        browser = Browser(user)
        for door in READINGS:
            if Role(role) not in PERMISSIONS[door.permission or ""]:
                continue
            with subtests.test(f"{role} {door.name}"):
                for question in questions(door, company):
                    with undone():
                        answer = browser.get(question)
                    assert answer.status < 500, f"{question}: {answer.raw!r}"
                    text = answer.raw.decode()
                    assert not company.leaks(text, role=role), (
                        f"{role} GET {question} shows {company.leaks(text, role=role)}"
                    )
                    seen[role] = seen.get(role, "") + text
    # What is looked for can be found: who may see the team's line has been shown it.
    assert str(company.hidden.id) in seen[Role.SUPERVISOR] and f"{MARK}tea" in seen[Role.SUPERVISOR]
    assert str(company.mine.id) in seen[Role.AGENT]


def test_the_marks_reach_the_answers_of_those_they_belong_to(company: Company) -> None:
    theirs = Browser(company.foreign.people["boss"])
    text = "".join(
        theirs.get(f"{path}").raw.decode()
        for path in ("/api/conversations?view=all", "/api/session", f"/api/conversations/{company.theirs.id}/messages")
    )
    assert company.leaks(text, role=Role.SUPERVISOR)


def test_what_everybody_reaches_tells_of_nobody(company: Company) -> None:
    browser, theirs = Browser(), company.objects(company.foreign, company.theirs)
    for door in doors():
        if door.permission is None:
            for method in ("GET", "POST"):
                answer = browser.call(method, calls.address(door, theirs), {} if method == "POST" else None)
                assert not company.leaks(answer.raw.decode(errors="replace"), role=Role.AGENT), door.name
