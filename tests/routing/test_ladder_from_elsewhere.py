"""Who comes to a queue from elsewhere keeps his place, and begins at the foot of its ladder."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from common.clock import database_now
from conversations.models import Conversation, Status
from routing import ownership
from routing.ladder import AddQueue, Deed, LowerLevel, RaisePriority, Step
from routing.ladder_watch import LadderWatch
from routing.models import LadderStart, Queue, QueueSkill, Routed
from routing.presence import set_state
from routing.pulling import take_next
from routing.reassign import reassign
from routing.rounds import assign_waiting
from routing.snooze import snooze, wake_due
from routing.transfer import transfer_to_queue
from routing.waits import places
from tests.cast import Cast
from tests.routing.ladders import climbs, told, waits
from tests.routing.test_ladder_rounds import skill, team_queue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("scripted_links")]


@pytest.fixture
def now() -> datetime:
    return database_now()


def later(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)


def moved(cast: Cast, conversation: Conversation, queue: Queue, now: datetime) -> Conversation:
    assert reassign(actor=cast.sam, conversation_ids=[conversation.id], queue_id=queue.id, now=now)[0].code == ""
    conversation.refresh_from_db()
    return conversation


@pytest.fixture
def other(cast: Cast) -> Queue:
    return Queue.objects.create(organisation=cast.organisation, name="Renfort", points_per_minute=1, may_pull=True)


def test_who_is_moved_is_told_by_the_other_queue_after_so_long_there(cast: Cast, other: Queue, now: datetime):
    climbs(other, Step(600, Deed.TELL_POSITION))
    conversation = waits(cast, later(now, -1200))
    moved(cast, conversation, other, now)
    assert conversation.queued_at == later(now, -1200), "he keeps his place"
    watch = LadderWatch()
    assert watch.look(later(now, 1)) == watch.look(later(now, 599)) == 0
    assert LadderWatch().look(later(now, 600)) == 1, "by who looks at all"
    assert len(told(conversation)) == 1


def test_it_is_found_within_the_second_by_who_looks_only_at_those_whose_step_has_just_come(
    cast: Cast, other: Queue, now: datetime
):
    climbs(other, Step(600, Deed.TELL_POSITION))
    conversation = moved(cast, waits(cast, later(now, -1200)), other, now)
    watch = LadderWatch()
    assert watch.look(later(now, 600), led=[]) == 1
    assert len(told(conversation)) == 1


def test_nobody_who_is_moved_is_given_to_the_bot_at_once(cast: Cast, other: Queue, now: datetime):
    climbs(other, Step(600, Deed.GIVE_TO_BOT))
    conversation = cast.queued(line=cast.line_1919, at=later(now, -1200))
    cast.text_in(conversation, "Mon solde ?", at=later(now, -1200))
    moved(cast, conversation, other, now)
    for seconds in (1, 599):
        LadderWatch().look(later(now, seconds))
    conversation.refresh_from_db()
    assert conversation.status == Status.QUEUED
    LadderWatch().look(later(now, 600))
    conversation.refresh_from_db()
    assert conversation.status == Status.BOT


def test_who_is_moved_overflows_and_asks_for_less_after_so_long_there(cast: Cast, now: datetime):
    billing = skill(cast, "Facturation", awa=2, koffi=2)
    own, third = team_queue(cast, "Litiges", cast.koffi), team_queue(cast, "Renfort", cast.awa)
    QueueSkill.objects.create(queue=own, skill=billing, least=3)
    climbs(own, Step(300, LowerLevel(billing.id, 1)), Step(600, AddQueue(third.id)))
    conversation = moved(cast, waits(cast, later(now, -1200)), own, now)
    cast.available(cast.awa)
    organisation = cast.organisation.id
    for seconds, given in ((0, 0), (599, 0), (600, 1)):
        assert assign_waiting(organisation_id=organisation, lease=None, now=later(now, seconds)) == given
    second = moved(cast, waits(cast, later(now, -1200), 2), own, now)
    set_state(user=cast.awa, state="break")
    cast.available(cast.koffi)
    for seconds, given in ((299, 0), (300, 1)):
        assert assign_waiting(organisation_id=organisation, lease=None, now=later(now, seconds)) == given
    conversation.refresh_from_db()
    second.refresh_from_db()
    assert (conversation.owner, second.owner) == (cast.awa, cast.koffi)


def test_a_crowd_that_was_moved_hides_nobody_who_has_waited_there_so_long(cast: Cast, now: datetime):
    own, third = team_queue(cast, "Litiges", cast.koffi), team_queue(cast, "Renfort", cast.awa)
    climbs(own, Step(600, AddQueue(third.id)))
    for number in range(30):
        moved(cast, cast.queued(sender=f"+22901970003{number:02}", at=later(now, -2000)), own, now)
    there = cast.queued(at=later(now, -700))
    Conversation.objects.filter(id=there.id).update(queue_id=own.id)
    cast.available(cast.awa, capacity=1)
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None, now=now) == 1
    there.refresh_from_db()
    assert there.owner == cast.awa


def test_who_is_moved_is_raised_after_so_long_there_in_the_place_told_and_for_who_takes_the_next(
    cast: Cast, other: Queue, now: datetime
):
    climbs(other, Step(600, RaisePriority(9)))
    first = cast.queued(sender="+2290197000044", at=later(now, -900))
    Conversation.objects.filter(id=first.id).update(queue_id=other.id)
    came = moved(cast, waits(cast, later(now, -1200)), other, now)
    other.refresh_from_db()
    found = places(other, [first.id, came.id], now)
    assert (found[first.id][0], found[came.id][0]) == (1, 2)
    assert places(other, [came.id], later(now, 600))[came.id][0] == 1
    cast.available(cast.koffi)
    assert take_next(user=cast.koffi, queue_id=other.id).id == first.id


def test_what_wakes_in_its_queue_after_a_long_sleep_has_not_climbed_its_ladder(cast: Cast, now: datetime):
    climbs(cast.queue, Step(60, Deed.TELL_POSITION), Step(300, Deed.OFFER_CALLBACK))
    conversation = cast.queued(at=now - timedelta(hours=9))
    cast.text_in(conversation, "Bonjour", at=now - timedelta(hours=9))
    cast.available(cast.awa)
    ownership.take(user=cast.awa, conversation_id=conversation.id, now=now - timedelta(hours=8))
    snooze(
        user=cast.awa, conversation_id=conversation.id, seen=conversation.last_seq,
        until=now - timedelta(seconds=1), now=now - timedelta(hours=7),
    )  # fmt: skip
    set_state(user=cast.awa, state="offline")
    assert wake_due() == 1
    conversation.refresh_from_db()
    assert conversation.status == Status.QUEUED
    woken_at = LadderStart.objects.get().at
    watch = LadderWatch()
    watch.look(later(woken_at, 59))
    assert told(conversation) == []
    assert watch.look(later(woken_at, 60)) == 1
    assert len(told(conversation)) == 1


def test_who_comes_back_to_a_queue_waits_by_no_rule_that_has_led_him_there_before(
    cast: Cast, other: Queue, now: datetime
):
    def by_a_rule(conversation: Conversation) -> None:
        Routed.objects.create(
            conversation=conversation, organisation_id=cast.organisation.id, rule_id=other.id, queue_id=cast.queue.id
        )

    waiting, held, back, bot = (
        waits(cast, now), cast.owned_by(cast.awa, sender="+2290197000002"),
        cast.owned_by(cast.awa, sender="+2290197000003"),
        cast.owned_by(cast.awa, sender="+2290197000004", line=cast.line_1919),
    )  # fmt: skip
    cast.available(cast.awa)
    Conversation.objects.filter(id__in=[held.id, back.id, bot.id]).update(queue_id=cast.queue.id)
    for one in (waiting, held, back, bot):
        by_a_rule(one)
    moved(cast, waiting, other, now)
    transfer_to_queue(user=cast.awa, conversation_id=held.id, queue_id=other.id)
    ownership.give_back(user=cast.awa, conversation_id=back.id)
    ownership.give_back(user=cast.awa, conversation_id=bot.id, to="bot")
    assert list(Routed.objects.values_list("conversation_id", flat=True)) == [back.id], "his queue is what it was"
