"""The screens of articles and of handing over: a part of the catalogue."""

from __future__ import annotations

from tests.journeys.catalogue import EMPTY, FATOU, SAM, Screen, click, fails, fill, long_names, nothing_there, see, then

TABLE = "main table"
HANDOVER = '[data-testid="handover-policy"]'
ADD = '[data-testid="add"]'
NEW = "#article-key"

KNOWLEDGE_SCREENS: list[Screen] = [
    Screen("admin-knowledge-empty", "/admin/knowledge", FATOU, EMPTY, prepare=nothing_there),
    Screen("admin-knowledge-error", "/admin/knowledge", FATOU, EMPTY, prepare=fails("/api/admin/knowledge"),
           expects="status of 500"),
    Screen("admin-knowledge", "/admin/knowledge", FATOU, TABLE),
    Screen("admin-knowledge-long", "/admin/knowledge", FATOU, TABLE, prepare=long_names),
    Screen("admin-knowledge-new", "/admin/knowledge", FATOU, TABLE, then(click(ADD), see(NEW))),
    Screen("admin-knowledge-tried", "/admin/knowledge", FATOU, TABLE,
           then(fill('[data-testid="question"]', "je veux une esim"), click('[data-testid="try-question"]'),
                see('[data-testid="question-tried"]'))),
    Screen("admin-article", "/admin/knowledge", FATOU, TABLE,
           then(click(f"{TABLE} tbody button"), see('[data-testid="article-save"]'))),
    Screen("supervision-knowledge", "/supervision/knowledge", SAM, TABLE),
    Screen("admin-handover", "/admin/handover", FATOU, HANDOVER),
    Screen("admin-handover-vip", "/admin/handover", FATOU, HANDOVER,
           then(lambda page: page.locator("#handover-vip").select_option("after_one"), see("#handover-who"))),
    Screen("admin-handover-error", "/admin/handover", FATOU, EMPTY, prepare=fails("/api/admin/lines/[^/]+/handover"),
           expects="status of 500"),
]  # fmt: skip
