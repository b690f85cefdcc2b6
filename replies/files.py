"""Shared canned replies as a file and from one: CSV, as spreadsheets write it. A file is taken whole or not at all."""

from __future__ import annotations

import csv
import io
from typing import TypedDict

from accounts.events import SettingsChanged
from accounts.models import Team, User
from common.errors import Invalid, PalabreError
from conversations.models import Line
from realtime.log import record_changes
from replies.canned import MOST_SHARED, CannedGiven, keep_shared, shared_replies, shortcut_of
from replies.models import CannedReply

HEADS = ("team", "shortcut", "title", "tags", "lines", "fr", "en")
LONGEST_FILE = 1_000_000  # characters
MOST_TOLD = 50
# A spreadsheet takes what begins so for a formula; the wide forms, too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class Problem(TypedDict):
    """`line`: of the file, the heads are line 1. `field`: the column, or ""."""

    line: int
    code: str
    field: str


class Taken(TypedDict):
    """`problems`: when there is one, nothing was changed."""

    added: int
    changed: int
    problems: list[Problem]


def as_file(user: User) -> str:
    """All that are shared. What a spreadsheet would take for a formula has an apostrophe before it."""
    teams = {
        str(id_): name
        for id_, name in Team.objects.filter(organisation_id=user.organisation_id).values_list("id", "name")
    }
    lines = {
        str(id_): address
        for id_, address in Line.objects.filter(organisation_id=user.organisation_id).values_list("id", "address")
    }
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\r\n")
    writer.writerow(HEADS)
    for one in shared_replies(user):
        cells = (
            teams.get(one["team_id"] or "", ""), one["shortcut"], one["title"], ", ".join(one["tags"]),
            " ".join(lines[id_] for id_ in one["line_ids"] if id_ in lines), one["fr"], one["en"],
        )  # fmt: skip
        writer.writerow([guarded(cell) for cell in cells])
    return "\ufeff" + page.getvalue()


def guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def bare(cell: str) -> str:
    """What `guarded` was given; a cell that merely begins with an apostrophe keeps it."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


class _Wrong(Exception):
    pass


def take_file(*, actor: User, text: str) -> Taken:
    """Each line changes the one of its team and shortcut, or adds one. Raises Invalid("too_long", "csv_heads")."""
    if len(text) > LONGEST_FILE:
        raise Invalid("too_long", f"at most {LONGEST_FILE} characters", field="csv")
    rows = _rows(text)
    problems: list[Problem] = []
    counts = {"added": 0, "changed": 0}
    shared_replies(actor)  # refuses whose role does not include it
    try:
        with record_changes(actor.organisation_id) as changes:
            for number, row in rows:
                try:
                    if keep := _keep(actor, row):
                        counts[keep] += 1
                except PalabreError as error:
                    field = error.field if isinstance(error, Invalid) else ""
                    problems.append({"line": number, "code": error.code, "field": field})
            if problems:
                raise _Wrong
            if any(counts.values()):
                changes.add(SettingsChanged(kind="canned_reply", object_id=actor.organisation_id))
    except _Wrong:
        counts = {"added": 0, "changed": 0}
    return {"added": counts["added"], "changed": counts["changed"], "problems": problems[:MOST_TOLD]}


def _keep(actor: User, row: dict[str, str]) -> str:
    """ "added", "changed", or "" when it was so already."""
    team = row["team"].strip()
    team_id = None
    if team:
        team_id = (
            Team.objects.filter(organisation_id=actor.organisation_id, name=team).values_list("id", flat=True).first()
        )
        if team_id is None:
            raise Invalid("unknown_choice", "there is no such team", field="team")
    addresses = row["lines"].split()
    lines = dict(
        Line.objects.filter(organisation_id=actor.organisation_id, address__in=addresses).values_list("address", "id")
    )
    if set(addresses) - lines.keys():
        raise Invalid("unknown_choice", "there is no such line", field="lines")
    given = CannedGiven(
        row["shortcut"], row["title"], row["fr"], row["en"],
        [tag for tag in row["tags"].split(",") if tag.strip()], list(lines.values()), team_id,
    )  # fmt: skip
    same = CannedReply.objects.filter(
        organisation_id=actor.organisation_id, owner__isnull=True, shortcut=shortcut_of(row["shortcut"])
    )
    found = (same.filter(team__isnull=True) if team_id is None else same.filter(team_id=team_id)).first()
    changed = keep_shared(actor, given, found)
    return ("changed" if found else "added") if changed else ""


def _rows(text: str) -> list[tuple[int, dict[str, str]]]:
    text = text.removeprefix("\ufeff")
    first = text.split("\n", 1)[0]
    # A spreadsheet of a French machine writes semicolons.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",")
    try:
        heads = [one.strip().casefold() for one in next(reader, [])]
        if missing := [one for one in ("shortcut", "title") if one not in heads]:
            raise Invalid("csv_heads", f"a column is missing: {', '.join(missing)}", field="csv")
        rows: list[tuple[int, dict[str, str]]] = []
        for cells in reader:
            if any(cell.strip() for cell in cells):
                given = {head: bare(cell) for head, cell in zip(heads, cells, strict=False)}
                rows.append((reader.line_num, {head: given.get(head, "") for head in HEADS}))
    except csv.Error:
        raise Invalid("csv_heads", "this is no CSV file", field="csv") from None
    if len(rows) > MOST_SHARED:
        raise Invalid("too_many_replies", f"at most {MOST_SHARED}", field="csv")
    return rows
