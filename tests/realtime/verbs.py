"""Everything that can be done to a conversation, one function each, for tests that must hold for all of them.

A package adds its own with `@verb("what it does")`: it gets a World and a conversation that fits `status`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.db.models import F
from django.db.models.functions import Now

from conversations import events
from conversations.messages import add_event_line, add_note, lock_conversation, send_message
from conversations.models import Author, Conversation, Delivery, DeliveryState, Message, Status
from realtime.log import Changes, record_changes
from routing.models import AgentState, Disposition
from tests.realtime.world import World


@dataclass(frozen=True)
class Verb:
    name: str
    status: str
    act: Callable[[World, Conversation], Any]
    sql: bool = False  # on a connection of its own, with statements of its own

    def fields(self, world: World) -> dict[str, Any]:
        """Of a conversation on which this can be done. One that is open is counted in its owner's load."""
        if self.status == "open":
            AgentState.objects.filter(user=world.people["afi"]).update(load=F("load") + 1, capacity=100)
            return {"status": "open", "owner": world.people["afi"], "assigned_at": Now()}
        if self.status == "queued":
            return {"status": "queued", "queue_id": world.queue.id, "queued_at": Now()}
        return {"status": self.status}


VERBS: dict[str, Verb] = {}


def verb(
    name: str, status: str = "open", *, sql: bool = False
) -> Callable[[Callable[[World, Conversation], Any]], Any]:
    def register(act: Callable[[World, Conversation], Any]) -> Any:
        VERBS[name] = Verb(name, status, act, sql)
        return act

    return register


def _locked(world: World, conversation: Conversation) -> Conversation:
    return lock_conversation(organisation_id=world.organisation.id, conversation_id=conversation.id)


@verb("an agent answers")
def answer(world: World, conversation: Conversation, body: str = "Bonjour Awa, je regarde.") -> Message:
    with record_changes(world.organisation.id) as changes:
        return send_message(
            changes=changes, conversation=_locked(world, conversation), body=body, author=Author.AGENT,
            author_user=world.people["afi"], client_id=uuid4(),
        )  # fmt: skip


@verb("the bot answers", "bot")
def bot_answers(world: World, conversation: Conversation) -> Message:
    with record_changes(world.organisation.id) as changes:
        return send_message(
            changes=changes, conversation=_locked(world, conversation), body="Bonjour !", author=Author.BOT
        )


@verb("an agent writes a note")
def note(world: World, conversation: Conversation) -> Message:
    with record_changes(world.organisation.id) as changes:
        return add_note(
            changes=changes, conversation=_locked(world, conversation), body="Client fidèle",
            author_user=world.people["afi"], client_id=uuid4(),
        )  # fmt: skip


@verb("a grey line is added")
def event_line(world: World, conversation: Conversation) -> Message:
    with record_changes(world.organisation.id) as changes:
        return add_event_line(
            changes=changes, conversation=_locked(world, conversation),
            facts={"type": "assigned", "owner_id": str(world.people["afi"].id), "summary": "veut un conseiller"},
        )  # fmt: skip


def _becomes(changes: Changes, conversation: Conversation, change: events.Change, **fields: Any) -> None:
    Conversation.objects.filter(id=conversation.id).update(revision=F("revision") + 1, **fields)
    changes.add(change)


# What follows are the shapes of events, written by hand: the deeds themselves are routing's, and register there.


@verb("shape: queued", "bot")
def queued(world: World, conversation: Conversation) -> None:
    with record_changes(world.organisation.id) as changes:
        found = _locked(world, conversation)
        change = events.ConversationQueued(found.line_id, found.id, world.queue.id, "asked")
        _becomes(changes, found, change, status=Status.QUEUED, queue_id=world.queue.id, queued_at=Now())


@verb("shape: assigned", "queued")
def assigned(world: World, conversation: Conversation) -> None:
    with record_changes(world.organisation.id) as changes:
        found, owner = _locked(world, conversation), world.people["afi"]
        change = events.ConversationAssigned(found.line_id, found.id, owner.id, "routing")
        _becomes(changes, found, change, status=Status.OPEN, owner=owner, assigned_at=Now())


@verb("shape: returned")
def returned(world: World, conversation: Conversation) -> None:
    with record_changes(world.organisation.id) as changes:
        found = _locked(world, conversation)
        change = events.ConversationReturned(found.line_id, found.id, "queue", found.owner_id)
        _becomes(changes, found, change, status=Status.QUEUED, owner=None, queue_id=world.queue.id, queued_at=Now())


@verb("shape: closed")
def closed(world: World, conversation: Conversation) -> None:
    with record_changes(world.organisation.id) as changes:
        found = _locked(world, conversation)
        change = events.ConversationClosed(found.line_id, found.id, found.owner_id)
        _becomes(changes, found, change, status=Status.CLOSED, owner=None, closed_at=Now())


@verb("shape: disposed", "closed")
def disposed(world: World, conversation: Conversation) -> None:
    with record_changes(world.organisation.id) as changes:
        found = _locked(world, conversation)
        what = Disposition.objects.create(organisation=world.organisation, queue=world.queue, name=str(uuid4()))
        change = events.ConversationDisposed(found.line_id, found.id)
        _becomes(changes, found, change, disposition_id=what.id)


@verb("shape: read")
def read(world: World, conversation: Conversation) -> None:
    with record_changes(world.organisation.id) as changes:
        found = _locked(world, conversation)
        change = events.ConversationRead(found.line_id, found.id, world.people["afi"].id, found.last_seq)
        _becomes(changes, found, change, unread=0)


@verb("shape: received", "bot")
def received(world: World, conversation: Conversation, body: str = "je veux un conseiller") -> Message:
    with record_changes(world.organisation.id) as changes:
        found = _locked(world, conversation)
        fields = {
            "last_seq": F("last_seq") + 1, "unread": F("unread") + 1, "preview": body[:140],
            "preview_author": "contact", "preview_kind": "incoming", "last_activity_at": Now(),
        }  # fmt: skip
        Conversation.objects.filter(id=found.id).update(revision=F("revision") + 1, **fields)
        found.refresh_from_db()
        message = Message.objects.create(
            organisation=world.organisation, conversation=found, seq=found.last_seq, kind="incoming",
            author="contact", body=body,
        )  # fmt: skip
        changes.add(events.MessageReceived(found.line_id, found.id, message.id, message.seq, False))
        return message


@verb("shape: deliveries progressed")
def progressed(world: World, conversation: Conversation) -> None:
    """Two receipts of two conversations in one event, as a batch brings them."""
    other = world.conversation(status="open", owner=world.people["afi"])
    sent = [answer(world, conversation), answer(world, other)]
    with record_changes(world.organisation.id) as changes:
        Delivery.objects.filter(message_id=sent[0].id).update(state=DeliveryState.DELIVERED)
        Delivery.objects.filter(message_id=sent[1].id).update(state=DeliveryState.FAILED, error_code="8")
        states = (DeliveryState.DELIVERED, DeliveryState.FAILED)
        changes.add(
            events.DeliveriesProgressed(
                tuple(
                    (one.line_id, one.id, message.id, message.seq, int(state))
                    for one, message, state in zip((conversation, other), sent, states, strict=True)
                )
            )
        )
