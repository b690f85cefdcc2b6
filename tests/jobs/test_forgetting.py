"""What is over is forgotten after a while, and nothing else is."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from accounts.models import Tries
from accounts.sessions import forget_sessions
from jobs import forgetting
from jobs.forgetting import forget_finished
from jobs.models import Job, Schedule, ScheduledRun

pytestmark = pytest.mark.django_db


class Told:
    """A running job that nobody stops."""

    id, organisation_id, attempt = uuid4(), None, 1

    def progress(self, _fraction: float) -> None:
        pass


def old_job(state: str, days: int) -> Job:
    """A job that began and ended `days` ago."""
    with connection.cursor() as cursor:
        cursor.execute("select uuidv7(make_interval(days => %s))", [-days])
        (key,) = cursor.fetchone()
    return Job.objects.create(id=key, kind="x", state=state, finished_at=timezone.now() - timedelta(days=days))


def test_jobs_that_have_long_been_over_are_forgotten_with_their_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "SLICE", 2)
    gone = [old_job(state, 31) for state in ("done", "failed", "cancelled", "done", "done")]
    schedule = Schedule.objects.create(name="s", kind="x", every_seconds=60)
    ScheduledRun.objects.create(schedule=schedule, due_at=timezone.now(), job=gone[0])
    kept = [old_job("done", 29), old_job("waiting", 99), old_job("running", 99)]
    # Asked for long ago and over since today: whoever asked may not have looked yet.
    late = old_job("done", 99)
    Job.objects.filter(id=late.id).update(finished_at=timezone.now())

    assert forget_finished(Told()) == {"forgotten": 5}
    assert set(Job.objects.values_list("id", flat=True)) == {job.id for job in [*kept, late]}
    assert not ScheduledRun.objects.exists()


def test_sessions_that_have_run_out_are_forgotten() -> None:
    for hours in (-1, 1):
        store = SessionStore()
        store.set_expiry(hours * 3600)
        store.create()
    assert forget_sessions(Told()) == {"forgotten": 1}
    assert Session.objects.get().expire_date > timezone.now()


def test_tries_of_signing_in_that_count_no_more_are_forgotten() -> None:
    for seconds in (-1, 300):
        Tries.objects.create(
            cache_key=f"of {seconds}", value="", expires=timezone.now() + timedelta(seconds=seconds)
        )  # fmt: skip
    forget_sessions(Told())
    assert [tries.cache_key for tries in Tries.objects.all()] == ["of 300"]
