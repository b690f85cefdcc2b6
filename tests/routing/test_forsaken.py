"""Nobody's subscriber is left with a person who cannot answer: what he holds goes back to the queue."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.models import Role, Team, User
from common.clock import database_now
from conversations.models import Conversation, Status
from jobs.leases import HeldLease
from measures.models import IntervalKind
from realtime.checker import check_density
from realtime.models import Event
from routing import dispatcher
from routing.dispatcher import Dispatcher
from routing.forsaken import return_forsaken
from routing.loads import wrong_loads
from routing.models import Queue
from routing.rounds import assign_waiting
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def everything_adds_up(cast):
    yield
    assert wrong_loads(cast.organisation.id) == []
    assert check_density(cast.organisation.id).dense


def forsaken(cast: Cast) -> int:
    given = 0
    while slice_ := return_forsaken(organisation_id=cast.organisation.id):
        given += slice_
    return given


def switch_off(cast: Cast) -> None:
    User.objects.filter(id=cast.awa.id).update(is_active=False)


def make_observer(cast: Cast) -> None:
    User.objects.filter(id=cast.awa.id).update(role=Role.OBSERVER)


def give_the_line_to_another_team(cast: Cast) -> None:
    team = Team.objects.create(organisation=cast.organisation, name="Distributeurs")
    team.members.add(cast.koffi)
    cast.line_3334.teams.add(team)


@pytest.mark.parametrize("deed", [switch_off, make_observer, give_the_line_to_another_team])
def test_what_somebody_holds_who_cannot_see_it_any_more_is_given_to_others(cast: Cast, deed):
    at = database_now() - timedelta(minutes=3)
    held = [cast.owned_by(cast.awa, sender=f"+22901970000{n:02}", at=at) for n in range(4)]
    cast.text_in(held[0], "Vous êtes là ?", at=at)
    others = cast.owned_by(cast.koffi, sender="+2290197000077")
    assert forsaken(cast) == 0

    deed(cast)
    assert forsaken(cast) == 4
    assert cast.state_of(cast.awa).load == 0
    held[0].refresh_from_db()
    assert (held[0].status, held[0].owner_id, held[0].queue_id) == (Status.QUEUED, None, cast.queue.id)
    assert held[0].waiting_since == at
    assert cast.said(held[0])[-1] == ("system", "returned")
    assert {i.agent_id for i in cast.intervals(IntervalKind.HANDLE)} == {cast.awa.id}
    told = Event.objects.filter(type="conversation.returned").values_list("data__previous_owner_id", flat=True)
    assert list(told) == [str(cast.awa.id)] * 4
    assert forsaken(cast) == 0

    cast.available(cast.koffi)
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 4
    assert Conversation.objects.filter(owner=cast.koffi).count() == 5
    others.refresh_from_db()
    assert others.status == Status.OPEN


def test_another_organisations_people_are_left_alone(cast: Cast):
    cast.owned_by(cast.awa)
    switch_off(cast)
    assert return_forsaken(organisation_id=uuid4()) == 0
    assert forsaken(cast) == 1


@pytest.mark.parametrize("pace", [1.0, 0.0])
def test_who_waited_for_an_agent_who_vanished_does_not_begin_at_the_end(cast: Cast, pace: float):
    Queue.objects.filter(id=cast.queue.id).update(points_per_minute=pace)
    now = database_now()
    answered = cast.owned_by(cast.awa, sender="+2290197000003")
    long = cast.owned_by(cast.awa, at=now - timedelta(minutes=41))
    cast.text_in(long, at=now - timedelta(minutes=40))
    since = cast.queued(sender="+2290197000002", at=now - timedelta(minutes=30))
    switch_off(cast)
    assert forsaken(cast) == 2
    cast.available(cast.koffi, capacity=1)
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 1
    for conversation in (long, since, answered):
        conversation.refresh_from_db()
    assert (long.owner_id, since.status) == (cast.koffi.id, Status.QUEUED)
    assert answered.priority == 0, "nobody waits there"


async def test_an_organisation_whose_assignment_fails_costs_the_others_nothing(monkeypatch, dsn, cast: Cast):
    """The leader of several goes through them in turn: the first one's trouble must not be everybody's."""
    organisations, done = [uuid4() for _ in range(3)], []

    def assign(*, organisation_id, lease):
        if organisation_id == organisations[0]:
            raise RuntimeError("its rows cannot be read")
        done.append(organisation_id)

    monkeypatch.setattr(dispatcher, "assign_waiting", assign)
    one = Dispatcher(dsn=dsn, owner="d1")
    far = asyncio.get_running_loop().time() + 3600
    one._leadership._held = {id_: HeldLease(f"routing:{id_}", "d1", 1, far) for id_ in organisations}
    with pytest.raises(RuntimeError):  # for the loop, which logs it and waits a moment
        await one._assign()
    assert done == organisations[1:]
