"""What a glance reads: no more than it needs, and in turn."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.clock import database_now
from conversations.models import Conversation, Line
from routing import glance, offers, rounds
from routing.models import AgentMedium, AgentState, Offer, Queue
from routing.rounds import assign_waiting
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def round_of(cast: Cast) -> int:
    return assign_waiting(organisation_id=cast.organisation.id, lease=None)


def test_where_nobody_waits_no_agent_is_read(cast: Cast):
    Queue.objects.filter(id=cast.queue.id).update(auto_accept=False)
    cast.available(cast.awa, cast.koffi)
    cast.queued()
    assert round_of(cast) == 1
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert glance.look(cast.organisation.id).agents == []
    assert [one["sql"] for one in asked if "routing_agentstate" in one["sql"]] == [], "what waits rings already"


def test_who_came_back_just_now_is_not_the_longest_idle(cast: Cast):
    Queue.objects.filter(id=cast.queue.id).update(strategy="longest_idle")
    cast.available(cast.awa, cast.koffi)
    now = database_now()
    for user, since, last in (
        (cast.awa, timedelta(seconds=1), timedelta(hours=3)),  # back from lunch
        (cast.koffi, timedelta(hours=2), timedelta(minutes=40)),
    ):
        AgentState.objects.filter(user=user).update(since=now - since, last_assigned_at=now - last)
    one = cast.queued()
    assert round_of(cast) == 1
    one.refresh_from_db()
    assert one.owner == cast.koffi


def test_who_is_full_of_a_medium_has_no_crowd_of_it_read(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    Line.objects.create(
        organisation=cast.organisation, name="Autre", address="9", queue_id=cast.queue.id, medium="whatsapp"
    )
    cast.available(cast.awa)
    AgentMedium.objects.create(user=cast.awa, medium="sms", capacity=0)
    for number in range(60):
        cast.queued(sender=f"+22901970{number:05}")
    read: list[int] = []

    def look(*given: Any, **more: Any) -> glance.Glance:
        seen = glance.look(*given, **more)
        read.append(len(seen.waiting))
        return seen

    monkeypatch.setattr(rounds, "look", look)
    assert round_of(cast) == 0
    assert sum(read) == 0


def test_nobody_goes_before_somebody_whom_the_glance_did_not_reach(cast: Cast):
    """The first five have been declined by the only agent; a sixth of their priority stands behind them."""
    low = Queue.objects.create(organisation=cast.organisation, name="Bas")
    Queue.objects.filter(organisation=cast.organisation).update(auto_accept=False, points_per_minute=0)
    cast.available(cast.awa, capacity=5)
    now = database_now()
    for number in range(6):
        cast.queued(sender=f"+22901970{number:05}", priority=9, at=now - timedelta(minutes=60 - number))
    assert round_of(cast) == 5
    for offer in Offer.objects.filter(state="pending"):
        offers.decline(user=cast.awa, offer_id=offer.id, reason="Pas ma langue")
    for number in range(6, 12):
        one = cast.queued(sender=f"+22901970{number:05}", priority=0)
        Conversation.objects.filter(id=one.id).update(queue_id=low.id)
    assert round_of(cast) == 5
    rings = Offer.objects.filter(state="pending").values_list("conversation__priority", flat=True)
    assert sorted(rings) == [0, 0, 0, 0, 9]
