"""What is typed into the search box, taken apart: nothing is passed over, and nothing raises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.search_people import digits_of, slips
from inbox.search_query import FIELDS, Problem, Query, Wanted, fold, marked, parse, says, written

WORDS = st.text(st.characters(categories=["Ll", "Lu", "Nd"]), min_size=1, max_size=12)
PHRASES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)
VALUES = {
    "state": st.sampled_from(["bot", "queued", "open", "snoozed", "closed"]),
    "has": st.just("attachment"),
    "before": st.dates().map(lambda day: day.isoformat()),
    "after": st.dates().map(lambda day: day.isoformat()),
}
FIELD = st.sampled_from(FIELDS).flatmap(
    lambda name: st.builds(Wanted, st.just(name), VALUES.get(name, st.one_of(WORDS, PHRASES)))
)


def _normal(text: str) -> str:
    import unicodedata

    return unicodedata.normalize("NFC", text)


@given(st.text(max_size=310))
def test_anything_may_be_typed(typed: str) -> None:
    query = parse(typed)
    assert all(says(one) for one in (*query.words, *query.phrases))
    assert {one.field for one in query.fields} <= set(FIELDS)


@given(
    st.lists(WORDS.map(_normal), max_size=3), st.lists(PHRASES.map(_normal), max_size=2), st.lists(FIELD, max_size=3)
)
def test_what_is_written_is_read_again(words: list[str], phrases: list[str], fields: list[Wanted]) -> None:
    query = Query(
        tuple(one for one in words if says(one)),
        tuple(" ".join(one.split()) for one in phrases if says(one)),
        tuple(Wanted(one.field, _normal(one.value)) for one in fields),
    )
    assert parse(written(query)) == query


@given(WORDS.filter(lambda one: one.isalpha() and fold(one) not in FIELDS), WORDS)
def test_an_unknown_field_is_said_or_is_a_field_in_french(name: str, value: str) -> None:
    query = parse(f"{name}:{value}")
    assert query.problems or query.fields, "neither ignored nor taken for a word"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("facture", Query(words=("facture",))),
        ('"pas reçu" facture', Query(words=("facture",), phrases=("pas reçu",))),
        ("de:Awa étiquette:vip", Query(fields=(Wanted("from", "Awa"), Wanted("tag", "vip")))),
        ('tag:"à rappeler" état:ouverte', Query(fields=(Wanted("tag", "à rappeler"), Wanted("state", "open")))),
        ("after:30/11/2026", Query(fields=(Wanted("after", "2026-11-30"),))),
        ("has:pj", Query(fields=(Wanted("has", "attachment"),))),
        ("before:demain", Query(problems=(Problem("bad_date", "before", "demain"),))),
        ("state:parti", Query(problems=(Problem("unknown_value", "state", "parti"),))),
        ("couleur:bleu", Query(problems=(Problem("unknown_field", "couleur", "bleu"),))),
        ("tag:", Query(problems=(Problem("empty_field", "tag", ""),))),
        ("12:30", Query(words=("12:30",))),
        ("https://savane.bj", Query(words=("https://savane.bj",))),
        ('"sans fin', Query(phrases=("sans fin",))),
        ("!! ?", Query()),
    ],
)  # fmt: skip
def test_how_it_is_written(typed: str, expected: Query) -> None:
    assert parse(typed) == expected


@given(st.text(max_size=400), st.lists(WORDS, max_size=2), st.lists(PHRASES, max_size=1))
def test_an_excerpt_is_of_the_text_and_marks_what_was_found(body: str, words: list[str], phrases: list[str]) -> None:
    parts = marked(body, Query(tuple(words), tuple(phrases)))
    said = "".join(one.text for one in parts).strip("…")
    assert said in " ".join(body.split()) or said == " ".join(body.split())[: len(said)]
    assert len(said) <= 220


def test_the_word_is_marked_through_its_accents() -> None:
    assert list(marked("Ma réclamation, s'il vous plaît", Query(("reclam",)))) == [
        ("Ma ", False), ("réclam", True), ("ation, s'il vous plaît", False),
    ]  # fmt: skip
    assert [one.text for one in marked("Un cœur", Query(("coeur",))) if one.hit] == ["cœur"]


def test_slips_of_a_number() -> None:
    assert "+2290197000010" in slips("+2290197000001") and "+229019700001" in slips("+2290197000001")
    assert "+2290197000001" not in slips("+2290197000001")
    assert digits_of("01 97 00-00") == "01970000" and digits_of("C-77") == "" and digits_of("123") == ""
