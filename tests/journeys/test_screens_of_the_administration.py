"""The gates of test_screens_hold.py, passed by the administration's screens."""

from __future__ import annotations

import pytest

from tests.journeys.walk import LIMIT_S, SCREENS


@pytest.mark.timeout(LIMIT_S)
@pytest.mark.needs("RFP-011", part="the desk and every screen that exists today")
@pytest.mark.needs("RFP-154", part="what axe can judge, the keyboard, 200 % zoom")
@pytest.mark.parametrize("screen", [one for one in SCREENS if one.administers], ids=lambda screen: screen.name)
def test_the_screen_is_readable_translated_reachable_and_within_the_screen(screen, faults_of):
    if found := faults_of(screen):
        pytest.fail("\n".join(found), pytrace=False)
