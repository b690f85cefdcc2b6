"""Tables as files that a spreadsheet opens: CSV and XLSX, written row by row, never whole in memory.

A subscriber's words must stay words: what begins with = + - @, a tab or a return is a formula to a spreadsheet that
reads CSV, so an apostrophe goes before it; also behind a separator, for a spreadsheet of another country takes that for
the end of the cell. A phone number ("+229 01 97 00 00 01") is no formula and stays as it is.
XLSX has kinds of cells: everything is written as text.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

BOM = "\ufeff"  # without it Excel reads UTF-8 as the code page of its country
LONGEST_CELL = 32_767  # characters, of XLSX
# The wide forms as well: some spreadsheets read them as the narrow ones.
_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_FORMULA = re.compile(rf"[\t\r]|\s*[{_SIGNS}]")
_SPLIT = re.compile(rf"""([;,\t][\s"]*)(?=[{_SIGNS}])""")
_PHONE = re.compile(r"\+\d[\d ]{3,24}")
# XML 1.0 has no form for these.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def guarded(cell: str) -> str:
    """`cell` as no spreadsheet takes for a formula."""
    cell = _SPLIT.sub(r"\1'", cell)
    if _FORMULA.match(cell) and not _PHONE.fullmatch(cell):
        return f"'{cell}"
    return cell


class Sheet(Protocol):
    def add(self, cells: Sequence[str]) -> None: ...

    def __enter__(self) -> Sheet: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Csv:
    """`separator`: ";" where a comma is for decimals, as in French."""

    def __init__(self, path: Path, *, separator: str) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._file.write(BOM)
        self._writer = csv.writer(self._file, delimiter=separator)

    def __enter__(self) -> Csv:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, cells: Sequence[str]) -> None:
        self._writer.writerow([guarded(cell) for cell in cells])


class Xlsx:
    """One sheet; its first row stays in sight. `widths`: of its columns, in characters."""

    def __init__(self, path: Path, *, widths: Sequence[int]) -> None:
        import xlsxwriter  # where it is used: no process needs it to start

        self._book: Any = xlsxwriter.Workbook(
            str(path),
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_numbers": False,
                "strings_to_urls": False,
                "tmpdir": str(path.parent),
            },
        )
        self._sheet: Any = self._book.add_worksheet()
        for column, width in enumerate(widths):
            self._sheet.set_column(column, column, width)
        self._sheet.freeze_panes(1, 0)
        self._row = 0

    def __enter__(self) -> Xlsx:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._book.close()

    def add(self, cells: Sequence[str]) -> None:
        for column, cell in enumerate(cells):
            if cell:
                self._sheet.write_string(self._row, column, _UNWRITABLE.sub("", cell)[:LONGEST_CELL])
        self._row += 1
