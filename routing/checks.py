"""Checks that run each night: the log has no hole, loads are what is owned."""

from __future__ import annotations

import logging
from datetime import time, timedelta
from typing import Any

from accounts.models import Organisation
from jobs.kinds import RunningJob, job_kind
from realtime.checker import check_density
from routing.loads import wrong_loads

log = logging.getLogger(__name__)


@job_kind("conversations.count_density", every=timedelta(days=1), at=time(2))
def count_density(job: RunningJob, **_later: object) -> dict[str, Any]:
    """Look at each organisation. What is wrong stands in the result and, loudly, in the log."""
    wrong: dict[str, Any] = {}
    organisations = list(Organisation.objects.order_by("id"))
    for number, organisation in enumerate(organisations):
        job.progress(number / len(organisations))
        density, loads = check_density(organisation.id), wrong_loads(organisation.id)
        if not density.dense or loads:
            log.error("organisation %s: events %s, loads %s", organisation.id, density, loads)
            wrong[str(organisation.id)] = {
                "head": density.head,
                "events": density.events,
                "doubles": density.doubles,
                "loads": {str(one.user_id): [one.load, one.held] for one in loads},
            }
    return {"organisations": len(organisations), "wrong": wrong}
