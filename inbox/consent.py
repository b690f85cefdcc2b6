"""What colleagues do about who may be texted: write an opt-out down, lift it with a proof, look through the list."""

from __future__ import annotations

from typing import TypedDict
from uuid import UUID

from accounts.models import User
from common.errors import Invalid, NotFound
from common.text import storable
from contacts.keywords import Keyword
from contacts.models import ConsentEvent, Suppression
from contacts.numbers import normalise
from conversations import consent
from conversations.messages import add_event_line, lock_conversation
from conversations.models import Conversation
from conversations.rendering import iso
from realtime.log import record_changes

LONGEST_REASON = 300
PAGE = 100


class ConsentView(TypedDict):
    """`opted_out_at` None: may be texted. `may_answer`: may be answered all the same (the line's own rule)."""

    opted_out_at: str | None
    source: str | None
    may_answer: bool


class SaidView(TypedDict):
    """One thing that was said about texting a number."""

    kind: str
    source: str
    changed: bool
    words: str
    by: str | None
    at: str


class OptOutView(TypedDict):
    number: str
    since: str
    source: str


def consent_view(conversation: Conversation) -> ConsentView:
    """`conversation` with its `line` and `address`."""
    found = consent.consent_of(conversation)
    if found.opted_out_at is None:
        return {"opted_out_at": None, "source": None, "may_answer": True}
    source = Suppression.objects.filter(
        organisation_id=conversation.organisation_id, number=conversation.address.value
    ).values_list("source", flat=True)
    return {"opted_out_at": iso(found.opted_out_at), "source": source.first(), "may_answer": found.may_answer}


def set_consent(*, user: User, conversation_id: UUID, opted_out: bool, reason: str) -> SaidView:
    """Write down that the conversation's number wants nothing more, or that it wants texts again; what is kept of it.

    Where it was so before, what is new is the reason. Raises NotFound, Invalid("required") without one: it is proof.
    """
    reason = storable(reason).strip()
    if not reason:
        raise Invalid("required", "say how you know", field="reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid("too_long", f"at most {LONGEST_REASON} characters", field="reason")
    number = (
        Conversation.objects.filter(organisation_id=user.organisation_id, id=conversation_id)
        .values_list("address__value", flat=True)
        .first()
    )
    if number is None:
        raise NotFound("no_conversation", "there is no such conversation")
    with record_changes(user.organisation_id) as changes:
        deed = consent.opt_out if opted_out else consent.opt_in
        kept = deed(organisation_id=user.organisation_id, number=number, actor_id=user.id, reason=reason)
        conversation = lock_conversation(organisation_id=user.organisation_id, conversation_id=conversation_id)
        kind = Keyword.OPT_OUT if opted_out else Keyword.OPT_IN
        add_event_line(
            changes=changes, conversation=conversation, facts={"type": str(kind), "reason": reason}, author_user=user
        )
    return _said(kept, user.name)


def opt_outs(*, organisation_id: UUID, region: str, q: str = "") -> list[OptOutView]:
    """The newest opt-outs, at most PAGE; with `q` those of this number, or whose number ends so."""
    found = Suppression.objects.filter(organisation_id=organisation_id)
    if q.strip():
        normal = normalise(q, region=region)
        digits = "".join(filter(str.isdigit, q))
        found = found.filter(number=normal.value) if normal.is_number else found.filter(number__endswith=digits or q)
    rows = found.order_by("-since").values_list("number", "since", "source")[:PAGE]
    return [{"number": number, "since": iso(since), "source": source} for number, since, source in rows]


def said_of(*, organisation_id: UUID, number: str) -> list[SaidView]:
    """Everything that was ever said about texting `number`, newest first, at most PAGE."""
    events = list(ConsentEvent.objects.filter(organisation_id=organisation_id, number=number).order_by("-at")[:PAGE])
    people = User.objects.filter(
        organisation_id=organisation_id, id__in=[one.actor_id for one in events if one.actor_id]
    )
    names = dict(people.values_list("id", "name"))
    return [_said(one, names.get(one.actor_id) if one.actor_id else None) for one in events]


def _said(one: ConsentEvent, by: str | None) -> SaidView:
    return {
        "kind": str(one.kind),
        "source": one.source,
        "changed": one.changed,
        "words": one.words,
        "by": by,
        "at": iso(one.at),
    }
