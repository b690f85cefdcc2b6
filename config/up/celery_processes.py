"""Celery's two processes, the worker and beat, started with our settings and marked ready like our own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path


def serve_worker() -> None:
    """Slow work. Threads: the work waits for PostgreSQL and files, and one small machine holds it all."""
    from celery.signals import worker_ready

    worker_ready.connect(_say_ready("worker"), weak=False)
    _celery("worker", "--pool", "threads", "--concurrency", os.environ.get("WORKER_THREADS", "4"),
            "--loglevel", "INFO", "--without-gossip", "--without-mingle")  # fmt: skip


def serve_beat(state: Path) -> None:
    """The tick of recurring work. Its own memory is disposable: schedules are rows."""
    from celery.signals import beat_init

    beat_init.connect(_say_ready("beat"), weak=False)
    memory = state / "run" / "beat"
    memory.parent.mkdir(parents=True, exist_ok=True)
    _celery("beat", "--schedule", str(memory), "--pidfile", "", "--loglevel", "INFO")


def _say_ready(name: str) -> Callable[..., None]:
    """A receiver of Celery's own signal, the one way to learn that its process has started."""
    from common.readiness import clear_ready, mark_ready

    clear_ready(name)
    return lambda **_: mark_ready(name)


def _celery(*words: str) -> None:
    from celery.__main__ import main

    sys.argv = ["celery", "-A", "config", *words]
    main()
