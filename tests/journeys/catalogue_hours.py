"""The screens of hours, response times and promised callbacks: a part of the catalogue."""

from __future__ import annotations

from tests.journeys.catalogue import (
    AWA,
    EMPTY,
    FATOU,
    FORM,
    LONG_NAME,
    MESSAGE,
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
from tests.journeys.catalogue_new_texts import ID, answers

OFFICE = [[480, 750], [840, 1080]]


def holiday(key: str, french: str, english: str, day: str, state: str) -> dict:
    return {
        "country": "BJ", "year": 2027, "key": key, "name_fr": french, "name_en": english, "estimate": day,
        "day": None if state == "dropped" else day, "state": state,
    }  # fmt: skip


def schedule(number: int, name: str, *, is_open: bool) -> dict:
    return {
        "id": f"{ID}{number}", "name": name, "country": "BJ", "revision": 1, "is_open": is_open,
        "week": [*[OFFICE] * 4, [*OFFICE, [1320, 1560]], [[0, 1440]], []], "changes_at": "2027-03-01T07:00:00Z",
        "special_days": [
            {
                "id": f"{ID}{number + 2}", "first": "2027-12-28", "last": "2027-12-31", "spans": [],
                "reason": f"Inventaire {name}"[:120], "says_fr": "", "says_en": "",
            },
        ],
    }  # fmt: skip


HOURS = {
    "items": [schedule(1, "Bureau", is_open=True), schedule(2, LONG_NAME, is_open=False)],
    "holidays": [
        holiday("new-year-s-day", "Fête du Nouvel An", "New Year's Day", "2027-01-01", "certain"),
        holiday("eid-al-fitr", "Jour du Ramadan", "Eid al-Fitr", "2027-03-10", "confirmed"),
        holiday("eid-al-adha", "Jour de la Tabaski", "Eid al-Adha", "2027-05-16", "to_confirm"),
        holiday("prophet-s-birthday", "Journée Maouloud", "Prophet's Birthday", "2027-08-14", "dropped"),
    ],
    "countries": ["BF", "BJ", "FR"],
    "time_zone": "Africa/Porto-Novo",
}
SHOWN = answers("/api/admin/schedules$", HOURS)
CARD = '[data-testid="schedule"]'
TEXT = '[data-testid="after-hours-en"]'

HOURS_SCREENS: list[Screen] = [
    Screen("admin-hours", "/admin/hours", FATOU, CARD, see(TEXT), prepare=SHOWN),
    Screen("admin-hours-empty", "/admin/hours", FATOU, TEXT),
    Screen(
        "admin-hours-error",
        "/admin/hours",
        FATOU,
        EMPTY,
        prepare=fails("/api/admin/schedules"),
        expects="status of 500",
    ),
    Screen(
        "admin-hours-new", "/admin/hours", FATOU, CARD, then(click('[data-testid="add"]'), see(FORM)), prepare=SHOWN
    ),
    Screen(
        "admin-hours-refused",
        "/admin/hours",
        FATOU,
        TEXT,
        then(
            click('[data-testid="add"]'),
            fill("#schedule-name", "Contradictoire"),
            fill('[data-testid="day-tue"] input[inputmode=numeric] >> nth=1', "07:00"),
            click(SAVE),
            see('[data-testid="day-tue"] [role=alert]'),
        ),
        expects="status of 422",
    ),
    Screen(
        "admin-special-days",
        "/admin/hours",
        FATOU,
        CARD,
        then(click('[data-testid="add-special"]'), click('[data-testid="special-opens"]'), see(FORM)),
        prepare=SHOWN,
    ),
    Screen("admin-targets", "/admin/targets", FATOU, TABLE),
    Screen("admin-targets-long", "/admin/targets", FATOU, TABLE, prepare=long_names),
    Screen("admin-targets-empty", "/admin/targets", FATOU, TABLE, prepare=nothing_there),
    Screen(
        "admin-targets-form",
        "/admin/targets",
        FATOU,
        TABLE,
        then(click("tbody th button"), fill("#target-first_s", "bientôt"), click(SAVE), see("#target-first_s-error")),
    ),
    Screen(
        "callback-dialog",
        "/?view=all&c={open}",
        AWA,
        MESSAGE,
        then(click('[data-testid="callback"]'), see('[data-testid="callback-save"]')),
    ),
]
