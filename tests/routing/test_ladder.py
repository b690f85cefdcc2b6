"""What waiting changes, and what cannot be a ladder."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import Invalid
from routing.assignment import Agent, Waiting, Want, plan_round
from routing.ladder import (
    AddQueue,
    Deed,
    DropPreferred,
    Ladder,
    LowerLevel,
    RaisePriority,
    Step,
    apply,
    as_rows,
    check,
    from_rows,
)

TEN = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
SUPPORT, SALES, NIGHT = (UUID(int=100 + n) for n in range(3))
FRENCH, FON = (UUID(int=200 + n) for n in range(2))
LINE = UUID(int=300)

ASKS = Waiting(
    id=UUID(int=9), line_id=LINE, queue_ids=(SUPPORT,), priority=1, since=TEN,
    wants=(Want(FRENCH, least=4, preferred=5), Want(FON, preferred=3)),
)  # fmt: skip
WHOLE = Ladder(
    (
        Step(0, Deed.TELL_POSITION),
        Step(30, LowerLevel(FRENCH, 2)),
        Step(60, DropPreferred(FRENCH)),
        Step(60, AddQueue(SALES)),
        Step(120, RaisePriority(3)),
        Step(120, Deed.TELL_POSITION),
        Step(180, LowerLevel(FRENCH, 5)),
        Step(300, Deed.OFFER_CALLBACK),
        Step(600, Deed.GIVE_TO_BOT),
    )
)


def test_each_step_changes_its_own_from_its_second_on():
    assert apply(WHOLE, ASKS, 29.9).waiting == ASKS
    at_30 = apply(WHOLE, ASKS, 30)
    assert at_30.waiting == replace(ASKS, wants=(Want(FRENCH, 2, 5), Want(FON, 0, 3)))
    assert at_30.next_after_s == 60
    at_60 = apply(WHOLE, ASKS, 60).waiting
    assert at_60.wants == (Want(FRENCH, 2, 0), Want(FON, 0, 3))
    assert at_60.queue_ids == (SUPPORT, SALES)
    assert apply(WHOLE, ASKS, 119).waiting.priority == 1
    assert apply(WHOLE, ASKS, 120).waiting.priority == 4
    assert apply(WHOLE, ASKS, 180).waiting.wants[0] == Want(FRENCH, 0, 0)


def test_deeds_are_due_from_their_time_on_and_each_has_a_key_of_its_own():
    assert [step.key for step in apply(WHOLE, ASKS, 0).due] == ["tell_position@0"]
    at_the_top = apply(WHOLE, ASKS, 9_999)
    assert [step.key for step in at_the_top.due] == [
        "tell_position@0", "tell_position@120", "offer_callback@300", "give_to_bot@600",
    ]  # fmt: skip
    assert at_the_top.next_after_s is None


def test_a_changed_ladder_reaches_those_who_wait_already():
    """Nothing of the old ladder stays with them."""
    agent = Agent(id=UUID(int=1), load=0, capacity=1, idle_since=TEN, queues=frozenset([SALES]))
    now = TEN + timedelta(seconds=90)
    asks = replace(ASKS, wants=())

    def given_by(ladder: Ladder) -> int:
        return len(plan_round([apply(ladder, asks, 90).waiting], [agent], {}, now))

    assert given_by(Ladder((Step(60, AddQueue(SALES)),))) == 1
    assert given_by(Ladder((Step(91, AddQueue(SALES)),))) == 0
    assert given_by(Ladder()) == 0


def test_those_who_stand_on_the_same_rung_share_what_the_core_compares():
    one, other = apply(WHOLE, ASKS, 70).waiting, apply(WHOLE, replace(ASKS, id=UUID(int=8)), 90).waiting
    assert one.wants is other.wants
    assert one.queue_ids is other.queue_ids


levels = st.integers(1, 5)
skill, queue = st.sampled_from([FRENCH, FON]), st.sampled_from([SALES, NIGHT])
whats = st.one_of(
    st.builds(LowerLevel, skill, levels), st.builds(DropPreferred, skill), st.builds(AddQueue, queue),
    st.builds(RaisePriority, levels), st.sampled_from(Deed),
)  # fmt: skip
ladders = st.lists(st.builds(Step, st.integers(0, 300), whats), max_size=6).map(
    lambda steps: Ladder(tuple(sorted(steps, key=lambda step: step.after_s)))
)


@settings(max_examples=100, deadline=None)
@given(ladders, st.integers(0, 320), st.integers(0, 320))
def test_whoever_waits_longer_asks_no_more_and_is_offered_to_no_fewer(ladder, a, b):
    less, more = (apply(ladder, ASKS, seconds) for seconds in sorted((a, b)))
    for before, after in zip(less.waiting.wants, more.waiting.wants, strict=True):
        assert 0 <= after.least <= before.least
        assert after.preferred <= before.preferred
    assert set(less.waiting.queue_ids) <= set(more.waiting.queue_ids)
    assert less.waiting.queue_ids[0] == more.waiting.queue_ids[0] == SUPPORT
    assert less.waiting.priority <= more.waiting.priority
    assert set(less.due) <= set(more.due)


@settings(max_examples=100, deadline=None)
@given(ladders)
def test_a_ladder_is_read_back_as_it_was_written(ladder):
    assert from_rows(as_rows(ladder)) == ladder


def checked(*steps: Step, others: dict[UUID, Ladder] | None = None) -> tuple[str, str] | None:
    """The code of the refusal and the field it names."""
    try:
        check(Ladder(steps), own_queue=SUPPORT, queues={SUPPORT, SALES, NIGHT}, skills={FRENCH, FON}, others=others)
    except Invalid as refusal:
        return refusal.code, refusal.field
    return None


def test_a_good_ladder_is_taken():
    assert checked(*WHOLE.steps) is None
    assert checked() is None
    assert checked(Step(30, LowerLevel(FRENCH)), Step(30, LowerLevel(FON))) is None


@pytest.mark.parametrize(
    ("steps", "refusal"),
    [
        ([Step(60, Deed.TELL_POSITION), Step(30, RaisePriority())], ("ladder_order", "ladder.1.after_s")),
        ([Step(-1, Deed.TELL_POSITION)], ("ladder_seconds", "ladder.0.after_s")),
        ([Step(604_801, Deed.TELL_POSITION)], ("ladder_seconds", "ladder.0.after_s")),
        ([Step(9, LowerLevel(UUID(int=1)))], ("ladder_unknown_skill", "ladder.0.skill")),
        ([Step(9, DropPreferred(UUID(int=1)))], ("ladder_unknown_skill", "ladder.0.skill")),
        ([Step(9, AddQueue(UUID(int=1)))], ("ladder_unknown_queue", "ladder.0.queue")),
        ([Step(9, AddQueue(SUPPORT))], ("ladder_own_queue", "ladder.0.queue")),
        ([Step(9, AddQueue(SALES)), Step(10, AddQueue(SALES))], ("ladder_queue_twice", "ladder.1.queue")),
        ([Step(9, LowerLevel(FON, 0))], ("ladder_levels", "ladder.0.by")),
        ([Step(9, LowerLevel(FON, 6))], ("ladder_levels", "ladder.0.by")),
        ([Step(9, RaisePriority(-3))], ("ladder_priority", "ladder.0.by")),
        ([Step(9, Deed.GIVE_TO_BOT), Step(10, RaisePriority())], ("ladder_after_bot", "ladder.1.do")),
        ([Step(9, Deed.TELL_POSITION)] * 2, ("ladder_twice", "ladder.1.do")),
        ([Step(n, RaisePriority()) for n in range(21)], ("ladder_too_long", "ladder")),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_place(steps, refusal):
    assert checked(*steps) == refusal


def test_queues_that_overflow_into_each_other_are_refused_with_the_way_round():
    others = {SALES: Ladder((Step(5, AddQueue(NIGHT)),)), NIGHT: Ladder((Step(5, AddQueue(SUPPORT)),))}
    assert checked(Step(9, AddQueue(SALES)), others={SALES: others[SALES]}) is None
    with pytest.raises(Invalid) as refused:
        check(Ladder((Step(9, AddQueue(SALES)),)), own_queue=SUPPORT, queues={SALES}, skills=(), others=others)
    assert refused.value.code == "ladder_loop"
    assert refused.value.facts["way"] == [str(SALES), str(NIGHT), str(SUPPORT)]


@pytest.mark.parametrize(
    "row",
    [
        {}, {"after_s": 5}, {"after_s": 5, "do": "dance"}, {"after_s": "5", "do": "tell_position"},
        {"after_s": True, "do": "tell_position"}, {"after_s": 5, "do": "add_queue"},
        {"after_s": 5, "do": "add_queue", "queue": "sales"}, {"after_s": 5, "do": "raise_priority", "by": 1.5}, "x", 7,
    ],
)  # fmt: skip
def test_a_step_that_cannot_be_read_names_its_place(row):
    with pytest.raises(Invalid) as refused:
        from_rows([{"after_s": 1, "do": "tell_position"}, row])
    assert (refused.value.code, refused.value.field) == ("ladder_step", "ladder.1")
