"""The rules of a line: the first that holds decides, every rule tells what it saw, nobody matches nowhere. Pure."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.attributes import Compare
from routing import front_filter
from routing.front_filter import Kind
from routing.workflow import Condition, Facts, More, Rule, Verdict, ask, route, span_of

BILLS, SALES, OFF = (UUID(int=n) for n in range(1, 4))
VIP, OFFER = UUID(int=8), UUID(int=9)
ON = frozenset({BILLS, SALES})
PERSON = front_filter.Facts(number="+2290197000001", language="fr", is_open=True, text="Ma facture est fausse")
WEDNESDAY = Facts(PERSON, weekday=3, minute=14 * 60 + 5, intents=("bill_wrong", "human"), confidence=0.91)


def rule(queue: UUID, *conditions: Condition, n: int = 1, **fields) -> Rule:
    return Rule(UUID(int=100 + n), queue, conditions, **fields)


def intent(*names: str) -> Condition:
    return Condition(More.INTENT, words=names)


def test_the_first_rule_that_holds_decides_and_those_after_it_tell_what_they_saw() -> None:
    rules = [rule(SALES, intent("offers")), rule(BILLS, intent("bill_wrong"), n=2), rule(SALES, n=3)]
    found = route(rules, WEDNESDAY, ON)
    assert (found.rule, found.place, found.skipped) == (rules[1], 2, [])
    assert [one.verdict for one in found.trace] == [Verdict.FAILED, Verdict.TAKEN, Verdict.LATER]
    assert [[(step.passed, step.seen) for step in one.steps] for one in found.trace] == [
        [(False, "bill_wrong, human")], [(True, "bill_wrong")], [],
    ]  # fmt: skip


def test_a_rule_holds_when_all_its_conditions_do_and_each_says_so() -> None:
    both = rule(BILLS, Condition(Kind.KEYWORD, words=("FACTURE",)), Condition(Kind.LANGUAGE, value="en"))
    found = route([both], WEDNESDAY, ON)
    assert found.rule is None
    assert [(step.place, step.passed, step.seen) for step in found.trace[0].steps] == [
        (1, True, "FACTURE"), (2, False, "fr"),
    ]  # fmt: skip
    english = replace(WEDNESDAY, person=replace(PERSON, language="en"))
    assert route([both], english, ON).rule == both


def test_a_rule_whose_queue_is_off_is_skipped_and_said_so() -> None:
    rules = [rule(OFF), rule(BILLS, n=2), rule(OFF, n=3)]
    found = route(rules, WEDNESDAY, ON)
    assert (found.place, found.skipped) == (2, [1])
    assert [one.verdict for one in found.trace] == [Verdict.QUEUE_OFF, Verdict.TAKEN, Verdict.QUEUE_OFF]
    assert route(rules[:1], WEDNESDAY, ON).skipped == [1]


def test_a_rule_that_is_off_decides_nothing_and_shows_what_it_would_have_seen() -> None:
    found = route([rule(BILLS, intent("human"), is_enabled=False)], WEDNESDAY, ON)
    assert (found.rule, found.trace[0].verdict, found.trace[0].steps[0].passed) == (None, Verdict.OFF, True)


@pytest.mark.parametrize(
    ("condition", "facts", "seen"),
    [
        (Condition(Kind.TAG, thing=VIP), {"person": replace(PERSON, tags=frozenset({VIP}))}, "has"),
        (Condition(Kind.ATTRIBUTE, thing=OFFER, type="number", compare=Compare.MORE, value="10"),
         {"person": replace(PERSON, attributes={OFFER: "12"})}, "12"),
        (Condition(Kind.HOURS, value="closed"), {"person": replace(PERSON, is_open=False)}, "closed"),
        (Condition(More.SKILL, words=("claims", "billing")), {"skills": ("health", "billing")}, "billing"),
        (Condition(More.ENTITY, key="amount", compare=Compare.SET), {"entities": {"amount": "5000"}}, "5000"),
        (Condition(More.ENTITY, key="pack", value="Or"), {"entities": {"pack": "or"}}, "or"),
        (Condition(More.CONFIDENCE, compare=Compare.LESS, value="50"), {"confidence": 0.42}, "42"),
        (Condition(More.TIME, value="08:00-12:00", words=("1", "5")), {"weekday": 5, "minute": 480}, "5 08:00"),
        (Condition(More.TIME, value="22:00-06:00", words=("6",)), {"weekday": 7, "minute": 359}, "7 05:59"),
    ],
)  # fmt: skip
def test_each_kind_of_condition_holds_for_whom_it_means_and_tells_what_it_saw(
    condition: Condition, facts: dict, seen: str
) -> None:
    assert ask(condition, replace(WEDNESDAY, **facts)) == (True, seen)
    assert not ask(condition, WEDNESDAY)[0]


def test_without_a_bot_nothing_was_understood_and_nobody_is_unsure() -> None:
    alone = replace(WEDNESDAY, intents=(), confidence=None)
    assert ask(intent("human"), alone) == (False, "")
    for compare in (Compare.LESS, Compare.MORE):
        assert ask(Condition(More.CONFIDENCE, compare=compare, value="50"), alone) == (False, "")


@pytest.mark.parametrize(
    "value", ["", "8:00-9:00", "08:00", "24:00-25:00", "08:60-09:00", "08:00-09:00-10:00", "٠٨:٠٠-09:00"]
)
def test_what_is_no_stretch_of_time_is_none(value: str) -> None:
    with pytest.raises(ValueError):
        span_of(value)


texts = st.text(max_size=8)
things = st.sampled_from([VIP, OFFER, None])
spans = st.tuples(st.integers(0, 1439), st.integers(0, 1439)).map(
    lambda ends: "-".join(f"{one // 60:02d}:{one % 60:02d}" for one in ends)
)
some = {"thing": things, "compare": st.sampled_from(list(Compare)), "words": st.lists(texts, max_size=3).map(tuple)}
conditions = st.one_of(
    st.builds(
        Condition, st.sampled_from(list(Kind)), value=texts, type=st.sampled_from(["text", "number", ""]), **some
    ),
    st.builds(Condition, st.just(More.INTENT), **some),
    st.builds(Condition, st.just(More.ENTITY), value=texts, key=st.sampled_from(["a", "b"]), **some),
    st.builds(Condition, st.just(More.CONFIDENCE), value=st.integers(0, 100).map(str), **some),
    st.builds(Condition, st.just(More.TIME), value=spans, words=st.sets(st.sampled_from("1234567")).map(tuple)),
)
rules_ = st.lists(
    st.builds(
        Rule,
        st.uuids(),
        st.sampled_from([BILLS, SALES, OFF]),
        st.lists(conditions, max_size=3).map(tuple),
        st.booleans(),
    ),
    max_size=6,
)
known = st.builds(
    Facts,
    st.builds(
        front_filter.Facts, number=texts, language=texts, is_open=st.booleans(), text=st.text(max_size=40),
        tags=st.frozensets(st.sampled_from([VIP, OFFER])), attributes=st.dictionaries(st.just(OFFER), texts),
    ),
    weekday=st.integers(1, 7), minute=st.integers(0, 1439), intents=st.lists(texts, max_size=3).map(tuple),
    entities=st.dictionaries(st.sampled_from(["a", "b"]), texts), confidence=st.none() | st.floats(0, 1),
)  # fmt: skip


@pytest.mark.needs("RFP-030", part="rules: one answer, and why")
@given(rules_, known, st.frozensets(st.sampled_from([BILLS, SALES, OFF])))
def test_whatever_is_asked_there_is_one_answer_and_every_rule_says_why(rules, facts, open_queues) -> None:
    found = route(rules, facts, open_queues)
    assert found == route(rules, facts, open_queues)
    assert [one.rule for one in found.trace] == rules
    assert [one.place for one in found.trace] == list(range(1, len(rules) + 1))
    for one in found.trace:
        assert [(step.passed, step.seen) for step in one.steps] == [ask(c, facts) for c in one.rule.conditions]
    able = [
        one.rule for one in found.trace
        if one.rule.is_enabled and one.rule.queue_id in open_queues and all(step.passed for step in one.steps)
    ]  # fmt: skip
    assert found.rule == (able[0] if able else None)
    assert [one.verdict for one in found.trace].count(Verdict.TAKEN) == bool(able)
    assert found.place == (
        found.trace.index(next(o for o in found.trace if o.verdict == Verdict.TAKEN)) + 1 if able else 0
    )


@given(rules_, known, st.randoms())
def test_rules_after_the_one_that_decides_change_nothing(rules, facts, random) -> None:
    found = route(rules, facts, ON)
    later = rules[found.place :] if found.rule else []
    random.shuffle(later)
    assert route([*rules[: found.place], *later], facts, ON).rule == found.rule or found.rule is None


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(1, 7), st.integers(0, 1439))
def test_a_stretch_of_each_day_and_its_rest_make_the_whole_day(first, last, weekday, minute) -> None:
    def spell(a: int, b: int) -> Condition:
        return Condition(More.TIME, value=f"{a // 60:02d}:{a % 60:02d}-{b // 60:02d}:{b % 60:02d}")

    at = replace(WEDNESDAY, weekday=weekday, minute=minute)
    if first != last:
        assert ask(spell(first, last), at)[0] != ask(spell(last, first), at)[0]
