"""What training made, kept on disk, so that a process that starts again is at work without training again.

A file holds one classifier and what it was made from and with (`_origin`); for anything else, or when it cannot be
read, it is as if there were none. Losing it costs one training.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import logging
import os
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from bots.embedded import classifier
from bots.embedded.classifier import Classifier

log = logging.getLogger(__name__)

Texts = Sequence[Sequence[str]]


def kept(file: Path | None, texts: Texts, answers: Sequence[str]) -> Classifier:
    """The classifier of `file` if it was trained from just this, else a new one, which is then kept there.

    `texts`, `answers`: as `classifier.train` takes them. `file` None: always trained.
    """
    if file is None:
        return classifier.train(texts, answers)
    origin = _origin(texts, answers)
    found = _read(file, origin)
    if found is None:
        found = classifier.train(texts, answers)
        _write(file, origin, found)
    return found


def _origin(texts: Texts, answers: Sequence[str]) -> str:
    """The phrases as training sees them, and all that trains."""
    made = hashlib.sha256(f"{np.__version__}\0{inspect.getsource(classifier)}".encode())
    for text, answer in zip(texts, answers, strict=True):
        made.update("\0".join((answer, *text, "\n")).encode())
    return made.hexdigest()


def _read(file: Path, origin: str) -> Classifier | None:
    try:
        # Numbers only: a file that could bring objects could bring code.
        with np.load(file, allow_pickle=False) as arrays:
            head = json.loads(arrays["head"].tobytes())
            if head["origin"] != origin:
                return None
            columns = {feature: column for column, feature in enumerate(head["columns"])}
            weights = arrays["weights"]
            if weights.shape != (len(columns), len(head["labels"])):
                return None
            return Classifier(
                tuple(head["labels"]), columns, arrays["idf"], weights, arrays["bias"], head["factor"], head["accuracy"]
            )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        log.warning("%s cannot be used: %s", file.name, type(error).__name__)
        return None


def _write(file: Path, origin: str, made: Classifier) -> None:
    head = {
        "origin": origin,
        "labels": made.labels,
        "columns": list(made.columns),
        "factor": made.factor,
        "accuracy": made.accuracy,
    }
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with draft.open("wb") as out:
            np.savez(
                out,
                head=np.frombuffer(json.dumps(head).encode(), dtype=np.uint8),
                idf=made.idf,
                weights=made.weights,
                bias=made.bias,
            )
        draft.replace(file)
    except OSError as error:  # a disk that is full costs the next start a training
        log.warning("%s cannot be kept: %s", file.name, type(error).__name__)
        with suppress(OSError):
            draft.unlink()
