"""The learning curve of docs/bots.md: more phrases of each intent teach more, and the page says how many are needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bots import catalogue
from bots.workshop import curve

PAGE = Path(__file__).parents[3] / "docs" / "bots.md"


@pytest.mark.timeout(180)
@pytest.mark.needs("RFP-148", part="examples needed of an intent, measured by a learning curve")
def test_more_phrases_teach_more_and_the_page_has_each_size() -> None:
    kept = catalogue.models()
    found = {(size, language): figures["top1"]["share"] for size, language, figures in curve.points("telecom", (3, 20))}
    for language in ("fr", "en"):
        assert found[20, language] > found[3, language] + 0.2, found
    assert catalogue.models() == kept
    rows = PAGE.read_text().split("## How many phrases an intent needs")[1].split("##")[0]
    for size in curve.SIZES[:-1]:
        assert f"\n| {size} |" in rows
