"""A queue that is full tells who comes too many, once, in his language, and keeps him."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common.clock import database_now
from conversations.models import Author, Conversation, Message, MessageKind, Status
from routing import ownership
from routing.models import FullTold, Queue
from routing.queue_admin import QueueFields, save_queue
from routing.queue_full import forget_told, tell_who_comes_too_many
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def scripted_links(settings):
    settings.LINK_ADAPTERS = {"sms.smpp": "tests.conversations.scripted.ScriptedLink"}
    from conversations.links import adapter_class

    adapter_class.cache_clear()
    yield
    adapter_class.cache_clear()


def told() -> list[tuple[str, str]]:
    found = Message.objects.filter(kind=MessageKind.OUTGOING, author=Author.SYSTEM).order_by("created_at")
    return [(str(one.conversation_id), one.body) for one in found]


def fill(cast: Cast, number: int) -> list[Conversation]:
    start = database_now()
    return [cast.queued(sender=f"+22901970014{n:02}", at=start + timedelta(milliseconds=n)) for n in range(number)]


def test_who_comes_when_it_is_full_is_told_once_and_stays(cast: Cast, at_once):
    replies = {"fr": "Nous sommes nombreux à attendre.", "en": "Many are waiting."}
    Queue.objects.filter(id=cast.queue.id).update(most_waiting=2, full_reply=replies)
    waiting = fill(cast, 4)
    Conversation.objects.filter(id=waiting[3].id).update(language="en")
    assert sum(at_once([tell_who_comes_too_many] * 4)) == 2
    assert sorted(told()) == sorted([(str(waiting[2].id), replies["fr"]), (str(waiting[3].id), replies["en"])])
    assert tell_who_comes_too_many() == 0
    assert Conversation.objects.filter(status=Status.QUEUED).count() == 4
    waiting[2].refresh_from_db()
    assert cast.said(waiting[2])[0] == ("system", "queue_full")


def test_a_queue_without_limit_or_without_words_tells_nobody(cast: Cast):
    fill(cast, 3)
    Queue.objects.filter(id=cast.queue.id).update(full_reply={"fr": "Complet"})
    assert tell_who_comes_too_many() == 0
    Queue.objects.filter(id=cast.queue.id).update(most_waiting=1, full_reply={})
    assert tell_who_comes_too_many() == 0


def test_a_limit_set_on_a_backlog_tells_nobody_who_waits_already(cast: Cast):
    """Ten thousand texts, to people who have waited for hours."""
    before = fill(cast, 5)
    limits = QueueFields(most_waiting=2, full_reply={"fr": "Complet"})
    save_queue(actor=cast.sam, queue_id=cast.queue.id, fields=limits)
    assert tell_who_comes_too_many() == 0
    save_queue(actor=cast.sam, queue_id=cast.queue.id, fields=QueueFields(name="Accueil"))
    after = cast.queued(sender="+2290197001499")
    assert tell_who_comes_too_many() == 1
    assert told() == [(str(after.id), "Complet")]
    save_queue(actor=cast.sam, queue_id=cast.queue.id, fields=QueueFields(most_waiting=1))
    assert tell_who_comes_too_many() == 0
    assert len(before) == 5


def test_who_has_waited_for_long_is_not_told_that_he_comes_too_many(cast: Cast):
    Queue.objects.filter(id=cast.queue.id).update(
        most_waiting=1, full_reply={"fr": "Complet"}, full_since=database_now() - timedelta(days=1)
    )
    for n in range(3):
        cast.queued(sender=f"+22901970014{n:02}", at=database_now() - timedelta(hours=1, seconds=-n))
    assert tell_who_comes_too_many() == 0


def test_who_has_had_an_agent_is_not_told_that_the_queue_is_full(cast: Cast):
    Queue.objects.filter(id=cast.queue.id).update(most_waiting=1, full_reply={"fr": "Complet"})
    cast.queued()
    given_back = cast.owned_by(cast.awa, sender="+2290197000002")
    ownership.give_back(user=cast.awa, conversation_id=given_back.id)
    assert tell_who_comes_too_many() == 0


def test_that_somebody_was_told_is_forgotten_when_he_waits_no_more(cast: Cast):
    Queue.objects.filter(id=cast.queue.id).update(most_waiting=1, full_reply={"fr": "Complet"})
    _, second, third = fill(cast, 3)
    assert tell_who_comes_too_many() == 2
    ownership.take(user=cast.awa, conversation_id=second.id)
    forget_told()
    assert [one.conversation_id for one in FullTold.objects.all()] == [third.id]
    assert tell_who_comes_too_many() == 0
