"""The screens of the bots' workshop: what a bot says and understands, and what it learns."""

from __future__ import annotations

from tests.journeys.catalogue import (
    EMPTY,
    FATOU,
    Screen,
    click,
    fails,
    fill,
    long_names,
    nothing_there,
    see,
    then,
)

ANSWERS = '[data-testid="answer"]'
OVER = '[data-testid="over-time"]'

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
    Screen("admin-learning-empty", "/admin/learning", FATOU, OVER, prepare=nothing_there),
    Screen("admin-learning-long", "/admin/learning", FATOU, OVER, prepare=long_names),
    Screen(
        "admin-learning-error", "/admin/learning", FATOU, EMPTY,
        prepare=fails("/api/admin/bot/turns"), expects="status of 500",
    ),
]  # fmt: skip
