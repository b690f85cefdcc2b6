"""Running one job under its lease: one worker at a time, again after a crash, with growing pauses after an error."""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import time
from typing import Any
from uuid import UUID, uuid4

from django.db import Error, connection, connections

from common.errors import PalabreError
from common.places import place_of
from jobs.kinds import Stopped, kinds

log = logging.getLogger(__name__)

LEASE_S = 30.0
RENEW_EVERY_S = 5.0
FIRST_PAUSE_S = 5.0  # after an error; doubled each time
LONGEST_PAUSE_S = 3600.0

_KIND = "select kind from jobs_job where id = %s"
# An expired lease is a worker that died: that was an attempt. One too many and the job has failed.
_CLAIM = """
update jobs_job set state = 'running', lease_holder = %(holder)s, attempts = attempts + 1,
       lease_until = clock_timestamp() + make_interval(secs => %(seconds)s)
where id = %(id)s and attempts < max_attempts
  and (state = 'waiting' and due_at <= clock_timestamp() or state = 'running' and lease_until <= clock_timestamp())
returning organisation_id, arguments, attempts, max_attempts
"""
_GIVE_UP = """
update jobs_job set state = 'failed', error = 'its worker died each time', finished_at = clock_timestamp()
where id = %(id)s and state = 'running' and lease_until <= clock_timestamp() and attempts >= max_attempts
"""
_RENEW = """
update jobs_job set lease_until = clock_timestamp() + make_interval(secs => %(seconds)s)
where id = %(id)s and lease_holder = %(holder)s and state = 'running' returning id
"""
_PROGRESS = """
update jobs_job set progress = %(progress)s
where id = %(id)s and lease_holder = %(holder)s and state = 'running' returning id
"""
_DONE = """
update jobs_job set state = 'done', result = %(result)s::jsonb, progress = 1, error = '', lease_until = null,
       finished_at = clock_timestamp()
where id = %(id)s and lease_holder = %(holder)s and state = 'running' returning id
"""
_ERROR = """
update jobs_job set error = %(error)s, lease_until = null,
       state = case when attempts < max_attempts then 'waiting' else 'failed' end,
       due_at = clock_timestamp() + make_interval(secs => %(pause)s),
       finished_at = case when attempts < max_attempts then null else clock_timestamp() end
where id = %(id)s and lease_holder = %(holder)s and state = 'running' returning state
"""


class Run:
    """A job that this worker holds: what its function sees of it (jobs.kinds.RunningJob)."""

    def __init__(self, job_id: UUID, holder: str, organisation_id: UUID | None, attempt: int) -> None:
        self.id = job_id
        self.organisation_id = organisation_id
        self.attempt = attempt
        self._holder = holder
        self._ours = True
        self._shown_at = 0.0
        self._over = threading.Event()
        self._renewer = threading.Thread(target=self._renew, name=f"lease of job {job_id}", daemon=True)

    def __enter__(self) -> Run:
        self._renewer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._renewer.join(10)

    def progress(self, fraction: float) -> None:
        if not self._ours:
            raise Stopped
        if time.monotonic() - self._shown_at >= 0.5 or fraction >= 1:
            self._shown_at = time.monotonic()
            if not self.write(_PROGRESS, progress=min(max(fraction, 0.0), 1.0)):
                self._ours = False
                raise Stopped

    def write(self, statement: str, **parameters: Any) -> Any:
        """One of the statements above; the row that it returns, or None when the job is not ours any more."""
        with connection.cursor() as cursor:
            cursor.execute(statement, {"id": self.id, "holder": self._holder, **parameters})
            return cursor.fetchone()

    def _renew(self) -> None:
        try:
            while not self._over.wait(RENEW_EVERY_S):
                try:
                    if self.write(_RENEW, seconds=LEASE_S) is None:
                        self._ours = False
                        return
                except Error as error:  # tried again; the lease outlasts several
                    log.warning("the lease of job %s is not renewed: %s", self.id, type(error).__name__)
                finally:
                    connection.close()
        finally:
            connections.close_all()


def run(job_id: UUID) -> bool:
    """Run the job if it is due and nobody else has it. Never raises for what the job does; False: nothing was run."""
    with connection.cursor() as cursor:
        cursor.execute(_KIND, [job_id])
        row = cursor.fetchone()
        if row is None:
            return False
        kind = kinds.get(row[0])
        if kind is None:
            log.error("job %s waits for a worker that knows %s", job_id, row[0])
            return False
        holder = f"{socket.gethostname()[:30]}:{os.getpid()}:{uuid4().hex[:12]}"
        cursor.execute(_GIVE_UP, {"id": job_id})
        cursor.execute(_CLAIM, {"id": job_id, "holder": holder, "seconds": LEASE_S})
        row = cursor.fetchone()
    if row is None:
        return False
    organisation_id, arguments, attempt, _ = row
    arguments = json.loads(arguments) if isinstance(arguments, str) else arguments
    job = Run(job_id, holder, organisation_id, attempt)
    try:
        with job:
            result = kind.work(job, **arguments)
        if job.write(_DONE, result=json.dumps(result or {})) is None:
            log.warning("job %s (%s) ended after it was cancelled or taken over", job_id, kind.name)
    except Stopped:
        log.info("job %s (%s) was stopped", job_id, kind.name)
    except Exception as error:
        connection.close_if_unusable_or_obsolete()
        pause = min(FIRST_PAUSE_S * 2 ** (attempt - 1), LONGEST_PAUSE_S)
        row = job.write(_ERROR, error=_words(error), pause=pause)
        log.error("job %s (%s), attempt %d: %s; %s", job_id, kind.name, attempt, _words(error), row and row[0])
    return True


def _words(error: Exception) -> str:
    """Refusals of ours speak to people. Of others only kind and place: their words may quote a subscriber."""
    if isinstance(error, PalabreError):
        return error.message
    return f"{type(error).__name__} at {place_of(error)}"
