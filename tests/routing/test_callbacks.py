"""What was promised comes before people at its time, once, whatever has become of the conversation."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from common.clock import database_now
from common.errors import Conflict, Invalid, NotFound
from conversations.models import Conversation, Status, Task, TaskState
from measures.models import IntervalKind
from realtime.checker import check_density
from routing import ownership
from routing.callbacks import end_callback, open_due_callbacks, promise_callback
from routing.loads import wrong_loads
from routing.models import Queue, State, WrapUp
from routing.snooze import snooze
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def scripted_links(settings, cast: Cast):
    from conversations.links import adapter_class

    settings.LINK_ADAPTERS = {"sms.smpp": "tests.conversations.scripted.ScriptedLink"}
    adapter_class.cache_clear()
    yield
    adapter_class.cache_clear()
    assert check_density(cast.organisation.id).dense


def promised(cast: Cast, conversation: Conversation, note: str = "Le soir") -> Task:
    """A promise whose time has come."""
    promise_callback(user=cast.awa, conversation_id=conversation.id, at=database_now() + timedelta(hours=1), note=note)
    past = database_now() - timedelta(seconds=1)
    Task.objects.filter(conversation=conversation, state=TaskState.WAITING).update(due_at=past)
    Conversation.objects.filter(id=conversation.id).update(callback_at=past)
    return Task.objects.get(conversation=conversation, state=TaskState.WAITING)


def test_a_promise_waits_for_its_time_and_is_then_put_before_its_owner(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    due = database_now() + timedelta(hours=1)
    promise_callback(user=cast.awa, conversation_id=conversation.id, at=due, note=" Le   soir ")
    assert open_due_callbacks() == 0
    conversation.refresh_from_db()
    assert (conversation.callback_at, cast.said(conversation)) == (due, [("agent", "callback_promised")])
    Task.objects.update(due_at=database_now())
    assert (open_due_callbacks(), open_due_callbacks()) == (1, 0)
    conversation.refresh_from_db()
    task = Task.objects.get()
    assert (task.state, task.note, task.opened_at is not None) == (TaskState.DUE, "Le soir", True)
    assert (conversation.status, conversation.owner_id) == (Status.OPEN, cast.awa.id)
    assert conversation.waiting_since is not None
    assert cast.said(conversation)[-1] == ("system", "callback_due")


def test_of_a_closed_conversation_it_is_opened_again_in_its_queue(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    promised(cast, conversation)
    ownership.close(user=cast.awa, conversation_id=conversation.id)
    assert open_due_callbacks() == 1
    conversation.refresh_from_db()
    assert (conversation.status, conversation.owner_id, conversation.queue_id) == (Status.QUEUED, None, cast.queue.id)
    assert (conversation.handover_reason, conversation.closed_at) == ("callback", None)
    assert cast.state_of(cast.awa).load == 0


def test_opened_again_while_it_is_wrapped_up_the_next_agent_may_close_it_too(cast: Cast):
    Queue.objects.filter(id=cast.queue.id).update(wrap_up_s=600)
    cast.available(cast.awa, cast.koffi)
    conversation = cast.owned_by(cast.awa)
    promised(cast, conversation)
    ownership.close(user=cast.awa, conversation_id=conversation.id)
    assert open_due_callbacks() == 1
    assert (cast.state_of(cast.awa).state, cast.state_of(cast.awa).load) == (State.AVAILABLE, 0)
    assert [one.label for one in cast.intervals(IntervalKind.WRAP_UP)] == ["reopened"]
    ownership.take(user=cast.koffi, conversation_id=conversation.id)
    ownership.close(user=cast.koffi, conversation_id=conversation.id)
    assert WrapUp.objects.get().user_id == cast.koffi.id
    assert wrong_loads(cast.organisation.id) == []


def test_the_conversation_that_was_opened_since_takes_the_promise_over(cast: Cast):
    first = cast.owned_by(cast.awa)
    task = promised(cast, first)
    ownership.close(user=cast.awa, conversation_id=first.id)
    second = cast.queued()
    assert open_due_callbacks() == 1
    first.refresh_from_db()
    second.refresh_from_db()
    task.refresh_from_db()
    assert (first.status, first.callback_at) == (Status.CLOSED, None)
    assert cast.said(first)[-1] == ("system", "callback_moved")
    assert (task.conversation_id, task.state, second.callback_at) == (second.id, TaskState.DUE, task.due_at)
    assert cast.said(second) == [("system", "callback_due")]


def test_the_bots_goes_to_the_queue_and_a_sleeping_one_wakes(cast: Cast):
    bots, asleep = cast.open_conversation(line=cast.line_1919), cast.owned_by(cast.awa)
    cast.available(cast.awa)
    snooze(user=cast.awa, conversation_id=asleep.id, seen=0)
    promised(cast, bots)
    promised(cast, asleep)
    assert open_due_callbacks() == 2
    bots.refresh_from_db()
    asleep.refresh_from_db()
    assert (bots.status, asleep.status) == (Status.QUEUED, Status.OPEN)
    assert len(cast.intervals(IntervalKind.BOT)) == 1


def test_an_answer_after_its_time_keeps_it_and_one_before_does_not(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    due = database_now() + timedelta(hours=1)
    promise_callback(user=cast.awa, conversation_id=conversation.id, at=due)
    ownership.answer(user=cast.awa, conversation_id=conversation.id, body="À tout à l'heure", client_id=uuid4())
    assert Task.objects.get().state == TaskState.WAITING
    later = due + timedelta(minutes=5)
    ownership.answer(user=cast.awa, conversation_id=conversation.id, body="Me voici", client_id=uuid4(), now=later)
    conversation.refresh_from_db()
    assert (Task.objects.get().state, conversation.callback_at) == (TaskState.DONE, None)
    assert cast.said(conversation)[-1] == ("agent", "callback_kept")


def test_it_may_be_moved_kept_and_given_up(cast: Cast):
    conversation = cast.queued()
    for hours in (1, 2):
        due = database_now() + timedelta(hours=hours)
        promise_callback(user=cast.awa, conversation_id=conversation.id, at=due)
    assert Task.objects.get().due_at == due
    end_callback(user=cast.koffi, conversation_id=conversation.id, kept=False)
    task = Task.objects.get()
    assert (task.state, task.ended_by_id) == (TaskState.CANCELLED, cast.koffi.id)
    with pytest.raises(Conflict, match="no callback"):
        end_callback(user=cast.koffi, conversation_id=conversation.id, kept=True)
    promised(cast, conversation)
    open_due_callbacks()
    end_callback(user=cast.koffi, conversation_id=conversation.id, kept=True)
    conversation.refresh_from_db()
    assert (conversation.waiting_since, conversation.callback_at) == (None, None)


def test_what_makes_no_sense_is_refused(cast: Cast):
    conversation, other = cast.queued(), make_cast(slug="autre", domain="autre.example")
    now = database_now()
    for when, code in ((now - timedelta(minutes=1), "callback_past"), (now + timedelta(days=400), "callback_far")):
        with pytest.raises(Invalid) as refused:
            promise_callback(user=cast.awa, conversation_id=conversation.id, at=when)
        assert refused.value.code == code
    with pytest.raises(Invalid):
        promise_callback(user=cast.awa, conversation_id=conversation.id, at=now + timedelta(days=1), note="x" * 301)
    with pytest.raises(NotFound):
        promise_callback(user=other.awa, conversation_id=conversation.id, at=now + timedelta(days=1))


def test_two_dispatchers_open_each_promise_once(cast: Cast, at_once):
    conversations = [cast.queued(sender=f"+22901970002{n:02d}") for n in range(20)]
    for one in conversations:
        promised(cast, one)
    found = at_once([open_due_callbacks] * 3)
    assert not [one for one in found if isinstance(one, Exception)], found
    assert sum(found) + open_due_callbacks() == 20
    assert all(cast.said(one) == [("agent", "callback_promised"), ("system", "callback_due")] for one in conversations)
