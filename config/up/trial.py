"""A whole Palabre on a throw-away state directory: for journeys, faults, benches and screenshots.

    with trial.running() as palabre:
        palabre.desk, palabre.phone        addresses of the desk and of the phone page
        palabre.environ                    the processes' environment (DATABASE_URL, REDIS_URL, ports...)
        palabre.pid("gateway")             the pid of the present process
        palabre.stop("gateway"), palabre.resume("gateway")
        palabre.kill("gateway")            kill -9, as a fault; the supervisor starts it again

It is started exactly as `make up` starts it: real engines with fsync, real processes, real sockets. Four fifths of a
first start go into schema and demo data: `with data() as made` makes them once, for any number of `running(like=made)`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from config.up import engines
from config.up.binaries import place_for, remove
from config.up.children import Identity, Record, end, spawn
from config.up.holding import release, stop
from config.up.ports import Ports
from config.up.processes import facts
from config.up.testing import throw_away

ROOT = Path(__file__).resolve().parents[2]
# What a test run sets for itself must not reach the trial, nor may an outside server named by the shell.
_OURS = re.compile(r"^(DATABASE|REDIS|TEST|PALABRE|PUBLIC|WEB|SIMULATOR|SECRET_KEY|ALLOWED_HOSTS|DJANGO)")


# What `palabre up` finds when it starts again: the rows, and what opens them.
CLUSTER, BESIDE = "pg18", ("secrets.json", "schema")
PORTS = ("postgres", "valkey", "web_port", "simulator_smpp_port", "simulator_http_port")


@dataclass(slots=True)
class Running:
    state: Path
    supervisor: subprocess.Popen[bytes]
    desk: str = ""
    phone: str = ""
    ready_in: float = 0.0  # seconds, as the READY line says
    environ: dict[str, str] = field(default_factory=dict)

    def processes(self) -> dict[str, Identity]:
        recorded = json.loads((self.state / "run" / "children.json").read_text())["processes"]
        return {name: Identity(int(pid), started) for name, (pid, started, _) in recorded.items()}

    def pid(self, name: str) -> int:
        return self.processes()[name].pid

    def kill(self, name: str) -> Identity:
        """kill -9 of one process, or of an engine ("postgres", "valkey"); returns the one that was killed."""
        killed = self.processes()[name]
        os.kill(killed.pid, signal.SIGKILL)
        return killed

    def stop(self, name: str) -> None:
        """Stop one process cleanly; it stays away until `resume`."""
        if not stop(self.state, name):
            raise RuntimeError(f"{name} does not stop")

    def resume(self, name: str, seconds: float = 10) -> None:
        """Start again what `stop` stopped, and wait until it is ready."""
        before = self.processes()[name]
        release(self.state, name)
        _until(lambda: self.processes()[name] != before and self.facts(name) is not None, f"{name} ready", seconds)

    def facts(self, name: str) -> dict[str, object] | None:
        """What the present process `name` wrote when it became ready, or None while it is not."""
        return facts(self.state, name, self.pid(name))

    def log(self, name: str) -> str:
        try:
            return (self.state / "logs" / f"{name}.log").read_text(errors="replace")
        except FileNotFoundError:
            return ""


@contextmanager
def data() -> Iterator[Path]:
    """A state directory in which schema and demo data were made and no process has run; it goes with the block."""
    place = throw_away()
    try:
        made = subprocess.run(
            [sys.executable, "-m", "config.up.trial", str(place)],
            env={**_clean(), "PALABRE_STATE": str(place), "PALABRE_MODE": "demo"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if made.returncode:
            raise RuntimeError(f"schema and demo data could not be made:\n{made.stdout}{made.stderr}")
        yield place
    finally:
        remove(place)


@contextmanager
def running(
    env: Mapping[str, str] | None = None, *, state: Path | None = None, like: Path | None = None, seconds: float = 180
) -> Iterator[Running]:
    """Start, wait for READY, stop at the end. With `state` the data stays there; without it goes. `like`: begin with a
    copy of what `data` made.

    Raises RuntimeError with what was said and the ends of the logs when READY does not come within `seconds`.
    """
    place = state.absolute() if state else throw_away()
    if like is not None:
        _copy(like, place)
    # Ports of its own from the start, also while its servers are away: two trials that begin together would both find
    # 8000 free, and what a killed server leaves could be another's a moment later.
    ports = Ports(engines.prepare(place))
    kept = [ports.hold(name) for name in PORTS]
    said = place / "said"
    said.unlink(missing_ok=True)
    # What bots learn is the same in every trial, and costs each of them a quarter of a minute: kept beside them all.
    models = {"BOT_MODELS": str(ROOT / ".state" / "bots")}
    given = {**models, **_clean(), "PALABRE_STATE": str(place), "PALABRE_MODE": "demo", **(env or {})}
    child = spawn([sys.executable, "-m", "config.cli", "up"], env=given, log=said)
    one = Running(place, child)
    try:
        _await_ready(one, said, seconds)
        yield one
    finally:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            end(Record(place / "run" / "children.json").left_behind(), grace=1)
        for port in kept:
            port.close()
        if state is None:
            remove(place)


def _clean() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not _OURS.match(key)}


def _copy(made: Path, place: Path) -> None:
    # With owners and rights: PostgreSQL starts on nothing else.
    subprocess.run(["cp", "-a", place_for(made, CLUSTER), place_for(place, CLUSTER)], check=True)
    for name in BESIDE:
        shutil.copy2(made / name, place / name)
    # A recovery syncs the file system: what was copied is no part of what it should take.
    os.sync()


def _until(what: Callable[[], bool], words: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:g} s: {words}")
        time.sleep(0.02)


def _await_ready(one: Running, said: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        text = said.read_text() if said.exists() else ""
        if found := re.search(r"READY in ([\d.]+) s  (.*)  \(", text):
            break
        if one.supervisor.poll() is not None or time.monotonic() > deadline:
            logs = (one.state / "logs").glob("*.log")
            ends = "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-1500:]}" for log in sorted(logs))
            raise RuntimeError(f"Palabre did not become READY in {seconds:g} s:\n{text}\n{ends}")
        time.sleep(0.05)
    places = dict(word.split(" ") for word in found[2].split("  "))
    one.desk, one.phone, one.ready_in = places["desk"], places.get("phone", ""), float(found[1])
    one.environ = json.loads((one.state / "run" / "env.json").read_text())


if __name__ == "__main__":
    from config.up.command import prepare_data

    prepare_data(Path(sys.argv[1]))
