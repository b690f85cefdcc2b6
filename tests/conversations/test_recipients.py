"""Numbers as they are typed and pasted: each once, in its one form, or why it is none."""

from __future__ import annotations

import pytest

from common.errors import Invalid
from conversations.recipients import MOST_SPELLED, recognise


def test_four_spellings_of_one_number_are_one_number() -> None:
    spelled = ["01 97 00 00 01", "+229 01 97 00 00 01", "00229 0197000001", "97000001"]
    [one], repeated = recognise(spelled, region="BJ")
    assert (one.given, one.number, one.problem) == ("01 97 00 00 01", "+2290197000001", "")
    assert repeated == spelled[1:]


@pytest.mark.parametrize(
    ("spelled", "problem"),
    [
        ("1919", "not_a_number"),
        ("Awa", "not_a_number"),
        ("\u2060", "not_a_number"),  # nothing that shows
        ("01 97", "not_a_number"),  # a short code, for all that can be known
        ("+22", "number_too_short"),
        ("0197000001 0197000002", "number_too_long"),  # two, with nothing between them
        ("+229 99 99 99 99 99 99", "no_such_number"),
        ("0197000001 poste 12", "not_a_number"),
    ],
)
def test_what_is_no_number_says_why(spelled: str, problem: str) -> None:
    [one], _ = recognise([spelled], region="BJ")
    assert (one.number, one.problem) == (spelled, problem)


def test_what_is_empty_is_left_out_and_the_order_stays() -> None:
    found, repeated = recognise(["", " ", "+22670123456", "0197000001", "x" * 500, "x" * 500], region="BJ")
    assert [one.number for one in found] == ["+22670123456", "+2290197000001", "x" * 100]
    assert len(repeated) == 1


def test_what_the_database_cannot_hold_is_no_number_or_makes_no_difference() -> None:
    found, _ = recognise(["\ud800", "01 97\x00 00 00 01", "\x00"], region="BJ")
    assert [(one.number, one.problem) for one in found] == [("\ufffd", "no_such_number"), ("+2290197000001", "")]


def test_a_list_that_nobody_has_typed_is_refused_before_it_is_read() -> None:
    with pytest.raises(Invalid, match="at most 100"):
        recognise(["0197000001"] * (MOST_SPELLED + 1), region="BJ")
