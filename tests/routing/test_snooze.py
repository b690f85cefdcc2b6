"""A conversation is put aside and comes back: to whom, when, and what it holds meanwhile."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from common.clock import database_now
from common.errors import Conflict, Invalid, NotFound
from conversations.models import Conversation, Message, MessageKind, Status
from measures.models import Interval, IntervalKind
from realtime.checker import check_density
from routing import ownership
from routing.handling import handle
from routing.loads import wrong_loads
from routing.models import AgentMedium, AgentState, Queue, State, WrapUp
from routing.rounds import assign_waiting
from routing.snooze import KEPT_S, snooze, wake_by_hand, wake_due
from routing.turns import Turns
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def turns() -> Iterator[Turns]:
    pool = Turns()
    yield pool
    pool.close()


def aside(cast: Cast, conversation: Conversation, **given) -> Conversation:
    owner = conversation.owner
    assert owner is not None
    return snooze(user=owner, conversation_id=conversation.id, seen=conversation.last_seq, **given)


def due_now(conversation: Conversation) -> None:
    Conversation.objects.filter(id=conversation.id).update(snoozed_until=database_now() - timedelta(seconds=1))


def facts_of(conversation: Conversation, kind: str) -> list[dict]:
    found = Message.objects.filter(conversation=conversation, kind=MessageKind.EVENT).order_by("seq")
    return [one.facts for one in found if one.facts and one.facts["type"] == kind]


def test_what_is_put_aside_frees_its_owners_capacity_and_stays_his(cast: Cast):
    cast.available(cast.awa, capacity=1)
    conversation = cast.owned_by(cast.awa)
    until = database_now() + timedelta(hours=2)
    aside(cast, conversation, until=until)
    conversation.refresh_from_db()
    assert (conversation.status, conversation.owner_id) == (Status.SNOOZED, cast.awa.id)
    assert cast.state_of(cast.awa).load == 0
    assert cast.said(conversation) == [("agent", "snoozed")]
    # He has room for another at once.
    waiting = cast.queued(sender="+2290197000002")
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 1
    waiting.refresh_from_db()
    assert waiting.owner_id == cast.awa.id
    assert wrong_loads(cast.organisation.id) == []
    assert check_density(cast.organisation.id).dense


def test_its_time_brings_it_back_to_its_owner_who_is_available(cast: Cast):
    cast.available(cast.awa)
    conversation = cast.owned_by(cast.awa)
    aside(cast, conversation, until=database_now() + timedelta(hours=2))
    assert wake_due() == 0
    due_now(conversation)
    assert wake_due() == 1
    assert wake_due() == 0
    conversation.refresh_from_db()
    assert (conversation.status, conversation.owner_id) == (Status.OPEN, cast.awa.id)
    assert conversation.waiting_since is not None, "it is shown as waiting"
    assert (conversation.snoozed_at, conversation.snoozed_until) == (None, None)
    assert cast.state_of(cast.awa).load == 1
    assert [(one["by"], one["to"]) for one in facts_of(conversation, "woken")] == [("time", "owner")]
    assert wrong_loads(cast.organisation.id) == []


@pytest.mark.parametrize(
    ("state", "wished"),
    [(State.OFFLINE, False), (State.DISCONNECTED, False), (State.BREAK, True), (State.NOT_RESPONDING, True)],
)
def test_whoever_takes_nothing_gets_nothing_it_waits_in_its_queue_where_it_stood(cast: Cast, state: str, wished: bool):
    began = database_now() - timedelta(hours=3)
    conversation = cast.owned_by(cast.awa, at=began)
    newer = cast.queued(sender="+2290197000002")
    aside(cast, conversation)
    AgentState.objects.filter(user=cast.awa).update(state=state)
    cast.text_in(conversation, "Me revoilà")
    conversation.refresh_from_db()
    cast.available(cast.koffi, capacity=1)
    woken_at = database_now()
    Conversation.objects.filter(id=conversation.id).update(snoozed_until=woken_at)
    assert wake_due() == 1
    conversation.refresh_from_db()
    assert (conversation.status, conversation.owner_id, conversation.queued_at) == (Status.QUEUED, None, began)
    assert (conversation.preferred_id == cast.awa.id) is wished
    assign_waiting(organisation_id=cast.organisation.id, lease=None)
    conversation.refresh_from_db()
    newer.refresh_from_db()
    if wished:  # for a moment nobody else gets it
        assert (conversation.status, newer.owner_id) == (Status.QUEUED, cast.koffi.id)
        past = conversation.preferred_until
        assert past is not None
        assert past - woken_at <= timedelta(seconds=KEPT_S + 5)
        Conversation.objects.filter(id=conversation.id).update(preferred_until=database_now())
        cast.available(cast.mariam)
        assign_waiting(organisation_id=cast.organisation.id, lease=None)
        conversation.refresh_from_db()
        assert (conversation.owner_id, conversation.preferred_until) == (cast.mariam.id, None)
    else:  # the longer wait comes first
        assert (conversation.owner_id, newer.status) == (cast.koffi.id, Status.QUEUED)
    (wait,) = [one for one in cast.intervals(IntervalKind.WAIT) if one.conversation_id == conversation.id]
    assert wait.started_at >= woken_at, "what is measured is the wait itself"
    assert wrong_loads(cast.organisation.id) == []


def test_an_owner_who_is_back_within_the_moment_gets_his_own(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    aside(cast, conversation)
    AgentState.objects.filter(user=cast.awa).update(state=State.BREAK)
    due_now(conversation)
    wake_due()
    cast.available(cast.koffi, cast.awa)
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 1
    conversation.refresh_from_db()
    assert conversation.owner_id == cast.awa.id


def test_a_full_owner_is_not_pushed_over_his_capacity(cast: Cast):
    cast.available(cast.awa, capacity=1)
    conversation = cast.owned_by(cast.awa)
    aside(cast, conversation)
    cast.owned_by(cast.awa, sender="+2290197000002")
    with pytest.raises(Conflict) as refused:
        wake_by_hand(user=cast.awa, conversation_id=conversation.id)
    assert refused.value.code == "at_capacity"
    with pytest.raises(Conflict) as refused:
        ownership.answer(user=cast.awa, conversation_id=conversation.id, body="Bonjour", client_id=uuid4())
    assert refused.value.code == "at_capacity"
    conversation.refresh_from_db()
    assert conversation.status == Status.SNOOZED, "it sleeps on"
    due_now(conversation)
    wake_due()
    conversation.refresh_from_db()
    assert (conversation.status, conversation.preferred_id) == (Status.QUEUED, cast.awa.id)
    assert cast.state_of(cast.awa).load == 1
    assert wrong_loads(cast.organisation.id) == []


def test_a_medium_that_is_full_counts_too(cast: Cast):
    cast.available(cast.awa, capacity=5)
    AgentMedium.objects.create(user=cast.awa, medium="sms", capacity=1, load=0)
    conversation = cast.owned_by(cast.awa)
    AgentMedium.objects.update(load=1)
    aside(cast, conversation)
    assert AgentMedium.objects.get().load == 0
    AgentMedium.objects.update(capacity=0)
    due_now(conversation)
    wake_due()
    conversation.refresh_from_db()
    assert conversation.status == Status.QUEUED
    assert wrong_loads(cast.organisation.id) == []


def test_an_answer_wakes_it(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    aside(cast, conversation)
    ownership.answer(user=cast.awa, conversation_id=conversation.id, body="Me voici", client_id=uuid4())
    conversation.refresh_from_db()
    assert conversation.status == Status.OPEN
    assert cast.said(conversation) == [("agent", "snoozed"), ("agent", "woken"), ("agent", "Me voici")]
    assert cast.state_of(cast.awa).load == 1


def test_its_owner_wakes_it_by_hand_whatever_his_state_and_a_supervisor_may(cast: Cast):
    mine, another = cast.owned_by(cast.awa), cast.owned_by(cast.koffi, sender="+2290197000002")
    aside(cast, mine)
    aside(cast, another)
    wake_by_hand(user=cast.awa, conversation_id=mine.id)  # she is offline
    mine.refresh_from_db()
    assert (mine.status, mine.waiting_since) == (Status.OPEN, None)
    with pytest.raises(Conflict) as refused:
        wake_by_hand(user=cast.awa, conversation_id=another.id)
    assert refused.value.code == "not_owner"
    wake_by_hand(user=cast.sam, conversation_id=another.id)
    another.refresh_from_db()
    assert (another.status, another.owner_id) == (Status.QUEUED, None), "he is offline"
    wake_by_hand(user=cast.awa, conversation_id=mine.id)  # awake: nothing
    assert len(facts_of(mine, "woken")) == 1


def test_asleep_it_may_be_closed_and_given_back_and_nothing_is_counted_twice(cast: Cast):
    Queue.objects.update(wrap_up_s=30)
    cast.available(cast.awa)
    closed, returned = cast.owned_by(cast.awa), cast.owned_by(cast.awa, sender="+2290197000002")
    for one in (closed, returned):
        aside(cast, one)
    ownership.close(user=cast.awa, conversation_id=closed.id)
    ownership.give_back(user=cast.awa, conversation_id=returned.id)
    closed.refresh_from_db()
    returned.refresh_from_db()
    assert (closed.status, returned.status) == (Status.CLOSED, Status.QUEUED)
    assert not WrapUp.objects.exists()
    assert cast.state_of(cast.awa).load == 0
    assert wrong_loads(cast.organisation.id) == []
    assert sorted(one.label for one in cast.intervals(IntervalKind.HOLD)) == ["closed", "returned_queue"]


def test_woken_while_its_owner_is_switched_off_it_goes_to_the_queue_and_waits_for_nobody(cast: Cast):
    cast.available(cast.awa)
    conversation = cast.owned_by(cast.awa)
    aside(cast, conversation)
    cast.awa.is_active = False
    cast.awa.save(update_fields=["is_active"])
    due_now(conversation)
    wake_due()
    conversation.refresh_from_db()
    assert (conversation.status, conversation.preferred_id) == (Status.QUEUED, None)


def test_of_a_queue_that_is_switched_off_it_wakes_in_its_lines(cast: Cast):
    old = Queue.objects.create(organisation=cast.organisation, name="Fermée", is_enabled=False)
    conversation = cast.owned_by(cast.awa)
    Conversation.objects.filter(id=conversation.id).update(queue_id=old.id)
    aside(cast, conversation)
    due_now(conversation)
    wake_due()
    conversation.refresh_from_db()
    assert conversation.queue_id == cast.queue.id


def test_a_text_that_its_owner_has_not_seen_keeps_it_awake(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    seen = conversation.last_seq
    cast.text_in(conversation, "Encore une chose")
    with pytest.raises(Conflict) as refused:
        snooze(user=cast.awa, conversation_id=conversation.id, seen=seen)
    assert refused.value.code == "new_text"


def test_texts_and_sleep_at_the_same_moment_leave_nobody_asleep_with_a_text(cast: Cast, at_once, turns):
    """Whichever is first: the sleep is refused, or the text wakes it."""
    cast.available(cast.awa, capacity=40)
    conversations = [cast.owned_by(cast.awa, sender=f"+22901970030{n:02}") for n in range(12)]

    def text(conversation: Conversation):
        with transaction.atomic():
            Conversation.objects.select_for_update().get(id=conversation.id)
            cast.text_in(conversation, "Alors ?")

    def sleep(conversation: Conversation):
        try:
            aside(cast, conversation)
        except Conflict as refused:
            assert refused.code == "new_text"

    deeds = [deed for one in conversations for deed in (lambda c=one: text(c), lambda c=one: sleep(c))]
    random.Random(3).shuffle(deeds)
    at_once([*deeds, lambda: handle(owner="d1", turns=turns)])
    while handle(owner="d2", turns=turns):
        pass
    assert not Conversation.objects.filter(status=Status.SNOOZED, waiting_since__isnull=False).exists()
    assert cast.unhandled() == set()
    assert wrong_loads(cast.organisation.id) == []


def test_two_dispatchers_wake_each_once(cast: Cast, at_once, turns):
    """By time and by a text at once, of owners whose states both need."""
    cast.available(cast.awa, cast.koffi, capacity=9)
    conversations = [cast.owned_by(cast.awa if n % 2 else cast.koffi, sender=f"+22901970040{n:02}") for n in range(16)]
    for one in conversations:
        aside(cast, one)
        due_now(one)
        cast.text_in(one)
    at_once([wake_due, wake_due, lambda: handle(owner="d1", turns=turns), lambda: handle(owner="d2", turns=turns)])
    while wake_due() or handle(owner="d3", turns=turns):
        pass
    for one in conversations:
        assert len(facts_of(one, "woken")) == 1
    assert {cast.state_of(cast.awa).load, cast.state_of(cast.koffi).load} == {8}
    assert wrong_loads(cast.organisation.id) == []


def test_owners_who_wake_theirs_at_once_never_pass_their_capacity(cast: Cast, at_once):
    cast.available(cast.awa, capacity=3)
    conversations = []
    for n in range(9):
        one = cast.owned_by(cast.awa, sender=f"+22901970050{n:02}")
        aside(cast, one)
        due_now(one)
        conversations.append(one)
    at_once([wake_due] * 3)
    while wake_due():
        pass
    status = list(Conversation.objects.values_list("status", flat=True))
    assert (status.count(Status.OPEN), status.count(Status.QUEUED)) == (3, 6)
    assert cast.state_of(cast.awa).load == 3


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_done_loads_are_what_is_held(cast: Cast, seed: int):
    chance = random.Random(seed)
    cast.available(*cast.agents, capacity=3)
    made = 0
    for _ in range(120):
        deed = chance.choice(["come", "route", "sleep", "sleep", "wake", "hand", "text", "close", "back", "state"])
        user = chance.choice(cast.agents)
        mine = list(Conversation.objects.filter(owner=user, status__in=["open", "snoozed"]).order_by("opened_at"))
        try:
            if deed == "come":
                made += 1
                cast.queued(sender=f"+2290198{made:06}")
            elif deed == "route":
                assign_waiting(organisation_id=cast.organisation.id, lease=None)
            elif deed == "state":
                state = chance.choice(["available", "available", "break", "offline"])
                ownership.set_state(user=user, state=state)
            elif deed == "wake":
                if asleep := Conversation.objects.filter(status=Status.SNOOZED).order_by("opened_at").first():
                    due_now(asleep)
                    wake_due()
            elif mine:
                one = chance.choice(mine)
                if deed == "sleep":
                    until = chance.choice([None, database_now() + timedelta(hours=1)])
                    snooze(user=user, conversation_id=one.id, seen=one.last_seq, until=until)
                elif deed == "hand":
                    wake_by_hand(user=user, conversation_id=one.id)
                elif deed == "text":
                    ownership.answer(user=user, conversation_id=one.id, body="Oui", client_id=uuid4())
                elif deed == "close":
                    ownership.close(user=user, conversation_id=one.id)
                elif deed == "back":
                    ownership.give_back(user=user, conversation_id=one.id)
        except Conflict as refused:
            assert refused.code in ("at_capacity", "no_link")
        assert wrong_loads(cast.organisation.id) == [], deed
    assert Interval.objects.filter(kind=IntervalKind.HOLD).exists()


def test_what_may_not_be_put_aside(cast: Cast):
    queued, mine = cast.queued(), cast.owned_by(cast.awa, sender="+2290197000002")
    now = database_now()
    for user, conversation, until, code in (
        (cast.awa, queued, None, "not_owner"),
        (cast.koffi, mine, None, "not_owner"),
        (cast.sam, mine, None, "not_owner"),
        (cast.awa, mine, now - timedelta(seconds=1), "snooze_past"),
        (cast.awa, mine, now + timedelta(days=400), "snooze_far"),
    ):
        with pytest.raises((Conflict, Invalid)) as refused:
            snooze(user=user, conversation_id=conversation.id, seen=99, until=until)
        assert refused.value.code == code
    other = make_cast(slug="autre", domain="autre.example", name="Autre")
    with pytest.raises(NotFound):
        snooze(user=other.awa, conversation_id=mine.id, seen=99)
    ownership.close(user=cast.awa, conversation_id=mine.id)
    for deed in (lambda: snooze(user=cast.awa, conversation_id=mine.id, seen=99),
                 lambda: wake_by_hand(user=cast.awa, conversation_id=mine.id)):  # fmt: skip
        with pytest.raises(Conflict) as refused:
            deed()
        assert refused.value.code == "closed"


def test_its_time_is_moved_and_nothing_else(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    aside(cast, conversation)
    until = database_now() + timedelta(hours=1)
    aside(cast, conversation, until=until)
    aside(cast, conversation, until=until)
    conversation.refresh_from_db()
    assert conversation.snoozed_until == until
    assert len(facts_of(conversation, "snoozed")) == 2
    assert cast.state_of(cast.awa).load == 0
    assert cast.intervals(IntervalKind.HOLD) == []


def test_the_database_keeps_sleep_whole(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    aside(cast, conversation, until=database_now() + timedelta(hours=1))
    for fields in ({"status": Status.OPEN}, {"snoozed_at": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Conversation.objects.filter(id=conversation.id).update(**fields)
