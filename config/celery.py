"""The Celery application: a doorbell for rows of `jobs.Job`, never in the path of a message."""

from __future__ import annotations

import logging
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("palabre")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["jobs"])
# Beat only ticks: what recurs, and when, are rows (jobs/schedules.py).
app.conf.beat_schedule = {"tick": {"task": "jobs.tick", "schedule": 5.0, "options": {"expires": 5}}}


@setup_logging.connect(weak=False)
def _as_everywhere(loglevel: Any = None, **_: Any) -> None:
    """Celery then leaves logging alone: Django's settings have configured it, as in every other process."""
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()
    logging.getLogger("celery").setLevel(loglevel or logging.INFO)
