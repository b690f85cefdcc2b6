"""What somebody keeps of his own desk: a row in each of its tables."""

from __future__ import annotations

from uuid import uuid4

from accounts.models import User
from contacts.models import Tag
from conversations.models import Conversation
from inbox.models import BulkDeed, DeskChoice, SavedView, Sharing
from tests.realtime.world import World


def keep_a_desk(world: World, owner: User, conversation: Conversation) -> None:
    """A view that everybody may open, one's own, and how its owner has his desk, and a tag that he has put on many."""
    organisation, line = world.organisation, str(world.open_line.id)
    SavedView.objects.create(
        organisation=organisation, owner=owner, sharing=Sharing.EVERYBODY, name="Qui attend",
        filter={"view": "queue", "line": [line]},
    )  # fmt: skip
    SavedView.objects.create(organisation=organisation, owner=owner, name="Les miennes", filter={"view": "mine"})
    DeskChoice.objects.create(user=owner, organisation=organisation, line_ids=[line])
    tag = Tag.objects.get(organisation=organisation)
    BulkDeed.objects.create(
        id=uuid4(), organisation=organisation, owner=owner, action="tag", conversation_ids=[str(conversation.id)],
        arguments={"tag_id": str(tag.id), "seen": {}},
        outcomes={str(conversation.id): {"code": "", "before": {"changed": True}}},
    )  # fmt: skip
