"""`make test [ONLY=section]`: unit and integration, front end, journeys in a browser, one seed of each fault."""

from __future__ import annotations

import sys

import browser
from sections import BIN, ROOT, Sections

FRONTEND = ROOT / "frontend"


def main(only: str) -> int:
    sections = Sections("test", only)
    pytest = [str(BIN / "python"), "-m", "pytest", "-q"]
    sections.run("unit", [*pytest, "--durations=5"], seconds=1800)
    if (FRONTEND / "package.json").exists():
        sections.run("frontend", ["npm", "test"], cwd=FRONTEND, seconds=600)
    chromium = browser.find() if only in ("", "journeys", "faults") else None
    if list((ROOT / "tests" / "journeys").glob("test_*.py")):
        # A process of its own: the browser's driver keeps an event loop running, which the asyncio tests could
        # not stand, and Django refuses the ORM beside a running loop unless told that we know.
        if chromium or only not in ("", "journeys"):
            env = {"DJANGO_ALLOW_ASYNC_UNSAFE": "1", "PALABRE_BROWSER": chromium or ""}
            sections.run("journeys", [*pytest, "-s", "-p", "no:asyncio", "tests/journeys"], env=env, seconds=1200)
        else:
            sections.run("journeys", lambda: False)
    else:
        sections.skip("journeys", "tests/journeys is empty")
    if list((ROOT / "tests" / "faults").glob("test_*.py")):
        env = {"FAULT_SEEDS": "1", "PALABRE_BROWSER": chromium or ""}
        sections.run("faults", [*pytest, "-s", "tests/faults"], env=env, seconds=1200)
    else:
        sections.skip("faults", "tests/faults is empty")
    return sections.verdict()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2] or [""]))
