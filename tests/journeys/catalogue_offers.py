"""The screens of queues, skills, offers and agents' states: a part of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Page, Route

from tests.journeys.catalogue import (
    AWA,
    EMPTY,
    FATOU,
    FIRST_EDIT,
    FORM,
    LIVE,
    LONG_NAME,
    MESSAGE,
    SAM,
    SAVE,
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

ID = "01920000-0000-7000-8000-0000000000"
OFFER = '[data-testid="offer"]'
STATE_BAR = '[data-testid="state-bar"]'
WRAP_UP = '[data-testid="wrap-up"]'
MATRIX = '[data-testid="matrix"]'
MATRIX_SEARCH = '[data-testid="matrix-search"]'
Prepare = Callable[[Page], None]


def answers(address: str, body: Callable[[], Any]) -> Prepare:
    """GET of `address` (a regular expression) is answered so; the rest goes to the server."""

    def answer(route: Route) -> None:
        if route.request.method == "GET":
            route.fulfill(json=body())
        else:
            route.continue_()

    return lambda page: page.route(re.compile(address), answer)


def session_with(change: Callable[[dict[str, Any]], None]) -> Prepare:
    def answer(route: Route) -> None:
        response = route.fetch()
        if route.request.method != "GET" or response.status != 200:
            route.fulfill(response=response)
            return
        session = response.json()
        change(session)
        route.fulfill(response=response, json=session)

    return lambda page: page.route(re.compile("/api/session$"), answer)


def both(*all_of: Prepare) -> Prepare:
    def prepare(page: Page) -> None:
        for one in all_of:
            one(page)

    return prepare


def _at(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def row_of(place: int, name: str | None, words: str, summary: str) -> dict[str, Any]:
    return {
        "id": f"{ID}{place:02}", "revision": 3, "status": "queued", "line_id": f"{ID}00", "queue_id": f"{ID}00",
        "owner_id": None, "last_seq": 4, "waiting_since": _at(-200), "opened_at": _at(-260), "queued_at": _at(-200),
        "contact": {"id": f"{ID}50", "name": name, "address": "+2290197454545", "language": "fr"},
        "last_message": {"kind": "incoming", "author": "contact", "preview": words, "at": _at(-200)},
        "closed_at": None, "unread": 0, "priority": 0, "handover": {"reason": "asked", "summary": summary},
        "disposition_id": None, "tags": [], "vip": False, "failed": False,
    }  # fmt: skip


def offer_of(place: int, row: dict[str, Any], queue: str = "Litiges", seconds: int = 300) -> dict[str, Any]:
    return {
        "id": f"{ID}{place + 10}", "state": "pending", "queue_id": f"{ID}00", "queue": queue, "weight": 1,
        "made_at": _at(-40), "expires_at": _at(seconds - 40), "at": _at(0), "conversation": row,
        "skills": [
            {"skill_id": f"{ID}20", "name": "Facturation", "least": 3, "preferred": 0},
            {"skill_id": f"{ID}21", "name": "Bariba", "least": 0, "preferred": 4},
        ],
    }  # fmt: skip


def _offers() -> dict[str, Any]:
    first = row_of(1, "Adjoa Hounkpatin", "Il fallait 500 Mo en plus, je ne les vois toujours pas", "Pass inactif.")
    return {"items": [offer_of(1, first), offer_of(2, row_of(2, None, "Allo ?", ""), seconds=320)]}


def _long_offers() -> dict[str, Any]:
    row = row_of(1, LONG_NAME, LONG_NAME * 3, f"{LONG_NAME} {LONG_NAME}")
    one = offer_of(1, row, queue=LONG_NAME)
    one["skills"][0]["name"] = LONG_NAME
    return {"items": [one, offer_of(2, row_of(2, LONG_NAME, "", ""), queue=LONG_NAME)]}


def _dispositions(session: dict[str, Any]) -> None:
    session["dispositions"] = [
        {"id": f"{ID}{30 + place}", "queue_id": queue["id"], "name": name, "position": place, "is_enabled": True}
        for queue in [*session["queues"], {"id": f"{ID}00"}]
        for place, name in enumerate(["Remboursé", "À rappeler", LONG_NAME, "Sans suite"])
    ]
    for queue in session["queues"]:
        queue["dispositions_required"] = True


def _pulled(session: dict[str, Any]) -> None:
    for queue in session["queues"]:
        queue["may_pull"] = True


def _state(**part: Any) -> Callable[[dict[str, Any]], None]:
    def change(session: dict[str, Any]) -> None:
        session["presence"] |= {"since": _at(-65), **part}
        _dispositions(session)

    return change


def _wrap_ups() -> dict[str, Any]:
    return {
        "items": [
            {
                "conversation_id": f"{ID}{place:02}", "queue_id": f"{ID}00", "since": _at(-20),
                "until": _at(280 + place), "at": _at(0), "disposition_id": None, "disposition_required": place == 1,
                "conversation": row_of(place, name, "", ""),
            }
            for place, name in ((1, "Adjoa Hounkpatin"), (2, LONG_NAME))
        ]
    }  # fmt: skip


SKILLS = [
    {"id": f"{ID}{20 + place}", "name": name, "language": language, "is_enabled": place != 3, "agents": 40 - 4 * place}
    for place, (name, language) in enumerate(
        [("Facturation", ""), ("Bariba", "bba"), ("Fon", "fon"), ("Dendi", ""), ("Cartes", ""), ("Internet", ""),
         ("Remboursements et litiges avec les partenaires", ""),
         *((f"Service {n}", "") for n in range(12)), ("Yom", "")]
    )
]  # fmt: skip


def _agents() -> dict[str, Any]:
    return {
        "media": ["sms"],
        "items": [
            {
                "id": f"01920000-0000-7000-8000-{place:012}", "role": "agent",
                "capacity": 3 + place % 4, "load": place % 3,
                "name": LONG_NAME if place == 4 else f"Agent {place:02}", "media": [],
                "skills": [
                    {"skill_id": skill["id"], "level": 1 + (place + at) % 5}
                    for at, skill in enumerate(SKILLS) if (place * 7 + at * 3) % 4 != 0
                ],
            }
            for place in range(60)
        ],
    }  # fmt: skip


def _queue(place: int, name: str, **part: Any) -> dict[str, Any]:
    return {
        "id": f"{ID}{40 + place}", "name": name, "is_enabled": True, "priority": 10 * place, "points_per_minute": 1,
        "strategy": "best_level", "weight": 1, "auto_accept": False, "ring_s": 20, "wrap_up_s": 60, "most_waiting": 200,
        "sticky_days": 14, "reopen_min": 20, "sticky_s": 45, "preferred_team_id": f"{ID}61", "preferred_team_s": 45,
        "full_reply": {"fr": "Nos conseillers sont occupés."}, "may_pull": True, "language_level": 2,
        "dispositions_required": True, "on_disconnect": "return", "disconnect_grace_s": 60, "team_ids": [],
        "silence_h": 24, "silence_close_h": 24, "silence_text": {"fr": "Toujours là ?"},
        "skills": [{"skill_id": SKILLS[0]["id"], "least": 5, "preferred": 0}], "warnings": [], "waiting": place,
        "ladder": [], "ladder_texts": {}, "callback_within_s": 7200, "wait_p50_s": None, "wait_p90_s": None,
        "wait_samples": 7, **part,
    }  # fmt: skip


QUEUES = {
    "usual_texts": {"fr": {"position": "Merci de patienter. Votre place dans la file : {position}."}, "en": {}},
    "teams": [{"id": f"{ID}60", "name": "Jour"}, {"id": f"{ID}61", "name": LONG_NAME}],
    "items": [
        _queue(1, "Litiges", warnings=["no_agent_has_skills"]),
        _queue(2, LONG_NAME, strategy="longest_idle"),
        _queue(3, "Nuit", is_enabled=False, warnings=["no_agent"]),
    ],
}
DISPOSITIONS = {
    "items": [
        {"id": f"{ID}{70 + n}", "queue_id": f"{ID}41", "name": name, "position": n, "is_enabled": n != 1}
        for n, name in enumerate(["Remboursé", "Sans suite", LONG_NAME])
    ]
}
with_skills = answers("/api/admin/skills$", lambda: {"items": SKILLS})
with_queues = both(with_skills, answers("/api/admin/queues$", lambda: QUEUES))
with_agents = both(with_skills, answers("/api/admin/agents$", _agents))
with_offers = answers("/api/offers$", _offers)

OFFER_SCREENS: list[Screen] = [
    Screen("offer", "/?view=mine", AWA, OFFER, prepare=with_offers),
    Screen("offer-over-a-thread", "/?view=all&c={open}", AWA, OFFER, see(MESSAGE), prepare=with_offers),
    Screen(
        "offer-why",
        "/?view=mine",
        AWA,
        OFFER,
        then(click('[data-testid="offer-decline"]'), see('[data-testid="offer-why"]')),
        prepare=with_offers,
    ),
    Screen("offer-long", "/?view=mine", AWA, OFFER, prepare=answers("/api/offers$", _long_offers)),
    Screen(
        "offer-failed",
        "/?view=mine",
        AWA,
        OFFER,
        then(click('[data-testid="offer-accept"]'), see(f"{OFFER} [role=alert]")),
        prepare=both(with_offers, fails("/accept$", 503)),
        expects="status of 503",
    ),
    Screen("state-not-responding", "/?view=mine", AWA, STATE_BAR, prepare=session_with(_state(state="not_responding"))),
    Screen(
        "state-idle",
        "/?view=mine",
        AWA,
        STATE_BAR,
        # Whoever walks through it with the keyboard is there again: the server does not hear of it.
        prepare=both(session_with(_state(state="away", set_by="idle")), fails("/api/presence/idle", 503)),
        expects="status of 503",
    ),
    Screen(
        "wrap-up",
        "/?view=mine",
        AWA,
        WRAP_UP,
        then(click('[data-testid="finish"]'), see(f"{WRAP_UP} [role=alert]")),
        prepare=both(
            session_with(_state(state="wrap_up", set_by="wrap_up", until=_at(3600))),
            answers("/api/wrap-ups$", _wrap_ups),
        ),
    ),
    Screen(
        "close-disposition",
        "/?view=all&c={open}",
        SAM,
        MESSAGE,
        then(
            click('[data-testid="close"]'), click('[data-testid="close-sure"]'), see("dialog [role=alert]:not(:empty)")
        ),
        prepare=session_with(_dispositions),
    ),
    Screen("admin-queues", "/admin/queues", FATOU, TABLE),
    Screen("admin-queues-warned", "/admin/queues", FATOU, TABLE, prepare=with_queues),
    Screen(
        "admin-queue-form",
        "/admin/queues",
        FATOU,
        TABLE,
        then(
            click(FIRST_EDIT),
            see(FORM),
            lambda page: page.evaluate("document.querySelectorAll('dialog details').forEach(one => one.open = true)"),
        ),
        prepare=with_queues,
    ),
    Screen(
        "admin-queue-refused",
        "/admin/queues",
        FATOU,
        TABLE,
        then(click('[data-testid="add"]'), click(SAVE), see("dialog [aria-invalid=true]")),
        expects="status of 4",
    ),
    Screen(
        "admin-dispositions",
        "/admin/queues",
        FATOU,
        TABLE,
        then(click('[data-testid="dispositions"]'), see('[data-testid="disposition-list"] ol li')),
        prepare=both(with_queues, answers("/api/admin/dispositions$", lambda: DISPOSITIONS)),
    ),
    Screen(
        "admin-dispositions-empty",
        "/admin/queues",
        FATOU,
        TABLE,
        then(click('[data-testid="dispositions"]'), see('[data-testid="disposition-name"]')),
    ),
    Screen("admin-queues-long", "/admin/queues", FATOU, TABLE, prepare=long_names),
    Screen(
        "admin-queues-error", "/admin/queues", FATOU, EMPTY, prepare=fails("/api/admin/queues"), expects="status of 500"
    ),
    Screen("admin-skills", "/admin/skills", FATOU, TABLE, prepare=with_skills),
    Screen("admin-skills-empty", "/admin/skills", FATOU, EMPTY, prepare=nothing_there),
    Screen("admin-skill-form", "/admin/skills", FATOU, TABLE, then(click(FIRST_EDIT), see(FORM)), prepare=with_skills),
    Screen("admin-levels", "/admin/levels", FATOU, MATRIX, prepare=with_agents),
    Screen(
        "admin-levels-chosen",
        "/admin/levels",
        FATOU,
        MATRIX,
        click('[data-cell="4.6"]'),
        prepare=with_agents,
    ),
    Screen(
        "admin-levels-nobody",
        "/admin/levels",
        FATOU,
        MATRIX,
        fill(MATRIX_SEARCH, "xyzzy"),
        prepare=with_agents,
    ),
    Screen("admin-levels-empty", "/admin/levels", FATOU, MATRIX_SEARCH, prepare=nothing_there),
    Screen("admin-states", "/admin/states", FATOU, TABLE),
    Screen("admin-state-form", "/admin/states", FATOU, TABLE, then(click(FIRST_EDIT), see(FORM))),
    Screen(
        "agent-states",
        "/supervision",
        SAM,
        TABLE,
        then(click('[data-testid="agent-state"]'), see('[data-testid="agent-states"] table')),
    ),
    Screen(
        "agent-states-long",
        "/supervision",
        SAM,
        TABLE,
        then(click('[data-testid="agent-state"]'), see('[data-testid="agent-states"] table')),
        prepare=long_names,
    ),
    Screen("desk-next", "/?view=queue", AWA, LIVE, see('[data-testid="next"]'), prepare=session_with(_pulled)),
]
