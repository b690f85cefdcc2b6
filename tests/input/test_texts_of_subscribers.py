"""What subscribers and bots say, from the batch that stores it to the answer that shows it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import uuid4

import pytest

from bots.engine import take_turn
from bots.turn import BotTurn, Handover
from channels_sms.smpp.link import SmppLink
from common.text import storable
from conversations.adapters import InboundText
from conversations.intake import CONNECTION_SETTINGS, ReadyText, connect, store
from conversations.models import Conversation, Delivery, Message, Status
from routing import turns as turns_module
from routing.handling import handle
from routing.turns import Turns
from tests.browser import Browser
from tests.cast import Cast
from tests.input import corpus

TURN_S = 0.2  # of the processor, for one text


@pytest.fixture
def turns() -> Iterator[Turns]:
    pool = Turns(limit_s=4.0)
    yield pool
    pool.close()


async def taken_in(dsn: str, cast: Cast, texts: list[str], *, sender: str = "+2290197000001") -> int:
    """Through the statement of the line, in one batch; returns how many it refused."""
    ready = [
        ReadyText(
            cast.line_3334.id,
            sender,
            InboundText(
                cast.north.id, uuid4().hex, sender, "3334", 1, text, text.encode("utf-16", "surrogatepass"), "ucs2"
            ),
        )
        for text in texts
    ]
    async with await connect(dsn, **CONNECTION_SETTINGS) as connection:
        return sum(bool(one.refused) for one in await store(connection, ready))


@pytest.mark.needs("RFP-017")
async def test_every_text_that_comes_in_is_shown_as_it_was_written(cast: Cast, dsn: str) -> None:
    from asgiref.sync import sync_to_async

    sent = list(corpus.ALL.values())
    assert await taken_in(dsn, cast, sent) == 0

    def shown() -> list[str]:
        (conversation,) = Conversation.objects.all()
        answer = Browser(cast.awa).get(f"/api/conversations/{conversation.id}/messages?limit=200")
        return [message["body"] for message in answer.data["items"]]

    got = await sync_to_async(shown)()
    assert got == [storable(text) for text in sent]
    # Only what no database can hold is another character now, and nothing else.
    changed = {label for label, text in corpus.ALL.items() if storable(text) != text}
    assert changed == set(corpus.UNSTORABLE)


@pytest.mark.parametrize("text", [corpus.MEGABYTE, *corpus.UNSTORABLE.values()])
def test_what_a_bot_says_never_breaks_the_conversation(
    cast: Cast, turns: Turns, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """A foreign engine may answer anything: the subscriber is answered, or is a person's."""
    said = [BotTurn((text,), None, 1.0, language=text), BotTurn((), None, 0.0, handover=Handover("unsure", text))]
    for number, turn in enumerate(said):
        monkeypatch.setattr(turns_module, "take_turn", lambda turn=turn, **_: turn)
        conversation = cast.open_conversation(line=cast.line_1919, sender=f"+229019700001{number}")
        cast.text_in(conversation)
        while handle(owner="d1", turns=turns):
            pass
        conversation.refresh_from_db()
        assert cast.unhandled() == set()
        assert conversation.status == Status.QUEUED or Delivery.objects.filter(conversation=conversation).exists()


@pytest.mark.parametrize("label", corpus.ALL)
def test_the_bot_reads_every_text_in_a_moment(label: str) -> None:
    text = storable(corpus.ALL[label])
    take_turn(bot="telecom", conversation_id=uuid4(), history=(), text="solde", language="fr")  # warm
    began = time.process_time()
    turn = take_turn(bot="telecom", conversation_id=uuid4(), history=(), text=text, language="fr")
    seconds = time.process_time() - began
    assert turn.handover is None or turn.handover.reason != "failed"
    assert seconds < TURN_S, f"{label}: {seconds:.3f} s"


def test_a_megabyte_is_read_in_a_moment() -> None:
    for text in (corpus.MEGABYTE, "0" * 1_000_000, " 1" * 500_000, "ﷺ" * 100_000, "a\u0301" * 300_000):
        began = time.process_time()
        turn = take_turn(bot="telecom", conversation_id=uuid4(), history=(), text=text, language="fr")
        assert turn.handover is None or turn.handover.reason != "failed"
        assert time.process_time() - began < TURN_S


@pytest.mark.parametrize("text", corpus.STOPS)
def test_stop_is_stop_however_a_phone_writes_it(text: str) -> None:
    turn = take_turn(bot="telecom", conversation_id=uuid4(), history=(), text=text, language="fr")
    assert turn.actions == ("opt_out",), ascii(text)


@pytest.mark.parametrize("text", corpus.LOOK_ALIKES)
def test_what_only_looks_like_stop_is_a_persons(cast: Cast, turns: Turns, text: str) -> None:
    conversation = cast.open_conversation(line=cast.line_1919)
    cast.text_in(conversation, text)
    handle(owner="d1", turns=turns)
    conversation.refresh_from_db()
    assert (conversation.status, conversation.handover_reason) == (Status.QUEUED, "unsure")
    assert text in conversation.handover_summary
    assert not Message.objects.filter(conversation=conversation, facts__type="opt_out").exists()


@pytest.mark.parametrize(
    ("text", "encoding", "parts"),
    [
        ("😀" * 35, "ucs2", 1),  # 70 units of UTF-16
        ("😀" * 36, "ucs2", 2),
        ("👨‍👩‍👧‍👦" * 6, "ucs2", 1),  # 11 units each
        ("👨‍👩‍👧‍👦" * 7, "ucs2", 2),
        ("\u0301" * 70, "ucs2", 1),
        ("a" * 160, "gsm7", 1),
        ("€" * 80, "gsm7", 1),  # two septets each
        ("€" * 81, "gsm7", 2),
    ],
)
def test_parts_are_counted_in_units_of_utf_16(text: str, encoding: str, parts: int) -> None:
    assert SmppLink.plan(text, {}) == (encoding, parts, 0)
