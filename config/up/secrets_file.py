"""The generated passwords of one state directory: `secrets.json`, readable by its owner alone."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

NAMES = ("superuser", "owner", "app", "valkey", "secret_key")


def load(state: Path) -> dict[str, str]:
    """All secrets of `state`; those that are missing are made first."""
    path = state / "secrets.json"
    try:
        known = {str(k): str(v) for k, v in json.loads(path.read_text()).items()}
    except (OSError, ValueError, AttributeError):
        known = {}
    if missing := [name for name in NAMES if not known.get(name)]:
        known |= {name: secrets.token_urlsafe(36) for name in missing}
        draft = path.with_suffix(f".{os.getpid()}")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(known, file)
        draft.replace(path)
    return known
