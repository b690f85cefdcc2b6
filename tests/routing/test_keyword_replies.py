"""STOP, START and HELP are answered once, in the subscriber's language, and open no work for anybody."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import uuid4

import psycopg
import pytest
from asgiref.sync import async_to_sync
from django.db import connection

from contacts.keywords import Keyword
from contacts.models import ConsentEvent, LineKeywords, OwedReply, Suppression
from conversations.adapters import InboundText
from conversations.intake import CONNECTION_SETTINGS, ReadyText, connect, store
from conversations.keyword_book import KeywordBook
from conversations.models import Conversation, Delivery, Line, Message, Status
from realtime.checker import check_density
from routing import ownership
from routing.handling import handle
from routing.keyword_replies import AT_ONCE, MOST_HELP, reply_to_keywords
from routing.turns import Turns
from tests.cast import SUBSCRIBER, Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def scripted_links(settings):
    from conversations.links import adapter_class

    settings.LINK_ADAPTERS = {"sms.smpp": "tests.conversations.scripted.ScriptedLink"}
    adapter_class.cache_clear()
    yield
    adapter_class.cache_clear()


@pytest.fixture
def text(cast: Cast) -> Callable[..., Conversation]:
    """A text through the real intake, read as the gateway reads it; then what the dispatcher does about it."""
    facts = connection.settings_dict
    dsn = f"postgresql://{facts['USER']}:{facts['PASSWORD']}@{facts['HOST']}:{facts['PORT']}/{facts['NAME']}"

    async def arrive(line: Line, body: str, sender: str) -> None:
        book = KeywordBook()
        async with await connect(dsn, **CONNECTION_SETTINGS) as raw:
            await book.load(raw)
            said, hint = book.judge(line.id, line.address, body)
            item = InboundText(cast.north.id, uuid4().hex, sender, line.address, 1, body, b"", "gsm7")
            await store(
                raw,
                [
                    ReadyText(
                        line.id, sender, item,
                        keyword=said.keyword if said else None, language=said.language if said else "", hint=hint,
                    )
                ],
            )  # fmt: skip

    def deed(body: str, *, line: Line | None = None, sender: str = SUBSCRIBER) -> Conversation:
        async_to_sync(arrive)(line or cast.line_1919, body, sender)
        reply_to_keywords()
        pool = Turns(limit_s=10.0)
        try:
            while handle(owner="d1", turns=pool):
                pass
        finally:
            pool.close()
        found = Conversation.objects.filter(contact__addresses__value=sender).order_by("-opened_at").first()
        assert found is not None
        return found

    return deed


@pytest.mark.needs("RFP-084", part="the answer; the words are contacts.keywords'")
def test_a_stop_is_confirmed_once_and_is_no_work(cast: Cast, text):
    conversation = text("Arrêt")
    assert [(author, words) for author, words in cast.said(conversation) if author != "system"] == [
        ("contact", "Arrêt")
    ]
    assert cast.said(conversation)[1:] == [
        (
            "system",
            "Savane Assistance : c'est noté, vous ne recevrez plus de SMS de notre part. "
            "Pour changer d'avis, envoyez START au 1919.",
        ),
        ("system", "opt_out"),
    ]
    assert (conversation.status, conversation.unread, conversation.waiting_since) == (Status.CLOSED, 0, None)
    assert Delivery.objects.get().regardless
    text("STOP")
    text("stop !")
    assert Delivery.objects.count() == 1
    assert ConsentEvent.objects.filter(kind=Keyword.OPT_OUT).count() == 3
    assert not OwedReply.objects.exists()
    assert Conversation.objects.exclude(status=Status.CLOSED).count() == 0
    check_density(cast.organisation.id)


def test_the_language_is_the_words_own(cast: Cast, text):
    conversation = text("UNSUBSCRIBE")
    assert "you will receive no more texts" in cast.said(conversation)[1][1]


def test_a_start_is_confirmed_and_texts_leave_again(cast: Cast, text):
    text("STOP")
    text("START")
    assert not Suppression.objects.exists()
    said = Message.objects.filter(author="system", kind="outgoing").order_by("id")
    assert ["recevrez plus" in one.body for one in said] == [True, False]
    conversation = text("Bonjour")
    assert any(author == "bot" for author, _ in cast.said(conversation))


def test_help_is_answered_a_few_times_and_never_by_the_bot(cast: Cast, text):
    for _ in range(MOST_HELP + 2):
        conversation = text("AIDE")
    said = [author for author, _ in cast.said(conversation)]
    assert "bot" not in said
    assert Delivery.objects.count() == MOST_HELP


def test_a_stop_to_a_person_who_has_the_conversation_leaves_it_to_him(cast: Cast, text):
    conversation = text("Bonjour, un souci", line=cast.line_3334)
    cast.available(cast.awa)
    ownership.take(user=cast.awa, conversation_id=conversation.id)
    conversation = text("STOP", line=cast.line_3334)
    assert (conversation.status, conversation.owner_id) == (Status.OPEN, cast.awa.id)
    assert ("system", "opt_out") in cast.said(conversation)
    assert conversation.waiting_since is not None, "his first text is still unanswered"
    assert conversation.unread == 1


def test_a_stop_to_a_line_without_a_bot_makes_nobody_wait(cast: Cast, text):
    conversation = text("STOP", line=cast.line_3334)
    assert conversation.status == Status.CLOSED
    assert not cast.unhandled()


@pytest.mark.needs("RFP-084", part="the hint")
def test_a_sentence_with_stop_in_it_goes_to_a_person_with_a_hint(cast: Cast, text):
    conversation = text("il faut que ça stop maintenant, mon forfait part tout seul")
    assert (conversation.status, conversation.handover_reason) == (Status.QUEUED, "opt_out_hint")
    assert not Suppression.objects.exists()
    assert not Delivery.objects.exists(), "no machine answers it"


def test_who_opted_out_and_asks_is_seen_by_a_person_and_answered_by_no_bot(cast: Cast, text):
    text("STOP")
    conversation = text("Bonjour")
    assert (conversation.status, conversation.handover_reason) == (Status.QUEUED, "opted_out")
    assert Delivery.objects.count() == 1


def test_a_line_may_have_words_and_answers_of_its_own(cast: Cast, text):
    LineKeywords.objects.create(
        organisation=cast.organisation, line_id=cast.line_1919.id, language="fr", kind=Keyword.OPT_OUT,
        words=["ASSEZ"], reply="{line} ({address}) se tait.",
    )  # fmt: skip
    conversation = text("assez !")
    assert cast.said(conversation)[1] == ("system", "Service clients (1919) se tait.")
    assert Suppression.objects.filter(number=SUBSCRIBER).exists()


def test_an_organisation_whose_rows_are_held_costs_the_others_a_moment(cast, text, dsn):
    """The dispatcher answers keywords before it looks at any text: what is tried in vain here, everybody waits for."""
    conversation = text("Bonjour")
    OwedReply.objects.bulk_create(
        OwedReply(
            id=uuid4(), organisation_id=cast.organisation.id, number=SUBSCRIBER, line_id=conversation.line_id,
            kind=Keyword.OPT_OUT, changed=True,
        )
        for _ in range(AT_ONCE)
    )  # fmt: skip
    neighbours = OwedReply.objects.create(
        id=uuid4(), organisation_id=uuid4(), number=SUBSCRIBER, line_id=uuid4(), kind=Keyword.HELP, changed=True
    )
    with psycopg.connect(dsn) as holder:
        holder.execute("select from realtime_eventhead where organisation_id = %s for update", [cast.organisation.id])
        began = time.monotonic()
        reply_to_keywords()
        took = time.monotonic() - began
        print(f"beside a held organisation: {took:.2f} s")
        assert took < 4, "ten seconds, were each of them tried"
        assert not OwedReply.objects.filter(id=neighbours.id).exists(), "the neighbour's waits behind them"
    assert OwedReply.objects.count() == AT_ONCE
    reply_to_keywords()
    assert OwedReply.objects.count() == 0
