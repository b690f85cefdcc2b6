"""Front filters for stories: who writes to a line that has one, and what he gets."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from contacts.models import ContactList
from conversations.models import Conversation, Delivery, Line, Status
from routing.filter_admin import CheckGiven, FilterGiven, WayGiven, save_filter
from routing.handling import handle
from routing.turns import Turns
from tests.cast import Cast

OTHER = "+2290197000002"
SORRY = "Ce service est réservé aux distributeurs. Composez le 1919."


def keep_filter(boss: User, line: Line, *checks: CheckGiven, way: WayGiven | None = None) -> dict[str, Any]:
    otherwise = way or WayGiven("answer", reply=SORRY)
    found = save_filter(actor=boss, line_id=line.id, given=FilterGiven(True, otherwise, checks))
    line.refresh_from_db()
    return found


def in_list(one: ContactList, **way: Any) -> CheckGiven:
    return CheckGiven("in_list", WayGiven("admit", **way), thing_id=one.id)


def writes(cast: Cast, turns: Turns, line: Line, sender: str, *words: str) -> Conversation:
    """A text, or several, and what becomes of them; where no conversation is open, they open one."""
    cast.organisation.refresh_from_db()
    mine = Conversation.objects.filter(line=line, address__value=sender).exclude(status=Status.CLOSED)
    conversation = mine.first() or cast.open_conversation(line=line, sender=sender)
    for one in words or ("Bonjour",):
        cast.text_in(conversation, one)
    while handle(owner="d1", turns=turns):
        pass
    conversation.refresh_from_db()
    return conversation


def sent(conversation: Conversation) -> list[str]:
    return [
        one.body for one in conversation.messages.filter(kind="outgoing").order_by("seq")
        if Delivery.objects.filter(message_id=one.id).exists()
    ]  # fmt: skip
