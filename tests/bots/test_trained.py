"""What training made outlives the process, and stands for nothing else than what it was made from."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bots.embedded import features, trained, training
from bots.embedded.classifier import Classifier
from bots.embedded.engine import EmbeddedEngine
from bots.embedded.model import Model
from tests.bots.conftest import SHIPPED

TEXTS = [features.of_words([word]) for word in ("solde", "stop", "credit")]
ANSWERS = ["balance", "stop", "balance"]


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One number for each training."""
    made: list[int] = []
    train = training.train

    def counted(texts: Any, answers: Any, **options: Any) -> Classifier:
        made.append(len(answers))
        return train(texts, answers, **options)

    monkeypatch.setattr(training, "train", counted)
    return made


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The telecom bot with a few phrases for each intent: it learns in no time."""
    folder = tmp_path / "telecom"
    shutil.copytree(SHIPPED, folder)
    for path in (folder / "nlu" / "fr.yml", folder / "nlu" / "en.yml"):
        kept, left = [], 0
        for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
            is_phrase = line.startswith("    - ")
            left = left - 1 if is_phrase else 5
            if not is_phrase or left > 0:
                kept.append(line)
        path.write_text("".join(kept), encoding="utf-8")
    return folder


def test_a_bot_that_starts_again_does_not_train_again_and_says_the_same(
    small: Path, tmp_path: Path, trainings: list[int], monkeypatch: pytest.MonkeyPatch
):
    first = EmbeddedEngine(small, tmp_path / "bots").model
    assert len(trainings) == 3, "the intents of each language, and languages"
    assert max(trainings) < 1000
    looked = []
    monkeypatch.setattr(features, "of_words", looked.append)
    second = EmbeddedEngine(small, tmp_path / "bots").model
    assert len(trainings) == 3
    assert not looked, "it looked at its phrases, which takes longer than all else of a start"
    assert first.stands_for(["solde"], "fr") == second.stands_for(["solde"], "fr") == "balance"
    assert set(first.intents) == {"en", "fr"}
    for was, now in (
        (first.intents["en"], second.intents["en"]),
        (first.intents["fr"], second.intents["fr"]),
        (first.languages, second.languages),
    ):
        assert was.labels == now.labels
        for name in ("keys", "idf", "weights", "bias"):
            assert np.array_equal(getattr(was, name), getattr(now, name)), name
        for name in ("confidence", "best", "right"):
            assert np.array_equal(getattr(was.left_out, name), getattr(now.left_out, name)), name


def test_a_bot_whose_phrases_or_spelling_have_changed_learns_anew(small: Path, tmp_path: Path, trainings: list[int]):
    def change(file: str, old: str, new: str) -> Model:
        text = (small / file).read_text(encoding="utf-8")
        assert old in text
        (small / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        return EmbeddedEngine(small, tmp_path / "bots").model

    EmbeddedEngine(small, tmp_path / "bots")
    assert change("nlu/fr.yml", "- solde\n", "- solde bcp\n").stands_for(["solde", "beaucoup"], "fr") == "balance"
    assert len(trainings) > 3
    spelt = change("spelling.yml", "    bcp: beaucoup", "    bcp: abondamment")
    assert spelt.stands_for(["solde", "abondamment"], "fr") == "balance"
    assert spelt.stands_for(["solde", "beaucoup"], "fr") is None


@pytest.mark.parametrize("note", [b"", b"[]", b"{", b'{"made_from": 1}'])
def test_a_note_that_cannot_be_read_costs_a_look_at_the_phrases(
    small: Path, tmp_path: Path, trainings: list[int], note: bytes
):
    EmbeddedEngine(small, tmp_path / "bots")
    kept = tmp_path / "bots" / "telecom.json"
    was = kept.read_bytes()
    kept.write_bytes(note)
    assert EmbeddedEngine(small, tmp_path / "bots").model.stands_for(["solde"], "fr") == "balance"
    assert len(trainings) == 3
    assert kept.read_bytes() == was


def test_a_classifier_that_has_gone_is_learnt_again(small: Path, tmp_path: Path, trainings: list[int]):
    EmbeddedEngine(small, tmp_path / "bots")
    (tmp_path / "bots" / "telecom-fr.npz").unlink()
    EmbeddedEngine(small, tmp_path / "bots")
    assert len(trainings) == 4


@pytest.mark.parametrize(
    ("texts", "answers"),
    [
        ([*TEXTS[:2], features.of_words(["credits"])], ANSWERS),  # a phrase is written otherwise
        (TEXTS, ["balance", "stop", "stop"]),  # a phrase means something else
        (TEXTS[:2], ANSWERS[:2]),  # a phrase has gone
    ],
)
def test_phrases_that_have_changed_are_trained(tmp_path: Path, trainings: list[int], texts, answers):
    file = tmp_path / "bot.npz"
    trained.kept(file, TEXTS, ANSWERS)
    changed = trained.kept(file, texts, answers)
    assert len(trainings) == 2
    assert changed.guess(texts[-1]).label == answers[-1]
    trained.kept(file, texts, answers)
    assert len(trainings) == 2, "the new one is kept in its place"


def test_other_words_that_look_the_same_side_by_side_are_other_phrases(tmp_path: Path, trainings: list[int]):
    file = tmp_path / "bot.npz"
    first, second, third = (np.array([number], dtype=np.uint32) for number in (1, 2, 3))
    trained.kept(file, [np.concatenate([first, second]), third], ["x", "y"])
    trained.kept(file, [first, np.concatenate([second, third])], ["x", "y"])
    assert len(trainings) == 2


def test_other_code_that_trains_is_another_origin(tmp_path: Path, trainings: list[int], monkeypatch):
    file = tmp_path / "bot.npz"
    trained.kept(file, TEXTS, ANSWERS)
    monkeypatch.setattr(trained.inspect, "getsource", lambda _module: "another way to train")
    trained.kept(file, TEXTS, ANSWERS)
    assert len(trainings) == 2


@pytest.mark.parametrize("spoil", [lambda whole: b"", lambda whole: whole[: len(whole) // 2], lambda whole: b"x" * 99])
def test_a_file_that_cannot_be_used_costs_a_training(tmp_path: Path, trainings: list[int], spoil):
    file = tmp_path / "bot.npz"
    trained.kept(file, TEXTS, ANSWERS)
    file.write_bytes(spoil(file.read_bytes()))
    assert trained.kept(file, TEXTS, ANSWERS).guess(features.of_words(["stop"])).label == "stop"
    assert len(trainings) == 2
    trained.kept(file, TEXTS, ANSWERS)
    assert len(trainings) == 2


def test_a_file_with_objects_in_it_is_not_opened(tmp_path: Path, trainings: list[int]):
    file = tmp_path / "bot.npz"
    with file.open("wb") as out:
        np.savez(out, head=np.array([{"origin": "anything"}], dtype=object))
    trained.kept(file, TEXTS, ANSWERS)
    assert len(trainings) == 1


def test_a_memory_that_cannot_be_written_costs_nothing_else(tmp_path: Path, trainings: list[int]):
    (tmp_path / "taken").write_text("a file where the directory should be")
    assert (
        trained.kept(tmp_path / "taken" / "bot.npz", TEXTS, ANSWERS).guess(features.of_words(["stop"])).label == "stop"
    )
