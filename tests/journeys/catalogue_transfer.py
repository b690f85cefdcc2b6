"""The screens of handing a conversation on: a part of the catalogue."""

from __future__ import annotations

from typing import Any

from tests.journeys.catalogue import AWA, LIVE, LONG_NAME, MESSAGE, SAM, Screen, click, fails, fill, see, then
from tests.journeys.catalogue_offers import ID, OFFER, answers, both, offer_of, row_of, session_with


def _agent(place: int, name: str, state: str = "available", load: int = 1, hindrance: str = "") -> dict[str, Any]:
    return {
        "id": f"{ID}{80 + place}", "name": name, "state": state, "reason": None, "load": load, "capacity": 4,
        "room": 4 - load, "hindrance": hindrance,
    }  # fmt: skip


def _destinations() -> dict[str, Any]:
    return {
        "agents": [
            _agent(1, "Koffi Mensah"), _agent(2, LONG_NAME, "busy", 3), _agent(3, "Awa", "wrap_up", 4, "full"),
            _agent(4, "Mariam Ouédraogo", "offline", 0, "away"),
        ],
        "queues": [
            {"id": f"{ID}91", "name": "Litiges", "waiting": 0}, {"id": f"{ID}92", "name": LONG_NAME, "waiting": 1204},
        ],
    }  # fmt: skip


def _offered() -> dict[str, Any]:
    one = offer_of(1, row_of(1, "Adjoa Hounkpatin", "Il fallait 500 Mo en plus", ""))
    return {"items": [{**one, "sender": LONG_NAME, "note": f"Elle a déjà payé.\n{LONG_NAME}"}]}


SIGNED_IN: dict[str, Any] = {}  # the session is asked for before what is asked of its user


def _consults() -> dict[str, Any]:
    return {
        "items": [
            {
                "id": f"{ID}{95 + place}", "asker_id": f"{ID}70", "asker": name, "colleague_id": SIGNED_IN["id"],
                "colleague": SIGNED_IN["name"], "question": f"A-t-il droit au remboursement ? {LONG_NAME}",
                "asked_at": "2026-11-22T05:00:00Z", "conversation": row_of(place, name, "Allo ?", ""),
            }
            for place, name in ((1, "Adjoa Hounkpatin"), (2, LONG_NAME))
        ]
    }  # fmt: skip


DIALOG = '[data-testid="transfer-dialog"]'
OPENED = then(click('[data-testid="transfer"]'), see(DIALOG))
with_destinations = answers("/destinations$", _destinations)

TRANSFER_SCREENS: list[Screen] = [
    Screen(
        "transfer-dialog",
        "/?view=all&c={open}",
        SAM,
        MESSAGE,
        then(OPENED, click('[data-testid="transfer-send"]'), see(f"{DIALOG} [role=alert]:not(:empty)")),
        prepare=with_destinations,
    ),
    Screen(
        "transfer-nobody",
        "/?view=all&c={open}",
        SAM,
        MESSAGE,
        then(OPENED, fill('[data-testid="transfer-find"]', "xyzzy")),
        prepare=with_destinations,
    ),
    Screen(
        "transfer-failed",
        "/?view=all&c={open}",
        SAM,
        MESSAGE,
        then(OPENED, see(f"{DIALOG} [role=alert]:not(:empty)")),
        prepare=fails("/destinations$", 503),
        expects="status of 503",
    ),
    Screen(
        "consult-asked",
        "/?view=mine",
        AWA,
        '[data-testid="consults"]',
        prepare=both(
            session_with(lambda session: SIGNED_IN.update(session["user"])), answers("/api/consults$", _consults)
        ),
    ),
    Screen(
        "reassign",
        "/?view=all",
        SAM,
        LIVE,
        then(
            click('[data-testid="reassign"]'),
            click('[data-testid="reassign-all"]'),
            click('[data-testid="reassign-go"]'),
            see('[data-testid="reassign-dialog"] [role=alert]:not(:empty)'),
        ),
    ),
    Screen("transfer-offered", "/?view=mine", AWA, OFFER, prepare=answers("/api/offers$", _offered)),
]
