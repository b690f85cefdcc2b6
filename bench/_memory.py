"""What the whole product holds in memory, and a cap on it.

PSS, proportional set size, from /proc/<pid>/smaps_rollup: a page that several processes share counts once in their sum,
PostgreSQL's shared buffers and the interpreter's own code among them.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from config.up.trial import Running

V1 = Path("/sys/fs/cgroup/memory")
V2 = Path("/sys/fs/cgroup")


def pss_mb(palabre: Running) -> dict[str, float]:
    """MB by process of the supervisor's table; "palabre" is the supervisor itself and its warden."""
    names = {identity.pid: name for name, identity in palabre.processes().items()}
    found: dict[str, float] = {}

    def add(process: psutil.Process, name: str) -> None:
        name = names.get(process.pid, name)
        found[name] = found.get(name, 0.0) + _pss_of(process.pid)
        try:
            children = process.children()
        except psutil.NoSuchProcess:  # gone meanwhile
            return
        for child in children:
            add(child, name)

    add(psutil.Process(palabre.supervisor.pid), "palabre")
    return {name: round(value, 1) for name, value in sorted(found.items())}


def _pss_of(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:  # gone meanwhile
        pass
    return 0.0


class Peak:
    """The highest sum of PSS, looked at twice a second."""

    def __init__(self, palabre: Running) -> None:
        self.mb = 0.0
        self.by_process: dict[str, float] = {}
        self._palabre = palabre
        self._done = threading.Event()
        self._failed: Exception | None = None
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        try:
            while not self._done.wait(0.5):
                now = pss_mb(self._palabre)
                if sum(now.values()) > self.mb:
                    self.mb, self.by_process = round(sum(now.values()), 1), now
        except Exception as error:
            self._failed = error

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        self._thread.join()
        if self._failed is not None:
            raise self._failed  # a peak that nobody looked for would pass for a low one


class Cap:
    """A control group with a limit on memory, of which this process and all that it starts are members."""

    def __init__(self, place: Path, *, version: int) -> None:
        self._place, self._version = place, version

    def killed(self) -> int:
        """Processes that the kernel has killed for want of memory."""
        name = "memory.events" if self._version == 2 else "memory.oom_control"
        for line in (self._place / name).read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
        return 0

    def peak_mb(self) -> float:
        """With the page cache of the files that were read and written."""
        name = "memory.peak" if self._version == 2 else "memory.max_usage_in_bytes"
        try:
            return int((self._place / name).read_text()) / 2**20
        except OSError:
            return 0.0


@contextmanager
def capped(limit_bytes: int, cpus: int = 2) -> Iterator[Cap | None]:
    """What is started meanwhile has so much memory, no swap, and so many processors. None: not possible here.

    Needs root and a writable control group, of version 1 or 2.
    """
    place, version = _make(limit_bytes)
    if place is None:
        yield None
        return
    before = os.sched_getaffinity(0)
    home = _home(version)
    os.sched_setaffinity(0, sorted(before)[:cpus])
    (place / "cgroup.procs").write_text(str(os.getpid()))
    try:
        yield Cap(place, version=version)
    finally:
        os.sched_setaffinity(0, before)
        (home / "cgroup.procs").write_text(str(os.getpid()))
        for _ in range(50):
            try:
                place.rmdir()
                break
            except OSError:
                time.sleep(0.1)


def _make(limit_bytes: int) -> tuple[Path | None, int]:
    version = 2 if (V2 / "cgroup.controllers").is_file() else 1
    place = (V2 if version == 2 else V1) / f"palabre-{os.getpid()}"
    limits: dict[str, Any] = (
        {"memory.max": limit_bytes, "memory.swap.max": 0}
        if version == 2
        else {"memory.limit_in_bytes": limit_bytes, "memory.memsw.limit_in_bytes": limit_bytes}
    )
    try:
        place.mkdir()
        for name, value in limits.items():
            if "sw" not in name or (place / name).exists():
                (place / name).write_text(str(value))
    except OSError:
        if place.is_dir():
            place.rmdir()
        return None, version
    return place, version


def _home(version: int) -> Path:
    """The control group that this process is in now."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if (version == 2 and not controllers) or "memory" in controllers.split(","):
            return (V2 if version == 2 else V1) / path.lstrip("/")
    return V2 if version == 2 else V1
