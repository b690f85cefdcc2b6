"""The screens of what waiting changes: a part of the catalogue."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, Route

from tests.journeys.catalogue import (
    AWA,
    FATOU,
    FIRST_EDIT,
    FORM,
    SAVE,
    TABLE,
    Screen,
    choose,
    click,
    see,
    then,
)
from tests.journeys.catalogue_admin import RULES
from tests.journeys.catalogue_offers import ID, QUEUES, SKILLS, Prepare, _at, answers, both, with_skills


def _step(after_s: int, do: str, **part: Any) -> dict[str, Any]:
    return {"after_s": after_s, "do": do, "skill": None, "queue": None, "by": None, **part}


LADDER = [
    _step(60, "lower_level", skill=SKILLS[0]["id"], by=2), _step(90, "drop_preferred", skill=SKILLS[1]["id"]),
    _step(120, "add_queue", queue=f"{ID}42"), _step(120, "raise_priority", by=3), _step(180, "tell_position"),
    _step(300, "offer_callback"), _step(86400, "give_to_bot"),
]  # fmt: skip
LITIGES = {
    **QUEUES["items"][0], "ladder": LADDER, "wait_p50_s": 245.0, "wait_p90_s": 1310.0, "wait_samples": 31,
}  # fmt: skip
with_ladder = both(
    with_skills, answers("/api/admin/queues$", lambda: {**QUEUES, "items": [LITIGES, *QUEUES["items"][1:]]})
)
WAIT = {
    "position": 12, "waiting": 340, "p50_s": 245.0, "p90_s": 1310.0, "samples": 31,
    "told": [{"do": "tell_position", "at": _at(-100)}, {"do": "offer_callback", "at": _at(-40)}],
}  # fmt: skip


def refuses(address: str, fields: dict[str, str]) -> Prepare:
    """A change of `address` is refused at these fields."""

    def answer(route: Route) -> None:
        if route.request.method == "GET":
            route.continue_()
        else:
            route.fulfill(status=422, json={"error": {"code": "invalid", "message": "invalid", "fields": fields}})

    return lambda page: page.route(re.compile(address), answer)


def unfolded(page: Page) -> None:
    page.evaluate("document.querySelectorAll('dialog details').forEach(one => one.open = true)")


def at_the_end(page: Page) -> None:
    """Below the bar that lies over what is being edited."""
    page.get_by_test_id("try-number").scroll_into_view_if_needed()


LADDER_SCREENS: list[Screen] = [
    Screen(
        "admin-queue-ladder",
        "/admin/queues",
        FATOU,
        TABLE,
        then(click(FIRST_EDIT), see(FORM), unfolded),
        prepare=with_ladder,
    ),
    Screen(
        "admin-queue-ladder-refused",
        "/admin/queues",
        FATOU,
        TABLE,
        then(
            click(FIRST_EDIT),
            see(FORM),
            unfolded,
            click('[data-testid="ladder-add"]'),
            click(SAVE),
            see("dialog [aria-invalid=true]"),
        ),
        prepare=both(
            with_ladder,
            refuses("/api/admin/queues/", {"ladder.2.queue": "Débordement en boucle : cette file déborde à son tour."}),
        ),
        expects="status of 422",
    ),
    Screen(
        "admin-rules-ladder",
        "/admin/rules",
        FATOU,
        RULES,
        then(
            click('[data-testid="add-rule"]'),
            choose('[data-testid="rule"]:last-child [data-testid="rule-queue"]', "Litiges"),
            click('[data-testid="rule"]:last-child [data-testid="rule-own-ladder"]'),
            see('[data-testid="ladder-step"]'),
            at_the_end,
        ),
        prepare=with_ladder,
    ),
    Screen(
        "wait-known",
        "/?view=all&c={queued}",
        AWA,
        '[data-testid="wait"]',
        prepare=answers("/wait$", lambda: {"wait": WAIT}),
    ),
]
