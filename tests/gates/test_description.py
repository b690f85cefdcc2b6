"""What the API says of itself is true: schemathesis asks as each role, well and badly, and compares every answer.

EXAMPLES questions for each operation, role and manner of asking; `make faults` asks many more (FAULT_SEEDS).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.config import SchemathesisConfig

from accounts.models import Role
from accounts.permissions import PERMISSIONS
from config.api import openapi
from config.doors import Door, doors
from tests.browser import Browser
from tests.gates import calls
from tests.gates.company import ROLES, Company, undone

SEEDS = int(os.environ.get("FAULT_SEEDS", "1"))
EXAMPLES = 2 if SEEDS == 1 else min(3 * SEEDS, 30)
# The session is ours to bring: questions that leave it out would be asked with it all the same.
SCHEMA = schemathesis.openapi.from_dict(
    openapi(), config=SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})
)
SCHEMA.app = get_wsgi_application()
OPERATIONS = [door for door in doors() if calls.described(door)]
# Who is not signed in is test_doors.py's. What the description allows may still be refused: an address that is taken,
# a state that forbids it (422, 409).
CHECKED = [
    CHECKS.get_one(name)
    for name in (
        "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
        "response_headers_conformance", "negative_data_rejection", "missing_required_header", "unsupported_method",
        "allow_header_conformance",
    )
]  # fmt: skip


@contextmanager
def one_connection() -> Iterator[None]:
    """As Django's test client does it for itself: the end of a request must not close the connection of the test."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    try:
        yield
    finally:
        request_started.connect(close_old_connections)
        request_finished.connect(close_old_connections)


def identity(browser: Browser) -> dict[str, Any]:
    """What a browser of this person sends with every request."""
    cookies = {name: one.value for name, one in browser.client.cookies.items()}
    return {"cookies": cookies, "headers": {"X-CSRFToken": cookies["csrftoken"], "Accept": "application/json"}}


def takes_anything(door: Door) -> bool:
    operation = calls.described(door) or {}
    return bool(operation.get("parameters") or operation.get("requestBody"))


def ask(door: Door, company: Company, who: dict[str, Any], mode: GenerationMode, first: int) -> list[int]:
    """Questions about one operation; returns the statuses. Raises what schemathesis finds."""
    operation = SCHEMA[door.address][door.method]
    own, told = company.objects(company.own, company.mine), []

    @seed(first)
    @hypothesis_settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), derandomize=False,
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def put(case: Any) -> None:
        if mode == GenerationMode.POSITIVE:  # things that are there: else every answer were 404
            case.path_parameters = {name: str(own[name]) for name in case.path_parameters or {}}
        with undone(), one_connection():
            response = case.call(**who)
            told.append(response.status_code)
            case.validate_response(response, checks=CHECKED, transport_kwargs=who)

    put()
    return told


@pytest.mark.timeout(60 if SEEDS == 1 else 1800)
@pytest.mark.parametrize("role", ROLES)
def test_every_answer_is_one_that_the_description_tells_of(
    role: str, company: Company, subtests: pytest.Subtests
) -> None:
    who = identity(Browser(company.people[role]))
    accepted = set()
    for door in OPERATIONS:
        if door.permission and Role(role) not in PERMISSIONS[door.permission]:
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if mode == GenerationMode.NEGATIVE and not takes_anything(door):
                continue  # nothing can be wrong about it
            with subtests.test(f"{door.name} {mode.value}"):
                told = ask(door, company, who, mode, first=7)
                if any(200 <= status < 300 for status in told):
                    accepted.add(door.name)
    print(f"{role}: {len(accepted)} operations were used and not only refused")
    assert accepted
