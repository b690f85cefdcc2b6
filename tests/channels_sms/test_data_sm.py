"""Operators that speak data_sm: what comes by it, and what leaves by it where a link is set to."""

import asyncio

import pytest
from peer import Shim, bound_link, outbound, pdu, raw, tlv
from smpplib import smpp
from test_with_the_simulator import AWA, TEXTS, at_work, words

from channels_sms.smpp import codes, settings
from channels_sms.smpp.link import SmppLink
from conversations.adapters import SubmitRefused

DATA, DATA_RESP = 0x00000103, 0x80000103
BY_DATA = {"submit_by": "data_sm"}


async def test_the_octets_are_those_that_the_library_writes():
    async with bound_link(**BY_DATA, service_type="CMT", tlvs={"0x0017": "00000e10"}) as (_, visit, link, _intake):
        sending = asyncio.create_task(link.submit(outbound("5 €")))
        found = await visit.expect(DATA)
        visit.send(raw(DATA_RESP, found.sequence, b"id-1\0"))
        assert await sending == ("id-1",)
        plain = {
            "service_type": "CMT", "source_addr": "1919", "source_addr_ton": 3, "source_addr_npi": 0,
            "destination_addr": "22997000001", "dest_addr_ton": 1, "dest_addr_npi": 1, "registered_delivery": 1,
            "esm_class": 0, "data_coding": 0,
        }  # fmt: skip
        expected = pdu("data_sm", found.sequence, **plain)
        optional = tlv(0x0424, b"5 \x1b\x65") + tlv(0x0017, (3600).to_bytes(4, "big"))
        assert found.body == expected[16:] + optional
        assert smpp.parse_pdu(raw(DATA, 1, found.body), client=Shim()).message_payload == b"5 \x1b\x65"


async def test_what_its_answer_says_is_heard_as_that_of_a_submit():
    async with bound_link(**BY_DATA) as (_, visit, link, intake):
        sending = asyncio.create_task(link.submit(outbound()))
        found = await visit.expect(DATA)
        visit.send(raw(0x80000004, found.sequence, b"stray\0"))  # the answer to another kind of request
        visit.send(raw(DATA_RESP, found.sequence, b"", codes.THROTTLED))
        with pytest.raises(SubmitRefused) as refused:
            await sending
        assert refused.value.throttled
        assert intake.late_answers == []


@pytest.mark.parametrize("long_text", ["udh", "sar", "payload"])
@pytest.mark.parametrize("text", TEXTS)
async def test_texts_leave_by_it_whole_and_their_receipts_come_by_it(tmp_path, long_text, text):
    behaviour = {"deliver_by": "data_sm"}
    links = {**BY_DATA, "long_text": long_text}
    async with at_work(tmp_path, behaviour=behaviour, **links) as (exchange, operator, link, intake):
        planned = SmppLink.plan(text, links)
        count = planned.submits or planned.parts
        filed = [
            await link.submit(
                outbound(text, part=n, parts=count, destination="+" + AWA, weight=planned.parts // count)
            )
            for n in range(1, count + 1)
        ]  # fmt: skip
        assert [bubble["text"] for bubble in exchange.phones.thread(AWA, "1919")] == [text]
        await intake.until(lambda: len(intake.receipts) == count)
        assert all(any(set(ids) & set(one.provider_ids) for one in intake.receipts) for ids in filed)
        commands = {row["command"] for row in operator._ledger.since(0, 1000)}
        assert {"data_sm", "data_sm_resp"} <= commands
        assert not commands & {"submit_sm", "deliver_sm"}


@pytest.mark.parametrize("long_texts", ["udh8", "udh16", "sar", "payload"])
async def test_texts_come_by_it_whole_and_a_lost_answer_makes_no_second(tmp_path, long_texts):
    behaviour = {"deliver_by": "data_sm", "long_texts": long_texts, "lose_answers": 2}
    async with at_work(tmp_path, behaviour=behaviour) as (exchange, operator, _link, intake):
        for text in TEXTS:
            exchange.text(number=AWA, code="1919", text=text)
        await intake.until(lambda: sorted(words(intake)) == sorted(TEXTS) and not operator.behaviour.lose_answers)
        assert intake.unreadables == []


@pytest.mark.parametrize("field", [{"validity_period": "000000010000000R"}, {"priority": 2}])
def test_what_no_data_sm_can_say_is_refused_in_words(field):
    link = {"host": "smsc", "port": 2775, "system_id": "a"}
    settings.read({**link, **field}, "b")
    with pytest.raises(settings.InvalidSettings, match=f"{next(iter(field))} cannot be sent"):
        settings.read({**link, **BY_DATA, **field}, "b")
    with pytest.raises(settings.InvalidSettings, match="submit_by"):
        settings.read({**link, "submit_by": "deliver_sm"}, "b")
