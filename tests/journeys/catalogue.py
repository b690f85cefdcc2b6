"""Every screen and state of the product, once: the gates of test_screens_hold.py walk this list.

A new route or section that is not in it fails a test; how to add one is told in docs/add-a-screen.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page, Route, WebSocketRoute

AWA, SAM, FATOU, CLAIRE = (f"{name}@savane.example" for name in ("awa", "sam", "admin", "claire"))

LIVE = '[data-testid="connection"][data-state="live"]'
OFFLINE = '[data-testid="connection"][data-state="offline"]'
ROW = '[data-testid="conversation-row"]'
MESSAGE = '[data-testid="thread"] [data-testid="message"]'
COMPOSER = '[data-testid="composer-text"]'
TAKE = '[data-testid="take"]'
EMPTY = '[data-testid="empty"]:visible'
PHONE = '[data-testid="phone-number"]'
STAFFING = '[data-testid="staffing-result"]'
TOAST = '[data-testid="toast"]'

LONG_NAME = "Rakotoarimanana" * 5 + "Dossou"  # 81 letters and nowhere to break
LONG_EMAIL = f"{'rakotoarimanana' * 4}@{'savane' * 3}.example"


@dataclass(frozen=True)
class Screen:
    """`path` may hold {queued}, {bot}, {open} or {closed}: a conversation of that status.

    `prepare` runs before the page is opened (what the server or the network does), `steps` when `ready` is seen.
    """

    name: str
    path: str
    person: str  # "" stands for nobody signed in
    ready: str
    steps: Callable[[Page], None] = lambda page: None
    prepare: Callable[[Page], None] = lambda page: None
    expects: str = ""  # console errors that belong to the state
    phone: bool = False  # the simulator's page, not the desk

    @property
    def administers(self) -> bool:
        return self.path.startswith("/admin/")


# --- What the server or the network does -------------------------------------------------------------------


def fails(address: str, status: int = 500, code: str = "failed") -> Callable[[Page], None]:
    """Every request to `address` (a regular expression) is refused as the product refuses."""
    body = json.dumps({"error": {"code": code, "message": code}})

    def prepare(page: Page) -> None:
        page.route(re.compile(address), lambda route: route.fulfill(status=status, body=body))

    return prepare


def offline(page: Page) -> None:
    def gone(socket: WebSocketRoute) -> None:
        socket.close(code=1001)

    page.route_web_socket(re.compile("/ws/desk"), gone)


def _changed(change: Callable[[Any], Any]) -> Callable[[Page], None]:
    def answer(route: Route) -> None:
        if route.request.method != "GET":
            route.continue_()
            return
        response = route.fetch()
        if response.status != 200:
            route.fulfill(response=response)
            return
        route.fulfill(response=response, json=change(response.json()))

    def prepare(page: Page) -> None:
        page.route(re.compile("/api/(?!session$)|/api/session$"), answer)

    return prepare


def _stretch(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _stretch(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_stretch(inner, key) for inner in value]
    if isinstance(value, str) and key in (
        "name",
        "owner",
        "owner_name",
        "actor",
        "object",
        "preview",
        "summary",
        "line",
        "link",
    ):
        return LONG_NAME
    if key == "email" and value:
        return LONG_EMAIL
    return value


def _empty(value: Any) -> Any:
    """No rows anywhere; what a screen cannot be without (people, session) stays."""
    if isinstance(value, dict):
        kept = {"agents", "addresses"} if "user" in value else {"addresses"}
        return {
            name: [] if isinstance(inner, list) and name not in {*kept, "languages", "bots", "adapters"} else inner
            for name, inner in value.items()
        } | ({"next": None} if "next" in value else {})
    return value


long_names = _changed(_stretch)
nothing_there = _changed(_empty)


# --- What the person does ------------------------------------------------------------------------------------


def click(*selectors: str) -> Callable[[Page], None]:
    def steps(page: Page) -> None:
        for selector in selectors:
            page.locator(selector).first.click()

    return steps


def press(*keys: str) -> Callable[[Page], None]:
    def steps(page: Page) -> None:
        for key in keys:
            page.keyboard.press(key)

    return steps


def then(*all_steps: Callable[[Page], None]) -> Callable[[Page], None]:
    def steps(page: Page) -> None:
        for one in all_steps:
            one(page)

    return steps


def see(selector: str) -> Callable[[Page], None]:
    return lambda page: page.locator(selector).first.wait_for()


def fill(selector: str, text: str) -> Callable[[Page], None]:
    return lambda page: page.locator(selector).first.fill(text)


def choose(selector: str, words: str) -> Callable[[Page], None]:
    """The choice of a list that has these words."""

    def steps(page: Page) -> None:
        found = page.locator(f"{selector} option").filter(has_text=words).first
        page.locator(selector).select_option(value=found.get_attribute("value"))

    return steps


SUBMIT = '[data-testid="sign-in-submit"]'
SAVE = "dialog button[type=submit]"
FORM = "dialog form"
FIRST_EDIT = "tbody th button"
TABLE = "main table"
LINK = '[data-testid="link"]'
TEXT = '[data-testid="history-row"]'
UNICODE = "Bonjour, votre bonus arrive d'ici une heure 😀. Sinon, répondez ici et je m'en occupe tout de suite. Ça va ?"

SCREENS: list[Screen] = [
    # Signed out
    Screen("sign-in", "/sign-in", "", '[data-testid="demo-person"]'),
    Screen("sign-in-missing", "/sign-in", "", SUBMIT, then(click(SUBMIT), see("#email-error"))),
    Screen(
        "sign-in-refused",
        "/sign-in",
        "",
        SUBMIT,
        then(fill("#email", "a@b.example"), fill("#password", "not this one"), click(SUBMIT), see("[role=alert] p")),
        expects="status of 4(00|29)",  # tried often enough, it is refused for a while
    ),
    Screen(
        "sign-in-too-often",
        "/sign-in",
        "",
        SUBMIT,
        then(fill("#email", "a@b.example"), fill("#password", "x"), click(SUBMIT), see("[role=alert] p")),
        prepare=fails("/auth/login", 429, "too_many"),
        expects="status of 429",
    ),
    Screen("unreachable", "/", "", EMPTY, prepare=fails("/api/session"), expects="status of 500"),
    # The agent's desk
    Screen("desk-mine-empty", "/?view=mine", AWA, EMPTY, prepare=nothing_there),
    Screen("desk-queue", "/?view=queue&c={queued}", AWA, TAKE),
    Screen("desk-bot", "/?view=all&c={bot}", AWA, TAKE),
    Screen("desk-all", "/?view=all", AWA, ROW),
    Screen("thread-closed", "/?view=all&status=closed&c={closed}", AWA, MESSAGE),
    Screen("thread-colleague", "/?view=all&c={open}", AWA, MESSAGE),
    Screen("note-written", "/?view=all&c={open}", AWA, MESSAGE, fill(COMPOSER, "Vérifié avec Koffi : " + UNICODE)),
    Screen("search-nothing", "/?view=all&q=xyzzy", AWA, EMPTY),
    Screen("desk-empty", "/?view=queue", AWA, EMPTY, prepare=nothing_there),
    Screen("desk-long", "/?view=queue&c={queued}", AWA, TAKE, prepare=long_names),
    Screen("thread-long", "/?view=all&c={open}", AWA, MESSAGE, prepare=long_names),
    Screen(
        "list-error",
        "/?view=all",
        AWA,
        '[data-testid="list-error"]',
        prepare=fails(r"/api/conversations\?"),
        expects="status of 500",
    ),
    Screen(
        "thread-error",
        "/?view=all&c={open}",
        AWA,
        "main " + EMPTY,
        prepare=fails(r"/api/conversations/[^?]"),
        expects="status of 500",
    ),
    Screen("thread-missing", "/?c=01920000-0000-7000-8000-000000000000", AWA, "main " + EMPTY, expects="status of 404"),
    Screen("desk-offline", "/?view=all&c={open}", AWA, OFFLINE, see(MESSAGE), prepare=offline),
    Screen(
        "take-refused",
        "/?view=queue&c={queued}",
        AWA,
        TAKE,
        then(click(TAKE), see(TOAST)),
        prepare=fails("/take$", 409, "at_capacity"),
        expects="status of 409",
    ),
    Screen(
        "menu-presence", "/?view=mine", AWA, LIVE, then(click('[data-testid="presence"] button'), see("[role=menu]"))
    ),
    Screen("menu-user", "/?view=mine", AWA, LIVE, then(click('[data-testid="user-menu"]'), see("[role=menu]"))),
    Screen("keys", "/?view=mine", AWA, LIVE, then(press("Shift+?"), see("dialog"))),
    Screen("not-found", "/c/nowhere", AWA, EMPTY),
    # Who oversees
    Screen("desk-supervisor", "/?view=all&c={open}", SAM, MESSAGE),
    Screen(
        "menu-return", "/?view=all&c={open}", SAM, MESSAGE, then(click('[data-testid="return"]'), see("[role=menu]"))
    ),
    Screen("supervision", "/supervision", SAM, TABLE),
    Screen("supervision-long", "/supervision", SAM, TABLE, prepare=long_names),
    Screen("supervision-empty", "/supervision", SAM, TABLE, prepare=nothing_there),
    Screen(
        "supervision-error", "/supervision", SAM, EMPTY, prepare=fails("/api/supervision/"), expects="status of 500"
    ),
    Screen(
        "supervision-broken",
        "/supervision",
        SAM,
        EMPTY,
        prepare=fails(r"/static/app/assets/SupervisionPage"),
        expects="status of 500|dynamically imported|preload CSS|MIME type|Failed to fetch",
    ),
    Screen("traffic", "/supervision/traffic", SAM, TABLE),
    Screen("traffic-long", "/supervision/traffic", SAM, TABLE, prepare=long_names),
    Screen("traffic-empty", "/supervision/traffic", SAM, TABLE, prepare=nothing_there),
    Screen(
        "traffic-error", "/supervision/traffic", SAM, EMPTY, prepare=fails("/api/supervision/"), expects="status of 500"
    ),
    Screen("history", "/supervision/history", SAM, TEXT),
    Screen("history-long", "/supervision/history", SAM, TEXT, prepare=long_names),
    Screen("history-empty", "/supervision/history?state=failed", SAM, EMPTY, prepare=nothing_there),
    Screen("history-observer", "/supervision/history", CLAIRE, TEXT),
    Screen(
        "history-error", "/supervision/history", SAM, EMPTY, prepare=fails(r"/api/history\??"), expects="status of 500"
    ),
    Screen(
        "history-export",
        "/supervision/history",
        SAM,
        TEXT,
        then(click('[data-testid="export"]', '[data-testid="export-csv"]'), see('[data-testid="export-file"]')),
    ),
    Screen("staffing", "/supervision/staffing", SAM, STAFFING),
    Screen(
        "staffing-day",
        "/supervision/staffing",
        SAM,
        STAFFING,
        then(
            fill('[data-testid="staffing-contacts"]', "30 42 55 62 66 64 60 52 46 48 56 62 60 54 46 40"),
            fill('[data-testid="staffing-concurrency"]', "3"),
            see('[data-testid="staffing-half"]'),
        ),
    ),
    Screen(
        "staffing-wrong",
        "/supervision/staffing",
        SAM,
        STAFFING,
        then(fill('[data-testid="staffing-contacts"]', "beaucoup"), see("[aria-invalid=true]")),
    ),
    Screen(
        "staffing-error",
        "/supervision/staffing",
        SAM,
        EMPTY,
        prepare=fails("/api/supervision/staffing"),
        expects="status of 500",
    ),
    Screen("links-live", "/supervision/links", SAM, LINK),
    Screen("links-live-long", "/supervision/links", SAM, LINK, prepare=long_names),
    Screen("links-live-empty", "/supervision/links", SAM, EMPTY, prepare=nothing_there),
    Screen(
        "links-live-error", "/supervision/links", SAM, EMPTY, prepare=fails("/api/links/live"), expects="status of 500"
    ),
    Screen("links-administered", "/supervision/links", FATOU, LINK),
    Screen(
        "link-test",
        "/supervision/links",
        FATOU,
        LINK,
        then(click('[data-testid="test-link"]'), see('[data-testid="link-test"][data-state="ended"]')),
    ),
    Screen(
        "link-drain",
        "/supervision/links",
        FATOU,
        LINK,
        then(click('[data-testid="drain-link"]'), see("dialog")),
    ),
    Screen(
        "delivery-details",
        "/?view=all&status=closed&c={closed}",
        AWA,
        MESSAGE,
        then(click('[data-testid="delivery"]'), see('[data-testid="delivery-details"] dl')),
    ),
    # Who looks and touches nothing
    Screen("desk-observer", "/?view=all&c={open}", CLAIRE, MESSAGE),
    # The simulator's phone
    Screen("phone", "/", "", PHONE, phone=True),
    Screen("phone-text", "/", "", PHONE, fill('[data-testid="phone-text"]', UNICODE), phone=True),
]
