"""Who reaches what: every address that is registered, each role, things of his own, of another team, of strangers.

What is answered stands in docs/permissions.md, which `scripts/permissions.py` writes and these tests compare.
"""

from __future__ import annotations

import os
import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from accounts.permissions import PERMISSIONS
from config.doors import OPEN, Door, doors, every_door_has_a_rule
from tests.browser import Answer, Browser
from tests.gates import calls, document
from tests.gates.company import ROLES, Company, normal, undone

pytestmark = pytest.mark.timeout(240)  # seconds on a quiet machine, a minute on a busy one

DOORS = doors()
_SAVEPOINT = re.compile(r'"s\d+_x\d+"')
GUARDED = [door for door in DOORS if door.permission]


def test_every_address_says_who_may_use_it() -> None:
    assert every_door_has_a_rule() == []
    assert {door.permission for door in GUARDED} == set(PERMISSIONS), "a permission that nothing asks for"


def test_an_address_without_a_rule_is_noticed_and_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(OPEN, "* /health")
    (fault,) = every_door_has_a_rule()
    assert fault.id == "palabre.E001" and "* /health" in fault.msg and 'auth=May("...")' in fault.hint


class Observer:
    """Knocks at doors as each role, each time on untouched rows."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.nobody = Browser()
        self.browsers = {role: Browser(company.people[role]) for role in ROLES}
        self.objects = {
            "own": company.objects(company.own, company.mine),
            "team": company.objects(company.own, company.hidden),
            "foreign": company.objects(company.foreign, company.theirs),
        }
        self.untouched = company.fingerprint()
        self.asked: dict[str, list[str]] = {}  # of the database, in the last call
        self.objects["nothing"] = {name: uuid4() for name in self.objects["own"]}

    def row(self, door: Door) -> document.Row:
        """What each role is answered; raises AssertionError for what nobody may ever be answered."""
        cells = {"nobody": (told(door, self.knock(self.nobody, door, "own")),)}
        for role, browser in self.browsers.items():
            wanted = self.objects if calls.names_a_thing(door) else ("own",)
            answers = {whose: self.knock(browser, door, whose) for whose in wanted}
            for whose, answer in answers.items():
                who = f"{role} {door.name} ({whose})"
                leaks = self.company.leaks(answer.raw.decode(), role=role)
                leaks = [one for one in leaks if one not in map(str, self.objects[whose].values())]
                assert not leaks, f"{who} is shown what is not his: {leaks}"
                assert answer.status < 500 or door.name in calls.PERHAPS_503, f"{who}: {answer.raw!r}"
            if calls.names_a_thing(door):
                assert_strangers_are_nobody(f"{role} {door.name}", answers, allowed=allows(door, role))
                # The same steps take the same time: an answer that comes later would tell that the thing exists.
                assert self.asked["foreign"] == self.asked["nothing"], f"{role} {door.name}: another way for strangers"
            cells[role] = tuple(told(door, answers[whose]) for whose in ("own", "team", "foreign") if whose in answers)
        return document.Row(door, cells)

    def knock(self, browser: Browser, door: Door, whose: str) -> Answer:
        with undone(), CaptureQueriesContext(connection) as asked:
            answer = calls.call(browser, door, self.company, self.objects[whose])
            self.asked[whose] = [_SAVEPOINT.sub("", normal(query["sql"])) for query in asked.captured_queries]
            if whose == "foreign" and door.method != "GET":
                assert self.company.fingerprint() == self.untouched, f"{door.name} changed another organisation's rows"
            return answer


def told(door: Door, answer: Answer) -> str:
    """A status, and for refusals by role the word, so that they are not taken for refusals of the thing."""
    if answer.status in (200, 503) and door.name in calls.PERHAPS_503:
        return "200 or 503"
    refused = isinstance(answer.data, dict) and answer.status == 403
    return f"{answer.status} {answer.code}" if refused and "error" in answer.data else str(answer.status)


def allows(door: Door, role: str) -> bool:
    return door.permission is not None and Role(role) in PERMISSIONS[door.permission]


def assert_strangers_are_nobody(who: str, answers: dict[str, Answer], *, allowed: bool) -> None:
    foreign, nothing = answers["foreign"], answers["nothing"]
    if allowed:
        assert foreign.status == 404, f"{who}: a thing of another organisation is answered {foreign.status}, not 404"
    assert (foreign.status, foreign.raw) == (nothing.status, nothing.raw), (
        f"{who}: a thing of another organisation is answered otherwise than one that does not exist"
    )


def assert_obeys(row: document.Row) -> None:
    """The answers are those of the permission that the address names."""
    door = row.door
    for role in ROLES:
        refused = all(cell == "403 role" for cell in row.cells[role])
        assert refused != allows(door, role), f"{role} {door.name}: {row.cells[role]}"
    assert row.cells["nobody"] == ("401",)
    used = [cells[0] for role, cells in row.cells.items() if role != "nobody"]
    assert any(cell.startswith("2") for cell in used), (
        f"{door.name} worked for nobody, so nothing is proved: give it a body in tests/gates/calls.py ({used})"
    )


@pytest.mark.needs("RFP-096", "RFP-152")
def test_each_role_is_answered_what_the_document_says(company: Company, subtests: pytest.Subtests) -> None:
    observer, kept, rows = Observer(company), document.kept(), []
    for door in DOORS:
        with subtests.test(door.name):
            row = observer.row(door)
            rows.append(row)
            if door.permission is not None:
                assert_obeys(row)
            assert "PALABRE_WRITE" in os.environ or kept.get(door.name) == str(row), (
                f"docs/permissions.md does not say what {door.name} answers now: look, then run scripts/permissions.py"
            )
    if "PALABRE_WRITE" in os.environ:
        document.PLACE.write_text(document.page(rows))


def test_the_document_names_no_address_that_is_gone_and_all_its_rules() -> None:
    kept = document.kept()
    assert set(kept) == {door.name for door in DOORS}, "run scripts/permissions.py"
    assert document.PLACE.read_text() == document.page(list(kept.values())), "run scripts/permissions.py"
