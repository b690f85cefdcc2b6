"""Loopback ports: one used before is taken again while it is free, so that addresses stay the same."""

from __future__ import annotations

import json
import socket
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
        self._known[name] = port
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps(self._known))
        draft.replace(self._path)
        return port
