"""A value has the type of its attribute, one form, and compares as its type does."""

from __future__ import annotations

import pytest

from common.errors import Invalid
from contacts.attributes import Compare, holds, value_of

CHOICES = ["Or", "Argent"]


@pytest.mark.parametrize(
    ("type_", "raw", "kept"),
    [
        ("text", "  Cotonou   centre ", "Cotonou centre"),
        ("number", "12,50", "12.5"), ("number", "-0", "0"), ("number", "1 200", "1200"), ("number", "+7", "7"),
        ("date", "2026-11-30", "2026-11-30"), ("date", "30/11/2026", "2026-11-30"), ("date", "1.2.2026", "2026-02-01"),
        ("choice", "or", "Or"),
        ("boolean", "Oui", "true"), ("boolean", "0", "false"),
    ],
)  # fmt: skip
def test_a_value_is_kept_in_one_form(type_: str, raw: str, kept: str) -> None:
    assert value_of(type_, CHOICES, raw) == kept
    assert value_of(type_, CHOICES, kept) == kept


@pytest.mark.parametrize(
    ("type_", "raw"),
    [
        ("text", ""), ("text", "x" * 301), ("text", "a\u202eb"), ("number", "douze"), ("number", "1e9"),
        ("number", "١٢"), ("date", "31/02/2026"), ("date", "demain"), ("choice", "Bronze"), ("boolean", "peut-être"),
    ],
)  # fmt: skip
def test_what_is_of_another_type_is_refused(type_: str, raw: str) -> None:
    with pytest.raises(Invalid) as refused:
        value_of(type_, CHOICES, raw)
    assert refused.value.field == "value"


@pytest.mark.parametrize(
    ("type_", "compare", "has", "wanted", "held"),
    [
        ("number", "less", "9", "10", True), ("number", "less", "10", "9", False),
        ("number", "more", "10", "9.5", True),
        ("date", "less", "2026-01-31", "2026-11-01", True), ("date", "more", "2026-01-31", "2026-11-01", False),
        ("text", "is", "Cotonou", "COTONOU", True), ("text", "is_not", "Parakou", "Cotonou", True),
        ("text", "less", "a", "b", False), ("choice", "is", "Or", "Or", True),
        ("boolean", "is", "true", "false", False),
        ("text", "is", None, "x", False), ("text", "is_not", None, "x", True), ("number", "less", None, "1", False),
        ("text", "set", "x", "", True), ("text", "set", None, "", False), ("text", "unset", None, "", True),
        ("number", "more", "pas un nombre", "1", False),
    ],
)  # fmt: skip
def test_values_compare_as_their_type_does(type_: str, compare: str, has: str | None, wanted: str, held: bool) -> None:
    assert holds(type_, Compare(compare), has, wanted) is held
