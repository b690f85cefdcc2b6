"""The whole product in the memory of a small machine (bench/memory.py measures the same)."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench._memory import Peak, capped, pss_mb
from bench.memory import LIMIT, serve
from config.up import trial
from tests.faults.conftest import seeds, wait_until

IDLE_MB = 1_200
# One seed, as CI asks for: fewer texts, the same limits.
COUNT = 1_000 if len(seeds()) > 1 else 200


@pytest.mark.timeout(600)
@pytest.mark.needs("BUS-001")
def test_a_thousand_texts_are_served_in_two_gigabytes_on_two_processors():
    if not Path("/proc/self/smaps_rollup").exists():
        pytest.skip("only Linux tells how much of its memory a process shares")
    with capped(LIMIT) as cap, trial.running() as palabre:
        # READY does not wait for these two.
        late = ("worker", "beat")
        wait_until(
            lambda: all(name in palabre.processes() and palabre.facts(name) for name in late), "all are there", 20
        )
        idle = pss_mb(palabre)
        print(f"\nat rest {sum(idle.values()):.0f} MB: {idle}")
        with Peak(palabre) as peak:
            missing = serve(palabre, COUNT)
        print(f"serving {COUNT} texts, at most {peak.mb} MB: {peak.by_process}")
        print("under a cap" if cap else "not capped here: no control group can be made")
        assert missing == 0
        assert sum(idle.values()) < IDLE_MB
        assert peak.mb < LIMIT / 2**20
        if cap is not None:
            assert cap.killed() == 0
