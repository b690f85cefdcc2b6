"""What agents keep ready to say and have not said: rows of an organisation, as tests/gates/leftovers.py has others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from accounts.models import User
from conversations.models import Conversation
from replies.models import CannedReply, CannedUse, Draft, RepliesSettings, ScheduledReply
from tests.realtime.world import World


def keep_replies(world: World, conversation: Conversation, author: User) -> None:
    """A canned reply of everybody's and one of the conversation's owner, a draft of his, and a text for later."""
    organisation, owner = world.organisation, conversation.owner or author
    RepliesSettings.objects.create(organisation=organisation, shares_drafts=True)
    words = {"organisation": organisation, "title": "Bienvenue", "fr": "Bonjour", "en": "Hello", "tags": "accueil"}
    shared = CannedReply.objects.create(scope="all", shortcut="bienvenue", **words)
    shared.lines.add(world.open_line)
    CannedReply.objects.create(scope="personal", owner=owner, shortcut="mienne", **words)
    CannedUse.objects.create(user=owner, reply=shared, count=2)
    Draft.objects.create(
        organisation=organisation, user=owner, conversation=conversation, mode="reply", text="Je vous", edit=1,
        browser=uuid4(),
    )  # fmt: skip
    ScheduledReply.objects.create(
        organisation=organisation, conversation=conversation, user=owner, client_id=uuid4(), body="À demain", seen=1,
        at=datetime.now(UTC) + timedelta(days=1), reason="rien",
    )  # fmt: skip
