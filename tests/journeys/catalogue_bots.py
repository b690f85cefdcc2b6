"""The screens of the bots' workshop: what a bot says and understands, and what it learns."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route

from tests.journeys.catalogue import (
    EMPTY,
    FATOU,
    LONG_NAME,
    Screen,
    click,
    fails,
    fill,
    nothing_there,
    see,
    then,
)

ANSWERS = '[data-testid="answer"]'
OVER = '[data-testid="over-time"]'


def long_texts(page: Page) -> None:
    """Names of bots are keys here: only what subscribers wrote is long."""

    def answer(route: Route) -> None:
        response = route.fetch()
        told = response.json()
        for turn in told.get("items", ()):
            turn["text"] = turn["proposed"] = LONG_NAME * 4
        route.fulfill(response=response, json=told)

    page.route(re.compile("/api/admin/bot/turns"), answer)


BOT_SCREENS: list[Screen] = [
    Screen("admin-bot", "/admin/bot", FATOU, ANSWERS),
    Screen(
        "admin-bot-phrases", "/admin/bot", FATOU, ANSWERS,
        then(click('[data-testid="tab-phrases"]'), see("[data-state=shipped]")),
    ),
    Screen(
        "admin-bot-changes", "/admin/bot", FATOU, ANSWERS,
        then(click('[data-testid="tab-changes"]'), see("#bot-panel")),
    ),
    Screen(
        "admin-bot-versions", "/admin/bot", FATOU, ANSWERS,
        then(click('[data-testid="tab-versions"]'), see("#bot-panel table")),
    ),
    Screen(
        "admin-bot-tried", "/admin/bot", FATOU, ANSWERS,
        then(
            fill('[data-testid="talk-text"]', "bonjour"), click('[data-testid="talk-send"]'),
            see('[data-testid="reply"]'),
        ),
    ),
    Screen("admin-bot-error", "/admin/bot", FATOU, EMPTY, prepare=fails("/api/admin/bots"), expects="status of 500"),
    Screen("admin-learning", "/admin/learning", FATOU, OVER),
    Screen("admin-learning-empty", "/admin/learning", FATOU, "main p", prepare=nothing_there),
    Screen("admin-learning-long", "/admin/learning", FATOU, OVER, prepare=long_texts),
    Screen(
        "admin-learning-error", "/admin/learning", FATOU, EMPTY,
        prepare=fails("/api/admin/bot/turns"), expects="status of 500",
    ),
]  # fmt: skip
