"""Assignment on the real tables: the leader's alone, never over capacity, nobody forgotten."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections

from accounts.models import Team
from common.clock import database_now
from conversations.models import Conversation, Status
from jobs import leases
from jobs.leases import HeldLease
from measures.models import IntervalKind
from realtime.checker import check_density
from routing import ownership, rounds
from routing.loads import wrong_loads
from routing.rounds import LostLease, assign_waiting
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def everything_adds_up(cast):
    yield
    assert wrong_loads(cast.organisation.id) == []
    assert check_density(cast.organisation.id).dense


def assign(cast: Cast, lease: HeldLease | None = None) -> int:
    return assign_waiting(organisation_id=cast.organisation.id, lease=lease)


def take_lease(cast: Cast, owner: str, seconds: float = 4) -> HeldLease | None:
    name = f"routing:{cast.organisation.id}"
    with connection.cursor() as cursor:
        cursor.execute(leases.TAKE, {"name": name, "owner": owner, "seconds": seconds})
        row = cursor.fetchone()
    return None if row is None else HeldLease(name, owner, row[0], 0.0)


def owners(cast: Cast) -> dict:
    return dict(Conversation.objects.filter(status=Status.OPEN).values_list("id", "owner_id"))


def test_whoever_waits_is_given_to_the_least_loaded_and_the_wait_is_measured(cast: Cast):
    cast.available(*cast.agents)
    cast.owned_by(cast.awa, sender="+2290197000091")
    at = database_now() - timedelta(minutes=5)
    first = cast.queued(sender="+2290197000092", at=at)
    assert assign(cast) == 1
    first.refresh_from_db()
    assert first.owner_id in {cast.koffi.id, cast.mariam.id}
    (wait,) = cast.intervals(IntervalKind.WAIT)
    assert (wait.started_at, wait.agent_id, wait.label) == (at, first.owner_id, "assigned")
    assert wait.ended_at == first.assigned_at
    assert cast.said(first) == [("system", "assigned")]


def test_forty_waiting_are_spread_evenly_until_everybody_is_full(cast: Cast):
    cast.available(*cast.agents, capacity=11)
    for n in range(40):
        cast.queued(sender=f"+22901970003{n:02}")
    assert assign(cast) == 33
    assert [cast.state_of(user).load for user in cast.agents] == [11, 11, 11]
    assert Conversation.objects.filter(status=Status.QUEUED).count() == 7
    assert assign(cast) == 0


def test_priority_first_then_the_longest_wait(cast: Cast):
    cast.available(cast.awa, capacity=2)
    now = database_now()
    late = cast.queued(sender="+2290197000001", at=now - timedelta(minutes=1))
    early = cast.queued(sender="+2290197000002", at=now - timedelta(minutes=9))
    urgent = cast.queued(sender="+2290197000003", at=now, priority=1)
    assert assign(cast) == 2
    assert set(owners(cast)) == {urgent.id, early.id}
    late.refresh_from_db()
    assert late.status == Status.QUEUED


def test_nobody_is_given_a_line_that_his_team_does_not_have(cast: Cast):
    team = Team.objects.create(organisation=cast.organisation, name="Distribution")
    team.members.add(cast.mariam)
    cast.line_3334.teams.add(team)
    cast.available(cast.awa, cast.mariam, capacity=2)
    for n in range(30):  # a crowd of which Mariam takes two must not hide who waits behind it
        cast.queued(sender=f"+22901970004{n:02}", line=cast.line_3334, priority=1)
    other = cast.queued(sender="+2290197000499", line=cast.line_1919)
    assert assign(cast) == 3
    assert sorted(owners(cast).values()) == sorted([cast.mariam.id, cast.mariam.id, cast.awa.id])
    assert owners(cast)[other.id] == cast.awa.id


def test_what_was_given_back_is_not_put_to_the_same_agent_again(cast: Cast):
    cast.available(cast.awa, capacity=60)
    given_back = [cast.owned_by(cast.awa, sender=f"+22901970005{n:02}") for n in range(25)]
    for conversation in given_back:
        ownership.give_back(user=cast.awa, conversation_id=conversation.id)
    behind = cast.queued(sender="+2290197000599")
    assert assign(cast) == 1
    assert owners(cast) == {behind.id: cast.awa.id}
    cast.available(cast.koffi, capacity=60)
    assert assign(cast) == 25


def test_an_agent_on_a_break_gets_nothing_new(cast: Cast):
    cast.available(cast.awa)
    ownership.set_state(user=cast.awa, state="break")
    cast.queued()
    assert assign(cast) == 0


def test_what_changes_between_the_glance_and_the_lock_is_left_out(cast: Cast, monkeypatch):
    cast.available(cast.awa, cast.koffi)
    first, second = cast.queued(sender="+2290197000001"), cast.queued(sender="+2290197000002")
    really = rounds._hold_fast
    lease = take_lease(cast, "d1")

    def meanwhile(held):
        monkeypatch.setattr(rounds, "_hold_fast", really)

        def others():
            ownership.set_state(user=cast.awa, state="break")
            ownership.take(user=cast.mariam, conversation_id=first.id)
            connections.close_all()

        thread = threading.Thread(target=others)
        thread.start()
        thread.join(10)
        really(held)

    monkeypatch.setattr(rounds, "_hold_fast", meanwhile)
    assign(cast, lease)
    assert owners(cast) == {first.id: cast.mariam.id, second.id: cast.koffi.id}


def test_only_the_leader_assigns_and_an_old_leader_is_refused(cast: Cast):
    cast.available(cast.awa)
    cast.queued()
    old = take_lease(cast, "d1")
    assert take_lease(cast, "d2") is None
    with connection.cursor() as cursor:
        cursor.execute("update jobs_lease set expires_at = clock_timestamp()")
    with pytest.raises(LostLease):
        assign(cast, old)
    new = take_lease(cast, "d2")
    assert new is not None
    assert new.epoch == old.epoch + 1
    with pytest.raises(LostLease):
        assign(cast, old)
    assert assign(cast, new) == 1


def test_rounds_clicks_and_closes_at_once_keep_every_count_right(cast: Cast, at_once):
    cast.available(*cast.agents, capacity=4)
    waiting = [cast.queued(sender=f"+22901970006{n:02}") for n in range(16)]

    def take(user, conversations):
        for conversation in conversations:
            try:
                ownership.take(user=user, conversation_id=conversation.id)
            except Exception as error:
                assert getattr(error, "code", "") in ("already_owned", "at_capacity", "closed"), error

    def end(user):
        for conversation in Conversation.objects.filter(owner=user, status=Status.OPEN):
            ownership.close(user=user, conversation_id=conversation.id)

    results = at_once(
        [
            *[lambda: assign(cast) for _ in range(3)],
            *[lambda u=user: take(u, waiting) for user in cast.agents],
            *[lambda u=user: end(u) for user in cast.agents],
        ]
    )
    assert not [result for result in results if isinstance(result, Exception)]
    assign(cast)
    free = sum(4 - cast.state_of(user).load for user in cast.agents)
    assert free == 0 or not Conversation.objects.filter(status=Status.QUEUED).exists()
    for user in cast.agents:
        assert cast.state_of(user).load <= 4
