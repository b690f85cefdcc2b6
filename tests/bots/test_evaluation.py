"""`palabre bots evaluate`: figures that can be checked by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from bots import baselines, evaluation, figures
from bots.embedded.nlu import Example
from bots.figures import Judged
from bots.turn import Reading
from config import cli
from tests.bots.test_understanding import HOLDOUT


def judged(meant: str | None, intent: str | None, best: str = "", confidence: float = 0.9) -> Judged:
    return Judged(meant, Reading(intent, confidence, best or intent or ""))


ROWS = [
    judged("balance", "balance"),
    judged("balance", "bundle"),
    judged("balance", None, "balance", 0.3),
    judged("bundle", "out_of_scope"),
    judged(None, "out_of_scope"),
    judged(None, None, "bundle", 0.2),
    judged(None, "bundle"),
]


def test_figures_count_what_their_names_say():
    found = {name: (share["count"], share["of"]) for name, share in figures.figures(ROWS).items()}
    assert found == {
        "top1": (2, 4),
        "answered": (2, 4),
        "precision": (1, 3),  # the answer to an off-topic text counts, the refusals do not
        "off_topic_rejected": (2, 3),
    }


def test_confusion_says_what_each_intent_was_taken_for():
    found = figures.confusion(ROWS)
    assert found["balance"] == {"texts": 3, "right": 1, "unanswered": 1, "taken_for": {"bundle": 1}}
    assert found["__oos__"] == {"texts": 3, "right": 0, "unanswered": 2, "taken_for": {"bundle": 1}}


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"), [(0, 60, 0.0, 0.0602), (60, 60, 0.9398, 1.0), (81, 263, 0.2553, 0.3662)]
)
def test_intervals_are_wilsons(part: int, whole: int, low: float, high: float):
    assert figures.wilson(part, whole) == pytest.approx((low, high), abs=5e-5)


def test_nothing_to_count_is_no_share():
    assert figures.share(0, 0) is None


def test_the_threshold_is_the_lowest_that_keeps_the_precision():
    rows = [judged("a", "a", confidence=number / 100) for number in range(50, 100)]
    assert figures.threshold_for(0.97, rows) == 0.5
    wrong = [*rows, judged("b", "a", confidence=0.6), judged(None, "a", confidence=0.59)]
    assert figures.threshold_for(0.97, wrong) == 0.6, "one wrong among 41, not two among 42"
    assert figures.threshold_for(0.97, [judged("b", "a")]) is None


def examples(**phrases: Sequence[str]) -> list[Example]:
    return [Example(text, intent, "fr") for intent, texts in phrases.items() for text in texts]


def test_the_majority_class_answers_everything_with_the_most_frequent_intent():
    majority = baselines.Majority(examples(balance=["a", "b"], bundle=["c"], out_of_scope=["d", "e", "f"]), "fr")
    assert majority.read("whatever").intent == "balance"


def test_keyword_rules_know_the_words_that_stand_mostly_in_one_intent():
    rules = baselines.Keywords(
        examples(balance=["mon solde", "le solde", "solde svp"], bundle=["mon forfait", "le forfait", "forfait svp"]),
        "fr",
    )
    assert rules.read("SOLDE !").intent == "balance"
    assert rules.read("quel forfait").intent == "bundle"
    assert rules.read("mon").intent is None, "it stands in both"
    assert rules.read("bonjour").best == ""


def test_the_command_measures_beside_the_baselines(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["bots", "evaluate", "--engine", "embedded", "--bot", "telecom", "--lang", "fr", str(HOLDOUT)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["bot"], found["language"], found["on_topic"], found["off_topic"]) == ("telecom", "fr", 95, 20)
    assert found["threshold"] == 0.85
    understood = found["understood"]
    for name in ("top1", "answered", "precision", "off_topic_rejected"):
        assert understood[name]["low"] < understood[name]["share"] < understood[name]["high"]
    assert understood["top1"]["share"] > 0.85
    for baseline in ("majority_class", "keyword_rules"):
        assert found[baseline]["top1"]["high"] < understood["top1"]["share"], baseline
    assert found["majority_class"]["off_topic_rejected"]["share"] == 0
    assert sum(row["texts"] for row in found["intents"].values()) == 115
    assert "wrong" not in found


def test_wrong_answers_are_listed_when_asked_for(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    file = tmp_path / "texts.yml"
    file.write_text("thanks: [solde]\nbalance: [mon solde]\n__oos__: [kel tan fe til]\n", encoding="utf-8")
    assert cli.main(["bots", "evaluate", "--bot", "telecom", "--lang", "fr", "--wrong", str(file)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "thanks -> balance (1.00): solde" in found["wrong"]
    assert found["intents"]["thanks"]["taken_for"] == {"balance": 1}


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("no_such_intent: [a]", "fr", "no_such_intent"),
        ("__oos__: [a]", "fr", "no text on topic"),
        ("balance: solde", "fr", "list"),
        ("balance: [1]", "fr", "text is expected"),
        ("balance: [solde]", "de", "'de'"),
    ],
)
def test_a_file_that_cannot_be_measured_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, language: str, words: str
):
    file = tmp_path / "texts.yml"
    file.write_text(text, encoding="utf-8")
    assert cli.main(["bots", "evaluate", "--bot", "telecom", "--lang", language, str(file)]) == 2
    assert words in capsys.readouterr().err


def test_texts_of_the_intent_out_of_scope_are_off_topic(tmp_path: Path):
    file = tmp_path / "texts.yml"
    file.write_text("balance: [solde]\nout_of_scope: [a]\n__oos__: [b]\n", encoding="utf-8")
    assert evaluation.read(file, "fr", ("balance", "out_of_scope")) == [("balance", "solde"), (None, "a"), (None, "b")]
