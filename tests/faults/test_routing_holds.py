"""200 arrivals, 40 agents of random skills, two dispatchers, ten leaders that lose their lease: I10 of the promises."""

from __future__ import annotations

import os

import pytest

from tests.cast import Cast
from tests.cast_fixtures import cast, dsn  # noqa: F401  (fixtures)
from tests.routing.rush import Rush

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(240),
    pytest.mark.skipif("FAULT_FULL" not in os.environ, reason="small in tests/routing/test_many_offers.py"),
]


@pytest.mark.needs("RFP-030", "RFP-031")
def test_in_a_rush_nobody_has_two_owners_and_nobody_more_than_he_can_hold(cast: Cast):  # noqa: F811
    rush = Rush(cast, arrivals=200, agents=40, losses=10, seconds=45.0)
    rush.run()
    rush.assert_held()
