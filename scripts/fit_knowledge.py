"""Fits the weights of knowledge/matching.py on the half of tests/knowledge/askings.yml that is for it, and prints what
they are worth there, by threshold. Run it by hand after a change of the likeness; the other half stays unseen.

    .venv/bin/python scripts/fit_knowledge.py
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from knowledge import matching  # noqa: E402
from tests.knowledge.askings import judged, load  # noqa: E402


def rows(half: str) -> tuple[list[tuple[float, ...]], list[float]]:
    """The likeness of each text's best article, and whether it is the right one."""
    features: list[tuple[float, ...]] = []
    right: list[float] = []
    for language in ("fr", "en"):
        kept = load(language)
        index = matching.Index(kept.entries, language)
        for asking in kept.askings[half]:
            found = index.likenesses(asking.text)
            if not found:
                continue
            number, one = found[0]
            features.append((one.cosine, one.known, one.asked, one.ahead))
            right.append(float(kept.entries[number].key == asking.key))
    return features, right


def fit(features: numpy.ndarray, right: numpy.ndarray, *, steps: int = 20_000) -> tuple[numpy.ndarray, float]:
    """Logistic regression with a little shrinking, by plain gradient descent."""
    weights, bias = numpy.zeros(features.shape[1]), 0.0
    for _ in range(steps):
        sure = 1 / (1 + numpy.exp(-(features @ weights + bias)))
        wrong = sure - right
        weights -= 1.0 * (features.T @ wrong / len(right) + 0.0005 * weights)
        bias -= 1.0 * float(wrong.mean())
    return weights, bias


def main() -> None:
    found, right = rows("tune")
    weights, bias = fit(numpy.array(found), numpy.array(right))
    print("WEIGHTS =", tuple(round(float(one), 2) for one in weights), " BIAS =", round(bias, 2))
    cosine, known, asked, ahead = map(float, weights)
    matching.WEIGHTS, matching.BIAS = (cosine, known, asked, ahead), bias
    for threshold in (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95):
        print(threshold, judged("tune", threshold))


if __name__ == "__main__":
    main()
