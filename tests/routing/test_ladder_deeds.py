"""What a ladder does for who waits: his place and his wait in a text, the bot; each once, whoever looks and dies."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta
from functools import partial

import pytest

from common.clock import database_now
from contacts.models import Address, Suppression
from conversations.messages import lock_conversation, send_message
from conversations.models import Author, Conversation, Delivery, Message, Status
from measures.models import IntervalKind
from realtime.checker import check_density
from realtime.log import record_changes
from routing import ladder_deeds, ownership
from routing.assignment import QueueRule, Waiting
from routing.estimates import Estimate, positions
from routing.ladder import Deed, Ladder, RaisePriority, Step, apply
from routing.ladder_watch import LadderWatch
from routing.ladder_words import USUAL, position_text, span
from routing.models import LadderTold, Offer, OfferState, Queue
from routing.rounds import assign_waiting
from routing.waits import places, wait_of
from tests.cast import Cast
from tests.routing.hours import MONDAY_NIGHT, TUESDAY_OPEN, keeps_hours
from tests.routing.ladders import climbs, told, waited, waits

pytestmark = pytest.mark.django_db(transaction=True)
TELL = Step(60, Deed.TELL_POSITION)


@pytest.fixture(autouse=True)
def scripted_links(settings, cast: Cast):
    from conversations.links import adapter_class

    settings.LINK_ADAPTERS = {"sms.smpp": "tests.conversations.scripted.ScriptedLink"}
    adapter_class.cache_clear()
    yield
    adapter_class.cache_clear()
    assert check_density(cast.organisation.id).dense


@pytest.fixture
def now() -> datetime:
    return database_now()


def later(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)


def test_who_waits_is_told_his_place_and_the_estimate_at_its_time_and_once(cast: Cast, now: datetime):
    climbs(cast.queue, TELL)
    waited(cast, now, *range(100, 400, 10))
    waits(cast, now - timedelta(seconds=30), 2)
    conversation, watch = waits(cast, now), LadderWatch()
    assert watch.look(later(now, 29)) == 0
    assert watch.look(later(now, 59.9)) == 1, "the one who came before"
    assert told(conversation) == []
    assert watch.look(later(now, 60)) == 1
    assert told(conversation) == [
        "Savane Assistance : merci de patienter. Votre place dans la file : 2."
        " Attente : environ 4 min, rarement plus de 6 min."
    ]
    assert watch.look(later(now, 61)) == LadderWatch().look(later(now, 600)) == 0
    delivery = Delivery.objects.get(conversation=conversation)
    assert (delivery.parts, delivery.encoding, delivery.lane) == (1, "gsm7", 1)
    conversation.refresh_from_db()
    assert (conversation.status, conversation.waiting_since) == (Status.QUEUED, now)


def test_an_estimate_of_too_few_waits_is_not_told(cast: Cast, now: datetime):
    climbs(cast.queue, TELL)
    waited(cast, now, *range(100, 290, 10))
    conversation = waits(cast, now)
    shown = wait_of(conversation, later(now, 60))
    assert shown is not None
    assert (shown["position"], shown["waiting"], shown["p50_s"], shown["samples"]) == (1, 1, None, 19)
    LadderWatch().look(later(now, 60))
    assert told(conversation) == ["Savane Assistance : merci de patienter. Votre place dans la file : 1."]
    shown = wait_of(conversation, later(now, 60))
    assert shown is not None
    assert [one["do"] for one in shown["told"]] == ["tell_position"]


def test_own_words_and_the_subscribers_language_are_used(cast: Cast, now: datetime):
    climbs(cast.queue, TELL)
    Queue.objects.filter(id=cast.queue.id).update(
        ladder_texts={"en": {"position": "{line}: you are number {position}"}}
    )
    conversation = waits(cast, now)
    Conversation.objects.filter(id=conversation.id).update(language="en")
    LadderWatch().look(later(now, 60))
    assert told(conversation) == ["Distributeurs: you are number 1"]


def test_the_usual_words_fit_one_short_message_in_the_short_alphabet(cast: Cast, now: datetime):
    conversation = waits(cast, now)
    for language in USUAL:
        conversation.language = language
        body = position_text(cast.queue, conversation, 1234, Estimate(7140.0, 86_000.0, 50))
        assert "{" not in body
        with record_changes(cast.organisation.id) as changes:
            locked = lock_conversation(organisation_id=cast.organisation.id, conversation_id=conversation.id)
            for words in (body, *USUAL[language].values()):
                send_message(changes=changes, conversation=locked, body=words, author=Author.SYSTEM)
    assert set(Delivery.objects.values_list("parts", "encoding")) == {(1, "gsm7")}


def test_minutes_are_rounded_up_and_long_waits_are_hours():
    assert [span(seconds) for seconds in (0, 1, 60, 61, 3540, 3600, 7199)] == [
        "1 min", "1 min", "1 min", "2 min", "59 min", "1 h 00", "2 h 00",
    ]  # fmt: skip


def test_a_changed_ladder_tells_who_waits_already_and_only_the_last_of_what_came_due_together(
    cast: Cast, now: datetime
):
    conversation, watch = waits(cast, now - timedelta(hours=1)), LadderWatch()
    assert watch.look(now) == 0
    climbs(cast.queue, TELL, Step(600, Deed.TELL_POSITION), Step(1200, Deed.OFFER_CALLBACK))
    assert watch.look(later(now, 1)) == 1
    assert len(told(conversation)) == 2, "the place once, and the callback"
    climbs(cast.queue, TELL, Step(600, Deed.TELL_POSITION), Step(1200, Deed.OFFER_CALLBACK), Step(7200, TELL.what))
    assert watch.look(later(now, 2)) == 0
    assert LadderTold.objects.filter(conversation=conversation).count() == 3


@pytest.mark.parametrize("why", ["opted out", "no number", "may ask to stop", "answered", "promised"])
def test_nothing_is_told_to_who_must_be_left_alone(cast: Cast, now: datetime, why: str):
    climbs(cast.queue, TELL, Step(90, Deed.GIVE_TO_BOT))
    conversation = waits(cast, now)
    if why == "opted out":
        Suppression.objects.create(
            organisation_id=cast.organisation.id, number=conversation.address.value, source="text"
        )
    elif why == "no number":
        Address.objects.filter(id=conversation.address_id).update(value="ECOBANK")
    elif why == "may ask to stop":
        Message.objects.filter(conversation=conversation).update(facts={"hint": "opt_out"})
    elif why == "answered":
        Conversation.objects.filter(id=conversation.id).update(waiting_since=None)
    else:
        Conversation.objects.filter(id=conversation.id).update(callback_at=later(now, 3600))
    watch = LadderWatch()
    for seconds in (60, 61, 90, 91):
        watch.look(later(now, seconds))
    assert told(conversation) == []
    conversation.refresh_from_db()
    assert conversation.status == Status.QUEUED


def test_outside_the_hours_of_its_line_nothing_is_done_and_at_the_opening_it_is(cast: Cast):
    keeps_hours(cast)
    climbs(cast.queue, TELL)
    conversation, watch = waits(cast, MONDAY_NIGHT), LadderWatch()
    watch.look(later(MONDAY_NIGHT, 60))
    watch.look(later(MONDAY_NIGHT, 3600))
    assert told(conversation) == []
    LadderWatch().look(TUESDAY_OPEN)
    assert len(told(conversation)) == 1


def test_a_process_that_dies_in_between_has_told_nothing_and_the_next_one_tells_it(
    cast: Cast, now: datetime, monkeypatch
):
    climbs(cast.queue, TELL)
    conversation, neighbour = waits(cast, now), waits(cast, now, 2)

    def dies(**given):
        if given["conversation"].id == conversation.id:
            raise RuntimeError("killed")
        return kept(**given)

    kept = ladder_deeds.send_message
    monkeypatch.setattr(ladder_deeds, "send_message", dies)
    watch = LadderWatch()
    assert watch.look(later(now, 60)) == 1
    assert (told(conversation), len(told(neighbour))) == ([], 1)
    assert LadderTold.objects.filter(conversation=conversation).count() == 0
    monkeypatch.setattr(ladder_deeds, "send_message", kept)
    assert watch.look(later(now, 300)) == 1, "what was left behind is looked for again"
    assert len(told(conversation)) == 1


@pytest.mark.needs("MCE-017", part="told once what a queue's ladder says")
def test_several_dispatchers_with_changing_ladders_never_say_the_same_step_twice(cast: Cast, now: datetime, at_once):
    chance = random.Random(7)
    people = [waits(cast, now - timedelta(seconds=3 * n), n + 1) for n in range(12)]
    steps = [Step(60, Deed.TELL_POSITION), Step(90, Deed.OFFER_CALLBACK), Step(120, Deed.TELL_POSITION)]
    for seconds in range(0, 200, 25):
        climbs(cast.queue, *sorted(chance.sample(steps, chance.randint(1, 3)), key=lambda step: step.after_s))
        for person in chance.sample(people, 2):  # leaves and comes back
            Conversation.objects.filter(id=person.id).update(queued_at=later(now, seconds - chance.randint(0, 150)))
        at_once([partial(LadderWatch().look, later(now, seconds)) for _ in range(4)])
    keys = Counter(LadderTold.objects.values_list("conversation_id", "key"))
    assert keys and max(keys.values()) == 1
    for person in people:
        said = told(person)
        assert len(said) <= LadderTold.objects.filter(conversation=person).count()
        assert len([words for words in said if "Répondez 1" in words]) <= 1
        assert len([words for words in said if "place dans" in words]) <= 2


def test_the_place_that_is_told_is_the_one_that_the_core_gives_by(cast: Cast, now: datetime):
    chance = random.Random(3)
    ladder = Ladder((Step(100, RaisePriority(2)), Step(400, RaisePriority(1)), Step(500, Deed.TELL_POSITION)))
    climbs(cast.queue, *ladder.steps)
    Queue.objects.filter(id=cast.queue.id).update(points_per_minute=1.5, priority=1)
    queue = Queue.objects.get(id=cast.queue.id)
    people = [
        cast.queued(
            sender=f"+22901970{n:05}", at=now - timedelta(seconds=chance.choice((0, 99, 100, 101, 300, 400, 900))),
            priority=chance.randint(0, 4),
        )
        for n in range(40)
    ]  # fmt: skip
    standing = [
        apply(
            ladder,
            Waiting(
                id=one.id,
                line_id=one.line_id,
                queue_ids=(queue.id,),
                priority=max(one.priority, 1),
                since=one.queued_at,
            ),
            (now - one.queued_at).total_seconds(),
        ).waiting
        for one in people
    ]  # fmt: skip
    expected = positions(standing, {queue.id: QueueRule(queue.id, points_per_minute=1.5)}, now)
    assert {id_: place for id_, (place, _) in places(queue, [one.id for one in people], now).items()} == expected


def test_the_bot_gets_who_has_waited_too_long_once_and_every_second_is_accounted_for(cast: Cast, now: datetime):
    climbs(cast.queue, Step(60, Deed.TELL_POSITION), Step(60, Deed.GIVE_TO_BOT))
    Queue.objects.filter(id=cast.queue.id).update(auto_accept=False)
    cast.available(cast.awa)
    conversation = cast.queued(line=cast.line_1919, at=now)
    cast.text_in(conversation, "Mon solde ?", at=now)
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 1
    assert cast.state_of(cast.awa).load == 1
    watch = LadderWatch()
    assert watch.look(later(now, 60)) == 1
    assert told(conversation) == [], "who goes to the bot is told no place"
    conversation.refresh_from_db()
    assert (conversation.status, conversation.queue_id, conversation.waiting_since) == (Status.BOT, None, now)
    assert conversation.handover_reason == "ladder"
    assert Offer.objects.get().state == OfferState.WITHDRAWN
    assert cast.state_of(cast.awa).load == 0
    assert cast.unhandled() == {conversation.id}
    assert cast.said(conversation)[-1] == ("system", "returned")
    (wait,) = cast.intervals(IntervalKind.WAIT)
    assert (wait.label, wait.started_at, wait.ended_at) == ("given_to_bot", now, later(now, 60))

    ownership.take(user=cast.awa, conversation_id=conversation.id, now=later(now, 100))
    (bot,) = cast.intervals(IntervalKind.BOT)
    assert (bot.started_at, bot.ended_at) == (later(now, 60), later(now, 100))
    ownership.give_back(user=cast.awa, conversation_id=conversation.id, now=later(now, 120))
    watch.look(later(now, 400))
    conversation.refresh_from_db()
    assert conversation.status == Status.QUEUED, "once in a conversation: else bot and queue would toss him for ever"


def test_a_line_without_bot_keeps_him_and_tells_him(cast: Cast, now: datetime):
    climbs(cast.queue, Step(60, Deed.TELL_POSITION), Step(60, Deed.GIVE_TO_BOT))
    conversation = waits(cast, now)
    LadderWatch().look(later(now, 60))
    assert len(told(conversation)) == 1
    conversation.refresh_from_db()
    assert conversation.status == Status.QUEUED


def test_the_bot_gets_nobody_a_second_time_through_another_queue(cast: Cast, now: datetime):
    other = Queue.objects.create(organisation=cast.organisation, name="Renfort")
    climbs(cast.queue, Step(60, Deed.GIVE_TO_BOT))
    climbs(other, Step(90, Deed.GIVE_TO_BOT))
    conversation = cast.queued(line=cast.line_1919, at=now)
    cast.text_in(conversation, "Mon solde ?", at=now)
    watch = LadderWatch()
    watch.look(later(now, 60))
    conversation.refresh_from_db()
    assert conversation.status == Status.BOT
    Conversation.objects.filter(id=conversation.id).update(
        status=Status.QUEUED, queue_id=other.id, queued_at=later(now, 61), waiting_since=now
    )
    watch.look(later(now, 151))
    conversation.refresh_from_db()
    assert conversation.status == Status.QUEUED, "two queues would send him to the bot and back"
