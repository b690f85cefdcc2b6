"""What a glance reads: no more than it needs, in turn, whatever the tables held when they were analyzed."""

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


def test_what_rings_is_read_once_though_nothing_rang_when_the_table_was_analyzed(cast: Cast):
    cast.available(cast.awa)
    one = cast.queued()
    asked = {"organisation": cast.organisation.id, "queue": cast.queue.id, "one": one.id, "awa": cast.awa.id}
    with connection.cursor() as cursor:
        cursor.execute("create temporary table crowd as select n, uuidv7() as id from generate_series(1, 3000) n")
        cursor.execute(
            "insert into contacts_contact (id, organisation_id, name) select id, %(organisation)s, '' from crowd", asked
        )
        cursor.execute(
            """insert into conversations_conversation
                 (id, organisation_id, line_id, contact_id, address_id, status, queue_id, queued_at, priority)
               select crowd.id, like_.organisation_id, like_.line_id, crowd.id, like_.address_id, 'queued',
                      like_.queue_id, now() - make_interval(secs => n), 0
               from crowd, conversations_conversation like_ where like_.id = %(one)s""",
            asked,
        )
        cursor.execute(
            """insert into routing_offer (id, organisation_id, conversation_id, line_id, queue_id, user_id, medium,
                                          weight, state, reason, made_at, expires_at, ended_at)
               select uuidv7(), c.organisation_id, c.id, c.line_id, c.queue_id, %(awa)s, 'sms', 1, 'accepted', '',
                      now() - interval '1 day', now(), now() - interval '1 day' from conversations_conversation c""",
            asked,
        )
        cursor.execute("vacuum analyze routing_offer")
        cursor.execute("vacuum analyze conversations_conversation")
        cursor.execute(
            """insert into routing_offer (id, organisation_id, conversation_id, line_id, queue_id, user_id, medium,
                                          weight, state, reason, made_at, expires_at)
               select uuidv7(), c.organisation_id, c.id, c.line_id, c.queue_id, %(awa)s, 'sms', 1, 'pending', '',
                      now(), now() + interval '1 hour' from conversations_conversation c
               order by c.queued_at limit 1500""",
            asked,
        )
        cursor.execute("drop table crowd")
    touched = []

    def explained(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql in (glance._KINDS, glance._WAITING):
            with connection.cursor() as cursor:
                cursor.cursor.execute("explain (analyze, format json) " + sql, params)
                touched.append(rows_of(cursor.cursor.fetchone()[0][0]["Plan"]))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        assert glance.look(cast.organisation.id).waiting
    assert len(touched) == 2
    assert max(touched) < 20_000, "each who waits was compared with each that rings"


def rows_of(plan: dict[str, Any]) -> float:
    """Rows that the plan and all below it gave or threw away."""
    own = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Join Filter", 0)
    return own * plan["Actual Loops"] + sum(map(rows_of, plan.get("Plans", [])))
