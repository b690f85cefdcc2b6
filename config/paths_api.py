"""Which operator a number belongs to: numbering plans, and the organisation's portability table."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from accounts.models import Organisation
from accounts.permissions import May, caller
from common.errors import Invalid
from common.schemas import Words
from config.lists_api import UploadGiven, UploadSchema
from contacts import uploads
from contacts.numbering import plan_of, regions
from conversations.media_policy import policy_of, set_policy
from conversations.models import MediaPolicy
from conversations.portability import import_ported, ported_shown
from conversations.wrong_numbers import forget_wrong_number, wrong_numbers_shown

router = Router(tags=["administration"])


class OperatorShown(Schema):
    name: str
    prefixes: list[str]


class PlanShown(Schema):
    region: str
    regions: list[str]
    operators: list[OperatorShown]


class PortedShown(Schema):
    number: str
    operator: str


class TableShown(Schema):
    total: int
    items: list[PortedShown]


class TableGiven(Schema):
    csv: Words
    replace: bool = False


class ProblemShown(Schema):
    line: int
    code: str


class ImportedShown(Schema):
    added: int
    changed: int
    same: int
    removed: int
    refused: int
    problems: list[ProblemShown]
    unknown_operators: list[str]


@router.get("/numbering", auth=May("links.administer"), response=PlanShown)
def show_numbering(request: HttpRequest, region: str = "") -> dict[str, Any]:
    """The operators of a country and the beginnings of their numbers; without `region`, of the organisation's own."""
    mine = Organisation.objects.values_list("region", flat=True).get(id=caller(request).organisation_id)
    known = regions()
    wanted = region.upper() or mine
    if wanted not in known:
        raise Invalid("unknown_choice", "there is no such country", field="region")
    operators = [{"name": name, "prefixes": prefixes} for name, prefixes in plan_of(wanted).items()]
    return {"region": wanted, "regions": known, "operators": operators}


@router.get("/ported", auth=May("links.administer"), response=TableShown)
def show_ported(request: HttpRequest, number: str = "") -> dict[str, Any]:
    return ported_shown(caller(request), number)


@router.post("/ported", auth=May("links.administer"), response=ImportedShown)
def add_ported(request: HttpRequest, given: TableGiven) -> dict[str, Any]:
    done = import_ported(actor=caller(request), text=given.csv, replace=given.replace)
    return {
        "added": done.added,
        "changed": done.changed,
        "same": done.same,
        "removed": done.removed,
        "refused": done.refused,
        "problems": [{"line": line, "code": code} for line, code in done.problems],
        "unknown_operators": done.unknown_operators,
    }


@router.post("/ported/uploads", auth=May("links.administer"), response={201: UploadSchema})
def add_ported_file(request: HttpRequest, given: UploadGiven) -> Status[Any]:
    """Announce a table as a file; its pieces follow, then its end, as those of a list's file."""
    actor = caller(request)
    upload = uploads.ask_for_upload(
        actor=actor, list_id=None, name=given.name, octets=given.octets, replaces=given.replaces
    )
    return Status(201, uploads.upload_of(actor, upload.id))


class WrongShown(Schema):
    number: str
    link: str
    code: str
    fr: str
    en: str
    times: int
    first_at: datetime
    last_at: datetime


class WrongNumbersShown(Schema):
    total: int
    items: list[WrongShown]


class NumberGiven(Schema):
    number: Words


@router.get("/wrong-numbers", auth=May("links.administer"), response=WrongNumbersShown)
def show_wrong_numbers(request: HttpRequest, number: str = "") -> dict[str, Any]:
    """The latest of those that begin with `number`."""
    return wrong_numbers_shown(caller(request).organisation_id, number)


@router.post("/wrong-numbers/forget", auth=May("links.administer"), response=WrongNumbersShown)
def forget_number(request: HttpRequest, given: NumberGiven) -> dict[str, Any]:
    actor = caller(request)
    forget_wrong_number(actor=actor, number=given.number)
    return wrong_numbers_shown(actor.organisation_id)


class MediaKept(Schema):
    """`keep_days` null: attachments are kept for ever. `sender_mb`: what one sender may leave within a day."""

    keep_days: int | None
    sender_mb: int


@router.get("/media", auth=May("links.administer"), response=MediaKept)
def show_media(request: HttpRequest) -> MediaPolicy:
    return policy_of(caller(request).organisation_id)


@router.put("/media", auth=May("links.administer"), response=MediaKept)
def change_media(request: HttpRequest, given: MediaKept) -> MediaPolicy:
    return set_policy(actor=caller(request), keep_days=given.keep_days, sender_mb=given.sender_mb)
