"""What the service submits: answers, receipts in every spelling, refusals, lost answers, long texts."""

import asyncio

import pytest

from channels_sms.text.parts import split


async def receipt(esme):
    pdu = await esme.expect("deliver_sm")
    esme.accept(pdu)
    return pdu


def field(pdu, name):
    return pdu.short_message.decode().split(f"{name}:")[1].split(" ")[0]


async def test_a_text_is_taken_over_shown_and_its_delivery_told(world):
    esme = await world.bound()
    esme.submit(b"Votre solde est de 500 F.")
    message_id = (await esme.expect("submit_sm_resp")).message_id.decode()
    [bubble] = await world.bubbles()
    assert (bubble["text"], bubble["direction"], bubble["state"]) == (
        "Votre solde est de 500 F.", "received", "received",
    )  # fmt: skip
    pdu = await receipt(esme)
    assert pdu.esm_class == 0x04 and pdu.source_addr == world.awa.encode() and pdu.destination_addr == b"1919"
    assert (field(pdu, "id"), field(pdu, "stat"), field(pdu, "err")) == (message_id, "DELIVRD", "000")
    assert (pdu.receipted_message_id.decode(), pdu.message_state) == (message_id, 2)
    esme.send("query_sm", message_id=message_id, source_addr="1919")
    answer = await esme.expect("query_sm_resp")
    assert (answer.status, answer.message_state) == (0, 2)


@pytest.mark.parametrize(
    ("style", "spell"),
    [("hex", "{:x}"), ("HEX", "{:X}"), ("decimal", "{}"), ("decimal10", "{:010d}")],
)
async def test_the_receipt_may_spell_the_id_in_its_own_way(world, style, spell):
    await world.behave(receipt_ids=style)
    esme = await world.bound()
    esme.submit()
    message_id = int((await esme.expect("submit_sm_resp")).message_id)
    assert field(await receipt(esme), "id") == spell.format(message_id)


async def test_an_operator_that_counts_in_hex_answers_in_hex(world):
    esme = await world.bound("lagune")
    esme.submit()
    message_id = (await esme.expect("submit_sm_resp")).message_id.decode()
    assert field(await receipt(esme), "id") == message_id
    assert int(message_id, 16) > 0 and message_id == message_id.lower()


async def test_the_receipt_may_come_before_the_answer_twice_and_after_other_states(world):
    await world.behave(
        receipt_when="before_response", receipt_copies=2, receipt_before=["ACCEPTD"], receipt_stat="UNDELIV",
        receipt_error="031",
    )  # fmt: skip
    esme = await world.bound()
    esme.submit()
    stats = [field(await receipt(esme), "stat")]
    await esme.expect("submit_sm_resp")
    last = None
    for _ in range(3):
        last = await receipt(esme)
        stats.append(field(last, "stat"))
    assert stats == ["ACCEPTD", "ACCEPTD", "UNDELIV", "UNDELIV"]
    assert field(last, "err") == "031" and last.message_state == 5


async def test_receipts_may_arrive_in_reverse(world):
    await world.behave(receipt_shuffle=3)
    esme = await world.bound()
    ids = []
    for _ in range(3):
        esme.submit()
        ids.append((await esme.expect("submit_sm_resp")).message_id.decode())
    assert [field(await receipt(esme), "id") for _ in ids] == ids[::-1]


async def test_the_receipt_may_be_only_tlvs_or_hide_in_the_payload(world):
    esme = await world.bound()
    await world.behave(receipt_form="tlv")
    esme.submit()
    message_id = (await esme.expect("submit_sm_resp")).message_id
    pdu = await receipt(esme)
    assert not pdu.short_message and pdu.receipted_message_id == message_id and pdu.message_state == 2
    await world.behave(receipt_form="payload")
    esme.submit()
    await esme.expect("submit_sm_resp")
    assert b"stat:DELIVRD" in (await receipt(esme)).message_payload
    await world.behave(receipt_form="openmarket")
    esme.submit()
    await esme.expect("submit_sm_resp")
    assert b"donedate:" in (await receipt(esme)).short_message


async def test_nobody_who_did_not_ask_gets_a_receipt_and_a_refused_one_comes_again(world):
    esme = await world.bound()
    esme.submit(registered_delivery=0)
    await esme.expect("submit_sm_resp")
    await esme.silence(0.2)
    esme.submit()
    await esme.expect("submit_sm_resp")
    esme.accept(await esme.expect("deliver_sm"), 0x64)
    assert field(await receipt(esme), "stat") == "DELIVRD"


async def test_throttling_hits_the_asked_fraction_and_the_asked_rate(world):
    await world.behave(throttle=1.0)
    esme = await world.bound()
    esme.submit()
    assert (await esme.expect("submit_sm_resp")).status == 0x58
    await world.behave(throttle=0, tps=5, receipts="never")
    for _ in range(15):
        esme.submit()
    statuses = [(await esme.expect("submit_sm_resp")).status for _ in range(15)]
    assert 5 <= statuses.count(0) <= 10 and statuses.count(0x58) == 15 - statuses.count(0)
    assert len(await world.bubbles()) == statuses.count(0)


async def test_a_permanent_refusal_may_hit_some_numbers_only(world):
    await world.behave(refuse=0x45, refuse_destinations=["226"], receipts="never")
    esme = await world.bound()
    esme.submit(to="22670418822")
    esme.submit()
    assert [(await esme.expect("submit_sm_resp")).status for _ in range(2)] == [0x45, 0]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"source_addr": "1234"}, 0x0A),
        ({"to": "12"}, 0x0B),
        ({"text": b"a" * 161}, 0x01),
        ({"text": b"\0A" * 71, "data_coding": 8}, 0x01),
        ({"text": b"\x05\x00\x03\x01\x02\x01" + b"a" * 154, "esm_class": 0x40}, 0x01),
        ({"text": b"\x50abc", "esm_class": 0x40}, 0x01),
    ],
)
async def test_what_no_network_could_carry_is_refused(world, fields, status):
    esme = await world.bound()
    esme.submit(**fields)
    assert (await esme.expect("submit_sm_resp")).status == status
    assert await world.bubbles() == []


async def test_the_connection_may_be_cut_before_or_after_the_answer(world):
    await world.behave(drop_before_response=1, receipts="never")
    esme = await world.bound()
    esme.submit(b"perdu")
    assert await esme.closed()
    assert [bubble["text"] for bubble in await world.bubbles()] == ["perdu"]
    await world.behave(drop_after_response=1)
    esme = await world.bound()
    esme.submit(b"su")
    assert (await esme.expect("submit_sm_resp")).status == 0
    assert await esme.closed()
    esme = await world.bound()
    esme.submit(b"calme")
    await esme.expect("submit_sm_resp")
    await esme.silence(0.1)


async def test_the_answer_may_be_late_or_never_come(world):
    await world.behave(no_response=1.0, receipts="never")
    esme = await world.bound()
    esme.submit()
    await esme.silence(0.2)
    await world.behave(no_response=0, delay_ms=300)
    start = asyncio.get_running_loop().time()
    esme.submit()
    await esme.expect("submit_sm_resp")
    assert asyncio.get_running_loop().time() - start >= 0.29
    assert len(await world.bubbles()) == 2


@pytest.mark.parametrize("text", ["Très long message, œuvre ❤️ " * 6, "plain {text} €" * 20])
async def test_a_long_text_is_joined_before_the_phone_shows_it(world, text):
    esme = await world.bound()
    parts = split(text, reference=9)
    assert len(parts) > 1
    for part in reversed(parts):
        assert await world.bubbles() == []
        esme.submit(part.udh + part.payload, esm_class=0x40, data_coding=part.data_coding, registered_delivery=0)
        assert (await esme.expect("submit_sm_resp")).status == 0
    assert [bubble["text"] for bubble in await world.bubbles()] == [text]


async def test_old_and_national_spellings_of_a_number_reach_the_same_phone(world):
    await world.behave(receipts="never")
    esme = await world.bound()
    for spelling in ("2290197204518", "22997204518", "0197204518", "+2290197204518"):
        esme.submit(to=spelling)
        assert (await esme.expect("submit_sm_resp")).status == 0
    assert len(await world.bubbles()) == 4
