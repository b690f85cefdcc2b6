"""Several binds of one account: parts by any, texts and receipts by any, one lost and the others at work."""

import asyncio
import random
from contextlib import asynccontextmanager

import pytest
from peer import (
    BIND_TRX,
    BIND_TRX_RESP,
    DELIVER_RESP,
    ENQUIRE,
    ENQUIRE_RESP,
    SUBMIT,
    SUBMIT_RESP,
    UNBIND,
    UNBIND_RESP,
    FakeIntake,
    QuickLink,
    config,
    deliver,
    operator,
    outbound,
    raw,
    receipt_text,
    running,
)

from channels_sms.smpp import codes, settings
from channels_sms.smpp.evidence import GRACE_S, Evidence, Recollection, fingerprint
from channels_sms.smpp.pdu import ShortMessage
from simulator.accounts import demo_accounts
from simulator.exchange import Exchange

ONE = b"\1" * 32


@asynccontextmanager
async def bound(count, **more):
    """(operator, visits, link, intake): a link with so many transceivers, all bound."""
    async with operator() as peer:
        intake = FakeIntake()
        link = QuickLink(config(peer.port, binds=count, **more), intake)
        async with running(link):
            visits = [await peer.visit() for _ in range(count)]
            await intake.until(lambda: states(link) == ["bound"] * count)
            try:
                yield peer, visits, link, intake
            finally:
                for visit in visits:
                    visit.cut()


def states(link):
    return [bind["state"] for bind in link.facts()["binds"]]


async def answer(visit, identifier=b"abc"):
    found = await visit.expect(SUBMIT)
    visit.send(raw(SUBMIT_RESP, found.sequence, identifier + b"\0"))
    return found


async def test_parts_are_spread_over_the_binds_and_each_has_a_window_of_its_own():
    async with bound(3, window=2) as (_, visits, link, _intake):
        assert link.ready() == 6
        tasks = [asyncio.create_task(link.submit(outbound(str(n)))) for n in range(6)]
        for visit in visits:
            for _ in range(2):
                await answer(visit)
        await asyncio.gather(*tasks)
        assert link.ready() == 6
        assert link.facts()["window"] == 6


async def test_the_rate_is_the_accounts_and_not_each_binds():
    async with bound(4, window=100, rate_per_s=20) as (_, visits, link, _intake):
        serving = [asyncio.create_task(serve(visit)) for visit in visits]
        begin = asyncio.get_running_loop().time()
        await asyncio.gather(*(link.submit(outbound(str(n))) for n in range(13)))
        took = asyncio.get_running_loop().time() - begin
        assert took >= 0.4, "13 parts, at most 4 at once: 9 more at 20 a second"
        for one in serving:
            one.cancel()


async def serve(visit):
    while True:
        await answer(visit)


async def test_a_throttled_bind_slows_the_account():
    async with bound(2) as (_, visits, link, _intake):
        sending = asyncio.create_task(link.submit(outbound()))
        found = await visits[0].expect(SUBMIT)
        visits[0].send(raw(SUBMIT_RESP, found.sequence, status=codes.QUEUE_FULL))
        with pytest.raises(Exception, match="0x00000014"):
            await sending
        assert link.ready() == 0
        assert link.facts()["slow"] == ["paused"]


async def test_a_receipt_and_a_text_may_come_by_any_bind():
    async with bound(3) as (_, visits, link, intake):
        sending = asyncio.create_task(link.submit(outbound()))
        await answer(visits[0], b"77")
        assert await sending == ("77",)
        visits[2].send(deliver(1, receipt_text("77"), esm_class=4))
        await visits[2].expect(DELIVER_RESP, status=0)
        visits[1].send(deliver(1))
        await visits[1].expect(DELIVER_RESP, status=0)
        assert intake.receipts[0].provider_ids == ("77",)
        assert len(intake.texts) == 1


async def test_a_bind_that_is_lost_connects_again_while_the_others_work():
    async with bound(3) as (peer, visits, link, intake):
        told = len(intake.states)
        visits[1].cut()
        await intake.until(lambda: states(link)[1] != "bound")
        assert link.facts()["warnings"] == [{"code": "binds_down", "down": 1, "of": 3}]
        sending = asyncio.create_task(link.submit(outbound()))
        await answer(visits[0])
        await sending
        await peer.visit()
        await intake.until(lambda: states(link) == ["bound"] * 3)
        assert {state for state, _ in intake.states[told:]} == {"bound"}, "the link was never away"
        assert link.facts()["warnings"] == []


async def test_draining_leaves_by_every_bind():
    async with bound(3) as (_, visits, link, _intake):
        draining = asyncio.create_task(link.drain())
        for visit in visits:
            unbind = await visit.expect(UNBIND)
            visit.send(raw(UNBIND_RESP, unbind.sequence))
        await asyncio.wait_for(draining, 5)
        for visit in visits:
            await visit.expect_end()


async def test_a_refused_account_is_tried_by_one_bind_only():
    """Four binds with a wrong password are four refusals at once: a locked account."""
    async with operator() as peer:
        intake = FakeIntake()
        async with running(QuickLink(config(peer.port, binds=4), intake)):
            for _ in range(2):
                visit = await peer.visit(bound=False)
                bind = await visit.expect(BIND_TRX)
                visit.send(raw(BIND_TRX_RESP, bind.sequence, status=codes.INVALID_PASSWORD))
                await visit.expect_end()
                assert peer.visits.empty()
            await peer.visit()
            for _ in range(3):
                await peer.visit()


async def test_an_operator_that_allows_fewer_binds_keeps_those_it_has_let_in():
    async with operator() as peer:
        intake = FakeIntake()
        link = QuickLink(config(peer.port, binds=3), intake)
        async with running(link):
            for _ in range(2):
                await peer.visit()
            visit = await peer.visit(bound=False)
            bind = await visit.expect(BIND_TRX)
            visit.send(raw(BIND_TRX_RESP, bind.sequence, status=codes.ALREADY_BOUND))
            await intake.until(lambda: sorted(states(link)) == ["bound", "bound", "failed"])
            assert intake.states[-1][0] == "bound"
            assert link.ready() == 20
            refused = next(bind for bind in link.facts()["binds"] if bind["state"] == "failed")
            assert "0x00000005" in refused["error"]


async def test_receivers_and_transmitters_may_be_several():
    async with operator() as peer:
        intake = FakeIntake()
        link = QuickLink(config(peer.port, bind="pair", receivers=2, transmitters=3, window=1), intake)
        async with running(link):
            kinds = {1: [], 2: []}
            for _ in range(5):
                visit = await peer.visit(bound=False)
                bind = await visit.read()
                visit.send(raw(bind.command | 0x80000000, bind.sequence, b"smsc\0"))
                kinds[bind.command].append(visit)
            await intake.until(lambda: states(link) == ["bound"] * 5)
            assert [len(kinds[1]), len(kinds[2])] == [2, 3]
            assert link.ready() == 3
            for visit in kinds[1]:
                visit.cut()
            await intake.until(lambda: intake.states[-1][0] != "bound")  # it cannot receive any more


# --- copies, when there are several ways for them to come by -----------------------------------------------------


async def test_a_text_whose_answer_was_lost_with_its_bind_is_known_again_on_another():
    async with bound(2) as (_, visits, _link, intake):
        visits[0].send(deliver(1, b"1"))
        await visits[0].expect(DELIVER_RESP, status=0)  # the operator does not get it
        visits[0].cut()
        visits[1].send(deliver(5, b"1"))
        await visits[1].expect(DELIVER_RESP, status=0)
        assert [len(intake.texts), len(intake.duplicates)] == [1, 1]


async def test_a_copy_that_comes_before_we_know_that_the_first_bind_is_lost_is_a_copy():
    """The operator knows of the end of a bind before us. The bind is asked; it never answers; the copy waits."""
    async with bound(2) as (_, visits, _link, intake):
        visits[0].send(deliver(1, b"1"))
        await visits[0].expect(DELIVER_RESP, status=0)
        visits[1].send(deliver(5, b"1"))
        await visits[0].expect(ENQUIRE)
        await visits[1].expect_silence()
        assert len(intake.texts) == 1
        visits[0].cut()
        await visits[1].expect(DELIVER_RESP, status=0)
        assert [len(intake.texts), len(intake.duplicates)] == [1, 1]


async def test_the_same_words_by_another_bind_are_another_text_once_the_first_answer_was_read():
    async with bound(2) as (_, visits, _link, intake):
        visits[0].send(deliver(1, b"1"))
        await visits[0].expect(DELIVER_RESP, status=0)
        visits[1].send(deliver(5, b"1"))
        enquiry = await visits[0].expect(ENQUIRE)
        visits[0].send(raw(ENQUIRE_RESP, enquiry.sequence))
        await visits[1].expect(DELIVER_RESP, status=0)
        assert [len(intake.texts), len(intake.duplicates)] == [2, 0]


async def test_what_waits_to_be_told_apart_is_not_overtaken_by_the_next_text_of_the_person():
    async with bound(2) as (_, visits, _link, intake):
        visits[0].send(deliver(1, b"1"))
        await visits[0].expect(DELIVER_RESP, status=0)
        visits[1].send(deliver(5, b"1") + deliver(6, b"2"))
        enquiry = await visits[0].expect(ENQUIRE)
        await visits[1].expect_silence()
        visits[0].send(raw(ENQUIRE_RESP, enquiry.sequence))
        for _ in range(2):
            await visits[1].expect(DELIVER_RESP, status=0)
        assert [text.body for text in intake.texts] == ["1", "1", "2"]


async def test_what_cannot_be_told_apart_in_time_is_kept_by_the_operator(monkeypatch):
    monkeypatch.setattr(QuickLink, "timing", QuickLink.timing._replace(prove=0.2))
    async with bound(2) as (_, visits, _link, intake):
        visits[0].send(deliver(1, b"1"))
        await visits[0].expect(DELIVER_RESP, status=0)
        visits[1].send(deliver(5, b"1"))
        await visits[1].expect(DELIVER_RESP, status=codes.TEMPORARY)
        assert len(intake.texts) == 1


def pair():
    shared = Recollection()
    return Evidence(shared), Evidence(shared)


def test_a_bind_that_returns_does_not_take_what_is_open_on_another_for_lost():
    """The database calls unconfirmed what was answered a moment ago on a bind that lives."""
    one, other = pair()
    one.session_started({}, 0)
    key = one.key(ONE, 1, 0)
    one.answered(key, 17, stored=True, now=0)
    other.session_started({ONE: [key, "foreign"]}, 1)
    assert other.key(ONE, 1, 1) == "foreign"
    new = other.key(ONE, 2, 1)
    assert new != key
    for n, each in enumerate(("foreign", new)):
        other.answered(each, n, stored=True, now=1)
    assert other.proved(17) == ["foreign", new]
    assert one.proved(17) == [key]
    other.session_ended(2)
    other.session_started({ONE: [key, new]}, 3)
    assert other.key(ONE, 1, 3) not in (key, new)


def test_what_one_bind_left_open_is_awaited_by_the_others_for_a_while_only():
    print_ = fingerprint(ShortMessage(source="229", destination="1919", body=b"1"))
    for later, taken in ((GRACE_S - 1, True), (GRACE_S + 1, False)):
        one, other = pair()
        one.session_started({}, 0)
        other.session_started({}, 0)
        key = one.key(print_, 1, 0)
        one.session_ended(10)
        assert (other.key(print_, 1, 10 + later) == key) is taken


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, [codes.BIND_TRANSCEIVER]),
        ({"binds": 3}, [codes.BIND_TRANSCEIVER] * 3),
        ({"bind": "transmitter", "binds": 2}, [codes.BIND_TRANSMITTER] * 2),
        (
            {"bind": "pair", "receivers": 1, "transmitters": 2},
            [codes.BIND_RECEIVER, codes.BIND_TRANSMITTER, codes.BIND_TRANSMITTER],
        ),
    ],
)
def test_the_settings_say_which_binds_a_link_keeps(given, expected):
    found = settings.read({"host": "h", "port": 1, "system_id": "p", **given}, "x")
    assert list(found.commands) == expected


@pytest.mark.parametrize("name", ["binds", "receivers", "transmitters"])
@pytest.mark.parametrize("count", [0, 17, "viele"])
def test_a_number_of_binds_that_no_operator_has_is_refused_in_words(name, count):
    with pytest.raises(settings.InvalidSettings, match=rf"^{name} "):
        settings.read({"host": "h", "port": 1, "system_id": "p", name: count}, "x")


# --- with the simulator ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
async def test_answers_lost_with_their_binds_make_no_duplicate_and_lose_nothing(tmp_path, seed):
    """Each lost answer takes its bind along; the operator offers the text again by whatever bind is left, at once."""
    accounts = demo_accounts("palabre")
    behaviour = {"retry_s": 0.02, "lose_answers": 8, "window": 30}
    accounts["savane"].behaviour.change(behaviour)
    exchange = Exchange(accounts, tmp_path / "ledger.jsonl", random.Random(seed))
    port = await exchange.start(0)
    intake = FakeIntake()
    link = QuickLink(config(port, system_id="savane", secret="palabre", binds=4), intake)
    try:
        async with running(link):
            await intake.until(lambda: states(link) == ["bound"] * 4)
            sent = [(f"22901972045{n % 10:02d}", str(n // 10)) for n in range(60)]
            for number, text in sent:
                exchange.text(number=number, code="1919", text=text)
            operator = exchange.operators["savane"]
            await intake.until(lambda: not operator.behaviour.lose_answers and not operator.keeper.kept)
            assert sorted((text.sender, text.body) for text in intake.texts) == sorted(sent)
            assert len(intake.duplicates) >= 8
    finally:
        await exchange.stop()


async def test_an_operator_that_takes_fewer_binds_than_are_asked_for_is_served_by_those(tmp_path):
    accounts = demo_accounts("palabre")
    accounts["savane"].behaviour.change({"most_binds": 2, "receipt_delay_ms": 0})
    exchange = Exchange(accounts, tmp_path / "ledger.jsonl", random.Random(7))
    port = await exchange.start(0)
    intake = FakeIntake()
    link = QuickLink(config(port, system_id="savane", secret="palabre", binds=3), intake)
    try:
        async with running(link):
            await intake.until(lambda: sorted(states(link)) == ["bound", "bound", "failed"])
            for n in range(6):
                await link.submit(outbound(f"n{n}", destination="+2290197204518"))
            await intake.until(lambda: len(intake.receipts) == 6)
            accounts["savane"].behaviour.change({"most_binds": 0})
            await intake.until(lambda: states(link) == ["bound"] * 3)
    finally:
        await exchange.stop()
