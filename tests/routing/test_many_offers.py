"""Arrivals, agents who accept, decline, miss and vanish, two dispatchers, leases lost: one owner each, none overloaded.

The whole of it is tests/faults/test_routing_holds.py; here it is small.
"""

from __future__ import annotations

import pytest

from tests.cast import Cast
from tests.routing.rush import Rush

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


@pytest.mark.needs("RFP-030", "RFP-031")
def test_a_small_rush_ends_with_one_owner_each_and_nobody_over_capacity(cast: Cast, dsn: str):
    rush = Rush(cast, arrivals=40, agents=10, losses=2, seconds=4.0)
    rush.run()
    rush.assert_held()
