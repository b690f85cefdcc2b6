"""A simulated day: it is made of the real core's decisions, its people do as the scenario says, its figures add up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from config import cli
from routing.erlang import Demand, needed
from routing.scenario import read, scenario
from routing.simulated import DayFigures, Ended, Outcome, figures, gini, interval
from routing.simulation import _Day, simulate
from routing.simulation_report import erlang_beside

STEADY: dict[str, Any] = {
    "hours": 2.0,
    "queues": [{"name": "Support"}],
    "arrivals": [{"queue": "Support", "at_s": [0.0, 10.0, 20.0], "handling": {"mean_s": 60, "shape": "fixed"}}],
    "agents": [{"name": "Day", "count": 1}],
}


def run(**changed: Any) -> Outcome:
    return simulate(scenario({**STEADY, **changed}))


def arriving(*at_s: float, **more: Any) -> dict[str, Any]:
    one = {"queue": "Support", "at_s": list(at_s), "handling": {"mean_s": 60, "shape": "fixed"}, **more}
    return {"arrivals": [one]}


def crew(count: int = 1, **more: Any) -> dict[str, Any]:
    return {"agents": [{"name": "Day", "count": count, **more}]}


def waits(outcome: Outcome) -> list[float | None]:
    return [one.wait_s for one in outcome.contacts]


# Everything that a scenario can say, so that nothing of it goes round the core.
BUSY: dict[str, Any] = {
    "hours": 1.5,
    "queues": [
        {
            "name": "Support",
            "preferred_team": "B",
            "preferred_team_s": 25,
            "ladder": [
                {"after_s": 30, "do": "lower_level", "skill": "fon", "by": 2},
                {"after_s": 60, "do": "add_queue", "queue": "Sales"},
                {"after_s": 60, "do": "raise_priority", "by": 1},
                {"after_s": 900, "do": "give_to_bot"},
            ],
        },
        {"name": "Sales", "strategy": "longest_idle", "points_per_minute": 3},
        {"name": "Calls", "strategy": "least_loaded", "points_per_minute": 0, "preferred_team": "C",
         "preferred_team_s": 40},
    ],
    "arrivals": [
        {"queue": "Support", "per_half_hour": 45, "handling": {"mean_s": 150, "shape": "lognormal"},
         "wants": [{"skill": "fon", "least": 3, "preferred": 5}], "patience": {"mean_s": 400}},
        {"queue": "Support", "per_half_hour": [20, 40, 10], "handling": {"mean_s": 100}, "priority": 1},
        {"queue": "Sales", "per_half_hour": 25, "handling": {"mean_s": 120}, "patience": {"mean_s": 200}},
        {"queue": "Calls", "per_half_hour": 10, "handling": {"mean_s": 90}, "medium": "voice", "weight": 2},
    ],
    "agents": [
        {"name": "A", "count": 3, "capacity": 3, "skills": {"fon": 4}, "media": {"voice": 2}, "slower": 0.2,
         "queues": ["Support", "Calls"]},
        {"name": "B", "count": 2, "capacity": 2, "skills": {"fon": 1}, "queues": ["Support"],
         "shifts": [["08:10", "08:50"], ["08:55", "09:30"]],
         "ring": {"takes": {"mean_s": 5}, "declined": 0.2, "missed": 0.1}},
        {"name": "C", "count": 2, "capacity": 2, "queues": ["Sales", "Calls"],
         "ring": {"takes": {"mean_s": 5}, "declined": 0.1}},
    ],
}  # fmt: skip


class _WholeRounds(_Day):
    """Asks the core about everybody who waits and everybody who is free, whatever has happened; watches loads."""

    def _match(self, talks, seats):
        everybody = [self._talks[number] for line in self._waiting for _, number in line]
        super()._match(everybody, list(self._free.values()))

    def _hold(self, seat, talk, sign):
        super()._hold(seat, talk, sign)
        assert 0 <= seat.load <= seat.crew.capacity
        assert all(0 <= held <= seat.crew.media.get(medium, held) for medium, held in seat.media.items())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_parts_of_rounds_decide_as_whole_rounds_do(seed):
    """That only the free agents matter to an arrival, and the longest waiting to an agent, is no approximation."""
    found = scenario(BUSY)
    whole, parts = _WholeRounds(found, seed).run(), simulate(found, seed)
    assert parts.contacts == whole.contacts
    assert parts.agents == whole.agents
    ends = {one.ended for one in parts.contacts}
    assert {Ended.ANSWERED, Ended.ABANDONED} <= ends
    assert any(one.declined for one in parts.agents)
    assert any(one.missed for one in parts.agents)


def test_the_same_seed_is_the_same_day_and_another_is_another():
    found = scenario(BUSY)
    assert simulate(found, 5) == simulate(found, 5)
    assert simulate(found, 5).contacts != simulate(found, 6).contacts


def test_one_agent_more_does_not_change_who_calls_when():
    more = {**BUSY, "agents": [*BUSY["agents"], {"name": "D", "count": 1}]}
    one, other = simulate(scenario(BUSY), 1), simulate(scenario(more), 1)
    assert [(c.arrivals, c.at_s) for c in one.contacts] == [(c.arrivals, c.at_s) for c in other.contacts]


def test_one_agent_more_does_not_change_how_long_the_others_have_patience():
    asks = arriving(0.0, 0.0, 0.0, patience={"mean_s": 30}, handling={"mean_s": 7000, "shape": "fixed"})
    nobody, somebody = waits(run(**asks, **crew(shifts=[["09:59", "10:00"]]))), waits(run(**asks, **crew()))
    assert somebody == [0.0, *nobody[1:]]
    assert len(set(nobody)) == 3


def test_first_come_first_served_and_each_waits_for_the_one_before():
    outcome = run()
    assert waits(outcome) == [0.0, 50.0, 100.0]
    (agent,) = outcome.agents
    assert (agent.handled, agent.busy_s, agent.signed_in_s) == (3, 180.0, 7200.0)
    found = figures(outcome)
    assert found.whole.service_level == pytest.approx(1 / 3)
    assert (found.whole.asa_s, found.whole.longest_wait_s) == (50.0, 100.0)
    assert found.staffing.occupancy == pytest.approx(180 / 7200)


def test_the_urgent_go_first_and_waiting_counts_against_priority():
    urgent = {"queue": "Support", "at_s": [30.0], "handling": {"mean_s": 60, "shape": "fixed"}, "priority": 1}
    one = STEADY["arrivals"][0]
    assert sorted(waits(run(arrivals=[one, urgent])), key=float) == [0.0, 30.0, 110.0, 160.0]
    at_once = [{"name": "Support", "points_per_minute": 1000}]
    assert [c.at_s for c in sorted(run(arrivals=[one, urgent], queues=at_once).contacts, key=lambda c: c.wait_s)] == [
        0.0, 10.0, 20.0, 30.0,
    ]  # fmt: skip


def test_who_loses_patience_goes_and_whoever_nobody_comes_for_is_left():
    gone = run(**arriving(0.0, 10.0, patience={"mean_s": 30, "shape": "fixed"}))
    assert [(one.ended, one.wait_s) for one in gone.contacts] == [(Ended.ANSWERED, 0.0), (Ended.ABANDONED, 30.0)]
    left = run(**arriving(10.0), **crew(shifts=[["09:00", "10:00"]], skills={}), queues=[{"name": "Support"}])
    assert [(one.ended, one.wait_s) for one in left.contacts] == [(Ended.ANSWERED, 3590.0)]
    late = run(**arriving(3700.0), **crew(shifts=[["08:00", "09:00"]]))
    assert [one.ended for one in late.contacts] == [Ended.LEFT_WAITING]
    assert figures(late).whole.service_level == 0


def test_after_the_end_of_the_day_nobody_gives_up_and_nobody_climbs():
    def ends(at_s: float, **more: Any) -> list[tuple[Ended, float | None]]:
        asks = arriving(at_s, patience={"mean_s": 60, "shape": "fixed"})
        return [(one.ended, one.wait_s) for one in run(**asks, **crew(shifts=[["08:00", "09:00"]]), **more).contacts]

    assert ends(7130.0) == [(Ended.ABANDONED, 60.0)]
    assert ends(7150.0) == [(Ended.LEFT_WAITING, None)]
    to_bot = [{"name": "Support", "ladder": [{"after_s": 30, "do": "give_to_bot"}]}]
    assert ends(7150.0, queues=to_bot) == [(Ended.TO_BOT, 30.0)]
    assert ends(7180.0, queues=to_bot) == [(Ended.LEFT_WAITING, None)]


def test_a_ladder_widens_who_may_take_it_and_ends_at_the_bot():
    asks = arriving(0.0, wants=[{"skill": "fon", "least": 2}])
    lowered = [{"name": "Support", "ladder": [{"after_s": 45, "do": "lower_level", "skill": "fon", "by": 2}]}]
    assert waits(run(**asks, queues=lowered)) == [45.0]
    to_bot = [{"name": "Support", "ladder": [{"after_s": 45, "do": "give_to_bot"}]}]
    assert [(one.ended, one.wait_s) for one in run(**asks, queues=to_bot).contacts] == [(Ended.TO_BOT, 45.0)]


def test_an_offer_rings_and_when_it_is_declined_it_goes_to_the_next():
    ring = {"takes": {"mean_s": 4, "shape": "fixed"}, "limit_s": 20}
    assert waits(run(**arriving(0.0), **crew(ring=ring))) == [4.0]
    # One who always declines is offered it again after two minutes; one who always misses it is away for a minute.
    no, never = {**ring, "declined": 1.0}, {**ring, "missed": 1.0}
    agents = [{"name": "No", "count": 1, "ring": no}, {"name": "Never", "count": 1, "ring": never},
              {"name": "Yes", "count": 1, "ring": ring}]  # fmt: skip
    outcome = run(**arriving(0.0), agents=agents)
    assert waits(outcome) == [4.0 + 20.0 + 4.0]
    assert [(one.declined, one.missed, one.handled) for one in outcome.agents] == [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    alone = run(**arriving(0.0, patience={"mean_s": 150, "shape": "fixed"}), **crew(ring=no))
    assert [(one.ended, one.wait_s) for one in alone.contacts] == [(Ended.ABANDONED, 150.0)]
    assert alone.agents[0].declined == 2  # at 4 s, and when it was offered again two minutes later


def test_several_at_once_take_longer_each():
    outcome = run(**arriving(0.0, 0.0, 0.0), **crew(capacity=2, slower=0.5))
    # The first takes 60 s, the second 90 s beside it; the third begins at 60 s, again beside one.
    assert waits(outcome) == [0.0, 0.0, 60.0]
    assert outcome.agents[0].busy_s == 150.0
    assert figures(outcome).staffing.capacity_used == pytest.approx((60 + 90 + 90) / (2 * 7200))


def test_whose_shift_ends_finishes_what_he_has_and_gets_nothing_more():
    shift = [["08:00", "08:01"], ["08:05", "09:00"]]
    outcome = run(**arriving(30.0, 40.0), **crew(shifts=shift))
    assert waits(outcome) == [0.0, 260.0]  # at 08:05
    assert outcome.agents[0].signed_in_s == 60 + 30 + 55 * 60


def test_the_time_of_warming_up_is_lived_and_not_counted():
    outcome = run(**arriving(0.0, 3599.0, 3601.0), warm_up_hours=1.0)
    assert waits(outcome) == [58.0]
    assert (outcome.agents[0].handled, outcome.agents[0].busy_s) == (1, 59.0 + 60.0)
    ring = {"takes": {"mean_s": 4, "shape": "fixed"}}
    agents = [{"name": "No", "count": 1, "ring": {**ring, "declined": 1.0}},
              {"name": "Never", "count": 1, "ring": {**ring, "missed": 1.0}}, {"name": "Yes", "count": 1}]  # fmt: skip
    offers = run(**arriving(0.0, 3700.0), agents=agents, warm_up_hours=1.0)
    assert [(one.declined, one.missed, one.handled) for one in offers.agents] == [(1, 0, 0), (0, 1, 0), (0, 0, 1)]


def test_the_estimate_tells_about_what_comes_in_a_steady_hour():
    day = {
        **STEADY, "hours": 26.0, "warm_up_hours": 2.0,
        "arrivals": [{"queue": "Support", "per_half_hour": 60, "handling": {"mean_s": 300}}],
        **crew(count=13),
    }  # fmt: skip
    found = figures(simulate(scenario(day), 3)).estimate
    print(
        f"within p50: {found.within_p50:.0%}, within p90: {found.within_p90:.0%}, off by {found.median_error_s:.0f} s"
    )
    assert found.told > 100
    # An hour's queue is a poor prophet of the next minutes, and no worse than this.
    assert 0.3 < found.within_p50 < 0.7
    assert 0.7 < found.within_p90 < 0.97


def test_what_at_once_means_in_a_queue_is_said_by_the_rings_of_those_who_serve_it():
    slow, quick = ({"takes": {"mean_s": 4}, "limit_s": limit_s} for limit_s in (40, 15))
    day = scenario({
        **STEADY, "queues": [{"name": name} for name in ("Support", "Sales", "Calls", "Night")],
        "agents": [
            {"name": "A", "count": 1, "queues": ["Support"]},
            {"name": "B", "count": 1, "queues": ["Sales", "Calls"], "ring": quick},
            {"name": "C", "count": 1, "queues": ["Calls"], "ring": slow},
        ],
    })  # fmt: skip
    found = {name: _Day(day, 1)._at_once_s(name) for name in day.queue_ids}
    assert found == {"Support": 1.0, "Sales": 15.0, "Calls": 40.0, "Night": 1.0}


def test_gini_and_confidence_are_what_their_formulas_say():
    assert gini([5, 5, 5]) == pytest.approx(0)
    assert gini([0, 0, 0, 12]) == pytest.approx(0.75)
    assert gini([1, 3]) == pytest.approx(0.25)
    assert gini([0, 0]) is None
    mean, off = interval([1.0, 2.0, 3.0])
    assert (mean, off) == (2.0, pytest.approx(4.303 / 3**0.5))


# --- Erlang C beside it ----------------------------------------------------------------------------------------

STEADY_CALLS: dict[str, Any] = {
    "queues": [{"name": "Support"}],
    "arrivals": [{"queue": "Support", "per_half_hour": 20.0, "handling": {"mean_s": 120}}],
    "agents": [{"name": "Day", "count": 4}],
}


def beside(of: str | None = None, **changed: Any) -> dict[str, float] | None:
    more = {} if of is None else {of: [{**STEADY_CALLS[of][0], **changed}]}
    return erlang_beside(scenario({**STEADY_CALLS, **more}))


@pytest.mark.parametrize(
    ("of", "changed"),
    [
        ("arrivals", {"patience": {"mean_s": 300}}),
        ("arrivals", {"handling": {"mean_s": 120, "shape": "lognormal"}}),
        ("arrivals", {"handling": {"mean_s": 120, "shape": "fixed"}}),
        ("arrivals", {"weight": 2}),
        ("arrivals", {"wants": [{"skill": "fon"}]}),
        ("arrivals", {"per_half_hour": [20.0] * 16}),
        ("arrivals", {"per_half_hour": 0.0}),
        ("arrivals", {"per_half_hour": 60.0, "handling": {"mean_s": 1e7}}),  # 333,333 agents
        ("queues", {"ladder": [{"after_s": 60, "do": "tell_position"}]}),
        ("agents", {"media": {"sms": 0}}),  # nobody may ever take them
        ("agents", {"capacity": 2}),
        ("agents", {"shifts": [["08:00", "12:00"]]}),
        ("agents", {"ring": {"takes": {"mean_s": 4}}}),
    ],
)
def test_erlang_c_is_not_asked_where_it_does_not_hold(of, changed):
    assert beside()["agents_needed"] == 3
    assert beside(of, **changed) is None


# --- The command -----------------------------------------------------------------------------------------------


def test_the_command_prints_a_report_and_every_figure_as_json(tmp_path, capsys):
    path = tmp_path / "day.toml"
    path.write_text(
        'name = "Small"\nhours = 4.0\nqueues = [{name = "Q"}]\nagents = [{name = "A", count = 4}]\n'
        'arrivals = [{queue = "Q", per_half_hour = 20, handling = {mean_s = 120}}]\n'
    )
    assert cli.main(["simulate", str(path)]) == 0
    printed = capsys.readouterr().out
    for words in ("Small: 4 h from 08:00", "service level", "p90", "occupancy", "Gini", "wait estimate", "Erlang C"):
        assert words in printed
    assert cli.main(["simulate", str(path), "--json", "--days", "3", "--seed", "7"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["days"]) == 3
    expected: DayFigures = figures(simulate(read(path), 8))
    assert told["days"][1] == json.loads(json.dumps(expected.as_json()))
    assert told["mean"]["service_level"]["plus_minus_95"] > 0
    assert told["erlang_c"]["agents_needed"] == needed(Demand(contacts=20, handling_s=120)).agents == 3


def test_the_command_runs_the_demo_day_by_itself(capsys):
    assert cli.main(["simulate"]) == 0
    assert "Sales" in capsys.readouterr().out


def test_the_command_says_all_that_is_wrong_and_runs_nothing(tmp_path, capsys):
    path = tmp_path / "day.toml"
    path.write_text('queues = [{name = "Q"}]\nagents = []\narrivals = []\n')
    assert cli.main(["simulate", str(path)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "  arrivals: " in told.err
    assert "  agents: " in told.err
