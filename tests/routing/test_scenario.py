"""A scenario that cannot be run is refused with the place of everything that is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from routing.assignment import Strategy, Want
from routing.ladder import AddQueue, LowerLevel, Step
from routing.scenario import ScenarioError, chance_of, queue_id, read, scenario, skill_id

ROOT = Path(__file__).resolve().parents[2]
GOOD: dict[str, Any] = {
    "hours": 1.0,
    "queues": [{"name": "Support"}],
    "arrivals": [{"queue": "Support", "per_half_hour": 10, "handling": {"mean_s": 60}}],
    "agents": [{"name": "Day", "count": 2}],
}


def faults(**changed: Any) -> list[str]:
    with pytest.raises(ScenarioError) as refused:
        scenario({**GOOD, **changed})
    return refused.value.faults


def one(of: str, **changed: Any) -> dict[str, Any]:
    return {of: [{**GOOD[of][0], **changed}]}


def test_a_small_scenario_is_read():
    found = scenario(GOOD)
    assert found.length_s == 3600
    assert found.shifts == (((0.0, 3600.0),),)
    assert found.warnings == ()


def test_the_demo_day_is_read():
    found = read(ROOT / "config" / "demo" / "day.toml")
    assert found.day.queues[1].strategy is Strategy.LONGEST_IDLE
    assert found.ladders["Support"].steps[:2] == (
        Step(60, LowerLevel(skill_id("mobile money"), 2)), Step(120, AddQueue(queue_id("Sales"))),
    )  # fmt: skip
    assert found.wants[1][1] == Want(skill_id("mobile money"), 3, 5)
    assert found.shifts[0] == ((0.0, 4 * 3600.0), (4.75 * 3600, 9 * 3600.0))
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"queues": []}, "queues: "),
        ({"hours": 0}, "hours: "),
        ({"start": "8h"}, "start: "),
        ({"colour": "red"}, "colour: "),
        ({"warm_up_hours": 1}, "warm_up_hours: nothing of the day is left"),
        ({"queues": [{"name": "Support"}, {"name": "Support"}]}, "queues: two have the same name"),
        ({"queues": [{"name": "Support", "strategy": "cleverest"}]}, "queues.0.strategy: "),
        (one("arrivals", queue="Sales"), "arrivals.0.queue: there is no queue 'Sales'"),
        (one("arrivals", per_half_hour=[1, 2, 3]), "arrivals.0.per_half_hour: 3 figures for 2 half hours"),
        (one("arrivals", per_half_hour=[1, -2]), "arrivals.0.per_half_hour"),
        (one("arrivals", per_half_hour=None), "arrivals.0: give one of"),
        (one("arrivals", at_s=[1.0]), "arrivals.0: give one of"),
        (one("arrivals", per_half_hour=None, at_s=[1.0, 3601.0]), "arrivals.0.at_s: not all of these lie within"),
        (one("arrivals", per_half_hour=1_000_000), "arrivals: about 2,000,000 contacts"),
        (one("arrivals", handling={"mean_s": 0}), "arrivals.0.handling.mean_s: "),
        (one("arrivals", handling={"mean_s": float("nan")}), "arrivals.0.handling.mean_s: "),
        (one("arrivals", handling={"mean_s": 9, "shape": "round"}), "arrivals.0.handling.shape: "),
        (one("arrivals", wants=[{"skill": "french", "least": 6}]), "arrivals.0.wants.0.least: "),
        (one("agents", count=0), "agents.0.count: "),
        (one("agents", queues=["Sales"]), "agents.0.queues: there is no queue 'Sales'"),
        (one("agents", shifts=[["08:00", "nine"]]), "agents.0.shifts.0: 'nine' is no time of the day"),
        (one("agents", shifts=[["08:30", "08:10"]]), "agents.0.shifts.0: ends before it begins"),
        (one("agents", shifts=[["08:00", "12:00"]]), "agents.0.shifts.0: 12:00 lies outside the day of 1 hours"),
        (one("agents", shifts=[["08:00", "08:30"], ["08:20", "09:00"]]), "agents.0.shifts.1: begins before"),
        (one("agents", ring={"takes": {"mean_s": 4}, "declined": 0.8, "missed": 0.3}), "agents.0.ring: declined and"),
        (one("queues", ladder=[{"after_s": 9, "do": "dance"}]), "queues.0.ladder.0: "),
        (one("queues", ladder=[{"after_s": 9, "do": "add_queue", "queue": "Sales"}]), "queues.0.ladder.0.queue: "),
        (one("queues", ladder=[{"after_s": 9, "do": "lower_level", "skill": "x"}]), "queues.0.ladder.0.skill: "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(changed, said):
    found = faults(**changed)
    assert any(fault.startswith(said) for fault in found), found


def test_shifts_are_the_same_each_day():
    changed = one("agents", shifts=[["08:00", "12:00"], ["20:00", "08:00"]])
    found = scenario({**GOOD, **changed, "hours": 50.0})
    hours = [(begin / 3600, end / 3600) for begin, end in found.shifts[0]]
    assert hours == [(0, 4), (12, 24), (24, 28), (36, 48), (48, 50)]
    assert scenario({**GOOD, **changed, "hours": 24.0}).shifts[0] == found.shifts[0][:2]


def test_a_rate_below_what_a_float_can_divide_brings_nobody():
    found = scenario({**GOOD, **one("arrivals", per_half_hour=1e-322)})
    assert list(found.day.arrivals[0].times(found.length_s, chance_of("1"))) == []


def test_everything_wrong_is_said_at_once():
    found = faults(**one("arrivals", queue="Sales"), **one("agents", queues=["Night"], shifts=[["08:30", "08:10"]]))
    assert [fault.split(":")[0] for fault in found] == ["arrivals.0.queue", "agents.0.queues", "agents.0.shifts.0"]


def test_queues_that_overflow_into_each_other_are_refused():
    loop = [
        {"name": "A", "ladder": [{"after_s": 9, "do": "add_queue", "queue": "B"}]},
        {"name": "B", "ladder": [{"after_s": 9, "do": "add_queue", "queue": "A"}]},
    ]
    found = faults(queues=loop, **one("arrivals", queue="A"))
    assert found[0].startswith("queues.0.ladder.0.queue: this queue overflows back")


def test_contacts_that_nobody_may_ever_take_are_told_of():
    asks = one("arrivals", wants=[{"skill": "french", "least": 3}])
    assert scenario({**GOOD, **asks}).warnings == ("arrivals.0: no agent may ever take these",)
    lowered = one("queues", ladder=[{"after_s": 60, "do": "lower_level", "skill": "french", "by": 3}])
    assert scenario({**GOOD, **asks, **lowered}).warnings == ()
    assert scenario({**GOOD, **asks, **one("agents", skills={"french": 3})}).warnings == ()


def test_a_recorded_day_is_read_from_a_file_beside_the_scenario(tmp_path: Path):
    (tmp_path / "tuesday.csv").write_text("at,handling_s\n08:30:15,45\n12,\n")
    (tmp_path / "day.toml").write_text(
        'hours = 1.0\nqueues = [{name = "Q"}]\nagents = [{name = "A", count = 1}]\n'
        'arrivals = [{queue = "Q", recorded = "tuesday.csv", handling = {mean_s = 60}}]\n'
    )
    assert read(tmp_path / "day.toml").recorded == (((12.0, None), (1815.0, 45.0)),)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("when\n5\n", "row 1 of"), ("at\nsoon\n", "row 1 of"), ("at\n5\n4000\n", "not all of these lie within"),
        ("at,handling_s\n5,-1\n", "row "), (None, "No such file"),
    ],
)  # fmt: skip
def test_a_recorded_day_that_cannot_be_read_is_refused(tmp_path: Path, file, said):
    if file is not None:
        (tmp_path / "x.csv").write_text(file)
    with pytest.raises(ScenarioError, match=r"arrivals\.0\.recorded") as refused:
        scenario({**GOOD, **one("arrivals", per_half_hour=None, recorded="x.csv")}, beside=tmp_path)
    assert said in str(refused.value)


def test_a_recorded_time_of_the_day_is_refused_where_there_are_several_days(tmp_path: Path):
    (tmp_path / "x.csv").write_text("at\n08:30\n")
    with pytest.raises(ScenarioError, match=r"row 1 of x\.csv .* may be of any of these days"):
        scenario({**GOOD, "hours": 25.0, **one("arrivals", per_half_hour=None, recorded="x.csv")}, beside=tmp_path)


@pytest.mark.parametrize(
    "text",
    ["hours = ", "\x00", "hours = " + "[" * 5000, "seed = " + "9" * 5000, None],
    ids=["cut off", "not text", "too deep", "too long a figure", "no file"],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, text):
    path = tmp_path / "day.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ScenarioError, match=r"day\.toml"):
        read(path)
