"""Two spellings are one contact, and nothing is guessed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.numbers import display, is_number, masked, normalise

BENIN = "+2290197000001"


@pytest.mark.parametrize(
    "raw",
    [
        "+229 97 00 00 01",
        "0022997000001",
        "97000001",
        "22997000001",
        "01 97 00 00 01",
        "0197000001",
        "+2290197000001",
        "002290197000001",
        "2290197000001",
        "(+229) 01-97-00-00-01",
        "+229.01.97.00.00.01",
        "tel:+229-97-00-00-01",
        "٩٧٠٠٠٠٠١",
        "+٢٢٩٩٧٠٠٠٠٠١",
        "۹۷۰۰۰۰۰۱",
        "＋２２９９７０００００１",
        "９７０００００１",
        "\u202a+229 97 00 00 01\u202c",
        "+229\u00a097\u00a000\u00a000\u00a001",
        "+229 97\u201100\u201100\u201101",
        "\t97000001\r\n",
        "97000001\x00",
    ],
)
def test_every_spelling_of_a_benin_number_is_one_person(raw: str) -> None:
    found = normalise(raw, region="BJ")
    assert (found.value, found.is_number, found.problem) == (BENIN, True, "")
    assert found.raw == raw


@pytest.mark.parametrize(
    ("raw", "region", "ton", "value"),
    [
        ("22997000001", None, 1, BENIN),
        ("2290197000001", "BJ", 1, BENIN),
        ("97000001", "BJ", 2, BENIN),
        ("0197000001", "BJ", 2, BENIN),
        ("97000001", "BJ", 1, BENIN),  # the operator says international, the digits say otherwise
        ("22997000001", "BJ", 2, BENIN),
        ("22997000001", "BJ", 0, BENIN),
        ("22997000001", "BJ", 5, BENIN),  # digits only, said to be a name
        ("22890123456", "BJ", 1, "+22890123456"),
        ("22890123456", "BJ", 0, "+22890123456"),  # can only be Togo's: the country is in the number
        ("2250707070707", "BJ", None, "+2250707070707"),
        ("90123456", "TG", None, "+22890123456"),
        ("0707070707", "CI", None, "+2250707070707"),
        ("0803 123 4567", "NG", None, "+2348031234567"),
        ("06 12 34 56 78", "FR", None, "+33612345678"),
        ("+39 06 698 82", "BJ", None, "+390669882"),
    ],
)
def test_marks_types_of_number_and_regions_are_read(raw: str, region: str, ton: int | None, value: str) -> None:
    assert normalise(raw, region=region, ton=ton).value == value


@pytest.mark.parametrize(
    "raw", ["+870773111632", "+8816 1234 5678", "+882 16 123456", "+33899123456", "+1 900 555 0123"]
)
def test_premium_and_satellite_numbers_are_numbers(raw: str) -> None:
    found = normalise(raw, region="BJ")
    assert found.is_number
    assert found.value == "+" + "".join(filter(str.isdigit, raw))


@pytest.mark.parametrize("raw", ["1919", "3334", "166", "7", "100200"])
@pytest.mark.parametrize("region", ["BJ", "FR", "US", None])
@pytest.mark.parametrize("ton", [None, 0, 1, 2, 3, 6])
def test_a_short_code_stays_as_given(raw: str, region: str | None, ton: int | None) -> None:
    found = normalise(raw, region=region, ton=ton)
    assert (found.kind, found.value, found.is_number, found.problem) == ("phone", raw, False, "")


@pytest.mark.parametrize("raw", ["MTN Benin", "MOOV", "Info-Santé", "97OOOO01", "MTN97000001", "ORANGE 229"])
@pytest.mark.parametrize("ton", [None, 0, 5])
def test_a_senders_name_stays_as_given(raw: str, ton: int | None) -> None:
    found = normalise(raw, region="BJ", ton=ton)
    assert (found.value, found.is_number, found.problem) == (raw, False, "")


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("\x00", "empty"),
        ("\ud800", "empty"),
        ("+", "no_such_number"),
        ("+1919", "too_short"),
        ("+22997000001;ext=1", "extension"),
        ("+229 97 00 00 01 ext. 12", "extension"),
        ("1234567890123456", "too_long"),
        ("+12345678901234567", "too_long"),
        ("9" * 10_000, "too_long"),
        ("+2299700000", "no_such_number"),
        ("+229029700000", "no_such_number"),
        ("+2290297000001", "no_such_number"),
        ("+99912345678", "no_such_number"),
        ("00000000", "no_such_number"),
        ("9700001", "no_such_number"),  # seven digits: nobody's in Benin
        ("++22997000001", "no_such_number"),
        ("229+97000001", "no_such_number"),
        ("*124#", "no_such_number"),
    ],
)
def test_what_is_no_number_is_kept_and_says_why(raw: str, problem: str) -> None:
    found = normalise(raw, region="BJ")
    assert (found.is_number, found.problem) == (False, problem)
    assert len(found.value) <= 254


def test_a_number_of_the_length_of_home_is_never_read_as_abroad() -> None:
    assert not normalise("3361234567", region="BJ").is_number  # ten digits, not 01: not +33 6 1234567


def test_only_phone_numbers_may_be_answered_automatically() -> None:
    assert is_number(BENIN)
    assert not any(map(is_number, ["1919", "MTN", "+1919", "", "x@savane.example"]))


def test_a_number_is_shown_in_groups_and_masked_to_its_last_digits() -> None:
    assert display(BENIN) == "+229 01 97 00 00 01"
    assert display("1919") == "1919"
    assert masked(BENIN) == "+22901••••01"
    assert masked("97000001234567899") == "97000••••99"
    assert masked("MOOV") == "••••"
    assert masked("Info-Santé") == "••••té"
    assert masked("awa@savane.example") == "a••••@savane.example"


@given(
    st.text(max_size=60),
    st.sampled_from(["BJ", "TG", "NG", "FR", "US", None, "??"]),
    st.sampled_from([None, 0, 1, 2, 5, 6, 99]),
)
def test_nothing_is_raised_and_a_stored_form_stays_what_it_is(raw: str, region: str | None, ton: int | None) -> None:
    found = normalise(raw, region=region, ton=ton)
    found.value.encode()
    assert "\x00" not in found.value
    if found.is_number:
        assert normalise(found.value, region=None).value == found.value
        assert is_number(found.value)
        assert masked(found.value) != found.value
    else:
        assert not is_number(found.value)


def test_a_known_number_costs_microseconds() -> None:
    """Loose limits: this is no bench, it catches a cache or a fast path that is gone."""
    fresh = [f"+22901{n:08d}" for n in range(97_100_000, 97_102_000)]
    normalise("+22901970000001", region="BJ")
    began = time.perf_counter()
    for raw in fresh:
        normalise(raw, region="BJ")
    cold = (time.perf_counter() - began) / len(fresh)
    began = time.perf_counter()
    for raw in fresh:
        normalise(raw, region="BJ")
    cached = (time.perf_counter() - began) / len(fresh)
    print(f"normalise: {cold * 1e6:.1f} us cold, {cached * 1e6:.2f} us cached")
    assert cold < 1e-3
    assert cached < 5e-5
