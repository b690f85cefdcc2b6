"""A queue's preferred team is asked first, alone, for some seconds; then everybody, as though there were none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Audit, Role, Team, User
from common.clock import database_now
from common.errors import Conflict
from conversations.models import Conversation
from routing.assignment import Agent, Waiting, Want, plan_round
from routing.glance import look
from routing.ladder import AddQueue, Ladder, LowerLevel, RaisePriority, Step, apply, team_first
from routing.loads import wrong_loads
from routing.models import AgentSkill, AgentState, Queue, QueueSkill
from routing.presence import set_state
from routing.pulling import take_next
from routing.rounds import assign_waiting
from routing.scenario import ScenarioError, scenario
from routing.simulation import simulate
from routing.snooze import snooze, wake_by_hand
from routing.workflow_admin import RuleGiven
from tests.browser import Browser, someone
from tests.cast import Cast
from tests.routing.ladders import climbs
from tests.routing.test_ladder_rounds import skill
from tests.routing.test_routes import keep_rules, writes

TEN = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
SUPPORT, SALES, TEAM, SKILL, LINE = (UUID(int=n) for n in (101, 102, 103, 104, 105))

steps = st.lists(
    st.builds(
        Step,
        st.integers(0, 120),
        st.one_of(
            st.builds(LowerLevel, st.just(SKILL), st.integers(1, 3)), st.just(AddQueue(SALES)),
            st.builds(RaisePriority, st.integers(1, 3)),
        ),
    ),
    max_size=4,
).map(lambda found: Ladder(tuple(sorted(found, key=lambda step: step.after_s))))  # fmt: skip


@st.composite
def people(draw) -> list[Agent]:
    return [
        Agent(
            id=UUID(int=n), load=draw(st.integers(0, 2)), capacity=2,
            idle_since=TEN - timedelta(seconds=draw(st.integers(0, 9))),
            skills=({SKILL: draw(st.integers(1, 5))} if draw(st.booleans()) else {})
            | ({TEAM: 1} if draw(st.booleans()) else {}),
            queues=draw(st.none() | st.sampled_from([frozenset([SUPPORT]), frozenset([SALES])])),
        )
        for n in range(1, 6)
    ]  # fmt: skip


@pytest.mark.needs("RFP-030", part="a preferred team")
@settings(max_examples=150, deadline=None)
@given(steps, people(), st.integers(5, 100), st.integers(0, 150), st.lists(st.integers(0, 150), max_size=5))
def test_within_its_seconds_the_team_alone_and_then_the_very_plan_without_it(ladder, agents, seconds, now_s, came_s):
    """So nobody waits while a matching agent is free, once the seconds are over."""
    asks = (Want(SKILL, least=2),)
    of_team, with_team = team_first(ladder, TEAM, seconds)
    now = TEN + timedelta(seconds=now_s)

    def crowd(first: bool) -> list[Waiting]:
        found = []
        for number, came in enumerate([0, *came_s]):
            waited = max(0, now_s - came)
            base = Waiting(
                id=UUID(int=500 + number), line_id=LINE, queue_ids=(SUPPORT,), priority=0,
                since=now - timedelta(seconds=waited), wants=(*asks, of_team) if first else asks,
            )  # fmt: skip
            found.append(apply(with_team if first else ladder, base, waited).waiting)
        return found

    def is_fresh(one: Waiting) -> bool:
        return (now - one.since).total_seconds() < seconds

    team = {agent.id for agent in agents if TEAM in agent.skills}
    plan = plan_round(crowd(first=True), agents, {}, now)
    fresh = {one.id for one in crowd(first=True) if is_fresh(one)}
    assert all(one.agent_id in team for one in plan if one.conversation_id in fresh)
    later = [one for one in crowd(first=True) if not is_fresh(one)]
    plain = [one for one in crowd(first=False) if not is_fresh(one)]
    assert later == plain
    assert plan_round(later, agents, {}, now) == plan_round(plain, agents, {}, now)
    # Of those who come first everybody is found: nobody fresh waits while one of the team is free for him.
    held = {agent.id: agent.load for agent in agents}
    for one in plan:
        held[one.agent_id] += 1
    for one in crowd(first=True):
        if one.id in fresh and one.id not in {given_.conversation_id for given_ in plan}:
            left = [replace(agent, load=held[agent.id]) for agent in agents if agent.id in team]
            assert plan_round([one], left, {}, now) == []


# --- On the real tables --------------------------------------------------------------------------------------


@pytest.fixture
def now() -> datetime:
    return database_now()


@pytest.fixture
def north(cast: Cast):
    """Mariam is of the team that comes first; Koffi has had less to do."""
    team = Team.objects.create(organisation=cast.organisation, name="Nord")
    team.members.add(cast.mariam)
    Queue.objects.filter(id=cast.queue.id).update(preferred_team=team, preferred_team_s=40)
    AgentState.objects.filter(user=cast.mariam).update(last_assigned_at=database_now())
    yield team
    assert wrong_loads(cast.organisation.id) == []


def owner_after_a_round(cast: Cast, conversation: Conversation, now: datetime) -> User | None:
    assign_waiting(organisation_id=cast.organisation.id, lease=None, now=now)
    conversation.refresh_from_db()
    return conversation.owner


@pytest.mark.django_db(transaction=True)
class TestRounds:
    def test_the_team_gets_it_though_another_is_longer_idle(self, cast: Cast, north: Team, now: datetime):
        cast.available(cast.koffi, cast.mariam)
        assert owner_after_a_round(cast, cast.queued(at=now), now) == cast.mariam

    def test_a_busy_team_is_waited_for_and_after_its_seconds_it_is_anybodys(
        self, cast: Cast, north: Team, now: datetime
    ):
        cast.available(cast.koffi, cast.mariam)
        AgentState.objects.filter(user=cast.mariam).update(load=0, capacity=0)
        conversation = cast.queued(at=now)
        assert owner_after_a_round(cast, conversation, now + timedelta(seconds=39)) is None
        assert owner_after_a_round(cast, conversation, now + timedelta(seconds=40)) == cast.koffi

    @pytest.mark.parametrize(
        "why", ["on a break", "offline", "switched off", "left the team", "below a minimum level", "of no queue's team"]
    )
    def test_a_team_of_whom_nobody_is_there_is_not_waited_for(self, cast: Cast, north: Team, now: datetime, why: str):
        cast.available(cast.koffi, cast.mariam)
        if why == "on a break":
            set_state(user=cast.mariam, state="break")
        elif why == "offline":
            set_state(user=cast.mariam, state="offline")
        elif why == "switched off":
            User.objects.filter(id=cast.mariam.id).update(is_active=False)
        elif why == "left the team":
            north.members.remove(cast.mariam)
        elif why == "below a minimum level":
            QueueSkill.objects.create(queue=cast.queue, skill=skill(cast, "Facturation", koffi=2, mariam=1), least=2)
        else:
            south = Team.objects.create(organisation=cast.organisation, name="Sud")
            south.members.add(cast.koffi)
            cast.queue.teams.add(south)
        assert owner_after_a_round(cast, cast.queued(at=now), now) == cast.koffi

    def test_who_waits_for_a_busy_team_is_not_even_read(self, cast: Cast, north: Team, now: datetime):
        """Else a crowd of them would be read anew, deeper and deeper, each second."""
        cast.available(cast.koffi, cast.mariam)
        AgentState.objects.filter(user=cast.mariam).update(load=0, capacity=0)
        for n in range(12):
            cast.queued(sender=f"+22901970040{n:02}", at=now - timedelta(seconds=n))
        old = cast.queued(sender="+2290197005000", at=now - timedelta(seconds=41), priority=0)
        seen = look(cast.organisation.id, now=now)
        assert (set(seen.waiting), seen.horizon) == ({old.id}, None)

    def test_it_holds_beside_levels_and_a_ladder_of_the_queue(self, cast: Cast, north: Team, now: datetime):
        billing = skill(cast, "Facturation", koffi=2, mariam=1)
        QueueSkill.objects.create(queue=cast.queue, skill=billing, least=2)
        climbs(cast.queue, Step(20, LowerLevel(billing.id, 1)))
        cast.available(cast.koffi, cast.mariam)
        conversation = cast.queued(at=now)
        assert owner_after_a_round(cast, conversation, now + timedelta(seconds=19)) is None
        assert owner_after_a_round(cast, conversation, now + timedelta(seconds=20)) == cast.mariam

    def test_a_rule_with_a_ladder_of_its_own_does_not_keep_it_for_the_team_for_ever(
        self, cast: Cast, north: Team, boss: User, turns, scripted_links
    ):
        billing = skill(cast, "Facturation", koffi=2)
        AgentSkill.objects.filter(user=cast.mariam).delete()
        rule = RuleGiven(
            cast.queue.id, wants=[(billing.id, 3, 0)],
            ladder=[{"after_s": 10, "do": "lower_level", "skill": str(billing.id), "by": 1}],
        )  # fmt: skip
        keep_rules(boss, cast.line_3334, rule)
        found = writes(cast, turns, cast.line_3334, "+2290197000001", "Ma facture")
        cast.available(cast.koffi, cast.mariam)
        assert found.queued_at is not None
        assert owner_after_a_round(cast, found, found.queued_at + timedelta(seconds=39)) is None
        assert owner_after_a_round(cast, found, found.queued_at + timedelta(seconds=40)) == cast.koffi

    def test_who_takes_the_next_by_himself_leaves_the_team_its_own(self, cast: Cast, north: Team, now: datetime):
        Queue.objects.filter(id=cast.queue.id).update(may_pull=True)
        cast.available(cast.koffi, cast.mariam)
        fresh = cast.queued(at=now)
        old = cast.queued(sender="+2290197000002", at=now - timedelta(seconds=41))
        assert take_next(user=cast.koffi, queue_id=cast.queue.id).id == old.id
        with pytest.raises(Conflict, match="nobody waits"):
            take_next(user=cast.koffi, queue_id=cast.queue.id)
        assert take_next(user=cast.mariam, queue_id=cast.queue.id).id == fresh.id

    @pytest.mark.parametrize("team_is_there", [True, False], ids=["free", "busy"])
    @pytest.mark.parametrize("by_hand", [False, True], ids=["given", "pulled"])
    def test_what_woke_for_its_owner_is_his_though_he_is_not_of_the_team(
        self, cast: Cast, north: Team, now: datetime, team_is_there: bool, by_hand: bool
    ):
        """Else it would wait for him alone, who may not have it: for nobody."""
        cast.available(cast.koffi, cast.mariam)
        if not team_is_there:
            AgentState.objects.filter(user=cast.mariam).update(load=0, capacity=0)
        Queue.objects.filter(id=cast.queue.id).update(may_pull=True)
        conversation = cast.owned_by(cast.koffi, at=now - timedelta(seconds=90))
        snooze(user=cast.koffi, conversation_id=conversation.id, seen=conversation.last_seq)
        set_state(user=cast.koffi, state="break")
        wake_by_hand(user=someone(cast, Role.SUPERVISOR), conversation_id=conversation.id)
        assert owner_after_a_round(cast, conversation, database_now()) is None
        if by_hand:
            assert take_next(user=cast.koffi, queue_id=cast.queue.id).id == conversation.id
            return
        set_state(user=cast.koffi, state="available")
        assert owner_after_a_round(cast, conversation, database_now()) == cast.koffi

    def test_a_team_that_is_deleted_prefers_nobody(self, cast: Cast, north: Team, now: datetime):
        cast.available(cast.koffi, cast.mariam)
        north.delete()
        assert owner_after_a_round(cast, cast.queued(at=now), now) == cast.koffi


@pytest.mark.django_db(transaction=True)
def test_an_administrator_chooses_it_and_is_told_when_nobody_of_it_can_serve(cast: Cast):
    admin = Browser(someone(cast, Role.ADMINISTRATOR))
    address = f"/api/admin/queues/{cast.queue.id}"
    empty = Team.objects.create(organisation=cast.organisation, name="Nuit")
    shown = admin.patch(address, {"preferred_team_id": str(empty.id), "preferred_team_s": 45}).data
    assert (shown["preferred_team_id"], shown["preferred_team_s"]) == (str(empty.id), 45)
    assert shown["warnings"] == ["nobody_preferred"]
    audit = Audit.objects.order_by("id").last()
    assert audit is not None
    assert audit.action == "queue.changed"
    assert set(audit.changes) == {"preferred_team", "preferred_team_s"}
    empty.members.add(cast.awa)
    assert admin.patch(address, {"name": "Autrement"}).data["warnings"] == []
    assert admin.patch(address, {"preferred_team_s": 4}).status == 422
    assert admin.patch(address, {"preferred_team_id": str(uuid4())}).status == 422
    assert admin.patch(address, {"preferred_team_id": ""}).data["preferred_team_id"] is None


# --- In a simulated day --------------------------------------------------------------------------------------


def day(**queue: object) -> dict:
    return {
        "hours": 1.0,
        "queues": [{"name": "Support", **queue}],
        "arrivals": [{"queue": "Support", "at_s": [60.0, 61.0, 62.0], "handling": {"mean_s": 600, "shape": "fixed"}}],
        "agents": [
            {"name": "North", "count": 1, "shifts": [["08:00", "08:02"]]},
            {"name": "South", "count": 2},
        ],
    }


def test_a_simulated_team_is_asked_first_and_not_waited_for_when_it_has_gone():
    kept = simulate(scenario(day(preferred_team="North", preferred_team_s=30)))
    assert [(one.wait_s, one.agent) for one in kept.contacts] == [(0, 0), (30, 1), (30, 2)]
    gone = simulate(scenario(day(preferred_team="North", preferred_team_s=300)))
    assert [one.wait_s for one in gone.contacts] == [0, 59, 58], "at 08:02 nobody of the team is there"
    with pytest.raises(ScenarioError, match=r"queues\.0\.preferred_team"):
        scenario(day(preferred_team="West"))
