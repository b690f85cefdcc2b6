"""`make faults` runs everything once: alone, beside others, or when it is asked for."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import broken_builds  # noqa: E402
import faults  # noqa: E402
from sections import Sections, Step  # noqa: E402

SCREENS = ("screens", "screens_of_the_administration")


def ran(monkeypatch) -> list[str]:
    """The names of the steps of a whole run, in which nothing is done."""
    names: list[str] = []

    def lanes(_sections, *lanes):
        names.extend(step.name for lane in lanes for step in lane)

    monkeypatch.setattr(Sections, "beside", lanes)
    monkeypatch.setattr(Sections, "run", lambda _sections, name, *_, **__: names.append(name))
    patches = [broken_builds.Patch.read(path) for path in sorted(broken_builds.BROKEN.glob("*.patch"))]
    with broken_builds.Trees() as trees:
        faults.everything(Sections("faults"), faults.tests({"PALABRE_BROWSER": "/none"}), trees, patches)
    return names


def test_a_whole_run_has_every_fault_and_every_broken_build_once(monkeypatch):
    names = ran(monkeypatch)
    there = {path.stem.removeprefix("test_") for path in (ROOT / "tests" / "faults").glob("test_*.py")}
    patches = {path.stem for path in broken_builds.BROKEN.glob("*.patch")}
    assert set(names) == there - set(faults.BY_NAME_ONLY) | patches | {*SCREENS, "sound builds"}
    assert len(names) == len(set(names))


def test_lanes_pass_side_by_side_and_each_failure_counts(capsys):
    met = threading.Barrier(2, timeout=20)

    def meets(said):
        met.wait()
        print("they met", file=said)
        return True

    python = [sys.executable, "-c"]
    sections = Sections("all")
    sections.beside(
        [Step("one", meets), Step("command", [*python, "print('said by a command')"])],
        [Step("other", meets), Step("bad", [*python, "raise SystemExit(3)"])],
        [Step("late", [*python, "import time; time.sleep(30)"], seconds=0.5)],
    )
    assert sections.verdict() == 1
    told = capsys.readouterr().out
    assert told.count("they met") == 2
    assert "said by a command" in told
    assert "not done within 0.5 s" in told
    assert "FAILED: late, bad" in told or "FAILED: bad, late" in told
