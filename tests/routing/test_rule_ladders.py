"""A rule's own ladder does all that a queue's does, in its place: deeds, the place told, and who is next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from common.clock import database_now
from common.errors import Invalid
from conversations.models import Conversation, Line, Status, Task
from routing.ladder import AddQueue, Deed, Ladder, LowerLevel, RaisePriority, Step, as_rows
from routing.ladder_watch import LadderWatch
from routing.models import LadderTold, Queue, Routed, Rule
from routing.pulling import take_next
from routing.rounds import assign_waiting
from routing.waits import places, wait_of
from routing.workflow_admin import RuleGiven
from tests.cast import Cast
from tests.routing.ladders import climbs, told, waits
from tests.routing.test_ladder_rounds import skill, team_queue
from tests.routing.test_routes import keep_rules

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("scripted_links")]

TELL = Step(60, Deed.TELL_POSITION)
ByRule = Callable[..., Conversation]


@pytest.fixture
def now() -> datetime:
    return database_now()


def later(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)


def rule_of(boss: User, line: Line, queue: Queue, *steps: Step, **fields: Any) -> Rule:
    """The one rule of its line, with this ladder of its own."""
    keep_rules(boss, line, RuleGiven(queue.id, ladder=as_rows(Ladder(steps)), **fields))
    return Rule.objects.get(workflow_id=line.id)


def goes_by(rule: Rule, conversation: Conversation) -> Conversation:
    Conversation.objects.filter(id=conversation.id).update(queue_id=rule.queue_id)
    Routed.objects.create(
        conversation=conversation, organisation_id=rule.organisation_id, rule_id=rule.id, queue_id=rule.queue_id
    )
    conversation.refresh_from_db()
    return conversation


@pytest.mark.needs("MCE-017", part="told what a rule's own ladder says, instead of its queue's")
def test_a_rules_own_ladder_tells_in_the_place_of_its_queues(cast: Cast, boss: User, now: datetime):
    climbs(cast.queue, Step(30, Deed.OFFER_CALLBACK))
    rule = rule_of(boss, cast.line_3334, cast.queue, TELL)
    by_queue, by_rule, watch = waits(cast, now), goes_by(rule, waits(cast, now, 2)), LadderWatch()
    assert watch.look(later(now, 30)) == 1
    assert (len(told(by_queue)), told(by_rule)) == (1, [])
    assert watch.look(later(now, 59)) == 0
    assert watch.look(later(now, 60)) == 1
    assert told(by_rule) == ["Savane Assistance : merci de patienter. Votre place dans la file : 2."]
    assert watch.look(later(now, 61)) == LadderWatch().look(later(now, 600)) == 0, "once"
    assert len(told(by_queue)) == 1


def test_an_empty_ladder_of_a_rule_says_nothing_and_asks_for_all_that_its_queue_asks(
    cast: Cast, boss: User, now: datetime
):
    climbs(cast.queue, TELL)
    other = goes_by(rule_of(boss, cast.line_3334, cast.queue), waits(cast, now))
    LadderWatch().look(later(now, 60))
    LadderWatch().look(later(now, 3600))
    assert told(other) == []


@pytest.mark.parametrize("why", ["the rule is off", "the rules are off", "it leads elsewhere", "without ladder"])
def test_without_a_ladder_of_its_rule_he_climbs_that_of_his_queue(cast: Cast, boss: User, now: datetime, why: str):
    climbs(cast.queue, TELL)
    rule = rule_of(boss, cast.line_3334, cast.queue, Step(30, Deed.OFFER_CALLBACK))
    conversation = goes_by(rule, waits(cast, now))
    if why == "the rules are off":
        rule.workflow.is_enabled = False
        rule.workflow.save()
    elif why == "it leads elsewhere":
        elsewhere = Queue.objects.create(organisation=cast.organisation, name="Ailleurs")
        Rule.objects.update(queue=elsewhere)
    else:
        Rule.objects.update(**({"is_enabled": False} if why == "the rule is off" else {"ladder": None}))
    LadderWatch().look(later(now, 60))
    assert [key for (key,) in LadderTold.objects.values_list("key")] == ["tell_position@60"]
    assert len(told(conversation)) == 1


def test_a_rules_own_ladder_gives_to_the_bot_once_and_he_waits_by_that_rule_no_more(
    cast: Cast, boss: User, now: datetime
):
    rule = rule_of(boss, cast.line_1919, cast.queue, Step(60, Deed.GIVE_TO_BOT))
    conversation = cast.queued(line=cast.line_1919, at=now)
    cast.text_in(conversation, "Mon solde ?", at=now)
    goes_by(rule, conversation)
    LadderWatch().look(later(now, 60))
    conversation.refresh_from_db()
    assert (conversation.status, conversation.queue_id) == (Status.BOT, None)
    assert not Routed.objects.exists()
    Conversation.objects.filter(id=conversation.id).update(
        status=Status.QUEUED, queue_id=cast.queue.id, queued_at=later(now, 61)
    )
    goes_by(rule, conversation)
    LadderWatch().look(later(now, 200))
    conversation.refresh_from_db()
    assert conversation.status == Status.QUEUED


def test_a_callback_that_a_rule_has_offered_is_promised_within_the_queues_time(cast: Cast, boss: User, now: datetime):
    Queue.objects.filter(id=cast.queue.id).update(callback_within_s=1800)
    rule = rule_of(boss, cast.line_3334, cast.queue, Step(60, Deed.OFFER_CALLBACK))
    conversation, watch = goes_by(rule, waits(cast, now)), LadderWatch()
    watch.look(later(now, 60))
    cast.text_in(conversation, "1", at=later(now, 61))
    watch.look(later(now, 62))
    assert Task.objects.get(conversation=conversation).due_at == later(now, 62 + 1800)
    assert "c'est noté" in told(conversation)[-1]


def test_the_place_told_counts_whom_a_rules_ladder_has_raised(cast: Cast, boss: User, now: datetime):
    Queue.objects.filter(id=cast.queue.id).update(points_per_minute=1)
    climbs(cast.queue, Step(0, RaisePriority(1)))
    rule = rule_of(boss, cast.line_3334, cast.queue, Step(100, RaisePriority(5)))
    before = [waits(cast, later(now, -300 + n), n + 1) for n in range(3)]
    urgent = goes_by(rule, waits(cast, later(now, -50), 9))
    queue = Queue.objects.get(id=cast.queue.id)
    ids = [one.id for one in (*before, urgent)]
    assert {id_: place for id_, (place, _) in places(queue, ids, now).items()} == dict(
        zip(ids, (1, 2, 3, 4), strict=True)
    )
    there = later(now, 50)
    assert {id_: place for id_, (place, _) in places(queue, ids, there).items()} == dict(
        zip(ids, (2, 3, 4, 1), strict=True)
    )
    shown = wait_of(urgent, there)
    assert shown is not None
    assert shown["position"] == 1
    cast.available(cast.awa, capacity=1)
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None, now=there) == 1
    urgent.refresh_from_db()
    assert urgent.owner == cast.awa, "the round gives by the place that is told"


def test_who_takes_the_next_gets_whom_a_rules_ladder_has_raised_behind_any_crowd(cast: Cast, boss: User, now: datetime):
    Queue.objects.filter(id=cast.queue.id).update(points_per_minute=0, may_pull=True)
    rule = rule_of(boss, cast.line_3334, cast.queue, Step(60, RaisePriority(3)))
    for number in range(25):
        cast.queued(sender=f"+22901970002{number:02}", at=later(now, -500 + number))
    goes_by(rule, waits(cast, later(now, -30), 8))
    urgent = goes_by(rule, waits(cast, later(now, -70), 9))
    cast.available(cast.awa)
    assert take_next(user=cast.awa, queue_id=cast.queue.id).id == urgent.id


def test_a_queues_ladder_raises_nobody_who_has_a_ladder_of_his_rule(cast: Cast, boss: User, now: datetime):
    Queue.objects.filter(id=cast.queue.id).update(points_per_minute=0, may_pull=True)
    climbs(cast.queue, Step(60, RaisePriority(3)))
    rule = rule_of(boss, cast.line_3334, cast.queue)
    first = goes_by(rule, waits(cast, later(now, -200), 1))
    raised = waits(cast, later(now, -100), 2)
    queue = Queue.objects.get(id=cast.queue.id)
    found = places(queue, [first.id, raised.id], now)
    assert (found[first.id][0], found[raised.id][0]) == (2, 1)
    cast.available(cast.awa)
    assert take_next(user=cast.awa, queue_id=cast.queue.id).id == raised.id


def test_the_rounds_take_a_rules_ladder_in_the_place_of_its_queues(cast: Cast, boss: User, now: datetime):
    billing = skill(cast, "Facturation", awa=2)
    climbs(cast.queue, Step(60, LowerLevel(billing.id, 5)))
    keep_rules(boss, cast.line_3334, RuleGiven(cast.queue.id, wants=[(billing.id, 4, 0)], ladder=[]))
    conversation = goes_by(Rule.objects.get(), waits(cast, later(now, -90)))
    cast.available(cast.awa)
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 0
    Rule.objects.update(ladder=None)
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 1
    conversation.refresh_from_db()
    assert conversation.owner == cast.awa


@pytest.mark.parametrize("whose", ["the queue's", "the rule's"])
def test_nothing_overflows_into_a_queue_that_is_off_and_it_does_again_when_it_is_on(
    cast: Cast, boss: User, now: datetime, whose: str
):
    own, other = team_queue(cast, "Litiges", cast.koffi), team_queue(cast, "Renfort", cast.awa)
    conversation = waits(cast, later(now, -90))
    Conversation.objects.filter(id=conversation.id).update(queue_id=own.id)
    step = Step(60, AddQueue(other.id))
    if whose == "the queue's":
        climbs(own, step)
    else:
        goes_by(rule_of(boss, cast.line_3334, own, step), conversation)
    cast.available(cast.awa)
    Queue.objects.filter(id=other.id).update(is_enabled=False)
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 0
    Queue.objects.filter(id=other.id).update(is_enabled=True)
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 1


def test_a_rules_ladder_that_leads_back_over_another_queues_is_refused_and_keeps_nobody_from_changing_others(
    cast: Cast, boss: User
) -> None:
    other = Queue.objects.create(organisation=cast.organisation, name="Renfort")
    rule = rule_of(boss, cast.line_1919, cast.queue, Step(60, AddQueue(other.id)))
    climbs(other, Step(30, AddQueue(cast.queue.id)))
    stands = RuleGiven(cast.queue.id, id=rule.id, ladder=as_rows(Ladder((Step(60, AddQueue(other.id)),))))
    keep_rules(boss, cast.line_1919, stands, RuleGiven(other.id))
    loops = RuleGiven(cast.queue.id, ladder=as_rows(Ladder((Step(61, AddQueue(other.id)),))))
    with pytest.raises(Invalid) as refused:
        keep_rules(boss, cast.line_1919, stands, loops)
    assert (refused.value.code, refused.value.field) == ("ladder_loop", "rules.2.ladder.0.queue")
