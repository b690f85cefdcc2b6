"""Stopping one process of a running `palabre up` on purpose, and starting it again.

A held process has a file in `run/`; the supervisor looks for it, stops the process cleanly, and starts it again when
the file has gone. Each `palabre up` begins with nothing held.
"""

from __future__ import annotations

from pathlib import Path


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
