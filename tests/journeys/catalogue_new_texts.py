"""The screens of new texts and of the applications that send them: a part of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from tests.journeys.catalogue import (
    AWA,
    EMPTY,
    FATOU,
    FORM,
    LIVE,
    SAVE,
    TABLE,
    UNICODE,
    Screen,
    click,
    fails,
    fill,
    nothing_there,
    press,
    see,
    then,
)


def answers(address: str, body: Any) -> Callable[[Page], None]:
    """Every request to `address` (a regular expression) is answered so, and does nothing."""

    def prepare(page: Page) -> None:
        page.route(re.compile(address), lambda route: route.fulfill(json=body))

    return prepare


ID = "01920000-0000-7000-8000-00000000000"
NEW_TEXT = '[data-testid="new-text"]'
NUMBER = '[data-testid="new-text-number"]'
WRITES = then(press("c"), see(NEW_TEXT))
SIX_NUMBERS = "01 97 45 45 45, 0197454546; +226 70 12 34 56, 1919\n0197454545, 00229 97 45 45 47, x y z"


def told_of(number: str, refusal: str = "", **more: Any) -> dict[str, Any]:
    return {
        "id": f"{ID}0", "number": number, "name": None, "state": "refused" if refusal else "sent",
        "refusal": refusal, "facts": {}, "conversation_id": None, "is_kept": False, **more,
    }  # fmt: skip


RESULT = {
    "repeated": [],
    "items": [
        told_of("+2290197454545", name="Awa Soglo", conversation_id=f"{ID}1", is_kept=True),
        told_of("+2290197454546", "opted_out"),
        told_of("+22670123456", "already_owned", facts={"owner": "Koffi Mensah"}, conversation_id=f"{ID}2"),
        told_of("1919", "not_a_number"),
        told_of("+2290197454547"),
    ],
}  # fmt: skip
TOKENS = {
    "items": [
        {
            "id": f"{ID}{place}", "name": name, "hint": "q7Zk", "line_ids": [], "per_minute": 600,
            "made_by": "Fatou Sow", "made_at": "2026-11-20T09:00:00Z", "used_at": used, "revoked_at": revoked,
        }
        for place, (name, used, revoked) in enumerate(
            [("Prise de rendez-vous", "2026-11-21T08:12:00Z", None), ("Essai", None, "2026-11-20T10:00:00Z")]
        )
    ]
}  # fmt: skip

NEW_TEXT_SCREENS: list[Screen] = [
    Screen("new-text", "/?view=all", AWA, LIVE, WRITES),
    Screen(
        "new-text-written",
        "/?view=all",
        AWA,
        LIVE,
        then(
            WRITES,
            fill('[data-testid="new-text-to"]', SIX_NUMBERS),
            fill('[data-testid="new-text-text"]', UNICODE),
            see(NUMBER),
        ),
    ),
    Screen(
        "new-text-lost",
        "/?view=all",
        AWA,
        LIVE,
        then(
            WRITES,
            fill('[data-testid="new-text-to"]', "0197454545"),
            fill('[data-testid="new-text-text"]', "Bonjour"),
            see(NUMBER),
            click('[data-testid="new-text-send"]'),
            see(f"{NEW_TEXT} [role=alert]:not(:empty)"),
        ),
        prepare=fails("/api/texts$", 503, ""),
        expects="status of 503",
    ),
    Screen(
        "new-text-result",
        "/?view=all",
        AWA,
        LIVE,
        then(
            WRITES,
            fill('[data-testid="new-text-to"]', SIX_NUMBERS),
            fill('[data-testid="new-text-text"]', "Bonjour"),
            see(NUMBER),
            click('[data-testid="new-text-send"]'),
            see('[data-testid="new-text-outcome"]'),
        ),
        prepare=answers("/api/texts$", RESULT),
    ),
    Screen("admin-applications-empty", "/admin/applications", FATOU, EMPTY, prepare=nothing_there),
    Screen("admin-applications", "/admin/applications", FATOU, TABLE, prepare=answers("/api/admin/tokens", TOKENS)),
    Screen(
        "admin-application-new",
        "/admin/applications",
        FATOU,
        TABLE,
        then(click('[data-testid="add"]'), see(FORM)),
        prepare=answers("/api/admin/tokens", TOKENS),
    ),
    Screen(
        "admin-application-made",
        "/admin/applications",
        FATOU,
        '[data-testid="add"]',
        then(click('[data-testid="add"]'), click(SAVE), see('[data-testid="token-made"]')),
        prepare=answers("/api/admin/tokens", {**TOKENS["items"][0], **TOKENS, "token": "palabre_" + "q7Zk" * 10}),
    ),
    Screen(
        "admin-application-revoke",
        "/admin/applications",
        FATOU,
        TABLE,
        then(click('[data-testid="revoke"]'), see('[data-testid="revoke-sure"]')),
        prepare=answers("/api/admin/tokens", TOKENS),
    ),
]
