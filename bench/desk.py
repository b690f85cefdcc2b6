"""The agents' desk with 1,000,000 texts in 200,000 conversations, 5,000 of which wait: server and browser.

The server, over a session, as the desk asks: `list_p95_ms_1m` over the lists and filters below, `open_p95_ms_1m` over
a conversation's head, its messages and its person, each in turn; `by_question` has each one's own p95. The machine's
own noise is in them: `health_ms` is the median of an answer that asks nothing.

The browser is a Chromium of its own, driven over its debugging protocol, without a graphics card:

* `bundle_gzip_kb`: what the first load of the desk takes of JavaScript, packed;
* `paint_ms`: from the click on "sign in" to the first row drawn, with a processor four times as slow and 1.6 Mbit/s;
  `paint_cold_ms` the same from an empty cache, by address, as a browser that was signed in before;
* `open_cached_ms`, `open_ms`: from the click on a row to the frame that shows its last text, for conversations that
  have been open before, and for others;
* `echo_ms`: from a key in the composer to the frame that shows it, while 20 texts a second arrive;
* `frame_p95_ms`, `frame_worst_ms`: between frames, while a list of 5,000 rows is scrolled from end to end;
* `heap_ratio`: used heap after forced collections at the end of 2,000 texts, 400 openings and 60 lost connections, as a
  multiple of what it was after a fifth of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Any

from bench import _desk_browser, _desk_data
from bench import _ground as ground
from bench._ground import percentile
from bench.history import _Screen
from config.up import trial
from config.up.trial import Running

TIMES = 50
BOUNDS = {
    "list_p95_ms_1m": 50, "open_p95_ms_1m": 50, "bundle_gzip_kb": 200, "paint_ms": 1_500, "open_cached_ms": 100,
    "open_ms": 300, "echo_ms": 50, "frame_p95_ms": 50, "frame_worst_ms": 150, "heap_ratio": 1.10,
}  # fmt: skip


def run() -> Iterator[dict[str, Any]]:
    with trial.running() as palabre:
        ground.keep_to_accounts(palabre)
        _desk_data.fill(palabre)
        for figure in (*_server(palabre), *_desk_browser.figures(palabre)):
            bound = {"at_most": BOUNDS[figure["metric"]]} if figure["metric"] in BOUNDS else {}
            yield {**figure, **bound}


def _server(palabre: Running) -> Iterator[dict[str, Any]]:
    screen = _Screen(palabre, "awa@savane.example")
    quiet = median(screen.get("/health", {})[0] for _ in range(TIMES))
    lists = _lists(palabre, screen)
    took: dict[str, list[float]] = {name: [] for name in lists}
    found: dict[str, int] = {}
    for _ in range(TIMES):
        for name, question in lists.items():
            milliseconds, page = screen.get("/api/conversations", question)
            took[name].append(milliseconds)
            found[name] = len(page["items"])
    yield _figure("list_p95_ms_1m", took, health_ms=round(quiet, 1), found=found)

    picked = "select id::text from conversations_conversation order by random() limit %s"
    some = [id_ for (id_,) in ground.rows(palabre, picked, TIMES)]
    took = {"head": [], "messages": [], "person": []}
    for id_ in some:
        for name, path in (("head", ""), ("messages", "/messages"), ("person", "/person")):
            took[name].append(screen.get(f"/api/conversations/{id_}{path}", {})[0])
    yield _figure("open_p95_ms_1m", took, health_ms=round(quiet, 1))


def _lists(palabre: Running, screen: _Screen) -> dict[str, dict[str, Any]]:
    ((line, other, tag, queue),) = ground.rows(
        palabre,
        """select (select id::text from conversations_line where address = '1919'),
                  (select id::text from conversations_line where address = '3334'),
                  (select id::text from contacts_tag where name = 'Fidèle'),
                  (select queue_id::text from conversations_line where address = '1919')""",
    )
    second = screen.get("/api/conversations", {"view": "queue"})[1]["next"]
    closed = screen.get("/api/conversations", {"view": "all", "status": "closed"})[1]["next"]
    asked: dict[str, dict[str, Any]] = {
        "mine": {"view": "mine"},
        "queue": {"view": "queue"},
        "queue, next page": {"view": "queue", "after": second},
        "queue by deadline": {"view": "queue", "order": "deadline"},
        "all": {"view": "all"},
        "closed": {"view": "all", "status": "closed"},
        "closed, next page": {"view": "all", "status": "closed", "after": closed},
        "a line": {"view": "all", "line": line},
        "two lines waiting": {"view": "queue", "line": [line, other]},
        "a queue": {"view": "all", "queue": queue},
        "a tag": {"view": "all", "tag": tag},
        "a tag of closed ones": {"view": "all", "status": "closed", "tag": tag},
        "unread": {"view": "all", "unread": "true"},
        "waiting an hour": {"view": "queue", "waiting_over": "3600"},
        "a name": {"view": "all", "q": "houngbedji"},
        "a number": {"view": "all", "q": "0100003700"},
    }
    return {name: {key: value for key, value in one.items() if value} for name, one in asked.items()}


def _figure(metric: str, took: dict[str, list[float]], **more: Any) -> dict[str, Any]:
    every = [one for some in took.values() for one in some]
    return {
        "metric": metric, "value": round(percentile(every, 0.95), 1), "unit": "ms", "slowest": round(max(every), 1),
        "by_question": {name: round(percentile(some, 0.95), 1) for name, some in took.items()},
        "median": round(median(every), 1), **more,
    }  # fmt: skip
