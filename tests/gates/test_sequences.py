"""Deeds that follow each other: schemathesis lists, takes, answers, closes, makes and changes things in any order.

Each of its sequences begins with the company as it was made, as one role, and goes on with what the answers name: an id
out of a list or of something just made, the conversation of the request before. Every answer must be one that the
description tells of, and none a fault of ours. SEQUENCES of STEPS for each role; `make faults` makes many more
(FAULT_SEEDS).
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import ExitStack
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, seed
from hypothesis import settings as hypothesis_settings
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.stateful.state_machine import APIStateMachine

from accounts.models import Role
from accounts.permissions import PERMISSIONS
from config.api import openapi
from config.doors import doors
from tests.browser import Browser
from tests.gates.company import ROLES, Company, undone
from tests.gates.test_description import CHECKED, identity, one_connection

SEEDS = int(os.environ.get("FAULT_SEEDS", "1"))
SEQUENCES = 4 if SEEDS == 1 else min(5 * SEEDS, 40)
STEPS = 10 if SEEDS == 1 else 30

# Where the ids of each kind come from: the list that shows them.
LISTS = {
    "conversation_id": "/api/conversations",
    "user_id": "/api/admin/users",
    "line_id": "/api/admin/lines",
    "link_id": "/api/admin/links",
}
# One of which each role must have done, to a thing that an answer named: else refusals alone would pass.
DONE = {
    Role.AGENT: {"post conversation_id"},
    Role.SUPERVISOR: {"post conversation_id"},
    Role.ADMINISTRATOR: {"patch user_id", "patch line_id", "patch link_id"},
    Role.OBSERVER: {"get conversation_id"},
}


def description_for(role: str) -> dict[str, Any]:
    """What `role` may ask, with links: from each list and each new thing to whatever can be done to it, and from each
    deed to every other one on the same thing."""
    allowed = {
        (door.address, door.method.lower())
        for door in doors()
        if door.permission
        and Role(role) in PERMISSIONS[door.permission]
        # What an administrator does to conversations is what a supervisor does.
        and (role != Role.ADMINISTRATOR or door.address.startswith("/api/admin/"))
    }
    found = openapi()
    found["paths"] = {
        address: {method: one for method, one in operations.items() if (address, method) in allowed}
        for address, operations in found["paths"].items()
    }
    # Lists that show something, so that a sequence can go on: queries of any kind are test_description.py's.
    everything = {"name": "view", "in": "query", "required": True, "schema": {"enum": ["all"]}}
    found["paths"]["/api/conversations"].get("get", {})["parameters"] = [everything]
    for kind, place in LISTS.items():
        targets = [
            (address, method)
            for address, operations in found["paths"].items()
            if f"{{{kind}}}" in address
            for method in operations
        ]
        for address, operations in found["paths"].items():
            for method, operation in operations.items():
                if address == place:
                    where = "$response.body#/items/*/id" if method == "get" else "$response.body#/id"
                elif f"{{{kind}}}" in address:
                    where = f"$request.path.{kind}"
                else:
                    continue
                _link(operation, targets, kind, where)
    return found


def _link(operation: dict[str, Any], targets: list[tuple[str, str]], kind: str, where: str) -> None:
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            answer["links"] = {
                f"{method} {address}": {
                    "operationRef": f"#/paths/{address.replace('~', '~0').replace('/', '~1')}/{method}",
                    "parameters": {kind: where},
                    "x-schemathesis": {"is_inferred": True},  # it reads "*" in these only: any one of them
                }
                for address, method in targets
            }


def machine_for(role: str, company: Company, done: Counter[str]) -> type[APIStateMachine]:
    given = {
        "generation": {"with-security-parameters": False, "mode": "positive"},
        "phases": {"stateful": {"inference": {"algorithms": []}}},
    }
    schema = schemathesis.openapi.from_dict(description_for(role), config=SchemathesisConfig.from_dict(given))
    schema.app = get_wsgi_application()
    who = identity(Browser(company.people[role]))

    base = schema.as_state_machine()
    for name in [name for name in vars(base) if name.startswith("RANDOM__") and "_id_" in name]:
        delattr(base, name)  # else it would ask for things that are not there most of the time

    class Deeds(base):  # type: ignore[misc, valid-type]  # a class that schemathesis makes
        def setup(self) -> None:
            self.stack = ExitStack()
            self.stack.enter_context(undone())
            self.stack.enter_context(one_connection())

        def teardown(self) -> None:
            self.stack.close()

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return who

        def after_call(self, response: Any, case: Any) -> None:
            done[str(response.status_code)] += 1
            if response.status_code < 300:
                done.update(f"{case.method.lower()} {kind}" for kind in case.path_parameters or {})

        def validate_response(self, response: Any, case: Any, **_more: Any) -> None:
            case.validate_response(response, checks=CHECKED, transport_kwargs=who)

    made: type[APIStateMachine] = Deeds
    return made


@pytest.mark.timeout(300 if SEEDS == 1 else 1800)  # seconds each on an idle machine
@pytest.mark.parametrize("role", ROLES)
def test_whatever_follows_what_the_answers_are_as_described(role: str, company: Company) -> None:
    done: Counter[str] = Counter()
    machine = seed(7)(machine_for(role, company, done))
    machine.run(
        settings=hypothesis_settings(
            max_examples=SEQUENCES, stateful_step_count=STEPS, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck), derandomize=False,
        )
    )  # fmt: skip
    print(f"{role}: {dict(done)}")
    assert DONE[Role(role)] & done.keys(), f"{role} has only done {dict(done)}"
