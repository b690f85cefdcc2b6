"""The screens of accounts and their security: a part of the catalogue."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Page

from tests.journeys.catalogue import (
    AWA,
    EMPTY,
    FATOU,
    FIRST_EDIT,
    FORM,
    TABLE,
    Screen,
    click,
    fails,
    fill,
    long_names,
    nothing_there,
    see,
    then,
)

WAYS = {"name": "Awa Diallo", "ways": ["password", "code", "passkey"], "is_locked": True, "one_click": None}
RULES = '[data-testid="save-rules-of-accounts"]'
ACCOUNT = '[data-testid="account"]'


def locked(page: Page) -> None:
    """As the server answers a session at which nobody has been for a while."""
    fails("/api/session$", 423, "locked")(page)
    page.route(re.compile("/api/session/proofs"), lambda route: route.fulfill(body=json.dumps(WAYS)))


ACCOUNT_SCREENS: list[Screen] = [
    Screen("account", "/account", AWA, '[data-testid="own-session"]'),
    Screen(
        "account-totp",
        "/account",
        AWA,
        '[data-testid="totp-add"]',
        then(click('[data-testid="totp-add"]'), see('[data-testid="totp-key"]')),
    ),
    Screen("account-error", "/account", AWA, EMPTY, prepare=fails("/api/security"), expects="status of 500"),
    Screen("locked", "/", AWA, '[data-testid="locked"] form', prepare=locked, expects="status of 423"),
    Screen(
        "held",
        "/",
        AWA,
        '[data-testid="held"]',
        prepare=fails("/api/session$", 403, "factor_due"),
        expects="status of 403",
    ),
    Screen("admin-user-account", "/admin/users", FATOU, TABLE, then(click(ACCOUNT), see('[data-testid="make-link"]'))),
    Screen("admin-user-form", "/admin/users", FATOU, TABLE, then(click(FIRST_EDIT), see(FORM))),
    Screen(
        "admin-people-file",
        "/admin/users",
        FATOU,
        TABLE,
        then(
            click('[data-testid="people-file"]'),
            fill("#people-csv", "nom;e-mail\nAda Kossi;ada.kossi@savane.example\nSans adresse;\n"),
            click('[data-testid="people-trial"]'),
            see('[data-testid="people-row"]'),
        ),
    ),
    Screen("admin-teams", "/admin/teams", FATOU, "main h1"),
    Screen("admin-teams-empty", "/admin/teams", FATOU, EMPTY, prepare=nothing_there),
    Screen(
        "admin-teams-error", "/admin/teams", FATOU, EMPTY, prepare=fails("/api/admin/teams"), expects="status of 500"
    ),
    Screen(
        "admin-team-new",
        "/admin/teams",
        FATOU,
        "main h1",
        then(click('[data-testid="add"]'), see(FORM)),
        prepare=long_names,
    ),
    Screen("admin-security", "/admin/security", FATOU, RULES),
    Screen(
        "admin-security-refused",
        "/admin/security",
        FATOU,
        RULES,
        then(fill("#rule-idle_minutes", "9999"), click(RULES), see("#rule-idle_minutes[aria-invalid=true]")),
        expects="status of 422",
    ),
]
