"""The screens of the search and of a person: a part of the catalogue."""

from __future__ import annotations

from typing import Any

from tests.journeys.catalogue import AWA, LIVE, LONG_NAME, SAM, Screen, click, fails, fill, see, then
from tests.journeys.catalogue_offers import ID, answers

BOX = '[data-testid="search-box"]'
OPEN = '[data-testid="search-open"]'
TYPED = "facture tag:rapeler"
AT = "2026-11-20T09:00:00Z"
WIDE = "Très long texte sans espaces " + "é" * 90


def _found(**more: Any) -> dict[str, Any]:
    nobody: dict[str, Any] = {"items": [], "next": None}
    return {
        "problems": [], "taken": [], "tags": [], "people": {**nobody, "alike": False}, "conversations": nobody,
        "texts": nobody, "did_you_mean": [], "slow": False, **more,
    }  # fmt: skip


def _text(place: int, name: str | None, words: str) -> dict[str, Any]:
    return {
        "conversation_id": f"{ID}1{place}", "message_id": f"{ID}2{place}", "seq": place, "at": AT, "kind": "incoming",
        "author": "contact", "line_id": f"{ID}01", "status": "closed",
        "contact": {"id": f"{ID}3{place}", "name": name, "address": "+2290197000001"},
        "parts": [{"text": "Ma ", "hit": False}, {"text": "facture", "hit": True}, {"text": words, "hit": False}],
    }  # fmt: skip


MANY = _found(
    tags=[{"id": f"{ID}41", "name": "Facture à revoir"}],
    taken=[{"field": "tag", "value": "rapeler", "name": "À rappeler"}],
    people={
        "items": [
            {"id": f"{ID}51", "name": "Aïcha Facture", "addresses": ["+2290197000001"], "conversation_id": f"{ID}11"},
            {"id": f"{ID}52", "name": LONG_NAME, "addresses": ["+2290197000002"] * 3, "conversation_id": None},
        ],
        "next": f"{ID}52", "alike": True,
    },
    texts={"items": [_text(1, "Koffi Adjovi", " du mois"), _text(2, None, WIDE)], "next": f"{ID}22"},
    slow=True,
)  # fmt: skip
NOTHING = _found(did_you_mean=["facture"])
UNKNOWN = _found(problems=[{"code": "no_such", "field": "tag", "value": "or", "near": ["VIP", LONG_NAME]}])

SEARCH = [
    Screen("search", "/", SAM, LIVE, then(click(OPEN), see(BOX))),
    *(
        Screen(
            f"search-{name}", "/", person, LIVE, then(click(OPEN), fill(BOX, TYPED), see(shown)),
            prepare=answers(r"/api/search", lambda body=body: body),
        )
        for name, person, body, shown in (
            ("many", AWA, MANY, '[data-testid="search-text"]'),
            ("none", SAM, NOTHING, '[data-testid="search-none"]'),
            ("problem", SAM, UNKNOWN, '[data-testid="search-problem"]'),
        )
    ),
    Screen(
        "search-error", "/", SAM, LIVE,
        then(click(OPEN), fill(BOX, TYPED), see('[data-testid="search-failed"]')),
        prepare=fails(r"/api/search"), expects="status of 500",
    ),
]  # fmt: skip
