"""A job is a row: it runs once at a time, again after a crash, and Redis has no say in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis
from django.db import IntegrityError, connection, connections, transaction

from common.errors import NotFound
from jobs import poller, runner, schedules, service, tasks
from jobs.models import Job, JobState, Schedule, ScheduledRun
from jobs.service import cancel_job, request_job
from tests.jobs import scripted_kinds  # noqa: F401  (registers its kinds)

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).parent.parent.parent


def ran(job: Job) -> int:
    return Job.objects.filter(kind="tests.ran", arguments__of=str(job.id)).count()


def until(condition: Callable[[], Any], what: str, seconds: float = 10.0) -> float:
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, f"{what}: not within {seconds} s"
        time.sleep(0.05)
    print(f"{what}: {time.monotonic() - started:.2f} s")
    return time.monotonic() - started


@pytest.fixture
def silent(monkeypatch) -> list:
    """No Celery: what would have been rung."""
    rung: list = []

    def ring(job_id: UUID) -> bool:
        rung.append(job_id)
        return True

    monkeypatch.setattr(service, "ring", ring)
    return rung


def test_a_job_is_rung_for_after_the_commit_and_not_before(silent):
    with transaction.atomic():
        job = request_job(kind="tests.count")
        assert silent == []
    until(lambda: silent == [job.id], "rung for")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        request_job(kind="tests.count")
        raise ZeroDivisionError
    assert silent == [job.id]


def test_a_broker_that_is_away_does_not_fail_the_request(settings):
    from config.celery import app

    before = app.conf.broker_url
    app.conf.broker_url = "redis://127.0.0.1:1/0"
    app.amqp._producer_pool = None
    started = time.monotonic()
    try:
        with transaction.atomic():
            job = request_job(kind="tests.count")
    finally:
        app.conf.broker_url = before
        app.amqp._producer_pool = None
    took = time.monotonic() - started
    print(f"asked while the broker is away: {took:.2f} s")
    assert took < 5  # the library's own patience is 6 s, each time
    assert service.due_jobs() == [job.id]


def test_a_broker_that_hangs_costs_a_sweep_one_time_out_and_not_one_for_each_job(monkeypatch):
    tried: list = []

    def hangs(**given: Any) -> None:
        tried.append(given)
        raise TimeoutError

    monkeypatch.setattr(tasks.ring, "apply_async", hangs)
    for _ in range(5):
        request_job(kind="tests.count", due_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert service.ring_due() == 0
    assert len(tried) == 1


def test_a_crowd_of_requests_while_a_broker_hangs_costs_one_time_out(monkeypatch):
    """Each would wait on the bell's thread in turn, and a process that is asked to stop for all of them."""
    tried: list = []

    def hangs(**given: Any) -> None:
        tried.append(given)
        time.sleep(0.2)
        raise TimeoutError

    monkeypatch.setattr(tasks.ring, "apply_async", hangs)
    monkeypatch.setattr(service, "_silent_until", 0.0)
    for _ in range(20):
        service.ring_soon(uuid4())
    service._bell.submit(int).result(10)
    assert len(tried) == 1


def test_eight_workers_at_once_run_a_job_once(silent, at_once):
    job = request_job(kind="tests.count", arguments={"seconds": 0.2})
    assert sorted(at_once([lambda: runner.run(job.id)] * 8)) == [False] * 7 + [True]
    job.refresh_from_db()
    assert (job.state, job.progress, job.result, ran(job)) == (JobState.DONE, 1, {"attempt": 1}, 1)
    assert runner.run(job.id) is False  # a late ring


def test_a_job_whose_worker_died_is_run_again_and_not_for_ever(silent):
    job = request_job(kind="tests.count", max_attempts=2)
    claim = {"id": job.id, "holder": "dead", "seconds": 0}
    with connection.cursor() as cursor:
        cursor.execute(runner._CLAIM, claim)
        assert cursor.fetchone() is not None
    assert service.due_jobs() == [job.id]
    assert poller.look(0) == 1
    job.refresh_from_db()
    assert (job.state, job.result) == (JobState.DONE, {"attempt": 2})

    job = request_job(kind="tests.count", max_attempts=1)
    with connection.cursor() as cursor:
        cursor.execute(runner._CLAIM, {**claim, "id": job.id})
    assert runner.run(job.id) is False
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, "its worker died each time")


def test_a_lease_is_renewed_while_the_job_runs(silent, monkeypatch):
    monkeypatch.setattr(runner, "LEASE_S", 0.4)
    monkeypatch.setattr(runner, "RENEW_EVERY_S", 0.1)
    job = request_job(kind="tests.count", arguments={"seconds": 1.2})
    import threading

    others: list[bool] = []

    def try_to_steal():
        for _ in range(10):
            time.sleep(0.1)
            others.append(runner.run(job.id))
        connections.close_all()

    thread = threading.Thread(target=try_to_steal)
    thread.start()
    assert runner.run(job.id) is True
    thread.join(10)
    assert not any(others)
    assert ran(job) == 1


def test_an_error_is_tried_again_after_growing_pauses_and_never_quotes_a_text(silent):
    job = request_job(kind="tests.break", max_attempts=3)
    pauses = []
    for _ in range(3):
        Job.objects.filter(id=job.id).update(due_at=datetime.now(UTC) - timedelta(seconds=1))
        assert runner.run(job.id) is True
        before = datetime.now(UTC)
        job.refresh_from_db()
        pauses.append(round((job.due_at - before).total_seconds()))
    assert pauses == [5, 10, 20]
    assert job.state == JobState.FAILED
    assert job.finished_at is not None
    assert job.error.startswith("ValueError at scripted_kinds.py:")
    assert "1234" not in job.error

    job = request_job(kind="tests.refuse")
    runner.run(job.id)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.WAITING, "the list is being changed")
    assert runner.run(job.id) is False  # not due yet


def test_a_cancelled_job_stops_and_stays_cancelled(silent, cast):
    job = request_job(
        kind="tests.count", arguments={"seconds": 60}, organisation_id=cast.organisation.id, owner_id=cast.awa.id
    )
    import threading

    started = time.monotonic()
    thread = threading.Thread(target=lambda: (runner.run(job.id), connections.close_all()))
    thread.start()
    until(lambda: Job.objects.get(id=job.id).state == JobState.RUNNING, "it runs")
    with pytest.raises(NotFound):
        cancel_job(organisation_id=uuid4(), job_id=job.id)
    cancel_job(organisation_id=cast.organisation.id, job_id=job.id)
    thread.join(10)
    assert not thread.is_alive()
    print(f"stopped {time.monotonic() - started:.2f} s after it began")
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_a_kind_that_this_worker_does_not_know_waits_for_one_that_does(silent):
    job = request_job(kind="tests.of_tomorrow")
    assert runner.run(job.id) is False
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.WAITING, 0)


def test_a_crowd_of_unknown_kinds_does_not_stand_before_the_others(silent):
    for _ in range(30):
        request_job(kind="of.next.year", due_at=datetime(2026, 1, 1, tzinfo=UTC))
    known = request_job(kind="tests.count")
    assert service.due_jobs() == [known.id]
    assert poller.look(overdue_s=0.0) == 1
    assert ran(known) == 1


def test_a_ring_of_a_newer_caller_is_understood(silent):
    job = request_job(kind="tests.count")
    tasks.ring(job_id=str(job.id), colour="blue")
    assert ran(job) == 1
    tasks.ring(job_id=str(uuid4()))  # a job that is gone


def test_a_due_time_makes_one_job_however_many_tick(silent, at_once):
    schedule = Schedule.objects.create(
        name="often", kind="tests.count", every_seconds=60, next_at=datetime.now(UTC) - timedelta(seconds=1)
    )
    results = at_once([schedules.tick] * 8)
    assert not [result for result in results if isinstance(result, Exception)]
    assert Job.objects.filter(kind="tests.count").count() == 1
    run = ScheduledRun.objects.get(schedule=schedule)
    with pytest.raises(IntegrityError), transaction.atomic():
        ScheduledRun.objects.create(schedule=schedule, due_at=run.due_at, job=run.job)


def test_times_missed_while_everything_was_down_make_one_job(silent):
    nine = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    Schedule.objects.create(name="often", kind="tests.count", every_seconds=60, next_at=nine)
    later = nine + timedelta(minutes=30, seconds=20)
    assert len(schedules.tick(now=later)) == 1
    schedule = Schedule.objects.get(name="often")
    assert schedule.next_at == nine + timedelta(minutes=31)
    assert schedules.tick(now=later) == []


def test_the_nightly_check_is_scheduled_and_finds_an_organisation_in_order(silent, cast):
    schedules.tick()
    schedule = Schedule.objects.get(name="conversations.count_density")
    assert (schedule.next_at.hour, schedule.every_seconds) == (2, 86_400)
    job = request_job(kind="conversations.count_density")
    runner.run(job.id)
    job.refresh_from_db()
    assert job.result == {"organisations": 1, "wrong": {}}


def test_everything_in_redis_is_deleted_in_the_middle_of_a_job_and_it_finishes(dsn, redis_url, tmp_path):
    """And what is asked for afterwards is done, too, whatever the flush did to Celery's own memory."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "config", "worker", "--pool", "threads", "--concurrency", "2",
         "--without-gossip", "--without-mingle", "-I", "tests.jobs.scripted_kinds", "--loglevel", "WARNING"],
        cwd=ROOT, env={**os.environ, "DATABASE_URL": dsn, "PALABRE_STATE": str(tmp_path)},
    )  # fmt: skip
    client = redis.Redis.from_url(redis_url)
    try:
        job = request_job(kind="tests.count", arguments={"seconds": 3})
        until(lambda: Job.objects.get(id=job.id).state == JobState.RUNNING, "the job runs", 30)
        client.flushall()
        afterwards = request_job(kind="tests.count")
        until(lambda: Job.objects.get(id=job.id).state == JobState.DONE, "it has finished")
        until(lambda: Job.objects.get(id=afterwards.id).state == JobState.DONE, "so has the next")
        client.flushall()
        unheard = Job.objects.create(kind="tests.count")  # nobody rang for it at all
        until(lambda: Job.objects.get(id=unheard.id).state == JobState.DONE, "and one without a ring")
        assert [ran(one) for one in (job, afterwards, unheard)] == [1, 1, 1]
    finally:
        worker.send_signal(signal.SIGTERM)
        try:
            worker.wait(10)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait(10)


def test_a_broker_that_hangs_costs_whoever_asks_nothing_and_is_left_alone(monkeypatch):
    """The row is what matters; ringing happens on a thread of its own, and not again at once."""
    tried, over = [], threading.Event()

    def hangs(**_: object) -> None:
        tried.append(1)
        over.wait(20)
        raise TimeoutError

    monkeypatch.setattr(tasks.ring, "apply_async", hangs)
    monkeypatch.setattr(service, "_silent_until", 0.0)
    started = time.monotonic()
    request_job(kind="tests.count")
    assert time.monotonic() - started < 10
    over.set()
    deadline = time.monotonic() + 20
    while service._silent_until == 0.0:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    request_job(kind="tests.count")
    time.sleep(0.2)
    assert tried == [1]


def test_jobs_run_in_a_worker_that_starts_while_redis_is_full(dsn, redis_url, tmp_path):
    """Celery gives up on it; the worker does not, and Celery is there again when Redis has room."""
    client = redis.Redis.from_url(redis_url)
    client.config_set("maxmemory", "1")
    log = (tmp_path / "log").open("wb")
    worker = subprocess.Popen(
        [sys.executable, "-c", "import django; django.setup(); import tests.jobs.scripted_kinds;"
         "from config.cli import main; main(['worker'])"],
        cwd=ROOT, env={**os.environ, "DATABASE_URL": dsn, "PALABRE_STATE": str(tmp_path),
                       "DJANGO_SETTINGS_MODULE": "config.settings"}, stdout=log, stderr=log,
    )  # fmt: skip
    try:
        job = Job.objects.create(kind="tests.count")
        until(lambda: Job.objects.get(id=job.id).state == JobState.DONE, "a job runs all the same", 30)
        assert worker.poll() is None
        client.config_set("maxmemory", "0")
        until((tmp_path / "run" / "worker.ready").exists, "Celery is there again", 30)
        heard = request_job(kind="tests.count")
        until(lambda: Job.objects.get(id=heard.id).state == JobState.DONE, "and hears", 30)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
    finally:
        client.config_set("maxmemory", "0")
        worker.kill()
        worker.wait(10)
        log.close()
