"""Any text is a number, a kept address, or a problem in one word; and reading it again changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contacts.models import Address
from contacts.numbers import LONGEST, clean, is_number, normalise
from tests.cast import Cast

PROBLEMS = {"", "empty", "extension", "too_long", "too_short", "no_such_number"}
REGIONS = st.sampled_from(["BJ", "TG", "FR", "US", None, "??"])
TYPES = st.sampled_from([None, 0, 1, 2, 3, 5, 6, 99])
# Text, and what looks like a number to some reader: digits of all scripts, marks, letters in between, extensions.
ALMOST = st.text(
    st.one_of(st.sampled_from("0123456789+() .-;,x#/*extTEL:tel٣९９＋\u202a\u200b\u00a0\u0301"), st.characters()),
    max_size=40,
)
NUMBERISH = st.one_of(st.text(max_size=40), ALMOST, st.text("0123456789+ -", max_size=24), st.text(max_size=700))


@settings(max_examples=400)
@given(NUMBERISH, REGIONS, TYPES)
@example("A\x1f\u0300", "BJ", 0)  # the letter and its accent meet when what stands between them goes
@example("tel:tel:+22997000001", "BJ", None)
@example("a" * 253 + " b", "BJ", 5)
@example("+229 97 00 00 01x", "BJ", 5)
def test_a_canonical_form_is_its_own(raw: str, region: str | None, ton: int | None) -> None:
    once = normalise(raw, region=region, ton=ton)
    again = normalise(once.value, region=region, ton=ton)
    assert (again.value, again.is_number) == (once.value, once.is_number)
    assert once.problem in PROBLEMS and len(once.value) <= LONGEST
    assert once.raw == raw[: LONGEST * 2]
    once.value.encode()
    assert "\x00" not in once.value


@given(NUMBERISH)
def test_cleaning_twice_is_cleaning_once(raw: str) -> None:
    assert clean(clean(raw)) == clean(raw)


@given(st.integers(0, 99_999_999), st.sampled_from(["", " ", "-", ".", "\u00a0", "\u2011", "/"]))
def test_every_way_to_write_a_number_of_benin_is_one(digits: int, gap: str) -> None:
    """Eight digits until November 2024, ten since: the same person."""
    old = f"{digits:08d}"
    pairs = gap.join(old[place : place + 2] for place in range(0, 8, 2))
    wide = old.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    arabic = old.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    canonical = f"+22901{old}"
    spellings = [f"+229{gap}{pairs}", f"00229{gap}{pairs}", f"+229{gap}01{gap}{pairs}", f"+229{wide}", f"+229{arabic}"]
    for spelling in spellings:
        assert normalise(spelling, region="BJ").value == canonical
        assert normalise(spelling, region=None).value == canonical


@given(st.integers(10_000_000, 10**15))
def test_digits_without_a_mark_are_not_guessed_into_another_country(number: int) -> None:
    """Without a region nothing says whose number it is; with one, it is at home or can only be abroad."""
    assert not normalise(str(number), region=None).is_number


@pytest.mark.parametrize("name", ["+229 97 00 00 01 SA", "+22997OOOOO1", "97 00 00 01"])
def test_a_senders_name_that_looks_like_a_number_is_answered_by_nothing_automatic(name: str) -> None:
    found = normalise(name, region="BJ", ton=5)
    assert not found.is_number and not is_number(found.value)


@pytest.mark.needs("RFP-017")
async def test_all_spellings_of_a_number_are_one_contact(cast: Cast, dsn: str) -> None:
    from asgiref.sync import sync_to_async

    from tests.input.test_texts_of_subscribers import taken_in

    for raw in (
        "+229 97 00 00 01",
        "0022997000001",
        "97000001",
        "22997000001",
        "01 97 00 00 01",
        "٩٧٠٠٠٠٠١",
        "９７０００００１",
    ):
        sender = normalise(raw, region="BJ").value
        assert await taken_in(dsn, cast, [raw], sender=sender) == 0
    addresses = await sync_to_async(lambda: list(Address.objects.values_list("value", flat=True)))()
    assert addresses == ["+2290197000001"]
