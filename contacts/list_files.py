"""Reading a file of numbers as people have them: CSV of any spreadsheet, or a number a line.

    pieces (octets) -> what is it? which encoding? -> lines -> cells -> the column of numbers -> (line, number, why not)

Nothing here holds more than a few lines and a piece. What is no such file is refused in words; in one that is, a line
that cannot be read costs no other.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from common.errors import Invalid
from contacts.quick_numbers import number_of

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LONGEST_LINE = 10_000  # characters; and of a cell of several lines
MOST_LINES = 20  # of a cell: an address has a few. More: a mark of quotation that nobody has closed
SAMPLE = 50  # lines, by which a file is understood
SEPARATORS = ";,\t|"
# What a column of numbers may be called. The last ones are also said of accounts, clients and bills.
_HEADS = (
    "msisdn", "mobile", "portable", "gsm", "telephone", "téléphone", "phone", "tel", "tél", "numero", "numéro",
    "number",
)  # fmt: skip
# What a spreadsheet saves when nobody told it to save CSV.
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")

Pieces = Callable[[], Iterable[bytes]]  # read from the beginning each time it is called


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read. `separator` "": one column. `column`: of the numbers, from 0. `head`: its first line is
    titles, and `title` is that of the column. `first`: the first numbers in it, to see whether it is the right one."""

    encoding: str
    separator: str
    column: int
    head: bool
    title: str = ""
    first: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file, from 1. `number` "": it is none, and `reason` says why; `value` is what stood there."""

    line: int
    number: str
    reason: str
    value: str


def encoding_of(pieces: Pieces) -> str:
    """utf-8-sig, utf-16 or cp1252. Raises Invalid for what is no text.

    A stray octet makes no file another one: it is UTF-8 where more signs beyond ASCII are whole in it than broken.
    """
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
    decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
    whole = broken = 0
    for piece in pieces():
        if not piece.isascii() or decoder.getstate()[0]:
            text = decoder.decode(piece)
            broken += (found := text.count("\ufffd"))
            whole += len(text) - len(text.encode("ascii", "ignore")) - found
    broken += bool(decoder.getstate()[0])
    return "utf-8-sig" if whole > broken or not broken else "cp1252"


def understand(pieces: Pieces, region: str) -> Reading:
    """How the file is read, by its first lines. Raises Invalid."""
    encoding = encoding_of(pieces)
    lines = list(islice(lines_of(pieces, encoding), SAMPLE))
    found = {one: sum(one in line for line in lines) for one in SEPARATORS}
    separator = max(SEPARATORS, key=lambda one: found[one])
    if found[separator] * 2 < sum(map(bool, map(str.strip, lines))):
        separator = ""
    found_rows = list(_rows(iter(lines), separator))
    if not found_rows:
        raise Invalid("file_empty", "there is nothing in this file")
    rows = [row for _, row, reason in found_rows if not reason] or [row for _, row, _ in found_rows]
    head = _are_titles(rows[0])
    column = _column(rows, head, region)
    numbers = (number_of(row[column], region)[0] for row in rows[head:] if column < len(row))
    title = _shown(rows[0][column]) if head and column < len(rows[0]) else ""
    return Reading(encoding, separator, column, head, title, tuple(islice(filter(None, numbers), 3)))


def read(pieces: Pieces, reading: Reading, region: str) -> Iterator[Line]:
    """Each line with something in it."""
    column, head = reading.column, reading.head
    for line, cells, reason in _rows(lines_of(pieces, reading.encoding), reading.separator):
        if reason:
            yield Line(line, "", reason, _shown(reading.separator.join(cells)))
        elif head:
            head = False
        elif column >= len(cells):
            yield Line(line, "", "columns", _shown(reading.separator.join(cells)))
        else:
            number, why = number_of(cells[column], region)
            yield Line(line, number, why, _shown(cells[column]) if why else "")


def _column(rows: list[list[str]], head: bool, region: str) -> int:
    """Titles alone would take the client's number for the subscriber's, contents alone a landline for a mobile: the
    first of _HEADS that is a title where enough numbers stand."""
    width = max(map(len, rows))
    counted = [sum(len(row) > place and not number_of(row[place], region)[1] for row in rows) for place in range(width)]
    most = max(counted)
    if head:
        titles = [title.strip().casefold().replace("_", " ").replace("-", " ").split() for title in rows[0]]
        for wanted in _HEADS:
            found = [place for place, words in enumerate(titles) if wanted in words]
            best = max(found, key=lambda place: counted[place], default=None)
            if best is not None and counted[best] and counted[best] * 2 >= most:
                return best
    return counted.index(most)


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


def _rows(lines: Iterator[str], separator: str) -> Iterator[tuple[int, list[str], str]]:
    """(line, cells, why it cannot be read or "") of each line with something in it."""
    ahead: deque[str] = deque()  # what was read to find the end of a cell, and is no part of it
    number = 0
    while (line := ahead.popleft() if ahead else next(lines, None)) is not None:
        number += 1
        if len(line) > LONGEST_LINE:
            yield number, [line], "line_too_long"
            continue
        more = 0
        if '"' not in line:
            cells, reason = line.rstrip("\r\n").split(separator or "\x1f"), ""
        else:
            cells, reason, more = _quoted(line, lines, ahead, separator)
        if any(cell and not cell.isspace() for cell in cells):
            yield number, cells, reason
        number += more


def _quoted(
    line: str, lines: Iterator[str], ahead: deque[str], separator: str
) -> tuple[list[str], str, int]:  # fmt: skip
    """(cells, why it cannot be read, how many lines more they took): a quoted cell may hold an address of several."""
    held, whole = 0, line
    while True:
        try:
            cells = _cells(whole, separator, strict=True)
            if _swallows(islice(ahead, held), separator, len(cells)):
                break
            return cells, "", _taken(ahead, held)
        except csv.Error as error:
            if "unexpected end" not in str(error):
                # Marks inside a cell that nobody has doubled, as people write them: they are part of it.
                return _cells(line, separator, strict=False), "" if held == 0 else "quotation", 0
        if not separator:  # numbers and nothing else
            break
        if held == len(ahead):
            if (following := next(lines, None)) is None:
                break
            ahead.append(following)
        whole += ahead[held]
        held += 1
        if held >= MOST_LINES or len(whole) > LONGEST_LINE:
            break
    return _cells(line, separator, strict=False), "quotation", 0


def _swallows(following: Iterable[str], separator: str, width: int) -> bool:
    """Whether what stands inside a quoted cell looks like whole lines of the file: a mark is open, and the next one,
    wherever it is, closes it by chance."""
    return any(line.partition('"')[0].count(separator) >= width - 1 for line in following)


def _taken(ahead: deque[str], held: int) -> int:
    for _ in range(held):
        ahead.popleft()
    return held


def _cells(text: str, separator: str, *, strict: bool) -> list[str]:
    return next(csv.reader([text], delimiter=separator or "\x1f", strict=strict), [])


def lines_of(pieces: Pieces, encoding: str) -> Iterator[str]:
    """Lines with their ends; of one that is too long its beginning, longer than LONGEST_LINE."""
    stream = io.BufferedReader(_Stream(iter(pieces())), 65_536)
    text = io.TextIOWrapper(stream, encoding, errors="replace", newline="")
    while line := text.readline(LONGEST_LINE + 1):
        yield line
        while len(line) > LONGEST_LINE and not line.endswith(("\n", "\r")):
            line = text.readline(LONGEST_LINE + 1)


class _Stream(io.RawIOBase):
    """Pieces as one stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        into = memoryview(buffer)
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        taken = min(len(into), len(self._rest))
        into[:taken] = self._rest[:taken]
        self._rest = self._rest[taken:]
        return taken
