"""Steps of a gate: each is named, timed and bounded; all run, and the verdicts stand together at the end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


class Sections:
    """`only`: the name of the one section to run, or "" for all of them."""

    def __init__(self, title: str, only: str = "") -> None:
        self._title, self._only = title, only
        self._verdicts: list[tuple[str, bool, float]] = []
        self._began = time.monotonic()

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
        if callable(command):
            fine = command()
        else:
            path = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
            try:
                done = subprocess.run(
                    command,
                    cwd=cwd,
                    env={**os.environ, **(env or {}), "PATH": path},
                    stdin=subprocess.DEVNULL,
                    timeout=seconds,
                    check=False,
                )
                fine = done.returncode == 0
            except subprocess.TimeoutExpired:
                print(f"not done within {seconds:g} s: ended")
                fine = False
        self._verdicts.append((name, fine, time.monotonic() - began))

    @property
    def count(self) -> int:
        return len(self._verdicts)

    def skip(self, name: str, why: str) -> None:
        if not self._only or self._only == name:
            print(f"\n=== {name}\nnothing to do: {why}", flush=True)

    def verdict(self) -> int:
        """Print one line per section; 0 when all of them are well."""
        print(f"\n{self._title}:")
        for name, fine, took in self._verdicts:
            print(f"  {'ok    ' if fine else 'FAILED'} {name:<22} {took:6.1f} s")
        if not self._verdicts:
            print(f"  no section is called {self._only}")
        failed = [name for name, fine, _ in self._verdicts if not fine]
        total = time.monotonic() - self._began
        print(f"{self._title} {'FAILED: ' + ', '.join(failed) if failed else 'passed'} in {total:.0f} s", flush=True)
        return 1 if failed or not self._verdicts else 0
