"""Processes that are not there for a while and know nothing of it: a laptop whose lid is shut, a hung peer.

    with ThreadPoolExecutor() as pool:
        away = pool.submit(asleep, pids, 600.0)
        ...
        away.result()

Ten minutes of one absence may pass beside ten minutes of another: each is a call on a thread of its own.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress


def _tell(pids: Iterable[int], what: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, what)


@contextmanager
def stopped(pids: Iterable[int]) -> Iterator[None]:
    """SIGSTOP all of `pids`; SIGCONT on the way out, whatever happens."""
    pids = list(pids)
    _tell(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        _tell(reversed(pids), signal.SIGCONT)


def asleep(pids: Iterable[int], seconds: float) -> float:
    """Stop `pids` for `seconds`; when they went on (time.monotonic)."""
    with stopped(pids):
        time.sleep(seconds)
    return time.monotonic()
