"""ELL-032: what every receipt and every state is called, and the operator's own word beside it."""

from __future__ import annotations

import pytest

from channels_sms.smpp.receipts import STATES
from channels_sms.twilio.webhooks import STATES as TWILIO_STATES
from conversations.models import DeliveryState
from conversations.outcomes import RECEIPT_STATES
from conversations.rendering import STATUS
from supervision.export_words import STATUSES
from supervision.states import CLASSES, raw_of, raw_status

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
        ("\n", ""),
        ("id:1 stat:" + "X" * 90, "X" * 40),
    ],
)
def test_the_operators_word_is_read_from_any_receipt(receipt: str, raw: str) -> None:
    assert raw_status(receipt) == raw


def test_of_several_parts_each_word_stands_once_and_a_refusal_shows_its_code() -> None:
    assert raw_of(["stat:DELIVRD", "stat:UNDELIV", "stat:DELIVRD"], "001") == "DELIVRD, UNDELIV"
    assert raw_of([], "0x0000000B") == "0x0000000B"
    assert raw_of([""], "") == ""
