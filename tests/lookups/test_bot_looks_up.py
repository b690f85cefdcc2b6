"""A subscriber asks the shipped bot for his balance: it answers from the company's own database, or REST service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from bots import lookups
from bots.lookups.models import Definition
from conversations.links import adapter_class
from conversations.models import Conversation, Delivery, Status
from routing.handling import handle
from routing.turns import Turns
from tests.cast import Cast
from tests.lookups.billing import OTHER, Billing
from tests.lookups.conftest import OWN_NUMBER, defined

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("scripted_links")]

DIAL = "composez *191*1#"  # what the bot says where nothing can be looked up
ITS_BALANCE = "1250"


@pytest.fixture
def scripted_links(settings: Any) -> Iterator[None]:
    settings.LINK_ADAPTERS = {"sms.smpp": "tests.conversations.scripted.ScriptedLink"}
    adapter_class.cache_clear()
    yield
    adapter_class.cache_clear()


@pytest.fixture
def turns() -> Iterator[Turns]:
    pool = Turns(limit_s=20.0, make_look_up=lookups.make)
    yield pool
    pool.close()


@pytest.fixture
def conversation(cast: Cast) -> Conversation:
    cast.line_1919.bot = "telecom"
    cast.line_1919.save(update_fields=["bot"])
    return cast.open_conversation(line=cast.line_1919)


def say(cast: Cast, turns: Turns, conversation: Conversation, text: str) -> list[str]:
    """What the bot says to it."""
    before = len(cast.said(conversation))
    cast.text_in(conversation, text)
    handle(owner="d1", turns=turns)
    return [body for author, body in cast.said(conversation)[before + 1 :] if author == "bot"]


@pytest.mark.needs("MCE-024", part="the balance by SMS, from a second PostgreSQL")
def test_the_balance_is_told_from_another_database_and_only_ones_own(
    cast: Cast, turns: Turns, conversation: Conversation, balance: Definition
) -> None:
    [told] = say(cast, turns, conversation, "mon solde")
    assert ITS_BALANCE in told and DIAL not in told
    [again] = say(cast, turns, conversation, f"le solde du {OTHER}")
    assert "77" not in again
    assert ITS_BALANCE in again or DIAL in again


@pytest.mark.needs("MCE-024", part="the balance by SMS, from a REST service")
def test_the_balance_is_told_from_a_rest_service(
    cast: Cast, turns: Turns, conversation: Conversation, rest: Any, service: Any
) -> None:
    defined(rest, path="/accounts/{number}", parameters=[OWN_NUMBER], columns=[{"name": "balance", "path": "balance"}])
    [told] = say(cast, turns, conversation, "mon solde")
    assert re.search(r"Votre solde est de [\d., ]+ F", told)
    assert conversation.address.value.lstrip("+") in service.asked[-1][1]


def test_a_source_that_hangs_or_is_gone_costs_the_subscriber_nothing(
    cast: Cast, turns: Turns, conversation: Conversation, balance: Definition, billing: Billing
) -> None:
    with billing.stopped():
        [told] = say(cast, turns, conversation, "mon solde")
        assert DIAL in told
    conversation.refresh_from_db()
    assert conversation.status == Status.BOT


def test_what_is_sensitive_asks_for_a_code_that_leaves_before_other_answers(
    cast: Cast, turns: Turns, conversation: Conversation, balance: Definition
) -> None:
    Definition.objects.update(is_sensitive=True)
    [asked] = say(cast, turns, conversation, "mon solde")
    code = re.search(r"\b\d{6}\b", asked)
    assert code is not None and ITS_BALANCE not in asked
    assert Delivery.objects.latest("message_id").lane == 0
    wrong = "000000" if code[0] != "000000" else "111111"
    [refused] = say(cast, turns, conversation, wrong)
    assert ITS_BALANCE not in refused and code[0] not in refused
    [told] = say(cast, turns, conversation, code[0])
    assert ITS_BALANCE in told
    assert Delivery.objects.latest("message_id").lane == 1


def test_whoever_cannot_give_the_code_reaches_a_person(
    cast: Cast, turns: Turns, conversation: Conversation, balance: Definition
) -> None:
    Definition.objects.update(is_sensitive=True)
    [asked] = say(cast, turns, conversation, "mon solde")
    code = re.search(r"\b\d{6}\b", asked)
    assert code is not None
    for wrong in ("1234", "4321", "9999"):
        for body in say(cast, turns, conversation, wrong):
            assert ITS_BALANCE not in body
    conversation.refresh_from_db()
    assert conversation.status == Status.QUEUED
