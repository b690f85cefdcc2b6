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
# The part of the unit tests that follows a text: from the operator to the agent who gets it.
LINE = ("bots", "channels_sms", "conversations", "jobs", "routing", "simulator")
# What starts and ends processes: it mostly waits for them.
WHOLE = ("operations",)
# Needs a Python 3.10 and 1.6 GB of packages: a command of its own, `make rasa-test`.
ELSEWHERE = ("rasa",)
# The half of the journeys that leads through what an administrator sets up.
ADMINISTRATION = ("front_filter", "hours", "ladder", "rules", "screens_of_the_administration")


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


def screens(sections: Sections, *, cwd: Path = FRONTEND, seconds: float = 900) -> Callable[[IO[str] | None], bool]:
    """The tests of the front end; the files of those that were red once more, alone, if they are few."""

    def run(said: IO[str] | None = None) -> bool:
        with tempfile.TemporaryDirectory(prefix="palabre-") as place:
            found = Path(place, "found.json")
            command = ["npm", "test", "--", "--reporter=default", "--reporter=json", f"--outputFile.json={found}"]
            if succeeds(command, {}, cwd, seconds, said):
                return True
            red = red_screens(found)
            names = ", ".join(name for _, name in red)
            print(f"\nred: {names}", file=said, flush=True)
            if not 0 < len(red) <= SPARED:
                return False
            print("--- once more, by themselves", file=said, flush=True)
            if not succeeds(["npm", "test", "--", *sorted({file for file, _ in red})], {}, cwd, seconds, said):
                return False
            sections.remark(f"unsteady in frontend, red and then green: {names}")
            return True

    return run


def red_screens(found: Path) -> list[tuple[str, str]]:
    """(file, name) of the tests that Vitest's report calls failed; [] when it is unreadable, or when a file failed as
    a whole."""
    try:
        files = json.loads(found.read_text())["testResults"]
    except (OSError, ValueError, KeyError):
        return []
    red = []
    for file in files:
        failed = [test["fullName"] for test in file["assertionResults"] if test["status"] == "failed"]
        if file["status"] == "failed" and not failed:
            return []
        red += [(file["name"], name) for name in failed]
    return red


def learn() -> None:
    """Bots learn before the tests begin: within one, the quarter of a minute would count as its own, three times over
    where three parts begin together. What cannot be learnt is for the tests to say."""
    for bot in sorted(path.parent.name for path in (ROOT / "bots" / "data").glob("*/bot.yml")):
        models = {"BOT_MODELS": os.environ.get("BOT_MODELS", str(ROOT / ".state" / "bots"))}
        succeeds([str(BIN / "palabre"), "bots", "ask", bot, "solde"], models, ROOT, 300)


def unit_parts() -> dict[str, list[str]]:
    """What each part of the unit tests runs; what is named nowhere falls into the second."""
    tests = ROOT / "tests"
    others = [
        str(path.relative_to(ROOT))
        for path in sorted(tests.iterdir())
        if path.name not in (*LINE, *WHOLE, *ELSEWHERE, "journeys", "faults")
        and (path.match("test_*.py") or (path.is_dir() and next(path.rglob("test_*.py"), None)))
    ]
    return {
        "unit_line": [f"tests/{name}" for name in LINE],
        "unit_desk": others,
        "unit_whole": [f"tests/{name}" for name in WHOLE],
    }


def journey_halves() -> dict[str, list[str]]:
    """What each half of the journeys runs; what is named nowhere falls into the first."""
    halves: dict[str, list[str]] = {"journeys_desk": [], "journeys_administration": []}
    for path in sorted((ROOT / "tests" / "journeys").glob("test_*.py")):
        administers = path.stem.removeprefix("test_") in ADMINISTRATION
        halves["journeys_administration" if administers else "journeys_desk"].append(str(path.relative_to(ROOT)))
    return halves


def main(only: str) -> int:
    sections = Sections("test", only)
    units, walks = unit_parts(), journey_halves()
    chosen = {"unit": (*units,), "journeys": (*walks,)}.get(only, (only,))

    def beside(*lanes: list[Step]) -> None:
        sections.beside(*filter(None, ([step for step in lane if not only or step.name in chosen] for lane in lanes)))

    if only != "frontend":
        learn()
    # Side by side: none uses a whole processor, one of them hardly any.
    line, desk, whole = (
        Step(name, tested(sections, name, ["--durations=15"], *where, seconds=2700)) for name, where in units.items()
    )
    frontend = Step("frontend", screens(sections))
    # Engines that somebody gives (TEST_DATABASE_URL) hold one test database: the parts then follow each other.
    beside(
        *([[line, desk, whole, frontend]] if "TEST_DATABASE_URL" in os.environ else [[line], [frontend, desk], [whole]])
    )

    chromium = browser.find() if not only or only == "faults" or set(chosen) & set(walks) else None
    # Processes of their own: the browser's driver keeps an event loop running, which the asyncio tests could not stand,
    # and Django refuses the ORM beside a running loop unless told that we know. Two of them, each with a product and a
    # browser: most of its time a journey waits for what it has asked.
    env = {"DJANGO_ALLOW_ASYNC_UNSAFE": "1", "PALABRE_BROWSER": chromium or ""}
    options = ["-s", "-p", "no:asyncio", "--durations=15"]
    beside(
        *(
            [Step(name, tested(sections, name, options, *where, env=env, seconds=2400) if chromium else _no_browser)]
            for name, where in walks.items()
        )
    )
    # What promises seconds comes last, and alone.
    if list((ROOT / "tests" / "faults").glob("test_*.py")):
        env = {"FAULT_SEEDS": "1", "PALABRE_BROWSER": chromium or ""}
        options = ["-s", "--durations=15"]
        sections.run("faults", tested(sections, "faults", options, "tests/faults", env=env, seconds=1800))
    else:
        sections.skip("faults", "tests/faults is empty")
    return sections.verdict()


def _no_browser(_said: IO[str]) -> bool:
    return False


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2] or [""]))
