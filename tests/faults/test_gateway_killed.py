"""kill -9 of the gateway with texts in flight: every acknowledged text is there and on screen, none twice."""

from __future__ import annotations

import random

import pytest

from tests.faults.conftest import seeds, wait_until
from tests.faults.screen import Screen

TEXTS = 200


@pytest.mark.timeout(180)
@pytest.mark.parametrize("seed", seeds())
@pytest.mark.needs("MCE-029", part="one kill of one process; the storm is a fault test of its own")
def test_every_acknowledged_text_is_stored_once_and_on_screen(palabre, line, rows, seed):
    chance = random.Random(seed)
    print(f"seed {seed}")
    line.behave("savane", window=50, per_subscriber=5)
    line.behave("lagune", window=50, per_subscriber=5)
    for subscriber in range(TEXTS // 5):
        account = "savane" if subscriber % 2 else "lagune"
        sender = f"+22901970{subscriber:05d}"
        line.text(sender, f"panne {seed}-{subscriber}-{{n}}", to="3334", count=5, account=account)
        if subscriber == TEXTS // 5 // 2 + chance.randrange(8):
            palabre.kill("gateway")
    expected = {f"panne {seed}-{subscriber}-{n}" for subscriber in range(TEXTS // 5) for n in range(1, 6)}

    took = wait_until(lambda: set(line.acknowledged()) >= expected, "every text acknowledged", 20)
    print(f"acknowledged after {took:.1f} s")
    stored = [body for (body,) in rows("select body from conversations_message where body like 'panne %%'")]
    assert set(line.acknowledged()) - set(stored) == set(), "acknowledged and lost"
    assert sorted(stored) == sorted(expected), "stored twice, or never"

    with Screen(palabre) as screen:
        shown = [message["body"] for message in screen.messages("panne ")]
    assert sorted(shown) == sorted(expected)

    assert (
        rows("""select conversation_id from conversations_message group by 1
                   having max(seq) - min(seq) + 1 <> count(*)""")
        == []
    )
    assert (
        rows("""select organisation_id from realtime_event group by 1
                   having max(seq) - min(seq) + 1 <> count(*)""")
        == []
    )
