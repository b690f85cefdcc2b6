"""A conversation is put aside with a word to its subscriber: both, or neither, and the word once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from common.clock import database_now
from common.errors import Conflict, Invalid
from contacts.models import Suppression
from conversations.models import Conversation, Delivery, Message, MessageKind, Status
from measures.models import IntervalKind
from realtime.checker import check_density
from routing.loads import wrong_loads
from routing.put_aside import put_aside
from routing.snooze import snooze
from tests.browser import Browser
from tests.cast import SUBSCRIBER, Cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("scripted_links")]
WORDS = "Je reviens vers vous aujourd'hui avant 18:00."


@pytest.fixture(autouse=True)
def everything_adds_up(cast: Cast):
    yield
    assert wrong_loads(cast.organisation.id) == []
    assert check_density(cast.organisation.id).dense


@pytest.fixture
def asked(cast: Cast) -> Conversation:
    cast.available(cast.awa)
    conversation = cast.owned_by(cast.awa)
    cast.text_in(conversation, "C'est pour quand ?")
    conversation.refresh_from_db()
    return conversation


def aside(cast: Cast, conversation: Conversation, *, body: str = WORDS, client_id: UUID | None = None, **given):
    return put_aside(
        user=cast.awa, conversation_id=conversation.id, body=body, client_id=client_id or uuid4(),
        **{"seen": conversation.last_seq, "until": database_now() + timedelta(hours=2), **given},
    )  # fmt: skip


def texts(conversation: Conversation) -> list[str]:
    found = Message.objects.filter(conversation=conversation, kind=MessageKind.OUTGOING).order_by("seq")
    return list(found.values_list("body", flat=True))


def test_he_is_told_and_it_sleeps(cast: Cast, asked: Conversation):
    aside(cast, asked)
    asked.refresh_from_db()
    assert (asked.status, asked.waiting_since, cast.state_of(cast.awa).load) == (Status.SNOOZED, None, 0)
    assert texts(asked) == [WORDS]
    assert Delivery.objects.filter(conversation=asked).count() == 1
    assert cast.said(asked)[-2:] == [("agent", WORDS), ("agent", "snoozed")]
    assert len(cast.intervals(IntervalKind.FIRST_RESPONSE)) == 1


def test_asked_twice_it_is_sent_once(cast: Cast, asked: Conversation, at_once):
    id_, until = uuid4(), database_now() + timedelta(hours=2)
    results = at_once([lambda: aside(cast, asked, client_id=id_, until=until) for _ in range(6)])
    assert all(isinstance(one, Conversation) for one in results), results
    assert texts(asked) == [WORDS]
    assert [kind for _, kind in cast.said(asked)].count("snoozed") == 1
    with pytest.raises(Invalid) as refused:
        aside(cast, asked, client_id=id_, body="Autre chose")
    assert refused.value.code == "client_id_used"


def test_what_sleeps_sleeps_on_while_he_is_told_of_another_time(cast: Cast, asked: Conversation):
    snooze(user=cast.awa, conversation_id=asked.id, seen=asked.last_seq)
    cast.available(cast.awa, capacity=0)
    later = database_now() + timedelta(days=1)
    aside(cast, asked, until=later)
    asked.refresh_from_db()
    assert (asked.status, asked.snoozed_until, texts(asked)) == (Status.SNOOZED, later, [WORDS])


@pytest.mark.parametrize("why", ["new_text", "snooze_past", "opted_out", "empty", "not_owner"])
def test_where_one_cannot_be_neither_is_done(cast: Cast, asked: Conversation, why: str):
    given: dict = {}
    if why == "new_text":
        given = {"seen": asked.last_seq - 1}
    elif why == "snooze_past":
        given = {"until": database_now() - timedelta(minutes=1)}
    elif why == "opted_out":
        Suppression.objects.create(organisation_id=cast.organisation.id, number=SUBSCRIBER, source="keyword")
    elif why == "empty":
        given = {"body": " "}
    else:
        Conversation.objects.filter(id=asked.id).update(owner=cast.koffi)
    with pytest.raises((Conflict, Invalid)) as refused:
        aside(cast, asked, **given)
    assert refused.value.code == why
    asked.refresh_from_db()
    assert (asked.status, texts(asked)) == (Status.OPEN, [])
    Conversation.objects.filter(id=asked.id).update(owner=cast.awa)


def test_by_the_api(cast: Cast, asked: Conversation):
    address = f"/api/conversations/{asked.id}/snooze"
    body = {"seen": asked.last_seq, "until": (database_now() + timedelta(hours=1)).isoformat()}
    shown = Browser(cast.awa).post(address, {**body, "text": {"client_id": str(uuid4()), "body": WORDS}})
    assert (shown.status, shown.data["status"], texts(asked)) == (200, "snoozed", [WORDS])
    assert Browser(cast.awa).post(address, {**body, "text": {"body": WORDS}}).status == 422
