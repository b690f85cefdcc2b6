"""The bots as shipped, judged by texts that nobody saw who wrote their phrases or chose their threshold."""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from collections import Counter, defaultdict

import pytest
import yaml

from bots import catalogue, evaluation
from bots.embedded.engine import EmbeddedEngine

KEPT = catalogue.FOLDER.parent / "kept"
LANGUAGES = ("en", "fr")


def grams(text: str) -> Counter[str]:
    """Character trigrams, without accents, case and punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    words = re.findall(r"\w+", "".join(one for one in plain if not unicodedata.combining(one)))
    padded = f" {' '.join(words)} "
    return Counter(padded[at : at + 3] for at in range(len(padded) - 2)) or Counter([padded])


def length(found: Counter[str]) -> float:
    return math.sqrt(sum(number * number for number in found.values()))


def test_they_are_those_that_were_frozen_before_anything_was_tuned() -> None:
    for row in (KEPT / "SHA256SUMS").read_text().splitlines():
        frozen, name = row.split()
        assert hashlib.sha256((KEPT / name).read_bytes()).hexdigest() == frozen, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_none_is_nearly_a_phrase_that_the_bot_has_learnt(shipped: EmbeddedEngine, language: str) -> None:
    texts = yaml.safe_load((KEPT / f"{shipped.files.name}_{language}.yml").read_text())
    assert len(texts.get("__oos__")) >= 100
    assert sum(map(len, texts.values())) - len(texts["__oos__"]) >= 300
    having: dict[str, list[tuple[int, float]]] = defaultdict(list)
    phrases = [one for one in shipped.files.nlu.examples if one.language == language]
    for place, one in enumerate(phrases):
        found = grams(one.text)
        for gram, number in found.items():
            having[gram].append((place, number / length(found)))
    for text in (text for some in texts.values() for text in some):
        found, near = grams(text), defaultdict[int, float](float)
        for gram, number in found.items():
            for place, weight in having[gram]:
                near[place] += weight * number / length(found)
        place, share = max(near.items(), key=lambda one: one[1], default=(0, 0.0))
        assert share < 0.85, f"{text!r} is nearly {phrases[place].text!r}"


@pytest.mark.needs("RFP-129", part="a threshold, and how often the answers above it are right on texts kept apart")
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_bot_understands_and_is_right_when_it_answers(shipped: EmbeddedEngine, language: str) -> None:
    files = shipped.files
    texts = evaluation.read(KEPT / f"{shipped.files.name}_{language}.yml", language, files.domain.intents)
    found = evaluation.evaluate(shipped, texts, files.nlu.examples, language)
    shares = {name: figure["share"] for name, figure in found["understood"].items()}
    print(shipped.files.name, language, shares)
    assert shares["top1"] >= 0.90
    assert shares["precision"] >= 0.97
    assert shares["answered"] >= 0.75
    assert shares["off_topic_rejected"] >= 0.90
    for baseline in ("majority_class", "keyword_rules"):
        assert found[baseline]["top1"]["high"] < found["understood"]["top1"]["low"], baseline
