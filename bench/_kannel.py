"""Kannel 1.4, the open gateway that most small operators' customers run, beside us on the same machine.

    with running(Kannel(smsc_port, [Bind("k1", "savane", "secret")], customer=port)) as kannel:
        kannel.sendsms                     the address that takes texts to send
        kannel.status()                    what its administration page says
        kannel.kill(); kannel.start()      both boxes, as by kill -9

Its two processes, bearerbox (SMPP, the store) and smsbox (HTTP), as Debian builds them; the store is a file, receipts
are matched in memory: its defaults. Subscribers' texts go to `http://127.0.0.1:<customer>/mo`, receipts to the address
that each text names. Everything is on loopback and in a folder that goes at the end. Raises _debian.Absent where Kannel
cannot be had.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench._debian import programs
from config.up.children import spawn, wait_gone
from config.up.ports import Held

USER, PASSWORD = "bench", "bench"
READY_S = 20.0


@dataclass(frozen=True, slots=True)
class Bind:
    """One connection to an operator. `pair`: two instead, a transmitter and a receiver."""

    id: str
    system_id: str
    password: str
    pair: bool = False


@dataclass(slots=True)
class Kannel:
    smsc_port: int
    binds: Sequence[Bind]
    customer: int
    window: int = 10  # submits without an answer, a bind
    place: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="palabre-kannel-")))
    _boxes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _ports: dict[str, Held] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ports = {name: Held() for name in ("admin", "smsbox", "sendsms")}
        (self.place / "kannel.conf").write_text(self._settings())

    @property
    def sendsms_port(self) -> int:
        return self._ports["sendsms"].port

    @property
    def sendsms(self) -> str:
        return f"http://127.0.0.1:{self.sendsms_port}/cgi-bin/sendsms?username={USER}&password={PASSWORD}"

    @property
    def pids(self) -> dict[str, int]:
        return {name: box.pid for name, box in self._boxes.items()}

    def start(self) -> None:
        """Start both boxes, and wait until they know each other. Raises RuntimeError."""
        found = programs("kannel", "bearerbox")
        for name in ("bearerbox", "smsbox"):
            words = [found.path(name), "-v", "3", str(self.place / "kannel.conf")]
            log = self.place / f"{name}.out"
            self._boxes[name] = spawn(words, env=found.environ, log=log, cwd=str(self.place))
            # An smsbox that finds no bearerbox waits for ten seconds before it looks again.
            self._await("uptime" if name == "bearerbox" else "smsbox:")

    def kill(self) -> None:
        for box in self._boxes.values():
            box.kill()
        for box in self._boxes.values():
            box.wait()
        self._boxes.clear()

    def stop(self) -> None:
        for name in ("smsbox", "bearerbox"):
            if (box := self._boxes.get(name)) is not None and box.poll() is None:
                box.terminate()
                if not wait_gone(box, 5):
                    box.kill()
                    box.wait()
        for port in self._ports.values():
            port.close()
        shutil.rmtree(self.place, ignore_errors=True)

    def status(self) -> str:
        """Raises OSError while it does not answer."""
        address = f"http://127.0.0.1:{self._ports['admin'].port}/status.txt?password={PASSWORD}"
        with urllib.request.urlopen(address, timeout=5) as answer:
            return str(answer.read().decode(errors="replace"))

    def _await(self, words: str) -> None:
        deadline = time.monotonic() + READY_S
        while True:
            try:
                if words in self.status():
                    return
            except OSError:
                pass
            gone = [name for name, box in self._boxes.items() if box.poll() is not None]
            if gone or time.monotonic() > deadline:
                said = "\n".join(log.read_text(errors="replace")[-600:] for log in self.place.glob("*.out"))
                raise RuntimeError(f"Kannel does not start ({', '.join(gone) or words}):\n{said}")
            time.sleep(0.05)

    def _settings(self) -> str:
        core: dict[str, object] = {
            "admin-port": self._ports["admin"].port, "admin-interface": "127.0.0.1",
            "admin-password": PASSWORD, "status-password": PASSWORD,
            "smsbox-port": self._ports["smsbox"].port, "smsbox-interface": "127.0.0.1",
            "box-deny-ip": "*.*.*.*", "box-allow-ip": "127.0.0.1",
            "store-type": "file", "store-location": self.place / "store", "dlr-storage": "internal",
            "sms-resend-freq": 1,  # what was refused for now; at first it waits for a minute
        }  # fmt: skip
        smsbox: dict[str, object] = {
            "bearerbox-host": "127.0.0.1",
            "sendsms-port": self.sendsms_port,
            "sendsms-interface": "127.0.0.1",
        }
        user: dict[str, object] = {"username": USER, "password": PASSWORD, "concatenation": "true", "max-messages": 10}
        service: dict[str, object] = {
            "keyword": "default", "catch-all": "true", "max-messages": 0,
            "get-url": f'"http://127.0.0.1:{self.customer}/mo?from=%p&to=%P&coding=%c&text=%b"',
        }  # fmt: skip
        groups = [("core", core), *(("smsc", one) for bind in self.binds for one in self._operator(bind))]
        groups += [("smsbox", smsbox), ("sendsms-user", user), ("sms-service", service)]
        return "\n".join(
            f"group = {name}\n" + "".join(f"{key} = {value}\n" for key, value in values.items())
            for name, values in groups
        )

    def _operator(self, bind: Bind) -> list[dict[str, object]]:
        common: dict[str, object] = {
            "smsc": "smpp", "smsc-id": bind.id, "preferred-smsc-id": bind.id, "host": "127.0.0.1",
            "smsc-username": bind.system_id, "smsc-password": bind.password, "system-type": '""',
            "interface-version": 34, "max-pending-submits": self.window, "reconnect-delay": 1,
            "source-addr-ton": 3, "source-addr-npi": 0, "source-addr-autodetect": "false",
            "dest-addr-ton": 1, "dest-addr-npi": 1,
        }  # fmt: skip
        if bind.pair:
            return [common | {"port": self.smsc_port}, common | {"receive-port": self.smsc_port}]
        return [common | {"port": self.smsc_port, "transceiver-mode": "true"}]


@contextmanager
def running(kannel: Kannel) -> Iterator[Kannel]:
    try:
        kannel.start()
        yield kannel
    finally:
        kannel.stop()
