"""Steps of a gate: each is named, timed and bounded; all run, and the verdicts stand together at the end."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
# What a red section said last stands once more before the verdicts: whoever sees only the end of a long log reads why.
LAST = 6000  # characters


@dataclass(frozen=True, slots=True)
class Step:
    """A command, or a function that says into the given file what it does and returns whether all is well."""

    name: str
    command: Sequence[str] | Callable[[IO[str]], bool]
    env: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 600


class Sections:
    """`only`: the name of the one section to run, or "" for all of them."""

    def __init__(self, title: str, only: str = "") -> None:
        self._title, self._only = title, only
        self._verdicts: list[tuple[str, bool, float]] = []
        self._remarks: list[str] = []
        self._ends: dict[str, str] = {}
        self._began = time.monotonic()
        self._terminal = threading.Lock()

    def run(
        self,
        name: str,
        command: Sequence[str] | Callable[[], bool],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path = ROOT,
        seconds: float = 600,
    ) -> None:
        """Run a command (or a function that says whether all is well) as section `name`."""
        if self._only and self._only != name:
            return
        print(f"\n=== {name}", flush=True)
        began = time.monotonic()
        fine = command() if callable(command) else succeeds(command, env or {}, cwd, seconds)
        self._verdicts.append((name, fine, time.monotonic() - began))

    def beside(self, *lanes: Iterable[Step]) -> None:
        """Run the lanes side by side, the steps of each one after the other. What a step says stands together: it is
        printed when the step ends."""
        with ThreadPoolExecutor(max(1, len(lanes))) as pool:
            for done in [pool.submit(self._lane, lane) for lane in lanes]:
                done.result()

    def _lane(self, steps: Iterable[Step]) -> None:
        for step in steps:
            with self._terminal:
                print(f"··· {step.name} begins", flush=True)
            began = time.monotonic()
            with tempfile.TemporaryFile("w+", prefix="palabre-", encoding="utf-8", errors="replace") as said:
                if callable(step.command):
                    fine = step.command(said)
                else:
                    fine = succeeds(step.command, step.env, ROOT, step.seconds, said)
                took = time.monotonic() - began
                said.seek(0)
                with self._terminal:
                    print(f"\n=== {step.name}", flush=True)
                    shutil.copyfileobj(said, sys.stdout)
                    if not fine:
                        said.seek(max(0, said.tell() - LAST))
                        self._ends[step.name] = said.read()
                    print(f"--- {step.name}: {'ok' if fine else 'FAILED'} in {took:.1f} s", flush=True)
                    self._verdicts.append((step.name, fine, took))

    @property
    def count(self) -> int:
        return len(self._verdicts)

    def skip(self, name: str, why: str) -> None:
        if not self._only or self._only == name:
            print(f"\n=== {name}\nnothing to do: {why}", flush=True)

    def remark(self, what: str) -> None:
        """Say this with the verdicts, at the end."""
        self._remarks.append(what)

    def verdict(self, *, slowest: int = 0) -> int:
        """Print one line per section, so many `slowest` ones again by their seconds, and the remarks; 0 when all
        sections are well."""
        for name, end in self._ends.items():
            print(f"\n=== {name}, its last words again:\n{end}")
        print(f"\n{self._title}:")
        for name, fine, took in self._verdicts:
            print(f"  {'ok    ' if fine else 'FAILED'} {name:<22} {took:6.1f} s")
        if slowest and len(self._verdicts) > 1:
            print(f"the slowest, of {sum(took for _, _, took in self._verdicts):.0f} s in all lanes together:")
            for name, _, took in sorted(self._verdicts, key=lambda one: -one[2])[:slowest]:
                print(f"         {name:<40} {took:6.1f} s")
        for remark in self._remarks:
            print(f"  {remark}")
        if not self._verdicts:
            print(f"  no section is called {self._only}")
        failed = [name for name, fine, _ in self._verdicts if not fine]
        total = time.monotonic() - self._began
        print(f"{self._title} {'FAILED: ' + ', '.join(failed) if failed else 'passed'} in {total:.0f} s", flush=True)
        return 1 if failed or not self._verdicts else 0


def succeeds(
    command: Sequence[str], env: Mapping[str, str], cwd: Path, seconds: float, said: IO[str] | None = None
) -> bool:
    """Run a command, at most so many seconds, with the environment's programs found first; whether it ended with 0."""
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, **env, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        print(f"not done within {seconds:g} s: ended", file=said)
        return False
    return done.returncode == 0
