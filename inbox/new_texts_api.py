"""New texts from the desk: to one or several numbers, choosing the line."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from accounts.permissions import May, caller
from common.schemas import as_json, schema_of
from inbox.new_texts import CheckView, NewTextView, check, new_text_view
from routing.new_texts import NewText, Sender, send_new_text

router = Router(tags=["conversations"])

CheckSchema: Any = schema_of(CheckView)
NewTextSchema: Any = schema_of(NewTextView)


class NumbersGiven(Schema):
    line_id: UUID
    numbers: list[str]


class NewTextGiven(NumbersGiven):
    """`keep`: the conversations are to be the sender's, as far as he has room. The same `client_id` again sends nothing
    more and gives the same answer."""

    client_id: UUID
    body: str
    keep: bool = False


@router.post("/texts/check", auth=May("texts.send"), response=CheckSchema)
def check_numbers(request: HttpRequest, given: NumbersGiven) -> HttpResponse:
    """What is known of these numbers on this line. Asked by POST: numbers do not belong in addresses, nor in logs."""
    return as_json(check(user=caller(request), line_id=given.line_id, numbers=given.numbers))


@router.post("/texts", auth=May("texts.send"), response=NewTextSchema)
def send(request: HttpRequest, given: NewTextGiven) -> HttpResponse:
    user = caller(request)
    sent = send_new_text(
        sender=Sender(user.organisation_id, user.organisation.region, user=user),
        asked=NewText(given.line_id, given.numbers, given.body, str(given.client_id), keep=given.keep),
    )
    return as_json(new_text_view(user, sent))
