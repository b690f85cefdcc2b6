"""The filter's word: the first check that holds, with what each saw; the usual way where none does. Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.attributes import Compare
from routing.front_filter import LONGEST_READ, Check, Facts, Kind, Outcome, Way, decide, says

PARTNERS, VIP, OFFER, QUEUE = (UUID(int=n) for n in range(1, 5))
ADMIT, REFUSE = Way(Outcome.ADMIT, QUEUE, 5), Way(Outcome.ANSWER, reply="Réservé aux partenaires.")
SOMEBODY = Facts(number="+2290197000001", language="fr", is_open=True, text="Bonjour")


def check(kind: Kind, way: Way = ADMIT, n: int = 9, **fields) -> Check:
    return Check(UUID(int=n), kind, way, **fields)


@pytest.mark.needs("MCE-008", part="the decision")
def test_a_partner_is_let_in_and_anybody_else_gets_the_answer() -> None:
    checks = [check(Kind.IN_LIST, thing=PARTNERS)]
    partner = decide(checks, REFUSE, replace(SOMEBODY, lists=frozenset({PARTNERS})))
    assert (partner.way, partner.place) == (ADMIT, 1)
    assert [(step.passed, step.seen) for step in partner.trace] == [(True, "in")]
    other = decide(checks, REFUSE, SOMEBODY)
    assert (other.way, other.check, other.place) == (REFUSE, None, 0)
    assert [(step.passed, step.seen) for step in other.trace] == [(False, "out")]


def test_the_first_check_that_holds_decides_and_the_rest_is_not_asked() -> None:
    second = Way(Outcome.BOT)
    checks = [check(Kind.TAG, thing=VIP), check(Kind.LANGUAGE, second, value="fr"), check(Kind.HOURS, value="open")]
    found = decide(checks, REFUSE, SOMEBODY)
    assert (found.way, found.place) == (second, 2)
    assert [(one.place, one.passed, one.seen) for one in found.trace] == [(1, False, "none"), (2, True, "fr")]


@pytest.mark.parametrize(
    ("one", "facts", "seen"),
    [
        (check(Kind.NOT_IN_LIST, thing=PARTNERS), {}, "out"),
        (check(Kind.TAG, thing=VIP), {"tags": frozenset({VIP})}, "has"),
        (check(Kind.ATTRIBUTE, thing=OFFER, type="number", compare=Compare.MORE, value="10"),
         {"attributes": {OFFER: "12"}}, "12"),
        (check(Kind.ATTRIBUTE, thing=OFFER, type="text", compare=Compare.UNSET), {}, ""),
        (check(Kind.LANGUAGE, value="en"), {"language": "en"}, "en"),
        (check(Kind.HOURS, value="closed"), {"is_open": False}, "closed"),
        (check(Kind.KEYWORD, words=("solde", "Réclamation")), {"text": "Une RECLAMATION, svp"}, "Réclamation"),
    ],
)  # fmt: skip
def test_each_kind_of_check_holds_for_whom_it_means_and_tells_what_it_saw(one: Check, facts: dict, seen: str) -> None:
    found = decide([one], REFUSE, replace(SOMEBODY, **facts))
    assert (found.way, found.trace[0].seen) == (ADMIT, seen)
    other = {"lists": frozenset({PARTNERS}), "attributes": {OFFER: "9"}, "text": "Bonjour", "language": "fr"}
    assert decide([one], REFUSE, replace(SOMEBODY, **other)).way == REFUSE


@pytest.mark.parametrize(
    ("text", "word", "said"),
    [
        ("Mon solde ?", "SOLDE", True), ("mon soldé", "solde", True), ("soldes", "solde", False),
        ("je veux parler à un conseiller", "parler a un", True), ("", "solde", False), ("solde", "!", False),
        ("a" * 5000 + " solde", "solde", False),
    ],
)  # fmt: skip
def test_words_are_found_whole_whatever_their_accents(text: str, word: str, said: bool) -> None:
    assert says(text, word) is said


kinds = st.sampled_from(list(Kind))
things = st.sampled_from([PARTNERS, VIP, OFFER, None])
ways = st.builds(Way, st.sampled_from(list(Outcome)), priority=st.integers(0, 100))
anything = st.builds(
    Check, st.uuids(), kinds, ways, thing=things, compare=st.sampled_from(list(Compare)), value=st.text(max_size=10),
    words=st.lists(st.text(max_size=8), max_size=3).map(tuple), type=st.sampled_from(["text", "number", "date", ""]),
)  # fmt: skip
known = st.builds(
    Facts, number=st.text(), language=st.text(max_size=3), is_open=st.booleans(), text=st.text(max_size=60),
    lists=st.frozensets(st.sampled_from([PARTNERS, VIP])), tags=st.frozensets(st.sampled_from([PARTNERS, VIP])),
    attributes=st.dictionaries(st.sampled_from([OFFER]), st.text(max_size=8)),
)  # fmt: skip


@given(st.lists(anything, max_size=6), known)
def test_whatever_is_asked_there_is_one_answer_and_its_trace_ends_with_what_decided(checks, facts) -> None:
    found = decide(checks, REFUSE, facts)
    assert found == decide(checks, REFUSE, facts)
    assert [step.place for step in found.trace] == list(range(1, len(found.trace) + 1))
    assert [step.passed for step in found.trace[:-1]] == [False] * (len(found.trace) - 1 if found.trace else 0)
    if found.check is None:
        assert (found.way, len(found.trace)) == (REFUSE, len(checks))
    else:
        assert (found.way, found.trace[-1].passed) == (found.check.way, True)


def test_a_text_is_taken_apart_once_whatever_is_asked_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text of signs that are eighteen each, and fifteen hundred words: seconds for each of a wave, otherwise."""
    looked_at = 0
    category = unicodedata.category

    def counted(sign: str) -> str:
        nonlocal looked_at
        looked_at += 1
        return category(sign)

    monkeypatch.setattr("routing.front_filter.unicodedata.category", counted)
    words = [[f"mot{check}x{word}" for word in range(30)] for check in range(50)]
    checks = [Check(UUID(int=n), Kind.KEYWORD, Way(Outcome.ADMIT), words=tuple(some)) for n, some in enumerate(words)]
    for text in ("\ufdfa" * 2000, "Bonjour"):
        facts = Facts(number="+2290197000001", language="fr", is_open=True, text=text)
        assert decide(checks, Way(Outcome.ANSWER), facts).check is None
    asked = sum(len(word) for some in words for word in some)
    assert looked_at <= LONGEST_READ + asked + len("Bonjour")
