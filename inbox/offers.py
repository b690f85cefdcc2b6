"""What rings at an agent and what he wraps up, as his screen shows it."""

from __future__ import annotations

from typing import TypedDict
from uuid import UUID

from accounts.models import User
from common.clock import database_now
from common.errors import NotFound
from conversations.models import Conversation, Message, MessageKind
from conversations.rendering import Row, iso, render_rows
from conversations.visibility import audience_of
from routing.models import Offer, OfferState, Queue, QueueSkill, Skill, WrapUp


class WantedSkill(TypedDict):
    """What its queue asks for: at least a level, and one from which on agents come first. 0: neither."""

    skill_id: str
    name: str
    least: int
    preferred: int


class OfferView(TypedDict):
    """`at`: the server's time when this was read. A countdown runs from expires_at - at, by whatever clock.
    `sender`: the colleague who transfers it, `note`: what he says to it."""

    id: str
    state: str
    queue_id: str
    queue: str
    weight: int
    made_at: str
    expires_at: str
    at: str
    skills: list[WantedSkill]
    sender: str | None
    note: str
    conversation: Row


class WrapUpView(TypedDict):
    conversation_id: str
    queue_id: str | None
    since: str
    until: str
    at: str
    disposition_id: str | None
    disposition_required: bool
    conversation: Row


def offers_of(user: User) -> list[OfferView]:
    """Those that ring now, oldest first, of lines that he may (still) see."""
    found = list(
        Offer.objects.filter(organisation_id=user.organisation_id, user=user, state=OfferState.PENDING)
        .select_related("queue", "sender")
        .order_by("made_at")
    )
    rows, at = _rows(user, [one.conversation_id for one in found]), iso(database_now())
    notes = _notes(found)
    wanted = _wanted(user.organisation_id, {one.queue for one in found})
    return [
        {
            "id": str(one.id),
            "state": one.state,
            "queue_id": str(one.queue_id),
            "queue": one.queue.name,
            "weight": one.weight,
            "made_at": iso(one.made_at),
            "expires_at": iso(one.expires_at),
            "at": at,
            "skills": wanted[one.queue_id, ""] + wanted.get((one.queue_id, _spoken(rows[one.conversation_id])), []),
            "sender": one.sender.name if one.sender else None,
            "note": notes.get(one.id, ""),
            "conversation": rows[one.conversation_id],
        }
        for one in found
        if one.conversation_id in rows
    ]


def _notes(offers: list[Offer]) -> dict[UUID, str]:
    """What was written for those of them that are transfers, by offer."""
    found = {}
    for one in offers:
        if one.note_seq is not None:
            note = Message.objects.filter(conversation_id=one.conversation_id, seq=one.note_seq, kind=MessageKind.NOTE)
            found[one.id] = note.values_list("body", flat=True).first() or ""
    return found


def _spoken(row: Row) -> str:
    return row["contact"]["language"] or "?"


def _wanted(organisation_id: UUID, queues: set[Queue]) -> dict[tuple[UUID, str], list[WantedSkill]]:
    """By queue and "": what it asks of everybody; by queue and language: what it asks for a subscriber who speaks it.
    As routing/glance.py reads it."""
    found: dict[tuple[UUID, str], list[WantedSkill]] = {(queue.id, ""): [] for queue in queues}
    needs = QueueSkill.objects.filter(queue__in=queues, skill__is_enabled=True).select_related("skill")
    for one in needs.order_by("-least", "-preferred", "skill__name"):
        found[one.queue_id, ""].append(_want(one.skill, one.least, one.preferred))
    if any(queue.language_level for queue in queues):
        for skill in Skill.objects.filter(organisation_id=organisation_id, is_enabled=True).exclude(language=""):
            for queue in queues:
                asked = {one["skill_id"] for one in found[queue.id, ""]}
                if queue.language_level and str(skill.id) not in asked:
                    found[queue.id, skill.language] = [_want(skill, queue.language_level, 0)]
    return found


def _want(skill: Skill, least: int, preferred: int) -> WantedSkill:
    return {"skill_id": str(skill.id), "name": skill.name, "least": least, "preferred": preferred}


def conversation_of_offer(user: User, offer_id: UUID) -> UUID:
    """Raises NotFound("no_offer"): there is none, it is another's, or of a line that he does not see any more."""
    found = Offer.objects.filter(organisation_id=user.organisation_id, id=offer_id, user=user).first()
    audience = audience_of(user)
    if found is None or audience is None or not audience.sees_line(found.line_id):
        raise NotFound("no_offer", "there is no such offer")
    return found.conversation_id


def wrap_ups_of(user: User) -> list[WrapUpView]:
    found = list(
        WrapUp.objects.filter(organisation_id=user.organisation_id, user=user)
        .select_related("conversation")
        .order_by("until")
    )
    wanting = set(
        Queue.objects.filter(
            id__in={one.queue_id for one in found}, dispositions_required=True, dispositions__is_enabled=True
        ).values_list("id", flat=True)
    )
    rows, at = _rows(user, [one.conversation_id for one in found]), iso(database_now())
    return [
        {
            "conversation_id": str(one.conversation_id),
            "queue_id": str(one.queue_id) if one.queue_id else None,
            "since": iso(one.since),
            "until": iso(one.until),
            "at": at,
            "disposition_id": _text(one.conversation),
            "disposition_required": one.queue_id in wanting,
            "conversation": rows[one.conversation_id],
        }
        for one in found
        if one.conversation_id in rows
    ]


def _text(conversation: Conversation) -> str | None:
    return str(conversation.disposition_id) if conversation.disposition_id else None


def _rows(user: User, ids: list[UUID]) -> dict[UUID, Row]:
    audience = audience_of(user)
    if audience is None or not ids:
        return {}
    rows = render_rows(user.organisation_id, ids, audience.kind)
    return {id_: row for id_, row in rows.items() if audience.sees_line(UUID(row["line_id"]))}
