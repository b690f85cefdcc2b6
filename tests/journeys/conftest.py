"""One whole Palabre, as `make up` starts it, and a real browser with a phone and a desk in it.

Whatever a test does here, it fails when a page writes an error to its console, throws, or does what the content policy
forbids: a gate that every journey, present or to come, falls under by itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from config.up import trial
from config.up.trial import Running
from tests.journeys.walk import dictionary, faults_of, foreign, rooms, show  # noqa: F401  (fixtures)
from tests.journeys.watching import WAIT_MS, Watch

FLAGS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


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
        # The shell's worker has a journey of its own; elsewhere requests are seen, and cut, where they are made.
        usual = {"locale": "fr-FR", "viewport": {"width": 1440, "height": 900}, "service_workers": "block"}
        context = browser.new_context(**{**usual, **options})
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
