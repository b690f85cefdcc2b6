"""Binds, refusals, broken frames and goodbyes."""

import struct


async def test_a_good_password_binds_and_a_bad_one_is_refused(world):
    good, bad, stranger = await world.esme(), await world.esme(), await world.esme()
    assert (await good.bind()).status == 0
    assert (await bad.bind(password="guess")).status == 0x0E
    assert await bad.closed()
    assert (await stranger.bind(system_id="nobody")).status == 0x0F
    assert (await world.account())["bound"]
    assert not (await world.account("lagune"))["bound"]


async def test_each_kind_of_bind_may_do_only_its_work(world):
    receiver, transmitter = await world.bound(mode="receiver"), await world.bound(mode="transmitter")
    receiver.submit()
    assert (await receiver.expect("submit_sm_resp")).status == 0x04
    transmitter.submit()
    assert (await transmitter.expect("submit_sm_resp")).status == 0
    await world.text()
    pdu = await receiver.expect("deliver_sm")
    assert pdu.short_message == b"Bonjour"
    receiver.accept(pdu)


async def test_a_second_bind_on_one_session_and_a_submit_before_any_are_refused(world):
    esme = await world.esme()
    esme.submit()
    assert (await esme.expect("submit_sm_resp")).status == 0x04
    await esme.bind()
    assert (await esme.bind()).status == 0x05


async def test_an_enquiry_is_answered_and_an_unbind_too(world):
    esme = await world.bound()
    sequence = esme.send("enquire_link")
    assert (await esme.expect("enquire_link_resp")).sequence == sequence
    esme.send("unbind")
    await esme.expect("unbind_resp")
    assert await esme.closed()
    assert not (await world.account())["bound"]


async def test_the_operator_asks_a_silent_customer_and_may_say_goodbye_first(world):
    await world.behave(enquire_s=0.3)
    esme = await world.bound()
    pdu = await esme.expect("enquire_link")
    esme.send("enquire_link_resp", sequence=pdu.sequence)
    await world.post("/control/accounts/savane/disconnect", how="unbind")
    pdu = await esme.expect("unbind")
    esme.send("unbind_resp", sequence=pdu.sequence)
    assert await esme.closed()


async def test_an_unknown_command_gets_a_generic_nack_and_the_session_goes_on(world):
    esme = await world.bound()
    esme.writer.write(struct.pack(">LLLL", 16, 0x00000777, 0, 41))
    nack = await esme.expect("generic_nack")
    assert (nack.status, nack.sequence) == (0x03, 41)
    esme.send("enquire_link")
    await esme.expect("enquire_link_resp")


async def test_a_frame_without_sense_gets_a_generic_nack_and_the_door(world):
    esme = await world.bound()
    esme.writer.write(struct.pack(">LLLL", 0x7FFFFFFF, 5, 0, 1))
    assert (await esme.expect("generic_nack")).status == 0x02
    assert await esme.closed()
    assert (await world.ledger(command="broken frame"))[0]["raw"].startswith("7fffffff")


async def test_a_submit_that_breaks_its_own_lengths_is_refused_and_kept_in_the_ledger_as_octets(world):
    esme = await world.bound()
    esme.writer.write(struct.pack(">LLLL", 20, 4, 0, 9) + b"\0\1\1X")  # an address without end
    answer = await esme.expect("submit_sm_resp")
    assert (answer.sequence, answer.status) == (9, 0x02)
    assert (await world.ledger(direction="in", command="submit_sm"))[0]["raw"].endswith("00010158")


async def test_octets_arrive_exactly_as_injected(world):
    esme = await world.bound()
    raw = struct.pack(">LLLL", 18, 0x00000005, 0, 77) + b"\xff\xfe"
    await world.post("/control/raw", account="savane", hex=raw.hex())
    assert await esme.raw() == raw
    await world.post("/control/raw", 400, account="lagune", hex="00")
    await world.post("/control/raw", 400, account="savane", hex="zz")


async def test_a_body_given_by_hand_is_offered_until_it_is_taken_or_refused_for_good(world):
    await world.behave(retry_s=0.05)
    esme = await world.bound()
    body = b"\0\1\1229\0\3\0001919\0" + b"\0\0\0\0\0\0\0\0\0\x09kurz"  # it says nine, there are four
    answers = {0: (0x64, 0), 1: (0x64, 0x58, 0x01)}
    for statuses in answers.values():
        [text_id] = (await world.post("/control/kept", account="savane", bodies=[body.hex()]))["ids"]
        for status in statuses:
            offered = await esme.raw()
            assert offered[16:] == body
            esme.send("deliver_sm_resp", sequence=int.from_bytes(offered[12:16], "big"), status=status)
        await esme.silence(0.2)
        assert len(await world.ledger(command="deliver_sm", mo=text_id)) == len(statuses)
    assert (await world.account())["kept"] == 0
    await world.post("/control/kept", 400, account="savane", bodies=["zz"])
    await world.post("/control/kept", 400, account="nobody", bodies=[])
