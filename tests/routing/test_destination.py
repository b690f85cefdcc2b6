"""Where a conversation goes to people from otherwise than its bot's own handover: by its line's filter and rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from accounts.models import User
from common.clock import database_now
from common.errors import Conflict
from conversations.models import Conversation, Line, Status, Task
from routing import ownership, workflow_admin
from routing.callbacks import open_due_callbacks, promise_callback
from routing.filter_admin import WayGiven
from routing.forsaken import return_forsaken
from routing.handling import handle
from routing.ladder import Deed, Step
from routing.ladder_watch import LadderWatch
from routing.models import Passage, Queue, Routed
from routing.presence import set_state
from routing.snooze import snooze, wake_due
from routing.turns import Turns
from routing.workflow_admin import ConditionGiven, RuleGiven, try_text
from tests.cast import SUBSCRIBER, Cast
from tests.routing.doors import OTHER, keep_filter, sent, writes
from tests.routing.ladders import climbs
from tests.routing.test_routes import keep_rules

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("scripted_links")]

BILL = ConditionGiven("keyword", words=["facture"])


@pytest.fixture
def bills(cast: Cast) -> Queue:
    return Queue.objects.create(organisation=cast.organisation, name="Factures", sticky_days=30)


def talks(cast: Cast, line: Line, words: str = "Ma facture est fausse") -> Conversation:
    """The bot has it."""
    found = cast.open_conversation(line=line)
    cast.text_in(found, words)
    found.refresh_from_db()
    return found


def called_back(cast: Cast, one: Conversation) -> None:
    promise_callback(user=cast.awa, conversation_id=one.id, at=database_now() + timedelta(hours=1))
    Task.objects.update(due_at=database_now())
    assert open_due_callbacks() == 1


def given_back(cast: Cast, one: Conversation) -> None:
    ownership.take(user=cast.awa, conversation_id=one.id)
    ownership.give_back(user=cast.awa, conversation_id=one.id)


def vanished(cast: Cast, one: Conversation) -> None:
    ownership.take(user=cast.awa, conversation_id=one.id)
    User.objects.filter(id=cast.awa.id).update(is_active=False)
    assert return_forsaken(organisation_id=cast.organisation.id) == 1


def woken(cast: Cast, one: Conversation) -> None:
    ownership.take(user=cast.awa, conversation_id=one.id)
    until = database_now() + timedelta(hours=1)
    snooze(user=cast.awa, conversation_id=one.id, seen=one.last_seq, until=until)
    set_state(user=cast.awa, state="offline")
    Conversation.objects.filter(id=one.id).update(snoozed_until=database_now())
    assert wake_due() == 1


WAYS = pytest.mark.parametrize("way", [called_back, given_back, vanished, woken])


@WAYS
def test_from_the_bots_hands_it_comes_to_the_queue_of_its_rule(
    cast: Cast, boss: User, bills: Queue, way: Callable[[Cast, Conversation], None]
) -> None:
    keep_rules(boss, cast.line_1919, RuleGiven(bills.id, conditions=[BILL], priority=4))
    cast.available(cast.awa)
    found = talks(cast, cast.line_1919)
    way(cast, found)
    found.refresh_from_db()
    assert (found.status, found.queue_id) == (Status.QUEUED, bills.id)
    assert found.priority >= 4
    assert Routed.objects.get().queue_id == bills.id


@WAYS
def test_no_rule_holds_it_is_the_lines_own_and_the_filters_word_goes_before_the_rules(
    cast: Cast, boss: User, bills: Queue, way: Callable[[Cast, Conversation], None]
) -> None:
    keep_rules(boss, cast.line_1919, RuleGiven(bills.id, conditions=[BILL]))
    cast.available(cast.awa)
    own = talks(cast, cast.line_1919, "Bonjour")
    way(cast, own)
    own.refresh_from_db()
    assert (own.queue_id, Routed.objects.count()) == (cast.queue.id, 0)
    Conversation.objects.update(status=Status.CLOSED, owner=None, queue_id=None)
    Task.objects.all().delete()
    User.objects.filter(id=cast.awa.id).update(is_active=True)
    cast.available(cast.awa)
    vip = Queue.objects.create(organisation=cast.organisation, name="VIP")
    Line.objects.filter(id=cast.line_1919.id).update(is_filtered=True)
    named = talks(cast, cast.line_1919)
    Passage.objects.create(
        conversation_id=named.id, organisation_id=cast.organisation.id, line_id=named.line_id, place=1,
        outcome="admit", queue_id=vip.id, priority=2,
    )  # fmt: skip
    way(cast, named)
    named.refresh_from_db()
    assert (named.queue_id, Routed.objects.count()) == (vip.id, 0)


def test_what_wakes_of_a_queue_that_is_off_does_not_come_back_to_it_though_the_filter_has_named_it(
    cast: Cast, boss: User, bills: Queue
) -> None:
    keep_rules(boss, cast.line_1919, RuleGiven(bills.id, conditions=[BILL]))
    cast.available(cast.awa)
    off = Queue.objects.create(organisation=cast.organisation, name="Fermée", is_enabled=False)
    found = talks(cast, cast.line_1919)
    Line.objects.filter(id=cast.line_1919.id).update(is_filtered=True)
    Conversation.objects.filter(id=found.id).update(queue_id=off.id)
    Passage.objects.create(
        conversation_id=found.id, organisation_id=cast.organisation.id, line_id=found.line_id, place=1,
        outcome="admit", queue_id=off.id, priority=2,
    )  # fmt: skip
    woken(cast, found)
    found.refresh_from_db()
    assert (found.status, found.queue_id) == (Status.QUEUED, bills.id)


@WAYS
def test_nobody_is_sent_to_a_queue_that_is_off_though_the_filter_has_named_it(
    cast: Cast, boss: User, bills: Queue, way: Callable[[Cast, Conversation], None]
) -> None:
    keep_rules(boss, cast.line_1919, RuleGiven(bills.id, conditions=[BILL]))
    cast.available(cast.awa)
    off = Queue.objects.create(organisation=cast.organisation, name="Fermée", is_enabled=False)
    Line.objects.filter(id=cast.line_1919.id).update(is_filtered=True)
    found = talks(cast, cast.line_1919)
    Passage.objects.create(
        conversation_id=found.id, organisation_id=cast.organisation.id, line_id=found.line_id, place=1,
        outcome="admit", queue_id=off.id, priority=2,
    )  # fmt: skip
    way(cast, found)
    found.refresh_from_db()
    assert (found.status, found.queue_id) == (Status.QUEUED, bills.id)


def test_a_callback_that_comes_due_is_for_who_had_this_person_last(cast: Cast, boss: User, bills: Queue) -> None:
    keep_rules(boss, cast.line_1919, RuleGiven(bills.id, conditions=[BILL]))
    cast.available(cast.awa)
    before = talks(cast, cast.line_1919)
    ownership.take(user=cast.awa, conversation_id=before.id)
    ownership.close(user=cast.awa, conversation_id=before.id)
    found = talks(cast, cast.line_1919)
    called_back(cast, found)
    found.refresh_from_db()
    assert (found.queue_id, found.preferred_id) == (bills.id, cast.awa.id)


def test_who_has_waited_and_is_given_to_the_bot_is_no_newcomer_to_a_filter_that_was_switched_on_meanwhile(
    cast: Cast, boss: User, turns: Turns
) -> None:
    climbs(cast.queue, Step(60, Deed.GIVE_TO_BOT))
    now = database_now()
    found = cast.queued(line=cast.line_1919, at=now)
    cast.text_in(found, "Mon solde ?", at=now)
    keep_filter(boss, cast.line_1919)
    assert LadderWatch().look(now + timedelta(seconds=60)) == 1
    while handle(owner="d1", turns=turns):
        pass
    found.refresh_from_db()
    assert found.status != Status.CLOSED
    assert "réservé" not in " ".join(sent(found))
    assert writes(cast, turns, cast.line_1919, OTHER).status == Status.CLOSED, "who comes now is judged"


@pytest.mark.parametrize(
    "way", [WayGiven("queue", priority=1), WayGiven("admit", bot_first=False), WayGiven("answer", reply="Non.")]
)
def test_trying_a_text_says_what_the_front_filter_does_first(
    cast: Cast, boss: User, bills: Queue, turns: Turns, way: WayGiven
) -> None:
    other = Queue.objects.create(organisation=cast.organisation, name="Autre")
    given = WayGiven(way.outcome, other.id if way.outcome == "queue" else None, way.priority, way.reply, way.bot_first)
    keep_rules(boss, cast.line_3334, RuleGiven(bills.id, conditions=[BILL]))
    asked = {"actor": boss, "line_id": cast.line_3334.id, "number": SUBSCRIBER, "text": "Ma facture", "given": None}
    assert try_text(**asked).filtered is None
    keep_filter(boss, cast.line_3334, way=given)
    tried = try_text(**asked)
    assert tried.filtered is not None
    assert tried.filtered.way.outcome == way.outcome
    found = writes(cast, turns, cast.line_3334, SUBSCRIBER, "Ma facture")
    if way.outcome == "answer":
        assert found.status == Status.CLOSED
    else:
        assert tried.queue_id == found.queue_id == (other.id if way.outcome == "queue" else bills.id)


def test_a_text_tried_on_a_bot_that_has_to_learn_first_is_refused_in_words_and_in_time(
    cast: Cast, boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow_admin, "is_ready", lambda _bot, _engine, *, within_s: within_s > 5)
    with pytest.raises(Conflict) as refused:
        try_text(actor=boss, line_id=cast.line_1919.id, number=SUBSCRIBER, text="Mon solde ?", given=None)
    assert refused.value.code == "bot_learning"
