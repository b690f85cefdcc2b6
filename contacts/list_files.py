"""Reading a file of numbers as people have them: CSV of any spreadsheet, or a number a line.

    pieces (octets) -> what is it? which encoding? -> lines -> cells -> the column of numbers -> (line, number, why not)

Nothing here holds more than a line and a piece. A file that is no such file is refused in words, with the line.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from common.errors import Invalid
from contacts.quick_numbers import number_of

LONGEST_LINE = 10_000  # characters
SAMPLE = 50  # lines, by which a file is understood
SEPARATORS = ";,\t"
_HEADS = (
    "msisdn", "numero", "numéro", "number", "telephone", "téléphone", "phone", "mobile", "portable", "gsm", "tel",
    "tél",
)  # fmt: skip
# What a spreadsheet saves when nobody told it to save CSV.
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")

Pieces = Callable[[], Iterable[bytes]]  # read from the beginning each time it is called


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read. `separator` "": one column. `column`: of the numbers, from 0. `head`: its first line is
    titles."""

    encoding: str
    separator: str
    column: int
    head: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file, from 1. `number` "": it is none, and `reason` says why; `value` is what stood there."""

    line: int
    number: str
    reason: str
    value: str


def encoding_of(pieces: Pieces) -> str:
    """utf-8-sig, utf-16 or cp1252. Raises Invalid for what is no text."""
    first = b""
    for piece in pieces():
        first += piece[:8]
        if len(first) >= 4:
            break
    if not first:
        raise Invalid("file_empty", "this file is empty")
    if first.startswith(_SPREADSHEETS):
        raise Invalid("file_spreadsheet", "this is a spreadsheet: save it as CSV")
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if any(b"\x00" in piece for piece in pieces()):
        raise Invalid("file_not_text", "this is no text")
    for encoding in ("utf-8-sig", "cp1252"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            for piece in pieces():
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise Invalid("file_not_text", "this is no text of an encoding that is known here")


def understand(pieces: Pieces, region: str) -> Reading:
    """How the file is read, by its first lines. Raises Invalid."""
    encoding = encoding_of(pieces)
    lines = list(islice(_lines(pieces, encoding), SAMPLE))
    found = {one: sum(one in line for line in lines) for one in SEPARATORS}
    separator = max(SEPARATORS, key=lambda one: found[one])
    if found[separator] * 2 < sum(map(bool, map(str.strip, lines))):
        separator = ""
    rows = [row for _, row in _rows(iter(lines), separator)]
    if not rows:
        raise Invalid("file_empty", "there is nothing in this file")
    head = _are_titles(rows[0])
    return Reading(encoding, separator, _column(rows, head, region), head)


def read(pieces: Pieces, reading: Reading, region: str) -> Iterator[Line]:
    """Each line with something in it. Raises Invalid("file_broken", line=) where lines cannot be told apart."""
    column, head = reading.column, reading.head
    for line, cells in _rows(_lines(pieces, reading.encoding), reading.separator):
        if head:
            head = False
            continue
        if column >= len(cells):
            yield Line(line, "", "columns", _shown(reading.separator.join(cells)))
            continue
        number, reason = number_of(cells[column], region)
        yield Line(line, number, reason, _shown(cells[column]) if reason else "")


def _column(rows: list[list[str]], head: bool, region: str) -> int:
    if head:
        titles = [title.strip().casefold() for title in rows[0]]
        for wanted in _HEADS:
            for place, title in enumerate(titles):
                if title == wanted or wanted in title.replace("_", " ").replace("-", " ").split():
                    return place
    width = max(map(len, rows))
    counted = [sum(len(row) > place and not number_of(row[place], region)[1] for row in rows) for place in range(width)]
    return counted.index(max(counted))


def _are_titles(cells: list[str]) -> bool:
    """Words, one of which says "number"; or words without any digit."""
    joined = " ".join(cells)
    if any(map(_like_a_number, cells)) or not any(map(str.isalpha, joined)):
        return False
    words = joined.casefold().replace("_", " ").replace("-", " ").split()
    return any(head in words for head in _HEADS) or not any(map(str.isdigit, joined))


def _like_a_number(cell: str) -> bool:
    return sum(map(str.isdigit, cell)) >= 6


def _shown(value: str) -> str:
    """A cell as a report shows it: one line, and what PostgreSQL can hold."""
    return "".join(one if one.isprintable() else "�" for one in value.strip()[:80])


def _rows(lines: Iterator[str], separator: str) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of each line with something in it."""
    reader = csv.reader(lines, delimiter=separator or "\x1f", strict=True)
    before = 0
    try:
        for row in reader:
            line = reader.line_num
            if line != before + 1:  # a mark of quotation that is not closed would swallow what follows
                raise csv.Error("a cell of several lines")
            before = line
            if any(cell and not cell.isspace() for cell in row):
                yield line, row
    except csv.Error:
        raise Invalid(
            "file_broken", f"line {before + 1}: a quotation mark is opened and not closed", line=before + 1
        ) from None


def _lines(pieces: Pieces, encoding: str) -> Iterator[str]:
    text = io.TextIOWrapper(io.BufferedReader(_Stream(iter(pieces())), 65_536), encoding, newline="")
    number = 0
    try:
        while line := text.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) > LONGEST_LINE:
                raise Invalid("file_broken", f"line {number} is longer than any line of numbers", line=number)
            yield line
    except UnicodeDecodeError:  # of UTF-16: the others were tried
        raise Invalid("file_not_text", "this is no text of an encoding that is known here") from None


class _Stream(io.RawIOBase):
    """Pieces as one stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # typeshed's Buffer
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        taken = min(len(buffer), len(self._rest))
        memoryview(buffer)[:taken] = self._rest[:taken]
        self._rest = self._rest[taken:]
        return taken
