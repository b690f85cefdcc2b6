"""`make test [ONLY=section]`: unit and integration, front end, journeys in a browser, one seed of each fault.

Whole products on a busy machine: of thousands of tests, one may be red for the machine's sake. Up to SPARED red ones of
a section are run once more, by themselves; what is green then is named in the verdict as unsteady, to be mended, and
fails nothing. `make faults` spares none.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

import browser
from sections import BIN, ROOT, Sections, Step, succeeds

FRONTEND = ROOT / "frontend"
SPARED = 2
PYTEST = [str(BIN / "python"), "-m", "pytest", "-q"]
# The half of the unit tests that follows a text: from the operator to the agent who gets it.
LINE = ("bots", "channels_sms", "conversations", "jobs", "routing", "simulator")


def tested(
    sections: Sections,
    name: str,
    options: Sequence[str],
    *where: str,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    seconds: float,
) -> Callable[..., bool]:
    """The tests found `where`, with these options of pytest; once more those that were red, if they are few.

    What they say goes to the terminal, or to the file that the function is given."""

    def run(said: IO[str] | None = None) -> bool:
        with tempfile.TemporaryDirectory(prefix="palabre-") as place:
            command = [*PYTEST, "-o", f"cache_dir={place}", *options]
            if succeeds([*command, *where], env or {}, cwd, seconds, said):
                return True
            red = red_in(Path(place))
            # None: pytest itself ended badly. A path alone: a file that could not be read at all.
            if not 0 < len(red) <= SPARED or not all("::" in test for test in red):
                return False
            print(f"\n--- once more, by themselves: {', '.join(red)}", file=said, flush=True)
            if not succeeds([*command, *red], env or {}, cwd, seconds, said):
                return False
            sections.remark(f"unsteady in {name}, red and then green: {', '.join(red)}")
            return True

    return run


def red_in(cache: Path) -> list[str]:
    """The ids that the run which kept its cache there left red; [] when it kept none."""
    try:
        return sorted(json.loads((cache / "v" / "cache" / "lastfailed").read_text()))
    except (OSError, ValueError):
        return []


def unit(sections: Sections) -> list[Step]:
    """The tests in two halves, each with engines of its own. What no half names falls into the second."""
    tests = ROOT / "tests"
    others = [
        str(path.relative_to(ROOT))
        for path in sorted(tests.iterdir())
        if path.name not in (*LINE, "journeys", "faults")
        and (path.match("test_*.py") or (path.is_dir() and next(path.rglob("test_*.py"), None)))
    ]
    halves = {"unit_line": [f"tests/{name}" for name in LINE], "unit_desk": others}
    return [
        Step(name, tested(sections, name, ["--durations=5"], *where, seconds=1800)) for name, where in halves.items()
    ]


def main(only: str) -> int:
    sections = Sections("test", only)
    # Side by side: each uses one processor of the two. What starts whole products comes after them, alone.
    line, desk = unit(sections)
    frontend = Step("frontend", ["npm", "--prefix", str(FRONTEND), "test"], seconds=900)
    # Engines that somebody gives (TEST_DATABASE_URL) hold one test database: the halves then follow each other.
    lanes = [[line, desk, frontend]] if "TEST_DATABASE_URL" in os.environ else [[line], [frontend, desk]]
    chosen = {"unit": (line.name, desk.name)}.get(only, (only,))
    for lane in lanes:
        lane[:] = [step for step in lane if not only or step.name in chosen]
    sections.beside(*filter(None, lanes))
    chromium = browser.find() if only in ("", "journeys", "faults") else None
    if list((ROOT / "tests" / "journeys").glob("test_*.py")):
        # A process of its own: the browser's driver keeps an event loop running, which the asyncio tests could
        # not stand, and Django refuses the ORM beside a running loop unless told that we know.
        if chromium or only not in ("", "journeys"):
            env = {"DJANGO_ALLOW_ASYNC_UNSAFE": "1", "PALABRE_BROWSER": chromium or ""}
            options = ["-s", "-p", "no:asyncio"]
            sections.run("journeys", tested(sections, "journeys", options, "tests/journeys", env=env, seconds=1200))
        else:
            sections.run("journeys", lambda: False)
    else:
        sections.skip("journeys", "tests/journeys is empty")
    if list((ROOT / "tests" / "faults").glob("test_*.py")):
        env = {"FAULT_SEEDS": "1", "PALABRE_BROWSER": chromium or ""}
        sections.run("faults", tested(sections, "faults", ["-s"], "tests/faults", env=env, seconds=1200))
    else:
        sections.skip("faults", "tests/faults is empty")
    return sections.verdict()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2] or [""]))
