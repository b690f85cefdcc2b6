"""Who oversees sees a text pass, finds it in the history and takes it along as a file."""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from config.up.trial import Running
from tests.journeys.desk import Desk, says
from tests.journeys.watching import WAIT_MS
from tests.promised import promised

expect.set_options(timeout=WAIT_MS)

SAM = "sam@savane.example"
NUMBER = "+2290197445566"


def _figure(text: str | None) -> int:
    return int(re.sub(r"\D", "", text or "") or 0)


@pytest.mark.timeout(120)
@pytest.mark.needs("BUS-026")
def test_a_text_shows_in_the_traffic_within_two_seconds_and_stands_in_the_history_and_its_file(
    visit: Callable[..., Page], palabre: Running
) -> None:
    page = Desk(visit, palabre, SAM).page
    page.goto(palabre.desk.rstrip("/") + "/supervision/traffic")
    received = page.get_by_test_id("traffic-received").locator("p")
    received.wait_for()
    before, words = _figure(received.text_content()), f"=1+1 historique {time.time_ns()}"
    began = time.monotonic()
    says(palabre, NUMBER, words, code="1919")
    page.wait_for_function(
        """before => Number(document.querySelector('[data-testid=traffic-received] p').textContent.replace(/\\D/g, ''))
                     > before""",
        arg=before,
    )
    took = time.monotonic() - began
    print(f"in the traffic after {took:.2f} s")
    assert took < promised(2.0)

    page.get_by_role("link", name=re.compile("Historique|History")).click()
    page.get_by_test_id("history-number").fill("97 44 55 66")
    page.get_by_test_id("history-number").press("Enter")
    row = page.get_by_test_id("history-row").filter(has_text=words)
    expect(row).to_have_attribute("data-state", "received")
    expect(page).to_have_url(re.compile("number="))
    page.get_by_test_id("export").click()
    page.get_by_test_id("export-csv").click()
    link = page.locator("[data-testid=export-file][data-state=done] a").first
    link.wait_for()
    with page.expect_download() as fetched:
        link.click()
    with Path(fetched.value.path()).open(encoding="utf-8-sig", newline="") as file:
        texts = [line[9] for line in csv.reader(file, delimiter=";")]
    assert f"'{words}" in texts and "Message" in texts
    page.keyboard.press("Escape")
    row.get_by_role("link").click()
    expect(page.get_by_test_id("thread")).to_contain_text(words)
