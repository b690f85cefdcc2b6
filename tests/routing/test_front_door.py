"""A line's front filter judges who writes first: let in, sent elsewhere, answered and closed, or left to the bot."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from bots.turn import BotTurn, Handover
from contacts.keywords import Keyword
from contacts.lists import change_numbers
from contacts.models import Attribute, AttributeType, ContactList, LineKeywords, Suppression, Tag
from contacts.people import change_person
from conversations.intake import CONNECTION_SETTINGS, ReadyText, connect, store
from conversations.models import Conversation, Status
from realtime.checker import check_density
from routing import deadlines, front_door, hours, ownership
from routing import turns as turns_module
from routing.filter_admin import CheckGiven, FilterGiven, WayGiven, try_number
from routing.filter_models import Passage
from routing.handling import handle
from routing.models import Queue
from routing.turns import Turns
from tests.cast import SUBSCRIBER, Cast
from tests.contacts.files import fill, make_list
from tests.routing.doors import OTHER, SORRY, in_list, keep_filter, sent, writes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("scripted_links")]


@pytest.fixture(autouse=True)
def dense(cast):
    yield
    assert check_density(cast.organisation.id).dense


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """What the bot was asked. It answers everything, and hands over when asked for a person."""
    heard: list[str] = []

    def take_turn(*, bot, conversation_id, history, text, language, engine, **_given):
        heard.append(text)
        if "conseiller" in text:
            return BotTurn((), "human", 1.0, language="fr", handover=Handover("asked", "Demande un conseiller"))
        return BotTurn((f"Réponse à : {text}",), "any", 1.0, language="fr")

    monkeypatch.setattr(turns_module, "take_turn", take_turn)
    return heard


@pytest.fixture
def partners(boss: User) -> ContactList:
    one = make_list(boss)
    change_numbers(actor=boss, list_id=one.id, add=[SUBSCRIBER], remove=[])
    return one


@pytest.mark.needs("MCE-008")
@pytest.mark.needs("RFP-030", part="lists and priority before the queue")
def test_a_qualified_number_queues_with_its_priority_and_another_gets_the_answer_and_nobody_waits(
    cast: Cast, boss: User, partners: ContactList, turns: Turns
) -> None:
    vip = Queue.objects.create(organisation=cast.organisation, name="Distributeurs")
    keep_filter(boss, cast.line_3334, in_list(partners, queue_id=vip.id, priority=7))
    partner = writes(cast, turns, cast.line_3334, SUBSCRIBER)
    assert (partner.status, partner.queue_id, partner.priority) == (Status.QUEUED, vip.id, 7)
    assert (sent(partner), partner.handover_reason) == ([], "filter")
    other = writes(cast, turns, cast.line_3334, OTHER)
    assert (other.status, other.waiting_since, other.unread) == (Status.CLOSED, None, 0)
    assert sent(other) == [SORRY]
    assert [one.outcome for one in Passage.objects.order_by("conversation_id")] == ["admit", "answer"]
    assert cast.said(other) == [("contact", "Bonjour"), ("system", SORRY), ("system", "filtered")]


@pytest.mark.needs("MCE-008", part="updates apply at once")
def test_a_list_that_is_replaced_while_texts_come_judges_the_next_one(
    cast: Cast, boss: User, partners: ContactList, turns: Turns
) -> None:
    keep_filter(boss, cast.line_3334, in_list(partners))
    assert writes(cast, turns, cast.line_3334, OTHER).status == Status.CLOSED
    fill(boss, partners, f"{OTHER}\n".encode())
    assert writes(cast, turns, cast.line_3334, OTHER).status == Status.QUEUED
    assert writes(cast, turns, cast.line_3334, SUBSCRIBER).status == Status.CLOSED


def test_a_text_that_no_check_holds_for_goes_the_filters_usual_way(cast: Cast, boss: User, turns: Turns) -> None:
    night = Queue.objects.create(organisation=cast.organisation, name="Nuit")
    check = CheckGiven("keyword", WayGiven("answer", reply=SORRY), words=["pub"])
    keep_filter(boss, cast.line_3334, check, way=WayGiven("queue", queue_id=night.id, priority=1))
    found = writes(cast, turns, cast.line_3334, SUBSCRIBER, "Bonjour")
    assert (found.status, found.queue_id, found.priority) == (Status.QUEUED, night.id, 1)
    assert Passage.objects.get().check_id is None
    assert writes(cast, turns, cast.line_3334, OTHER, "Votre PUB").status == Status.CLOSED


def test_who_is_let_in_to_the_bot_first_has_his_queue_when_it_hands_over(
    cast: Cast, boss: User, partners: ContactList, turns: Turns, asked: list[str]
) -> None:
    vip = Queue.objects.create(organisation=cast.organisation, name="Distributeurs")
    keep_filter(boss, cast.line_1919, in_list(partners, queue_id=vip.id, priority=3, bot_first=True))
    found = writes(cast, turns, cast.line_1919, SUBSCRIBER, "Mon solde ?")
    assert (found.status, sent(found)) == (Status.BOT, ["Réponse à : Mon solde ?"])
    cast.text_in(found, "Un conseiller")
    while handle(owner="d1", turns=turns):
        pass
    found.refresh_from_db()
    assert (found.status, found.queue_id, found.priority) == (Status.QUEUED, vip.id, 3)
    refused = writes(cast, turns, cast.line_1919, OTHER, "Mon solde ?")
    assert (refused.status, sent(refused)) == (Status.CLOSED, [SORRY])
    assert asked == ["Mon solde ?", "Un conseiller"], "the bot was asked about somebody who was refused"


def test_the_bot_only_answers_and_ends_where_it_would_hand_over(
    cast: Cast, boss: User, turns: Turns, asked: list[str]
) -> None:
    keep_filter(boss, cast.line_1919, way=WayGiven("bot", reply="Nos conseillers ne répondent pas ici."))
    found = writes(cast, turns, cast.line_1919, SUBSCRIBER, "Mon solde ?")
    assert (found.status, sent(found)) == (Status.BOT, ["Réponse à : Mon solde ?"])
    cast.text_in(found, "Un conseiller")
    while handle(owner="d1", turns=turns):
        pass
    found.refresh_from_db()
    assert (found.status, sent(found)[-1]) == (Status.CLOSED, "Nos conseillers ne répondent pas ici.")
    assert len(asked) == 2


def test_tags_and_attributes_of_a_person_let_him_in(cast: Cast, boss: User, turns: Turns) -> None:
    tag = Tag.objects.create(organisation=cast.organisation, name="VIP")
    offer = Attribute.objects.create(
        organisation=cast.organisation, key="points", name="Points", type=AttributeType.NUMBER
    )
    for number in (SUBSCRIBER, OTHER, "+2290197000003"):
        cast.person(number)
    change_person(actor=boss, number=SUBSCRIBER, tag_ids=[tag.id], values={})
    change_person(actor=boss, number=OTHER, tag_ids=None, values={"points": "1 200"})
    keep_filter(
        boss, cast.line_3334, CheckGiven("tag", WayGiven(), thing_id=tag.id),
        CheckGiven("attribute", WayGiven(), thing_id=offer.id, compare="more", value="999,5"),
    )  # fmt: skip
    states = [writes(cast, turns, cast.line_3334, one).status for one in (SUBSCRIBER, OTHER, "+2290197000003")]
    assert states == [Status.QUEUED, Status.QUEUED, Status.CLOSED]
    assert list(Passage.objects.order_by("conversation_id").values_list("place", flat=True)) == [1, 2, 0]


def test_the_hours_of_the_line_are_asked_by_one_function(
    cast: Cast, boss: User, turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_filter(boss, cast.line_3334, CheckGiven("hours", WayGiven(), value="open"))
    assert writes(cast, turns, cast.line_3334, SUBSCRIBER).status == Status.QUEUED
    monkeypatch.setattr(front_door, "open_now", lambda line, now: False)
    assert writes(cast, turns, cast.line_3334, OTHER).status == Status.CLOSED


def test_two_machines_do_not_talk_for_ever(cast: Cast, boss: User, turns: Turns) -> None:
    keep_filter(boss, cast.line_3334)
    found = [writes(cast, turns, cast.line_3334, OTHER, "Absent") for _ in range(front_door.MOST_ANSWERS + 3)]
    assert [len(sent(one)) for one in found] == [1] + [0] * (front_door.MOST_ANSWERS + 2)
    assert all(one.status == Status.CLOSED for one in found)
    assert Passage.objects.filter(silence="repeated").count() == front_door.MOST_ANSWERS - 1
    assert Passage.objects.filter(silence="too_many").count() == 3


def test_three_texts_in_a_row_get_one_refusal_and_another_check_or_the_next_day_another(
    cast: Cast, boss: User, turns: Turns
) -> None:
    check = CheckGiven("keyword", WayGiven("answer", reply="Pas de publicité ici."), words=["pub"])
    keep_filter(boss, cast.line_3334, check)
    found = [writes(cast, turns, cast.line_3334, OTHER, one) for one in ("Bonjour", "Allô ?", "Une pub", "Pub !", "?")]
    assert [sent(one) for one in found] == [[SORRY], [], ["Pas de publicité ici."], [], []]
    assert len(sent(writes(cast, turns, cast.line_3334, SUBSCRIBER))) == 1, "another person was told nothing"
    Conversation.objects.update(opened_at=F("opened_at") - front_door.WINDOW)
    assert sent(writes(cast, turns, cast.line_3334, OTHER)) == [SORRY]


def test_a_refused_text_costs_few_statements_and_a_repeated_one_fewer(
    cast: Cast, boss: User, turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A burst of refusals is ten to a transaction, and each of them costs what it costs alone."""
    keep_filter(boss, cast.line_3334)

    def cost(numbers: range) -> int:
        cast.organisation.refresh_from_db()
        for n in numbers:
            cast.text_in(cast.open_conversation(line=cast.line_3334, sender=f"+22901970001{n:02}"))
        with CaptureQueriesContext(connection) as asked:
            handle(owner="d1", turns=turns)
        return len(asked)

    cost(range(90, 91))  # what is asked once a second, however long the seconds of this machine are
    for asker in (hours, deadlines):
        monkeypatch.setattr(asker, "FRESH_S", 600.0)
    alone, ten = cost(range(1)), cost(range(10, 20))
    assert (ten - alone) / 9 <= 14, "a refusal more costs more"
    assert alone <= 31
    assert (cost(range(10, 20)) - alone) / 9 <= 8, "a refusal that is not said again costs more"


def test_nothing_is_answered_to_who_has_opted_out_or_is_no_number(cast: Cast, boss: User, turns: Turns) -> None:
    keep_filter(boss, cast.line_3334)
    Suppression.objects.create(organisation_id=cast.organisation.id, number=OTHER, source="text")
    for sender, why in ((OTHER, "opted_out"), ("SAVANE", "no_number")):
        found = writes(cast, turns, cast.line_3334, sender)
        assert (found.status, sent(found)) == (Status.CLOSED, [])
        assert Passage.objects.get(conversation_id=found.id).silence == why


def test_a_text_that_may_ask_for_no_more_texts_is_a_persons_whatever_the_filter_says(
    cast: Cast, boss: User, turns: Turns
) -> None:
    keep_filter(boss, cast.line_3334)
    conversation = cast.open_conversation(line=cast.line_3334, sender=OTHER)
    message = cast.text_in(conversation, "Je ne veux plus recevoir de SMS")
    with connection.cursor() as cursor:
        cursor.execute(
            "update conversations_message set facts = %s::jsonb where id = %s",
            [f'{{"hint": "{Keyword.OPT_OUT}"}}', message.id],
        )
    handle(owner="d1", turns=turns)
    conversation.refresh_from_db()
    assert (conversation.status, Passage.objects.count()) == (Status.QUEUED, 0)


def test_who_is_given_back_to_the_bot_by_a_person_is_not_judged_again(
    cast: Cast, boss: User, partners: ContactList, turns: Turns, asked: list[str]
) -> None:
    keep_filter(boss, cast.line_1919, in_list(partners))
    found = writes(cast, turns, cast.line_1919, SUBSCRIBER)
    assert found.status == Status.QUEUED
    change_numbers(actor=boss, list_id=partners.id, add=[], remove=[SUBSCRIBER])
    cast.available(cast.awa)
    ownership.take(user=cast.awa, conversation_id=found.id)
    ownership.give_back(user=cast.awa, conversation_id=found.id, to="bot")
    cast.text_in(found, "Encore moi")
    while handle(owner="d1", turns=turns):
        pass
    found.refresh_from_db()
    assert (found.status, Passage.objects.count()) == (Status.BOT, 1)


def test_a_filter_that_fails_lets_everybody_pass(
    cast: Cast, boss: User, turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_filter(boss, cast.line_3334)

    def broken(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(front_door, "decide", broken)
    assert writes(cast, turns, cast.line_3334, OTHER).status == Status.QUEUED


def test_an_answer_that_cannot_leave_is_written_down_and_the_conversation_closed(
    cast: Cast, boss: User, turns: Turns
) -> None:
    keep_filter(boss, cast.line_3334)
    cast.north.is_enabled = False
    cast.north.save()
    found = writes(cast, turns, cast.line_3334, OTHER)
    assert (found.status, Passage.objects.get().silence) == (Status.CLOSED, "failed")


def test_a_line_without_a_filter_asks_nothing_more(
    cast: Cast, turns: Turns, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("asked")

    monkeypatch.setattr(front_door, "judge", never)
    assert writes(cast, turns, cast.line_1919, SUBSCRIBER).status == Status.BOT
    assert writes(cast, turns, cast.line_3334, SUBSCRIBER).status == Status.QUEUED


async def test_the_intake_queues_by_itself_only_where_no_filter_stands_before(cast: Cast, dsn: str) -> None:
    from conversations.adapters import InboundText

    def text(line_id: UUID, sender: str) -> ReadyText:
        item = InboundText(
            cast.north.id, sender, sender, "3334", 1, "Bonjour", b"Bonjour", "gsm7", fingerprint=b"x" * 32
        )
        return ReadyText(line_id, sender, item)

    async with await connect(dsn, **CONNECTION_SETTINGS) as raw:
        await store(raw, [text(cast.line_3334.id, SUBSCRIBER)])
        # By the same session: the ORM would use a thread's connection, which another test may have had cut.
        await raw.execute("update conversations_line set is_filtered = true where id = %s", [cast.line_3334.id])
        await raw.commit()
        await store(raw, [text(cast.line_3334.id, OTHER)])
        found = await raw.execute(
            "select a.value, c.status from conversations_conversation c join contacts_address a on a.id = c.address_id"
        )
        states = dict(await found.fetchall())
    assert states == {SUBSCRIBER: Status.QUEUED, OTHER: Status.BOT}


def test_trying_a_number_says_what_each_check_saw_and_changes_nothing(
    cast: Cast, boss: User, partners: ContactList, turns: Turns
) -> None:
    given = FilterGiven(True, WayGiven("answer", reply=SORRY), [in_list(partners, priority=4)])
    keep_filter(boss, cast.line_3334, *given.checks)
    partner = try_number(actor=boss, line_id=cast.line_3334.id, number="97 00 00 01", text="", given=None)
    assert (partner.number, partner.is_known) == (SUBSCRIBER, False)
    assert [(one.place, one.passed, one.seen) for one in partner.decision.trace] == [(1, True, "in")]
    assert partner.decision.way.priority == 4
    draft = replace(given, checks=[CheckGiven("not_in_list", WayGiven("bot"), thing_id=partners.id)])
    with pytest.raises(Exception, match="no bot"):
        try_number(actor=boss, line_id=cast.line_3334.id, number=OTHER, text="", given=draft)
    other = try_number(actor=boss, line_id=cast.line_3334.id, number=OTHER, text="", given=None)
    assert (other.decision.check, other.decision.trace[0].seen) == (None, "out")
    assert (Conversation.objects.count(), Passage.objects.count()) == (0, 0)
    live = writes(cast, turns, cast.line_3334, SUBSCRIBER)
    assert live.priority == 4


def test_trying_a_text_that_goes_before_the_filter_says_so(cast: Cast, boss: User) -> None:
    keep_filter(boss, cast.line_3334)
    LineKeywords.objects.create(
        organisation=cast.organisation, line_id=cast.line_3334.id, language="fr", kind=Keyword.OPT_OUT, words=["BASTA"]
    )
    said = {
        text: try_number(actor=boss, line_id=cast.line_3334.id, number=OTHER, text=text, given=None).said
        for text in ("Stop", "basta", "START", "Aide", "je veux plus recevoir de sms", "Bonjour", "")
    }
    assert said == {
        "Stop": "opt_out", "basta": "opt_out", "START": "opt_in", "Aide": "help",
        "je veux plus recevoir de sms": "hint", "Bonjour": "", "": "",
    }  # fmt: skip
