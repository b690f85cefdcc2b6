"""A laptop whose lid was shut for ten minutes, of real browsers on a whole product, shows what the server says."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults import absences
from tests.faults.browsers import converge, settled
from tests.faults.conftest import FULL, promised, wait_until
from tests.faults.test_browsers import CONVERGE_S, Product, busy, check, open_browsers, seats  # noqa: F401 (a fixture)


@pytest.mark.skipif(not FULL, reason="ten minutes: `make faults`")
@pytest.mark.timeout(1500)
def test_a_laptop_that_slept_for_ten_minutes_converges(palabre, line, open_browsers):  # noqa: F811 (the fixture)
    product = Product(palabre)
    line.text("+2290195500001", "bonjour", to="3334")
    line.text("+2290195500002", "bonjour", to="3334")
    line.text("+2290195500003", "bonjour", to="3334")
    wait_until(lambda: len(product.busiest(3)) == 3, "three conversations")
    browsers = open_browsers()
    for seat in seats(product.busiest(3))[:4]:
        browsers.open(seat)
    pids = [process.pid for process in browsers.processes()]
    with ThreadPoolExecutor(1) as pool:
        away = pool.submit(absences.asleep, pids, 600.0)
        for part in range(10):
            with busy(palabre, line, part, 20, rate=3):
                time.sleep(20)
            time.sleep(35)
        away.result()
    product.quiet()
    converge(browsers.screens, promised(CONVERGE_S), "asleep for ten minutes")
    check(browsers.screens)
    assert settled(lambda: all(screen.shown()["live"] for screen in browsers.screens), 5, browsers.screens[0].page)
