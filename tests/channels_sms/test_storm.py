"""Thousands of damaged PDUs: the read loop lives, each PDU is answered once, and what a person wrote is kept."""

from __future__ import annotations

import asyncio
import logging
import os
from random import Random

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.channels_sms.judge import judge, shrunk
from tests.channels_sms.strategies import Stream, stream, streams

CASES = int(os.environ.get("PDU_CASES", "20000"))
SHARDS = 4


@pytest.fixture(autouse=True)
def unlogged():
    """Each damaged PDU is one line of the log, and formatting them would take longer than all the rest."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("shard", range(SHARDS))
async def test_every_stream_is_answered_kept_and_survived(shard):
    for number in range(shard, CASES, SHARDS):
        dice = Random(number)
        trouble = dice.choice((0.0, 0.0, 0.3))
        made = stream(dice)
        wrong = await judge(made, Random(number), trouble=trouble)
        if wrong:
            least = await shrunk(made, number, trouble=trouble)
            said = "\n".join(wrong)
            pytest.fail(
                f"seed {number}, trouble {trouble}:\n{said}\n{[p.octets.hex() for p in least.pdus]} {least.cuts}"
            )


@given(made=streams, trouble=st.sampled_from((0.0, 0.3)), seed=st.integers(0, 9))
@hypothesis.settings(max_examples=200, deadline=None)
def test_no_stream_that_is_looked_for_is_worse(made: Stream, trouble: float, seed: int):
    assert asyncio.run(judge(made, Random(seed), trouble=trouble)) == []
