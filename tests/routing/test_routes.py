"""The rules of a line route what people are to have: after the bot, past it, and on a line that has none."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from contacts.lists import change_numbers
from contacts.models import Tag
from contacts.people import change_person
from conversations.intake import CONNECTION_SETTINGS, ReadyText, connect, store
from conversations.models import Conversation, Status
from routing import ownership, routes
from routing.filter_admin import CheckGiven, FilterGiven, WayGiven, save_filter
from routing.handling import handle
from routing.models import Queue, Routed
from routing.routes import rules_of
from routing.turns import Turns
from routing.workflow_admin import ConditionGiven, try_text
from tests.cast import SUBSCRIBER, Cast
from tests.contacts.files import make_list
from tests.routing.hours import MONDAY_LATER, MONDAY_NIGHT, keeps_hours
from tests.routing.ruled import *  # noqa: F403
from tests.routing.ruled import OTHER, facts_of_handover, intent, keep_rules, says, when, word, writes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("scripted_links")]


@pytest.mark.needs("RFP-030", part="rules decide the queue")
def test_two_intents_of_one_line_wait_in_two_queues(
    cast: Cast, boss: User, bills: Queue, sales: Queue, turns: Turns
) -> None:
    keep_rules(
        boss, cast.line_1919, when(bills, intent("bill"), priority=4, name="Factures"), when(sales, intent("human"))
    )
    bill = writes(cast, turns, cast.line_1919, SUBSCRIBER, "Ma facture est fausse")
    assert (bill.status, bill.queue_id, bill.priority) == (Status.QUEUED, bills.id, 4)
    assert facts_of_handover(bill) | {"queue_id": ""} == {
        "type": "handover", "reason": "rule", "queue_id": "", "rule": "Factures", "rule_place": 1,
    }  # fmt: skip
    human = writes(cast, turns, cast.line_1919, OTHER, "Un conseiller")
    assert (human.queue_id, human.priority) == (sales.id, 1)
    assert Routed.objects.get(conversation=human).queue_id == sales.id


def test_what_was_understood_before_counts_when_a_person_is_asked_for(
    cast: Cast, boss: User, bills: Queue, sales: Queue, turns: Turns
) -> None:
    amount = ConditionGiven("entity", key="amount", compare="set")
    keep_rules(boss, cast.line_1919, when(sales, intent("other"), amount), when(bills, word("renouveler")))
    first = writes(cast, turns, cast.line_1919, SUBSCRIBER, "Un crédit de 5000", "Un conseiller")
    assert first.queue_id == sales.id
    second = writes(cast, turns, cast.line_1919, OTHER, "Je veux renouveler", "Un conseiller svp")
    assert second.queue_id == bills.id


def test_what_the_bot_asks_of_an_agent_leads_to_those_who_have_it(
    cast: Cast, boss: User, bills: Queue, sales: Queue, turns: Turns
) -> None:
    """In the words of the bot's author: a rule says what they mean here, a queue and its skills."""
    keep_rules(boss, cast.line_1919, when(bills, ConditionGiven("skill", words=("claims", "billing"))))
    assert writes(cast, turns, cast.line_1919, SUBSCRIBER, "Ma facture est fausse").queue_id == bills.id
    assert writes(cast, turns, cast.line_1919, OTHER, "Un conseiller").queue_id == cast.queue.id


def test_a_line_without_bot_is_routed_by_words_tags_lists_and_language(
    cast: Cast, boss: User, bills: Queue, sales: Queue, turns: Turns
) -> None:
    vip = Tag.objects.create(organisation=cast.organisation, name="VIP")
    partners = make_list(boss)
    change_numbers(actor=boss, list_id=partners.id, add=[OTHER], remove=[])
    cast.person(SUBSCRIBER)
    change_person(actor=boss, number=SUBSCRIBER, tag_ids=[vip.id], values={})
    keep_rules(
        boss, cast.line_3334, when(sales, word("offre"), ConditionGiven("language", value="fr")),
        when(bills, ConditionGiven("tag", thing_id=vip.id)),
        when(sales, ConditionGiven("in_list", thing_id=partners.id)),
    )  # fmt: skip
    assert writes(cast, turns, cast.line_3334, "+2290197000003", "Vos OFFRES, une offre").queue_id == sales.id
    assert writes(cast, turns, cast.line_3334, SUBSCRIBER, "Bonjour").queue_id == bills.id
    assert writes(cast, turns, cast.line_3334, OTHER, "Bonjour").queue_id == sales.id


@pytest.mark.needs("RFP-030", part="nobody waits nowhere")
def test_who_matches_no_rule_waits_in_the_lines_own_queue(cast: Cast, boss: User, bills: Queue, turns: Turns) -> None:
    keep_rules(boss, cast.line_3334, when(bills, word("facture"), priority=9))
    found = writes(cast, turns, cast.line_3334, SUBSCRIBER, "Bonjour")
    assert (found.status, found.queue_id, found.priority) == (Status.QUEUED, cast.queue.id, 0)
    assert "rule_place" not in facts_of_handover(found)
    assert not Routed.objects.exists()


def test_a_rule_whose_queue_is_off_is_skipped_and_the_thread_says_so(
    cast: Cast, boss: User, bills: Queue, sales: Queue, turns: Turns
) -> None:
    keep_rules(boss, cast.line_3334, when(bills), when(sales))
    Queue.objects.filter(id=bills.id).update(is_enabled=False)
    found = writes(cast, turns, cast.line_3334, SUBSCRIBER, "Bonjour")
    assert (found.queue_id, facts_of_handover(found)["rules_skipped"]) == (sales.id, [1])


def test_rules_that_are_off_route_nobody_and_cost_no_statement(
    cast: Cast, boss: User, bills: Queue, turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_rules(boss, cast.line_3334, when(bills), on=False)
    monkeypatch.setattr(routes, "rules_of", lambda _line: pytest.fail("the rules of a line were read that are off"))
    assert writes(cast, turns, cast.line_3334, SUBSCRIBER, "Bonjour").queue_id == cast.queue.id


def test_rules_and_their_conditions_are_read_at_one_instant(
    cast: Cast, boss: User, bills: Queue, sales: Queue, django_assert_num_queries: Any
) -> None:
    """Read one after the other, a rule that is changed between would have no conditions, and hold for everybody."""
    keep_rules(boss, cast.line_3334, when(bills, word("facture"), intent("bill")), when(sales), when(bills, word("x")))
    with django_assert_num_queries(1):
        found = rules_of(cast.line_3334.id)
    assert [(rule.queue_id, len(rule.conditions)) for rule in found] == [(bills.id, 2), (sales.id, 0), (bills.id, 1)]
    assert [one.words for one in found[0].conditions] == [("facture",), ("bill",)]


def test_rules_that_cannot_be_asked_lose_nobody(
    cast: Cast, boss: User, bills: Queue, turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_rules(boss, cast.line_3334, when(bills))
    monkeypatch.setattr(routes, "route", lambda *_: 1 / 0)
    assert writes(cast, turns, cast.line_3334, SUBSCRIBER, "Bonjour").queue_id == cast.queue.id


def test_the_queue_that_the_front_filter_names_goes_before_the_rules(
    cast: Cast, boss: User, bills: Queue, sales: Queue, turns: Turns
) -> None:
    keep_rules(boss, cast.line_3334, when(bills, priority=3))
    named = CheckGiven("keyword", WayGiven("admit", queue_id=sales.id), words=["offre"])
    save_filter(actor=boss, line_id=cast.line_3334.id, given=FilterGiven(True, WayGiven("admit"), [named]))
    cast.line_3334.refresh_from_db()
    assert writes(cast, turns, cast.line_3334, SUBSCRIBER, "une offre").queue_id == sales.id
    other = writes(cast, turns, cast.line_3334, OTHER, "Bonjour")
    assert (other.queue_id, other.priority) == (bills.id, 3), "let in to no queue in particular: the rules say which"


def test_who_is_given_back_to_the_queue_keeps_it_and_after_the_bot_is_routed_anew(
    cast: Cast, boss: User, bills: Queue, sales: Queue, turns: Turns
) -> None:
    keep_rules(boss, cast.line_1919, when(bills, intent("bill")))
    found = writes(cast, turns, cast.line_1919, SUBSCRIBER, "Ma facture")
    keep_rules(boss, cast.line_1919, when(sales, word("rappeler")))
    cast.available(cast.awa)
    ownership.take(user=cast.awa, conversation_id=found.id)
    ownership.give_back(user=cast.awa, conversation_id=found.id)
    found.refresh_from_db()
    assert (found.status, found.queue_id) == (Status.QUEUED, bills.id)
    ownership.take(user=cast.awa, conversation_id=found.id)
    ownership.give_back(user=cast.awa, conversation_id=found.id, to="bot")
    found = says(cast, turns, found, "Un conseiller, et me rappeler")
    assert (found.status, found.queue_id) == (Status.QUEUED, sales.id)


def test_outside_the_hours_rules_send_the_first_text_on_and_later_ones_keep_their_queue(
    cast: Cast, boss: User, bills: Queue, sales: Queue, turns: Turns
) -> None:
    keeps_hours(cast, cast.line_3334)
    keep_rules(boss, cast.line_3334, when(sales, word("urgent")), when(bills, ConditionGiven("hours", value="closed")))
    found = cast.open_conversation(line=cast.line_3334, at=MONDAY_NIGHT)
    for words, moment in (("Bonjour", MONDAY_NIGHT), ("C'est urgent", MONDAY_LATER)):
        cast.text_in(found, words, at=moment)
        while handle(owner="d1", turns=turns, now=moment):
            pass
        found.refresh_from_db()
        assert (found.status, found.queue_id) == (Status.QUEUED, bills.id), words
    assert cast.said(found)[-1] == ("contact", "C'est urgent"), "told once that the line is closed"


# --- Trying, and the intake ------------------------------------------------------------------------------------------


def test_trying_a_text_says_what_the_dispatcher_then_does(
    cast: Cast, boss: User, bills: Queue, sales: Queue, turns: Turns
) -> None:
    keep_rules(
        boss, cast.line_3334, when(bills, word("facture")),
        when(sales, word("offre"), ConditionGiven("hours", value="open")), when(sales, word("offre")),
    )  # fmt: skip
    for sender, text in ((SUBSCRIBER, "une offre"), (OTHER, "ma facture"), ("+2290197000003", "Bonjour")):
        tried = try_text(actor=boss, line_id=cast.line_3334.id, number=sender, text=text, given=None)
        assert len(tried.decision.trace) == 3
        assert not Conversation.objects.filter(address__value=sender).exists()
        assert writes(cast, turns, cast.line_3334, sender, text).queue_id == tried.queue_id
    assert Routed.objects.count() == 2


async def test_the_intake_queues_by_itself_only_where_no_rules_decide(cast: Cast, dsn: str) -> None:
    from conversations.adapters import InboundText

    def text(sender: str) -> ReadyText:
        item = InboundText(
            cast.north.id, sender, sender, "3334", 1, "Bonjour", b"Bonjour", "gsm7", fingerprint=b"x" * 32
        )
        return ReadyText(cast.line_3334.id, sender, item)

    async with await connect(dsn, **CONNECTION_SETTINGS) as raw:
        await store(raw, [text(SUBSCRIBER)])
        # By the same session: the ORM would use a thread's connection, which another test may have had cut.
        await raw.execute("update conversations_line set is_routed = true where id = %s", [cast.line_3334.id])
        await raw.commit()
        await store(raw, [text(OTHER)])
        found = await raw.execute(
            "select a.value, c.status from conversations_conversation c join contacts_address a on a.id = c.address_id"
        )
        states = dict(await found.fetchall())
    assert states == {SUBSCRIBER: Status.QUEUED, OTHER: Status.BOT}
