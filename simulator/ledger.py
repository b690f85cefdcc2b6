"""The ledger: every PDU in and out, and what the phones saw, one JSON line each, appended and never changed.

Rows of PDUs: n, at (seconds since 1970), account, session, direction (in|out), command, sequence, status, and where
there is one: source, destination, text, hash, mo (the operator's id of a subscriber's text), id (a message id),
part, parts, attempt, note, raw (hex, for what could not be read or was injected). Rows with direction "phone" tell
the phone's story: phone.mo, phone.mt, phone.state.

`hash` is the first 16 hex digits of SHA-256 over source, destination, esm_class, data_coding and the text's octets,
so two rows with the same hash carried the same octets.

Lines reach the file within 20 ms, or at once when 256 KiB wait; no fsync: this is a test's evidence, not a store.
"""

from __future__ import annotations

import asyncio
import bisect
import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import orjson

_FLUSH_BYTES = 256 * 1024
_FLUSH_SECONDS = 0.02
_INDEX_EVERY = 512


def content_hash(source: str, destination: str, esm_class: int, data_coding: int, octets: bytes) -> str:
    digest = hashlib.sha256(f"{source}|{destination}|{esm_class}|{data_coding}|".encode())
    digest.update(octets)
    return digest.hexdigest()[:16]


class Ledger:
    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.last = 0
        self._file: BinaryIO = path.open("ab", buffering=0)
        self._size = path.stat().st_size
        self._repair_tail()
        # Sparse: number of a row and where its line begins, ascending.
        self._index: list[tuple[int, int]] = [(self.last + 1, self._size)]
        self._lines: list[bytes] = []
        self._waiting = 0
        self._timer: asyncio.TimerHandle | None = None

    def _repair_tail(self) -> None:
        """Find the last number; a line cut by a crash is ended, so that the next one starts clean."""
        with self.path.open("rb") as reader:
            reader.seek(max(0, self._size - 65536))
            tail = reader.read()
        if tail and not tail.endswith(b"\n"):
            self._file.write(b"\n")
            self._size += 1
        for line in reversed(tail.splitlines()):
            row = _parsed(line)
            if row is not None:
                self.last = row["n"]
                return

    def write(self, **row: Any) -> int:
        """Append one row; its number is returned."""
        self.last += 1
        line = orjson.dumps({"n": self.last, "at": time.time(), **row}) + b"\n"
        if self.last % _INDEX_EVERY == 0:
            self._index.append((self.last, self._size))
        self._size += len(line)
        self._lines.append(line)
        self._waiting += len(line)
        if self._waiting >= _FLUSH_BYTES:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_FLUSH_SECONDS, self.flush)
        return self.last

    def flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._lines:
            octets = memoryview(b"".join(self._lines))
            self._lines.clear()
            self._waiting = 0
            while octets:
                octets = octets[self._file.write(octets) :]

    def close(self) -> None:
        self.flush()
        self._file.close()

    def since(self, number: int, limit: int) -> Iterator[dict[str, Any]]:
        """Rows after `number`, at most `limit`, oldest first."""
        self.flush()
        place = bisect.bisect_right(self._index, number + 1, key=lambda pair: pair[0]) - 1
        offset = self._index[place][1] if place >= 0 else 0
        with self.path.open("rb") as reader:
            reader.seek(offset)
            for line in reader:
                row = _parsed(line)
                if row is not None and row["n"] > number:
                    yield row
                    limit -= 1
                    if limit <= 0:
                        return

    def tail(self, octets: int) -> Iterator[dict[str, Any]]:
        """The phones' rows within the last `octets` of the file, oldest first."""
        self.flush()
        with self.path.open("rb") as reader:
            start = max(0, self._size - octets)
            reader.seek(start)
            if start:
                reader.readline()
            for line in reader:
                if b'"direction":"phone"' in line:
                    row = _parsed(line)
                    if row is not None:
                        yield row


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return row if isinstance(row, dict) and isinstance(row.get("n"), int) else None
