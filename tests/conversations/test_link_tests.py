"""Who tries a link for an administrator, and what is told when trying it goes wrong in ways of its own."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from uuid import UUID

import pytest
from django.db.models.functions import Now

from conversations.intake import connect
from conversations.link_tests import LinkTests, step, steps_of
from conversations.models import LinkTest
from tests.conversations.deeds import take, until
from tests.conversations.scripted import ScriptedLink

pytestmark = pytest.mark.django_db(transaction=True)

ENDED = "select count(*) from conversations_linktest where ended_at is not null"


@contextlib.asynccontextmanager
async def trying(dsn, steps, ours: tuple[UUID, ...] = ()):
    tests = LinkTests(dsn, ours=lambda: list(ours), steps=steps)
    task = asyncio.create_task(tests.run())
    try:
        yield tests
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def good(link_id, connection):
    yield step("name", "ok", "name", host="a")
    yield step("tcp", "ok", "tcp", ms=1.5)


async def test_each_step_is_told_as_it_ends(scripted, dsn, rows):
    go_on = asyncio.Event()

    async def slowly(link_id, connection):
        assert link_id == scripted.link.id
        yield step("name", "ok", "name", host="a")
        await go_on.wait()
        yield step("tcp", "failed", "refused", where="a:1")

    test = await LinkTest.objects.acreate(link=scripted.link)
    async with trying(dsn, slowly):
        await until(rows, "select jsonb_array_length(steps), ended_at is null from conversations_linktest", [(1, True)])
        go_on.set()
        await until(rows, ENDED, [(1,)])
    await test.arefresh_from_db()
    assert [one["code"] for one in test.steps] == ["name", "refused"]
    assert test.begun_at is not None


async def test_a_link_that_somebody_owns_is_tried_by_him_alone(scripted, dsn, rows):
    await LinkTest.objects.acreate(link=scripted.link)
    async with await connect(dsn) as connection:
        await take(connection, scripted.link.id, owner="them", seconds=60)
    async with trying(dsn, good) as stranger:
        stranger.wake()
        await asyncio.sleep(1.3)  # longer than a look
        assert not await LinkTest.objects.filter(begun_at__isnull=False).aexists()
    async with trying(dsn, good, ours=(scripted.link.id,)):
        await until(rows, ENDED, [(1,)])


async def test_what_was_asked_for_long_ago_is_not_tried_any_more(scripted, dsn):
    await LinkTest.objects.acreate(link=scripted.link)
    await LinkTest.objects.aupdate(asked_at=Now() - timedelta(minutes=2))
    async with trying(dsn, good):
        await asyncio.sleep(0.5)
    assert not await LinkTest.objects.filter(begun_at__isnull=False).aexists()


@pytest.mark.parametrize(
    ("fault", "code"), [(ValueError("port is missing"), "settings"), (RuntimeError("a fault"), "fault")]
)
async def test_a_fault_is_told_and_the_next_test_is_done(scripted, dsn, rows, fault, code):
    async def fails(link_id, connection):
        yield step("name", "ok", "name")
        raise fault

    test = await LinkTest.objects.acreate(link=scripted.link)
    async with trying(dsn, fails) as tests:
        await until(rows, ENDED, [(1,)])
        await test.arefresh_from_db()
        assert [one["code"] for one in test.steps] == ["name", code]
        await LinkTest.objects.acreate(link=scripted.link)
        tests.wake()
        await until(rows, ENDED, [(2,)])


async def test_an_adapter_that_cannot_be_tried_says_so(scripted):
    found = [one async for one in steps_of(ScriptedLink, None, None)]
    assert [one["code"] for one in found] == ["no_probe"]
