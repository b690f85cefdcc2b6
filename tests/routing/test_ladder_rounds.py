"""What waiting changes, on the real tables: a round gives by it, whoever waits already, and the next one too."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Team, User
from common.clock import database_now
from conversations.models import Conversation
from routing.glance import look
from routing.ladder import AddQueue, DropPreferred, Ladder, LowerLevel, RaisePriority, Step, as_rows
from routing.loads import wrong_loads
from routing.models import AgentSkill, Queue, QueueSkill, Skill
from routing.pulling import take_next
from routing.rounds import assign_waiting
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def everything_adds_up(cast: Cast):
    yield
    assert wrong_loads(cast.organisation.id) == []


@pytest.fixture
def now() -> datetime:
    return database_now()


def skill(cast: Cast, name: str, language: str = "", **levels: int) -> Skill:
    """`levels` by first name."""
    made = Skill.objects.create(organisation=cast.organisation, name=name, language=language)
    for first, level in levels.items():
        AgentSkill.objects.create(user=getattr(cast, first), skill=made, level=level)
    return made


def climbs(queue: Queue, *steps: Step) -> None:
    Queue.objects.filter(id=queue.id).update(ladder=as_rows(Ladder(steps)))


def round_at(cast: Cast, now: datetime) -> int:
    return assign_waiting(organisation_id=cast.organisation.id, lease=None, now=now)


def owner_of(conversation: Conversation) -> User | None:
    conversation.refresh_from_db()
    return conversation.owner


def team_queue(cast: Cast, name: str, *users: User, **fields: Any) -> Queue:
    team = Team.objects.create(organisation=cast.organisation, name=name)
    team.members.add(*users)
    queue = Queue.objects.create(organisation=cast.organisation, name=name, **fields)
    queue.teams.add(team)
    return queue


def test_a_level_is_lowered_after_its_time_and_not_before(cast: Cast, now: datetime):
    billing = skill(cast, "Facturation", awa=2)
    QueueSkill.objects.create(queue=cast.queue, skill=billing, least=4)
    climbs(cast.queue, Step(60, LowerLevel(billing.id, 1)), Step(120, LowerLevel(billing.id, 1)))
    cast.available(cast.awa)
    conversation = cast.queued(at=now)
    for waited_s, given in ((0, 0), (119, 0), (120, 1)):
        assert round_at(cast, now + timedelta(seconds=waited_s)) == given
    assert owner_of(conversation) == cast.awa


def test_a_changed_ladder_reaches_who_waits_already_and_a_removed_one_leaves_nothing(cast: Cast, now: datetime):
    billing = skill(cast, "Facturation", awa=2)
    QueueSkill.objects.create(queue=cast.queue, skill=billing, least=4)
    cast.available(cast.awa)
    first = cast.queued(at=now - timedelta(seconds=90))
    assert round_at(cast, now) == 0
    climbs(cast.queue, Step(100, LowerLevel(billing.id, 2)))
    assert round_at(cast, now) == 0
    climbs(cast.queue, Step(60, LowerLevel(billing.id, 2)))
    assert round_at(cast, now) == 1
    assert owner_of(first) == cast.awa
    cast.queued(sender="+2290197000002", at=now - timedelta(seconds=90))
    climbs(cast.queue)
    assert round_at(cast, now) == 0


def test_an_overflow_is_given_to_who_serves_the_other_queue_and_stays_in_its_own(cast: Cast, now: datetime):
    own = team_queue(cast, "Litiges", cast.koffi)
    other = team_queue(cast, "Renfort", cast.awa, auto_accept=False)
    climbs(own, Step(30, AddQueue(other.id)))
    cast.available(cast.awa)
    conversation = cast.queued(at=now)
    Conversation.objects.filter(id=conversation.id).update(queue_id=own.id)
    assert round_at(cast, now + timedelta(seconds=29)) == 0
    assert round_at(cast, now + timedelta(seconds=30)) == 1
    offer = conversation.offers.get()
    assert (offer.user, offer.queue_id) == (cast.awa, other.id), "it rings as that queue rings"
    conversation.refresh_from_db()
    assert conversation.queue_id == own.id


def test_what_overflows_is_found_behind_a_crowd_that_has_not_waited_as_long(cast: Cast, now: datetime):
    """The first of each stretch of waiting are read, not the first of the queue alone."""
    own = team_queue(cast, "Litiges", cast.koffi)
    other = team_queue(cast, "Renfort", cast.awa)
    climbs(own, Step(300, AddQueue(other.id)), Step(301, RaisePriority(1)))
    cast.available(cast.awa, capacity=3)
    for n in range(150):
        cast.queued(sender=f"+22901970020{n:02}", at=now - timedelta(seconds=200 - n), priority=1)
    old = [cast.queued(sender=f"+2290197003{n:03}", at=now - timedelta(seconds=300 + n)) for n in range(2)]
    Conversation.objects.update(queue_id=own.id)
    seen = look(cast.organisation.id, now=now)
    assert set(seen.waiting) == {one.id for one in old}
    assert {one.priority for one in seen.waiting.values()} == {0, 1}
    assert round_at(cast, now) == 2


def test_no_longer_preferred_is_as_good_as_any_other(cast: Cast, now: datetime):
    billing = skill(cast, "Facturation", mariam=5)
    QueueSkill.objects.create(queue=cast.queue, skill=billing, preferred=4)
    Queue.objects.filter(id=cast.queue.id).update(strategy="best_level")
    climbs(cast.queue, Step(60, DropPreferred(billing.id)))
    cast.available(cast.awa, capacity=1)
    cast.available(cast.mariam, capacity=5)
    waited = cast.queued(at=now - timedelta(seconds=61))
    asked = look(cast.organisation.id, now=now).waiting[waited.id].wants
    assert [(want.skill_id, want.preferred) for want in asked] == [(billing.id, 0)]
    fresh = cast.queued(sender="+2290197000002", at=now)
    assert look(cast.organisation.id, now=now).waiting[fresh.id].wants[0].preferred == 4


def test_a_raised_priority_goes_first_also_for_who_takes_the_next(cast: Cast, now: datetime):
    Queue.objects.filter(id=cast.queue.id).update(points_per_minute=0, may_pull=True)
    climbs(cast.queue, Step(60, RaisePriority(3)))
    urgent = cast.queued(sender="+2290197000002", at=now, priority=2)
    old = cast.queued(at=now - timedelta(seconds=90))
    cast.available(cast.awa, capacity=1)
    assert round_at(cast, now) == 1
    assert owner_of(old) == cast.awa
    again = cast.queued(sender="+2290197000003", at=now - timedelta(seconds=90))
    assert take_next(user=cast.koffi, queue_id=cast.queue.id).id == again.id
    assert take_next(user=cast.koffi, queue_id=cast.queue.id).id == urgent.id


def test_a_language_that_is_asked_for_less_is_barred_no_longer(cast: Cast, now: datetime):
    fon = skill(cast, "Fon", "fon", awa=2)
    Queue.objects.filter(id=cast.queue.id).update(language_level=4)
    climbs(cast.queue, Step(60, LowerLevel(fon.id, 2)))
    cast.available(cast.awa)
    conversation = cast.queued(at=now)
    Conversation.objects.update(language="fon")
    assert round_at(cast, now + timedelta(seconds=59)) == 0
    assert round_at(cast, now + timedelta(seconds=60)) == 1
    assert owner_of(conversation) == cast.awa


def test_who_comes_back_to_the_queue_begins_at_its_foot(cast: Cast, now: datetime):
    billing = skill(cast, "Facturation", awa=2)
    QueueSkill.objects.create(queue=cast.queue, skill=billing, least=4)
    climbs(cast.queue, Step(60, LowerLevel(billing.id, 2)))
    cast.available(cast.awa)
    conversation = cast.queued(at=now - timedelta(hours=1))
    Conversation.objects.filter(id=conversation.id).update(queued_at=now)  # as whoever gives it back does
    assert round_at(cast, now + timedelta(seconds=30)) == 0
    assert round_at(cast, now + timedelta(seconds=60)) == 1


def test_a_ladder_that_somebody_broke_by_hand_costs_nobody_his_place(cast: Cast, now: datetime):
    Queue.objects.filter(id=cast.queue.id).update(ladder=[{"do": "dance"}])
    cast.available(cast.awa)
    cast.queued(at=now)
    assert round_at(cast, now) == 1
