"""A new text as the desk sees it: what is known of each number before it is sent, and what came of it after."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypedDict
from uuid import UUID

from accounts.models import User
from common.errors import NotFound
from contacts.models import Address, AddressKind
from conversations.consent import opposed
from conversations.models import Conversation, Recipient, Status, WrongNumber
from conversations.recipients import MOST, recognise
from conversations.visibility import lines_visible_to
from routing.new_texts import HELD, Sent


class CheckedView(TypedDict):
    """One number. `refusal`: what the server would say now; "" = it may be texted."""

    given: str
    number: str
    name: str | None
    refusal: str
    owner: str | None  # of the conversation that is open with it: his own, or in the way
    conversation_id: str | None


class CheckView(TypedDict):
    items: list[CheckedView]
    repeated: list[str]
    most: int


class RecipientView(TypedDict):
    """What came of one number. `state`: sent (its text is stored, and leaves), refused, pending (ask again)."""

    id: str
    number: str
    name: str | None
    state: str
    refusal: str
    facts: dict[str, str | int | bool]
    conversation_id: str | None
    is_kept: bool


class NewTextView(TypedDict):
    items: list[RecipientView]
    repeated: list[str]


def check(*, user: User, line_id: UUID, numbers: Sequence[str]) -> CheckView:
    """Look at numbers before anything is sent. Raises NotFound, Invalid("too_many_recipients")."""
    lines = lines_visible_to(user)
    if line_id not in lines:
        raise NotFound("no_line", "there is no such line")
    found, repeated = recognise(numbers, region=user.organisation.region)
    values = [one.number for one in found if not one.problem]
    organisation_id = user.organisation_id
    stopped = opposed(organisation_id, values)
    wrong = set(
        WrongNumber.objects.filter(organisation_id=organisation_id, number__in=values).values_list("number", flat=True)
    )
    names = _names(organisation_id, values, lines)
    open_ones = {
        number: (id_, owner_id, owner, status)
        for number, id_, owner_id, owner, status in Conversation.objects.filter(
            organisation_id=organisation_id, line_id=line_id, contact__addresses__kind=AddressKind.PHONE,
            contact__addresses__value__in=values,
        )
        .exclude(status=Status.CLOSED)
        .values_list("contact__addresses__value", "id", "owner_id", "owner__name", "status")
    }  # fmt: skip
    items: list[CheckedView] = []
    for one in found:
        id_, owner_id, owner, status = open_ones.get(one.number, (None, None, None, ""))
        theirs = status in HELD and owner_id != user.id
        refusal = one.problem or (
            "opted_out" if one.number in stopped else "wrong_number" if one.number in wrong else ""
        )
        items.append(
            {
                "given": one.given,
                "number": one.number,
                "name": names.get(one.number),
                "refusal": refusal or ("already_owned" if theirs else ""),
                "owner": owner,
                "conversation_id": str(id_) if id_ else None,
            }
        )
    return {"items": items, "repeated": repeated, "most": MOST}


def new_text_view(user: User, sent: Sent) -> NewTextView:
    names = _names(user.organisation_id, [one.number for one in sent.recipients], lines_visible_to(user))
    return {"items": [_view(one, names.get(one.number)) for one in sent.recipients], "repeated": sent.repeated}


def _names(organisation_id: UUID, numbers: Sequence[str], lines: Collection[UUID]) -> dict[str, str]:
    """By number, of people who have talked on one of `lines`: others' names are none of his business who asks."""
    found = Address.objects.filter(
        organisation_id=organisation_id, kind=AddressKind.PHONE, value__in=list(numbers),
        contact__conversations__line_id__in=lines,
    )  # fmt: skip
    return dict(found.exclude(contact__name="").values_list("value", "contact__name"))


def _view(one: Recipient, name: str | None) -> RecipientView:
    return {
        "id": str(one.id),
        "number": one.number,
        "name": name,
        "state": "refused" if one.refusal else "sent" if one.settled_at else "pending",
        "refusal": one.refusal,
        "facts": one.facts,
        "conversation_id": str(one.conversation_id) if one.conversation_id else None,
        "is_kept": one.is_kept,
    }
