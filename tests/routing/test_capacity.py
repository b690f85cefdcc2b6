"""Capacity in weights, of an agent and of each medium: the code keeps it, and the database where it would not."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection

from common.errors import Conflict
from conversations.models import Conversation, Status
from routing import loads, ownership, rounds
from routing.loads import wrong_loads
from routing.models import AgentMedium, AgentState, Queue
from routing.pulling import take_next
from routing.rounds import assign_waiting
from routing.skill_admin import AgentFields, save_agent
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def everything_adds_up(cast: Cast):
    yield
    assert wrong_loads(cast.organisation.id) == []


def crowd(cast: Cast, number: int) -> list[Conversation]:
    return [cast.queued(sender=f"+22901970007{n:02}") for n in range(number)]


def test_a_heavy_queue_takes_more_of_an_agent_and_gives_it_back_whole(cast: Cast):
    Queue.objects.filter(id=cast.queue.id).update(weight=2)
    cast.available(cast.awa, capacity=5)
    crowd(cast, 4)
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 2
    assert cast.state_of(cast.awa).load == 4
    Queue.objects.filter(id=cast.queue.id).update(weight=3)  # what is held keeps what it weighed
    for conversation in Conversation.objects.filter(status=Status.OPEN):
        ownership.close(user=cast.awa, conversation_id=conversation.id)
    assert cast.state_of(cast.awa).load == 0


@pytest.mark.parametrize("weight", [6, 20])
def test_a_conversation_heavier_than_the_usual_capacity_is_taken_by_who_has_room_for_it(cast: Cast, weight: int):
    Queue.objects.filter(id=cast.queue.id).update(weight=weight, may_pull=True)
    cast.available(cast.awa, capacity=weight * 2)
    first, _ = crowd(cast, 2)
    ownership.take(user=cast.awa, conversation_id=first.id)
    take_next(user=cast.awa, queue_id=cast.queue.id)
    assert cast.state_of(cast.awa).load == weight * 2
    third = cast.queued(sender="+2290197000799")
    with pytest.raises(Conflict) as refused:
        ownership.take(user=cast.awa, conversation_id=third.id)
    assert refused.value.code == "at_capacity"


def test_who_has_never_had_a_desk_takes_what_the_usual_capacity_has_room_for(cast: Cast):
    AgentState.objects.filter(user=cast.awa).delete()
    first, second = crowd(cast, 2)
    Queue.objects.filter(id=cast.queue.id).update(weight=5)
    ownership.take(user=cast.awa, conversation_id=first.id)
    assert (cast.state_of(cast.awa).load, cast.state_of(cast.awa).state) == (5, "offline")
    with pytest.raises(Conflict):
        ownership.take(user=cast.awa, conversation_id=second.id)


def test_an_agent_takes_of_a_medium_what_is_allowed_of_it_and_no_more(cast: Cast):
    cast.available(cast.awa, capacity=9)
    AgentMedium.objects.create(user=cast.awa, medium="sms", capacity=2)
    waiting = crowd(cast, 4)
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 2
    assert AgentMedium.objects.get().load == 2
    left = Conversation.objects.filter(status=Status.QUEUED).first()
    assert left is not None
    with pytest.raises(Conflict) as refused:
        ownership.take(user=cast.awa, conversation_id=left.id)
    assert refused.value.code == "at_capacity"
    ownership.give_back(user=cast.awa, conversation_id=waiting[0].id)
    assert AgentMedium.objects.get().load == 1


def test_a_bound_set_while_he_works_counts_what_he_holds(cast: Cast):
    cast.available(cast.awa, capacity=9)
    for conversation in crowd(cast, 3):
        ownership.take(user=cast.awa, conversation_id=conversation.id)
    with pytest.raises(Conflict) as refused:
        save_agent(actor=cast.sam, user_id=cast.awa.id, fields=AgentFields(media=[("sms", 2)]))
    assert (refused.value.code, refused.value.facts["load"]) == ("holds_more", 3)
    with pytest.raises(Conflict):
        save_agent(actor=cast.sam, user_id=cast.awa.id, fields=AgentFields(capacity=2))
    shown = save_agent(actor=cast.sam, user_id=cast.awa.id, fields=AgentFields(capacity=4, media=[("sms", 3)]))
    assert shown["media"] == [{"medium": "sms", "capacity": 3, "load": 3}]


def test_sixteen_threads_pass_neither_bound_even_where_the_code_does_not_look(cast: Cast, at_once, monkeypatch):
    """Without the condition in the statements: the database alone refuses, under concurrency."""
    cast.available(cast.awa, capacity=6)
    cast.available(cast.koffi, capacity=2)
    AgentMedium.objects.create(user=cast.awa, medium="sms", capacity=3)
    monkeypatch.setattr(loads, "_GAIN", loads._GAIN.replace("and load + %(weight)s <= capacity", ""))
    monkeypatch.setattr(loads, "_GAIN_MEDIUM", loads._GAIN_MEDIUM.replace("and load + %(weight)s <= capacity", ""))
    waiting = crowd(cast, 16)
    results = at_once(
        [
            lambda c=conversation, u=user: ownership.take(user=u, conversation_id=c.id)
            for conversation, user in zip(waiting, [cast.awa, cast.koffi] * 8, strict=True)
        ]
    )
    refused = [one for one in results if isinstance(one, Exception)]
    assert all(isinstance(one, IntegrityError) for one in refused), refused
    assert {"medium_load_within_capacity", "load_within_capacity"} == {
        name
        for one in refused
        for name in ("medium_load_within_capacity", "load_within_capacity")
        if f'"{name}"' in str(one)
    }
    assert cast.state_of(cast.awa).load == AgentMedium.objects.get().load == 3
    assert cast.state_of(cast.koffi).load == 2


def test_two_rounds_at_once_pass_neither_bound_even_where_they_do_not_look(cast: Cast, at_once, monkeypatch):
    """Rounds without leader and without looking under the lock: what one of them loses is the whole slice."""
    cast.available(cast.awa, cast.koffi, capacity=3)
    AgentMedium.objects.create(user=cast.awa, medium="sms", capacity=2)
    crowd(cast, 20)
    monkeypatch.setattr(rounds, "_LOCK_AGENTS", "select user_id, 99 from routing_agentstate where user_id = any(%s)")
    monkeypatch.setattr(rounds, "_ROOM", "select user_id, medium, 99 from routing_agentmedium where user_id = any(%s)")
    at_once([lambda: assign_waiting(organisation_id=cast.organisation.id, lease=None) for _ in range(4)])
    for state in AgentState.objects.all():
        assert state.load <= state.capacity
    assert AgentMedium.objects.get().load <= 2


def test_what_is_given_while_loads_are_compared_is_no_wrong_load(cast: Cast, at_once):
    """Something is taken after each statement of the comparison, as on a desk that works at night."""
    cast.available(cast.awa, capacity=50)
    waiting = crowd(cast, 6)

    def taken_after(execute: Any, *asked: Any) -> Any:
        result = execute(*asked)
        found = waiting.pop()
        at_once([lambda: ownership.take(user=cast.awa, conversation_id=found.id)])
        return result

    with connection.execute_wrapper(taken_after):
        assert wrong_loads(cast.organisation.id) == []
    assert len(waiting) < 6
