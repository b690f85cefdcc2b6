"""Celery's two processes, the worker and beat, started with our settings and marked ready like our own."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from common.memory import settled, starting

log = logging.getLogger(__name__)

AGAIN_S = 5.0


def serve_worker() -> None:
    """Slow work. Threads: the work waits for PostgreSQL and files, and one small machine holds it all.

    Celery gives up on a broker that answers and cannot be used (one that is full). The process stays, and its poller
    goes on finding jobs (jobs/poller.py), while Celery is tried again.
    """
    starting()
    from celery.signals import worker_init, worker_ready

    worker_init.connect(lambda **_: settled(), weak=False)
    ready = _say_ready("worker")
    worker_ready.connect(ready, weak=False)
    while True:
        try:
            _celery("worker", "--pool", "threads", "--concurrency", os.environ.get("WORKER_THREADS", "4"),
                    "--loglevel", "INFO", "--without-gossip", "--without-mingle")  # fmt: skip
        except SystemExit as ended:
            if not ended.code:
                raise
            log.error("Celery has given up: again in %g s, jobs are looked for meanwhile", AGAIN_S)
        else:
            return
        for asked in (signal.SIGTERM, signal.SIGINT):
            signal.signal(asked, signal.SIG_DFL)  # Celery's own would ask the run that is over to stop
        time.sleep(AGAIN_S)


def serve_beat(state: Path) -> None:
    """The tick of recurring work. Its own memory is disposable: schedules are rows."""
    starting()
    from celery.signals import beat_init

    beat_init.connect(lambda **_: settled(), weak=False)
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
    # At each start Celery would have Django check everything, which loads the whole API: `palabre manage check` does.
    os.environ.setdefault("CELERY_SKIP_CHECKS", "1")
    from celery.__main__ import main

    sys.argv = ["celery", "-A", "config", "--quiet", *words]  # without a banner: a log is lines
    main()
