from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from tests.gates.company import Company, make_company, undone
from tests.gates.ear import listen  # noqa: F401  (a fixture)


@pytest.fixture(autouse=True)
def _no_limit_of_writes(settings: Any) -> None:
    """One caller knocks at every door, some thousand of them, within a minute."""
    settings.WRITES_PER_MINUTE = 100_000


@pytest.fixture(scope="module")
def made_company(django_db_setup: None, django_db_blocker: Any) -> Iterator[Company]:
    """Made once for a module, in a transaction that ends with it. No other test of that module may empty the tables."""
    with django_db_blocker.unblock():
        block = transaction.atomic()
        block._from_testcase = True  # as Django's own TestCase does
        with block:
            yield make_company()
            transaction.set_rollback(True)


@pytest.fixture
def company(made_company: Company, db: None) -> Iterator[Company]:
    """As it was made, whatever the tests before have done: quick, and for what needs no second connection."""
    with undone():
        yield made_company


@pytest.fixture
def lasting_company(transactional_db: None) -> Company:
    """Committed: other threads and connections see it."""
    return make_company()
