"""What a rule asks of the agent: least and preferred levels, for those who wait by it, until its queue is another."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from accounts.models import User
from common.clock import database_now
from common.errors import Conflict
from conversations.models import Conversation
from routing.glance import look
from routing.models import AgentSkill, Queue, Skill
from routing.pulling import take_next
from routing.rounds import assign_waiting
from routing.turns import Turns
from tests.cast import SUBSCRIBER, Cast
from tests.routing.ruled import *  # noqa: F403
from tests.routing.ruled import OTHER, keep_rules, when, word, writes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("scripted_links")]


def skilled(cast: Cast, name: str, **levels: int) -> Skill:
    skill = Skill.objects.create(organisation=cast.organisation, name=name)
    for who, level in levels.items():
        AgentSkill.objects.create(user=getattr(cast, who), skill=skill, level=level)
    return skill


def owner_of(conversation: Conversation) -> UUID | None:
    conversation.refresh_from_db()
    return conversation.owner_id


@pytest.mark.needs("RFP-030", part="rules ask for skills")
def test_a_rule_gives_to_nobody_below_its_least_level_and_first_to_its_preferred(
    cast: Cast, boss: User, turns: Turns
) -> None:
    billing = skilled(cast, "Facturation", awa=2, koffi=4, mariam=5)
    keep_rules(boss, cast.line_3334, when(cast.queue, word("facture"), wants=[(billing.id, 3, 5)]))
    asks = writes(cast, turns, cast.line_3334, SUBSCRIBER, "ma facture")
    other = writes(cast, turns, cast.line_3334, OTHER, "Bonjour")
    cast.available(cast.awa)
    assign_waiting(organisation_id=cast.organisation.id, lease=None)
    assert (owner_of(asks), owner_of(other)) == (None, cast.awa.id), "who waits by a rule hid who waits behind him"
    cast.available(cast.koffi, cast.mariam)
    assign_waiting(organisation_id=cast.organisation.id, lease=None)
    assert owner_of(asks) == cast.mariam.id


def test_nobody_takes_the_next_by_himself_whom_its_rule_keeps_away(cast: Cast, boss: User, turns: Turns) -> None:
    billing = skilled(cast, "Facturation", koffi=3)
    Queue.objects.filter(id=cast.queue.id).update(may_pull=True)
    keep_rules(boss, cast.line_3334, when(cast.queue, word("facture"), wants=[(billing.id, 3, 0)]))
    asks = writes(cast, turns, cast.line_3334, SUBSCRIBER, "ma facture")
    other = writes(cast, turns, cast.line_3334, OTHER, "Bonjour")
    cast.available(cast.awa, cast.koffi)
    assert take_next(user=cast.awa, queue_id=cast.queue.id).id == other.id
    with pytest.raises(Conflict, match="nobody waits"):
        take_next(user=cast.awa, queue_id=cast.queue.id)
    assert take_next(user=cast.koffi, queue_id=cast.queue.id).id == asks.id


def test_a_changed_rule_reaches_who_waits_by_it(cast: Cast, boss: User, turns: Turns) -> None:
    billing = skilled(cast, "Facturation", awa=2)
    made = keep_rules(boss, cast.line_3334, when(cast.queue, wants=[(billing.id, 5, 0)]))
    asks = writes(cast, turns, cast.line_3334, SUBSCRIBER, "ma facture")
    cast.available(cast.awa)
    assign_waiting(organisation_id=cast.organisation.id, lease=None)
    assert owner_of(asks) is None
    same = UUID(made["rules"][0]["id"])
    keep_rules(boss, cast.line_3334, when(cast.queue, wants=[(billing.id, 4, 0)], id=same, name="Plus bas"))
    assign_waiting(organisation_id=cast.organisation.id, lease=None)
    assert owner_of(asks) is None
    keep_rules(boss, cast.line_3334, when(cast.queue, wants=[(billing.id, 2, 0)], id=same))
    assign_waiting(organisation_id=cast.organisation.id, lease=None)
    assert owner_of(asks) == cast.awa.id


def test_a_crowd_that_nobody_free_can_take_hides_nobody(cast: Cast, boss: User, turns: Turns) -> None:
    billing = skilled(cast, "Facturation", koffi=5)
    keep_rules(boss, cast.line_3334, when(cast.queue, word("facture"), wants=[(billing.id, 3, 0)]))
    for number in range(12):
        writes(cast, turns, cast.line_3334, f"+22901970001{number:02d}", "ma facture")
    other = writes(cast, turns, cast.line_3334, OTHER, "Bonjour")
    cast.available(cast.awa, capacity=1)
    seen = look(cast.organisation.id)
    assert [one.id for one in seen.waiting.values()] == [other.id]


def test_what_a_rule_asks_ends_with_its_queue(cast: Cast, boss: User, bills: Queue, turns: Turns) -> None:
    billing = skilled(cast, "Facturation")
    keep_rules(boss, cast.line_3334, when(bills, wants=[(billing.id, 5, 0)]))
    asks = writes(cast, turns, cast.line_3334, SUBSCRIBER, "ma facture")
    Conversation.objects.filter(id=asks.id).update(queue_id=cast.queue.id)
    cast.available(cast.awa)
    assign_waiting(organisation_id=cast.organisation.id, lease=None)
    assert owner_of(asks) == cast.awa.id


def test_a_rules_own_ladder_lowers_what_it_asks_while_somebody_waits(cast: Cast, boss: User, turns: Turns) -> None:
    billing = skilled(cast, "Facturation", awa=2)
    ladder = [{"after_s": 60, "do": "lower_level", "skill": str(billing.id), "by": 2}]
    keep_rules(boss, cast.line_3334, when(cast.queue, wants=[(billing.id, 4, 0)], ladder=ladder))
    asks = writes(cast, turns, cast.line_3334, SUBSCRIBER, "ma facture")
    cast.available(cast.awa)
    assign_waiting(organisation_id=cast.organisation.id, lease=None)
    assert owner_of(asks) is None
    Conversation.objects.filter(id=asks.id).update(queued_at=database_now() - timedelta(seconds=61))
    assign_waiting(organisation_id=cast.organisation.id, lease=None)
    assert owner_of(asks) == cast.awa.id
