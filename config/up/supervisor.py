"""Keeps a table of processes alive: starts, watches, restarts, and stops them in the reverse order.

One thread, one loop, no callbacks: the kernel ends children with the thread that started them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from config.up.children import RUN_TOKEN, Record, spawn
from config.up.holding import is_held
from config.up.logs import last_words, rotated
from config.up.processes import Process, facts

# Seconds before a restart, doubled at each crash of what cannot even start. One that had become ready works: it is
# back at once however often it dies, for its users are worth more than the cost of its starts.
AT_ONCE, FIRST_PAUSE, LONGEST_PAUSE = 0.05, 0.5, 30.0
LOOK_EVERY = 0.1  # seconds: so long a death may go unnoticed
STEADY = 60.0  # seconds of life after which the next crash counts as a first one
LATECOMERS_AFTER = 6.0  # seconds that processes which READY does not promise wait for those that it does
STOP_WITHIN = 7.0  # seconds for all processes together
STAGGER = 1.0  # seconds that one gets to stop before the next is asked, too


@dataclass(slots=True)
class _Kept:
    process: Process
    child: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause: float = FIRST_PAUSE
    restart_at: float | None = None
    is_ready: bool = False
    waits_for: str = "starting"
    asked_at: float | None = None  # when it was asked to stop, because it is held


class Supervisor:
    """`say` gets a line for people. `place` names this installation to other owners of leases."""

    def __init__(
        self,
        table: Sequence[Process],
        *,
        state: Path,
        env: Mapping[str, str],
        record: Record,
        place: str,
        say: Callable[[str], None],
    ) -> None:
        self._kept = [_Kept(process) for process in table]
        self._state, self._env, self._record, self._place, self._say = state, env, record, place, say
        self._interrupts = 0
        self._ready_since: float | None = None

    # --- The loop ------------------------------------------------------------------------------------------

    def run(self, *, on_ready: Callable[[], None], also: Callable[[], str] = lambda: "") -> str:
        """Keep everything alive until a signal or until `also` names a reason to stop; returns that reason.

        Calls `on_ready` once, when every essential process is ready. Stop with `stop` afterwards.
        """
        began = last_word = time.monotonic()
        for kept in self._kept:
            if kept.process.essential:
                self._start(kept)
            else:
                # After the others, whose start everybody waits for and which needs all of a small machine.
                kept.restart_at = began + LATECOMERS_AFTER
        while not self._interrupts:
            now = time.monotonic()
            for kept in self._kept:
                self._look_after(kept, now)
            if reason := also():
                return reason
            if self._ready_since is None:
                missing = {k.process.name: k.waits_for for k in self._kept if k.process.essential and not k.is_ready}
                if not missing:
                    self._ready_since = now
                    on_ready()
                    for kept in self._kept:
                        if kept.restart_at is not None:
                            kept.restart_at = now
                elif now - last_word > 10:
                    last_word = now
                    words = ", ".join(f"{name}: {what}" for name, what in missing.items())
                    self._say(f"still waiting after {now - began:.0f} s for {words}")
            time.sleep(0.05 if self._ready_since is None else LOOK_EVERY)
        return "interrupted"

    def interrupt(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """A signal handler: the first asks for a clean stop, the second for a quick one."""
        self._interrupts += 1

    @property
    def hurried(self) -> bool:
        return self._interrupts > 1

    def _look_after(self, kept: _Kept, now: float) -> None:
        name = kept.process.name
        if kept.child is None:
            if kept.restart_at is not None and now >= kept.restart_at and not is_held(self._state, name):
                self._start(kept)
            return
        code, pid = kept.child.poll(), kept.child.pid  # reaps it: from here on its place is free
        if code is not None:
            kept.child, kept.is_ready, kept.waits_for = None, False, "restarting"
            if is_held(self._state, name):
                kept.restart_at, kept.pause = now, FIRST_PAUSE
                self._say(f"{name} is stopped, until `palabre start {name}`")
                return
            if now - kept.started_at > STEADY:
                kept.pause = FIRST_PAUSE
            had_been_ready = facts(self._state, name, pid) is not None
            pause = AT_ONCE if had_been_ready else kept.pause
            kept.restart_at = now + pause
            how = f"was ended by signal {-code}" if code < 0 else f"stopped with code {code}"
            self._say(f"{name} {how}; again in {pause:g} s (log: {self._log(name)}){last_words(self._log(name))}")
            kept.pause = FIRST_PAUSE if had_been_ready else min(pause * 2, LONGEST_PAUSE)
            return
        if is_held(self._state, name):
            if kept.asked_at is None:
                kept.asked_at = now
                kept.child.terminate()
            elif now - kept.asked_at > STOP_WITHIN:
                kept.child.kill()
        # Once ready is enough for the READY line: what comes later is the health page's business.
        if not kept.is_ready and self._ready_since is None:
            kept.waits_for = kept.process.ready(kept.child.pid)
            kept.is_ready = not kept.waits_for

    def _start(self, kept: _Kept) -> None:
        name = kept.process.name
        (self._state / "run" / f"{name}.ready").unlink(missing_ok=True)
        kept.child = spawn(
            kept.process.argv,
            # The predecessor has been reaped, or ended by the clean-up at start: this place is held by one process
            # at a time, so its new holder may take the place's leases back at once.
            env={**self._env, **kept.process.env, "PALABRE_OWNER": f"{self._place}:{name}"},
            log=rotated(self._log(name)),
        )
        kept.started_at, kept.restart_at, kept.asked_at = time.monotonic(), None, None
        self._record.note(name, kept.child.pid)

    def _log(self, name: str) -> Path:
        return self._state / "logs" / f"{name}.log"

    # --- The end -------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Ask each in reverse order, a second apart or as soon as the one before has gone; kill what stays."""
        living = [kept for kept in reversed(self._kept) if kept.child is not None and kept.child.poll() is None]
        deadline = time.monotonic() + STOP_WITHIN
        asked: list[_Kept] = []
        next_at = 0.0
        while living or asked:
            now = time.monotonic()
            asked = [kept for kept in asked if kept.child is not None and kept.child.poll() is None]
            if living and (not asked or now >= next_at):
                kept = living.pop(0)
                assert kept.child is not None
                kept.child.terminate()
                asked.append(kept)
                next_at = now + STAGGER
            if self.hurried or now > deadline:
                for kept in [*asked, *living]:
                    assert kept.child is not None
                    if not self.hurried:
                        self._say(f"{kept.process.name} does not stop: killed")
                    kept.child.kill()
                    kept.child.wait(5)
                return
            time.sleep(0.02)


def start_warden(record: Path, log: Path) -> subprocess.Popen[bytes]:
    """The process that outlives us by a moment, if we are killed. See warden.py."""
    env = {key: value for key, value in os.environ.items() if key != RUN_TOKEN}
    # Not `spawn`: it must not die with its parent.
    with log.open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "config.up.warden", str(record)],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=out,
            env=env,
            start_new_session=True,
        )


def dismiss_warden(warden: subprocess.Popen[bytes]) -> None:
    assert warden.stdin is not None
    try:
        warden.stdin.write(b"stopped\n")
        warden.stdin.close()
        warden.wait(5)
    except (BrokenPipeError, subprocess.TimeoutExpired):
        warden.kill()


def on_signals(handler: Callable[[int, FrameType | None], None]) -> None:
    for caught in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(caught, handler)
