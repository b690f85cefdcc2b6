"""One whole Palabre, as `make up` starts it, and a real browser with a phone and a desk in it.

Whatever a test does here, it fails when a page writes an error to its console, throws, or does what the content policy
forbids: a gate that every journey, present or to come, falls under by itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from config.up import trial
from config.up.trial import Running

WAIT_MS = 30_000  # the limit of every wait
FLAGS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
# The console's own words for a violation may change with the browser; the event does not.
TELL_VIOLATIONS = """addEventListener('securitypolicyviolation', event => window.palabreViolation(
    `content policy: ${event.effectiveDirective} stopped ${event.blockedURI} ${event.sample}`));"""


class Watch:
    """Notes what goes wrong in the pages of one test. `expected`: console errors that belong to the story told."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        # A refused sign-in check is how a signed-out visitor learns that he is: the browser logs its status.
        self.expected = [re.compile("status of 401")]

    def over(self, place: BrowserContext | Page) -> None:
        """Watch a page, or a context with all pages that will be opened in it."""
        place.expose_binding("palabreViolation", lambda _source, told: self.note(str(told)))
        place.add_init_script(TELL_VIOLATIONS)
        place.on("console", self._console)
        if isinstance(place, Page):
            place.on("pageerror", lambda error: self.note(str(error)))
        else:
            place.on("weberror", lambda error: self.note(str(error.error)))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.note(message.text)

    def note(self, what: str) -> None:
        if not any(known.search(what) for known in self.expected):
            self.problems.append(what)


@pytest.fixture(scope="session")
def palabre() -> Iterator[Running]:
    with trial.running() as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    root = os.geteuid() == 0
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ["PALABRE_BROWSER"],
            chromium_sandbox=not root,
            args=[*FLAGS, "--no-sandbox"] if root else FLAGS,
        )
        yield chromium
        chromium.close()


@pytest.fixture
def watch() -> Iterator[Watch]:
    one = Watch()
    yield one
    assert one.problems == []


@pytest.fixture
def visit(browser: Browser, watch: Watch, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Open an address in a browser of its own, watched."""
    contexts: list[BrowserContext] = []

    def open_page(address: str, **options: Any) -> Page:
        context = browser.new_context(**{"locale": "fr-FR", "viewport": {"width": 1440, "height": 900}, **options})
        context.set_default_timeout(WAIT_MS)
        watch.over(context)
        contexts.append(context)
        page = context.new_page()
        page.goto(address)
        return page

    yield open_page
    if pictures := os.environ.get("PALABRE_PICTURES"):
        for number, context in enumerate(contexts):
            for page in context.pages:
                page.screenshot(path=str(Path(pictures) / f"{request.node.name}-{number}.png"))
    for context in contexts:
        context.close()
