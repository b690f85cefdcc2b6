"""Numbers by the million get the same answer as one number does, only sooner."""

from __future__ import annotations

import random
import time

import phonenumbers
import pytest
from phonenumbers import PhoneMetadata, PhoneNumberType

from contacts import numbers
from contacts.quick_numbers import number_of, quick

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
TYPES = range(PhoneNumberType.FIXED_LINE, PhoneNumberType.VOICEMAIL + 1)


def nationals(region: str, rng: random.Random) -> list[str]:
    """Numbers of a country, some of them with digits changed, one too many or one too few."""
    found = []
    for kind in TYPES:
        example = phonenumbers.example_number_for_type(region, kind)
        for _ in range(3 if example else 0):
            digits = list(phonenumbers.national_significant_number(example))
            for _ in range(rng.randint(0, 2)):
                digits[rng.randrange(len(digits))] = str(rng.randrange(10))
            found.append("".join(digits)[: len(digits) - rng.choice((0, 0, 0, 1))] + rng.choice(("", "", "", "1")))
    return found


def spellings(region: str, national: str) -> list[str]:
    code = phonenumbers.country_code_for_region(region)
    prefix = PhoneMetadata.metadata_for_region(region).national_prefix or "0"
    return [
        f"+{code}{national}", f"00{code}{national}", f"{code}{national}", national, f"{prefix}{national}",
        f"+{code}{prefix}{national}", f"+{code} {national[:3]}-{national[3:]}", f" ({national[:2]}) {national[2:]}",
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(2))
def test_the_short_way_answers_as_the_long_one_in_every_country(seed: int) -> None:
    rng = random.Random(seed)
    asked = answered = 0
    judge = numbers._normalise.__wrapped__
    for region in rng.sample(REGIONS, 120):
        for raw in (raw for national in nationals(region, rng) for raw in spellings(region, national)):
            asked += 1
            found = quick(raw, region)
            if found is not None:
                answered += 1
                assert (found, True) == (judge(raw, region, None).value, judge(raw, region, None).is_number), raw
    print(f"{answered} of {asked} answered the short way")
    assert answered > asked / 3


@pytest.mark.parametrize(
    "raw",
    [
        "0197000001", "97000001", "+2290197000001", "0022997000001", "22997000001", "2290197000001",
        "+229 01 97 00 00 01", "97-00-00-01", "(97) 00 00 01",
    ],
)  # fmt: skip
def test_benins_spellings_of_before_and_of_now_are_one_number(raw: str) -> None:
    assert number_of(raw, "BJ") == ("+2290197000001", "")
    assert quick(raw, "BJ") == "+2290197000001"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "empty"), ("abc", "not_a_number"), ("1919", "not_a_number"), ("+2290197", "no_such_number"),
        ("0197000001 x12", "extension"), ("01970000010000000", "too_long"), ("+12", "too_short"),
        ("2,29E+12", "not_a_number"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_told_why(raw: str, reason: str) -> None:
    number, found = number_of(raw, "BJ")
    assert number == ""
    assert found == reason


def test_digits_of_other_scripts_are_left_to_the_judge() -> None:
    assert quick("٠١٩٧٠٠٠٠٠١", "BJ") is None
    assert number_of("٠١٩٧٠٠٠٠٠١", "BJ") == ("+2290197000001", "")


def test_a_million_numbers_are_read_in_seconds() -> None:
    """Measured on 50,000 different ones; printed always, asserted loosely."""
    rng = random.Random(1)
    raws = [f"+22901{rng.randrange(40_000_000, 100_000_000)}" for _ in range(50_000)]
    began = time.perf_counter()
    assert all(not number_of(raw, "BJ")[1] for raw in raws)
    rate = len(raws) / (time.perf_counter() - began)
    print(f"{rate:,.0f} numbers a second")
    assert rate > 30_000
