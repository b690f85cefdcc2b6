"""Whom a front filter does not judge: who answers us, who has had a person; and what it may not cost him."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection

from accounts.models import User
from bots.turn import BotTurn, Handover
from contacts.models import OwedReply, Suppression
from conversations.models import ApiToken, Conversation, Message, Status
from routing import ownership
from routing import turns as turns_module
from routing.filter_admin import CheckGiven, WayGiven
from routing.filter_models import FrontCheck, Passage
from routing.handling import handle
from routing.keyword_replies import reply_to_keywords
from routing.new_texts import NewText, Sender, send_new_text
from routing.turns import Turns
from tests.cast import Cast
from tests.routing.doors import OTHER, SORRY, keep_filter, sent, writes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("scripted_links")]


def we_write(cast: Cast, by: User | ApiToken) -> None:
    who = {"token": by} if isinstance(by, ApiToken) else {"user": by}
    send_new_text(
        sender=Sender(cast.organisation.id, cast.organisation.region, **who),
        asked=NewText(cast.line_3334.id, [OTHER], "Votre commande est prête, répondez OUI", uuid4().hex),
    )


@pytest.fixture(params=["a person", "an application"])
def writer(request, cast: Cast, boss: User) -> User | ApiToken:
    if request.param == "a person":
        return boss
    token = ApiToken.objects.create(organisation=cast.organisation, name="CRM", digest=b"x" * 32, per_minute=600)
    token.lines.add(cast.line_3334)
    return token


@pytest.mark.needs("MCE-008", part="who answers us is let in")
def test_who_answers_a_text_of_ours_is_not_refused(
    cast: Cast, boss: User, turns: Turns, writer: User | ApiToken
) -> None:
    keep_filter(boss, cast.line_3334)
    we_write(cast, writer)
    found = writes(cast, turns, cast.line_3334, OTHER, "OUI")
    assert (found.status, sent(found), Passage.objects.count()) == (Status.QUEUED, [], 0)
    Conversation.objects.filter(id=found.id).update(status=Status.CLOSED)
    later = writes(cast, turns, cast.line_3334, OTHER, "Autre chose")
    assert (later.status, sent(later)) == (Status.CLOSED, [SORRY]), "the last word was his: this is a new matter"


def test_who_thanks_a_person_that_has_closed_is_not_refused(cast: Cast, boss: User, turns: Turns) -> None:
    before = cast.owned_by(cast.awa, sender=OTHER)
    cast.text_in(before, "Bonjour")
    ownership.answer(user=cast.awa, conversation_id=before.id, body="C'est fait.", client_id=uuid4())
    ownership.close(user=cast.awa, conversation_id=before.id)
    keep_filter(boss, cast.line_3334)
    assert writes(cast, turns, cast.line_3334, OTHER, "Merci").status == Status.QUEUED


def test_who_was_refused_is_no_guest_for_what_the_filter_told_him(cast: Cast, boss: User, turns: Turns) -> None:
    keep_filter(boss, cast.line_3334)
    assert [writes(cast, turns, cast.line_3334, OTHER).status for _ in range(2)] == [Status.CLOSED] * 2


def test_whom_a_colleague_gives_back_to_the_bot_is_not_judged(
    cast: Cast, boss: User, turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The filter came after him: nothing says that he was let in, and nobody has written to him."""
    asked = BotTurn((), "human", 1.0, language="fr", handover=Handover("asked", ""))
    monkeypatch.setattr(turns_module, "take_turn", lambda **_asked: asked)
    found = writes(cast, turns, cast.line_1919, OTHER)
    assert found.status == Status.QUEUED
    keep_filter(boss, cast.line_1919)
    cast.available(cast.awa)
    ownership.take(user=cast.awa, conversation_id=found.id)
    ownership.give_back(user=cast.awa, conversation_id=found.id, to="bot")
    found = writes(cast, turns, cast.line_1919, OTHER, "Encore moi")
    assert (found.status, sent(found), Passage.objects.count()) == (Status.QUEUED, [], 0)


@pytest.mark.needs("RFP-084", part="the confirmation, whatever a filter closes meanwhile")
def test_a_stop_is_confirmed_though_the_filter_has_closed_before(cast: Cast, boss: User, turns: Turns) -> None:
    keep_filter(boss, cast.line_3334)
    conversation = cast.open_conversation(line=cast.line_3334, sender=OTHER)
    cast.text_in(conversation, "Bonjour")
    message = cast.text_in(conversation, "STOP")
    with connection.cursor() as cursor:
        cursor.execute(
            'update conversations_message set facts = \'{"keyword": "opt_out"}\'::jsonb where id = %s', [message.id]
        )
    Suppression.objects.create(organisation_id=cast.organisation.id, number=OTHER, source="text")
    OwedReply.objects.create(id=uuid4(),
        organisation_id=cast.organisation.id, number=OTHER, line_id=cast.line_3334.id, kind="opt_out", changed=True,
        language="fr",
    )  # fmt: skip
    while handle(owner="d1", turns=turns):  # before what is owed is paid: it was held, or came a moment later
        pass
    conversation.refresh_from_db()
    assert (conversation.status, sent(conversation)) == (Status.CLOSED, [])
    reply_to_keywords()
    conversation.refresh_from_db()
    assert (conversation.status, len(sent(conversation)), OwedReply.objects.count()) == (Status.CLOSED, 1, 0)


def test_a_filter_that_a_newer_version_has_written_costs_neither_its_line_nor_others(
    cast: Cast, boss: User, turns: Turns
) -> None:
    keep_filter(boss, cast.line_3334, CheckGiven("keyword", WayGiven("answer", reply=SORRY), words=["pub"]))
    keep_filter(boss, cast.line_1919)
    FrontCheck.objects.update(kind="moon_phase")
    mine = cast.open_conversation(line=cast.line_3334, sender=OTHER)
    theirs = cast.open_conversation(line=cast.line_1919, sender=OTHER)
    for one in (mine, theirs):
        cast.text_in(one, "Bonjour")
    while handle(owner="d1", turns=turns):
        pass
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.status, theirs.status) == (Status.QUEUED, Status.CLOSED)
    assert Message.objects.filter(conversation=theirs, kind="outgoing").count() == 1
