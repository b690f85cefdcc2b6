"""What somebody keeps of his own desk: a row in each of its tables."""

from __future__ import annotations

from accounts.models import User
from inbox.models import DeskChoice, SavedView, Sharing
from tests.realtime.world import World


def keep_a_desk(world: World, owner: User) -> None:
    """A view that everybody may open, one's own, and how its owner has his desk."""
    organisation, line = world.organisation, str(world.open_line.id)
    SavedView.objects.create(
        organisation=organisation, owner=owner, sharing=Sharing.EVERYBODY, name="Qui attend",
        filter={"view": "queue", "line": [line]},
    )  # fmt: skip
    SavedView.objects.create(organisation=organisation, owner=owner, name="Les miennes", filter={"view": "mine"})
    DeskChoice.objects.create(user=owner, organisation=organisation, line_ids=[line])
