"""Log files under `logs/`: appended to, and put aside by size when their process starts."""

from __future__ import annotations

from pathlib import Path

from config.logs import escaped

LARGEST, KEPT = 5_000_000, 3  # bytes, files


def rotated(log: Path) -> Path:
    """Put a log that has grown large aside before its process starts; keep the last few."""
    if log.exists() and log.stat().st_size > LARGEST:
        for number in range(KEPT - 1, 0, -1):
            older = log.with_name(f"{log.name}.{number}")
            if older.exists():
                older.replace(log.with_name(f"{log.name}.{number + 1}"))
        log.replace(log.with_name(f"{log.name}.1"))
    return log


def last_words(log: Path) -> str:
    """The last line of a log, on a line of its own and cut to a screen's width, or nothing."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4_000))
        lines = [line for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    # It goes to a terminal, and not every program that writes here escapes what it was given.
    return f"\n           {escaped(lines[-1].strip()[:160])}" if lines else ""
