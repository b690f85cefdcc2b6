"""The people and places that tests tell stories about: Savane Assistance, its two short codes, its desk.

    cast = make_cast()
    cast.text_in(cast.line_1919, "Bonjour", sender="+2290197000001")

Rows are made as the product makes them, except `open_conversation`, which puts one straight into a status.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F

from accounts.models import Organisation, Role, User
from common.clock import database_now
from common.ids import uuid7
from contacts.models import Address, AddressKind, Contact
from conversations.models import Conversation, Line, LineLink, Link, Message, MessageKind, Status, Unhandled
from measures.models import Interval, IntervalKind
from routing.models import AgentState, Queue, State

SUBSCRIBER = "+2290197000001"


@dataclass
class Cast:
    organisation: Organisation
    queue: Queue
    line_1919: Line  # answered by the bot "telecom" first
    line_3334: Line  # straight to the queue
    north: Link
    south: Link
    awa: User
    koffi: User
    mariam: User
    sam: User  # supervisor

    @property
    def agents(self) -> list[User]:
        return [self.awa, self.koffi, self.mariam]

    def available(self, *users: User, capacity: int = 5) -> None:
        """These agents take new work from now on."""
        AgentState.objects.filter(user__in=users).update(state=State.AVAILABLE, capacity=capacity)

    def state_of(self, user: User) -> AgentState:
        return AgentState.objects.get(user=user)

    def person(self, sender: str = SUBSCRIBER) -> Address:
        found = Address.objects.filter(organisation=self.organisation, value=sender).first()
        if found is None:
            contact = Contact.objects.create(organisation=self.organisation)
            found = Address.objects.create(
                organisation=self.organisation, contact=contact, kind=AddressKind.PHONE, value=sender
            )
        return found

    def open_conversation(
        self,
        *,
        line: Line | None = None,
        sender: str = SUBSCRIBER,
        status: Status = Status.BOT,
        owner: User | None = None,
        at: datetime | None = None,
        priority: int = 0,
    ) -> Conversation:
        """A conversation with no text yet. With `owner` it counts in that agent's load."""
        line, at = line or self.line_3334, at or database_now()
        address = self.person(sender)
        conversation = Conversation.objects.create(
            organisation=self.organisation,
            line=line,
            contact_id=address.contact_id,
            address=address,
            link=self.north,
            status=status,
            owner=owner,
            queue_id=None if status == Status.BOT else self.queue.id,
            queued_at=None if status == Status.BOT else at,
            assigned_at=at if owner else None,
            snoozed_at=at if status == Status.SNOOZED else None,
            opened_at=at,
            priority=priority,
        )
        if owner is not None and status == Status.OPEN:
            AgentState.objects.filter(user=owner).update(load=F("load") + 1)
        return conversation

    def queued(self, **given: Any) -> Conversation:
        return self.open_conversation(status=Status.QUEUED, **given)

    def owned_by(self, owner: User, **given: Any) -> Conversation:
        return self.open_conversation(status=Status.OPEN, owner=owner, **given)

    def text_in(self, conversation: Conversation, body: str = "Bonjour", *, at: datetime | None = None) -> Message:
        """One more text of the subscriber, as the intake statement leaves it: unhandled."""
        at = at or database_now()
        Conversation.objects.filter(id=conversation.id).update(
            last_seq=F("last_seq") + 1, unread=F("unread") + 1, revision=F("revision") + 1, preview=body[:140]
        )
        Conversation.objects.filter(id=conversation.id, waiting_since=None).update(waiting_since=at)
        conversation.refresh_from_db()
        message = Message.objects.create(
            id=uuid7(),
            organisation=self.organisation,
            conversation=conversation,
            seq=conversation.last_seq,
            kind=MessageKind.INCOMING,
            author="contact",
            body=body,
            created_at=at,
        )
        with connection.cursor() as cursor:
            cursor.execute(
                """insert into conversations_unhandled as u (conversation_id, organisation_id) values (%s, %s)
                   on conflict (conversation_id) do update set claimed_by = '', claimed_until = null""",
                [conversation.id, self.organisation.id],
            )
        return message

    def said(self, conversation: Conversation) -> list[tuple[str, str]]:
        """The thread as (author, words or kind of event)."""
        return [
            (m.author, m.facts["type"] if m.kind == MessageKind.EVENT and m.facts else m.body)
            for m in Message.objects.filter(conversation=conversation).order_by("seq")
        ]

    def unhandled(self) -> set[UUID]:
        return set(Unhandled.objects.values_list("conversation_id", flat=True))

    def intervals(self, kind: IntervalKind) -> list[Interval]:
        return list(Interval.objects.filter(organisation_id=self.organisation.id, kind=kind).order_by("ended_at"))


def make_cast(
    *,
    name: str = "Savane Assistance",
    slug: str = "savane",
    domain: str = "savane.example",
    password: str | None = None,
) -> Cast:
    """An organisation with its people. Another `slug` and `domain` make a second tenant, of other people."""
    organisation = Organisation.objects.create(name=name, slug=slug, languages=["fr", "en"])
    queue = Queue.objects.create(organisation=organisation, name="Service clients")
    line_1919 = Line.objects.create(
        organisation=organisation, name="Service clients", address="1919", bot="telecom", queue_id=queue.id
    )
    line_3334 = Line.objects.create(organisation=organisation, name="Distributeurs", address="3334", queue_id=queue.id)
    north = Link.objects.create(organisation=organisation, name="Savane Mobile")
    south = Link.objects.create(organisation=organisation, name="Atlantique Télécom")
    for line, link, priority in ((line_1919, north, 0), (line_1919, south, 1), (line_3334, north, 0)):
        LineLink.objects.create(line=line, link=link, priority=priority)

    def person(full_name: str, first: str, role: Role = Role.AGENT) -> User:
        user = User.objects.create_user(
            f"{first}@{domain}", password, organisation=organisation, name=full_name, role=role
        )
        AgentState.objects.create(user=user, organisation=organisation)
        return user

    return Cast(
        organisation=organisation,
        queue=queue,
        line_1919=line_1919,
        line_3334=line_3334,
        north=north,
        south=south,
        awa=person("Awa Diallo", "awa"),
        koffi=person("Koffi Mensah", "koffi"),
        mariam=person("Mariam Ouédraogo", "mariam"),
        sam=person("Sam Houngbédji", "sam", Role.SUPERVISOR),
    )
