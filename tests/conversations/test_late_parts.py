"""A text that was shown with a gap, and the part that comes at last: put into its place, and told to the screens."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import sync_to_async

from conversations.adapters import InboundPart, IntakeUnavailable
from tests.conversations.deeds import at_work, until
from tests.conversations.scripted import ScriptedLink

pytestmark = pytest.mark.django_db(transaction=True)

BODIES = "select array_agg(body order by seq) from conversations_message"
PARTS = "select count(*) from conversations_inboundpart"
TOLD = "select type, data ->> 'seq' from realtime_event order by seq"


@pytest.fixture
async def intake(scripted, dsn, rows, redis_url):
    async with at_work(scripted, dsn, redis_url):
        await until(lambda _sql: [(len(ScriptedLink.made),)], "", [(1,)])
        yield ScriptedLink.made[0].intake


def part(scripted, number, payload, key, *, total=3, group="g", sender="22997000001"):
    return InboundPart(scripted.link.id, key, group, number, total, sender, "1919", 1, payload, {}, b"raw " + payload)


async def give_up(intake, rows, wanted):
    """Nobody waits any longer for what is missing: the owner's sweep shows what there is."""
    intake._long_texts._wait_s = -1
    await until(rows, BODIES, [(wanted,)])
    intake._long_texts._wait_s = 600


@pytest.mark.needs("BUS-011", part="a late part")
async def test_a_late_part_is_put_in_its_place_and_the_screens_are_told(scripted, intake, rows):
    await intake.part(part(scripted, 1, b"un ", "k1"))
    await intake.part(part(scripted, 3, b"trois", "k3"))
    await give_up(intake, rows, ["un […]trois"])
    ask = sync_to_async(rows)
    [(revision, preview)] = await ask("select revision, preview from conversations_conversation")
    assert preview == "un […]trois"

    await intake.part(part(scripted, 2, b"deux ", "k2"))
    await until(rows, BODIES, [(["un deux trois"],)])
    assert await ask(TOLD) == [("message.received", "1"), ("message.completed", "1")]
    assert await ask("select revision, preview, last_seq from conversations_conversation") == [
        (revision + 1, "un deux trois", 1)
    ]
    assert await ask(PARTS) == [(0,)]
    [(facts,)] = await ask("select facts::jsonb - 'completed_at' - 'key' from conversations_message")
    assert '"missing": []' in facts
    kept = await ask(
        "select convert_from(payload, 'UTF8') from conversations_rawinbound where kind = 'part' order by id"
    )
    assert [one for (one,) in kept] == ["raw un ", "raw trois", "raw deux "]


async def test_of_two_gaps_each_closes_when_its_part_comes(scripted, intake, rows):
    await intake.part(part(scripted, 2, b"b", "k2"))
    await give_up(intake, rows, ["[…]b[…]"])
    ask = sync_to_async(rows)
    await intake.part(part(scripted, 3, b"c", "k3"))
    await until(rows, BODIES, [(["[…]bc"],)])
    assert await ask("select facts -> 'missing' from conversations_message") == [("[1]",)]
    await intake.part(part(scripted, 3, b"c", "k3"))  # the operator offers it again: it has its key
    assert await ask(TOLD) == [("message.received", "1"), ("message.completed", "1")]
    await intake.part(part(scripted, 1, b"a", "k1"))
    await until(rows, BODIES, [(["abc"],)])
    assert await ask(PARTS) == [(0,)]


async def test_a_late_part_of_an_earlier_text_leaves_the_preview_to_the_later_one(scripted, intake, rows):
    await intake.part(part(scripted, 1, b"a", "k1", total=2))
    await give_up(intake, rows, ["a[…]"])
    await intake.text(scripted.text("et puis").item)
    await intake.part(part(scripted, 2, b"b", "k2", total=2))
    ask = sync_to_async(rows)
    await until(rows, BODIES, [(["ab", "et puis"],)])
    assert await ask("select preview from conversations_conversation") == [("et puis",)]


async def test_a_reference_that_is_used_again_begins_another_text(scripted, intake, rows):
    """After the gap was shown, also when the subscriber sends the very same again: he may truly do so."""
    await intake.part(part(scripted, 1, b"a", "k1", total=2))
    await give_up(intake, rows, ["a[…]"])
    await intake.part(part(scripted, 1, b"a", "l1", total=2))
    await intake.part(part(scripted, 2, b"b", "l2", total=2))
    ask = sync_to_async(rows)
    await until(rows, BODIES, [(["a[…]", "ab"],)])
    assert await ask(PARTS) == [(0,)]


async def test_a_copy_of_a_part_that_waits_is_a_copy(scripted, intake, rows):
    """Same octets, same place, under another key of transport: no other text, and no gap."""
    await intake.part(part(scripted, 1, b"a", "k1", total=2))
    await intake.part(part(scripted, 1, b"a", "copy", total=2))
    await intake.part(part(scripted, 2, b"b", "k2", total=2))
    ask = sync_to_async(rows)
    await until(rows, BODIES, [(["ab"],)])
    assert await ask("select count(*) from conversations_seen where key = 'copy'") == [(1,)]


async def test_other_words_under_the_same_number_are_another_text(scripted, intake, rows):
    await intake.part(part(scripted, 1, b"a", "k1", total=2))
    await intake.part(part(scripted, 1, b"x", "l1", total=2))
    await intake.part(part(scripted, 2, b"y", "l2", total=2))
    await until(rows, BODIES, [(["a[…]", "xy"],)])


async def test_a_crash_between_the_text_and_its_mark_still_lets_the_late_part_in(scripted, intake, rows, monkeypatch):
    await intake.part(part(scripted, 1, b"a", "k1", total=2))

    async def crash(*_):
        raise IntakeUnavailable("scripted")

    with monkeypatch.context() as patch:
        patch.setattr(intake._long_texts, "stored", crash)
        await give_up(intake, rows, ["a[…]"])
    intake._long_texts._wait_s = -1
    await until(rows, "select count(message_id) from conversations_inboundpart", [(1,)])  # by a later sweep
    await intake.part(part(scripted, 2, b"b", "k2", total=2))
    await until(rows, BODIES, [(["ab"],)])


async def test_a_late_part_that_is_stored_is_acknowledged_though_its_message_must_wait(
    scripted, intake, rows, monkeypatch
):
    await intake.part(part(scripted, 1, b"a", "k1", total=2))
    await give_up(intake, rows, ["a[…]"])

    async def away(_late):
        raise IntakeUnavailable("scripted")

    with monkeypatch.context() as patch:
        patch.setattr(intake._long_texts, "complete", away)
        await intake.part(part(scripted, 2, b"b", "k2", total=2))
        assert await sync_to_async(rows)(BODIES) == [(["a[…]"],)]
    await until(rows, BODIES, [(["ab"],)])


async def test_a_person_who_was_erased_gets_no_late_words(scripted, intake, rows):
    await intake.part(part(scripted, 1, b"a", "k1", total=2))
    await give_up(intake, rows, ["a[…]"])
    ask = sync_to_async(rows)
    await ask("delete from conversations_message returning 1")
    await intake.part(part(scripted, 2, b"b", "k2", total=2))
    await until(rows, BODIES, [(None,)])
    await give_up(intake, rows, ["[…]b"])


async def test_a_gap_stays_open_for_a_day_and_of_one_sender_not_for_ever(scripted, intake, rows, monkeypatch):
    ask = sync_to_async(rows)
    for number in range(4):
        await intake.part(part(scripted, 1, b"%d" % number, f"k{number}", total=2, group=f"g{number}"))
    await give_up(intake, rows, [f"{number}[…]" for number in range(4)])
    monkeypatch.setattr("conversations.long_texts.MOST_PARTS", 3)
    await intake.forget_old()
    assert await ask(PARTS) == [(3,)]
    await ask("update conversations_inboundpart set received_at = now() - interval '25 hours' returning 1")
    await intake.forget_old()
    assert await ask(PARTS) == [(0,)]


async def test_parts_that_come_late_at_once_are_all_put_in(scripted, intake, rows):
    await intake.part(part(scripted, 3, b"c", "k3"))
    await give_up(intake, rows, ["[…][…]c"])
    await asyncio.gather(*(intake.part(part(scripted, n, b"?ab"[n : n + 1], f"k{n}")) for n in (1, 2)))
    await until(rows, BODIES, [(["abc"],)])
