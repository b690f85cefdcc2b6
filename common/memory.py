"""Python's collector and processes that live long.

What a start loads stays: the collector would look through it dozens of times while it is being loaded (a sixth of a
start), and again at every full collection for ever after (with 1,000 sockets it took half of the time of each
delivery). So it rests until a process has started, and never looks at what was loaded until then.
"""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress


def starting() -> None:
    """Call before the imports. `settled` must follow, else nothing is ever collected."""
    gc.disable()


def settled() -> None:
    """What is loaded now stays: from here on only what comes later is collected."""
    gc.collect()
    gc.freeze()
    gc.enable()


def give_back() -> None:
    """Hands what was freed back to the system. glibc would keep the heap of a bot's training (30 MB) for ever."""
    with suppress(OSError, AttributeError, TypeError):  # other libraries have no such call, and need none
        ctypes.CDLL(None).malloc_trim(0)
