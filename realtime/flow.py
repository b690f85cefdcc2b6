"""Whether a connection takes more just now: what the server below says, so that waiting texts wait here and not there.

Here they are few and shared (realtime.socket bounds them, and all sockets hold the same octets); in the buffers of
Daphne each would be a copy, and nothing would bound them.

A server may also offer a shorter way for texts than an ASGI message, which takes five calls and a turn of the loop.
"""

from __future__ import annotations

from collections.abc import Callable

EXTENSION = "palabre.flow"  # in the scope's "extensions", where the server offers it


class Flow:
    """Twisted calls the three methods below by their names (IPushProducer), in the event loop's thread."""

    def __init__(self, write: Callable[[bytes, memoryview], None] | None = None) -> None:
        # Sends one text, given in two pieces. Neither waits nor raises; says by pauseProducing that it is enough.
        self.write = write
        self.open = True
        self.resumed: Callable[[], None] = lambda: None

    def pauseProducing(self) -> None:
        self.open = False

    def resumeProducing(self) -> None:
        self.open = True
        self.resumed()

    def stopProducing(self) -> None:  # the connection is gone: whoever writes now will hear of it
        self.resumeProducing()
