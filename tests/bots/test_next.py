"""The bots in preparation can be read, and the texts that will judge them are those that were frozen."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import yaml

from bots.embedded import bot_files

KEPT = Path(__file__).parent / "kept"
NEXT = Path(__file__).parents[2] / "bots" / "next"


def test_they_are_those_that_were_frozen_before_anything_was_tuned() -> None:
    for row in (KEPT / "SHA256SUMS").read_text().splitlines():
        frozen, name = row.split()
        assert hashlib.sha256((KEPT / name).read_bytes()).hexdigest() == frozen, name


@pytest.mark.parametrize("bot", ["insurance", "telecom"])
def test_each_can_be_read_and_knows_every_intent_that_it_is_judged_by(bot: str) -> None:
    files = bot_files.read(NEXT / bot)
    assert len(files.domain.intents) == 34
    for language in ("en", "fr"):
        by_intent = yaml.safe_load((KEPT / f"{bot}_{language}.yml").read_text())
        assert set(by_intent) - {"__oos__"} == set(files.domain.intents) - {"out_of_scope"}
        assert sum(map(len, by_intent.values())) >= 400 and len(by_intent["__oos__"]) >= 100
        for intent in files.domain.intents:
            assert sum(one.intent == intent and one.language == language for one in files.nlu.examples) >= 40, intent
