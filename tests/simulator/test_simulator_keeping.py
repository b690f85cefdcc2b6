"""Store and forward: a subscriber's text is the operator's until the service has acknowledged it."""

import asyncio

import pytest

from channels_sms.text import gsm


async def test_a_text_is_handed_over_and_the_phone_knows_when_it_was_acknowledged(world):
    esme = await world.bound()
    [text_id] = await world.text("bjr g pa recu mn credi")
    pdu = await esme.expect("deliver_sm")
    assert (pdu.source_addr, pdu.destination_addr, pdu.short_message) == (
        world.awa.encode(), b"1919", b"bjr g pa recu mn credi",
    )  # fmt: skip
    assert await world.state_of(text_id) == "sent"
    esme.accept(pdu)
    await world.reaches(text_id, "handed")
    account = await world.account()
    assert (account["kept"], account["handed"]) == (0, 1)
    await esme.silence(0.2)


async def test_without_a_bind_the_operator_keeps_the_text_and_hands_it_over_at_the_next_one(world):
    [text_id] = await world.text("quelqu'un ?")
    assert await world.state_of(text_id) == "kept"
    transmitter = await world.bound(mode="transmitter")
    await transmitter.silence(0.2)
    esme = await world.bound()
    esme.accept(await esme.expect("deliver_sm"))
    await world.reaches(text_id, "handed")


@pytest.mark.parametrize("status", [0x64, 0x58, 0x14])
async def test_a_temporary_error_brings_the_text_back_under_a_new_number(world, status):
    esme = await world.bound()
    [text_id] = await world.text()
    first = await esme.expect("deliver_sm")
    esme.accept(first, status)
    second = await esme.expect("deliver_sm")
    assert second.sequence != first.sequence and second.short_message == first.short_message
    assert await world.state_of(text_id) == "kept"
    esme.accept(second)
    await world.reaches(text_id, "handed")
    assert [row["attempt"] for row in await world.ledger(command="deliver_sm", mo=text_id)] == [1, 2]


async def test_a_lost_session_brings_back_what_it_had_not_acknowledged_and_nothing_else(world):
    esme = await world.bound()
    await world.behave(per_subscriber=10)
    await world.text("un {n}", count=3)
    pdus = [await esme.expect("deliver_sm") for _ in range(3)]
    esme.accept(pdus[1])
    await world.counts(kept=2)
    esme.close()
    again = await world.bound()
    for wanted in (b"un 1", b"un 3"):
        pdu = await again.expect("deliver_sm")
        assert pdu.short_message == wanted
        again.accept(pdu)
    await again.silence(0.2)


async def test_a_permanent_error_drops_the_text_and_the_phone_shows_it(world):
    esme = await world.bound()
    [text_id] = await world.text()
    esme.accept(await esme.expect("deliver_sm"), 0x65)
    await esme.silence(0.2)
    assert await world.state_of(text_id) == "refused"
    assert (await world.account())["refused"] == 1


async def test_texts_of_one_subscriber_keep_their_order_through_refusals(world):
    esme = await world.bound()
    await world.text("t{n}", count=3)
    received = []
    refused = False
    while len(received) < 3:
        pdu = await esme.expect("deliver_sm")
        if pdu.short_message == b"t2" and not refused:
            refused = True
            esme.accept(pdu, 0x64)
        else:
            received.append(pdu.short_message)
            esme.accept(pdu)
    assert received == [b"t1", b"t2", b"t3"]


async def test_no_more_texts_wait_for_an_answer_than_the_window_allows(world):
    await world.behave(window=3)
    esme = await world.bound()
    for n in range(6):
        await world.text(number=f"22901972000{n:02d}")
    pdus = [await esme.expect("deliver_sm") for _ in range(3)]
    await esme.silence(0.2)
    esme.accept(pdus[0])
    await esme.expect("deliver_sm")
    await esme.silence(0.2)


async def test_an_answer_that_never_comes_brings_the_text_back_and_a_late_one_still_counts(world):
    await world.behave(response_timeout_s=0.2, retry_s=1.0)
    esme = await world.bound()
    [text_id] = await world.text()
    first = await esme.expect("deliver_sm")
    await world.reaches(text_id, "kept")
    esme.accept(first)
    await world.reaches(text_id, "handed")
    await esme.silence(1.2)


async def test_a_lost_answer_cuts_the_session_and_the_same_octets_come_again(world):
    await world.behave(lose_answers=1)
    esme = await world.bound()
    [text_id] = await world.text()
    first = await esme.expect("deliver_sm")
    esme.accept(first)
    assert await esme.closed()
    again = await world.bound()
    second = await again.expect("deliver_sm")
    again.accept(second)
    await world.reaches(text_id, "handed")
    hashes = {row["hash"] for row in await world.ledger(command="deliver_sm", mo=text_id)}
    assert len(hashes) == 1


async def test_copies_come_under_the_same_number_or_under_new_ones(world):
    esme = await world.bound()
    await world.behave(copies_same=2)
    [text_id] = await world.text("trois fois")
    sequences = [(await esme.expect("deliver_sm")).sequence for _ in range(3)]
    assert len(set(sequences)) == 1
    for _ in range(3):
        esme.send("deliver_sm_resp", sequence=sequences[0])
    await world.reaches(text_id, "handed")
    await world.behave(copies_same=0, copies_new=2)
    [text_id] = await world.text("trois numeros")
    pdus = [await esme.expect("deliver_sm") for _ in range(3)]
    assert len({pdu.sequence for pdu in pdus}) == 3
    for pdu in pdus:
        esme.accept(pdu)
    await world.counts(unanswered=0, kept=0)
    assert (await world.account())["handed"] == 2


async def test_a_paused_operator_keeps_everything(world):
    esme = await world.bound()
    await world.behave(paused=True)
    [text_id] = await world.text()
    await esme.silence(0.2)
    assert await world.state_of(text_id) == "kept"
    await world.behave(paused=False)
    await esme.expect("deliver_sm")


@pytest.mark.parametrize(("how", "header"), [("udh8", 6), ("udh16", 7)])
async def test_a_long_text_comes_in_numbered_parts(world, how, header):
    await world.behave(long_texts=how)
    esme = await world.bound()
    text = "Bonjour, je n'ai pas reçu mon crédit. " * 8
    assert not gsm.is_gsm(text)
    await world.text(text)
    payload = b""
    for number in range(1, 6):
        pdu = await esme.expect("deliver_sm")
        esme.accept(pdu)
        udh = pdu.short_message[:header]
        assert pdu.esm_class == 0x40 and pdu.data_coding == 8 and len(pdu.short_message) <= 140
        assert udh[0] == header - 1 and tuple(udh[-2:]) == (5, number)
        payload += pdu.short_message[header:]
    assert payload.decode("utf-16-be") == text


async def test_a_long_text_may_come_by_tlvs_instead(world):
    esme = await world.bound()
    await world.behave(long_texts="sar")
    await world.text("a" * 200)
    first, second = await esme.expect("deliver_sm"), None
    esme.accept(first)
    second = await esme.expect("deliver_sm")
    esme.accept(second)
    assert (first.sar_total_segments, first.sar_segment_seqnum, second.sar_segment_seqnum) == (2, 1, 2)
    assert first.sar_msg_ref_num == second.sar_msg_ref_num and first.esm_class == 0
    await world.behave(long_texts="payload")
    await world.text("b" * 200)
    pdu = await esme.expect("deliver_sm")
    assert pdu.message_payload == b"b" * 200 and not pdu.short_message


async def test_two_sessions_of_one_account_share_the_texts(world):
    one, two = await world.bound(), await world.bound()
    await world.text(number="2290197000001")
    await world.text(number="2290197000002")
    first, second = await asyncio.gather(one.expect("deliver_sm"), two.expect("deliver_sm"))
    assert {first.source_addr, second.source_addr} == {b"2290197000001", b"2290197000002"}


async def test_kept_texts_and_threads_outlive_a_restart(world, reopen):
    await world.text("garde-moi")
    esme = await world.bound("lagune")
    esme.submit(b"Bienvenue")
    await esme.expect("submit_sm_resp")
    again = await reopen()
    assert [(b["text"], b["state"]) for b in await again.bubbles()] == [
        ("garde-moi", "kept"),
        ("Bienvenue", "received"),
    ]
    customer = await again.bound()
    assert (await customer.expect("deliver_sm")).short_message == b"garde-moi"
