"""Valkey as a child process. It keeps nothing on disk: what it holds may be deleted at any second."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from config.up.binaries import EngineError, valkey_bin
from config.up.children import spawn, wait_gone


class Valkey:
    def __init__(self, state: Path, *, port: int, password: str, log: Path) -> None:
        self.bin = valkey_bin()
        self.port = port
        self._directory, self._password, self._log = state / "valkey", password, log
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start and wait until it answers a PING. Raises EngineError."""
        self._directory.mkdir(mode=0o700, exist_ok=True)
        settings = {
            "port": self.port,
            "bind": "127.0.0.1",
            "requirepass": self._password,
            "dir": f'"{self._directory}"',
            "save": '""',
            "appendonly": "no",
            # Evicting keys would silently unsubscribe and lose doorbells.
            "maxmemory-policy": "noeviction",
        }
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}
        self.process = spawn(
            # Settings on the standard input: arguments would show the password to every user here.
            [str(self.bin), "-"], env=environment, log=self._log, stdin=subprocess.PIPE,
        )  # fmt: skip
        assert self.process.stdin is not None
        self.process.stdin.write("".join(f"{key} {value}\n" for key, value in settings.items()).encode())
        self.process.stdin.close()
        deadline = time.monotonic() + 20
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise EngineError(f"Valkey did not start: see {self._log}")
            time.sleep(0.02)

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as link:
                link.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (more := link.recv(256)):
                    answer += more
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"

    def stop(self, seconds: float = 5) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        for with_signal, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, 5.0)):
            self.process.send_signal(with_signal)
            if wait_gone(self.process, patience):
                return
