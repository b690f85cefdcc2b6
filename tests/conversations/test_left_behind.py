"""A link that was switched off while its owner died leaves no text "being sent" for ever."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async

from conversations.intake import connect
from conversations.left_behind import settle
from conversations.models import Delivery, DeliveryState, Link
from conversations.outbox import claim
from tests.conversations.deeds import say, take

pytestmark = pytest.mark.django_db(transaction=True)


async def begun(scripted, conversation, dsn, *, lease_ended_s: int) -> None:
    """A text is claimed, and its owner dies."""
    await sync_to_async(say)(conversation)
    async with await connect(dsn) as connection:
        lease = await take(connection, scripted.link.id, owner="dead")
        assert len(await claim(connection, lease=lease, link_id=scripted.link.id, room=10)) == 1
        await connection.execute(
            "update jobs_lease set expires_at = clock_timestamp() - make_interval(secs => %s)", [lease_ended_s]
        )


async def state() -> int:
    return (await Delivery.objects.aget()).state


async def test_what_a_dead_owner_of_a_link_that_is_off_had_begun_becomes_unknown(scripted, conversation, dsn, rows):
    await begun(scripted, conversation, dsn, lease_ended_s=20)
    async with await connect(dsn) as connection:
        assert await settle(connection, owner="us") == set()  # enabled: its next owner sees to it
        assert await state() == DeliveryState.SENDING
        await Link.objects.filter(id=scripted.link.id).aupdate(is_enabled=False)
        assert await settle(connection, owner="us") == {scripted.organisation.id}
        assert await settle(connection, owner="us") == set()
    assert await state() == DeliveryState.UNKNOWN
    [(epoch, over)] = await sync_to_async(rows)("select epoch, expires_at <= clock_timestamp() from jobs_lease")
    assert (epoch, over) == (2, True)  # whoever goes on under the first writes nothing more
    told = await sync_to_async(rows)("select count(*) from realtime_event where type = 'deliveries.progressed'")
    assert told == [(1,)]


@pytest.mark.parametrize("lease_ended_s", [-5, 10])
async def test_an_owner_that_may_still_be_at_work_is_left_alone(scripted, conversation, dsn, lease_ended_s):
    await begun(scripted, conversation, dsn, lease_ended_s=lease_ended_s)
    await Link.objects.filter(id=scripted.link.id).aupdate(is_enabled=False)
    async with await connect(dsn) as connection:
        assert await settle(connection, owner="us") == set()
    assert await state() == DeliveryState.SENDING


async def test_a_link_that_is_switched_on_again_at_this_moment_stays_its_owners(scripted, conversation, dsn, rows):
    """By a gateway that looks for what was left behind itself: by its own name it could take what it holds."""
    await begun(scripted, conversation, dsn, lease_ended_s=20)
    await Link.objects.filter(id=scripted.link.id).aupdate(is_enabled=False)
    async with await connect(dsn) as connection, await connect(dsn) as mine:

        class Late:
            """The link is taken between the look and what follows it."""

            def __getattr__(self, name: str) -> object:
                return getattr(connection, name)

            async def execute(self, statement: str, given: dict) -> object:
                found = await connection.execute(statement, given)
                if "link.is_enabled" in statement:
                    await take(mine, scripted.link.id, owner="us")
                return found

        assert await settle(Late(), owner="us") == set()
    assert await state() == DeliveryState.SENDING
    assert await sync_to_async(rows)("select epoch, owner from jobs_lease") == [(2, "us")]
