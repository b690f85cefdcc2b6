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
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
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
        (b"\x00\x01\x02", "file_not_text"),
    ],
)  # fmt: skip
def test_what_is_no_such_file_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        lines(content)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("titles", "row", "column"),
    [
        ("Numéro client;Nom;Téléphone", "{client};Nom {n};{number}", "Téléphone"),
        ("Numéro de compte;Nom;Numéro de téléphone", "C{n};Nom {n};{number}", "Numéro de téléphone"),
        ("numero_compte;telephone", "{client};{number}", "telephone"),
        ("Téléphone fixe;Mobile", "+2290120{n:06d};{number}", "Mobile"),
        ("Mobile;Numéro", ";{number}", "Numéro"),
        ("Tél;Contact", "{n};{number}", "Contact"),
    ],
)
def test_a_title_alone_makes_no_column_of_numbers(titles: str, row: str, column: str) -> None:
    rows = [row.format(n=n, client=40_000_000 + n, number=f"+2290197{n:06d}") for n in range(60)]
    content = "\n".join([titles, *rows]).encode()
    reading = understand(pieces(content), "BJ")
    assert (reading.title, reading.first) == (column, ("+2290197000000", "+2290197000001", "+2290197000002"))
    assert numbers(content) == [f"+2290197{n:06d}" for n in range(60)]


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        (f'"Bar "Chez Rose"";{A}', [(A, "")]),  # nobody doubles a mark by hand
        (f'"Rue 12\r\nCotonou";{A}', [(A, "")]),  # a cell of several lines
        (f'"Bar ""Chez Rose""";{A}', [(A, "")]),
        (f'"Bar Chez Rose;{A}', [("", "quotation")]),
        ("x" * 10_001, [("", "line_too_long")]),
        ("x" * 45_000, [("", "line_too_long")]),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_that_people_write_so_costs_no_other(bad: str, expected: list[tuple[str, str]], end: str) -> None:
    before = [f"Nom {n};+2290197{n:06d}" for n in range(100)]
    after = [f'"Nom";{B}'] * 30
    found = lines(end.join(["nom;tel", *before, bad, *after, ""]).encode(), size=10_000)
    assert [(one.number, one.reason) for one in found[100:-30]] == expected
    assert [one.number for one in found[-30:]] == [B] * 30
    assert found[100].line == 102
    assert found[-1].line == 132 + bad.count("\n")


def test_marks_that_stay_open_cost_their_own_lines_only() -> None:
    content = "".join(f"a;01970{n:05d}\n" for n in range(80)) + 'a;"0197000001\n' + f"a;{B}\n" * 5 + 'b;"'
    found = lines(content.encode())
    assert [one.line for one in found if one.reason] == [81, 87]
    assert {one.reason for one in found} == {"", "quotation"}
    assert len(found) == 87


def test_an_octet_that_is_no_sign_costs_neither_the_file_nor_the_titles() -> None:
    content = ("Prénom;Téléphone\n" + f"Álvaro ”;{A}\n" * 3).encode() + b"\xff;" + f"{B}\n".encode()
    assert understand(pieces(content), "BJ").encoding == "utf-8-sig"
    assert numbers(content) == [A, A, A, B]
    assert numbers(f"{A}\n".encode() + b"\x81\x8d\xff\n") == [A, ""]
    assert numbers("Prénom;n\nHélène ”;0197000001\n".encode("cp1252") + b"\x81;0197000002\n") == [A, B]


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
