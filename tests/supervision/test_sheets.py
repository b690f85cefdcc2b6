"""Files that a spreadsheet opens: a subscriber's words never become a formula, and a row is a line."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision.history_rows import one_line
from supervision.sheets import BOM, Csv, Xlsx, guarded

FORMULAE = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\r=1", "=HYPERLINK(\"http://x\",\"y\")", "=cmd|' /C calc'!A0", "＝1+1",
    " =1", "\u00a0@x", "+2290197000001+cmd|' /C calc'!A0",
]  # fmt: skip


@pytest.mark.parametrize("cell", FORMULAE)
def test_a_cell_that_would_be_a_formula_is_words(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["+229 01 97 00 00 01", "+33 6 12 34 56 78", "1919", "Bonjour = oui", "", "'=1"])
def test_what_is_no_formula_stays_as_it_is(cell: str) -> None:
    assert guarded(cell) == cell


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("Bonjour,=1+1", "Bonjour,'=1+1"),
        ("a; @x, -1", "a; '@x, '-1"),
        ('a,"=1', "a,\"'=1"),
        ("+229 01 97\t=1", "'+229 01 97\t'=1"),
        ("\t=1", "'\t'=1"),
        ("oui, merci; à 10 h", "oui, merci; à 10 h"),
    ],
)
def test_what_another_countrys_separator_would_make_a_formula_is_words(cell: str, written: str) -> None:
    assert guarded(cell) == written


@given(st.text(max_size=60))
def test_no_text_begins_as_a_formula_and_none_breaks_its_row(text: str) -> None:
    cell = guarded(one_line(text))
    assert not cell.startswith(("=", "-", "@", "\t", "\r")) and not set(cell) & set("\r\n\v\f\x85\u2028\u2029")
    assert not cell.startswith("+") or (cell.replace(" ", "")[1:].isascii() and cell.replace(" ", "")[1:].isdigit())


def test_csv_is_utf8_with_its_mark_and_the_separator_of_the_language(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with Csv(path, separator=";") as sheet:
        sheet.add(["Numéro", "Message"])
        sheet.add(["+229 01 97 00 00 01", 'il dit : "oui" ; =1'])
        sheet.add(["=1+1", "é"])
    text = path.read_bytes().decode()
    assert text.startswith(BOM)
    assert list(csv.reader(text.removeprefix(BOM).splitlines(), delimiter=";")) == [
        ["Numéro", "Message"], ["+229 01 97 00 00 01", "il dit : \"oui\" ; '=1"], ["'=1+1", "é"],
    ]  # fmt: skip


def test_xlsx_holds_texts_and_no_formula_link_or_number(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with Xlsx(path, widths=[10, 10]) as sheet:
        sheet.add(["Message", "+229 01 97 00 00 01"])
        for cell in [*FORMULAE, "http://example.org", "12", "a\x00\x0b\ufffeb", "x" * 40_000]:
            sheet.add([cell, ""])
    with zipfile.ZipFile(path) as file:
        written = file.read("xl/worksheets/sheet1.xml").decode()
    cells = ElementTree.fromstring(written).findall(".//{*}c")
    assert {cell.get("t") for cell in cells} == {"inlineStr"} and len(cells) == len(FORMULAE) + 6
    assert not ElementTree.fromstring(written).findall(".//{*}f")
    assert not ElementTree.fromstring(written).findall(".//{*}hyperlink")
    assert "=1+1" in written, "a text cell needs no apostrophe"
