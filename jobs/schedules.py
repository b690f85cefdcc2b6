"""Recurring jobs. Each due time makes one job, however many beats tick; due times that passed while everything was
down make one job together, not one each."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from django.db import connection, transaction

from common.clock import database_now
from jobs.kinds import kinds
from jobs.models import Job, Schedule, ScheduledRun
from jobs.service import request_job

_DUE = """
select id from jobs_schedule where is_enabled and next_at <= %s order by next_at limit 50 for update skip locked
"""


def tick(now: datetime | None = None) -> list[Job]:
    """Make the jobs that are due. Called every few seconds, by anybody, by several at once."""
    ensure_schedules()
    with transaction.atomic():
        now = now or database_now()
        with connection.cursor() as cursor:
            cursor.execute(_DUE, [now])
            due = [row[0] for row in cursor.fetchall()]
        return [_make(schedule, now) for schedule in Schedule.objects.filter(id__in=due).order_by("next_at")]


def _make(schedule: Schedule, now: datetime) -> Job:
    job = request_job(kind=schedule.kind, organisation_id=schedule.organisation_id, arguments=schedule.arguments)
    # Unique (schedule, due time): should two come here all the same, the second is refused as a whole.
    ScheduledRun.objects.create(schedule=schedule, due_at=schedule.next_at, job=job)
    missed = (now - schedule.next_at) // timedelta(seconds=schedule.every_seconds)
    schedule.next_at += timedelta(seconds=schedule.every_seconds) * (missed + 1)
    schedule.save(update_fields=["next_at"])
    return job


def ensure_schedules() -> None:
    """A row for each recurring kind of the code. What an administrator changed in it stays."""
    recurring = [kind for kind in kinds.values() if kind.every is not None]
    known = set(Schedule.objects.filter(name__in=[kind.name for kind in recurring]).values_list("name", flat=True))
    for kind in recurring:
        if kind.name not in known and kind.every is not None:
            ensure_schedule(
                name=kind.name,
                kind=kind.name,
                every=kind.every,
                first_at=None if kind.at is None else next_time(kind.at, datetime.now(UTC)),
            )


def ensure_schedule(
    *,
    name: str,
    kind: str,
    every: timedelta,
    first_at: datetime | None = None,
    organisation_id: UUID | None = None,
) -> None:
    """Make a schedule unless one of that name exists. `first_at` None: at once."""
    given = {"kind": kind, "every_seconds": round(every.total_seconds()), "organisation_id": organisation_id}
    if first_at is not None:
        given["next_at"] = first_at
    Schedule.objects.bulk_create([Schedule(name=name, **given)], ignore_conflicts=True)


def next_time(at: time, now: datetime) -> datetime:
    """The next instant at which UTC clocks show `at`."""
    today = datetime.combine(now.astimezone(UTC).date(), at, tzinfo=UTC)
    return today if today > now else today + timedelta(days=1)
