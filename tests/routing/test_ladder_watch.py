"""Who looks whose ladder has something to do: what fails stands before nobody, and one process reads whole queues."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from common.clock import database_now
from conversations.models import Conversation, Status, Task
from routing import callback_answers, ladder_deeds, ladder_watch
from routing.ladder import Deed, Step
from routing.ladder_watch import LadderWatch
from routing.models import LadderTold, Queue
from routing.waits import last_waits
from tests.cast import Cast
from tests.routing.ladders import climbs, told, waited, waits

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("scripted_links")]
TELL = Step(60, Deed.TELL_POSITION)


@pytest.fixture
def now() -> datetime:
    return database_now()


def later(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)


def fails_for(monkeypatch: pytest.MonkeyPatch, *conversations: Conversation) -> None:
    ids, kept = {one.id for one in conversations}, ladder_deeds.send_message

    def send(**given):
        if given["conversation"].id in ids:
            raise RuntimeError("broken")
        return kept(**given)

    monkeypatch.setattr(ladder_deeds, "send_message", send)


def test_those_for_whom_it_fails_stand_before_nobody_and_are_tried_again(cast: Cast, now: datetime, monkeypatch):
    monkeypatch.setattr(ladder_watch, "MOST", 3)
    monkeypatch.setattr(ladder_watch, "ROUND_S", 0.0)
    climbs(cast.queue, TELL)
    failing = [waits(cast, later(now, -400 + n), n) for n in range(3)]
    behind = waits(cast, later(now, -300), 9)
    with monkeypatch.context() as broken:
        fails_for(broken, *failing)
        watch = LadderWatch()
        assert watch.look(now) == 0
        assert watch.look(later(now, 1)) == 1
        assert len(told(behind)) == 1
    assert watch.look(later(now, 20)) == 0
    assert watch.look(later(now, 32)) == 3, "they are tried again"


def test_an_answer_that_cannot_be_taken_keeps_no_other_from_being_promised(cast: Cast, now: datetime, monkeypatch):
    climbs(cast.queue, Step(60, Deed.OFFER_CALLBACK))
    monkeypatch.setattr(callback_answers, "AT_ONCE", 1)
    broken, sound = waits(cast, now, 1), waits(cast, now, 2)
    watch = LadderWatch()
    assert watch.look(later(now, 60)) == 2
    for one in (broken, sound):
        cast.text_in(one, "1", at=later(now, 61))
    kept = callback_answers.promise

    def promise(changes, conversation, **given):
        if conversation.id == broken.id:
            raise RuntimeError("broken")
        kept(changes, conversation, **given)

    monkeypatch.setattr(callback_answers, "promise", promise)
    for seconds in (62, 63):
        watch.look(later(now, seconds))
    assert Task.objects.get().conversation_id == sound.id


def test_only_who_leads_reads_whole_queues_and_the_next_leader_does_so_at_once(cast: Cast, now: datetime):
    climbs(cast.queue, TELL)
    left_behind = waits(cast, later(now, -3600))
    stands_by, leads = LadderWatch(), LadderWatch()
    assert stands_by.look(now, led=[]) == 0
    assert told(left_behind) == []
    fresh = waits(cast, later(now, -60), 2)
    assert stands_by.look(later(now, 1), led=[]) == 1, "whoever looks sees whose step has just come"
    assert len(told(fresh)) == 1
    assert leads.look(later(now, 2), led=[cast.organisation.id]) == 1
    assert len(told(left_behind)) == 1
    another = waits(cast, later(now, -3600), 3)
    assert stands_by.look(later(now, 3), led=[]) == 0
    assert stands_by.look(later(now, 4), led=[cast.organisation.id]) == 1
    assert len(told(another)) == 1


def test_a_yes_that_nobody_has_read_yet_goes_before_the_bot(cast: Cast, now: datetime, monkeypatch):
    climbs(cast.queue, Step(60, Deed.OFFER_CALLBACK), Step(120, Deed.GIVE_TO_BOT))
    conversation = cast.queued(line=cast.line_1919, at=now)
    cast.text_in(conversation, "Mon solde ?", at=now)
    watch = LadderWatch()
    assert watch.look(later(now, 60)) == 1
    cast.text_in(conversation, "1", at=later(now, 119))
    with monkeypatch.context() as unread:  # it came after the look at answers, and before the deed
        unread.setattr(ladder_watch, "look_at_answers", lambda now, failing: 0)
        watch.look(later(now, 120))
    conversation.refresh_from_db()
    assert conversation.status == Status.QUEUED
    watch.look(later(now, 121))
    conversation.refresh_from_db()
    assert (conversation.status, Task.objects.filter(conversation=conversation).count()) == (Status.QUEUED, 1)
    assert LadderTold.objects.filter(key="give_to_bot@120").exists(), "settled: he is called back"


def test_a_small_queue_beside_a_busy_one_has_its_own_estimate(cast: Cast, now: datetime, monkeypatch):
    monkeypatch.setattr("routing.waits.MOST_WAITS", 30)
    small = Queue.objects.create(organisation=cast.organisation, name="Petite")
    waited(cast, later(now, -120), *range(20), queue=small)
    waited(cast, now, *range(40))
    found = last_waits(cast.organisation.id, now)
    assert (len(found[small.id]), len(found[cast.queue.id])) == (20, 30)
    assert found[small.id] == last_waits(cast.organisation.id, now, small.id)[small.id]


def test_a_queue_with_a_crowd_lets_the_other_queues_have_their_turn(cast: Cast, now: datetime, monkeypatch):
    """Also those of other organisations: a night's crowd is told by so many a second."""
    monkeypatch.setattr(ladder_watch, "MOST", 2)
    other_queue = Queue.objects.create(organisation=cast.organisation, name="Autre")
    first, last = sorted((cast.queue, other_queue), key=lambda queue: queue.id)
    climbs(first, TELL)
    climbs(last, TELL)
    for number in range(8):
        crowd = waits(cast, later(now, -400 + number), number)
        Conversation.objects.filter(id=crowd.id).update(queue_id=first.id)
    other = waits(cast, later(now, -100), 9)
    Conversation.objects.filter(id=other.id).update(queue_id=last.id)
    watch = LadderWatch()
    assert [watch.look(later(now, second)) for second in (0, 1)] == [2, 2]
    assert len(told(other)) == 1
    assert [watch.look(later(now, second)) for second in (2, 3, 4, 5)] == [2, 2, 1, 0], "nobody is left out"
