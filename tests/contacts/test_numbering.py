"""Numbering plans as data, and prefixes in one form."""

from __future__ import annotations

import random

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers.carrier import name_for_valid_number

from contacts.numbering import apart, plan_of, prefix_of, regions


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("+22901 97", "+2290197"),
        ("0022670", "+22670"),
        ("22670", "+22670"),
        ("+229 97", "+2290197"),  # of the plan of eight digits
        ("+229", "+229"),
        ("+33 6 12", "+33612"),
        ("٢٢٩٠١", "+22901"),
    ],
)
def test_a_prefix_has_one_form(given: str, expected: str) -> None:
    assert prefix_of(given) == expected


@pytest.mark.parametrize("given", ["", "+", "abc", "+229x", "00", "+9990", "+2290197000001234", "01 97"])
def test_what_is_no_prefix_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match=r"no beginning|longer|country"):
        prefix_of(given)


@given(st.text(max_size=20))
def test_a_prefix_that_is_taken_stays_as_it_is(text: str) -> None:
    try:
        once = prefix_of(text)
    except ValueError:
        return
    assert prefix_of(once) == once


@pytest.mark.parametrize("region", ["BJ", "BF", "FR", "CI", "TG", "SN"])
def test_a_plan_names_the_operator_that_the_numbering_plan_names(region: str) -> None:
    chance = random.Random(region)
    plan = plan_of(region)
    assert len(plan) >= 2
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    length = len(str(example.national_number)) + (example.italian_leading_zero or False)
    code = f"+{example.country_code}"
    for prefixes in plan.values():
        for prefix in chance.sample(prefixes, min(len(prefixes), 20)):
            rest = length + len(code) - len(prefix)
            number = prefix + "".join(chance.choice("0123456789") for _ in range(max(0, rest)))
            parsed = phonenumbers.parse(number)
            fitting = {name for name, some in plan.items() for one in some if number.startswith(one)}
            assert fitting == {name_for_valid_number(parsed, "en")}, number


def test_every_country_of_the_library_has_a_plan_or_an_empty_one() -> None:
    assert {"BJ", "BF", "FR"} <= set(regions())
    assert set(plan_of("BJ")) == {"Celtiis", "MTN", "Moov"}
    assert plan_of("VA") is not None


ranges = st.dictionaries(st.text("012", min_size=1, max_size=4), st.sampled_from("ABC"), max_size=12)


@given(ranges, st.text("012", min_size=4, max_size=6))
def test_one_operators_prefixes_hold_his_numbers_and_nobody_elses(plan: dict[str, str], number: str) -> None:
    fitting = [prefix for prefix in plan if number.startswith(prefix)]
    whose = plan[max(fitting, key=len)] if fitting else None
    for operator in "ABC":
        assert any(number.startswith(one) for one in apart(operator, plan)) == (operator == whose)
