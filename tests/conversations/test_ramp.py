"""A new sender's ramp-up: campaigns wait for it, answers never do, and no restart makes it forget."""

from __future__ import annotations

import asyncio
from math import inf
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from conversations import ramp
from conversations.intake import connect
from conversations.models import Delivery
from conversations.ramp import Plan, Ramp
from tests.conversations.deeds import at_work, until
from tests.conversations.scripted import ScriptedLink
from tests.conversations.waves import people, reply, wave

PLAN = {"ramp_start": 50, "ramp_per": "hour", "ramp_growth": 2, "rate_per_s": 10}
HOUR, DAY = 3600.0, 86_400.0


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({**PLAN, "ramp_start": "viele"}, "ramp_start must be a number"),
        ({**PLAN, "ramp_start": -1}, "ramp_start is -1, it must be from 1"),
        ({**PLAN, "ramp_start": "nan"}, "ramp_start is nan"),
        ({**PLAN, "ramp_per": "month"}, "ramp_per is 'month'"),
        ({**PLAN, "ramp_growth": 1}, "ramp_growth is 1"),
        ({**PLAN, "rate_per_s": 0}, "rate_per_s is missing"),
    ],
)
def test_a_plan_that_cannot_be_is_told_by_its_settings_name(settings, reason):
    with pytest.raises(ValueError, match=reason):
        ramp.read(settings)


def test_no_plan_holds_nothing():
    assert ramp.read({"rate_per_s": 10}) is None
    assert Ramp(UUID(int=1), None).left() == inf


def test_a_plan_grows_each_day_until_the_full_rate():
    plan = ramp.read(PLAN)
    assert [plan.allowance(day) for day in range(4)] == [50, 100, 200, 400]
    assert plan.full_after_days == 10  # 50 * 2^10 = 51,200 an hour, more than 10 a second
    assert plan.allowance(9) == 25_600
    assert plan.allowance(10) == inf


@pytest.fixture
def clock(monkeypatch):
    now = [1_000_000.0]
    monkeypatch.setattr(ramp, "ticking", lambda: now[0])
    return now


def working(plan: Plan | None = None) -> Ramp:
    found = Ramp(UUID(int=1), plan or ramp.read(PLAN))
    found._looked = True
    return found


def test_an_hours_allowance_is_spread_over_the_hour_and_a_new_day_gives_more(clock):
    found = working()
    assert found.left() == 1
    found.took(1, campaign=True)
    assert found.left() == 0
    clock[0] += HOUR / 50 + 1
    assert found.left() == 1
    clock[0] += HOUR / 2
    assert found.left() == 26
    found.took(26, campaign=True)
    assert found.left() == 0
    clock[0] += HOUR  # another hour begins with nothing used, and what the last one left is gone
    assert found.left() <= 27
    clock[0] += DAY
    assert found.facts()["allowed"] == 100
    clock[0] += 10 * DAY
    assert (found.left(), found.facts()) == (inf, None)


def test_answers_count_and_do_not_begin_it(clock):
    found = working()
    found.took(5, campaign=False)
    assert found.left() == 1
    found.took(1, campaign=True)
    found.took(30, campaign=False)
    clock[0] += HOUR / 2
    assert found.left() == 0
    assert found.facts() == {
        "per": "hour", "allowed": 50, "used": 31, "day": 1, "full_on_day": 11,
        "began": found.facts()["began"], "holds": True,
    }  # fmt: skip


# --- at work -----------------------------------------------------------------------------------------------------


def begun(link_id: UUID, at: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into conversations_linkstate (link_id, state, error, facts, ramp_began_at)
               values (%s, 'unbound', '', '{}', %s)
               on conflict (link_id) do update set ramp_began_at = excluded.ramp_began_at""",
            [link_id, at],
        )


SENT = "select count(*) from conversations_delivery where state = 3 and lane = "


@pytest.mark.django_db(transaction=True)
async def test_a_campaign_waits_for_the_ramp_a_reply_does_not_and_a_restart_forgets_nothing(
    scripted, conversation, dsn, rows, redis_url
):
    scripted.link.settings = {**PLAN, "ramp_start": 4}  # one a quarter of an hour
    await scripted.link.asave()
    await people(scripted, dsn, 20)
    await sync_to_async(wave)(scripted.link.id)
    async with at_work(scripted, dsn, redis_url) as owner:
        await until(rows, f"{SENT} 2", [(1,)])
        await until(rows, "select count(ramp_began_at) from conversations_linkstate", [(1,)])
        await sync_to_async(reply)(conversation, "Bonjour")
        await until(rows, f"{SENT} 0", [(1,)])
        assert owner.facts()["ramp"]["used"] == 2
        assert "ramp" in owner.facts()["slow"]
    for name, replies in (("another", 2), ("a third", 3)):
        async with at_work(scripted, dsn, redis_url, owner=name) as owner:
            await sync_to_async(reply)(conversation, "encore")
            await until(rows, f"{SENT} 0", [(replies,)])
            async with asyncio.timeout(10):
                while (owner.facts().get("ramp") or {}).get("used") != 1 + replies:
                    await asyncio.sleep(0.02)
            assert await sync_to_async(rows)(f"{SENT} 2") == [(1,)]
    await sync_to_async(begun)(scripted.link.id, "2020-01-01")  # long over
    async with at_work(scripted, dsn, redis_url, owner="much later"):
        await until(rows, f"{SENT} 2", [(20,)])


@pytest.mark.django_db(transaction=True)
async def test_a_plan_that_is_taken_away_is_forgotten(scripted, dsn, rows):
    await sync_to_async(begun)(scripted.link.id, "2020-01-01")
    async with await connect(dsn) as raw:
        await Ramp(scripted.link.id, None).look(raw)
    assert await sync_to_async(rows)("select count(ramp_began_at) from conversations_linkstate") == [(0,)]


@pytest.mark.django_db(transaction=True)
async def test_what_has_left_is_read_from_the_attempts_of_the_period(scripted, dsn, conversation):
    await sync_to_async(reply)(conversation, "un")
    delivery = await Delivery.objects.aget()
    await sync_to_async(begun)(scripted.link.id, "2026-01-01")
    async with await connect(dsn) as raw:
        for ago, withdrawn in (("1 minute", False), ("0", False), ("0", True), ("0", False)):
            await raw.execute(
                """insert into conversations_attempt (id, organisation_id, message_id, link_id, part, epoch, state,
                       withdrawn) values (uuidv7(-%s::interval), %s, %s, %s, 1, 1, 3, %s)""",
                [ago, delivery.organisation_id, delivery.message_id, scripted.link.id, withdrawn],
            )
        # A plan whose period began half a minute ago.
        await raw.execute(
            "update conversations_linkstate set ramp_began_at = clock_timestamp() - interval '1 hour 30 seconds'"
        )
        found = Ramp(scripted.link.id, Plan(50, "hour", 2, 10))
        await found.look(raw)
    assert found.facts()["used"] == 2
    assert ScriptedLink.made == []
