"""The screens of canned replies and of what is written at the desk: a part of the catalogue."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.journeys.catalogue import (
    AWA,
    EMPTY,
    FATOU,
    MESSAGE,
    SAM,
    Screen,
    click,
    fails,
    long_names,
    nothing_there,
    see,
    then,
)
from tests.journeys.catalogue_offers import both
from tests.journeys.catalogue_snooze import _changed, _is_mine, who_is_it

TABLE = "main table"
ADD = '[data-testid="add"]'
FIELD = '[data-testid="composer-text"]'
MENU = '[data-testid="composer-menu"]'
LIST = '[data-testid="quick"]'
DESK = "/?view=all&c={open}"
MINE = both(who_is_it, _changed(r"/api/conversations/[0-9a-f-]{36}$", _is_mine))


def types(words: str) -> Callable[[Page], None]:
    """Behind what stands there: drafts are kept, also from one screen to the next."""

    def act(page: Page) -> None:
        page.locator(FIELD).focus()
        page.keyboard.press("Control+End")
        page.keyboard.type(f" {words}")

    return act


def chooses(place: int) -> Callable[[Page], None]:
    return lambda page: page.get_by_role("menuitem").nth(place).click()


REPLY_SCREENS: list[Screen] = [
    Screen("admin-replies", "/admin/replies", FATOU, TABLE),
    Screen("admin-replies-empty", "/admin/replies", FATOU, EMPTY, prepare=nothing_there),
    Screen("admin-replies-error", "/admin/replies", FATOU, EMPTY, prepare=fails("/api/admin/replies"),
           expects="status of 500"),
    Screen("admin-replies-long", "/admin/replies", FATOU, TABLE, prepare=long_names),
    Screen("admin-reply-new", "/admin/replies", FATOU, TABLE, then(click(ADD), see("#reply-shortcut"))),
    Screen("supervision-replies", "/supervision/replies", SAM, TABLE),
    Screen("composer-replies", DESK, AWA, MESSAGE, then(types("/"), see(LIST)), prepare=MINE),
    Screen("composer-emoji", DESK, AWA, MESSAGE, then(types("Merci :mer"), see(LIST)), prepare=MINE),
    Screen("composer-menu", DESK, AWA, MESSAGE, then(click(MENU), see("[role=menuitem]")), prepare=MINE),
    Screen("composer-save", DESK, AWA, MESSAGE,
           then(types("À demain"), click(MENU), chooses(2), see('[data-testid="own-reply-form"]')), prepare=MINE),
    Screen("composer-later", DESK, AWA, MESSAGE,
           then(types("À demain"), click(MENU), chooses(4), see('[data-testid="plan-form"]')), prepare=MINE),
]  # fmt: skip
