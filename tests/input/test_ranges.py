"""What a Range header asks for (RFC 9110, section 14): one part, all of it, or nothing that is there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.ranges import Unsatisfiable, range_of


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("bytes=0-0", (0, 1)), ("bytes=0-99", (0, 100)), ("bytes=0-999", (0, 100)), ("bytes=99-", (99, 1)),
        ("bytes=-1", (99, 1)), ("bytes=-1000", (0, 100)), ("Bytes = 5-6", (5, 2)), ("bytes=10-", (10, 90)),
        # All of it: no range, several, another unit, an end before its beginning.
        ("", None), ("bytes=-", None), ("bytes=a-b", None), ("bytes=0-1,5-6", None), ("items=0-1", None),
        ("bytes=9-3", None), ("bytes=1", None), ("bytes=٣-٤", None), ("bytes=--5", None),
    ],
)  # fmt: skip
def test_what_is_asked_of_a_hundred_octets(header, found):
    assert range_of(header, 100) == found


@pytest.mark.parametrize(
    ("header", "length"), [("bytes=100-", 100), ("bytes=-0", 100), ("bytes=0-", 0), ("bytes=-5", 0)]
)
def test_what_lies_beyond_the_end_is_nothing(header, length):
    with pytest.raises(Unsatisfiable):
        range_of(header, length)


@given(st.text(max_size=40) | st.from_regex(r"bytes=\d{0,20}-\d{0,20}", fullmatch=True), st.integers(0, 1000))
def test_whatever_is_asked_stays_within_what_is_there(header, length):
    try:
        found = range_of(header, length)
    except Unsatisfiable:
        return
    if found is not None:
        first, count = found
        assert first >= 0
        assert 1 <= count <= length - first
