"""Real browsers on the desk of a whole Palabre: opened, broken, looked at.

What a page shows is read from the page (browsers.js) and compared with what the server answers and with a page that has
just been opened. `window.__mark` tells a page that was never reloaded.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright

from config.up.trial import Running

WAIT_MS = 60_000  # how long a page takes to open is no promise of these tests, and twenty share a processor
EYES = Path(__file__).with_name("browsers.js").read_text()
FLAGS = [
    "--disable-gpu",
    "--disable-background-networking",
    # Twenty pages share the screen; none of them is the one that is looked at.
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
# A browser says in its console that the server was not there. That is what was done to it, and no error of the page.
EXPECTED = ("ERR_CONNECTION", "ERR_INTERNET_DISCONNECTED", "ERR_SOCKET", "ERR_EMPTY_RESPONSE", "401", "WebSocket")


@dataclass(frozen=True, slots=True)
class Seat:
    """Who sits there, and what he looks at."""

    email: str
    path: str


@dataclass
class Screen:
    seat: Seat
    context: BrowserContext
    page: Page
    mark: str
    problems: list[str] = field(default_factory=list)

    def forget(self) -> None:
        """Count from now on how often the page fetches everything afresh."""
        self.page.evaluate("window.__refetched = 0")

    def refetched(self) -> int:
        times: int = self.page.evaluate("window.__refetched")
        return times

    def line(self, **values: float) -> None:
        """How much of what the server says is lost, repeated, late; `future`: its next hello lies."""
        self.page.evaluate("(values) => Object.assign(window.__line, values)", values)

    def offline(self, away: bool) -> None:
        self.context.set_offline(away)

    def differences(self) -> list[str]:
        """Where it does not show what the server says. While the server is away, that is one, too."""
        found: list[str] = self.page.evaluate(
            "() => window.__differences().catch((failure) => [`not answered: ${failure}`])"
        )
        return found

    def shown(self) -> dict[str, Any]:
        shown: dict[str, Any] = self.page.evaluate("() => window.__shown()")
        return shown

    def never_reloaded(self) -> bool:
        return self.page.evaluate("() => window.__mark") == self.mark


class Browsers:
    """Pages of one Chromium process tree on the desk of `palabre`."""

    def __init__(self, playwright: Playwright, palabre: Running) -> None:
        root = os.geteuid() == 0
        self._tag = f"--palabre-tree={uuid.uuid4()}"
        self.palabre = palabre
        self.chromium: Browser = playwright.chromium.launch(
            executable_path=chromium(), chromium_sandbox=not root, args=[*FLAGS, self._tag, *["--no-sandbox"][:root]]
        )
        self.screens: list[Screen] = []

    def close(self) -> None:
        self.chromium.close()

    def open(self, seat: Seat, *, keep: bool = True) -> Screen:
        context = self.chromium.new_context(locale="fr-FR", viewport={"width": 1280, "height": 860})
        context.set_default_timeout(WAIT_MS)
        context.add_init_script(EYES)
        base = self.palabre.desk.rstrip("/")
        screen = Screen(seat, context, context.new_page(), str(uuid.uuid4()))

        def note(message: ConsoleMessage) -> None:
            if message.type == "error" and not any(word in message.text for word in EXPECTED):
                screen.problems.append(message.text)

        screen.page.on("console", note)
        screen.page.on("pageerror", lambda error: screen.problems.append(str(error)))
        screen.page.goto(base)
        screen.page.locator(f"[data-testid=demo-person][data-email='{seat.email}']").click()
        screen.page.get_by_test_id("connection").wait_for()
        screen.page.goto(base + seat.path)
        screen.page.locator("[data-testid=connection][data-state=live]").wait_for()
        # A page that opens a conversation scrolls to it; all are compared from the top.
        screen.page.evaluate(
            "(mark) => { window.__mark = mark; document.querySelector('[role=listbox]')?.scrollTo({ top: 0 }) }",
            screen.mark,
        )
        if keep:
            self.screens.append(screen)
        return screen

    def processes(self) -> list[psutil.Process]:
        """The browser and all its renderers."""
        mine = psutil.Process().children(recursive=True)
        trees = [process for process in mine if self._tag in _command(process)]
        found = {one.pid: one for tree in trees for one in (tree, *tree.children(recursive=True))}
        return list(found.values())

    def same_as_fresh(self, screen: Screen, limit_s: float) -> None:
        """A page of the same user that is opened now shows the same. Fails with what both show."""
        new = self.open(screen.seat, keep=False)
        try:
            both = [screen, new]
            same = settled(
                lambda: all(one.differences() == [] for one in both) and screen.shown() == new.shown(),
                limit_s,
                new.page,
            )
            assert same is not None, f"{screen.seat}\n  old {screen.shown()}\n  new {new.shown()}"
        finally:
            new.context.close()


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def chromium() -> str:
    """The Chromium of PALABRE_BROWSER (scripts/browser.py finds one), or the machine's."""
    found = os.environ.get("PALABRE_BROWSER") or next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    if found is None:
        raise RuntimeError("no Chromium here: PALABRE_BROWSER names one")
    return found


def settled(claim: Callable[[], bool], limit_s: float, page: Page) -> float | None:
    """Seconds until `claim` holds, None when it does not within `limit_s`. The browsers go on meanwhile."""
    began = time.monotonic()
    while not claim():
        if time.monotonic() - began > limit_s:
            return None
        page.wait_for_timeout(50)
    return time.monotonic() - began


def converge(screens: list[Screen], limit_s: float, what: str) -> dict[str, float]:
    """Wait until every screen shows what the server says; the seconds of each. Fails with the differences."""
    began = time.monotonic()
    took: dict[str, float] = {}
    open_ = dict(enumerate(screens))
    last: dict[int, list[str]] = {}
    while open_:
        for number, screen in list(open_.items()):
            last[number] = screen.differences()
            if not last[number]:
                took[f"{number} {screen.seat.email.split('@')[0]} {screen.seat.path[:18]}"] = time.monotonic() - began
                del open_[number]
        if open_ and time.monotonic() - began > limit_s:
            words = [f"{screens[n].seat}: {last[n]} {screens[n].page.evaluate('window.__line')}" for n in open_]
            raise AssertionError(f"{what}: after {limit_s:g} s {len(open_)} screens differ:\n" + "\n".join(words))
        screens[0].page.wait_for_timeout(50)
    print(f"{what}: slowest {max(took.values()):.2f} s of " + json.dumps({n: round(s, 2) for n, s in took.items()}))
    return took


@contextmanager
def cut(screens: list[Screen]) -> Iterator[None]:
    for screen in screens:
        screen.offline(True)
    try:
        yield
    finally:
        for screen in screens:
            screen.offline(False)


def bad_line(screens: list[Screen], chance: random.Random) -> None:
    for screen in screens:
        screen.line(lose=0.3, repeat=0.1, late=0.1, seed=chance.randrange(1, 2**31))


def good_line(screens: list[Screen]) -> None:
    for screen in screens:
        screen.line(lose=0, repeat=0, late=0)
