"""Loopback ports: one used before is taken again while it is free, so that addresses stay the same."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As a server does: a port whose last connections are still fading away (TIME_WAIT) is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def any_free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Held:
    """A port (0: any that is free) that is kept from whoever asks for a free one, until `close`. A server may listen on
    it all the same: for tests, which start and stop many at once. Raises OSError when somebody listens there.
    """

    def __init__(self, port: int = 0) -> None:
        self._socket = socket.socket()
        try:
            if port:
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind(("127.0.0.1", port))
        except OSError:
            self._socket.close()
            raise
        self.port = int(self._socket.getsockname()[1])
        # From now on, so that no port is given that another one keeps.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if sys.platform != "linux":
            self._socket.close()  # elsewhere no server could listen beside it

    def close(self) -> None:
        self._socket.close()


class Ports:
    """The ports of one state directory, by name, kept in `ports.json`."""

    def __init__(self, state: Path) -> None:
        self._path = state / "ports.json"
        try:
            self._known: dict[str, int] = {k: int(v) for k, v in json.loads(self._path.read_text()).items()}
        except (OSError, ValueError, AttributeError):
            self._known = {}

    def take(self, name: str, wished: int | None = None) -> int:
        """The port used last time, else `wished`, else any: the first of them that is free now."""
        taken = {port for other, port in self._known.items() if other != name}
        for port in (self._known.get(name), wished):
            if port and port not in taken and is_free(port):
                break
        else:
            port = any_free()
        self._remember(name, port)
        return port

    def hold(self, name: str) -> Held:
        """`take` a port, and keep it from others."""
        while True:
            port = self.take(name)
            try:
                return Held(port)
            except OSError:  # somebody was quicker
                self._remember(name, any_free())

    def _remember(self, name: str, port: int) -> None:
        self._known[name] = port
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps(self._known))
        draft.replace(self._path)
