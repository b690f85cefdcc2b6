"""Does what a schedule says to a running product, and times how long each thing takes to be back."""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from dataclasses import dataclass, field

import psutil
import psycopg
import redis

from config.up import checks
from config.up.children import Identity
from config.up.trial import Running
from tests.faults.conftest import Line
from tests.faults.schedule import Act, Schedule
from tests.faults.screen import UNREACHABLE, Desk, Refused

LINKS = 3
TICK_S = 0.05


@dataclass
class Recovery:
    what: str
    at_s: float  # in the schedule's time, when it was done
    took_s: float | None = None  # None: it was hit again before it was back
    note: str = ""
    cpu_s: float | None = None  # of the processor, that the new process had used by then: tells its cost from the load

    def __str__(self) -> str:
        took = "hit again before it was back" if self.took_s is None else f"back after {self.took_s:.2f} s"
        if self.cpu_s is not None:
            took += f", {self.cpu_s:.2f} s of CPU"
        return f"{self.at_s:6.1f} s  {self.what:<20} {took} {self.note}".rstrip()


@dataclass
class _Waiting:
    recovery: Recovery
    name: str
    killed: Identity
    since: float = field(default_factory=time.monotonic)


@dataclass
class _Probe:
    text: str
    sender: str
    ledger_from: int
    since: float
    recovery: Recovery


class Storm:
    """`run` blocks until everything that was hit is back. Afterwards: `recoveries`, and `returns` of PostgreSQL."""

    def __init__(self, palabre: Running, line: Line, desk: Desk, schedule: Schedule) -> None:
        self._palabre, self._line, self._desk, self._schedule = palabre, line, desk, schedule
        self._waiting: dict[str, _Waiting] = {}
        self.recoveries: list[Recovery] = []
        self.services: list[Recovery] = []  # a new text acknowledged and shown, from PostgreSQL's return
        self._database_since = 0.0  # its last return: nobody can be ready before
        self._probes: deque[_Probe] = deque()
        self._began = time.monotonic()

    def run(self, *, limit_s: float = 60.0) -> None:
        self._began = time.monotonic()
        due = deque(self._schedule.acts)
        while due or self._waiting or self._probes:
            now = time.monotonic() - self._began
            assert now < self._schedule.seconds + limit_s, f"not back: {[*self._waiting]}, {[*self._probes]}"
            if due and now >= due[0].at_s and self._do(due[0], now):
                due.popleft()
            self._look()
            time.sleep(TICK_S)

    # --- what breaks -------------------------------------------------------------------------------------------

    def _do(self, act: Act, now: float) -> bool:
        """False: the victim is not alive just now; it is hit as soon as it is."""
        if act.what == "flush":
            redis.Redis.from_url(self._palabre.environ["REDIS_URL"]).flushall()
            self.recoveries.append(Recovery("FLUSHALL", now, 0.0))
            return True
        victim = self._palabre.processes()[act.which]
        if not victim.alive() or (act.which == "postgres" and act.which in self._waiting):
            return False
        # What `pg_ctl stop -m immediate` sends: no checkpoint, no goodbye, recovery from the log.
        os.kill(victim.pid, signal.SIGQUIT if act.what == "stop" else signal.SIGKILL)
        recovery = Recovery(f"{act.what} {act.which}", now)
        self.recoveries.append(recovery)
        self._waiting[act.which] = _Waiting(recovery, act.which, victim)
        return True

    # --- what is back ------------------------------------------------------------------------------------------

    def _look(self) -> None:
        for name, waiting in list(self._waiting.items()):
            if self._is_back(waiting):
                now = time.monotonic()
                waiting.recovery.took_s = now - waiting.since
                if self._database_since > waiting.since:
                    waiting.recovery.note = f"({now - self._database_since:.2f} s after PostgreSQL)"
                    waiting.recovery.took_s = now - self._database_since
                waiting.recovery.cpu_s = _spent(self._palabre.processes()[name])
                del self._waiting[name]
                if name == "postgres":
                    self._database_since = now
                    self._probe(now)
        if self._probes:
            self._follow_probe()

    def _is_back(self, waiting: _Waiting) -> bool:
        name, palabre = waiting.name, self._palabre
        if palabre.processes()[name] == waiting.killed:
            return False
        if name == "postgres":
            return _answers(palabre.environ["DATABASE_OWNER_URL"])
        said = palabre.facts(name)
        if said is None:
            return False
        if name == "gateway":
            bound = said.get("bound")
            return isinstance(bound, list) and len(bound) >= LINKS and bound == said.get("links")
        if name == "dispatcher":
            return bool(said.get("leading"))
        return name != "web" or checks.page_answers(f"{palabre.desk}/", seconds=1) == ""

    def _probe(self, now: float) -> None:
        """PostgreSQL answers: from now on, how long until a new text is acknowledged and on a screen?"""
        number = len(self.services)
        sender = f"+2290197{900_000 + self._schedule.seed % 900 * 100 + number:06d}"
        recovery = Recovery("service", now - self._began)
        self.services.append(recovery)
        ledger_from = self._line.last()
        [text] = self._line.text(sender, f"retour {number}", to="3334")
        self._probes.append(_Probe(text, sender, ledger_from, now, recovery))

    def _follow_probe(self) -> None:
        probe = self._probes[0]
        try:
            found = self._desk.ask(f"/api/conversations?view=all&q=%2B{probe.sender[1:]}", seconds=2)["items"]
        except (*UNREACHABLE, Refused):
            return
        if found and self._line.acknowledges(probe.text, probe.ledger_from):
            probe.recovery.took_s = time.monotonic() - probe.since
            self._probes.popleft()

    def told(self) -> str:
        load = f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
        return "\n".join([load, *(str(one) for one in [*self.recoveries, *self.services])])


def _spent(process: Identity) -> float | None:
    """Seconds of the processor, its own and the kernel's for it; None when it has died again."""
    try:
        used = psutil.Process(process.pid).cpu_times()
    except psutil.Error:
        return None
    return float(used.user + used.system)


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            return connection.execute("select 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def slower_than(recoveries: list[Recovery], limit_s: float) -> list[str]:
    return [str(one) for one in recoveries if one.took_s is not None and one.took_s > limit_s]
