"""A second process of the same installation, started by hand: a stranger to the supervisor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.up.trial import Running

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def another(palabre: Running, name: str, state: Path, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    state.mkdir(parents=True, exist_ok=True)
    given = {**os.environ, **palabre.environ, "PALABRE_STATE": str(state), **env}
    given.pop("PALABRE_OWNER", None)
    log = (state / f"{name}.log").open("wb")
    process = subprocess.Popen([sys.executable, "-m", "config.cli", name], env=given, cwd=ROOT, stdout=log, stderr=log)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(15)


def facts(state: Path, name: str) -> dict[str, object]:
    """What it said when it became ready; empty before."""
    try:
        return json.loads((state / "run" / f"{name}.ready").read_text())
    except (OSError, ValueError):
        return {}
