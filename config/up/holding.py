"""Stopping one process of a running `palabre up` on purpose, and starting it again.

A held process has a file in `run/`; the supervisor looks for it, stops the process cleanly, and starts it again when
the file has gone. Each `palabre up` begins with nothing held.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from config.up.children import Identity

PATIENCE_S = 12.0


def _mark(state: Path, name: str) -> Path:
    return state / "run" / f"{name}.held"


def is_held(state: Path, name: str) -> bool:
    return _mark(state, name).exists()


def hold(state: Path, name: str) -> None:
    _mark(state, name).touch()


def release(state: Path, name: str) -> None:
    _mark(state, name).unlink(missing_ok=True)


def release_all(state: Path) -> None:
    for mark in (state / "run").glob("*.held"):
        mark.unlink(missing_ok=True)


def present(state: Path, name: str) -> Identity:
    """The process that was started last under `name`, alive or not. Raises KeyError for a name that never ran."""
    pid, started, _ = json.loads((state / "run" / "children.json").read_text())["processes"][name]
    return Identity(int(pid), started)


def stop(state: Path, name: str) -> bool:
    """Hold `name` and wait until it has gone. False: it has not within PATIENCE_S."""
    stopped = present(state, name)
    hold(state, name)
    return _until(lambda: not stopped.alive())


def start(state: Path, name: str) -> bool:
    """Release `name` and wait until the supervisor has started it. False: it has not within PATIENCE_S."""
    release(state, name)
    return _until(lambda: present(state, name).alive())


def _until(claim: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
