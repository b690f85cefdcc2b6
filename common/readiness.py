"""How a process says that it does its work: a small JSON file under `$PALABRE_STATE/run/`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def _path(name: str) -> Path:
    return Path(os.environ.get("PALABRE_STATE", ".state")) / "run" / f"{name}.ready"


def mark_ready(name: str, **facts: Any) -> None:
    """Say that process `name` is at work. Written whole or not at all: a reader never sees half a file."""
    path = _path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps({"pid": os.getpid(), **facts}))
    draft.replace(path)


def clear_ready(name: str) -> None:
    _path(name).unlink(missing_ok=True)


def read_ready(name: str) -> dict[str, Any] | None:
    """The facts that process `name` last gave, or None while it is not ready."""
    try:
        return json.loads(_path(name).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
