"""People from a file: name, address of e-mail, role, language; each row is taken or says why not.

Nobody gets a password by a file: each is given his own link, which is told once in the answer.
"""

from __future__ import annotations

import csv
import io
from typing import TypedDict
from uuid import UUID

from accounts.models import Role, User
from accounts.passwords import make_link
from accounts.people import PersonFields, apply_fields, create_person
from common.errors import Invalid, PalabreError
from common.text import storable

MOST_ROWS = 500
# What a header, and a role, may be called by whoever fills the file in a spreadsheet.
_HEADS = {
    "nom": "name",
    "e-mail": "email",
    "courriel": "email",
    "adresse": "email",
    "rôle": "role",
    "langue": "language",
}
_ROLES = {"superviseur": Role.SUPERVISOR, "administrateur": Role.ADMINISTRATOR, "observateur": Role.OBSERVER}


class RowSaid(TypedDict):
    """`line`: of the file, its header is 1. Refused: `code` and `field`; taken: `url` of his link (not in a trial)."""

    line: int
    name: str
    email: str
    code: str | None
    field: str | None
    message: str | None
    url: str | None
    id: UUID | None


def import_people(*, actor: User, text: str, is_trial: bool) -> list[RowSaid]:
    """`is_trial`: nothing is stored, and what can be seen without storing is said.

    Each row is a transaction of its own: those that are right are there, whatever the others are. Raises Invalid for a
    file that cannot be read at all.
    """
    seen: set[str] = set()
    return [_row(actor, line, given, seen, is_trial) for line, given in _rows(text)]


def _row(actor: User, line: int, given: dict[str, str], seen: set[str], is_trial: bool) -> RowSaid:
    said: RowSaid = {
        "line": line, "name": given.get("name", "")[:200], "email": given.get("email", "")[:254],
        "code": None, "field": None, "message": None, "url": None, "id": None,
    }  # fmt: skip
    role = given.get("role", "").strip().casefold()
    fields = PersonFields(
        name=given.get("name", ""), email=given.get("email", ""), role=_ROLES.get(role, role or Role.AGENT),
        language=given.get("language", "").strip().casefold() or "fr",
    )  # fmt: skip
    try:
        email = (fields.email or "").strip().lower()
        if email in seen:
            raise Invalid("twice", "each only once", field="email")
        seen.add(email)
        if is_trial:
            apply_fields(User(organisation_id=actor.organisation_id), fields.given(), None)
        else:
            user = create_person(actor=actor, organisation_id=actor.organisation_id, fields=fields, is_invited=True)
            said["id"] = user.id
            said["url"], _link = make_link(actor=actor, user_id=user.id, is_told=False)
    except PalabreError as error:
        said["code"], said["message"] = error.code, error.message
        said["field"] = error.field if isinstance(error, Invalid) else None
    return said


def _rows(text: str) -> list[tuple[int, dict[str, str]]]:
    text = storable(text).removeprefix("\ufeff")
    first = text.partition("\n")[0]
    mark = max(",;\t", key=first.count)  # a French spreadsheet writes semicolons
    try:
        table = list(csv.reader(io.StringIO(text), delimiter=mark, strict=True))
    except csv.Error:
        raise Invalid("unreadable_file", "this is no CSV file", field="csv") from None
    heads = [_HEADS.get(one.strip().casefold(), one.strip().casefold()) for one in table[0]] if table else []
    if not {"name", "email"} <= set(heads):
        raise Invalid("no_columns", "the first line must name the columns: name, email, role, language", field="csv")
    rows = [
        (number, dict(zip(heads, cells, strict=False)))
        for number, cells in enumerate(table[1:], start=2) if any(cell.strip() for cell in cells)
    ]  # fmt: skip
    if len(rows) > MOST_ROWS:
        raise Invalid("too_many_rows", f"at most {MOST_ROWS} people at once", field="csv")
    return rows
