"""Gates that each screen of the catalogue passes, but for the administration's: those are a file of their own, so that
both can be walked side by side. `tests/journeys/walk.py` says what is looked at, and how often."""

from __future__ import annotations

import re

import pytest

from tests.journeys.catalogue import Screen
from tests.journeys.walk import FRONTEND, LIMIT_S, SCREENS

# --- The list itself -----------------------------------------------------------------------------------------


def _routes() -> set[str]:
    source = (FRONTEND / "src" / "app" / "routes.tsx").read_text()
    return set(re.findall(r'<Route\s+path="([^"]+)"', source))


def _sections() -> set[str]:
    source = (FRONTEND / "src" / "features" / "admin" / "AdminPage.tsx").read_text()
    [listed] = re.findall(r"const SECTIONS = \[([^\]]+)\]", source)
    return {f"/admin/{name}" for name in re.findall(r'"(\w+)"', listed)}


def _covers(screen: Screen, route: str) -> bool:
    """Whether the screen's path is one that `route` ("/admin/:section?") stands for."""
    pattern = "".join(
        f"(?:/{'[^/]+' if part.startswith(':') else re.escape(part.strip('?'))}){'?' if part.endswith('?') else ''}"
        for part in route.strip("/").split("/")
        if part
    )
    return re.fullmatch(pattern or "", screen.path.split("?")[0].rstrip("/")) is not None


def test_every_route_and_section_of_the_application_is_in_the_catalogue():
    routes = _routes()
    assert {"/", "/sign-in", "/supervision"} <= routes, "the routes are no longer found where this test looks for them"
    walked = [screen for screen in SCREENS if not screen.phone]
    for route in (routes - {"*"}) | _sections():
        assert any(_covers(screen, route) for screen in walked), f"no screen of the catalogue shows {route}"
    if "*" in routes:
        assert any(screen.name == "not-found" for screen in walked)
    names = [screen.name for screen in SCREENS]
    assert len(names) == len(set(names))


@pytest.mark.timeout(LIMIT_S)
@pytest.mark.needs("RFP-011", part="the desk and every screen that exists today")
@pytest.mark.needs("RFP-154", part="what axe can judge, the keyboard, 200 % zoom")
@pytest.mark.parametrize("screen", [one for one in SCREENS if not one.administers], ids=lambda screen: screen.name)
def test_the_screen_is_readable_translated_reachable_and_within_the_screen(screen, faults_of):
    if found := faults_of(screen):
        pytest.fail("\n".join(found), pytrace=False)
