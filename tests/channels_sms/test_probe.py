"""Trying a link says at which step it fails and why, and disturbs no link at work."""

from __future__ import annotations

import asyncio

import pytest
from peer import (
    BIND_TRX,
    DELIVER_RESP,
    ENQUIRE,
    UNBIND,
    UNBIND_RESP,
    FakeIntake,
    QuickLink,
    config,
    deliver,
    operator,
    raw,
    running,
)
from test_tls import certificate  # noqa: F401

from channels_sms.smpp import probe
from channels_sms.smpp.link import SmppLink
from config.up.ports import Held


async def tried(port, running_link=None, **settings):
    return [(s["step"], s["result"], s["code"]) async for s in SmppLink.probe(config(port, **settings), running_link)]


def failing(steps):
    """The step that failed, which must be the last."""
    assert [result for _, result, _ in steps[:-1]] == ["ok"] * (len(steps) - 1), steps
    return steps[-1]


async def answer_bind(peer, status=0, after=None):
    visit = await peer.visit(bound=False)
    bind = await visit.expect(BIND_TRX)
    visit.send(raw(BIND_TRX | 0x80000000, bind.sequence, b"smsc\0" if not status else b"", status))
    if after:
        await after(visit)
    return visit


async def test_a_link_that_works_is_bound_asked_and_left():
    async with operator() as peer:

        async def lively(visit):
            visit.send(deliver(77))  # a text for whoever is bound: this connection takes none
            assert (await visit.expect(DELIVER_RESP)).status == 0x64
            ask = await visit.expect(ENQUIRE)
            visit.send(raw(ENQUIRE | 0x80000000, ask.sequence))
            bye = await visit.expect(UNBIND)
            visit.send(raw(UNBIND_RESP, bye.sequence))

        steps, _ = await asyncio.gather(tried(peer.port), answer_bind(peer, after=lively))
    assert steps == [
        ("name", "ok", "address"), ("tcp", "ok", "tcp"), ("bind", "ok", "bound"), ("enquire", "ok", "alive"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "code"),
    [(0x0E, "password"), (0x0F, "system_id"), (0x0D, "account"), (0x05, "already_bound"), (0x58, "busy"),
     (0x03, "kind"), (0x53, "bind_refused"), (0x455, "bind_refused")],
)  # fmt: skip
async def test_each_refusal_of_a_bind_has_its_own_words(status, code):
    async with operator() as peer:
        steps, visit = await asyncio.gather(tried(peer.port), answer_bind(peer, status))
        assert failing(steps) == ("bind", "failed", code)
        await visit.expect_end()  # nothing stays connected


async def test_a_name_that_is_not_known_and_a_port_where_nobody_listens():
    assert failing(await tried(2775, host="operator.invalid")) == ("name", "failed", "no_name")
    kept = Held()
    try:
        assert failing(await tried(kept.port)) == ("tcp", "failed", "refused")
    finally:
        kept.close()


async def test_silences_end_and_are_told(monkeypatch):
    monkeypatch.setattr(probe, "ANSWER_S", 0.3)
    monkeypatch.setattr(probe, "CONNECT_S", 0.3)
    async with operator() as peer:
        assert failing(await tried(peer.port)) == ("bind", "failed", "bind_silent")
        assert failing(await tried(peer.port, tls=True)) == ("tls", "failed", "tls_silent")
    async with operator() as peer:
        steps, _ = await asyncio.gather(tried(peer.port), answer_bind(peer))
        assert failing(steps) == ("enquire", "failed", "enquire_silent")


async def test_an_operator_that_hangs_up_at_the_bind_may_want_tls():
    async def hang_up(peer):
        (await peer.visit(bound=False)).cut()

    async with operator() as peer:
        steps, _ = await asyncio.gather(tried(peer.port), hang_up(peer))
        assert failing(steps) == ("bind", "failed", "bind_cut_plain")


async def test_what_is_wrong_with_a_certificate(certificate):  # noqa: F811
    context, pem = certificate
    async with operator(tls=context) as peer:
        assert failing(await tried(peer.port, tls=True)) == ("tls", "failed", "untrusted")
        assert failing(await tried(peer.port, tls=True, tls_ca="no authority")) == ("tls", "failed", "authority")
        assert failing(await tried(peer.port, tls=True, tls_ca=pem, host="localhost")) == (
            "tls",
            "failed",
            "other_name",
        )
        steps, _ = await asyncio.gather(tried(peer.port, tls=True, tls_ca=pem), answer_bind(peer, 0x0E))
        assert [step[:2] for step in steps] == [("name", "ok"), ("tcp", "ok"), ("tls", "ok"), ("bind", "failed")]
    async with operator() as peer:  # no TLS there

        async def no_tls():
            (await peer.visit(bound=False)).send(b"\0\0\0\x10\x80\0\0\0\0\0\0\3\0\0\0\1")

        steps, _ = await asyncio.gather(tried(peer.port, tls=True), no_tls())
        assert failing(steps) == ("tls", "failed", "no_tls_there")


async def test_a_link_at_work_is_not_bound_a_second_time():
    async with operator() as peer:
        link = QuickLink(config(peer.port), FakeIntake())
        async with running(link):
            visit = await peer.visit()

            async def alive():
                ask = await visit.expect(ENQUIRE)
                visit.send(raw(ENQUIRE | 0x80000000, ask.sequence))
                other = await peer.visit(bound=False)
                await other.expect_end()  # not one octet

            steps, _ = await asyncio.gather(tried(peer.port, link), alive())
            assert [step[2] for step in steps] == ["address", "tcp", "connected", "alive"]
            visit.cut()
