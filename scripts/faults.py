"""`make faults [ONLY=name]`: many seeds of each fault, and the broken builds that tests must notice; an hour or so.

ONLY is the name of a test file of tests/faults (without `test_` and `.py`), `screens` (every screen in every language,
theme and width; `screens_of_the_administration` are apart), `broken`, or the name of one patch. `soak` runs only when
it is asked for by name. docs/faults.md says what runs beside what, and how to read and replay a run; FAULT_SEEDS sets
the number of seeds (20; a test may take fewer), FAULT_SEED one seed, FAULT_SCHEDULE one schedule.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import chain
from queue import Empty, SimpleQueue

import browser
from broken_builds import BROKEN, Patch, Trees, goes_red, sound
from sections import BIN, ROOT, Sections, Step

SEEDS = os.environ.get("FAULT_SEEDS", "20")
# These promise a few seconds while they use the whole machine: nothing runs beside them.
ALONE = ("storm", "browsers", "browsers_sockets")
# These mostly wait: each row passes beside the others, and beside what does not wait.
WAITING = (
    ("postgres_ten_minutes",),
    ("ten_minutes_asleep", "postgres_held"),
    ("lease_taken_over", "stop_in_a_wave"),
    ("what_is_sent",),
    ("partition_real_midnights", "webhooks_while_away", "postgres_away", "valkey_away"),
)
# What takes longest of the rest comes first: the end is for what is short.
LONG = ("screens", "screens_of_the_administration", "api_description", "bad_pdus", "fail_over")
BY_NAME_ONLY = ("soak",)


def tests(browsers: dict[str, str]) -> dict[str, Step]:
    env = {"FAULT_SEEDS": SEEDS, "FAULT_FULL": "1", **browsers}
    pytest = [str(BIN / "python"), "-m", "pytest", "-q", "-s"]
    found = {}
    for path in sorted((ROOT / "tests" / "faults").glob("test_*.py")):
        name = path.stem.removeprefix("test_")
        found[name] = Step(name, [*pytest, "--timeout=3900", str(path)], env, 4000)
    # As in `make test`, which opens each screen in one or two looks: without asyncio's plugin.
    looks = {"DJANGO_ALLOW_ASYNC_UNSAFE": "1", "PALABRE_SCREENS": "all", **browsers}
    for name, file in (("screens", "screens_hold"), ("screens_of_the_administration",) * 2):
        walk = [*pytest, "-p", "no:asyncio", f"tests/journeys/test_{file}.py"]
        found[name] = Step(name, walk if browsers else lambda _said: False, looks, 3000)
    return found


def broken(patches: list[Patch], trees: Trees) -> list[Step]:
    """Those whose test starts a whole product come first: the end is for what is short."""
    patches = sorted(patches, key=lambda patch: (not patch.test.startswith("tests/faults/"), patch.path.name))
    steps = [Step(patch.path.stem, partial(goes_red, patch, trees)) for patch in patches]
    return [Step("sound builds", partial(sound, patches, trees)), *steps]


def taken_from(queue: SimpleQueue[Step]) -> Iterator[Step]:
    """What several lanes do, each taking the next."""
    while True:
        try:
            yield queue.get_nowait()
        except Empty:
            return


def queued(steps: list[Step]) -> SimpleQueue[Step]:
    queue: SimpleQueue[Step] = SimpleQueue()
    for step in steps:
        queue.put(step)
    return queue


def alone(sections: Sections, steps: list[Step]) -> None:
    """What is said is seen as it is said."""
    for step in steps:
        command = partial(step.command, sys.stdout) if callable(step.command) else step.command
        sections.run(step.name, command, env=step.env, seconds=step.seconds)


def everything(sections: Sections, steps: dict[str, Step], trees: Trees, patches: list[Patch]) -> None:
    alone(sections, [steps[name] for name in ALONE])
    said = {*ALONE, *BY_NAME_ONLY, *(name for row in WAITING for name in row)}
    steps = {name: replace(step, env={**step.env, "FAULT_BESIDE": "1"}) for name, step in steps.items()}
    rest = [*(steps[name] for name in LONG), *(step for name, step in steps.items() if name not in {*said, *LONG})]
    work = queued([*rest, *broken(patches, trees)])
    first, second, *others = [[steps[name] for name in row] for row in WAITING]
    # One does what does not wait; the ten minutes over, there are two. A third brings nothing on two processors, and
    # what promises seconds would be judged by its neighbours.
    sections.beside(taken_from(work), chain(first, taken_from(work)), second, *others)


def main(only: str) -> int:
    sections = Sections("faults")
    with Trees(engines=True) as trees:
        patches = {path.stem: Patch.read(path) for path in sorted(BROKEN.glob("*.patch"))}
        if only in patches:
            alone(sections, broken([patches[only]], trees))
        elif only == "broken":
            work = queued(broken([*patches.values()], trees))
            sections.beside(*(taken_from(work) for _ in range(3)))
        else:
            steps = tests({"PALABRE_BROWSER": found} if (found := browser.find()) else {})
            if only in steps:
                alone(sections, [steps[only]])
            elif only:
                print(f"nothing is called {only}")
                return 1
            else:
                everything(sections, steps, trees, [*patches.values()])
    return sections.verdict(slowest=20)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2] or [""]))
