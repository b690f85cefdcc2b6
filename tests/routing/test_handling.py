"""Texts are decided about once: by the bot, a person or a queue; a crash repeats what was not committed, no more."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction

from bots.turn import BotTurn, Handover
from conversations.answers import Answers
from conversations.models import Conversation, Delivery, Message, Status, Unhandled
from measures.models import IntervalKind
from realtime.checker import check_density
from routing import ownership
from routing import turns as turns_module
from routing.handling import claim_batch, decide, handle, settle
from routing.turns import Turns
from routing.unhandled import return_claims, return_claims_of
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def scripted_links(settings):
    from conversations.links import adapter_class

    settings.LINK_ADAPTERS = {"sms.smpp": "tests.conversations.scripted.ScriptedLink"}
    adapter_class.cache_clear()
    yield
    adapter_class.cache_clear()


class ScriptedBot:
    """Says "Réponse à : ..." to everything, and hands over when asked for a person. Remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.histories: list[tuple] = []
        self.before_answer = lambda text: None

    def __call__(self, *, bot, conversation_id, history, text, language, engine, **_given):
        self.asked.append(text)
        self.histories.append(tuple((turn.author, turn.body) for turn in history))
        self.before_answer(text)
        if "conseiller" in text:
            return BotTurn(
                ("Un conseiller arrive.",), "human", 1.0, language="fr",
                handover=Handover("asked", "Demande un conseiller", priority=2),
            )  # fmt: skip
        return BotTurn((f"Réponse à : {text}",), "any", 1.0, language="fr")


@pytest.fixture
def bot(monkeypatch) -> ScriptedBot:
    scripted = ScriptedBot()
    monkeypatch.setattr(turns_module, "take_turn", scripted)
    return scripted


@pytest.fixture
def turns():
    pool = Turns(limit_s=2.0)
    yield pool
    pool.close()


@pytest.fixture(autouse=True)
def dense(cast):
    yield
    assert check_density(cast.organisation.id).dense


def test_the_bot_answers_and_nobody_waits_any_more(cast: Cast, bot, turns):
    conversation = cast.open_conversation(line=cast.line_1919)
    cast.text_in(conversation, "Mon solde ?")
    assert handle(owner="d1", turns=turns) == 1

    conversation.refresh_from_db()
    assert cast.said(conversation) == [("contact", "Mon solde ?"), ("bot", "Réponse à : Mon solde ?")]
    assert (conversation.status, conversation.waiting_since, conversation.language) == (
        Status.BOT,
        None,
        "fr",
    )
    delivery = Delivery.objects.get()
    assert (delivery.lane, delivery.destination) == (1, "+2290197000001")
    assert cast.unhandled() == set()
    assert handle(owner="d1", turns=turns) == 0
    assert bot.asked == ["Mon solde ?"]


def test_several_unhandled_texts_are_one_turn_in_their_order(cast: Cast, bot, turns):
    conversation = cast.open_conversation(line=cast.line_1919)
    cast.text_in(conversation, "Bonjour")
    handle(owner="d1", turns=turns)
    for words in ("je voudrais", "connaître", "mon solde"):
        cast.text_in(conversation, words)
    handle(owner="d1", turns=turns)
    assert bot.asked == ["Bonjour", "je voudrais\nconnaître\nmon solde"]
    assert bot.histories[1] == (("contact", "Bonjour"), ("bot", "Réponse à : Bonjour"))


def test_a_handover_is_one_commit_with_the_bots_last_words(cast: Cast, bot, turns):
    at = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    conversation = cast.open_conversation(line=cast.line_1919, at=at)
    cast.text_in(conversation, "Je veux un conseiller", at=at + timedelta(seconds=5))
    handle(owner="d1", turns=turns, now=at + timedelta(seconds=9))

    conversation.refresh_from_db()
    assert cast.said(conversation)[1:] == [("bot", "Un conseiller arrive."), ("system", "handover")]
    assert conversation.status == Status.QUEUED
    assert conversation.queue_id == cast.queue.id
    assert conversation.queued_at == at + timedelta(seconds=9)
    assert conversation.waiting_since == at + timedelta(seconds=5)
    assert (conversation.handover_reason, conversation.handover_summary) == ("asked", "Demande un conseiller")
    assert conversation.priority == 2
    assert [i.wall_seconds for i in cast.intervals(IntervalKind.BOT)] == [9]


def test_no_bot_speaks_after_a_person_has_taken_over(cast: Cast, bot, turns):
    """The agent's click lands while the bot thinks: its late answer is thrown away."""
    conversation = cast.open_conversation(line=cast.line_1919)
    cast.text_in(conversation, "Mon solde ?")

    def take(_text: str) -> None:
        ownership.take(user=cast.awa, conversation_id=conversation.id)
        connections.close_all()

    bot.before_answer = take
    handle(owner="d1", turns=turns)
    assert cast.said(conversation) == [("contact", "Mon solde ?"), ("agent", "assigned")]
    assert not Delivery.objects.exists()
    assert cast.unhandled() == set()


def test_a_text_that_comes_while_the_bot_thinks_is_answered_together_with_the_first(cast: Cast, bot, turns):
    conversation = cast.open_conversation(line=cast.line_1919)
    cast.text_in(conversation, "Mon solde ?")

    def text(_text: str) -> None:
        bot.before_answer = lambda _: None
        cast.text_in(conversation, "et mes bonus")
        connections.close_all()

    bot.before_answer = text
    handle(owner="d1", turns=turns)
    assert not Delivery.objects.exists()
    handle(owner="d1", turns=turns)
    assert cast.said(conversation)[2:] == [("bot", "Réponse à : Mon solde ?\net mes bonus")]
    assert handle(owner="d1", turns=turns) == 0


@pytest.mark.parametrize("how", ["raises", "hangs", "unknown", "silent", "unsendable"])
def test_a_bot_that_fails_becomes_a_person(cast: Cast, bot, monkeypatch, how):
    released = threading.Event()

    def fail(**_):
        if how == "raises":
            raise ValueError("secret words of the subscriber")
        if how == "hangs":
            released.wait(10)
        replies = {"silent": (), "unsendable": ("x" * 5000,)}.get(how, ("trop tard",))
        return BotTurn(replies, None, 0.0)

    if how == "unknown":
        monkeypatch.undo()
        cast.line_1919.bot = "nobody"
        cast.line_1919.save()
    else:
        monkeypatch.setattr(turns_module, "take_turn", fail)
    conversation = cast.open_conversation(line=cast.line_1919)
    cast.text_in(conversation, "Allô ?")
    pool = Turns(limit_s=0.3)
    started = time.monotonic()
    handle(owner="d1", turns=pool)
    print(f"with a person after {time.monotonic() - started:.2f} s")
    released.set()
    pool.close()
    conversation.refresh_from_db()
    assert (conversation.status, conversation.handover_reason) == (Status.QUEUED, "failed")
    assert cast.said(conversation) == [("contact", "Allô ?"), ("system", "handover")]


def test_a_line_that_cannot_send_hands_over(cast: Cast, bot, turns):
    cast.north.is_enabled = cast.south.is_enabled = False
    cast.north.save()
    cast.south.save()
    conversation = cast.open_conversation(line=cast.line_1919)
    cast.text_in(conversation, "Mon solde ?")
    handle(owner="d1", turns=turns)
    conversation.refresh_from_db()
    assert (conversation.status, conversation.handover_reason) == (Status.QUEUED, "failed")


def test_a_line_without_bot_and_queue_reaches_a_queue_all_the_same(cast: Cast, bot, turns):
    cast.line_3334.queue_id = None
    cast.line_3334.save()
    conversation = cast.open_conversation(line=cast.line_3334)
    cast.text_in(conversation, "Bonjour")
    handle(owner="d1", turns=turns)
    conversation.refresh_from_db()
    assert (conversation.status, conversation.queue_id) == (Status.QUEUED, cast.queue.id)
    assert conversation.handover_reason == "no_bot"
    assert bot.asked == []


@pytest.mark.parametrize("words", ["", " ", "\n"])
def test_an_empty_text_is_answered_or_a_persons_like_any_other(cast: Cast, turns, words):
    """With the bot of the demonstration: what it makes of nothing is its own matter, but it is asked."""
    conversation = cast.open_conversation(line=cast.line_1919)
    cast.text_in(conversation, words)
    unheard = cast.open_conversation(line=cast.line_3334, sender="+2290197000055")
    cast.text_in(unheard, words)
    handle(owner="d1", turns=turns)

    conversation.refresh_from_db()
    unheard.refresh_from_db()
    assert conversation.status == Status.QUEUED or Delivery.objects.filter(conversation=conversation).exists()
    assert (unheard.status, unheard.handover_reason) == (Status.QUEUED, "no_bot")


def test_texts_to_people_and_queues_are_settled_in_one_statement(cast: Cast, bot, turns, django_assert_max_num_queries):
    for n in range(60):
        status = Status.QUEUED if n % 2 else Status.OPEN
        owner = None if n % 2 else cast.koffi
        if owner:
            ownership.set_state(user=owner, state="available")
            from routing.models import AgentState

            AgentState.objects.filter(user=owner).update(capacity=100)
        cast.text_in(cast.open_conversation(sender=f"+22901970010{n:02}", status=status, owner=owner))
    with django_assert_max_num_queries(12):
        assert handle(owner="d1", turns=turns) == 60
    assert cast.unhandled() == set()
    assert bot.asked == []


def test_a_text_wakes_a_snoozed_conversation_for_its_owner(cast: Cast, bot, turns):
    cast.available(cast.awa)
    conversation = cast.open_conversation(status=Status.SNOOZED, owner=cast.awa)
    assert cast.state_of(cast.awa).load == 0
    cast.text_in(conversation, "Alors ?")
    handle(owner="d1", turns=turns)
    conversation.refresh_from_db()
    assert (conversation.status, conversation.owner_id) == (Status.OPEN, cast.awa.id)
    assert cast.state_of(cast.awa).load == 1
    assert cast.unhandled() == set()


def test_two_dispatchers_at_once_ask_the_bot_once_for_each_text(cast: Cast, bot, at_once):
    conversations = [cast.open_conversation(line=cast.line_1919, sender=f"+22901970002{n:02}") for n in range(40)]
    for n, conversation in enumerate(conversations):
        cast.text_in(conversation, f"texte {n}")

    def dispatch(name: str):
        pool = Turns()
        while handle(owner=name, turns=pool):
            pass
        pool.close()

    results = at_once([lambda n=n: dispatch(f"d{n}") for n in range(4)])
    assert results == [None] * 4
    assert sorted(bot.asked) == sorted(f"texte {n}" for n in range(40))
    assert Message.objects.filter(author="bot").count() == 40
    assert cast.unhandled() == set()


def test_a_dispatcher_killed_after_its_claim_is_followed_by_another_once_the_claim_expires(cast: Cast, bot, turns):
    conversation = cast.open_conversation(line=cast.line_1919)
    cast.text_in(conversation, "Mon solde ?")
    claimed = claim_batch("killed#1")
    assert claimed == [conversation.id]
    assert handle(owner="d2", turns=turns) == 0  # it may still be at work

    with connection.cursor() as cursor:
        cursor.execute("update conversations_unhandled set claimed_until = clock_timestamp()")
    assert handle(owner="d2", turns=turns) == 1
    decide("killed#1", claimed, turns)  # and should it wake up again, it does nothing
    assert [author for author, _ in cast.said(conversation)] == ["contact", "bot"]
    assert Delivery.objects.count() == 1


def test_a_claim_whose_decisions_failed_is_due_at_once_and_the_claims_of_others_are_not(cast: Cast, bot, turns):
    conversation = cast.open_conversation(line=cast.line_1919)
    cast.text_in(conversation, "Mon solde ?")
    assert claim_batch("d1#1") == [conversation.id]
    return_claims(["d1#2", "d1#10"])
    assert return_claims_of("d") == 0
    assert handle(owner="d1", turns=turns) == 0
    return_claims(["d1#1"])
    assert handle(owner="d1", turns=turns) == 1


def test_a_claim_that_expired_during_the_turn_decides_nothing(cast: Cast, bot, turns):
    conversation = cast.open_conversation(line=cast.line_1919)
    cast.text_in(conversation, "Mon solde ?")

    def expire(_text: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("update conversations_unhandled set claimed_until = clock_timestamp()")
        connections.close_all()

    bot.before_answer = expire
    handle(owner="d1", turns=turns)
    assert not Delivery.objects.exists()
    assert cast.unhandled() == {conversation.id}


def test_one_conversation_that_cannot_be_stored_does_not_cost_its_neighbours(cast: Cast, bot, turns, monkeypatch):
    good = [cast.open_conversation(line=cast.line_1919, sender=f"+2290197000{n}") for n in range(101, 104)]
    bad = cast.open_conversation(line=cast.line_1919, sender="+2290197000999")
    for conversation in (good[0], bad, *good[1:]):
        cast.text_in(conversation, "Bonjour")
    really = Answers.give

    def give(self, conversation, *given, **named):
        if conversation.id == bad.id:
            raise ZeroDivisionError
        really(self, conversation, *given, **named)

    monkeypatch.setattr(Answers, "give", give)
    handle(owner="d1", turns=turns)
    assert Message.objects.filter(author="bot").count() == 3
    assert cast.unhandled() == {bad.id}
    assert handle(owner="d1", turns=turns) == 0  # not in a hot loop: due again when the claim expires
    assert Unhandled.objects.get().claimed_until is not None


def test_a_conversation_that_somebody_holds_does_not_cost_its_neighbours(cast: Cast, bot, turns, at_once):
    """Held by a forgotten transaction: the others are decided about, and it is due again when its claim expires."""
    there = [cast.open_conversation(line=cast.line_1919, sender=f"+2290197000{n}") for n in range(101, 104)]
    for conversation in there:
        cast.text_in(conversation, "Bonjour")
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Conversation.objects.select_for_update().get(id=there[0].id)
            held.set()
            free.wait(20)

    def decide_about_all() -> None:
        try:
            held.wait(5)
            with connection.cursor() as cursor:
                cursor.execute("set lock_timeout = '300ms'")  # as the pool's connections have it, only sooner
            handle(owner="d1", turns=turns)
        finally:
            free.set()

    at_once([hold, decide_about_all])
    assert [Message.objects.filter(conversation=one, author="bot").count() for one in there] == [0, 1, 1]
    assert cast.unhandled() == {there[0].id}
    assert handle(owner="d1", turns=turns) == 0  # not in the way of others meanwhile


def test_a_conversation_given_back_to_the_bot_while_texts_are_settled_is_not_forgotten(cast: Cast, bot, turns):
    """Claimed as a person's, the bot's before the DELETE: the row must survive it."""
    conversation = cast.owned_by(cast.awa, line=cast.line_1919)
    cast.text_in(conversation, "Mon solde ?")
    claimed = claim_batch("d1#x")
    ownership.give_back(user=cast.awa, conversation_id=conversation.id, to="bot")
    decide("d1#x", settle("d1#x", claimed), turns)
    handle(owner="d1", turns=turns)
    assert cast.said(conversation)[-1] == ("bot", "Réponse à : Mon solde ?")


def test_an_answered_text_given_back_to_the_bot_is_not_answered_twice(cast: Cast, bot, turns):
    conversation = cast.owned_by(cast.awa, line=cast.line_1919)
    cast.text_in(conversation, "Mon solde ?")
    ownership.answer(user=cast.awa, conversation_id=conversation.id, body="500 F", client_id=uuid4())
    ownership.give_back(user=cast.awa, conversation_id=conversation.id, to="bot")
    handle(owner="d1", turns=turns)
    assert bot.asked == []
    assert cast.unhandled() == set()
    assert Conversation.objects.get().status == Status.BOT
