"""A row of an organisation in each table about people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from accounts.models import User
from contacts.models import Block, Contact, Merge, PersonNote, RecordLink
from conversations.models import Conversation
from tests.realtime.world import World


def keep_people(world: World, conversation: Conversation, author: User) -> None:
    """A note of `author` on the person of a conversation, who is blocked and one with somebody else; and where the
    client's system shows people."""
    organisation, contact = world.organisation, conversation.contact
    PersonNote.objects.create(organisation=organisation, contact=contact, author=author, body="Rappeler le soir")
    until = datetime.now(UTC) + timedelta(days=400)
    Block.objects.create(contact=contact, organisation=organisation, reason="Menaces", until=until, by=author)
    gone = world.conversation(status="closed", closed_at=datetime.now(UTC)).contact
    Contact.objects.filter(id=gone.id).update(merged_into=contact)
    nothing = {"name": ["", ""], "language": ["", ""], "tags": [], "values": {}, "followers": []}
    Merge.objects.create(organisation=organisation, kept=contact, gone=gone, facts=nothing, by=author)
    RecordLink.objects.create(organisation=organisation, name="CRM", template="https://crm.example/{number}")
