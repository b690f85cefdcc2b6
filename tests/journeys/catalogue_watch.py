"""The screens of who came to a front filter, and of what became of response times: a part of the catalogue."""

from __future__ import annotations

import re

from playwright.sync_api import Page

from tests.journeys.catalogue import (
    CLAIRE,
    EMPTY,
    SAM,
    Screen,
    click,
    fails,
    fill,
    long_names,
    nothing_there,
    see,
    then,
)

FILTERED = '[data-testid="filtered-line"]'


def response_times(page: Page) -> None:
    items = [
        {
            "queue_id": f"0197f000-0000-7000-8000-00000000000{n}", "queue": "Distributeurs", "kind": kind, "met": 1280,
            "missed": 20, "warned": 64, "share": 0.9846, "answered": 1310, "wall_s": 5400.5, "business_s": 612.0,
        }
        for n, kind in enumerate(("first", "next", "resolution"))
    ]  # fmt: skip
    report = {"start": "2026-11-16", "end": "2026-11-22", "time_zone": "Africa/Porto-Novo", "items": items}
    page.route(re.compile("/api/supervision/targets"), lambda route: route.fulfill(json=report))


WATCH_SCREENS: list[Screen] = [
    Screen(
        "supervision-response-times",
        "/supervision",
        SAM,
        '[data-testid="target-row"]',
        click("details summary"),
        prepare=response_times,
    ),
    Screen("filter-watch", "/supervision/filter", SAM, FILTERED),
    Screen(
        "filter-watch-tried",
        "/supervision/filter",
        SAM,
        FILTERED,
        then(
            fill('[data-testid="try-number"]', "0197000001"),
            fill('[data-testid="try-text"]', "STOP"),
            click('[data-testid="passages-all"]', '[data-testid="try"]'),
            see('[data-testid="tried"]'),
        ),
    ),
    Screen("filter-watch-observer", "/supervision/filter", CLAIRE, FILTERED),
    Screen("filter-watch-long", "/supervision/filter", SAM, FILTERED, prepare=long_names),
    Screen("filter-watch-empty", "/supervision/filter", SAM, EMPTY, prepare=nothing_there),
    Screen(
        "filter-watch-error",
        "/supervision/filter",
        SAM,
        EMPTY,
        prepare=fails(r"/api/front-filter\??$"),
        expects="status of 500",
    ),
]
