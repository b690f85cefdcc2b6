"""`make test` runs each test file once, in one of its parts."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import run_tests  # noqa: E402


def files(place: str) -> list[str]:
    path = ROOT / place
    found = [path] if path.is_file() else sorted(path.rglob("test_*.py"))
    return [str(one.relative_to(ROOT)) for one in found]


def test_each_file_belongs_to_one_part():
    parts = {**run_tests.unit_parts(), **run_tests.journey_halves(), "faults": ["tests/faults"]}
    parts |= {name: [f"tests/{name}"] for name in run_tests.ELSEWHERE}
    ran = [file for places in parts.values() for place in places for file in files(place)]
    assert sorted(ran) == files("tests"), "a file that no part runs, or that two run"


def test_what_is_named_as_administration_is_there():
    there = {path.stem.removeprefix("test_") for path in (ROOT / "tests" / "journeys").glob("test_*.py")}
    assert set(run_tests.ADMINISTRATION) <= there
