"""Ends what is left of a run whose supervisor was killed.

    python -m config.up.warden <record file>       (started by the supervisor, never by hand)

It waits on its standard input, a pipe from the supervisor. A line means "I have stopped everything myself"; the
end of the pipe without one means that the supervisor is gone. The kernel has signalled its children then (see
`children.py`); here they get a moment to stop by themselves, and those that do not, and the children of children
in sessions of their own, are ended.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from config.up.children import Record, end

GRACE = 6.0  # seconds for a clean stop


def main(record: Path) -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    if sys.stdin.buffer.readline():
        return
    keeper = Record(record)
    for _ in range(3):  # one that was just being started may appear after the first look
        if not end(keeper.left_behind(), grace=GRACE):
            break


if __name__ == "__main__":
    main(Path(sys.argv[1]))
