"""An organisation's portability table: numbers whose operator is not the one that their prefix says.

It is imported as CSV, a number and an operator a line: what a regulator or a clearing house hands out. The operator is
named as on the link (Link.operator), or by the link's own name. One that none of our links has is kept, too: the number
is surely not where its prefix says.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import Organisation, User
from common.errors import Invalid
from common.text import storable
from contacts.numbers import clean, normalise
from conversations.models import Link, PortedNumber
from realtime.log import record_changes

LONGEST_OPERATOR = 80
MOST_PROBLEMS = 20  # told of
SHOWN = 50
_SEPARATORS = ",;\t|"
_HEADS = {"number", "numero", "numéro", "msisdn"}

# A number twice in one file: the last line counts.
_STORE = """
with given as (
    select distinct on (number) number, operator
    from unnest(%(numbers)s::text[], %(operators)s::text[]) with ordinality t (number, operator, place)
    order by number, place desc
), stored as (
    insert into conversations_portednumber as p (organisation_id, number, operator)
    select %(organisation)s, number, operator from given order by number
    on conflict (organisation_id, number) do update set operator = excluded.operator
        where p.operator <> excluded.operator
    returning old.number is null as added
)
select count(*) filter (where added), count(*) filter (where not added), (select count(*) from given) from stored
"""
_DROP_OTHERS = """
delete from conversations_portednumber
where organisation_id = %(organisation)s and number <> all(%(numbers)s::text[])
"""


@dataclass(slots=True)
class Imported:
    """`problems`: (line of the file, code) of the first lines that could not be read."""

    added: int = 0
    changed: int = 0
    same: int = 0
    removed: int = 0
    refused: int = 0
    problems: list[tuple[int, str]] = field(default_factory=list)
    unknown_operators: list[str] = field(default_factory=list)


class Row(NamedTuple):
    """A line of a file, from 1. `code`: why it cannot be read ("number", "operator", "columns"), or ""."""

    line: int
    number: str
    operator: str
    code: str


def separator_of(first: str) -> str:
    """Comma, semicolon, tabulator or bar: what a file's first line has most of."""
    return max(_SEPARATORS, key=first.count)


def rows_of(lines: Iterable[str], separator: str, region: str) -> Iterator[Row]:
    """Each line with something in it; a first line of titles is passed over. Pure.

    Raises Invalid("csv_broken") where lines cannot be told apart: nothing behind such a place could be trusted.
    """
    reader = csv.reader(lines, delimiter=separator, strict=True)
    begun = False
    try:
        for row in reader:
            if any("\n" in cell or "\r" in cell for cell in row):
                raise csv.Error("a cell of several lines")
            cells = [clean(cell) for cell in row]
            if not any(cells) or (not begun and cells[0].lower() in _HEADS):
                continue
            begun = True
            if len(cells) < 2:
                yield Row(reader.line_num, "", "", "columns")
                continue
            number = normalise(cells[0], region=region)
            if not number.is_number:
                yield Row(reader.line_num, "", "", "number")
            elif not cells[1] or len(cells[1]) > LONGEST_OPERATOR:
                yield Row(reader.line_num, "", "", "operator")
            else:
                yield Row(reader.line_num, number.value, storable(cells[1]), "")
    except csv.Error:  # a quotation mark that is not closed would swallow what follows, and `replace` would drop it
        raise Invalid(
            "csv_broken", f"line {reader.line_num}: a quotation mark is opened and not closed", field="csv",
            line=reader.line_num,
        ) from None  # fmt: skip


def read_csv(text: str, region: str) -> tuple[list[tuple[str, str]], list[tuple[int, str]]]:
    """(number, operator) of each line that can be read, and (line, code) of each that cannot. Raises as `rows_of`."""
    pairs: list[tuple[str, str]] = []
    problems: list[tuple[int, str]] = []
    text = text.removeprefix("\ufeff")
    for row in rows_of(io.StringIO(text, newline=""), separator_of(text.lstrip().split("\n", 1)[0]), region):
        if row.code:
            problems.append((row.line, row.code))
        else:
            pairs.append((row.number, row.operator))
    return pairs, problems


def import_ported(*, actor: User, text: str, replace: bool) -> Imported:
    """Add the lines of a CSV file to the table, or put them in the place of all of it.

    Lines that cannot be read are told of, and cost the others nothing; a file of which no line can be read changes
    nothing: Invalid("no_rows").
    """
    organisation_id = actor.organisation_id
    region = Organisation.objects.values_list("region", flat=True).get(id=organisation_id)
    pairs, problems = read_csv(text, region)
    if not pairs:
        raise Invalid("no_rows", "no line of this file has a number and an operator", field="csv")
    done = Imported(refused=len(problems), problems=problems[:MOST_PROBLEMS])
    numbers, operators = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    given: dict[str, Any] = {"organisation": organisation_id, "numbers": numbers, "operators": operators}
    with record_changes(organisation_id) as changes:
        with connection.cursor() as cursor:
            if replace:
                cursor.execute(_DROP_OTHERS, given)
                done.removed = cursor.rowcount
            cursor.execute(_STORE, given)
            done.added, done.changed, rows = cursor.fetchone()
        done.same = rows - done.added - done.changed
        done.unknown_operators = unknown_operators(organisation_id, operators)
        described = {"added": [None, done.added], "changed": [None, done.changed], "removed": [None, done.removed]}
        audit.record(
            actor=actor, organisation_id=organisation_id, action="portability.imported", kind="portability",
            object_id=organisation_id, name="CSV", changes=described,
        )  # fmt: skip
        changes.add(SettingsChanged(kind="portability", object_id=organisation_id))
    return done


def unknown_operators(organisation_id: UUID, operators: Iterable[str]) -> list[str]:
    """Those that no link is of, and that no link is called."""
    pairs = Link.objects.filter(organisation_id=organisation_id).values_list("name", "operator")
    known = {name.casefold() for pair in pairs for name in pair}
    return sorted({one for one in operators if one.casefold() not in known})[:MOST_PROBLEMS]


def beginning_of(organisation_id: UUID, number: str) -> str:
    """What stored numbers begin with that are meant by `number`, a whole one or its beginning as it was written."""
    region = Organisation.objects.values_list("region", flat=True).get(id=organisation_id)
    typed = clean(number).replace(" ", "")
    wanted = normalise(number, region=region)
    # Half a number that begins with "+" may look like a whole one of an older plan.
    return wanted.value if wanted.is_number and not typed.startswith("+") else typed


def ported_shown(actor: User, number: str) -> dict[str, Any]:
    """How many numbers the table has, and the first of those that begin with `number` (as it was written)."""
    mine = PortedNumber.objects.filter(organisation_id=actor.organisation_id)
    beginning = beginning_of(actor.organisation_id, number)
    found = mine.filter(number__startswith=beginning) if beginning else mine
    return {"total": mine.count(), "items": list(found.order_by("number").values("number", "operator")[:SHOWN])}
