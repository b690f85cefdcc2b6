"""How many agents for 80/20: the screen's address answers what Erlang C says, to those who plan."""

from __future__ import annotations

import pytest

from accounts.models import Role
from common.errors import Invalid
from routing.erlang import Demand, staffed
from supervision.staffing import staffing
from tests.browser import Browser
from tests.cast import Cast

ADDRESS = "/api/supervision/staffing"


def test_each_half_hour_has_its_number_and_the_busiest_its_choices():
    found = staffing([30, 60, 0], Demand(contacts=0, handling_s=300, shrinkage=0.3))
    assert [half["agents"] for half in found["halves"]] == [8, 14, 0]
    assert [half["scheduled"] for half in found["halves"]] == [12, 20, 0]
    assert found["halves"][2]["service_level"] is None
    assert found["agent_hours"] == 16
    assert found["busiest"] == 1
    assert [row["agents"] for row in found["options"]] == [11, 12, 13, 14, 15, 16, 17]
    row, said = found["options"][3], staffed(Demand(contacts=60, handling_s=300), 14)
    assert (row["service_level"], row["asa_s"], row["occupancy"]) == (said.service_level, said.asa_s, said.occupancy)


def test_where_the_fewest_who_keep_up_are_enough_there_is_nothing_below():
    found = staffing([1], Demand(contacts=0, handling_s=60, target=0.5))
    assert [row["agents"] for row in found["options"]] == [1, 2, 3, 4]
    assert staffing([0], Demand(contacts=0, handling_s=60))["options"] == []


def test_more_than_a_desk_can_be_is_refused_at_its_half_hour():
    with pytest.raises(Invalid) as refused:
        staffing([1, 100_000], Demand(contacts=0, handling_s=3_600))
    assert (refused.value.code, refused.value.field) == ("too_much_traffic", "contacts.1")


@pytest.mark.django_db
def test_supervisors_and_administrators_plan_and_nobody_else(cast: Cast):
    for role, status in ((Role.SUPERVISOR, 200), (Role.ADMINISTRATOR, 200), (Role.OBSERVER, 403), (Role.AGENT, 403)):
        cast.sam.role = role
        cast.sam.save(update_fields=["role"])
        answer = Browser(cast.sam).get(f"{ADDRESS}?contacts=60&contacts=30&handling_s=300")
        assert answer.status == status
        if status == 200:
            assert [half["agents"] for half in answer.data["halves"]] == [14, 8]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("handling_s=300", "contacts"),
        ("contacts=60", "handling_s"),
        ("contacts=60&handling_s=0", "handling_s"),
        ("contacts=60&handling_s=nan", "handling_s"),
        ("contacts=60&handling_s=300&target=1", "target"),
        ("contacts=60&handling_s=300&concurrency=0.5", "concurrency"),
        ("contacts=60&handling_s=300&shrinkage=1", "shrinkage"),
        ("contacts=-1&handling_s=300", "contacts"),
        ("contacts=100000&handling_s=86400", "contacts"),
        ("handling_s=300&" + "&".join(["contacts=1"] * 49), "contacts"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(cast: Cast, asked: str, field: str):
    answer = Browser(cast.sam).get(f"{ADDRESS}?{asked}")
    assert answer.status == 422
    assert any(name.startswith(field) for name in answer.data["error"]["fields"])
