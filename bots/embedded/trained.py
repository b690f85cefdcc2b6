"""What training made, kept on disk, so that a process that starts again is at work without training again.

A file holds one classifier and what it was made from and with (`origin`); for anything else, or when it cannot be
read, it is as if there were none. Losing it costs one training.
"""

from __future__ import annotations

import fcntl
import hashlib
import inspect
import json
import logging
import os
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from bots.embedded import features, folds, matrix, training
from bots.embedded.classifier import Classifier, LeftOut
from bots.embedded.features import Features
from common.memory import give_back

log = logging.getLogger(__name__)

Texts = Sequence[Features]


def kept(file: Path | None, texts: Texts, answers: Sequence[str], *, bayes_alone: bool = False) -> Classifier:
    """The classifier of `file` if it was trained from just this, else a new one, which is then kept there.

    `texts`, `answers`, `bayes_alone`: as `training.train` takes them. `file` None: always trained.
    """
    if file is None:
        return training.train(texts, answers, bayes_alone=bayes_alone)
    made_from = origin(texts, answers, bayes_alone)
    found = _read(file, made_from)
    if found is None:
        # Processes that start together would each train, side by side: one does, the others read what it made.
        with _alone(file):
            found = _read(file, made_from)
            if found is None:
                found = training.train(texts, answers, bayes_alone=bayes_alone)
                _write(file, made_from, found)
                give_back()
    return found


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """One process at a time for this file; everybody at once where the directory cannot be written."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = file.with_suffix(".lock").open("wb")
    except OSError:
        yield
        return
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # goes with the process, however that ends
        yield


def origin(texts: Texts, answers: Sequence[str], bayes_alone: bool) -> str:
    """The phrases as training sees them, and all that trains."""
    made = hashlib.sha256(f"{np.__version__}\0{bayes_alone}".encode())
    for module in (features, folds, matrix, training):
        made.update(inspect.getsource(module).encode())
    for text, answer in zip(texts, answers, strict=True):
        made.update(f"{answer}\0{len(text)}\0".encode() + text.tobytes())
    return made.hexdigest()


def _read(file: Path, made_from: str) -> Classifier | None:
    try:
        # Numbers only: a file that could bring objects could bring code.
        with np.load(file, allow_pickle=False) as arrays:
            head = json.loads(arrays["head"].tobytes())
            if head["origin"] != made_from:
                return None
            keys, weights = arrays["keys"], arrays["weights"]
            if weights.shape != (len(keys), len(head["labels"])):
                return None
            left_out = LeftOut(arrays["confidence"], arrays["best"], arrays["right"])
            return Classifier(
                tuple(head["labels"]), keys, arrays["idf"], weights, arrays["bias"], left_out, head["unseen"]
            )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        log.warning("%s cannot be used: %s", file.name, type(error).__name__)
        return None


def _write(file: Path, made_from: str, made: Classifier) -> None:
    head = {"origin": made_from, "labels": made.labels, "unseen": made.unseen}
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        with draft.open("wb") as out:
            np.savez(
                out,
                head=np.frombuffer(json.dumps(head).encode(), dtype=np.uint8),
                keys=made.keys,
                idf=made.idf,
                weights=made.weights,
                bias=made.bias,
                confidence=made.left_out.confidence,
                best=made.left_out.best,
                right=made.left_out.right,
            )
        draft.replace(file)
    except OSError as error:  # a disk that is full costs the next start a training
        log.warning("%s cannot be kept: %s", file.name, type(error).__name__)
        with suppress(OSError):
            draft.unlink()
