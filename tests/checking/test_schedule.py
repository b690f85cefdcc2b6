"""A storm can be replayed: from its seed, and from the line that it printed."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from tests.faults.schedule import PROCESSES, Schedule, chosen, made


def test_a_seed_makes_one_schedule_and_another_seed_another():
    one = made("engines", 7, seconds=100, kills=30, stops=5, flushes=3)
    assert one == made("engines", 7, seconds=100, kills=30, stops=5, flushes=3)
    assert one != made("engines", 8, seconds=100, kills=30, stops=5, flushes=3)
    assert Counter(act.what for act in one.acts) == {"kill": 30, "stop": 5, "flush": 3}
    assert {act.which for act in one.acts if act.what == "kill"} == set(PROCESSES)
    assert [act.at_s for act in one.acts] == sorted(act.at_s for act in one.acts)
    assert all(0 < act.at_s < 100 for act in one.acts)
    stops = [act.at_s for act in one.acts if act.what == "stop"]
    assert all(later - earlier >= 8 for earlier, later in pairwise(stops)), "time to recover in between"


def test_the_printed_line_replays_exactly_and_only_the_storm_that_it_names(monkeypatch, capsys):
    monkeypatch.delenv("FAULT_SCHEDULE", raising=False)
    first = chosen("kills", 3, seconds=120.0, kills=20)
    line = capsys.readouterr().out.strip().removeprefix("FAULT_SCHEDULE='").removesuffix("'")
    assert Schedule.read(line) == first
    monkeypatch.setenv("FAULT_SCHEDULE", line)
    assert chosen("kills", 99, seconds=1.0, kills=1) == first
    assert chosen("short", 99, seconds=1.0, kills=1).storm == "short"
