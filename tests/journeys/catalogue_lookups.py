"""The screens of look-ups: a part of the catalogue."""

from __future__ import annotations

from typing import Any

from tests.journeys.catalogue import (
    EMPTY,
    FATOU,
    FIRST_EDIT,
    FORM,
    LONG_NAME,
    SAVE,
    TABLE,
    Screen,
    click,
    fails,
    fill,
    see,
    then,
)
from tests.journeys.catalogue_new_texts import answers

SQL, REST = (f"01939a5e-0000-7000-8000-00000000000{n}" for n in (1, 2))
NUMBER = {"name": "number", "origin": "number", "form": "e164", "slot": ""}
MONTH = {"name": "month", "origin": "slot", "form": "integer", "slot": "month"}


def source(id_: str, name: str, kind: str, settings: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {
        "id": id_, "name": name, "kind": kind, "settings": settings, "connect_ms": 500, "is_enabled": True,
        "has_secret": True, **other,
    }  # fmt: skip


def look_up(n: int, name: str, source_id: str, **other: Any) -> dict[str, Any]:
    return {
        "id": f"01939a5e-0000-7000-8000-0000000001{n:02}", "name": name, "source_id": source_id, "query": "",
        "parameters": [NUMBER], "method": "GET", "path": "", "body": "", "rows_at": "", "columns": [], "most_rows": 5,
        "time_ms": 1000, "cached_s": 0, "is_sensitive": False, "is_enabled": True, **other,
    }  # fmt: skip


LOOK_UPS = {
    "sources": [
        source(SQL, "Facturation", "sql",
               {"host": "billing.savane.example", "port": 5432, "database": "billing", "user": "palabre_reader"}),
        source(REST, "Comptes", "rest", {"url": "https://comptes.savane.example/api", "auth": "bearer"},
               is_enabled=False),
    ],
    "items": [
        look_up(1, "solde", SQL, query="select balance, currency from account where msisdn = {number}", cached_s=30),
        look_up(2, "derniere_facture", REST, path="/accounts/{number}/bills?month={month}", rows_at="data.rows",
                parameters=[NUMBER, MONTH], columns=[{"name": "montant", "path": "amount.value"}], is_sensitive=True),
        look_up(3, "agences", SQL, query="select name from agency where city = {month}", parameters=[MONTH],
                is_enabled=False),
    ],
}  # fmt: skip
LONG = {
    "sources": [source(SQL, LONG_NAME[:80], "sql",
                       {"host": f"{'rakoto' * 9}.example", "port": 5432, "database": "b" * 60, "user": "r"})],
    "items": [look_up(1, "a" * 40, SQL, is_sensitive=True, is_enabled=False, cached_s=300)],
}  # fmt: skip
FOUND = {"outcome": "found", "why": "", "hint": "", "ms": 12,
         "rows": [{"balance": "1250.50", "currency": "XOF"}, {"balance": "77", "currency": "XOF"}]}  # fmt: skip
FAILED = {"outcome": "failed", "why": "query", "hint": '42P01 relation "acount" does not exist', "ms": 9, "rows": []}
REFUSED = {"result": "tls", "hint": "", "ms": 31, "may_write": 0}
MAY_WRITE = {"result": "ok", "hint": "", "ms": 14, "may_write": 3}

here = answers("/api/admin/lookups", LOOK_UPS)
TRY = '[data-testid="try-lookup"]'
TEST = '[data-testid="test-source"]'
NUMBER_FIELD = "#lookup-number"


def both(*prepared: Any) -> Any:
    def prepare(page: Any) -> None:
        for one in prepared:
            one(page)

    return prepare


def tried(name: str, answer: dict[str, Any]) -> Screen:
    return Screen(
        name, "/admin/lookups", FATOU, TABLE,
        then(
            click(TRY), fill(NUMBER_FIELD, "0197000001"), click('[data-testid="run-lookup"]'),
            see(f'[data-testid="lookup-tried"][data-outcome="{answer["outcome"]}"]'),
        ),
        prepare=both(here, answers("/api/admin/lookups/[^/]+/try", answer)),
    )  # fmt: skip


def tested(name: str, answer: dict[str, Any]) -> Screen:
    return Screen(
        name, "/admin/lookups", FATOU, TABLE,
        then(click(TEST), see(f'[data-testid="source-tested"][data-result="{answer["result"]}"]')),
        prepare=both(here, answers("/api/admin/lookup-sources/[^/]+/test", answer)),
    )  # fmt: skip


LOOK_UP_SCREENS: list[Screen] = [
    Screen("admin-lookups-empty", "/admin/lookups", FATOU, EMPTY),
    Screen("admin-lookups", "/admin/lookups", FATOU, TABLE, prepare=here),
    Screen("admin-lookups-long", "/admin/lookups", FATOU, TABLE, prepare=answers("/api/admin/lookups", LONG)),
    Screen(
        "admin-lookups-error", "/admin/lookups", FATOU, EMPTY, prepare=fails("/api/admin/lookups"),
        expects="status of 500",
    ),
    Screen("admin-lookup-form", "/admin/lookups", FATOU, TABLE, then(click(FIRST_EDIT), see(FORM)), prepare=here),
    Screen(
        "admin-lookup-new", "/admin/lookups", FATOU, TABLE,
        then(click('[data-testid="add"]'), see(FORM), click('[data-testid="add-parameter"]')), prepare=here,
    ),
    Screen(
        "admin-lookup-source-new", "/admin/lookups", FATOU, EMPTY,
        then(click('[data-testid="add-rest"]'), see(FORM)),
    ),
    Screen(
        "admin-lookup-source-refused", "/admin/lookups", FATOU, EMPTY,
        then(click('[data-testid="add-sql"]'), click(SAVE), see("dialog [aria-invalid=true]")), expects="status of 4",
    ),
    tried("admin-lookup-tried", FOUND),
    tried("admin-lookup-try-failed", FAILED),
    tested("admin-lookup-source-tested", MAY_WRITE),
    tested("admin-lookup-source-test-failed", REFUSED),
]  # fmt: skip
