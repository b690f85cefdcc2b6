"""A classifier learns what it is shown, says how sure it may be, and measures itself on what it was not shown."""

from __future__ import annotations

import time
from itertools import product

import numpy as np
import pytest

from bots.embedded import features, folds, matrix, training
from bots.embedded.classifier import Classifier

WANTS = {
    "balance": ["mon solde", "quel est mon solde", "solde du compte", "combien il me reste", "voir le solde"],
    "bundle": ["un forfait internet", "prix du forfait", "acheter un forfait", "forfait mois svp", "pass internet"],
    "bill": ["ma facture est fausse", "facture trop chere", "je conteste la facture", "erreur sur ma facture"],
}
POLITE = ["", "bonjour ", "svp ", "je veux savoir ", "dites moi "]
untampered = training.train  # conftest makes each training happen once a session
PHRASES = [(polite + want, intent) for intent, wants in WANTS.items() for polite, want in product(POLITE, wants)]


def of(text: str) -> features.Features:
    return features.of_words(text.split())


@pytest.fixture(scope="module")
def trained() -> Classifier:
    return training.train([of(text) for text, _ in PHRASES], [intent for _, intent in PHRASES])


@pytest.mark.parametrize(
    ("text", "intent"),
    [("mn sold", "balance"), ("forfaits internet", "bundle"), ("une factur fosse", "bill"), ("le sld", "balance")],
)
def test_misspelt_words_are_understood_by_their_pieces_and_their_sound(trained: Classifier, text: str, intent: str):
    assert trained.guess(of(text)).label == intent


def test_the_stranger_a_text_the_less_sure_the_guess(trained: Classifier):
    known = trained.guess(of("voir mon solde"))
    mixed = trained.guess(of("voir mon solde wkpf brrt xqzt jjkk"))
    assert known.label == mixed.label == "balance"
    assert mixed.confidence < known.confidence
    assert not known.strange
    assert trained.guess(of("wkpf brrt")).strange


def test_nothing_known_is_equally_likely_to_be_anything(trained: Classifier):
    guess = trained.guess(of("\u4e2d\u6587"))
    # Its length is a feature, and known: take that away, too.
    guess = trained.guess(np.array([4, 6], dtype=np.uint32))
    assert guess.confidence == guess.runner_up == pytest.approx(1 / 3)


def test_the_same_phrases_train_to_the_same_classifier(trained: Classifier):
    again = untampered([of(text) for text, _ in PHRASES], [intent for _, intent in PHRASES])
    assert again is not trained
    assert np.array_equal(again.weights, trained.weights)
    assert np.array_equal(again.left_out.confidence, trained.left_out.confidence)


def test_what_was_left_out_was_not_looked_at():
    """Answers drawn by lot cannot be understood by who has not seen them; those who have seen them know all."""
    rng = np.random.default_rng(5)
    texts = [of(" ".join(f"w{number}" for number in rng.integers(0, 400, 6))) for _ in range(300)]
    answers = [f"intent{number}" for number in rng.integers(0, 4, 300)]
    made = training.train(texts, answers)
    seen = np.mean([made.guess(text).label == answer for text, answer in zip(texts, answers, strict=True)])
    assert seen > 0.95
    assert made.left_out.accuracy < 0.35
    assert made.left_out.confidence.mean() < 0.5, "and it knows that it does not know"


def test_confidence_means_how_often_it_is_right():
    """Half the words tell, half the texts have one of them: the share that is right is what is claimed."""
    rng = np.random.default_rng(6)
    answers = [f"intent{number}" for number in rng.integers(0, 4, 600)]
    texts = [
        of(" ".join([f"fill{number}" for number in rng.integers(0, 50, 5)] + ([answer] if rng.random() < 0.6 else [])))
        for answer in answers
    ]
    left_out = training.train(texts, answers).left_out
    assert left_out.confidence.mean() == pytest.approx(left_out.accuracy, abs=0.05)
    sure = left_out.confidence > 0.8
    assert sure.sum() > 100
    assert (left_out.best == left_out.right)[sure].mean() > 0.9


def test_near_likes_are_left_out_together_and_folds_are_of_a_size():
    copies = [of(f"alpha{number} beta{number} gamma{number}") for number in range(50) for _ in range(3)]
    found = folds.folds(matrix.of(copies).kernel(), 5)
    assert (found.reshape(50, 3) == found.reshape(50, 3)[:, :1]).all()
    assert np.bincount(found).tolist() == [30] * 5


def test_the_likeness_of_any_two_texts_is_their_cosine(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(matrix, "_DENSE", 10)  # both ways of multiplying have work
    monkeypatch.setattr(matrix, "_BLOCK", 16)
    texts = [of(text) for text, _ in PHRASES]
    table = matrix.of(texts)
    dense = np.zeros((len(texts), len(table.keys)), dtype=np.float32)
    dense[table.rows, table.columns] = table.values
    assert np.allclose(table.kernel(), dense @ dense.T, atol=1e-5)
    assert np.allclose(np.diagonal(table.kernel()), 1.0, atol=1e-5)
    assert np.allclose(table.times(dense[:, :7]), dense.T @ dense[:, :7], atol=1e-4)


def test_too_bold_a_step_is_taken_back(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(training, "_largest", lambda _kernel: 0.05)
    made = untampered([of(text) for text, _ in PHRASES], [intent for _, intent in PHRASES])
    assert np.isfinite(made.weights).all()
    assert made.guess(of("mon solde")).label == "balance"


def test_a_text_is_read_in_well_under_a_millisecond(trained: Classifier):
    text = of("bonjour je veux savoir combien il me reste sur mon compte svp merci")
    begun = time.thread_time()
    for _ in range(200):
        trained.guess(text)
    assert (time.thread_time() - begun) / 200 < 0.001


def test_one_label_is_no_choice():
    with pytest.raises(ValueError, match="two labels"):
        training.train([of("a"), of("b")], ["x", "x"])
