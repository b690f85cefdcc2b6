"""One event loop in a thread of its own, for whoever calls a server from any thread and must not wait for ever."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")

_starting = threading.Lock()
_loops: list[asyncio.AbstractEventLoop] = []


def submitted(deed: Coroutine[Any, Any, Result]) -> concurrent.futures.Future[Result]:
    with _starting:
        if not _loops:
            loop = asyncio.new_event_loop()
            # A daemon: a call that hangs must not keep a process from ending.
            threading.Thread(target=loop.run_forever, name="bot servers", daemon=True).start()
            _loops.append(loop)
    return asyncio.run_coroutine_threadsafe(deed, _loops[0])
