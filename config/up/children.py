"""Child processes that cannot outlive us.

Three nets, each for what the one before lets through:
1. on Linux the kernel signals a child the moment its parent dies (`PR_SET_PDEATHSIG`), kill -9 included;
2. the warden (`warden.py`), which notices that we are gone and ends whatever is left of our run;
3. the next start, which ends what the last run's record still names.

A process is recorded as (pid, start time): a pid alone may have been given to somebody else since.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

PR_SET_PDEATHSIG = 1
# Each process of a run carries the run's token in its environment: so we find the children of children, too.
RUN_TOKEN = "PALABRE_RUN"  # noqa: S105 (the name of a variable)


@dataclass(frozen=True, slots=True)
class Identity:
    """A process, for as long as it lives: its pid and when it started (in the system's own notation).

    `stop_signal`: how to ask it to stop.
    """

    pid: int
    started: str
    stop_signal: int = field(default=signal.SIGTERM, compare=False)

    @classmethod
    def of(cls, pid: int, stop_signal: int = signal.SIGTERM) -> Identity | None:
        """The process that has `pid` now, or None."""
        started = start_time(pid)
        return None if started is None else cls(pid, started, stop_signal)

    def alive(self) -> bool:
        return start_time(self.pid) == self.started


def start_time(pid: int) -> str | None:
    """When process `pid` started, or None when there is no such process. A zombie is no longer a process."""
    if sys.platform == "linux":
        try:
            # The second field is the program's name in brackets, which may itself hold spaces and brackets.
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else fields[19]
    asked = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True)  # noqa: PLW1510
    state, _, started = asked.stdout.strip().partition(" ")
    return None if not started or state.startswith("Z") else started.strip()


def _die_with_parent(parent: int, with_signal: int) -> Callable[[], None]:
    if sys.platform != "linux":
        return lambda: None
    libc = ctypes.CDLL(None)  # looked up before the fork: loading a library after it may deadlock

    def in_child() -> None:
        libc.prctl(PR_SET_PDEATHSIG, with_signal)
        if os.getppid() != parent:  # died between the fork and the line above
            os._exit(1)

    return in_child


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    log: Path | None,
    stdin: int | IO[Any] = subprocess.DEVNULL,
    identity: Mapping[str, Any] | None = None,
    death_signal: int = signal.SIGTERM,
    cwd: str | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own (Ctrl-C is ours alone), which ends when this process does.

    Call it from the main thread only: the kernel's "parent" is the thread that forked.
    `identity`: `user`, `group`, `extra_groups` as `subprocess.Popen` takes them. `log`: appended to.
    """
    out: IO[bytes] | int = log.open("ab") if log else subprocess.DEVNULL
    try:
        return subprocess.Popen(
            argv,
            env=dict(env),
            stdin=stdin,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # Runs after the change of user, which would clear it.
            preexec_fn=_die_with_parent(os.getpid(), death_signal),  # noqa: PLW1509
            cwd=cwd,
            **(identity or {}),
        )
    finally:
        if not isinstance(out, int):
            out.close()


def wait_gone(child: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait until our own child has ended and been reaped; False when it still lives after `seconds`."""
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


# --- Strangers: processes of a run whose supervisor is gone ------------------------------------------------


def of_run(token: str) -> list[Identity]:
    """Every process that carries this run's token, whoever its parent is now. Linux only; elsewhere empty."""
    wanted = f"{RUN_TOKEN}={token}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*") if sys.platform == "linux" else ():
        try:
            if wanted not in (entry / "environ").read_bytes().split(b"\0"):
                continue
        except OSError:
            continue  # ended meanwhile, or not ours
        if (identity := Identity.of(int(entry.name))) is not None:
            found.append(identity)
    return [one for one in found if one.pid != os.getpid()]


def end(strangers: Iterable[Identity], *, grace: float) -> list[Identity]:
    """Ask each to stop, kill after `grace` seconds; never touch a reused pid. Returns those found living."""
    living = [one for one in strangers if one.alive()]
    for kill, seconds in ((False, grace), (True, 5.0)):
        for one in living:
            if one.alive():
                try:
                    os.kill(one.pid, signal.SIGKILL if kill else one.stop_signal)
                except (ProcessLookupError, PermissionError):
                    pass
        deadline = time.monotonic() + seconds
        while any(one.alive() for one in living) and time.monotonic() < deadline:
            time.sleep(0.02)
    return living


class Record:
    """The processes of the present run, on disk, so that whoever comes next can end what was left behind."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._token = ""
        self._processes: dict[str, Identity] = {}

    def begin(self, token: str) -> None:
        self._token, self._processes = token, {}
        self._write()

    def note(self, name: str, pid: int, stop_signal: int = signal.SIGTERM) -> None:
        identity = Identity.of(pid, stop_signal)
        if identity is not None:
            self._processes[name] = identity
            self._write()

    def forget(self) -> None:
        self._path.unlink(missing_ok=True)

    def left_behind(self) -> list[Identity]:
        """The living processes that the record on disk knows of: by name, and by the run's token."""
        try:
            found = json.loads(self._path.read_text())
            named = [Identity(int(pid), str(since), int(ask)) for pid, since, ask in found["processes"].values()]
            token = str(found["run"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return []
        living = {one for one in named if one.alive()} | set(of_run(token) if token else [])
        return sorted(living, key=lambda one: one.pid)

    def _write(self) -> None:
        draft = self._path.with_suffix(".new")
        processes = {name: [one.pid, one.started, one.stop_signal] for name, one in self._processes.items()}
        draft.write_text(json.dumps({"run": self._token, "processes": processes}))
        draft.chmod(0o600)
        draft.replace(self._path)
