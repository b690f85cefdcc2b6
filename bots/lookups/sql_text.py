"""Which queries may be asked: one SELECT, its values bound and never written into it.

Read once when a look-up is saved and again before it is asked; the database's own guards come after (sql_run.py). What
is odd is refused: an administrator can write it more plainly, an attacker should find nothing to build with.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from common.errors import Invalid

LONGEST = 4000
FIELD = "query"

_PIECES = re.compile(
    r"""(?P<comment>--[^\n]*|/\*)|(?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?P<named>\{[^{}]*\})"""
    r"""|(?P<word>[^\W\d]\w*)|(?P<other>.)""",
    re.DOTALL,
)
# As words of their own; within double quotes they may name a column.
_CHANGING = frozenset({
    "insert", "update", "delete", "merge", "truncate", "create", "alter", "drop", "grant", "revoke", "copy", "call",
    "do", "into", "lock", "execute", "prepare", "uescape",
})  # fmt: skip
# Functions that reach beyond the rows: files, other servers, other sessions, settings. The list is a second wall only:
# a role that may do nothing but read a few tables is the first.
_FUNCTIONS = re.compile(
    r"(?:pg_(?:read_|write_|ls_|stat_file|terminate_|cancel_|advisory_|try_advisory_|reload_|rotate_|promote|switch_"
    r"|logical_|create_|drop_|export_|import_|notify|file_|log_)|lo_|dblink|set_config|query_to_|cursor_to_|table_to_"
    r"|database_to_|schema_to_|xpath_table|plpy|txid_|nextval|setval)\w*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Query:
    """`text`: with $1, $2... `names`: whose value each is, in order."""

    text: str
    names: tuple[str, ...]


def read(query: str, known: Collection[str]) -> Query:
    """`query`, with {name} for each value. Raises Invalid for whatever is no plain SELECT with the `known` names."""
    if len(query) > LONGEST:
        raise Invalid("too_long", f"at most {LONGEST} characters", field=FIELD)
    names: list[str] = []
    found: list[str] = []
    depth, first = 0, ""
    for kind, piece in _pieces(query.strip().removesuffix(";")):
        if kind == "comment":
            found.append(" ")
            continue
        if kind == "named":
            name = piece[1:-1]
            if name not in known:
                raise Invalid("lookup_unknown_value", f"{piece} is none of the values of this look-up", field=FIELD)
            if name not in names:
                names.append(name)
            found.append(f" ${names.index(name) + 1} ")
            continue
        if kind == "quoted":
            _check_quoted(piece, known)
        elif kind == "word":
            first = first or piece.lower()
            if piece.lower() in _CHANGING:
                raise _not_one_select(piece)
            _check_function(piece)
        else:
            depth += {"(": 1, ")": -1}.get(piece, 0)
            # What stands behind the last ")" would stand outside the query that ours is put around.
            if piece in ";$\\{}'\"" or depth < 0:
                raise _not_one_select(piece)
        found.append(piece)
    if first not in ("select", "with") or depth:
        raise _not_one_select(first)
    if unused := [name for name in known if name not in names]:
        raise Invalid("lookup_unused_value", f"{{{unused[0]}}} is used nowhere", field=FIELD)
    return Query("".join(found).strip(), tuple(names))


def _pieces(query: str) -> Iterator[tuple[str, str]]:
    place = 0
    while match := _PIECES.match(query, place):
        kind, place = match.lastgroup or "", match.end()
        if match[0] == "/*":
            place = _comment_end(query, place)
        yield kind, match[0]


def _comment_end(query: str, place: int) -> int:
    """Comments of PostgreSQL stand within each other."""
    depth = 1
    while depth:
        match = re.compile(r"/\*|\*/").search(query, place)
        if match is None:
            raise _not_one_select("/*")
        depth += 1 if match[0] == "/*" else -1
        place = match.end()
    return place


def _check_quoted(piece: str, known: Collection[str]) -> None:
    # A backslash ends a text in some servers' settings and not in others'.
    if "\\" in piece:
        raise _not_one_select("\\")
    if any(f"{{{name}}}" in piece for name in known):
        raise Invalid("lookup_quoted_value", "a value stands without quotes around it", field=FIELD)
    if piece.startswith('"'):
        _check_function(piece.strip('"'))


def _check_function(word: str) -> None:
    if _FUNCTIONS.fullmatch(word):
        raise Invalid("lookup_function", f"a look-up may not use {word}", field=FIELD, word=word)


def _not_one_select(piece: str) -> Invalid:
    return Invalid(
        "lookup_one_select", f"one SELECT that reads, and nothing else (at {piece!r})", field=FIELD, word=piece
    )
