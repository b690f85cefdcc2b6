"""What providers that call us have said, on disk before they are told that we have it.

One file an entry, one directory a link: written beside, flushed, renamed, and the directory flushed, so that an entry
that can be seen is whole and outlives a cut of power. Its names sort in the order of arrival on this machine. Several
processes may write; one at a time takes out (`Taking`). An entry may be taken twice by a crash in between: whatever
is stored from it carries the provider's own key.
"""

from __future__ import annotations

import base64
import fcntl
import itertools
import json
import os
import secrets
import threading
import time
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any
from uuid import UUID

from conversations.adapters import InboundMedium, InboundReceipt, InboundText, InboundUnreadable

Item = InboundText | InboundReceipt | InboundUnreadable

_KINDS: dict[str, type[Item]] = {"text": InboundText, "receipt": InboundReceipt, "unreadable": InboundUnreadable}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_BYTES = frozenset({"raw", "fingerprint"})
_TUPLES = frozenset({"missing", "provider_ids"})

LEFT_S = 3600.0  # after which what a crash left half written is nobody's


class Broken(ValueError):
    """An entry that cannot be read: not ours, or of another version."""


class Spool:
    def __init__(self, place: Path) -> None:
        self.place = place
        self._lock = threading.Lock()
        self._count = itertools.count()
        self._last = 0

    def put(self, link_id: UUID, items: Sequence[Item]) -> None:
        """Returns when it is on the disk. Raises OSError: nothing is promised then."""
        octets = json.dumps([_packed(item) for item in items]).encode()
        directory = self.place / str(link_id)
        if not directory.is_dir():
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            _flush_directory(self.place)
        with self._lock:  # two that arrive in one tick of the clock, or after it was set back, keep their order
            self._last = max(self._last + 1, time.time_ns())
            # Containers that share a volume may have one process number, and one tick of the clock.
            name = f"{self._last:020d}-{os.getpid()}-{next(self._count)}-{secrets.token_hex(4)}"
        beside = directory / f"{name}.new"
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # one that is there is another's
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(octets)
                file.flush()
                os.fsync(file.fileno())
            beside.rename(directory / f"{name}.json")
        except OSError:
            with suppress(OSError):
                beside.unlink()
            raise
        _flush_directory(directory)

    def links(self) -> list[UUID]:
        """Those with entries."""
        found = []
        with suppress(FileNotFoundError):
            for directory in self.place.iterdir():
                with suppress(ValueError):
                    link_id = UUID(directory.name)
                    if any(directory.glob("*.json")):
                        found.append(link_id)
        return found

    def waiting(self) -> tuple[int, float]:
        """(entries, seconds since the oldest came)."""
        names = [path.name for link_id in self.links() for path in (self.place / str(link_id)).glob("*.json")]
        if not names:
            return 0, 0.0
        return len(names), max(0.0, time.time() - int(min(names).split("-", 1)[0]) / 1e9)

    def put_aside(self) -> int:
        """Entries that nobody could read or store: for a person to look at."""
        return sum(1 for _ in self.place.glob("*/*.bad"))

    def take_back(self) -> int:
        """What was put aside waits again, in its old place. Raises OSError."""
        found = 0
        for path in self.place.glob("*/*.bad"):
            with suppress(FileNotFoundError):  # another process has just done it
                path.rename(path.with_suffix(".json"))
                found += 1
        return found

    @contextmanager
    def taking(self, link_id: UUID) -> Iterator[Taking | None]:
        """None: another process is taking out this link's entries."""
        directory = self.place / str(link_id)
        with os.fdopen(os.open(directory / "taking", os.O_WRONLY | os.O_CREAT, 0o600), "wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
                return
            _remove_left(directory)
            yield Taking(directory)


class Taking:
    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def oldest(self, most: int, besides: Container[Path] = ()) -> list[Path]:
        names = sorted(entry.name for entry in os.scandir(self._directory) if entry.name.endswith(".json"))
        paths = (self._directory / name for name in names)
        return list(itertools.islice((path for path in paths if path not in besides), most))

    @staticmethod
    def read(path: Path) -> list[Item]:
        """Raises Broken, OSError."""
        try:
            return [_unpacked(one) for one in json.loads(path.read_bytes())]
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Broken(type(error).__name__) from error

    @staticmethod
    def done(path: Path) -> None:
        # Not flushed: an entry that comes back after a cut of power is stored once all the same, by its key.
        path.unlink(missing_ok=True)

    @staticmethod
    def put_aside(path: Path) -> None:
        """Kept for a person, in the way of nobody."""
        path.rename(path.with_suffix(".bad"))


def _remove_left(directory: Path) -> None:
    """Half an entry, of a process that was killed over it: its provider was never told that we have it."""
    for entry in os.scandir(directory):
        if entry.name.endswith(".new"):
            with suppress(OSError):
                if entry.stat().st_mtime < time.time() - LEFT_S:
                    Path(entry.path).unlink()


def _flush_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _packed(item: Item) -> dict[str, Any]:
    values: dict[str, Any] = {"kind": _NAMES[type(item)]}
    for name, value in asdict(item).items():
        if isinstance(value, bytes):
            values[name] = base64.b64encode(value).decode()
        else:
            values[name] = str(value) if isinstance(value, UUID) else value
    return values


def _unpacked(values: dict[str, Any]) -> Item:
    kind = _KINDS[values["kind"]]
    known: dict[str, Any] = {}
    for one in fields(kind):
        if one.name not in values:
            continue
        value = values[one.name]
        if one.name in _BYTES and value is not None:
            value = base64.b64decode(value)
        elif one.name in _TUPLES:
            value = tuple(value)
        elif one.name == "media":
            value = tuple(InboundMedium(**each) for each in value)
        elif one.name == "link_id":
            value = UUID(value)
        known[one.name] = value
    return kind(**known)
