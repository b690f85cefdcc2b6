"""The screens of the administration that have no subject of their own elsewhere: a part of the catalogue."""

from __future__ import annotations

import re

from tests.journeys.catalogue import (
    EMPTY,
    FATOU,
    FIRST_EDIT,
    FORM,
    SAVE,
    TABLE,
    Screen,
    choose,
    click,
    fails,
    fill,
    long_names,
    nothing_there,
    see,
    then,
)

FILTER = '[data-testid="save-filter"]'
RULES = '[data-testid="save-rules"]'
KEYWORDS = '[data-testid="keywords-en-help"]'

ADMIN_SCREENS: list[Screen] = [
    Screen("admin-users", "/admin/users", FATOU, TABLE),
    Screen("admin-user-new", "/admin/users", FATOU, TABLE, then(click('[data-testid="add"]'), see(FORM))),
    Screen(
        "admin-user-refused",
        "/admin/users",
        FATOU,
        TABLE,
        then(click('[data-testid="add"]'), click(SAVE), see("dialog [aria-invalid=true]")),
        expects="status of 4",
    ),
    Screen(
        "admin-save-failed",
        "/admin/users",
        FATOU,
        TABLE,
        then(click(FIRST_EDIT), fill("#field-name", "Autre Nom"), click(SAVE), see("dialog [role=alert]:not(:empty)")),
        prepare=lambda page: page.route(
            re.compile("/api/admin/users/"), lambda route: route.fulfill(status=503, body="<html>")
        ),
        expects="status of 503",
    ),
    Screen("admin-users-long", "/admin/users", FATOU, TABLE, prepare=long_names),
    Screen("admin-lines", "/admin/lines", FATOU, TABLE),
    Screen("admin-line-form", "/admin/lines", FATOU, TABLE, then(click(FIRST_EDIT), see(FORM))),
    Screen("admin-lines-long", "/admin/lines", FATOU, TABLE, prepare=long_names),
    Screen("admin-lines-empty", "/admin/lines", FATOU, TABLE, prepare=nothing_there),
    Screen("admin-filter", "/admin/filter", FATOU, FILTER),
    Screen(
        "admin-filter-tried",
        "/admin/filter",
        FATOU,
        FILTER,
        then(
            choose('[data-testid="filter-line"]', "3334"),
            see('[data-testid="check"]'),
            fill('[data-testid="try-number"]', "0197000001"),
            click('[data-testid="try"]'),
            see('[data-testid="tried"]'),
        ),
    ),
    Screen(
        "admin-filter-refused",
        "/admin/filter",
        FATOU,
        FILTER,
        then(
            click('[data-testid="add-check"]', '[data-testid="save-filter"]'),
            see('[data-testid="check"][data-refused="true"]'),
        ),
        expects="status of 422",
    ),
    Screen("admin-filter-long", "/admin/filter", FATOU, FILTER, prepare=long_names),
    Screen(
        "admin-filter-error",
        "/admin/filter",
        FATOU,
        EMPTY,
        prepare=fails("/api/admin/lines/[^/]+/filter$"),
        expects="status of 500",
    ),
    Screen("admin-rules", "/admin/rules", FATOU, RULES),
    Screen(
        "admin-rules-tried",
        "/admin/rules",
        FATOU,
        RULES,
        then(
            choose('[data-testid="rules-line"]', "1919"),
            see('[data-testid="rule"]'),
            fill('[data-testid="try-number"]', "0197000001"),
            fill('[data-testid="try-text"]', "Ma facture est fausse"),
            click('[data-testid="try"]'),
            see('[data-testid="traced"]'),
        ),
    ),
    Screen(
        "admin-rules-refused",
        "/admin/rules",
        FATOU,
        RULES,
        then(
            click('[data-testid="add-rule"]', '[data-testid="save-rules"]'),
            see('[data-testid="rule"][data-refused="true"]'),
        ),
        expects="status of 422",
    ),
    Screen("admin-rules-long", "/admin/rules", FATOU, RULES, prepare=long_names),
    Screen(
        "admin-rules-error",
        "/admin/rules",
        FATOU,
        EMPTY,
        prepare=fails("/api/admin/lines/[^/]+/rules$"),
        expects="status of 500",
    ),
    Screen("admin-lists", "/admin/lists", FATOU, TABLE),
    Screen("admin-list", "/admin/lists", FATOU, TABLE, then(click(FIRST_EDIT), see(FORM))),
    Screen("admin-list-new", "/admin/lists", FATOU, TABLE, then(click('[data-testid="add"]'), see(FORM))),
    Screen("admin-lists-empty", "/admin/lists", FATOU, TABLE, prepare=nothing_there),
    Screen("admin-lists-long", "/admin/lists", FATOU, TABLE, then(click(FIRST_EDIT), see(FORM)), prepare=long_names),
    Screen(
        "admin-lists-error", "/admin/lists", FATOU, EMPTY, prepare=fails("/api/admin/lists"), expects="status of 500"
    ),
    Screen("admin-tags", "/admin/tags", FATOU, '[data-testid="tags"]'),
    Screen("admin-tags-empty", "/admin/tags", FATOU, TABLE, prepare=nothing_there),
    Screen("admin-tags-long", "/admin/tags", FATOU, '[data-testid="tags"]', prepare=long_names),
    Screen("admin-links", "/admin/links", FATOU, TABLE),
    Screen("admin-link-form", "/admin/links", FATOU, TABLE, then(click(FIRST_EDIT), see(FORM))),
    Screen(
        "admin-link-form-long", "/admin/links", FATOU, TABLE, then(click(FIRST_EDIT), see(FORM)), prepare=long_names
    ),
    Screen(
        "admin-link-plan",
        "/admin/links",
        FATOU,
        TABLE,
        then(click(FIRST_EDIT), click('[data-testid="plan"] summary'), see('[data-testid="plan"] select')),
    ),
    Screen("admin-numbers", "/admin/numbers", FATOU, TABLE),
    Screen("admin-numbers-empty", "/admin/numbers", FATOU, TABLE, prepare=nothing_there),
    Screen("admin-consent", "/admin/consent", FATOU, KEYWORDS),
    Screen("admin-consent-long", "/admin/consent", FATOU, KEYWORDS, prepare=long_names),
    Screen("admin-audit", "/admin/audit", FATOU, TABLE),
    Screen("admin-audit-long", "/admin/audit", FATOU, TABLE, prepare=long_names),
    Screen("admin-health", "/admin/health", FATOU, TABLE),
    Screen("admin-health-long", "/admin/health", FATOU, TABLE, prepare=long_names),
    Screen("admin-error", "/admin/links", FATOU, EMPTY, prepare=fails("/api/admin/links"), expects="status of 500"),
]
