"""What training made, kept on disk, so that a process that starts again is at work without training again.

A file holds one classifier and what it was made from and with (`origin`); for anything else, or when it cannot be
read, it is as if there were none. Losing it costs one training. Beside them a bot's `.json` says which of them belong
to its files as they are, octet by octet: a start need not even look at its phrases, which takes half a second.
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
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

from bots.embedded import features, folds, matrix, nlu, training
from bots.embedded.bot_files import BotFiles
from bots.embedded.classifier import Classifier, LeftOut
from bots.embedded.features import Features
from common.memory import give_back

log = logging.getLogger(__name__)

Texts = Sequence[Features]


@dataclass(frozen=True, slots=True)
class Learnt:
    """All that a bot has learnt from its phrases.

    known        by language, the intent of each phrase as it stands in the files, in the words that it means.
    classifiers  of the intents by language, and "languages".
    """

    known: dict[str, dict[str, str]]
    classifiers: dict[str, Classifier]


def place(memory: Path | None, files: BotFiles, name: str) -> Path | None:
    """Where the classifier `name` of a bot is kept."""
    return memory and _file(memory, files, name)


def recalled(memory: Path | None, files: BotFiles) -> Learnt | None:
    """What was learnt from just these files, by just this code; None when it has to be learnt."""
    if memory is None:
        return None
    try:
        note = orjson.loads((memory / f"{files.name}.json").read_bytes())
        if note["made_from"] != _files_print(files):
            return None
        known = {str(language): dict(phrases) for language, phrases in note["known"].items()}
        origins = {str(name): str(origin) for name, origin in note["origins"].items()}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("%s.json cannot be used: %s", files.name, type(error).__name__)
        return None
    classifiers: dict[str, Classifier] = {}
    for name, origin in origins.items():
        found = _read(_file(memory, files, name), origin)
        if found is None:
            return None
        classifiers[name] = found
    return Learnt(known, classifiers)


def remember(memory: Path | None, files: BotFiles, learnt: Learnt) -> None:
    """Note which of the classifiers that are kept were made from these files. A note that cannot be kept costs half a
    second at the next start."""
    if memory is None:
        return
    draft = memory / f"{files.name}.json.{os.getpid()}"
    try:
        origins = {name: _origin_in(_file(memory, files, name)) for name in learnt.classifiers}
        draft.write_bytes(orjson.dumps({"made_from": _files_print(files), "known": learnt.known, "origins": origins}))
        draft.replace(memory / f"{files.name}.json")
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        log.warning("%s.json cannot be kept: %s", files.name, type(error).__name__)
        with suppress(OSError):
            draft.unlink()


def _file(memory: Path, files: BotFiles, name: str) -> Path:
    return memory / f"{files.name}-{name}.npz"


def _origin_in(file: Path) -> str:
    with np.load(file, allow_pickle=False) as arrays:
        return str(json.loads(arrays["head"].tobytes())["origin"])


def _files_print(files: BotFiles) -> str:
    """Of all that the phrases and their words come from, and of the code that reads and trains."""
    made = hashlib.sha256(np.__version__.encode())
    read = [files.folder / "spelling.yml", *nlu.paths(files.folder)]
    for path in [*read, *sorted(Path(__file__).parent.glob("*.py"))]:
        octets = path.read_bytes()
        made.update(f"{path.name}\0{len(octets)}\0".encode() + octets)
    return made.hexdigest()


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
