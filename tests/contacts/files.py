"""Files of numbers for tests: sent as a browser sends them, read as a worker reads them."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

from accounts.models import User
from contacts import uploads
from contacts.lists import ListFields, members, save_list
from contacts.models import ContactList, ListUpload
from jobs import runner

A, B, C = (f"+229019700000{n}" for n in (1, 2, 3))


def make_list(actor: User, name: str = "Partenaires") -> ContactList:
    return save_list(actor=actor, fields=ListFields(name=name, kind="partners"))


def send(actor: User, one: ContactList, content: bytes, *, replaces: bool = True) -> ListUpload:
    """All of its pieces, the last first; not finished."""
    upload = uploads.ask_for_upload(
        actor=actor, list_id=one.id, name="numéros.csv", octets=len(content), replaces=replaces
    )
    for number in reversed(range(uploads.pieces_of(upload))):
        piece = content[number * uploads.PIECE : (number + 1) * uploads.PIECE]
        uploads.take_piece(actor=actor, upload_id=upload.id, number=number, content=base64.b64encode(piece).decode())
    return upload


def finish(actor: User, upload: ListUpload) -> UUID:
    """The file is whole; returns its job."""
    uploads.finish(actor=actor, upload_id=upload.id)
    upload.refresh_from_db()
    assert upload.job_id is not None
    return upload.job_id


def fill(actor: User, one: ContactList, content: bytes, *, replaces: bool = True) -> dict[str, Any]:
    """Send a file and have it read, here and now; returns what is shown of it."""
    upload = send(actor, one, content, replaces=replaces)
    assert runner.run(finish(actor, upload))
    one.refresh_from_db()
    return dict(uploads.upload_of(actor, upload.id))


def inside(one: ContactList, *numbers: str) -> list[bool]:
    found = members(one.organisation_id, [one.id], numbers)
    return [one.id in found.get(number, ()) for number in numbers]
