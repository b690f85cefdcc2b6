"""What the desk's list is narrowed to, its saved views, and several conversations at once."""

from __future__ import annotations

import re
from typing import Any

from tests.journeys.catalogue import (
    AWA,
    LIVE,
    LONG_NAME,
    ROW,
    SAM,
    Screen,
    click,
    fails,
    nothing_there,
    press,
    see,
    then,
)
from tests.journeys.catalogue_offers import ID, answers, both, row_of, session_with

TAGS = [
    {"id": f"{ID}60", "name": "VIP"},
    {"id": f"{ID}61", "name": "Litige"},
    {"id": f"{ID}62", "name": LONG_NAME[:60]},
]


def panel(name: str) -> Any:
    return then(click(f'[data-testid="filter-{name}"]'), see(f'[data-testid="panel-{name}"]'))


def _with_tags(session: dict[str, Any]) -> None:
    session["tags"] = TAGS


def _some_lines(session: dict[str, Any]) -> None:
    session["desk"] = {"line_ids": [session["lines"][0]["id"]]}


def _view(place: int, name: str, count: int | None, **part: Any) -> dict[str, Any]:
    return {
        "id": f"{ID}{80 + place}", "name": name, "sharing": "personal", "team_id": None, "owner": "Sam", "mine": True,
        "filter": {"view": "queue", "order": "waiting"}, "columns": ["tags", "owner", "line"], "missing": [],
        "pinned": False, "count": count, **part,
    }  # fmt: skip


def _views() -> dict[str, Any]:
    return {
        "items": [
            _view(0, "Qui attend depuis 15 min", 100, pinned=True),
            _view(1, LONG_NAME[:60], 7, pinned=True, sharing="everybody"),
            _view(2, "Litiges fermés", None, missing=["tag", "agent"]),
        ]
    }


def _marked() -> dict[str, Any]:
    """Rows with every mark that there is."""
    rows = [
        row_of(1, "Adjoa Hounkpatin", "Toujours rien reçu", "") | {"tags": [TAGS[0]["id"], TAGS[1]["id"]], "vip": True},
        row_of(2, LONG_NAME, LONG_NAME, "") | {"tags": [one["id"] for one in TAGS], "failed": True, "priority": 5},
        row_of(3, None, "Allo ?", "") | {"unread": 12, "vip": True, "failed": True},
    ]
    line = {"deadline": None, "callback_at": None, "snooze": None}
    return {"items": [row | line for row in rows], "next": None, "head": 0, "epoch": 1}


def _done() -> dict[str, Any]:
    return {
        "id": f"{ID}90", "action": "tag", "state": "running", "total": 120, "done": 45, "changed": 44,
        "refused": [{"id": f"{ID}01", "code": "closed"}], "may_undo": False, "undone": False,
    }  # fmt: skip


def _worked(page: Any) -> None:
    page.route(re.compile("/api/bulk$"), lambda route: route.fulfill(json=_done()))


ALERT = "[role=dialog] [role=alert]:not(:empty)"
LIST_SCREENS: list[Screen] = [
    Screen(
        "list-marks", "/?view=queue", AWA, ROW,
        prepare=both(session_with(_with_tags), answers("/api/conversations\\?", _marked)),
    ),
    Screen("list-channels", "/?view=queue", AWA, LIVE, panel("channels"), prepare=session_with(_some_lines)),
    Screen("list-tags", "/?view=queue", AWA, LIVE, panel("tags"), prepare=session_with(_with_tags)),
    Screen("list-tags-none", "/?view=queue", AWA, LIVE, panel("tags"), prepare=nothing_there),
    Screen("list-advanced", "/?view=all&unread=true&waiting_over=900", SAM, LIVE, panel("advanced")),
    Screen("list-views", f"/?view=queue&v={ID}82", SAM, LIVE, panel("views"), prepare=answers("/api/views$", _views)),
    Screen("list-views-none", "/?view=queue", AWA, LIVE, panel("views")),
    Screen(
        "list-view-save", "/?view=queue&unread=true", SAM, LIVE,
        then(panel("views"), click('[data-testid="view-save"]'), click('[data-testid="view-submit"]'),
             see(ALERT)),
    ),
    Screen(
        "list-lines", "/?view=queue", AWA, LIVE,
        then(panel("channels"), click('[data-testid="desk-lines"]'), click('[data-testid="desk-lines-all"]'),
             click('[data-testid="desk-lines-save"]'), see(ALERT)),
        prepare=fails("/api/desk/lines"), expects="status of 500",
    ),
    Screen(
        "list-choosing", "/?view=all", SAM, ROW,
        then(click('[data-testid="choose"]'), click(ROW), see('[data-testid="bulk-close"]')),
    ),
    Screen(
        "list-bulk-running", "/?view=all", SAM, ROW,
        then(click('[data-testid="choose"]'), click(ROW), click('[data-testid="bulk-close"]'),
             see('[data-testid="bulk-result"] progress')),
        prepare=_worked,
    ),
    Screen(
        "list-bulk-failed", "/?view=all", SAM, ROW,
        then(click('[data-testid="choose"]'), click(ROW), click('[data-testid="bulk-close"]'),
             see('section [role=alert]')),
        prepare=fails("/api/bulk"), expects="status of 500",
    ),
    Screen("list-bulk-menu", "/?view=all", SAM, ROW, then(press("j", "b"), click('[data-testid="bulk-more"]'))),
]  # fmt: skip
