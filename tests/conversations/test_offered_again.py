"""What an operator offers again after the gateway was away is known, however long that was."""

from __future__ import annotations

import pytest

from conversations import line_in
from conversations.intake import CONNECTION_SETTINGS, connect
from tests.conversations.deeds import at_work, until
from tests.conversations.scripted import ScriptedLink

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

AWAY = "interval '3 hours'"


async def left_behind(scripted, dsn) -> None:
    """Two texts of the same words and one that was confirmed, stored just before the gateway went for hours."""
    database = await connect(dsn, **CONNECTION_SETTINGS)
    await database.execute(
        f"""insert into jobs_lease (name, owner, epoch, expires_at) values (%s, 'them', 4, now() - {AWAY})""",
        [f"link:{scripted.link.id}"],
    )
    await database.execute(
        f"""insert into conversations_seen (link_id, key, fingerprint, confirmed, at)
            select %(link)s, key, 'same words', confirmed, now() - {AWAY} - make_interval(secs => ago)
            from (values ('second', false, 12), ('first', false, 14), ('answered', true, 13), ('older', false, 75))
                 as left_behind (key, confirmed, ago)""",
        {"link": scripted.link.id},
    )
    await database.close()


async def test_each_of_two_equal_texts_is_known_again_hours_later_at_the_first_binds(
    scripted, dsn, redis_url, monkeypatch
) -> None:
    await left_behind(scripted, dsn)
    async with at_work(scripted, dsn, redis_url):
        await until(lambda _sql: [(len(ScriptedLink.made),)], "", [(1,)])
        intake = ScriptedLink.made[-1].intake
        assert await intake.unconfirmed() == {b"same words": ["first", "second"]}
        assert await intake.unconfirmed() == {b"same words": ["first", "second"]}, "a link may have two binds"
        # Connected again after an hour of the same owner: so old a text is not what comes again, the words are.
        monkeypatch.setattr(line_in, "FIRST_BINDS_S", 0.0)
        assert await intake.unconfirmed() == {}
