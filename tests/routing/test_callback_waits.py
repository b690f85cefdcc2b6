"""A promise ends the wait that it made and no other; none is lost, and none costs another one."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from bots.turn import BotTurn, Handover
from common.clock import database_now
from conversations.models import Conversation, Status, Task, TaskState
from measures.models import IntervalKind
from realtime.checker import check_density
from routing import callbacks, deadlines, ownership
from routing import turns as turns_module
from routing.callbacks import end_callback, open_due_callbacks, promise_callback
from routing.deadline_watch import DeadlineWatch, tell_deadlines
from routing.dispatcher import _keep_promises
from routing.handling import handle
from routing.ladder_watch import LadderWatch
from routing.models import Deadline, TargetEvent, Targets
from routing.new_texts import NewText, Sender, send_new_text
from routing.silence import SilenceWatch
from routing.turns import Turns
from tests.cast import Cast, make_cast
from tests.routing.hours import MONDAY_NIGHT, TUESDAY_NIGHT, at, keeps_hours

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh(settings, monkeypatch, cast: Cast):
    """Whether anybody has targets is asked anew each time; every story ends with dense numbers."""
    from conversations.links import adapter_class

    settings.LINK_ADAPTERS = {"sms.smpp": "tests.conversations.scripted.ScriptedLink"}
    adapter_class.cache_clear()
    monkeypatch.setattr(deadlines, "FRESH_S", 0.0)
    yield
    adapter_class.cache_clear()
    assert check_density(cast.organisation.id).dense


def aims(cast: Cast, **given: object) -> Targets:
    return Targets.objects.create(
        organisation=cast.organisation, **{"queue": cast.queue, "first_s": 600, "next_s": 1200, **given}
    )


def promised(cast: Cast, conversation: Conversation, note: str = "", **ahead: float) -> None:
    due = database_now() + timedelta(**ahead or {"hours": 3})
    promise_callback(user=cast.awa, conversation_id=conversation.id, at=due, note=note)


def falls_due(conversation: Conversation) -> None:
    """Its time has come, and the dispatcher has been there."""
    past = database_now() - timedelta(seconds=1)
    Task.objects.filter(conversation=conversation, state=TaskState.WAITING).update(due_at=past)
    Conversation.objects.filter(id=conversation.id).update(callback_at=past)
    open_due_callbacks()
    conversation.refresh_from_db()


def decide(now=None) -> None:
    pool = Turns(limit_s=5.0)
    while handle(owner="d1", turns=pool, now=now):
        pass
    pool.close()


@pytest.mark.parametrize("kept", [True, False])
def test_who_waited_before_it_goes_on_waiting_when_it_ends(cast: Cast, monkeypatch, kept):
    handover = BotTurn(("Un conseiller vous répond.",), "any", 1.0, language="fr", handover=Handover("asked", ""))
    monkeypatch.setattr(turns_module, "take_turn", lambda **_: handover)
    aims(cast)
    conversation = cast.open_conversation(line=cast.line_1919)
    cast.text_in(conversation)
    decide()
    conversation.refresh_from_db()
    waiting, due = conversation.waiting_since, conversation.next_deadline_at
    assert waiting is not None and conversation.deadline_kind == "first"
    promised(cast, conversation)
    end_callback(user=cast.awa, conversation_id=conversation.id, kept=kept)
    conversation.refresh_from_db()
    assert (conversation.waiting_since, conversation.next_deadline_at) == (waiting, due)


def test_what_he_wrote_since_it_came_due_goes_on_waiting(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    cast.text_in(conversation, "Une question d'avant")
    ownership.answer(user=cast.awa, conversation_id=conversation.id, body="Voici", client_id=uuid4())
    promised(cast, conversation)
    falls_due(conversation)
    text = cast.text_in(conversation, "Vous rappelez ?")
    end_callback(user=cast.awa, conversation_id=conversation.id, kept=True)
    conversation.refresh_from_db()
    text.refresh_from_db()
    assert conversation.waiting_since == text.created_at


def test_one_that_is_moved_when_it_was_due_waits_no_longer_and_keeps_its_note(cast: Cast):
    aims(cast)
    conversation = cast.owned_by(cast.awa)
    ownership.answer(user=cast.awa, conversation_id=conversation.id, body="Voici", client_id=uuid4())
    promised(cast, conversation, note="Offre 12")
    falls_due(conversation)
    assert (conversation.waiting_since is not None, conversation.deadline_kind) == (True, "next")
    later = database_now() + timedelta(days=2)
    promise_callback(user=cast.awa, conversation_id=conversation.id, at=later)
    conversation.refresh_from_db()
    assert (conversation.waiting_since, conversation.deadline_kind, conversation.callback_at) == (None, "", later)
    assert not Deadline.objects.exists()
    assert Task.objects.get().note == "Offre 12"
    promise_callback(user=cast.awa, conversation_id=conversation.id, at=later, note="")
    assert Task.objects.get().note == ""


def test_a_closed_one_that_comes_back_has_a_resolution_of_its_own(cast: Cast):
    aims(cast, resolution_s=86400)
    opened = database_now() - timedelta(days=20)
    conversation = cast.owned_by(cast.awa, at=opened)
    promised(cast, conversation)
    ownership.close(user=cast.awa, conversation_id=conversation.id, now=opened + timedelta(hours=1))
    falls_due(conversation)
    tell_deadlines()
    assert not TargetEvent.objects.exists()
    reopened = conversation.reopened_at
    assert Deadline.objects.get(kind="resolution").since == reopened
    ownership.close(user=cast.awa, conversation_id=conversation.id, now=reopened + timedelta(minutes=5))
    assert [one.wall_seconds for one in cast.intervals(IntervalKind.RESOLUTION)] == [3600, 300]


def test_an_answer_keeps_what_only_the_after_hours_answer_has_promised(cast: Cast):
    keeps_hours(cast, promises_callback=True)
    conversation = cast.queued(at=MONDAY_NIGHT)
    cast.text_in(conversation, at=MONDAY_NIGHT)
    decide(MONDAY_NIGHT)
    assert Task.objects.get().state == TaskState.WAITING
    soon = MONDAY_NIGHT + timedelta(minutes=30)
    ownership.take(user=cast.awa, conversation_id=conversation.id, now=soon)
    ownership.answer(user=cast.awa, conversation_id=conversation.id, body="Voici", client_id=uuid4(), now=soon)
    conversation.refresh_from_db()
    assert (Task.objects.get().state, conversation.callback_at) == (TaskState.DONE, None)


def test_a_close_ends_what_the_after_hours_answer_has_promised_and_not_a_colleagues(cast: Cast):
    keeps_hours(cast, promises_callback=True)
    machines, colleagues = cast.queued(at=MONDAY_NIGHT), cast.queued(sender="+2290197000002", at=MONDAY_NIGHT)
    for one in (machines, colleagues):
        cast.text_in(one, at=MONDAY_NIGHT)
    decide(MONDAY_NIGHT)
    promised(cast, colleagues)
    for one in (machines, colleagues):
        ownership.close(user=cast.awa, conversation_id=one.id, now=MONDAY_NIGHT)
    states = dict(Task.objects.values_list("conversation_id", "state"))
    assert states == {machines.id: TaskState.CANCELLED, colleagues.id: TaskState.WAITING}


def test_one_for_an_opening_waits_for_it_when_the_line_stays_closed(cast: Cast, monkeypatch):
    keeps_hours(cast, promises_callback=True)
    conversation = cast.queued(at=MONDAY_NIGHT)
    cast.text_in(conversation, at=MONDAY_NIGHT)
    decide(MONDAY_NIGHT)
    past = database_now() - timedelta(seconds=1)
    Task.objects.update(due_at=past)
    monkeypatch.setattr(callbacks, "database_now", lambda: TUESDAY_NIGHT)
    assert open_due_callbacks() == 0
    conversation.refresh_from_db()
    opening = at(2026, 11, 25, 8)
    assert (Task.objects.get().due_at, conversation.callback_at) == (opening, opening)


def test_of_two_promises_the_earlier_one_comes_before_people_and_the_later_one_stays(cast: Cast):
    first = cast.owned_by(cast.awa)
    promised(cast, first, note="Offre 12")
    ownership.close(user=cast.awa, conversation_id=first.id)
    second = cast.queued()
    promised(cast, second, days=30)
    falls_due(first)
    second.refresh_from_db()
    assert second.waiting_since is not None
    [due] = [one for one in second.messages.all() if (one.facts or {}).get("type") == "callback_due"]
    assert due.facts["note"] == "Offre 12"
    states = dict(Task.objects.values_list("conversation_id", "state"))
    assert states == {first.id: TaskState.DONE, second.id: TaskState.WAITING}
    promise_callback(user=cast.awa, conversation_id=second.id, at=database_now() + timedelta(days=20))
    second.refresh_from_db()
    assert second.waiting_since is None
    assert open_due_callbacks() == 0


def test_a_new_text_to_him_keeps_it_as_an_answer_does(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    promised(cast, conversation)
    falls_due(conversation)
    send_new_text(
        sender=Sender(cast.organisation.id, "BJ", user=cast.awa),
        asked=NewText(line_id=conversation.line_id, numbers=[conversation.address.value], body="Allô", key="k1"),
    )
    conversation.refresh_from_db()
    assert (Task.objects.get().state, conversation.callback_at) == (TaskState.DONE, None)
    assert conversation.waiting_since is None


def test_one_that_cannot_be_opened_costs_the_others_nothing(cast: Cast, monkeypatch):
    bad, good = cast.owned_by(cast.awa), cast.owned_by(cast.awa, sender="+2290197000002")
    for one in (bad, good):
        promised(cast, one)
    for age, one in ((2, bad), (1, good)):
        Task.objects.filter(conversation=one).update(due_at=database_now() - timedelta(minutes=age))
    monkeypatch.setattr(callbacks, "AT_ONCE", 1)
    put = callbacks._put_before_people

    def fail(changes, conversation, task, now):
        if conversation.id == bad.id:
            raise RuntimeError("poison")
        put(changes, conversation, task, now)

    monkeypatch.setattr(callbacks, "_put_before_people", fail)
    assert open_due_callbacks() == 1
    assert Task.objects.get(conversation=good).state == TaskState.DUE


def test_an_organisation_whose_counter_is_held_costs_the_others_nothing(cast: Cast):
    other = make_cast(slug="autre", domain="autre.example")
    held, free = cast.owned_by(cast.awa), other.owned_by(other.awa)
    for company, one in ((cast, held), (other, free)):
        aims(company)
        promised(company, one)
        company.text_in(one, at=database_now() - timedelta(hours=1))
    decide()
    for age, one in ((2, held), (1, free)):
        Task.objects.filter(conversation=one).update(due_at=database_now() - timedelta(minutes=age))
    facts = connection.get_connection_params()
    with psycopg.connect(
        host=facts.get("host"), port=facts.get("port"), user=facts.get("user"), password=facts.get("password"),
        dbname=facts["dbname"],
    ) as somebody:  # fmt: skip
        somebody.execute("select from realtime_eventhead where organisation_id = %s for update", [cast.organisation.id])
        _keep_promises(DeadlineWatch(), LadderWatch(), SilenceWatch())
        somebody.rollback()
    assert Task.objects.get(conversation=free).state == TaskState.DUE
    assert Task.objects.get(conversation=held).state == TaskState.WAITING
    assert [one.conversation_id for one in TargetEvent.objects.all()] == [free.id]
    _keep_promises(DeadlineWatch(), LadderWatch(), SilenceWatch())
    assert Task.objects.get(conversation=held).state == TaskState.DUE
    assert TargetEvent.objects.count() == 2
    assert check_density(other.organisation.id).dense


def test_what_fails_among_callbacks_does_not_keep_targets_from_being_told(cast: Cast, monkeypatch):
    from routing import dispatcher

    def fail() -> int:
        raise RuntimeError("poison")

    monkeypatch.setattr(dispatcher, "open_due_callbacks", fail)
    aims(cast)
    conversation = cast.queued()
    cast.text_in(conversation, at=database_now() - timedelta(hours=1))
    decide()
    with pytest.raises(RuntimeError):
        _keep_promises(DeadlineWatch(), LadderWatch(), SilenceWatch())
    assert TargetEvent.objects.count() == 1
    assert conversation.status == Status.QUEUED
