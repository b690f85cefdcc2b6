"""`make faults [ONLY=name]`: many seeds of each fault, then the broken builds that the tests must notice.

ONLY is the name of a test file of tests/faults (without `test_` and `.py`), `broken`, or the name of one patch.
`soak` runs only when it is asked for by name. docs/faults.md says how to read and replay a run; FAULT_SEEDS sets the
number of seeds (20), FAULT_SEED one seed, FAULT_SCHEDULE one schedule.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import browser
from sections import BIN, ROOT, Sections

SEEDS = os.environ.get("FAULT_SEEDS", "20")
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


def goes_red(patch: Patch) -> bool:
    """Apply the patch to a worktree of its own and say whether its test fails there (and passes here)."""
    print(f"breaks: {patch.breaks}\ntest:   {patch.test}", flush=True)
    with tempfile.TemporaryDirectory(prefix="palabre-broken-") as place:
        tree = Path(place) / "tree"
        _git("worktree", "add", "--quiet", "--detach", str(tree), "HEAD")
        try:
            for made in (ROOT / "frontend" / "dist", ROOT / "frontend" / "node_modules"):
                if made.is_dir():
                    (tree / "frontend" / made.name).symlink_to(made)
            sound = _test(tree, patch.test)
            if sound != 0:
                print(f"the test does not pass on the sound build (its runner says {sound}): it can prove nothing")
                return False
            applied = subprocess.run(["git", "apply", str(patch.path)], cwd=tree, check=False)
            if applied.returncode:
                print("the patch no longer applies: make it again")
                return False
            broken = _test(tree, patch.test)
            # 1 = tests ran and failed. Anything else (no test, an error of usage) is no proof.
            print("noticed" if broken == 1 else f"NOT NOTICED (its runner says {broken})", flush=True)
            return broken == 1
        finally:
            _git("worktree", "remove", "--force", str(tree))


def _test(tree: Path, test: str) -> int:
    """The exit code of one test: of the browser's side by vitest, of everything else by pytest."""
    return _vitest(tree, test) if test.startswith("frontend/") else _pytest(tree, test)


def _vitest(tree: Path, test: str) -> int:
    return subprocess.run(
        ["npx", "--no-install", "vitest", "run", test.removeprefix("frontend/")],
        cwd=tree / "frontend",
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=300,
        check=False,
    ).returncode


def _pytest(tree: Path, test: str) -> int:
    """pytest's exit code in `tree`, with the code of `tree` in front of the installed project."""
    env = {**os.environ, "PYTHONPATH": str(tree), "FAULT_SEEDS": "1", "PALABRE_STATE": str(tree / ".state")}
    env.pop("FAULT_FULL", None)
    # A patch may leave a file's size and second of change as they were: a stale .pyc would hide it.
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    return subprocess.run(
        [str(BIN / "python"), "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", test],
        cwd=tree,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=600,
        check=False,
    ).returncode


def _git(*words: str) -> None:
    subprocess.run(["git", *words], cwd=ROOT, check=True)


def main(only: str) -> int:
    sections = Sections("faults", "" if only == "broken" else only)
    if only != "broken":
        browsers = {"PALABRE_BROWSER": found} if (found := browser.find()) else {}
        for path in sorted((ROOT / "tests" / "faults").glob("test_*.py")):
            name = path.stem.removeprefix("test_")
            if name == "soak" and only != "soak":
                continue
            command = [str(BIN / "python"), "-m", "pytest", "-q", "-s", "--timeout=3900", str(path)]
            sections.run(name, command, env={"FAULT_SEEDS": SEEDS, "FAULT_FULL": "1", **browsers}, seconds=4000)
    for path in sorted(BROKEN.glob("*.patch")):
        patch = Patch.read(path)
        sections.run(path.stem, partial(goes_red, patch))
    if not sections.count:
        print(f"nothing is called {only}" if only else "no faults here yet")
        return 1 if only else 0
    return sections.verdict()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2] or [""]))
