"""What a screen would show when it was fetched afresh, from the functions that serve the API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from conversations.counts import counts_for
from conversations.models import Conversation
from conversations.rendering import render_rows, render_thread
from conversations.visibility import audience_of, conversations_of
from realtime.audience import Audience
from realtime.reading import read_head
from routing.rendering import render_agents
from tests.realtime.client import DeskModel
from tests.realtime.world import World


def audience(world: World, name: str) -> Audience:
    found = audience_of(world.people[name])
    assert found is not None
    return found


def fill(model: DeskModel, viewer: Audience, conversations: list[UUID]) -> None:
    """Fill `model` with a snapshot, the head read first, as the API does."""
    head = read_head(viewer.organisation_id)
    model.snapshot(
        epoch=head.epoch,
        head=head.seq,
        rows=rows(viewer).values(),
        threads={str(id_): thread(viewer, id_) for id_ in conversations},
        agents=render_agents(viewer.organisation_id).values(),
    )


def rows(viewer: Audience) -> dict[str, Any]:
    visible = conversations_of(viewer).values_list("id", flat=True)
    return {row["id"]: row for row in render_rows(viewer.organisation_id, list(visible), viewer.kind).values()}


def thread(viewer: Audience, conversation_id: UUID) -> list[Any]:
    return render_thread(viewer.organisation_id, conversation_id, viewer.kind, limit=10_000)[0]


def assert_same_as_fetched(model: DeskModel, viewer: Audience, conversations: list[UUID]) -> None:
    """State before + events == state refetched: rows, watched threads, agents."""
    fresh = rows(viewer)
    assert model.rows == fresh
    for id_ in conversations:
        assert sorted(model.threads.get(str(id_), {}).values(), key=lambda m: m["seq"]) == thread(viewer, id_)
    agents = {str(id_): agent for id_, agent in render_agents(viewer.organisation_id).items()}
    assert model.agents == agents


def assert_counts(model: DeskModel, viewer: Audience) -> None:
    assert model.counts == counts_for(viewer)


def everything(world: World) -> list[UUID]:
    return list(Conversation.objects.filter(organisation=world.organisation).values_list("id", flat=True))
