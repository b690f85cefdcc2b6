"""The broken builds of tests/broken: a copy of the present commit is broken, and a named test must notice.

Each copy has engines that stay while it is used (scripts/shared_engines.py), and each run of tests a database of its
own on them; a build that changes engines or schema begins from nothing instead.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Self
from xml.etree import ElementTree

from sections import BIN, ROOT
from shared_engines import SharedEngines, begins_from_nothing

BROKEN = ROOT / "tests" / "broken"


@dataclass(frozen=True, slots=True)
class Patch:
    path: Path
    breaks: str
    test: str

    @classmethod
    def read(cls, path: Path) -> Patch:
        """Raises ValueError for a patch that does not say what it breaks and which test must notice."""
        head = path.read_text().split("diff --git", 1)[0]
        said = dict(re.findall(r"^(Breaks|Test): *(\S.*)$", head, re.MULTILINE))
        if set(said) != {"Breaks", "Test"}:
            raise ValueError(f"{path.name}: the lines `Breaks: ...` and `Test: tests/...::name` stand before the diff")
        return cls(path, said["Breaks"], said["Test"].strip())

    @property
    def changed(self) -> list[str]:
        """The files that it changes, makes or removes."""
        return re.findall(r"^(?:---|\+\+\+) [ab]/(\S+)", self.path.read_text(), re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a test runner said. `failures`: the last line of each test that ran and failed; an error on the way to a
    test (a fixture, an import) is none of them, since it says nothing about the promise."""

    code: int
    failures: tuple[str, ...] = ()


class Trees:
    """Worktrees of the present commit, one for each that is used at the same time; they go at the end of the block."""

    def __init__(self, repository: Path = ROOT, *, engines: bool = False) -> None:
        """`engines`: each has some, for all runs of tests in it."""
        self._repository = repository
        self._free: SimpleQueue[Path] = SimpleQueue()
        self._made: list[Path] = []
        self._engines: dict[Path, SharedEngines] | None = {} if engines else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for shared in (self._engines or {}).values():
            shared.stop()
        for tree in self._made:
            self._git("worktree", "remove", "--force", str(tree))
            shutil.rmtree(tree.parent, ignore_errors=True)

    def take(self) -> Path:
        try:
            return self._free.get_nowait()
        except Empty:
            return self._another()

    def engines(self, tree: Path) -> dict[str, str]:
        """What a run of tests in this tree finds in its environment: engines and a new database, or {} where it begins
        from nothing. The tree is as it was committed when this is first asked for."""
        if self._engines is None:
            return {}
        if tree not in self._engines:
            self._engines[tree] = SharedEngines(tree)
            self._engines[tree].start()
        return self._engines[tree].fresh()

    def give_back(self, tree: Path) -> None:
        """As it was: a patch or a test may have left something."""
        subprocess.run(["git", "checkout", "--quiet", "--", "."], cwd=tree, check=True)
        keep = ("frontend/dist", "frontend/node_modules", "__pycache__")
        subprocess.run(["git", "clean", "-fdxq", *(word for one in keep for word in ("-e", one))], cwd=tree, check=True)
        self._free.put(tree)

    def _another(self) -> Path:
        tree = Path(tempfile.mkdtemp(prefix="palabre-broken-")) / "tree"
        self._git("worktree", "add", "--quiet", "--detach", str(tree), "HEAD")
        self._made.append(tree)
        for made in ("dist", "node_modules"):
            if (self._repository / "frontend" / made).is_dir():
                (tree / "frontend" / made).symlink_to(self._repository / "frontend" / made)
        # A patch may leave a file's size and second of change as they were, so that code compiled before would pass
        # for the present one: what is compiled here is recognised by the source's content.
        compiled = [str(BIN / "python"), "-m", "compileall", "-q", "--invalidation-mode", "checked-hash", "."]
        subprocess.run(compiled, cwd=tree, check=True)
        return tree

    def _git(self, *words: str) -> None:
        subprocess.run(["git", *words], cwd=self._repository, check=True)


def sound(patches: Iterable[Patch], trees: Trees, said: IO[str]) -> bool:
    """Whether the tests that must notice pass where nothing is broken: else they can prove nothing."""
    tests = sorted({patch.test for patch in patches})
    tree = trees.take()
    try:
        browsers = [test for test in tests if _in_the_browser(test)]
        groups = [group for group in ([test for test in tests if test not in browsers], browsers) if group]
        many = [group for group in groups if run(tree, group, said, trees.engines(tree)).code]
        # Which of them it is: each by itself.
        each = ((test, run(tree, [test], said, trees.engines(tree))) for group in many for test in group)
        bad = {test: outcome for test, outcome in each if outcome.code}
    finally:
        trees.give_back(tree)
    for test, outcome in bad.items():
        why = outcome.failures[0] if outcome.failures else f"its runner says {outcome.code}"
        print(f"does not pass on the sound build, and can prove nothing: {test}: {why}", file=said)
    return not bad


def goes_red(patch: Patch, trees: Trees, said: IO[str]) -> bool:
    """Whether its test fails where the patch is applied."""
    print(f"breaks: {patch.breaks}\ntest:   {patch.test}", file=said)
    tree = trees.take()
    try:
        alone = _in_the_browser(patch.test) or begins_from_nothing(patch.changed)
        engines = {} if alone else trees.engines(tree)
        if subprocess.run(["git", "apply", str(patch.path)], cwd=tree, check=False).returncode:
            print("the patch no longer applies: make it again", file=said)
            return False
        outcome = run(tree, [patch.test], said, engines)
    finally:
        trees.give_back(tree)
    if not outcome.failures:
        print(f"NOT NOTICED (its runner says {outcome.code})", file=said)
        return False
    print(f"noticed: {outcome.failures[0]}", file=said)
    return True


def run(tree: Path, tests: list[str], said: IO[str], engines: Mapping[str, str]) -> Outcome:
    """Tests of the browser's side by vitest, whole files; of everything else by pytest, on `engines` if there are."""
    with tempfile.TemporaryDirectory(prefix="palabre-broken-report-") as place:
        report = Path(place) / "report"
        try:
            if _in_the_browser(tests[0]):
                return _vitest(tree, tests, report)
            return _pytest(tree, tests, report, engines)
        except subprocess.TimeoutExpired as late:
            print(f"not done within {late.timeout:g} s: ended", file=said)
            return Outcome(-1)


def _in_the_browser(test: str) -> bool:
    return test.startswith("frontend/")


def _vitest(tree: Path, tests: list[str], report: Path) -> Outcome:
    words = ["npx", "--no-install", "vitest", "run", "--reporter=json", f"--outputFile={report}"]
    code = subprocess.run(
        [*words, *(test.removeprefix("frontend/") for test in tests)],
        cwd=tree / "frontend",
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=300 + 10 * len(tests),
        check=False,
    ).returncode
    if not report.exists():
        return Outcome(code)
    told = [one for file in json.loads(report.read_text())["testResults"] for one in file["assertionResults"]]
    failed = [one for one in told if one["status"] == "failed"]
    return Outcome(code, tuple(_first_line("".join(one["failureMessages"])) for one in failed))


def _pytest(tree: Path, tests: list[str], report: Path, engines: Mapping[str, str]) -> Outcome:
    """With the code of `tree` in front of the installed project."""
    env = {**os.environ, **engines, "PYTHONPATH": str(tree), "FAULT_SEEDS": "1", "PALABRE_STATE": str(tree / ".state")}
    env.pop("FAULT_FULL", None)
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    # A fixture that a busy machine does not make in the usual minute would be an error, which proves nothing.
    words = ["-q", "--no-header", "-p", "no:cacheprovider", "-o", "timeout=180", f"--junitxml={report}"]
    if engines:
        words.append("--reuse-db")  # it is there already, and nobody has used it
    code = subprocess.run(
        [sys.executable, "-m", "pytest", *words, *tests],
        cwd=tree,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=600 + 10 * len(tests),
        check=False,
    ).returncode
    if not report.exists():
        return Outcome(code)
    cases = ElementTree.parse(report).iter("failure")
    return Outcome(code, tuple(_first_line(one.get("message", "")) for one in cases))


def _first_line(words: str) -> str:
    return (words.strip().splitlines() or ["(it says nothing)"])[0][:200]
