"""ELL-032: what every receipt and every state is called, and the operator's own word beside it."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from django.db import connection, transaction

from channels_sms.smpp.receipts import STATES
from channels_sms.twilio.webhooks import STATES as TWILIO_STATES
from conversations.adapters import InboundReceipt
from conversations.delivery_details import delivery_details
from conversations.intake import connect
from conversations.models import Delivery, DeliveryState, Message
from conversations.outcomes import RECEIPT_STATES, ReadyReceipt, store_results
from conversations.rendering import STATUS, render_messages, render_progress
from conversations.visibility import audience_of
from realtime.audience import AudienceKind
from realtime.models import Event
from supervision import history
from supervision.export_words import STATUSES
from supervision.filters import Asked
from supervision.history import count, find
from supervision.history_rows import HistoryRow, history_rows
from supervision.states import CLASSES, raw_of, raw_status, said_of
from tests.cast import Cast
from tests.supervision.texts import sent

# SMPP 3.4, appendix B, and the spellings that are met. Whatever is neither delivered nor still on its way is an error.
EXPECTED = {
    "DELIVRD": "delivered",
    "DELIVERED": "delivered",
    "ENROUTE": "pending",
    "ACCEPTD": "pending",
    "ACCEPTED": "pending",
    "SCHEDULED": "pending",
    "BUFFERED": "pending",
    "EXPIRED": "failed",
    "DELETED": "failed",
    "UNDELIV": "failed",
    "UNDELIVERABLE": "failed",
    "UNDELIVERED": "failed",
    "FAILED": "failed",
    "REJECTD": "failed",
    "REJECTED": "failed",
    "SKIPPED": "failed",
    "UNKNOWN": "failed",
}


@pytest.mark.needs("ELL-032")
@pytest.mark.parametrize("stat", sorted(STATES))
def test_every_receipt_of_smpp_is_one_of_delivered_pending_and_failed(stat: str) -> None:
    assert CLASSES[RECEIPT_STATES[STATES[stat]]] == EXPECTED[stat]
    assert raw_status(f"id:1 sub:001 dlvrd:000 submit date:2611211200 stat:{stat} err:0A2 text:Bonjour") == stat


@pytest.mark.needs("ELL-032")
def test_the_table_knows_every_state_there_is() -> None:
    assert set(CLASSES) == {int(state) for state in DeliveryState}
    assert set(STATUSES) == {*STATUS.values(), "received"}
    assert set(EXPECTED) == set(STATES), "a new receipt needs its class"
    assert {RECEIPT_STATES[state] for state in TWILIO_STATES.values()} <= set(CLASSES)
    # No receipt: the phone is off, or nobody has said.
    assert {CLASSES[state] for state in (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.SENT)} == {
        "pending"
    }


@pytest.mark.parametrize(
    ("receipt", "raw"),
    [
        ("id:1 STAT: UNDELIV err:1", "UNDELIV"),
        ("undelivered: Unknown destination handset", "undelivered"),
        ("DELIVRD", "DELIVRD"),
        ("", ""),
        ("id:1 stat: err:000 text:Bonjour", ""),
        ("id:1 err:000", ""),
        ("\n", ""),
        ("id:1 stat:" + "X" * 90, "X" * 40),
    ],
)
def test_the_operators_word_is_read_from_any_receipt(receipt: str, raw: str) -> None:
    assert raw_status(receipt) == raw


def test_of_several_parts_each_word_stands_once_and_a_refusal_shows_its_code() -> None:
    assert raw_of(["DELIVRD", "UNDELIV", "DELIVRD"], "001") == "DELIVRD, UNDELIV"
    assert raw_of([], "0x0000000B") == "0x0000000B"
    assert raw_of([""], "") == ""


def test_a_receipt_that_tells_its_state_in_numbers_only_has_the_name_of_that_state() -> None:
    assert said_of("", DeliveryState.EXPIRED) == "EXPIRED" == said_of("id:1 err:000", DeliveryState.EXPIRED)
    assert said_of("", DeliveryState.SENT) == ""
    assert said_of("id:1 stat:UNDELIV err:1", DeliveryState.FAILED) == "UNDELIV"


def says(cast: Cast, dsn: str, stat: str) -> None:
    """The operator's receipt of its id 77, stored as the engine stores it."""
    text = f"id:77 stat:{stat} err:000"
    state = STATES.get(stat, "unknown" if stat else "accepted")

    async def store() -> None:
        async with await connect(dsn) as connection:
            item = InboundReceipt(cast.north.id, ("77",), "", state, "000", text, text.encode())
            await store_results(connection, link_id=cast.north.id, outcomes=[], receipts=[ReadyReceipt("", item)])

    asyncio.run(store())


def failures(cast: Cast) -> list[UUID]:
    audience = audience_of(cast.sam)
    assert audience is not None
    asked = Asked(state="failed")
    found = find(audience, asked, zone="UTC", region="BJ", after=None, limit=9).ids
    assert count(audience, asked, zone="UTC", region="BJ", exact=True).total == len(found)
    return found


def shown(cast: Cast, message: Message) -> HistoryRow:
    audience = audience_of(cast.sam)
    assert audience is not None
    (row,) = history_rows(cast.organisation.id, [message.id], audience.kind)
    return row


def at_the_desk(cast: Cast, message: Message) -> str:
    """What its tick says, what is said of how it left, and what an event brings: all the same."""
    shown = render_messages(cast.organisation.id, [message.id], AudienceKind.FULL)[message.id]["delivery"]
    details = delivery_details(
        organisation_id=cast.organisation.id, conversation_id=message.conversation_id, seq=message.seq, silent=False
    )
    progress = render_progress(cast.organisation.id, [(message.conversation_id, message.id, message.seq)])
    assert shown is not None and details is not None
    assert shown["status"] == details["status"] == progress[message.id]["status"]
    return shown["status"]


def told_of(message: Message) -> list[int]:
    """The states that events have told, in their order."""
    items = Event.objects.filter(type="deliveries.progressed").order_by("seq").values_list("data", flat=True)
    return [one[4] for data in items for one in data["items"] if one[2] == str(message.id)]


@pytest.mark.needs("ELL-032", "ELL-029")
@pytest.mark.parametrize("stat", ["UNKNOWN", "NOUVEAU"])
def test_a_receipt_of_an_unknown_word_is_a_failure_until_a_final_one_comes(cast: Cast, dsn: str, stat: str) -> None:
    message = sent(cast, cast.open_conversation(), state=DeliveryState.SENT, ids=("77",))
    assert failures(cast) == []
    says(cast, dsn, stat)
    assert failures(cast) == [message.id]
    row = shown(cast, message)
    assert (row["state"], row["status"], row["raw"]) == ("failed", "unknown", stat)
    assert at_the_desk(cast, message) == "unknown"
    assert told_of(message) == [2], "whoever looks at the conversation sees it now"
    says(cast, dsn, stat)
    assert told_of(message) == [2]
    assert Delivery.objects.get(message_id=message.id).state == DeliveryState.SENT, "nothing of how it is sent changes"
    says(cast, dsn, "DELIVRD")
    row = shown(cast, message)
    assert failures(cast) == [] and (row["state"], row["raw"]) == ("delivered", "DELIVRD")
    assert at_the_desk(cast, message) == "delivered"
    assert told_of(message) == [2, 4]


@pytest.mark.needs("ELL-032", "ELL-029")
@pytest.mark.parametrize("stat", ["ENROUTE", "ACCEPTD", ""])
def test_a_receipt_that_says_on_its_way_or_nothing_is_no_failure(cast: Cast, dsn: str, stat: str) -> None:
    message = sent(cast, cast.open_conversation(), state=DeliveryState.SENT, ids=("77",))
    says(cast, dsn, stat)
    row = shown(cast, message)
    assert failures(cast) == [] and (row["state"], row["raw"]) == ("pending", stat)


@pytest.mark.usefixtures("new_tables")
def test_failures_of_both_kinds_are_found_by_their_index(cast: Cast) -> None:
    given = {"organisation": cast.organisation.id, "floor": UUID(int=0), "below": UUID(int=2**128 - 1), "reach": 10}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        cursor.execute("explain " + history._NOT_ARRIVED, given)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "_delivery_not_arrived" in plan, plan
