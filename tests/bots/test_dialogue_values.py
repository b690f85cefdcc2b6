"""Values as subscribers write them, and what can be none."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bots.dialogue import dates, values
from bots.dialogue.plan import Plan
from bots.embedded.engine import EmbeddedEngine

TODAY = date(2026, 11, 22)  # a Sunday
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def plan(telecom: EmbeddedEngine) -> Plan:
    assert telecom.plan is not None
    return telecom.plan


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("hier", "2026-11-21"), ("avant-hier", "2026-11-20"), ("avant hier soir", "2026-11-20"),
        ("aujourd'hui", "2026-11-22"), ("auj", "2026-11-22"), ("ce matin", "2026-11-22"),
        ("yesterday", "2026-11-21"), ("the day before yesterday", "2026-11-20"), ("today", "2026-11-22"),
        ("il y a 3 jours", "2026-11-19"), ("il y a deux semaines", "2026-11-08"), ("3 days ago", "2026-11-19"),
        ("a week ago", "2026-11-15"), ("lundi", "2026-11-16"), ("lundi dernier", "2026-11-16"),
        ("last Monday", "2026-11-16"), ("dimanche", "2026-11-15"), ("on Friday", "2026-11-20"),
        ("12/03", "2026-03-12"), ("12-03-2026", "2026-03-12"), ("12.03.26", "2026-03-12"), ("2026-03-12", "2026-03-12"),
        ("12/11/2025", "2025-11-12"), ("25/12", "2025-12-25"), ("le 12 mars", "2026-03-12"), ("1er août", "2026-08-01"),
        ("12 mars 2026", "2026-03-12"), ("March 12th", "2026-03-12"), ("3rd of may", "2026-05-03"),
        ("le 12", "2026-11-12"), ("le 30", "2026-10-30"), ("03/25", "2026-03-25"),
    ],
)  # fmt: skip
def test_a_past_day_is_found(plan: Plan, text: str, day: str) -> None:
    found = values.find(plan, ["date"], text, asked="date", language="fr", now=NOW)
    assert found.values == {"date": [day]}


@pytest.mark.parametrize(
    "text",
    ["demain", "next Monday", "32/13", "31/02", "30/02/2026", "dans 3 jours", "12/03/2027", "01/01/1999", "le 99"],
)
def test_a_day_that_cannot_be_is_none(plan: Plan, text: str) -> None:
    found = values.find(plan, ["date"], text, asked="date", language="fr", now=NOW)
    assert found.values == {}


def test_a_day_that_may_be_two_is_read_as_the_country_writes_it() -> None:
    def read(text: str, country: str) -> date | None:
        [found] = dates.find(text, today=TODAY, first=date(2025, 11, 22), last=TODAY, country=country)
        return found.day

    assert read("03/04/2026", "BJ") == date(2026, 4, 3)
    assert read("03/04/2026", "US") == date(2026, 3, 4)
    assert read("13/04/2026", "US") == date(2026, 4, 13), "there is no month 13"
    assert read("03/12/2026", "BJ") == date(2026, 3, 12), "3 December has not been yet"


def test_days_to_come_where_they_are_asked_for() -> None:
    def read(text: str) -> date | None:
        found = dates.find(text, today=TODAY, first=TODAY, last=date(2027, 11, 22), country="BJ")
        return found[0].day if found else None

    assert read("demain") == date(2026, 11, 23)
    assert read("next monday") == date(2026, 11, 23)
    assert read("dimanche") == date(2026, 11, 29)
    assert read("12 mars") == date(2027, 3, 12)
    assert read("hier") is None


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("25 000 F", "25000 F"), ("25.000", "25000 F"), ("25,000", "25000 F"),
        ("25k", "25000 F"), ("25 mille", "25000 F"),
        ("2500f", "2500 F"), ("2500 fcfa", "2500 F"), ("12,50 EUR", "12.50 EUR"), ("12.50 euros", "12.50 EUR"),
        ("50", "50 F"), ("1 250 000 francs", "1250000 F"), ("c'est 2500!", "2500 F"),
    ],
)  # fmt: skip
def test_an_amount_is_found(plan: Plan, text: str, amount: str) -> None:
    found = values.find(plan, ["amount"], text, asked="amount", language="fr", now=NOW)
    assert found.values == {"amount": [amount]}


@pytest.mark.parametrize("text", ["", "beaucoup", "1", "99999999999", "12/03/2026", "0197001234"])
def test_what_is_no_amount(plan: Plan, text: str) -> None:
    found = values.find(plan, ["date", "phone_number", "amount"], text, asked="amount", language="fr", now=NOW)
    assert "amount" not in found.values


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("97 00 12 34", "+2290197001234"), ("01 97 00 12 34", "+2290197001234"), ("+229 97001234", "+2290197001234"),
        ("au 0197001234 svp", "+2290197001234"), ("+33 6 12 34 56 78", "+33612345678"),
        ("5000 97001234", "+2290197001234"),
    ],
)  # fmt: skip
def test_a_number_is_found_in_its_one_form(plan: Plan, text: str, number: str) -> None:
    found = values.find(plan, ["phone_number"], text, asked="phone_number", language="fr", now=NOW)
    assert found.values == {"phone_number": [number]}


@pytest.mark.parametrize("text", ["12345", "0000000000", "25 000 000 F", "le 12/03/2026"])
def test_what_is_no_number(plan: Plan, text: str) -> None:
    assert values.find(plan, ["phone_number"], text, asked="phone_number", language="fr", now=NOW).values == {}


def test_three_values_of_one_text_each_in_its_slot(plan: Plan) -> None:
    names = ["amount", "date", "phone_number"]
    for text in ("2500 hier au 97001234", "hier 97001234, 2500", "97 00 12 34 le 21/11 pour 2500 f"):
        found = values.find(plan, names, text, asked="", language="fr", now=NOW)
        assert found.values == {"amount": ["2500 F"], "date": ["2026-11-21"], "phone_number": ["+2290197001234"]}, text


def test_both_values_of_a_correction_are_found_in_their_order(plan: Plan) -> None:
    found = values.find(plan, ["amount"], "pas 2500 mais 3500", asked="", language="fr", now=NOW)
    assert found.values == {"amount": ["2500 F", "3500 F"]}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("CMD12345", "CMD12345"),
        ("cmd 12345", "CMD12345"),
        ("c'est le 12345678", "12345678"),
        ("my order is 123-456", "123456"),
    ],
)
def test_a_reference_is_found_by_its_pattern(plan: Plan, text: str, number: str) -> None:
    assert values.find(plan, ["order"], text, asked="order", language="fr", now=NOW).values == {"order": [number]}
