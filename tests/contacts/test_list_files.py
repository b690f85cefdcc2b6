"""Files of numbers are read however they were saved, and what is none of them is refused in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import Invalid
from contacts.list_files import Line, Pieces, read, understand

A, B = "+2290197000001", "+2290197000002"


def pieces(content: bytes, size: int = 7) -> Pieces:
    return lambda: (content[at : at + size] for at in range(0, len(content), size))


def lines(content: bytes, size: int = 7) -> list[Line]:
    return list(read(pieces(content, size), understand(pieces(content, size), "BJ"), "BJ"))


def numbers(content: bytes) -> list[str]:
    return [one.number for one in lines(content)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("head", [True, False])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_usual_form_is_read(encoding: str, separator: str, head: bool, end: str) -> None:
    rows = [["Adélaïde", "0197000001"], ["Bérénice", "97000002"]]
    if head:
        rows.insert(0, ["Prénom", "Numéro de téléphone"])
    text = end.join(separator.join(row) for row in rows) + end
    found = lines(text.encode(encoding))
    assert [one.number for one in found] == [A, B]
    assert [one.line for one in found] == ([2, 3] if head else [1, 2])


@pytest.mark.parametrize(
    "text", [f"{A}\n{B}\n", f"{A}\n\n \n{B}", f"numero\n{A}\n{B}\n", f'"{A}"\n"{B}"\n', f"msisdn;x\n{A};1\n{B};2\n"]
)
def test_one_column_will_do(text: str) -> None:
    assert numbers(text.encode()) == [A, B]


def test_the_column_of_numbers_is_found_by_its_title_or_by_what_stands_in_it() -> None:
    assert numbers(b"fixe,MSISDN\n0120000001,0197000001\n,0197000002\n") == [A, B]
    assert numbers(b"Awa,12,0197000001\nKoffi,13,0197000002\n") == [A, B]


def test_a_bad_line_is_told_with_its_place_and_costs_no_other() -> None:
    found = lines(f"nom;numero\nAwa;{A}\nKoffi;abc\nMariam\n\nSam;1919\nEve;{B}\n".encode())
    assert [(one.line, one.number, one.reason, one.value) for one in found] == [
        (2, A, "", ""), (3, "", "not_a_number", "abc"), (4, "", "columns", "Mariam"),
        (6, "", "not_a_number", "1919"), (7, B, "", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"), (b"\n  \n\n", "file_empty"), (b";;\n;;\n", "file_empty"),
        (b"PK\x03\x04 a workbook", "file_spreadsheet"), (b"\xd0\xcf\x11\xe0 an older one", "file_spreadsheet"),
        (b"\x00\x01\x02", "file_not_text"), (b"0197000001\n\x81\x8d\xff\n", "file_not_text"),
        (b'a;"0197000001\na;0197000002\n', "file_broken"), (b"0" * 30_000, "file_broken"),
    ],
)  # fmt: skip
def test_what_is_no_such_file_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        lines(content)
    assert refused.value.code == code


def test_the_line_of_an_open_quotation_mark_is_named() -> None:
    content = "".join(f"a;01970{n:05d}\n" for n in range(80)) + 'a;"0197000001\n' + f"a;{B}\n" * 5
    with pytest.raises(Invalid) as refused:
        lines(content.encode())
    assert (refused.value.code, refused.value.facts) == ("file_broken", {"line": 81})


def test_what_cannot_be_shown_is_replaced_in_the_report() -> None:
    (_, bad) = lines(f"{A}\na\x07b\x1b[31m\n".encode())
    assert bad.value == "a�b�[31m"


@given(st.binary(max_size=300), st.integers(min_value=1, max_value=50))
def test_any_octets_are_read_or_refused_and_the_cuts_between_pieces_change_nothing(content: bytes, size: int) -> None:
    def outcome(size: int) -> object:
        try:
            return lines(content, size)
        except Invalid as refused:
            return refused.code

    assert outcome(size) == outcome(1000)
