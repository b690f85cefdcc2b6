from __future__ import annotations

import pytest

from tests.gates.company import Company, make_company
from tests.gates.ear import listen  # noqa: F401  (a fixture)


@pytest.fixture
def company(db: None) -> Company:
    """In a transaction that ends with the test: quick, and for what needs no second connection."""
    return make_company()


@pytest.fixture
def lasting_company(transactional_db: None) -> Company:
    """Committed: other threads and connections see it."""
    return make_company()
