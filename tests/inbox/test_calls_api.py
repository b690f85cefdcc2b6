"""What has come due calls its agent, and only him."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from common.clock import database_now
from conversations.models import Conversation, Task
from realtime.models import Event
from routing import ownership
from routing.callbacks import end_callback, open_due_callbacks, promise_callback
from routing.snooze import snooze, wake_due
from tests.browser import Browser
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def scripted_links(settings):
    from conversations.links import adapter_class

    settings.LINK_ADAPTERS = {"sms.smpp": "tests.conversations.scripted.ScriptedLink"}
    adapter_class.cache_clear()
    yield
    adapter_class.cache_clear()


def promised(cast: Cast, conversation: Conversation, note: str = "") -> None:
    later = database_now() + timedelta(hours=1)
    promise_callback(user=cast.awa, conversation_id=conversation.id, at=later, note=note)
    Task.objects.filter(conversation=conversation).update(due_at=database_now())
    Conversation.objects.filter(id=conversation.id).update(callback_at=database_now())


def calls(cast: Cast, user=None) -> list[tuple[str, str, str]]:
    found = Browser(user or cast.awa).get("/api/calls").data["items"]
    return [(one["why"], one["note"], one["conversation"]["id"]) for one in found]


def test_a_promise_calls_its_agent_at_its_time_until_it_is_kept(cast: Cast) -> None:
    conversation = cast.owned_by(cast.awa)
    promised(cast, conversation, "Avoir du 12 mars")
    assert calls(cast) == [], "its time is the dispatcher's to say"
    assert open_due_callbacks() == 1
    assert calls(cast) == [("callback", "Avoir du 12 mars", str(conversation.id))]
    assert calls(cast, cast.koffi) == []
    (told,) = Event.objects.filter(type="agent.called")
    assert told.data == {"agent_id": str(cast.awa.id)}, "which conversation it is, is nobody else's business"
    end_callback(user=cast.awa, conversation_id=conversation.id, kept=True)
    assert calls(cast) == []


def test_what_woke_by_its_time_calls_until_it_is_answered_and_what_a_text_woke_does_not(cast: Cast) -> None:
    cast.available(cast.awa)
    woken, texted = cast.owned_by(cast.awa), cast.owned_by(cast.awa, sender="+2290197000002")
    for one in (woken, texted):
        snooze(user=cast.awa, conversation_id=one.id, seen=0, until=database_now() + timedelta(hours=1))
    cast.text_in(texted, "Alors ?")
    Conversation.objects.filter(status="snoozed").update(snoozed_until=database_now())
    assert wake_due() == 2
    assert [why for why, *_ in calls(cast)] == ["snooze"]
    ownership.answer(user=cast.awa, conversation_id=woken.id, body="Me voici", client_id=uuid4())
    assert calls(cast) == []


def test_of_a_sleeping_conversation_the_promise_wakes_and_calls_once(cast: Cast) -> None:
    cast.available(cast.awa)
    conversation = cast.owned_by(cast.awa)
    promised(cast, conversation)
    snooze(user=cast.awa, conversation_id=conversation.id, seen=9)
    assert open_due_callbacks() == 1
    assert [why for why, *_ in calls(cast)] == ["callback"]
    assert Event.objects.filter(type="agent.called").count() == 1


def test_what_nobody_has_calls_nobody(cast: Cast) -> None:
    conversation = cast.queued()
    promised(cast, conversation)
    assert open_due_callbacks() == 1
    assert not Event.objects.filter(type="agent.called").exists()
    assert calls(cast) == []
