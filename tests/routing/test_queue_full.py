"""A queue that is full tells who comes too many, once, in his language, and keeps him."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common.clock import database_now
from conversations.models import Author, Conversation, Message, MessageKind, Status
from routing.models import Queue
from routing.queue_full import tell_who_comes_too_many
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
    start = database_now() - timedelta(hours=1)
    return [cast.queued(sender=f"+22901970014{n:02}", at=start + timedelta(seconds=n)) for n in range(number)]


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
