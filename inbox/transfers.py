"""To whom a conversation can be handed, and what its owner has handed out and nobody has accepted yet."""

from __future__ import annotations

from typing import TypedDict
from uuid import UUID

from django.db.models import Count, Q

from accounts.models import User
from common.clock import database_now
from conversations.models import Conversation, Message, MessageKind, Status
from conversations.rendering import Row, iso, render_rows
from conversations.visibility import audience_of, audiences_of
from routing.consult_models import Consult
from routing.models import AgentMedium, Offer, OfferState, Queue
from routing.rendering import render_agents
from routing.transfer import OVERSEERS, REACHABLE


class AgentChoice(TypedDict):
    """`room`: how many weights he may still take of this medium. `hindrance`: why not him: "away", "full", or ""."""

    id: str
    name: str
    state: str
    reason: str | None
    load: int
    capacity: int
    room: int
    hindrance: str


class QueueChoice(TypedDict):
    id: str
    name: str
    waiting: int


class Destinations(TypedDict):
    agents: list[AgentChoice]
    queues: list[QueueChoice]


class TransferView(TypedDict):
    """A transfer that rings at a colleague. `at`: the server's time when this was read."""

    id: str
    conversation_id: str
    agent_id: str
    agent: str
    made_at: str
    expires_at: str
    at: str


class ConsultView(TypedDict):
    """A question about a conversation, of the caller's or to him."""

    id: str
    asker_id: str
    asker: str
    colleague_id: str
    colleague: str
    question: str
    asked_at: str
    conversation: Row


def destinations_of(conversation: Conversation) -> Destinations:
    """Who sees its line, those who can take it first; and the queues. Not its owner."""
    agents = render_agents(conversation.organisation_id)
    seen = audiences_of(agents)
    may = [
        one for id_, one in agents.items()
        if id_ != conversation.owner_id and id_ in seen and seen[id_].sees_line(conversation.line_id)
        and seen[id_].role != "observer"
    ]  # fmt: skip
    medium = AgentMedium.objects.filter(medium=conversation.line.medium, user_id__in=[one["id"] for one in may])
    of_medium = {str(one.user_id): one.capacity - one.load for one in medium}
    choices: list[AgentChoice] = []
    for one in may:
        room = max(0, min(one["capacity"] - one["load"], of_medium.get(one["id"], one["capacity"])))
        hindrance = "away" if one["state"] not in REACHABLE else "full" if room < conversation.weight else ""
        choices.append(
            {
                "id": one["id"], "name": one["name"], "state": one["state"], "reason": one["reason"],
                "load": one["load"], "capacity": one["capacity"], "room": room, "hindrance": hindrance,
            }
        )  # fmt: skip
    choices.sort(key=lambda one: (one["hindrance"] == "away", one["hindrance"] == "full", one["name"]))
    return {"agents": choices, "queues": _queues(conversation.organisation_id)}


def _queues(organisation_id: UUID) -> list[QueueChoice]:
    waiting = dict(
        Conversation.objects.filter(organisation_id=organisation_id, status=Status.QUEUED)
        .values_list("queue_id")
        .annotate(waiting=Count("id"))
    )
    found = Queue.objects.filter(organisation_id=organisation_id, is_enabled=True).order_by("name")
    return [{"id": str(one.id), "name": one.name, "waiting": waiting.get(one.id, 0)} for one in found]


def transfers_of(user: User, conversation_id: UUID | None = None) -> list[TransferView]:
    """What the caller still owns and has offered to a colleague, oldest first. Of one conversation: what he may take
    back, his own or, for who oversees, anybody's."""
    at = iso(database_now())
    found = Offer.objects.filter(organisation_id=user.organisation_id, state=OfferState.PENDING)
    if conversation_id is not None:
        found = found.filter(conversation_id=conversation_id)
    if conversation_id is None or user.role not in OVERSEERS:
        found = found.filter(sender=user)
    else:
        found = found.filter(sender__isnull=False)
    return [
        {
            "id": str(one.id),
            "conversation_id": str(one.conversation_id),
            "agent_id": str(one.user_id),
            "agent": one.user.name,
            "made_at": iso(one.made_at),
            "expires_at": iso(one.expires_at),
            "at": at,
        }
        for one in found.select_related("user").order_by("made_at")
    ]


def consults_of(user: User) -> list[ConsultView]:
    """Those that the caller asks and those that he is asked, oldest first, of lines that he may (still) see."""
    audience = audience_of(user)
    found = list(
        Consult.objects.filter(Q(asker=user) | Q(colleague=user), organisation_id=user.organisation_id, ended_at=None)
        .select_related("asker", "colleague")
        .order_by("asked_at")
    )
    found = [one for one in found if audience is not None and audience.sees_line(one.line_id)]
    if audience is None or not found:
        return []
    rows = render_rows(user.organisation_id, [one.conversation_id for one in found], audience.kind)
    return [
        {
            "id": str(one.id),
            "asker_id": str(one.asker_id),
            "asker": one.asker.name,
            "colleague_id": str(one.colleague_id),
            "colleague": one.colleague.name,
            "question": _question(one),
            "asked_at": iso(one.asked_at),
            "conversation": rows[one.conversation_id],
        }
        for one in found
        if one.conversation_id in rows
    ]


def _question(one: Consult) -> str:
    note = Message.objects.filter(conversation_id=one.conversation_id, seq=one.note_seq, kind=MessageKind.NOTE)
    return note.values_list("body", flat=True).first() or ""
