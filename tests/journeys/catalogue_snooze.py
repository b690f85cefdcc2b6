"""The screens of what is put aside and of what calls when its time has come: a part of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route

from tests.journeys.catalogue import AWA, EMPTY, LONG_NAME, MESSAGE, ROW, Screen, click, nothing_there, see, then
from tests.journeys.catalogue_offers import _at, answers, both, row_of, session_with

SIGNED_IN: dict[str, Any] = {}  # the session is asked for before what is asked of its user
who_is_it = session_with(lambda session: SIGNED_IN.update(session["user"]))
CALLS = '[data-testid="calls"]'
WRITTEN = '[data-testid="snooze-text"]'


def _changed(address: str, change: Callable[[dict[str, Any]], None]) -> Callable[[Page], None]:
    """What the server answers to a GET of `address` (a regular expression), with a change."""

    def answer(route: Route) -> None:
        response = route.fetch()
        if route.request.method != "GET" or response.status != 200:
            route.fulfill(response=response)
            return
        body = response.json()
        change(body)
        route.fulfill(response=response, json=body)

    return lambda page: page.route(re.compile(address), answer)


def _mine(place: int, name: str | None, **part: Any) -> dict[str, Any]:
    row = row_of(place, name, "Merci, à demain", "")
    return {**row, "owner_id": SIGNED_IN["id"], "deadline": None, "callback_at": None, "snooze": None, **part}


def _asleep(page: dict[str, Any]) -> None:
    page["next"] = None
    page["items"] = [
        _mine(1, "Adjoa Hounkpatin", status="snoozed", snooze={"since": _at(-600), "until": _at(86_400)}),
        _mine(2, LONG_NAME, status="snoozed", snooze={"since": _at(-90_000), "until": None}, waiting_since=None),
    ]


def _calls() -> dict[str, Any]:
    promised = _mine(1, "Adjoa Hounkpatin", status="open", callback_at=_at(-60))
    return {
        "items": [
            {"why": "callback", "at": _at(-60), "note": f"Le remboursement. {LONG_NAME}", "conversation": promised},
            {"why": "snooze", "at": _at(-600), "note": "", "conversation": _mine(2, LONG_NAME, status="open")},
        ]
    }


def _is_mine(detail: dict[str, Any]) -> None:
    detail["conversation"] |= {"owner_id": SIGNED_IN["id"], "status": "open", "snooze": None}


SNOOZE_SCREENS: list[Screen] = [
    Screen(
        "snoozed",
        "/?view=snoozed",
        AWA,
        ROW,
        see('[data-testid="row-snoozed"]'),
        prepare=both(who_is_it, _changed(r"/api/conversations\?.*view=snoozed", _asleep)),
    ),
    Screen("snoozed-empty", "/?view=snoozed", AWA, EMPTY, prepare=nothing_there),
    Screen("calls", "/?view=mine", AWA, CALLS, prepare=both(who_is_it, answers("/api/calls$", _calls))),
    Screen(
        "snooze-promise",
        "/?view=all&c={open}",
        AWA,
        MESSAGE,
        then(click('[data-testid="snooze"]', '[role="menuitem"] >> nth=-1'), see(WRITTEN)),
        prepare=both(who_is_it, _changed(r"/api/conversations/[0-9a-f-]{36}$", _is_mine)),
    ),
]
