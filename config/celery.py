"""The Celery application: a doorbell for rows of `jobs.Job`, never in the path of a message."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("palabre")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["jobs"])
# Beat only ticks: what recurs, and when, are rows (jobs/schedules.py).
app.conf.beat_schedule = {"tick": {"task": "jobs.tick", "schedule": 5.0, "options": {"expires": 5}}}
