"""What operators' codes mean, what becomes of it on the screen, and the numbers that are wrong."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async

from conversations import reasons
from conversations.adapters import InboundReceipt, SubmitRefused
from conversations.delivery_details import delivery_details
from conversations.intake import connect
from conversations.models import Delivery, DeliveryState, Link, WrongNumber
from conversations.outbox import claim
from conversations.outcomes import Outcome, ReadyReceipt, refused, store_results
from conversations.reasons import EVERYWHERE, LONGEST_WORDS, PROFILES, meaning_of
from conversations.rendering import render_progress
from tests.conversations.deeds import say, take

OWN = {"7": {"fr": "Abonné parti", "en": "Gone away", "final": True, "wrong_number": True}}


def test_what_an_administrator_wrote_goes_before_the_profile_and_that_before_what_holds_everywhere() -> None:
    assert meaning_of("7", "gsm_map", OWN).en == "Gone away"
    assert meaning_of("007", "gsm_map", OWN).en == "Gone away"
    assert meaning_of("001", "gsm_map", {}).wrong_number
    assert meaning_of("001", "", {}) is None  # numbers in receipts have no standard
    assert meaning_of("0x0000000B", "", {}).wrong_number
    assert meaning_of("0x00000058", "", {}).final is False
    assert meaning_of("0x0000000B", "", {"0x0000000B": OWN["7"]}).en == "Gone away"
    assert meaning_of("999", "gsm_map", {}) is None


def test_every_meaning_has_words_in_both_languages() -> None:
    for table in (EVERYWHERE, *PROFILES.values()):
        for code, means in table.items():
            assert 3 < len(means.fr) <= LONGEST_WORDS and 3 < len(means.en) <= LONGEST_WORDS, code
            assert means.fr != means.en


async def sent(scripted, dsn, conversation, receipt: tuple[str, str] | None = None) -> str:
    """A text that the operator took as "A1F0"; then its receipt of (state, error)."""
    message = await sync_to_async(say)(conversation)
    async with await connect(dsn) as connection:
        lease = await take(connection, scripted.link.id)
        [part] = await claim(connection, lease=lease, link_id=scripted.link.id, room=10)
        outcome = Outcome(part.attempt_id, message, DeliveryState.SENT, ("A1F0",))
        await store_results(connection, link_id=scripted.link.id, outcomes=[outcome], receipts=[])
        if receipt:
            item = InboundReceipt(scripted.link.id, ("A1F0",), "", *receipt, "id:A1F0 stat:UNDELIV err:001", b"raw")
            for _ in range(2):  # receipts come twice
                await store_results(
                    connection, link_id=scripted.link.id, outcomes=[], receipts=[ReadyReceipt("", item)]
                )
    return message


@pytest.mark.django_db(transaction=True)
@pytest.mark.needs("BUS-019")
@pytest.mark.needs("UNI-020", part="found and kept")
async def test_a_receipt_that_says_the_number_is_wrong_is_told_in_words_and_kept(scripted, conversation, dsn) -> None:
    reasons._links.clear()
    await Link.objects.filter(id=scripted.link.id).aupdate(settings={"error_profile": "gsm_map"})
    message = await sent(scripted, dsn, conversation, ("failed", "001"))
    shown = await sync_to_async(render_progress)(scripted.organisation.id, [(conversation.id, message, 2)])
    error = shown[message]["error"]
    assert (error["en"], error["wrong_number"]) == ("This number does not exist", True)
    kept = await WrongNumber.objects.aget()
    assert (kept.number, kept.code, kept.times) == ("+2290197000001", "001", 1)
    assert kept.message_id == message

    seq = (await Delivery.objects.select_related("conversation").aget(message_id=message)).conversation.last_seq
    details = await sync_to_async(delivery_details)(
        organisation_id=scripted.organisation.id, conversation_id=conversation.id, seq=seq, silent=False
    )
    assert details["link"] == "Savane Mobile" and details["path"] == "came"
    assert [one["provider_id"] for one in details["tries"]] == ["A1F0"]  # verbatim
    assert {one["error"]["fr"] for one in details["receipts"]} == {"Ce numéro n’existe pas"}
    assert details["receipts"][0]["text"] == "id:A1F0 stat:UNDELIV err:001"
    hidden = await sync_to_async(delivery_details)(
        organisation_id=scripted.organisation.id, conversation_id=conversation.id, seq=seq, silent=True
    )
    assert hidden["receipts"][0]["text"] == ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("receipt", [("failed", "034"), ("expired", "001"), ("failed", "999"), ("delivered", "000")])
async def test_other_failures_make_no_number_wrong(scripted, conversation, dsn, receipt) -> None:
    await Link.objects.filter(id=scripted.link.id).aupdate(settings={"error_profile": "gsm_map"})
    await sent(scripted, dsn, conversation, receipt)
    assert await WrongNumber.objects.acount() == 0


@pytest.mark.django_db(transaction=True)
async def test_a_number_that_is_refused_at_the_submit_is_counted_each_time(scripted, conversation, dsn) -> None:
    for times in (1, 2):
        message = await sync_to_async(say)(conversation)
        async with await connect(dsn) as connection:
            lease = await take(connection, scripted.link.id)
            [part] = await claim(connection, lease=lease, link_id=scripted.link.id, room=10)
            no = SubmitRefused(0x0B, "Invalid Dest Addr", permanent=True)
            told = refused(part.attempt_id, message, no, retry_after_s=1)
            await store_results(connection, link_id=scripted.link.id, outcomes=[told], receipts=[])
        kept = await WrongNumber.objects.aget()
        assert (kept.times, kept.message_id) == (times, message)
