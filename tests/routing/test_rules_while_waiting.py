"""A rule meets what waiting changes: its own ladder, its queue's, and being switched off while somebody waits by it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from accounts.models import User
from common.clock import database_now
from conversations.models import Conversation
from routing.glance import look
from routing.ladder import LowerLevel, Step
from routing.models import Queue, QueueSkill, Rule
from routing.rounds import assign_waiting
from routing.turns import Turns
from routing.workflow_admin import RuleGiven
from tests.cast import SUBSCRIBER, Cast
from tests.routing.ladders import climbs
from tests.routing.ruled import keep_rules, writes
from tests.routing.test_ladder_rounds import skill, team_queue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("scripted_links")]


@pytest.fixture
def waits(cast: Cast, boss: User, turns: Turns) -> Any:
    """Somebody waits by the one rule of his line, for so many seconds."""

    def begin(rule: RuleGiven, seconds: float = 61, sender: str = SUBSCRIBER) -> Conversation:
        if not Rule.objects.exists():
            keep_rules(boss, cast.line_3334, rule)
        found = writes(cast, turns, cast.line_3334, sender, "Ma facture est fausse")
        assert found.queue_id == rule.queue_id
        Conversation.objects.filter(id=found.id).update(queued_at=database_now() - timedelta(seconds=seconds))
        return found

    return begin


def owner_after_a_round(cast: Cast, conversation: Conversation, now: datetime | None = None) -> User | None:
    assign_waiting(organisation_id=cast.organisation.id, lease=None, now=now)
    conversation.refresh_from_db()
    return conversation.owner


@pytest.mark.parametrize("off", ["the rule", "the rules"])
def test_a_rule_that_is_switched_off_asks_nothing_more_of_those_who_wait_by_it(
    cast: Cast, boss: User, waits: Any, off: str
) -> None:
    billing = skill(cast, "Facturation")
    asks = waits(RuleGiven(cast.queue.id, wants=[(billing.id, 5, 0)]))
    cast.available(cast.awa)
    assert owner_after_a_round(cast, asks) is None
    same = RuleGiven(
        cast.queue.id, wants=[(billing.id, 5, 0)], id=UUID(str(Rule.objects.get().id)), is_enabled=off != "the rule"
    )
    keep_rules(boss, cast.line_3334, same, on=off != "the rules")
    assert owner_after_a_round(cast, asks) == cast.awa


def test_the_ladder_of_its_queue_lowers_what_a_rule_asks(cast: Cast, waits: Any) -> None:
    billing = skill(cast, "Facturation", awa=2)
    climbs(cast.queue, Step(60, LowerLevel(billing.id, 2)))
    cast.available(cast.awa)
    asks = waits(RuleGiven(cast.queue.id, wants=[(billing.id, 4, 0)]), seconds=30)
    assert owner_after_a_round(cast, asks) is None
    assert owner_after_a_round(cast, asks, database_now() + timedelta(seconds=31)) == cast.awa


def test_a_rules_own_ladder_brings_the_people_of_another_queue(cast: Cast, waits: Any) -> None:
    own, other = team_queue(cast, "Litiges", cast.koffi), team_queue(cast, "Renfort", cast.awa)
    ladder = [{"after_s": 60, "do": "add_queue", "queue": str(other.id)}]
    cast.available(cast.awa)
    asks = waits(RuleGiven(own.id, ladder=ladder), seconds=30)
    assert owner_after_a_round(cast, asks) is None
    assert owner_after_a_round(cast, asks, database_now() + timedelta(seconds=31)) == cast.awa


def test_what_a_rules_own_ladder_brings_is_found_behind_a_crowd_of_the_queue(cast: Cast, waits: Any) -> None:
    own, other = team_queue(cast, "Litiges", cast.koffi), team_queue(cast, "Renfort", cast.awa)
    asks = waits(RuleGiven(own.id, ladder=[{"after_s": 60, "do": "add_queue", "queue": str(other.id)}]))
    for number in range(12):
        one = cast.queued(sender=f"+22901970001{number:02d}", at=database_now() - timedelta(seconds=900))
        Conversation.objects.filter(id=one.id).update(queue_id=own.id)
    cast.available(cast.awa, capacity=1)
    assert [one.id for one in look(cast.organisation.id).waiting.values()] == [asks.id]


def test_a_rules_own_ladder_lowers_what_its_queue_asks(cast: Cast, waits: Any) -> None:
    billing = skill(cast, "Facturation", awa=2)
    QueueSkill.objects.create(queue=cast.queue, skill=billing, least=4)
    cast.available(cast.awa)
    lower = [{"after_s": 60, "do": "lower_level", "skill": str(billing.id), "by": 2}]
    asks = waits(RuleGiven(cast.queue.id, ladder=lower))
    assert owner_after_a_round(cast, asks) == cast.awa


def test_a_rules_ladder_that_somebody_broke_by_hand_keeps_nobody_waiting(cast: Cast, waits: Any) -> None:
    asks = waits(RuleGiven(cast.queue.id, ladder=[{"after_s": 60, "do": "raise_priority", "by": 1}]))
    Rule.objects.update(ladder=[{"after_s": "soon"}])
    Queue.objects.filter(id=cast.queue.id).update(auto_accept=True)
    cast.available(cast.awa)
    assert owner_after_a_round(cast, asks) == cast.awa
