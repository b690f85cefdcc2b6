"""A new text: one conversation each, who may get it, and once under each key, whatever races."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from common.clock import database_now
from common.errors import Conflict, Invalid, NotFound, TooMany
from contacts.models import Address, Contact, Suppression
from conversations.models import Conversation, Delivery, Message, MessageKind, Recipient, Sending, Status, WrongNumber
from conversations.sendings import abandon
from measures.models import IntervalKind
from realtime.checker import check_density
from realtime.models import Event
from routing.loads import wrong_loads
from routing.new_texts import NewText, Sender, Sent, send_new_text
from tests.cast import SUBSCRIBER, Cast

pytestmark = pytest.mark.django_db(transaction=True)
OTHER, THIRD = "+2290197000002", "+22670123456"


@pytest.fixture(autouse=True)
def scripted_links(settings):
    settings.LINK_ADAPTERS = {"sms.smpp": "tests.conversations.scripted.ScriptedLink"}
    from conversations.links import adapter_class

    adapter_class.cache_clear()
    yield
    adapter_class.cache_clear()


@pytest.fixture(autouse=True)
def everything_adds_up(cast):
    yield
    assert wrong_loads(cast.organisation.id) == []
    assert check_density(cast.organisation.id).dense


def send(cast: Cast, *numbers: str, user: Any = None, **given: Any) -> Sent:
    user = user or cast.awa
    asked = {"line_id": cast.line_3334.id, "body": "Votre puce est prête", "key": uuid4().hex, **given}
    return send_new_text(
        sender=Sender(cast.organisation.id, cast.organisation.region, user=user),
        asked=NewText(numbers=list(numbers), **asked),
    )


def told(sent: Sent) -> list[tuple[str, str]]:
    return [(one.number, one.refusal or "sent") for one in sent.recipients]


@pytest.mark.needs("BUS-008", part="one conversation each, by the outbox")
@pytest.mark.needs("UNI-026", part="the service")
def test_several_numbers_get_one_conversation_each_closed_at_once(cast: Cast):
    sent = send(cast, "01 97 00 00 01", OTHER, "+229 0197000001", THIRD)
    assert told(sent) == [(SUBSCRIBER, "sent"), (OTHER, "sent"), (THIRD, "sent")]
    assert sent.repeated == ["+229 0197000001"]
    found = Conversation.objects.order_by("opened_at")
    assert [(c.address.value, c.status, c.owner_id) for c in found] == [
        (number, Status.CLOSED, cast.awa.id) for number in (SUBSCRIBER, OTHER, THIRD)
    ]
    assert Contact.objects.count() == Address.objects.count() == 3
    for conversation in found:
        assert cast.said(conversation) == [("agent", "opened"), ("agent", "Votre puce est prête")]
    assert {(d.destination, d.source, d.lane, d.state) for d in Delivery.objects.all()} == {
        (number, "3334", 0, 0) for number in (SUBSCRIBER, OTHER, THIRD)
    }
    assert cast.state_of(cast.awa).load == 0


def test_who_keeps_it_owns_the_conversation_and_is_answered_in_it(cast: Cast):
    cast.available(cast.awa)
    [one] = send(cast, SUBSCRIBER, keep=True).recipients
    conversation = Conversation.objects.get(id=one.conversation_id)
    assert (conversation.status, conversation.owner_id, one.is_kept) == (Status.OPEN, cast.awa.id, True)
    assert (cast.state_of(cast.awa).load, conversation.first_answered_at) == (1, None)
    assert cast.intervals(IntervalKind.BOT) == []
    types = list(Event.objects.order_by("seq").values_list("type", flat=True))
    assert types == ["agent.state_changed", "conversation.assigned", "message.added", "message.added"]


def test_without_room_the_text_leaves_and_the_conversation_is_nobodys_load(cast: Cast):
    cast.available(cast.awa, capacity=1)
    first, second = send(cast, SUBSCRIBER, OTHER, keep=True).recipients
    assert (first.is_kept, second.is_kept, second.refusal) == (True, False, "")
    assert cast.state_of(cast.awa).load == 1
    assert Delivery.objects.count() == 2


def test_ones_own_open_conversation_is_used_and_what_waited_there_is_answered(cast: Cast):
    mine = cast.owned_by(cast.awa)
    cast.text_in(mine, "Ma puce ?")
    [one] = send(cast, SUBSCRIBER).recipients
    assert (one.conversation_id, one.is_kept) == (mine.id, True)
    assert cast.said(mine)[-1] == ("agent", "Votre puce est prête")
    mine.refresh_from_db()
    assert (mine.waiting_since, mine.unread, mine.status) == (None, 0, Status.OPEN)
    assert len(cast.intervals(IntervalKind.FIRST_RESPONSE)) == 1


def test_a_colleagues_conversation_is_not_written_in(cast: Cast):
    his = cast.owned_by(cast.koffi)
    [one] = send(cast, SUBSCRIBER, keep=True).recipients
    assert (one.refusal, one.facts, one.conversation_id) == ("already_owned", {"owner": "Koffi Mensah"}, his.id)
    assert not Delivery.objects.exists()
    assert cast.said(his) == []


def test_who_waits_in_a_queue_is_taken_by_who_keeps_it_and_goes_on_waiting_else(cast: Cast):
    cast.available(cast.awa)
    waiting, other = cast.queued(), cast.queued(sender=OTHER)
    for conversation in (waiting, other):
        cast.text_in(conversation, "Allo ?")
    send(cast, SUBSCRIBER, keep=True)
    send(cast, OTHER)
    waiting.refresh_from_db()
    other.refresh_from_db()
    assert (waiting.status, waiting.owner_id, waiting.waiting_since) == (Status.OPEN, cast.awa.id, None)
    assert (other.status, other.owner_id, other.unread) == (Status.QUEUED, None, 1)
    assert other.waiting_since is not None, "a notice is no answer to what was asked"
    assert len(cast.intervals(IntervalKind.WAIT)) == 1


@pytest.mark.needs("BUS-008", part="consent is checked")
def test_a_number_that_said_stop_gets_nothing_and_the_others_do(cast: Cast):
    Suppression.objects.create(organisation_id=cast.organisation.id, number=OTHER, source="text")
    assert told(send(cast, SUBSCRIBER, OTHER, THIRD)) == [(SUBSCRIBER, "sent"), (OTHER, "opted_out"), (THIRD, "sent")]
    assert set(Delivery.objects.values_list("destination", flat=True)) == {SUBSCRIBER, THIRD}
    assert not Address.objects.filter(value=OTHER).exists(), "nothing is made of whom nothing may reach"


def test_a_new_text_is_no_answer_where_a_line_answers_after_a_stop(cast: Cast):
    cast.line_3334.answers_after_stop = True
    cast.line_3334.save()
    mine = cast.owned_by(cast.awa)
    since = database_now() - timedelta(minutes=1)
    Suppression.objects.create(organisation_id=cast.organisation.id, number=SUBSCRIBER, source="text", since=since)
    cast.text_in(mine, "Une question quand même")  # which may be answered
    assert told(send(cast, SUBSCRIBER)) == [(SUBSCRIBER, "opted_out")]
    assert not Delivery.objects.exists()


def test_numbers_that_are_none_or_that_an_operator_has_refused_say_so(cast: Cast):
    WrongNumber.objects.create(
        organisation=cast.organisation, number=OTHER, link_id=cast.north.id, message_id=uuid4(), code="001"
    )
    sent = send(cast, "1919", "+22", OTHER, SUBSCRIBER)
    assert told(sent) == [
        ("1919", "not_a_number"), ("+22", "number_too_short"), (OTHER, "wrong_number"), (SUBSCRIBER, "sent"),
    ]  # fmt: skip
    assert sent.recipients[2].facts["reason"] == "001"


def test_another_number_of_a_person_is_the_one_that_is_texted(cast: Cast):
    mine = cast.owned_by(cast.awa)
    Address.objects.create(organisation=cast.organisation, contact_id=mine.contact_id, value=OTHER)
    send(cast, OTHER)
    mine.refresh_from_db()
    assert (mine.address.value, mine.link_id) == (OTHER, None)
    assert Delivery.objects.get().destination == OTHER


# --- Once under each key ---------------------------------------------------------------------------------------


@pytest.mark.needs("BUS-008", part="nothing twice under one key")
def test_the_same_key_gives_the_same_answer_and_sends_nothing_more(cast: Cast):
    Suppression.objects.create(organisation_id=cast.organisation.id, number=OTHER, source="text")
    first = send(cast, SUBSCRIBER, OTHER, key="k")
    Suppression.objects.all().delete()
    again = send(cast, SUBSCRIBER, OTHER, key="k")
    assert told(again) == told(first) == [(SUBSCRIBER, "sent"), (OTHER, "opted_out")]
    assert [one.id for one in again.recipients] == [one.id for one in first.recipients]
    assert Delivery.objects.count() == Message.objects.filter(kind=MessageKind.OUTGOING).count() == 1


@pytest.mark.parametrize(
    "other", [{"body": "Autre chose"}, {"keep": True}, {"numbers": (SUBSCRIBER, OTHER)}, {"kind": "otp"}]
)
def test_the_same_key_for_something_else_is_refused(cast: Cast, other: dict[str, Any]):
    send(cast, SUBSCRIBER, key="k")
    with pytest.raises(Invalid) as refusal:
        send(cast, *other.pop("numbers", (SUBSCRIBER,)), key="k", **other)
    assert refusal.value.code == "key_used"
    assert Delivery.objects.count() == 1


def test_a_key_is_its_owners_own(cast: Cast):
    send(cast, SUBSCRIBER, key="k")
    send(cast, SUBSCRIBER, key="k", user=cast.sam)
    assert Delivery.objects.count() == 2


@pytest.mark.needs("BUS-008", part="nothing twice under one key")
def test_eight_who_ask_the_same_at_once_send_each_text_once(cast: Cast, at_once):
    numbers = [f"+22901970001{n:02}" for n in range(10)]
    results = at_once([lambda: send(cast, *numbers, key="k") for _ in range(8)])
    assert [result for result in results if isinstance(result, Exception)] == []
    assert Sending.objects.count() == 1
    assert sorted(Delivery.objects.values_list("destination", flat=True)) == numbers
    answers = {tuple((one.id, one.message_id) for one in result.recipients) for result in results}
    assert len(answers) == 1, "all were told the same"


def test_eight_first_texts_to_one_number_at_once_are_one_conversation_each_time_it_is_open(cast: Cast, at_once):
    cast.available(cast.awa)
    results = at_once([lambda: send(cast, SUBSCRIBER, keep=True) for _ in range(8)])
    assert [result for result in results if isinstance(result, Exception)] == []
    assert Conversation.objects.count() == Address.objects.count() == Contact.objects.count() == 1
    assert Delivery.objects.count() == 8
    assert cast.state_of(cast.awa).load == 1


def test_eight_notices_to_one_unknown_number_at_once_are_all_sent_and_one_person(cast: Cast, at_once):
    for number in (SUBSCRIBER, OTHER, THIRD):
        results = at_once([lambda n=number: send(cast, n) for _ in range(8)])
        assert [result for result in results if isinstance(result, Exception)] == []
    assert Delivery.objects.count() == 24
    assert Address.objects.count() == Contact.objects.count() == 3
    assert not Conversation.objects.exclude(status=Status.CLOSED).exists()


def test_what_was_left_when_a_process_died_is_sent_when_the_same_is_asked_again(cast: Cast, monkeypatch):
    from routing import new_texts

    written, write = [], new_texts._write

    def dies(*given: Any) -> None:
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(given)
        write(*given)

    monkeypatch.setattr(new_texts, "_write", dies)
    with pytest.raises(KeyboardInterrupt):
        send(cast, SUBSCRIBER, OTHER, THIRD, key="k")
    assert Delivery.objects.count() == Recipient.objects.exclude(settled_at=None).count() == 2
    monkeypatch.undo()
    assert {state for _, state in told(send(cast, SUBSCRIBER, OTHER, THIRD, key="k"))} == {"sent"}
    assert sorted(Delivery.objects.values_list("destination", flat=True)) == sorted([SUBSCRIBER, OTHER, THIRD])


# --- Refused as a whole: nothing is kept -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kind", "code"),
    [
        ({"body": " \x00 "}, Invalid, "empty"),
        ({"body": "a" * 1600}, Invalid, "too_long"),
        ({"numbers": [" "]}, Invalid, "required"),
        ({"numbers": [f"+22901970{n:05}" for n in range(101)]}, Invalid, "too_many_recipients"),
        ({"key": " "}, Invalid, "required"),
        ({"line_id": uuid4()}, NotFound, "no_line"),
    ],
)
def test_a_request_that_cannot_be_is_refused_whole(cast: Cast, given: dict[str, Any], kind: type, code: str):
    with pytest.raises(kind) as refusal:
        send(cast, *given.pop("numbers", [SUBSCRIBER]), **given)
    assert refusal.value.code == code
    assert not Sending.objects.exists() and not Conversation.objects.exists()


def test_a_line_that_is_off_or_has_no_way_out_or_is_anothers_sends_nothing(cast: Cast):
    cast.line_3334.is_enabled = False
    cast.line_3334.save()
    with pytest.raises(Conflict, match="switched off"):
        send(cast, SUBSCRIBER)
    cast.line_3334.is_enabled = True
    cast.line_3334.save()
    cast.north.is_enabled = False
    cast.north.save()
    with pytest.raises(Conflict, match="no enabled link"):
        send(cast, SUBSCRIBER)
    from accounts.models import Team

    cast.line_1919.teams.add(Team.objects.create(organisation=cast.organisation, name="Autres"))
    with pytest.raises(NotFound):
        send(cast, SUBSCRIBER, line_id=cast.line_1919.id)
    assert not Sending.objects.exists()


@pytest.mark.needs("ELL-017", part="a new text on a line of one part")
def test_a_line_of_one_part_takes_160_signs_and_no_more(cast: Cast):
    cast.line_3334.most_parts = 1
    cast.line_3334.save()
    with pytest.raises(Invalid) as refusal:
        send(cast, SUBSCRIBER, body="a" * 161)
    assert (refusal.value.code, refusal.value.facts) == ("too_long", {"parts": 2, "most_parts": 1})
    assert told(send(cast, SUBSCRIBER, body="a" * 160)) == [(SUBSCRIBER, "sent")]


def test_an_agent_who_sends_without_end_is_stopped_before_anything_of_it_is_kept(cast: Cast, settings):
    settings.TEXTS_PER_MINUTE = 3
    send(cast, SUBSCRIBER, OTHER)
    with pytest.raises(TooMany) as refusal:
        send(cast, SUBSCRIBER, OTHER, key="k")
    assert refusal.value.code == "too_many_texts"
    assert not Sending.objects.filter(key="k").exists()
    assert Delivery.objects.count() == 2


def test_a_conversation_that_somebody_holds_does_not_cost_the_other_numbers(cast: Cast, settings, dsn):
    import psycopg
    from django.db import OperationalError

    held = cast.owned_by(cast.awa)
    with psycopg.connect(dsn) as other:
        other.execute("select 1 from conversations_conversation where id = %s for update", [held.id])
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("set lock_timeout = '200ms'")
        try:
            with pytest.raises(OperationalError):
                send(cast, SUBSCRIBER, OTHER, key="k")
        finally:
            with connection.cursor() as cursor:
                cursor.execute("reset lock_timeout")
        assert set(Delivery.objects.values_list("destination", flat=True)) == {OTHER}
    assert told(send(cast, SUBSCRIBER, OTHER, key="k")) == [(SUBSCRIBER, "sent"), (OTHER, "sent")]


def test_a_row_that_was_taken_away_meanwhile_is_tried_again_and_costs_the_others_nothing(cast: Cast, monkeypatch):
    from django.db import IntegrityError, OperationalError
    from psycopg.errors import ForeignKeyViolation

    from routing import new_texts

    tried, write = [], new_texts._write

    def gone(changes: Any, sender: Any, line: Any, asked: Any, recipient: Recipient) -> None:
        tried.append(recipient.number)
        if recipient.number == SUBSCRIBER:
            raise IntegrityError("merged") from ForeignKeyViolation("merged")
        write(changes, sender, line, asked, recipient)

    monkeypatch.setattr(new_texts, "_write", gone)
    with pytest.raises(OperationalError):
        send(cast, SUBSCRIBER, OTHER, key="k")
    assert tried == [SUBSCRIBER] * new_texts.TRIES + [OTHER]
    assert set(Delivery.objects.values_list("destination", flat=True)) == {OTHER}
    monkeypatch.undo()
    assert told(send(cast, SUBSCRIBER, OTHER, key="k")) == [(SUBSCRIBER, "sent"), (OTHER, "sent")]


def test_a_line_that_was_switched_off_meanwhile_sends_nothing_of_what_was_left(cast: Cast, monkeypatch):
    from routing import new_texts

    write = new_texts._write

    def off_after_the_first(*given: Any) -> None:
        write(*given)
        type(cast.line_3334).objects.filter(id=cast.line_3334.id).update(is_enabled=False)

    monkeypatch.setattr(new_texts, "_write", off_after_the_first)
    assert told(send(cast, SUBSCRIBER, OTHER, key="k")) == [(SUBSCRIBER, "sent"), (OTHER, "line_off")]
    monkeypatch.undo()
    assert told(send(cast, SUBSCRIBER, OTHER, key="k")) == [(SUBSCRIBER, "sent"), (OTHER, "line_off")]
    assert set(Delivery.objects.values_list("destination", flat=True)) == {SUBSCRIBER}


def test_what_is_as_always_makes_no_difference_to_a_key():
    line = uuid4()
    assert NewText(line, ["1"], "Bonjour", "k").facts() == {"line": str(line), "numbers": ["1"], "body": "Bonjour"}
    assert NewText(line, ["1"], "Bonjour", "k", keep=True, kind="otp").facts().keys() > {"keep", "kind"}


def test_a_request_that_was_cut_off_is_settled_after_an_hour_and_says_that_nothing_left(cast: Cast):
    sent = send(cast, SUBSCRIBER, OTHER)
    cut_off = sent.recipients[1]
    Delivery.objects.filter(message_id=cut_off.message_id).delete()
    Recipient.objects.filter(id=cut_off.id).update(settled_at=None, message_id=None, conversation_id=None)
    assert abandon(database_now() + timedelta(minutes=59)) == 0
    assert abandon(database_now() + timedelta(minutes=61)) == 1
    assert abandon(database_now() + timedelta(minutes=61)) == 0
    found = Recipient.objects.order_by("place")
    assert [(one.refusal, one.settled_at is not None) for one in found] == [("", True), ("abandoned", True)]
