"""Parts of long texts: acknowledged means kept, in whatever order they come and whoever uses a reference again."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import sync_to_async

from conversations.adapters import InboundPart, IntakeUnavailable
from tests.conversations.deeds import at_work, until
from tests.conversations.scripted import ScriptedLink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def intake(scripted, dsn, rows, redis_url):
    async with at_work(scripted, dsn, redis_url):
        await until(lambda _sql: [(len(ScriptedLink.made),)], "", [(1,)])
        yield ScriptedLink.made[0].intake


def part(scripted, number, total, payload, key):
    return InboundPart(scripted.link.id, key, "g", number, total, "22997000001", "1919", 1, payload, {}, b"raw")


async def test_texts_that_all_use_one_reference_are_all_kept_when_they_come_at_once(scripted, intake, rows):
    """Some senders count their long texts 0, 0, 0; after an outage they come in one burst."""
    await asyncio.gather(
        *(
            intake.part(part(scripted, number, 2, f"{name}{number}".encode(), f"{name}{number}"))
            for name in "abcd"
            for number in (1, 2)
        )
    )
    await until(
        rows,
        "select array_agg(body order by seq) from conversations_message",
        [(["a1a2", "b1b2", "c1c2", "d1d2"],)],
    )
    assert await sync_to_async(rows)("select count(*) from conversations_inboundpart") == [(0,)]


async def test_a_part_that_comes_while_its_text_is_given_up_is_put_into_it(scripted, intake, rows, monkeypatch):
    """Between reading what is overdue and saying that it is shown, the missing one arrives and is acknowledged."""
    monkeypatch.setattr(intake._long_texts, "_wait_s", -1)
    stored = intake._long_texts.stored
    late = []

    async def slowly(*arguments):
        if not late:
            late.append(asyncio.create_task(intake.part(part(scripted, 2, 2, b"b", "k2"))))
            await asyncio.sleep(0.05)
        return await stored(*arguments)

    monkeypatch.setattr(intake._long_texts, "stored", slowly)
    await intake.part(part(scripted, 1, 2, b"a", "k1"))
    await until(rows, "select body from conversations_message", [("ab",)], 15)
    await late[0]


async def test_a_part_that_is_stored_is_acknowledged_though_its_whole_text_must_wait(
    scripted, intake, rows, monkeypatch
):
    """Refused for now, it would come again under another key, and be shown as a piece of another text."""
    stored = intake._stored

    async def away(_item):
        raise IntakeUnavailable("scripted")

    monkeypatch.setattr(intake, "_stored", away)
    await intake.part(part(scripted, 1, 2, b"a", "k1"))
    await intake.part(part(scripted, 2, 2, b"b", "k2"))
    monkeypatch.setattr(intake, "_stored", stored)
    await until(rows, "select body from conversations_message", [("ab",)], 15)


async def test_a_text_whose_conversation_is_held_keeps_no_other_one(scripted, intake, rows, monkeypatch):
    stored = intake._stored

    async def held(item):
        if item.body == "ab":
            raise IntakeUnavailable("this one is held")
        return await stored(item)

    async def away(_item):
        raise IntakeUnavailable("all of them are")

    monkeypatch.setattr(intake, "_stored", away)
    for name, text in (("one", "ab"), ("two", "cd")):
        for number in (1, 2):
            octet = text[number - 1].encode()
            kept = InboundPart(
                *(scripted.link.id, f"{name}{number}", name, number, 2, "22997000001", "1919", 1, octet, {}, b"raw")
            )
            await intake.part(kept)
    monkeypatch.setattr(intake, "_stored", held)
    await until(rows, "select array_agg(body) from conversations_message", [(["cd"],)], 15)


async def test_a_sender_who_only_begins_texts_fills_no_table(scripted, intake, rows, monkeypatch):
    """His oldest are shown with their gaps; another subscriber's text still waits for its missing part."""
    monkeypatch.setattr("conversations.long_texts.MOST_PARTS", 10)

    def begun(number, sender):
        return InboundPart(
            scripted.link.id,
            f"{sender}{number}",
            f"{sender}:{number}",
            1,
            3,
            sender,
            "1919",
            1,
            b"%d" % number,
            {},
            b"",
        )

    await intake.part(begun(0, "22997000002"))
    for number in range(25):
        await intake.part(begun(number, "22997000001"))
    await until(rows, "select count(*) from conversations_inboundpart where message_id is null", [(11,)], 15)
    assert await sync_to_async(rows)("select array_agg(body order by seq) from conversations_message") == [
        ([f"{number}[…][…]" for number in range(15)],)
    ]


@pytest.mark.parametrize("sender", [" ", "\x01\x02", "\x7f"])
async def test_a_sender_of_blanks_is_nobody_and_the_octets_are_kept(scripted, intake, rows, sender):
    """With an empty address, all such senders would be one person."""
    text = scripted.text("ici").item
    object.__setattr__(text, "sender", sender)
    assert await intake.text(text)
    ask = sync_to_async(rows)
    assert await ask("select count(*) from conversations_message") == [(0,)]
    assert await ask("select kind, error from conversations_rawinbound") == [("unreadable", "no sender")]


async def test_a_line_whose_address_has_a_plus_is_found_however_the_operator_spells_it(scripted, dsn, rows, redis_url):
    async with at_work(scripted, dsn, redis_url, lines={"+2290161000000": scripted.line.id}):
        await until(lambda _sql: [(len(ScriptedLink.made),)], "", [(1,)])
        intake = ScriptedLink.made[0].intake
        for recipient in ("2290161000000", "+2290161000000"):
            text = scripted.text(recipient).item
            object.__setattr__(text, "recipient", recipient)
            await intake.text(text)
    assert await sync_to_async(rows)("select count(*) from conversations_message") == [(2,)]


async def test_a_text_for_a_line_that_has_just_gone_is_kept_with_an_alarm(scripted, dsn, rows):
    from conversations.intake import CONNECTION_SETTINGS, connect, store

    gone = scripted.straight.id
    await sync_to_async(scripted.straight.delete)()
    async with await connect(dsn, **CONNECTION_SETTINGS) as connection:
        results = await store(connection, [scripted.text("ici"), scripted.text("perdu ?", line=gone, key="k")])
        assert [bool(result.refused) for result in results] == [False, True]
        [again] = await store(connection, [scripted.text("perdu ?", line=gone, key="k")])
        assert again.message_id is None
    ask = sync_to_async(rows)
    assert await ask("select body from conversations_message") == [("ici",)]
    assert await ask("select convert_from(payload, 'UTF8') from conversations_rawinbound where error <> ''") == [
        ("perdu ?",)
    ]
