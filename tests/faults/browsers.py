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
from urllib.parse import parse_qsl, urlsplit

import psutil
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Playwright

from config.up.trial import Running

WAIT_MS = 60_000  # how long a page takes to open is no promise of these tests, and twenty share a processor
ASKED_AGAIN_S = 1.0
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
    base: str
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

    def said(self) -> dict[str, Any]:
        """What the server answers, beside the page, about all that it may show. Raises Error while it is away."""
        where = urlsplit(self.seat.path)
        session = self._ask("/api/session")
        if where.path == "/supervision":
            return {"session": session, "now": self._ask("/api/supervision/live")}
        looks = dict(parse_qsl(where.query))
        said = {
            "session": session,
            "items": self._ask(f"/api/conversations?view={looks['view']}&limit=50")["items"],
            "counts": self._ask("/api/counts"),
            "conversation": None,
        }
        if open_ := looks.get("c"):
            said["conversation"] = self._ask(f"/api/conversations/{open_}")["conversation"]
            said["thread"] = self._ask(f"/api/conversations/{open_}/messages?limit=50")["items"]
        return said

    def _ask(self, path: str) -> Any:
        answer = self.context.request.get(self.base + path)
        if not answer.ok:
            raise Error(f"{path}: {answer.status}")
        return answer.json()

    def differences(self) -> list[str]:
        """Where it does not show what the server says now. While the server is away, that is one, too."""
        try:
            found: list[str] = self.page.evaluate("(said) => window.__differences(said)", self.said())
        except Error as failure:
            return [f"not answered: {failure}"]
        return found

    def agree(self, said: dict[str, Any]) -> None:
        """From now on the page looks by itself whether it shows this."""
        self.page.evaluate("(said) => window.__agree(said)", said)

    def agreed(self) -> tuple[float | None, list[str]]:
        """Since when (`time.time`) it does; else None, and what differed when it last looked."""
        at, found = self.page.evaluate("() => [window.__agreed, window.__found]")
        return (None if at is None else at / 1000), found

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
        context = self.chromium.new_context(
            locale="fr-FR", viewport={"width": 1280, "height": 860}, service_workers="block"
        )
        context.set_default_timeout(WAIT_MS)
        context.add_init_script(EYES)
        base = self.palabre.desk.rstrip("/")
        screen = Screen(seat, context, context.new_page(), base, str(uuid.uuid4()))

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


def answers(screens: list[Screen]) -> dict[Seat, dict[str, Any]]:
    """What the server says to each seat: before they may come back, for it is busy enough then."""
    return {seat: screen.said() for seat, screen in {screen.seat: screen for screen in screens}.items()}


def converge(
    screens: list[Screen], limit_s: float, what: str, said: dict[Seat, dict[str, Any]] | None = None
) -> dict[str, float]:
    """Wait until every screen shows what the server says; the seconds of each. Fails with the differences.

    The product is quiet meanwhile. The server is asked once for all who sit at one seat, beside the pages, and each
    page looks by itself: twenty that are asked in turn, and then ask five things each, are a load and a delay of their
    own. It is asked again where a page shows something else."""
    began = time.time()
    open_ = dict(enumerate(screens))
    told = said or {}
    asked = dict.fromkeys(told, began)
    for screen in screens:
        if screen.seat in told:
            screen.agree(told[screen.seat])
    last: dict[int, list[str]] = {}
    took: dict[str, float] = {}
    while open_:
        for seat in {screen.seat for screen in open_.values()}:
            if time.time() - asked.get(seat, 0.0) > ASKED_AGAIN_S:
                asked[seat] = time.time()
                there = [screen for screen in open_.values() if screen.seat == seat]
                try:
                    now = there[0].said()
                except Error:
                    continue  # the server is away
                for screen in there:
                    screen.agree(now)
        for number, screen in list(open_.items()):
            at, last[number] = screen.agreed()
            if at is not None:
                took[f"{number} {screen.seat.email.split('@')[0]} {screen.seat.path[:18]}"] = at - began
                del open_[number]
        if open_ and time.time() - began > limit_s:
            words = [f"{screens[n].seat}: {last[n]} {screens[n].page.evaluate('window.__line')}" for n in open_]
            raise AssertionError(f"{what}: after {limit_s:g} s {len(open_)} screens differ:\n" + "\n".join(words))
        screens[0].page.wait_for_timeout(50)
    said_of = f"{what}: slowest {max(took.values()):.2f} s of " + json.dumps({n: round(s, 2) for n, s in took.items()})
    assert max(took.values()) <= limit_s, said_of
    print(said_of)
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
