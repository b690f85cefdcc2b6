"""The application can be installed, and keeps its shell, and nothing of anybody."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from config.up.trial import Running
from tests.journeys.desk import Desk

AWA = "awa@savane.example"
KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys())
    for (const { url } of await (await caches.open(name)).keys()) found.push(new URL(url).pathname);
  return found;
}"""


@pytest.mark.timeout(180)
def test_it_can_be_installed_keeps_its_shell_only_and_says_when_it_is_offline(
    visit: Callable[..., Page], palabre: Running
) -> None:
    desk = Desk(lambda address: visit(address, service_workers="allow"), palabre, AWA)
    page = desk.page
    page.goto(desk.address("/"))
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()  # its files now come by the worker
    expect(page.get_by_test_id("presence")).to_be_visible()

    href = page.locator("link[rel=manifest]").get_attribute("href")
    answer = page.request.get(desk.address(str(href)))
    manifest = json.loads(answer.text())
    assert answer.headers["content-type"].startswith("application/manifest+json")
    assert (manifest["start_url"], manifest["display"]) == ("/", "standalone")
    for icon in manifest["icons"]:
        assert page.request.get(desk.address(icon["src"])).headers["content-type"] == icon["type"]

    kept = page.evaluate(KEPT)
    assert "/static/app/offline.html" in kept and any(path.endswith(".js") for path in kept)
    assert all(path.startswith("/static/app/") for path in kept), kept

    page.context.set_offline(True)
    page.goto(desk.address("/?view=mine"), wait_until="load")
    expect(page.get_by_role("heading", level=1)).to_have_text("Palabre ne répond pas")
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.context.set_offline(False)
    expect(page.get_by_test_id("presence")).to_be_visible(timeout=30_000)  # it looks again by itself
