"""The figures of traffic are what the event log says: each text once, however often somebody looks."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import Organisation
from common.clock import database_now
from conversations.events import DeliveriesProgressed, MessageAdded, MessageReceived
from conversations.models import Conversation, Delivery, DeliveryState, Message
from realtime.log import record_changes
from realtime.models import Event
from supervision import tally
from supervision import traffic as of_now
from supervision.tally import Tally
from supervision.traffic import Flow, Traffic, traffic
from tests.browser import Browser
from tests.cast import Cast, make_cast
from tests.supervision.texts import received, sent


@pytest.fixture(autouse=True)
def _no_tally_of_before(cast: Cast) -> None:
    """And it is noon where they are: no test goes over midnight."""
    tally._tallies.clear()
    cast.organisation.time_zone = f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"
    cast.organisation.save(update_fields=["time_zone"])


def comes(conversation: Conversation) -> None:
    message = received(conversation)
    with record_changes(conversation.organisation_id) as changes:
        changes.add(
            MessageReceived(
                line_id=conversation.line_id, conversation_id=conversation.id, message_id=message.id, seq=message.seq,
                opened=False,
            )
        )  # fmt: skip


def goes(cast: Cast, conversation: Conversation, state: DeliveryState, **given: Any) -> Message:
    message = sent(cast, conversation, state=state, **given)
    with record_changes(conversation.organisation_id) as changes:
        changes.add(
            MessageAdded(
                line_id=conversation.line_id, conversation_id=conversation.id, message_id=message.id, seq=message.seq,
                kind="outgoing", author="bot",
            )
        )  # fmt: skip
        item = (conversation.line_id, conversation.id, message.id, message.seq, int(state))
        changes.add(DeliveriesProgressed(items=(item,)))
    return message


def figures(flow: Flow, when: str = "minute") -> tuple[int, int, int, int]:
    found: Any = flow[when]
    return found["received"], found["sent"], found["delivered"], found["failed"]


def named(seen: Traffic, name: str) -> Flow:
    return next(flow for flow in (*seen["lines"], *seen["links"]) if flow["name"].startswith(name))


@pytest.mark.needs("BUS-026")
def test_texts_in_and_out_are_counted_by_line_and_link_within_two_seconds(cast: Cast) -> None:
    one, other = cast.open_conversation(line=cast.line_1919), cast.open_conversation(sender="+2290197000002")
    browser = Browser(cast.sam)
    comes(one)
    # The last event that was counted is a text: were it counted again with the next ones, it would be seen.
    assert figures(browser.get("/api/supervision/traffic").data["total"]) == (1, 0, 0, 0)
    comes(one)
    comes(one)
    comes(other)
    goes(cast, one, DeliveryState.DELIVERED, link=cast.south)
    goes(cast, one, DeliveryState.EXPIRED, link=cast.south)
    goes(cast, other, DeliveryState.SENT)
    began = time.monotonic()
    seen: Traffic = browser.get("/api/supervision/traffic").data
    print(f"answered in {time.monotonic() - began:.3f} s")
    assert time.monotonic() - began < 1.0, "a screen asks each second: together below the promised two"
    for when in ("minute", "hour", "today"):
        assert figures(seen["total"], when) == (4, 3, 1, 1)
    assert figures(named(seen, "Service clients")) == (3, 2, 1, 1)
    assert figures(named(seen, "Distributeurs")) == (1, 1, 0, 0)
    assert figures(named(seen, "Savane Mobile")) == (4, 1, 0, 0)
    assert figures(named(seen, "Atlantique")) == (0, 2, 1, 1)
    assert seen["total"]["per_minute"][-1][0] + seen["total"]["per_minute"][-2][0] == 4
    assert browser.get("/api/supervision/traffic").data["total"]["today"] == seen["total"]["today"], "none twice"


def test_what_was_before_is_counted_backwards_slice_by_slice_and_said_to_be_incomplete_until_then(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = cast.open_conversation()
    for _ in range(12):
        comes(talk)
    monkeypatch.setattr(tally, "EVENTS", 5)
    monkeypatch.setattr(tally, "BACKWARD_S", 0.0)
    seen = [traffic(cast.organisation.id) for _ in range(4)]
    assert [one["total"]["today"]["received"] for one in seen] == [5, 10, 12, 12]
    assert [one["counted_since"] is None for one in seen] == [False, False, True, True]


def test_after_a_long_absence_and_after_an_older_copy_of_the_log_it_begins_anew(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = cast.open_conversation()
    comes(talk)
    assert traffic(cast.organisation.id)["total"]["today"]["received"] == 1
    monkeypatch.setattr(tally, "MOST_MISSED", 2)
    for _ in range(4):
        comes(talk)
    assert traffic(cast.organisation.id)["total"]["today"]["received"] == 5
    found = tally.tally_of(cast.organisation.id)
    found.epoch = 99
    assert traffic(cast.organisation.id)["total"]["today"]["received"] == 5


def test_yesterday_is_not_today_and_the_last_hour_goes_over_midnight(cast: Cast) -> None:
    talk = cast.open_conversation()
    comes(talk)
    comes(talk)
    zone = cast.organisation.time_zone
    now = database_now()
    local = now.astimezone(tally.ZoneInfo(zone))
    early = now + (local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1, minutes=20) - local)
    found = Tally(cast.organisation.id)
    found.follow(now, zone)
    assert sum(counts[tally.IN] for counts in found.today().values()) == 2
    # Twenty minutes after midnight, had both come half an hour before.
    later = int((early - now).total_seconds()) - 1800
    found.slices = {begin + later: pairs for begin, pairs in found.slices.items()}
    found.follow(early, zone)
    assert sum(counts[tally.IN] for counts in found.since(early.timestamp() - tally.HOUR_S).values()) == 2
    assert found.today() == {}


def test_what_waits_is_counted_with_the_oldest_of_it(cast: Cast) -> None:
    talk = cast.open_conversation()
    old = database_now() - timedelta(minutes=5)
    sent(cast, talk, state=DeliveryState.QUEUED, at=old)
    sent(cast, talk, state=DeliveryState.SENDING)
    sent(cast, talk, state=DeliveryState.SENT)
    seen = traffic(cast.organisation.id)
    line = named(seen, "Distributeurs")
    assert (line["waiting"], seen["total"]["waiting"], named(seen, "Atlantique")["waiting"]) == (2, 2, 0)
    assert line["oldest_since"] is not None and line["oldest_since"][:19] == old.isoformat()[:19]


def test_the_oldest_is_of_all_lanes_however_many_wait(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_now, "MOST_COUNTED", 2)
    talk = cast.open_conversation()
    old = database_now() - timedelta(hours=2)
    Delivery.objects.filter(message_id=sent(cast, talk, state=DeliveryState.QUEUED, at=old).id).update(lane=2)
    for _ in range(3):
        sent(cast, talk, state=DeliveryState.QUEUED)
    seen = traffic(cast.organisation.id)
    assert seen["total"]["waiting"] == 2
    for flow in (seen["total"], named(seen, "Savane Mobile")):
        assert flow["oldest_since"] is not None and flow["oldest_since"][:19] == old.isoformat()[:19]


def test_what_waits_is_counted_once_for_all_screens_of_a_moment(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = cast.open_conversation()
    monkeypatch.setattr(of_now, "WAITING_S", 600.0)
    sent(cast, talk, state=DeliveryState.QUEUED)
    assert traffic(cast.organisation.id)["total"]["waiting"] == 1
    sent(cast, talk, state=DeliveryState.QUEUED)
    assert traffic(cast.organisation.id)["total"]["waiting"] == 1
    tally.tally_of(cast.organisation.id).waiting_until = 0.0
    assert traffic(cast.organisation.id)["total"]["waiting"] == 2


def test_another_organisations_texts_are_not_counted(cast: Cast) -> None:
    other = make_cast(name="Autre", slug="autre", domain="autre.example")
    talk = cast.open_conversation()
    comes(talk)
    goes(cast, talk, DeliveryState.QUEUED)
    seen = traffic(other.organisation.id)
    assert figures(seen["total"], "today") == (0, 0, 0, 0) and seen["total"]["waiting"] == 0
    assert {flow["id"] for flow in seen["lines"]} == {str(other.line_1919.id), str(other.line_3334.id)}


def test_events_that_are_no_texts_count_for_nothing(cast: Cast) -> None:
    with record_changes(cast.organisation.id) as changes:
        changes.add(
            MessageAdded(
                line_id=cast.line_1919.id,
                conversation_id=uuid4(),
                message_id=uuid4(),
                seq=1,
                kind="note",
                author="agent",
            )
        )
    assert Event.objects.filter(organisation_id=cast.organisation.id).exists()
    assert figures(traffic(cast.organisation.id)["total"], "today") == (0, 0, 0, 0)
    assert Organisation.objects.filter(id=cast.organisation.id).exists()
