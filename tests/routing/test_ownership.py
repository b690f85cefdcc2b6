"""One owner, whatever races; and each stretch of time measured in the transaction that ends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from common.errors import Conflict, Invalid, NotFound
from conversations.models import Conversation, Delivery, Message, Status
from measures.models import IntervalKind
from realtime.checker import check_density
from realtime.models import Event
from routing import ownership
from routing.loads import wrong_loads
from routing.models import AgentState
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)
NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def minutes(number: float) -> datetime:
    return NINE + timedelta(minutes=number)


@pytest.fixture(autouse=True)
def scripted_links(settings):
    settings.LINK_ADAPTERS = {"sms.smpp": "tests.conversations.scripted.ScriptedLink"}
    from conversations.links import adapter_class

    adapter_class.cache_clear()
    yield
    adapter_class.cache_clear()


@pytest.fixture(autouse=True)
def everything_adds_up(cast):
    """After each story: loads are what is owned, the log has no hole."""
    yield
    assert wrong_loads(cast.organisation.id) == []
    assert check_density(cast.organisation.id).dense


def test_of_twenty_who_take_one_conversation_at_once_one_gets_it(cast: Cast, at_once):
    conversation = cast.queued()
    people = [cast.awa, cast.koffi, cast.mariam, cast.sam] * 5
    results = at_once([lambda u=user: ownership.take(user=u, conversation_id=conversation.id) for user in people])

    conversation.refresh_from_db()
    refused = [result for result in results if isinstance(result, Conflict)]
    assert {conflict.code for conflict in refused} == {"already_owned"}
    assert len(refused) == 15  # the owner's other four clicks change nothing
    assert {conflict.facts["owner_id"] for conflict in refused} == {conversation.owner_id}
    assert len(cast.intervals(IntervalKind.WAIT)) == 1
    assert cast.said(conversation) == [("agent", "assigned")]
    assert AgentState.objects.get(user=conversation.owner).load == 1


def test_eight_threads_cannot_push_an_agent_over_his_capacity(cast: Cast, at_once):
    cast.available(cast.awa, capacity=3)
    waiting = [cast.queued(sender=f"+22901970001{n:02}") for n in range(8)]
    results = at_once([lambda c=c: ownership.take(user=cast.awa, conversation_id=c.id) for c in waiting])

    assert sum(isinstance(result, Conversation) for result in results) == 3
    assert {r.code for r in results if isinstance(r, Conflict)} == {"at_capacity"}
    assert cast.state_of(cast.awa).load == 3


def test_the_database_itself_refuses_a_load_over_capacity(cast: Cast):
    with pytest.raises(IntegrityError, match="load_within_capacity"), transaction.atomic():
        AgentState.objects.filter(user=cast.awa).update(load=6)


def test_a_whole_conversation_leaves_exact_intervals(cast: Cast):
    conversation = cast.queued(at=minutes(0))
    cast.text_in(conversation, "Ma puce est bloquée", at=minutes(0))
    ownership.take(user=cast.awa, conversation_id=conversation.id, now=minutes(2))
    ownership.answer(user=cast.awa, conversation_id=conversation.id, body="Bonjour", client_id=uuid4(), now=minutes(3))
    cast.text_in(conversation, "Merci", at=minutes(5))
    ownership.answer(user=cast.awa, conversation_id=conversation.id, body="De rien", client_id=uuid4(), now=minutes(9))
    ownership.answer(
        user=cast.awa,
        conversation_id=conversation.id,
        body="Bonne journée",
        client_id=uuid4(),
        now=minutes(10),
    )
    ownership.close(user=cast.awa, conversation_id=conversation.id, now=minutes(12))

    found = {
        kind: [(i.started_at, i.ended_at, i.wall_seconds) for i in some]
        for kind in IntervalKind
        if (some := cast.intervals(kind))
    }
    assert found == {
        IntervalKind.WAIT: [(minutes(0), minutes(2), 120)],
        IntervalKind.FIRST_RESPONSE: [(minutes(0), minutes(3), 180)],
        IntervalKind.RESPONSE: [(minutes(5), minutes(9), 240)],  # the third answered nothing new
        IntervalKind.HANDLE: [(minutes(2), minutes(12), 600)],
        IntervalKind.RESOLUTION: [(minutes(0), minutes(12), 720)],
    }
    conversation.refresh_from_db()
    assert (conversation.status, conversation.owner_id, conversation.closed_at) == (
        Status.CLOSED,
        cast.awa.id,
        minutes(12),
    )
    assert conversation.first_answered_at == minutes(3)
    assert cast.state_of(cast.awa).load == 0


def test_the_same_click_twice_sends_one_text(cast: Cast, at_once):
    conversation = cast.owned_by(cast.awa)
    client_id = uuid4()

    def send():
        return ownership.answer(user=cast.awa, conversation_id=conversation.id, body="Bonjour", client_id=client_id).id

    assert len({*at_once([send] * 8), send()}) == 1
    assert Message.objects.filter(conversation=conversation).count() == 1
    assert Delivery.objects.count() == 1

    ownership.close(user=cast.awa, conversation_id=conversation.id)
    assert send() == Message.objects.get(kind="outgoing").id  # a late retry learns that it was stored


def test_a_client_id_of_another_message_is_refused(cast: Cast):
    one, other = cast.owned_by(cast.awa), cast.owned_by(cast.awa, sender="+2290197000002")
    client_id = uuid4()
    ownership.answer(user=cast.awa, conversation_id=one.id, body="Bonjour", client_id=client_id)
    with pytest.raises(Invalid) as refused:
        ownership.note(user=cast.awa, conversation_id=other.id, body="Rappeler", client_id=client_id)
    assert refused.value.code == "client_id_used"


def test_only_the_owner_answers_and_anybody_may_leave_a_note(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    for user in (cast.koffi, cast.sam):
        with pytest.raises(Conflict) as refused:
            ownership.answer(user=user, conversation_id=conversation.id, body="Moi !", client_id=uuid4())
        assert refused.value.code == "not_owner"
    ownership.note(user=cast.sam, conversation_id=conversation.id, body="Client fidèle", client_id=uuid4())
    assert cast.said(conversation) == [("agent", "Client fidèle")]
    assert not Delivery.objects.exists()


def test_a_note_is_no_book(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    ownership.note(user=cast.awa, conversation_id=conversation.id, body="x" * 10_000, client_id=uuid4())
    with pytest.raises(Invalid) as refused:
        ownership.note(user=cast.awa, conversation_id=conversation.id, body="x" * 10_001, client_id=uuid4())
    assert (refused.value.code, refused.value.field) == ("too_long", "body")


def test_nothing_is_written_to_a_closed_conversation_but_notes(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    ownership.close(user=cast.awa, conversation_id=conversation.id)
    for deed in (
        lambda: ownership.answer(user=cast.awa, conversation_id=conversation.id, body="?", client_id=uuid4()),
        lambda: ownership.take(user=cast.awa, conversation_id=conversation.id),
        lambda: ownership.give_back(user=cast.awa, conversation_id=conversation.id),
    ):
        with pytest.raises(Conflict) as refused:
            deed()
        assert refused.value.code == "closed"
    ownership.note(user=cast.awa, conversation_id=conversation.id, body="Rappelée", client_id=uuid4())
    assert ownership.close(user=cast.koffi, conversation_id=conversation.id).status == Status.CLOSED


def test_given_back_to_the_queue_it_waits_again_and_the_agent_is_free(cast: Cast):
    conversation = cast.queued(at=minutes(0))
    ownership.take(user=cast.awa, conversation_id=conversation.id, now=minutes(1))
    ownership.give_back(user=cast.awa, conversation_id=conversation.id, to="queue", now=minutes(4))
    conversation.refresh_from_db()
    assert (conversation.status, conversation.owner_id, conversation.queued_at) == (
        Status.QUEUED,
        None,
        minutes(4),
    )
    assert cast.state_of(cast.awa).load == 0
    ownership.take(user=cast.koffi, conversation_id=conversation.id, now=minutes(9))
    assert [i.wall_seconds for i in cast.intervals(IntervalKind.WAIT)] == [60, 300]
    assert [(i.wall_seconds, i.label) for i in cast.intervals(IntervalKind.HANDLE)] == [(180, "returned_queue")]


def test_given_back_to_the_bot_an_unanswered_text_is_the_bots_to_answer(cast: Cast):
    conversation = cast.owned_by(cast.awa, line=cast.line_1919)
    text = cast.text_in(conversation, "Mon solde ?", at=minutes(1))
    with transaction.atomic():
        from conversations.models import Unhandled

        Unhandled.objects.all().delete()  # decided about long ago: it was Awa's
    ownership.give_back(user=cast.awa, conversation_id=conversation.id, to="bot", now=minutes(2))
    conversation.refresh_from_db()
    assert (conversation.status, conversation.waiting_since) == (Status.BOT, text.created_at)
    assert cast.unhandled() == {conversation.id}

    answered = cast.owned_by(cast.awa, line=cast.line_1919, sender="+2290197000002")
    cast.text_in(answered, "Merci")
    ownership.answer(user=cast.awa, conversation_id=answered.id, body="De rien", client_id=uuid4())
    Unhandled.objects.all().delete()
    ownership.give_back(user=cast.awa, conversation_id=answered.id, to="bot")
    assert cast.unhandled() == set()


def test_the_bots_time_starts_again_when_a_person_gives_it_back(cast: Cast):
    conversation = cast.open_conversation(line=cast.line_1919, at=minutes(0))
    ownership.take(user=cast.awa, conversation_id=conversation.id, now=minutes(3))
    ownership.give_back(user=cast.awa, conversation_id=conversation.id, to="bot", now=minutes(5))
    ownership.take(user=cast.koffi, conversation_id=conversation.id, now=minutes(6))
    assert [(i.started_at, i.ended_at) for i in cast.intervals(IntervalKind.BOT)] == [
        (minutes(0), minutes(3)),
        (minutes(5), minutes(6)),
    ]


def test_a_line_without_bot_cannot_be_given_to_one(cast: Cast):
    conversation = cast.owned_by(cast.awa, line=cast.line_3334)
    with pytest.raises(Conflict) as refused:
        ownership.give_back(user=cast.awa, conversation_id=conversation.id, to="bot")
    assert refused.value.code == "no_bot"


def test_a_supervisor_ends_anothers_conversation_and_a_colleague_does_not(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    with pytest.raises(Conflict):
        ownership.close(user=cast.koffi, conversation_id=conversation.id)
    ownership.give_back(user=cast.sam, conversation_id=conversation.id)
    assert cast.state_of(cast.awa).load == 0


def test_a_close_that_has_not_seen_the_newest_text_is_refused(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    cast.text_in(conversation, "Bonjour")
    cast.text_in(conversation, "Encore une chose")
    with pytest.raises(Conflict) as refused:
        ownership.close(user=cast.awa, conversation_id=conversation.id, seen=1)
    assert refused.value.code == "new_text"
    ownership.close(user=cast.awa, conversation_id=conversation.id, seen=2)


def test_reading_counts_for_the_owner_only(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    for word in ("un", "deux", "trois"):
        cast.text_in(conversation, word)
    ownership.mark_read(user=cast.sam, conversation_id=conversation.id, seq=3)
    conversation.refresh_from_db()
    assert conversation.unread == 3
    ownership.mark_read(user=cast.awa, conversation_id=conversation.id, seq=2)
    conversation.refresh_from_db()
    assert conversation.unread == 1
    ownership.mark_read(user=cast.awa, conversation_id=conversation.id, seq=1)  # an older frame, late
    conversation.refresh_from_db()
    assert conversation.unread == 1


def test_another_organisations_conversation_does_not_exist(cast: Cast):
    other = make_cast(name="Lagune Services", slug="lagune", domain="lagune.example")
    conversation = other.queued()
    for deed in (
        lambda: ownership.take(user=cast.awa, conversation_id=conversation.id),
        lambda: ownership.close(user=cast.sam, conversation_id=conversation.id),
        lambda: ownership.mark_read(user=cast.awa, conversation_id=conversation.id, seq=1),
        lambda: ownership.note(user=cast.awa, conversation_id=conversation.id, body="?", client_id=uuid4()),
        lambda: ownership.answer(user=cast.awa, conversation_id=conversation.id, body="?", client_id=uuid4()),
    ):
        with pytest.raises(NotFound):
            deed()


def test_states_become_intervals_and_the_desk_hears_of_them(cast: Cast):
    AgentState.objects.filter(user=cast.awa).update(since=minutes(0))
    ownership.set_state(user=cast.awa, state="available", now=minutes(10))
    ownership.set_state(user=cast.awa, state="break", reason="Déjeuner", now=minutes(40))
    view = ownership.set_state(user=cast.awa, state="break", reason="Déjeuner", now=minutes(50))
    assert (view["state"], view["reason"], view["since"]) == ("break", "Déjeuner", "2026-11-20T09:40:00.000Z")
    assert [(i.label, i.wall_seconds) for i in cast.intervals(IntervalKind.STATE)] == [
        ("offline", 600),
        ("available", 1800),
    ]
    assert Event.objects.filter(type="agent.state_changed").count() == 2
    with pytest.raises(Invalid):
        ownership.set_state(user=cast.awa, state="asleep")


def test_signing_off_keeps_what_one_owns(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    ownership.set_state(user=cast.awa, state="offline")
    conversation.refresh_from_db()
    assert conversation.owner_id == cast.awa.id


def test_a_person_without_a_state_yet_can_take(cast: Cast):
    AgentState.objects.filter(user=cast.sam).delete()
    conversation = cast.queued()
    ownership.take(user=cast.sam, conversation_id=conversation.id)
    assert {view["name"]: view["load"] for view in ownership.presence_of(cast.organisation.id)} == {
        "Awa Diallo": 0,
        "Koffi Mensah": 0,
        "Mariam Ouédraogo": 0,
        "Sam Houngbédji": 1,
    }


def test_an_agent_who_has_declared_nothing_yet_has_the_usual_capacity(cast: Cast):
    newcomer = User.objects.create_user(
        "ada@savane.example", organisation=cast.organisation, name="Ada Kossi", role="agent"
    )
    [view] = [view for view in ownership.presence_of(cast.organisation.id) if view["id"] == str(newcomer.id)]
    assert (view["state"], view["load"], view["capacity"]) == ("offline", 0, 5)
