"""Where an error was raised, for logs that must not quote it: its own words may hold a subscriber's."""

from __future__ import annotations

from pathlib import Path


def place_of(error: BaseException) -> str:
    """The innermost frame, as "file.py:123"."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return "?" if frame is None else f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}"
