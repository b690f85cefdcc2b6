"""What a link is told to do: a pair of binds, settings that are wrong, a password that nobody sees."""

import asyncio

import pytest
from peer import (
    DELIVER_RESP,
    FakeIntake,
    QuickLink,
    bound_link,
    config,
    deliver,
    operator,
    outbound,
    raw,
    running,
    submitted,
)

from channels_sms.smpp import settings
from conversations.adapters import NotBound


async def test_operators_without_a_transceiver_get_a_pair_of_binds():
    async with operator() as peer:
        intake = FakeIntake()
        link = QuickLink(config(peer.port, bind="pair"), intake)
        async with running(link):
            visits = {}
            for _ in range(2):
                visit = await peer.visit(bound=False)
                bind = await visit.read()
                visits[bind.command] = visit
                assert ("bound" in [state for state, _ in intake.states]) is False
                visit.send(raw(bind.command | 0x80000000, bind.sequence, b"smsc\0"))
            receiver, transmitter = visits[1], visits[2]
            await intake.until(lambda: intake.states[-1][0] == "bound")
            await submitted(transmitter, link, outbound())
            receiver.send(deliver(1))
            await receiver.expect(DELIVER_RESP, status=0)
            transmitter.cut()
            await intake.until(lambda: intake.states[-1][0] != "bound")


async def test_a_receiver_cannot_send():
    async with operator() as peer:
        intake = FakeIntake()
        link = QuickLink(config(peer.port, bind="receiver"), intake)
        async with running(link):
            visit = await peer.visit(bound=False)
            await visit.accept_bind(1)
            await intake.until(lambda: intake.states[-1][0] == "bound")
            assert link.ready() == 0
            with pytest.raises(NotBound):
                await link.submit(outbound())


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"secret": "123456789"}, "password: 9 characters, at most 8"),
        ({"system_id": "x" * 16}, "system_id: 16 characters, at most 15"),
        ({"window": 0}, "window is 0, it must be from 1 to 10000"),
        ({"port": "abc"}, "port must be a number"),
        ({"bind": "both"}, "bind is 'both'"),
        ({"tls": "yes"}, "tls must be true or false"),
        ({"tlvs": {"0x1401": "zz"}}, "tlvs must look like"),
        ({"validity_period": "x" * 17}, "validity_period: 17 characters"),
        ({"message_ids": "guess"}, "message_ids is 'guess'"),
    ],
)
async def test_wrong_settings_are_told_in_words_and_nothing_is_tried(wrong, reason):
    async with operator() as peer:
        intake = FakeIntake()
        link = QuickLink(config(**{"port": peer.port, **wrong}), intake)
        run = asyncio.create_task(link.run())
        await intake.until(lambda: intake.states)
        state, facts = intake.states[0]
        assert state == "failed"
        assert reason in facts["error"]
        with pytest.raises(NotBound):
            await link.submit(outbound())
        assert link.ready() == 0
        await link.drain()
        await asyncio.wait_for(run, 5)
        assert peer.visits.empty()


def test_a_missing_host_is_named():
    with pytest.raises(settings.InvalidSettings, match="host is missing"):
        settings.read({"port": 2775, "system_id": "a"}, "b")


async def test_a_long_password_that_the_operator_issued_goes_whole():
    async with operator() as peer:
        link = QuickLink(config(peer.port, secret="douze-lettres", long_password=True), FakeIntake())
        async with running(link):
            visit = await peer.visit(bound=False)
            assert b"\0douze-lettres\0" in (await visit.accept_bind()).body


async def test_the_password_is_in_no_state_and_no_error():
    async with bound_link(secret="s3cr3t!") as (_, _visit, _link, intake):
        assert "s3cr3t!" not in repr(intake.states)
