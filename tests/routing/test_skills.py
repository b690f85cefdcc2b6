"""Who gets what by skill, level, language and team, on the real tables; and what agents take by themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Team, User
from common.clock import database_now
from common.errors import Conflict, NotFound
from conversations.models import Conversation, Status
from routing.glance import look
from routing.loads import wrong_loads
from routing.models import AgentSkill, Queue, QueueSkill, Skill
from routing.pulling import take_next
from routing.queue_admin import queues_shown
from routing.rounds import assign_waiting
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def everything_adds_up(cast: Cast):
    yield
    assert wrong_loads(cast.organisation.id) == []


def skill(cast: Cast, name: str, language: str = "", **levels: int) -> Skill:
    """`levels` by first name."""
    made = Skill.objects.create(organisation=cast.organisation, name=name, language=language)
    for first, level in levels.items():
        AgentSkill.objects.create(user=getattr(cast, first), skill=made, level=level)
    return made


def round_of(cast: Cast) -> int:
    return assign_waiting(organisation_id=cast.organisation.id, lease=None)


def owner_of(conversation: Conversation) -> User | None:
    conversation.refresh_from_db()
    return conversation.owner


def test_minimum_levels_are_kept_and_preferred_ones_come_first(cast: Cast):
    billing = skill(cast, "Facturation", awa=2, koffi=3, mariam=5)
    QueueSkill.objects.create(queue=cast.queue, skill=billing, least=3, preferred=5)
    cast.available(cast.awa, cast.koffi, cast.mariam, capacity=1)
    first, second, third = (
        cast.queued(sender=f"+229019700000{n}", at=database_now() - timedelta(minutes=9 - n)) for n in range(3)
    )
    assert round_of(cast) == 2
    assert (owner_of(first), owner_of(second), owner_of(third)) == (cast.mariam, cast.koffi, None)
    Skill.objects.filter(id=billing.id).update(is_enabled=False)
    assert round_of(cast) == 1, "a skill that is switched off is asked of nobody"
    assert owner_of(third) == cast.awa


def test_a_language_is_a_skill_and_a_crowd_of_one_does_not_hide_another(cast: Cast):
    skill(cast, "Français", "fr", koffi=5)
    skill(cast, "English", "en", awa=4, koffi=1)
    Queue.objects.filter(id=cast.queue.id).update(language_level=3)
    cast.available(cast.awa, capacity=9)
    old = database_now() - timedelta(hours=1)
    for n in range(60):
        cast.queued(sender=f"+22901970010{n:02}", at=old)
    Conversation.objects.update(language="fr")
    english = cast.queued(sender="+2290197001199")
    Conversation.objects.filter(id=english.id).update(language="en")
    fon = cast.queued(sender="+2290197001198")
    Conversation.objects.filter(id=fon.id).update(language="fon")  # a skill of nobody's: asked of nobody
    assert round_of(cast) == 2
    assert owner_of(english) == owner_of(fon) == cast.awa


def test_a_queue_of_a_team_is_served_by_that_team(cast: Cast):
    night = Team.objects.create(organisation=cast.organisation, name="Nuit")
    night.members.add(cast.koffi)
    other = Queue.objects.create(organisation=cast.organisation, name="Nuit")
    other.teams.add(night)
    cast.available(cast.awa)
    conversation = cast.queued()
    Conversation.objects.filter(id=conversation.id).update(queue_id=other.id)
    assert round_of(cast) == 0
    cast.available(cast.koffi)
    assert round_of(cast) == 1
    assert owner_of(conversation) == cast.koffi


def test_points_for_waiting_join_queues_and_priorities_in_one_order(cast: Cast):
    slow = Queue.objects.create(organisation=cast.organisation, name="Lente", points_per_minute=0.1)
    now = database_now()
    patient = cast.queued(sender="+2290197000001", at=now - timedelta(minutes=30))  # 3 points
    Conversation.objects.filter(id=patient.id).update(queue_id=slow.id)
    quick = cast.queued(sender="+2290197000002", at=now - timedelta(minutes=5))  # 5 points
    urgent = cast.queued(sender="+2290197000003", at=now, priority=1)  # 10 points
    for expected in (urgent, quick, patient):
        cast.available(cast.awa, capacity=cast.state_of(cast.awa).load + 1)
        assert round_of(cast) == 1
        assert owner_of(expected) == cast.awa


def test_a_glance_at_a_long_queue_reads_the_first_of_each_kind_only(cast: Cast):
    cast.available(cast.awa, capacity=2)
    now = database_now()
    for n in range(90):
        cast.queued(sender=f"+22901970012{n:02}", at=now - timedelta(minutes=n), priority=n % 3)
    seen = look(cast.organisation.id)
    assert len(seen.waiting) == 3 * seen.depth < 90
    assert round_of(cast) == 2
    best = sorted(
        Conversation.objects.all(), key=lambda c: -(c.priority * 10 + (now - c.queued_at).total_seconds() / 60)
    )[:2]
    assert {one.id for one in best} == set(Conversation.objects.filter(status=Status.OPEN).values_list("id", flat=True))


def test_the_next_of_a_queue_is_taken_by_its_policy_only(cast: Cast):
    with pytest.raises(Conflict) as refused:
        take_next(user=cast.awa, queue_id=cast.queue.id)
    assert refused.value.code == "no_pull"
    Queue.objects.filter(id=cast.queue.id).update(may_pull=True)
    with pytest.raises(Conflict) as refused:
        take_next(user=cast.awa, queue_id=cast.queue.id)
    assert refused.value.code == "queue_empty"
    now = database_now()
    late, early = cast.queued(at=now), cast.queued(sender="+2290197000002", at=now - timedelta(minutes=3))
    urgent = cast.queued(sender="+2290197000003", at=now, priority=2)
    taken = [take_next(user=cast.awa, queue_id=cast.queue.id).id for _ in range(3)]
    assert taken == [urgent.id, early.id, late.id]
    assert cast.said(urgent) == [("agent", "assigned")]
    billing = skill(cast, "Facturation", koffi=4)
    QueueSkill.objects.create(queue=cast.queue, skill=billing, least=3)
    with pytest.raises(Conflict) as refused:
        take_next(user=cast.awa, queue_id=cast.queue.id)
    assert refused.value.code == "not_your_queue"
    other = make_cast(name="Autre", slug="autre", domain="autre.example")
    with pytest.raises(NotFound):
        take_next(user=cast.awa, queue_id=other.queue.id)


def test_twelve_who_take_the_next_at_once_get_different_ones(cast: Cast, at_once):
    Queue.objects.filter(id=cast.queue.id).update(may_pull=True)
    cast.available(*cast.agents)
    for n in range(12):
        cast.queued(sender=f"+22901970013{n:02}")
    results = at_once([lambda u=user: take_next(user=u, queue_id=cast.queue.id) for user in cast.agents * 4])
    taken = [one.id for one in results if isinstance(one, Conversation)]
    assert len(taken) == len(set(taken)) == 12, results


def test_a_queue_whose_conversations_fit_into_nobody_says_so(cast: Cast):
    Queue.objects.filter(id=cast.queue.id).update(weight=6)
    cast.available(*cast.agents)  # each may hold five
    cast.queued()
    assert round_of(cast) == 0
    assert queues_shown(cast.organisation.id)[0]["warnings"] == ["no_agent_has_room"]
    cast.available(cast.koffi, capacity=6)
    assert queues_shown(cast.organisation.id)[0]["warnings"] == []
    assert round_of(cast) == 1


def test_a_skill_that_is_switched_off_keeps_nobody_from_a_queue_and_no_warning_says_so(cast: Cast):
    billing = skill(cast, "Facturation")
    QueueSkill.objects.create(queue=cast.queue, skill=billing, least=3)
    assert queues_shown(cast.organisation.id)[0]["warnings"] == ["no_agent_has_skills"]
    Skill.objects.update(is_enabled=False)
    assert queues_shown(cast.organisation.id)[0]["warnings"] == []
