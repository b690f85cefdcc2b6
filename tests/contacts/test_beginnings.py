"""What a stored number may begin with, where only a beginning was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.numbers import beginnings, normalise


@pytest.mark.parametrize(
    ("written", "region", "stored"),
    [
        ("01 97", "BJ", "+2290197000001"),
        ("97 00", "BJ", "+2290197000001"),
        ("+229 01", "BJ", "+2290197000001"),
        ("00229 01", "BJ", "+2290197000001"),
        ("229 01", "BJ", "+2290197000001"),
        ("06 12", "FR", "+33612345678"),
        ("6 12", "FR", "+33612345678"),
        ("70", "BF", "+22670000001"),
        ("191", "BJ", "1919"),
        ("Sava", "BJ", "Savane"),
    ],
)
def test_the_beginning_of_a_number_finds_it_as_it_is_written_at_home_and_abroad(
    written: str, region: str, stored: str
) -> None:
    assert any(stored.startswith(one) for one in beginnings(written, region=region))


@given(st.text(max_size=50))
def test_anything_at_all_has_few_beginnings_and_none_is_empty(text: str) -> None:
    found = beginnings(text, region="BJ")
    assert len(found) < 6 and all(found)


@given(st.integers(min_value=0, max_value=99_999_999), st.integers(min_value=5, max_value=10))
def test_each_beginning_of_a_number_at_home_finds_it(number: int, length: int) -> None:
    written = f"01{number:08d}"
    stored = normalise(written, region="BJ")
    if stored.is_number:
        assert any(stored.value.startswith(one) for one in beginnings(written[:length], region="BJ"))
