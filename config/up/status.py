"""`palabre status` and `palabre healthy`: which processes live, and what they say of themselves."""

from __future__ import annotations

import fcntl
import json
import sys
from pathlib import Path

from config.up import checks
from config.up.children import Identity, start_time
from config.up.processes import facts


def report(state: Path) -> int:
    """Print one line per process. Returns 0 when a `palabre up` runs here, else 1."""
    try:
        recorded = json.loads((state / "run" / "children.json").read_text())["processes"]
        address = json.loads((state / "run" / "up.lock").read_text())["address"]
        held = _held(state / "run" / "up.lock")
    except (OSError, ValueError, KeyError):
        held = False
    if not held:
        sys.stdout.write("Palabre does not run here: `make up` starts it.\n")
        return 1
    sys.stdout.write(f"{address}\n")
    for name, (pid, started, _asking) in recorded.items():
        alive = Identity(int(pid), started).alive()
        said = facts(state, name, int(pid)) or {}
        what = "  ".join(f"{key}: {_words(value)}" for key, value in said.items() if key != "pid")
        sys.stdout.write(f"{name:<12}{'runs' if alive else 'DEAD':<6}pid {pid:<8}{what}\n")
    return 0


def _words(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _held(lock: Path) -> bool:
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def healthy(state: Path, name: str, *, web_port: int) -> int:
    """0 when process `name` of this machine does its work, else 1 and a word why. For containers' health checks."""
    if name == "web":
        # Not a page: in production whoever asks for one over plain HTTP is sent to the proxy, which waits for us.
        lacking = checks.page_answers(f"http://127.0.0.1:{web_port}/health/live")
    else:
        try:
            said = json.loads((state / "run" / f"{name}.ready").read_text())
            lacking = "" if start_time(int(said["pid"])) else "it has ended"
        except (OSError, ValueError, KeyError):
            lacking = "it is not ready"
    if lacking:
        sys.stdout.write(f"{name}: {lacking}\n")
    return 1 if lacking else 0
