"""Decisions that fail at once, again and again: tried again in a moment, and not as fast as the machine can."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from django.db import OperationalError

from routing import dispatcher
from routing.dispatcher import Dispatcher


async def test_decisions_that_fail_at_once_are_tried_again_in_a_moment(monkeypatch):
    """A full disk, say: claims are small and still stored, what comes of them is not."""
    tried = []

    def decide(claim, rest, turns):
        tried.append(claim)
        raise OperationalError("no space left on device")

    monkeypatch.setattr(dispatcher, "_claim_and_settle", lambda claim, bots: (1, [uuid4()]) if bots else (0, []))
    monkeypatch.setattr(dispatcher, "decide", decide)
    monkeypatch.setattr(dispatcher, "return_claims_of", lambda owner: 0)
    monkeypatch.setattr(dispatcher, "return_claims", lambda claims: None)
    one = Dispatcher(dsn="", owner="d1")
    one._bots_warm = True
    texts = asyncio.create_task(one._forever("texts", one._handle_texts))
    await asyncio.sleep(2)
    one.stop()
    await asyncio.wait([texts, *one._decisions], timeout=5)
    assert 2 <= len(tried) <= dispatcher.DECISIONS * (2 / dispatcher.FAILED_S + 1), len(tried)


async def test_texts_to_closed_lines_do_not_take_more_threads_than_decisions_may(monkeypatch):
    """Without bots there is something to decide, too: who writes to a closed line is told so."""
    running, most = 0, 0

    async def decide(self, claim, rest):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.05)
        running -= 1

    monkeypatch.setattr(dispatcher, "_claim_and_settle", lambda claim, bots: (100, [uuid4()]))
    monkeypatch.setattr(Dispatcher, "_decide", decide)
    monkeypatch.setattr(dispatcher, "return_claims_of", lambda owner: 0)
    one = Dispatcher(dsn="", owner="d1")
    one._bots_warm = True
    texts = asyncio.create_task(one._forever("texts", one._handle_texts))
    await asyncio.sleep(1)
    one.stop()
    await asyncio.wait([texts, *one._decisions], timeout=5)
    assert most == dispatcher.DECISIONS + 1


async def test_what_was_claimed_by_a_round_that_failed_is_given_back_by_the_next_one(monkeypatch):
    """The claim is committed, then the database goes away: nobody may wait until it expires, in half a minute."""
    claims, returned = [], []

    def claim_and_settle(claim, bots):
        claims.append(claim)
        if len(claims) == 1:
            raise OperationalError("the connection is lost")
        return 0, []

    monkeypatch.setattr(dispatcher, "_claim_and_settle", claim_and_settle)
    monkeypatch.setattr(dispatcher, "return_claims_of", lambda owner: 0)
    monkeypatch.setattr(dispatcher, "return_claims", returned.extend)
    one = Dispatcher(dsn="", owner="d1")
    texts = asyncio.create_task(one._forever("texts", one._handle_texts))
    async with asyncio.timeout(5):
        while len(claims) < 2:
            await asyncio.sleep(0.01)
    one.stop()
    await asyncio.wait([texts], timeout=5)
    assert returned == claims[:1]
