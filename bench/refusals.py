"""A burst of texts that a front filter refuses: how many a second are judged, answered and closed.

Each text is of another number, so each opens a conversation of its own, and the filter refuses all of them. `first`:
nobody has been told before, so each is answered. `again`: the same numbers within the filter's window, who are not told
twice. From the first to the last that was judged, by the database's clock. `lost`: texts that no filter has judged.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from bench import _ground as ground
from config.up import trial

COUNT = 2_000
LIMIT_S = 180
TO = "1919"

KEEP = """
import django
django.setup()
from accounts.models import User
from conversations.models import Line
from routing.filter_admin import FilterGiven, WayGiven, save_filter
boss = User.objects.get(email="admin@savane.example")
line = Line.objects.get(organisation_id=boss.organisation_id, address="1919")
save_filter(actor=boss, line_id=line.id, given=FilterGiven(True, WayGiven("answer", reply="Service fermé."), []))
"""
JUDGED = """
select count(*), extract(epoch from max(p.at) - min(p.at)), count(*) filter (where p.silence = '')
from (select * from routing_passage order by at desc limit %s) p
"""


def run() -> Iterator[dict[str, Any]]:
    with trial.running() as palabre:
        ground.run_in_product(palabre, KEEP)
        ground.keep_to_accounts(palabre)
        before = 0
        for name in ("first", "again"):
            ground.flood(palabre, count=COUNT, numbers=COUNT, to=TO, text=f"{name} {{n}}")
            judged = _judged(palabre, before + COUNT) - before
            ((_, took, told),) = ground.rows(palabre, JUDGED, judged)
            yield {
                "metric": f"refused_per_s_{name}", "value": round(judged / max(float(took or 0), 0.001)), "unit": "1/s",
                "lost": COUNT - judged, "answered": told,
            }  # fmt: skip
            before += judged


def _judged(palabre: trial.Running, wanted: int) -> int:
    """How many the filter has judged, once no more come."""
    until = time.monotonic() + LIMIT_S
    while True:
        ((found,),) = ground.rows(palabre, "select count(*) from routing_passage")
        if found >= wanted or time.monotonic() > until:
            return int(found)
        time.sleep(0.5)
