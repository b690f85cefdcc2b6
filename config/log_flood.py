"""How many lines strangers can have written: the first of what comes from outside is told, the rest is counted.

A request for a host that is not ours, a handshake that is none, a wrong password each leave a line; a hundred thousand
of them would fill a disk. Bounded are the loggers that anybody who reaches a web process can make speak. What
operators, rows and our own work have to tell is never left out.
"""

from __future__ import annotations

import logging
import threading
import time

FROM_OUTSIDE = (
    "allauth", "autobahn", "config", "daphne", "django", "py.warnings", "realtime.consumer", "twisted",
)  # fmt: skip
MOST = 60  # lines of one kind...
WINDOW_S = 60.0  # ...in this time

Kind = tuple[str, str, int]  # logger, file and line: as many as the program has places that write


class Flood(logging.Filter):
    """At most MOST lines of each kind in WINDOW_S; then one line says how many more there were.

    That line is written with the next one, of whatever kind, that comes after the window is over.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._windows: dict[Kind, tuple[float, int]] = {}  # when it began, lines since

    def filter(self, record: logging.LogRecord) -> bool:
        if hasattr(record, "summed_up"):
            return True
        now = time.monotonic()
        with self._lock:
            over = {kind: seen for kind, seen in self._windows.items() if now - seen[0] >= WINDOW_S}
            for kind in over:
                del self._windows[kind]
            passes = self._counts(record, now)
        for (name, _file, line), (_, seen) in over.items():
            if seen > MOST:
                self._sum_up(name, line, seen - MOST)
        return passes

    def _counts(self, record: logging.LogRecord, now: float) -> bool:
        if not any(record.name == name or record.name.startswith(f"{name}.") for name in FROM_OUTSIDE):
            return True
        kind = (record.name, record.pathname, record.lineno)
        began, seen = self._windows.get(kind, (now, 0))
        self._windows[kind] = (began, seen + 1)
        return seen < MOST

    @staticmethod
    def _sum_up(name: str, line: int, more: int) -> None:
        logging.getLogger(name).error(
            "and %d more like it within %.0f s (line %d)", more, WINDOW_S, line, extra={"summed_up": True}
        )
