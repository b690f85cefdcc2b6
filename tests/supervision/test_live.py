"""The live figures are what the rows say."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common.clock import database_now
from conversations.models import Conversation, Status
from conversations.rendering import iso
from routing.models import Queue
from supervision.live import live
from tests.cast import Cast, make_cast


def number(n: int) -> str:
    return f"+22901970{n:05d}"


@pytest.mark.needs("MCE-004")
def test_waiting_open_and_bot_are_counted_by_queue_and_line(cast: Cast) -> None:
    now = database_now()
    other = Queue.objects.create(organisation=cast.organisation, name="Distribution")
    foreign = make_cast(name="Autre", slug="autre", domain="autre.example")
    foreign.queued()
    for n in range(3):
        waits = cast.queued(sender=number(n), line=cast.line_1919)
        Conversation.objects.filter(id=waits.id).update(waiting_since=now - timedelta(minutes=n + 1))
    elsewhere = cast.queued(sender=number(10))
    Conversation.objects.filter(id=elsewhere.id).update(
        queue_id=other.id, waiting_since=None, queued_at=now - timedelta(minutes=9)
    )
    cast.owned_by(cast.awa, sender=number(20))
    cast.owned_by(cast.koffi, sender=number(21), line=cast.line_1919)
    cast.open_conversation(sender=number(30))
    cast.open_conversation(sender=number(40), status=Status.CLOSED)

    seen = live(cast.organisation.id)
    assert (seen["waiting"], seen["open"], seen["bot"], seen["live"]) == (4, 2, 1, 7)
    assert seen["longest_since"] == iso(now - timedelta(minutes=9))
    assert [(q["name"], q["waiting"], q["longest_since"], q["open"]) for q in seen["queues"]] == [
        ("Distribution", 1, iso(now - timedelta(minutes=9)), 0),
        ("Service clients", 3, iso(now - timedelta(minutes=3)), 2),
    ]
    assert [(line["name"], line["waiting"], line["open"]) for line in seen["lines"]] == [
        ("Service clients (1919)", 3, 1),
        ("Distributeurs (3334)", 1, 1),
    ]
    assert {agent["name"]: agent["load"] for agent in seen["agents"]}["Awa Diallo"] == 1


def test_an_empty_service_has_zeros_and_no_longest(cast: Cast) -> None:
    seen = live(cast.organisation.id)
    assert (seen["waiting"], seen["longest_since"], seen["live"]) == (0, None, 0)
    assert [queue["waiting"] for queue in seen["queues"]] == [0]
