"""FLUSHALL under load: Redis held nothing that matters; a following screen ends up as a fresh one."""

from __future__ import annotations

import pytest
import redis

from tests.faults.conftest import seeds, wait_until
from tests.faults.screen import Screen


@pytest.mark.timeout(180)
@pytest.mark.parametrize("seed", seeds())
def test_a_following_screen_converges(palabre, line, rows, seed):
    engine = redis.Redis.from_url(palabre.environ["REDIS_URL"])
    with Screen(palabre) as screen:
        for turn in range(6):
            for subscriber in range(10):
                line.text(f"+22901960{subscriber:05d}", f"orage {seed}-{turn}-{subscriber}", to="3334")
            if turn == 3:
                engine.flushall()
        wait_until(
            lambda: rows("select count(*) from conversations_message where body like 'orage %%'") == [(60,)],
            "all texts stored",
            20,
        )
        [(head,)] = rows("select max(head) from realtime_eventhead")
        took = wait_until(lambda: screen.safe >= head, "the screen has followed to the head")
        print(f"seed {seed}: at the head {took:.2f} s after the last text was stored")
        assert screen.rows_followed() == screen.rows_fetched()
