"""The log: dense, in order, its counter taken last; and what happens when it is not what it should be."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connection, transaction

import tests.realtime.deeds  # noqa: F401  (registers further verbs)
from conversations.events import ConversationRead
from realtime.checker import check_density
from realtime.gap import events_after
from realtime.log import APPEND, append_events, record_changes, take_event_head
from realtime.models import EventHead
from realtime.reading import Head, LogBroken, hour_before, read_on, read_range
from tests.realtime import screens
from tests.realtime.verbs import VERBS, Verb, received
from tests.realtime.world import World


@contextmanager
def transactions() -> Iterator[list[list[str]]]:
    """The statements of each transaction of this connection, in order."""
    seen: list[list[str]] = []
    current: list[str] = []

    def note(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if connection.in_atomic_block:
            current.append(str(sql))
        return execute(sql, params, many, context)

    commit = connection.commit
    plain = connection._commit

    def committing() -> None:
        plain()
        if current:
            seen.append(current.copy())
            current.clear()

    connection._commit = committing
    try:
        with connection.execute_wrapper(note):
            yield seen
    finally:
        connection._commit = plain
        assert connection.commit == commit


@pytest.mark.parametrize("verb", [one for one in VERBS.values() if not one.sql], ids=lambda verb: verb.name)
def test_no_statement_follows_the_counter(world: World, verb: Verb) -> None:
    """The counter's row is locked until the disk has flushed: whatever follows it holds up the organisation."""
    conversation = world.conversation(**verb.fields(world))
    with transactions() as seen:
        verb.act(world, conversation)
    assert seen, "nothing was committed"
    told = [statements for statements in seen if APPEND in statements]
    assert told, "no event was told"
    for statements in told:
        assert statements.index(APPEND) == len(statements) - 1


def test_the_check_above_notices_a_statement_after_the_counter(world: World) -> None:
    with transactions() as seen, transaction.atomic():
        append_events(world.organisation.id, [ConversationRead(*[world.organisation.id] * 3, 1)])
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    assert seen[0].index(APPEND) != len(seen[0]) - 1


def test_changes_are_recorded_in_the_outermost_transaction_only(world: World) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError), record_changes(world.organisation.id):
        pass


def test_many_writers_leave_no_hole_and_no_double(world: World) -> None:
    conversations = [world.conversation() for _ in range(4)]

    def write(conversation: Any) -> None:
        try:
            for _ in range(10):
                received(world, conversation)
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(one,)) for one in conversations]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
    found = check_density(world.organisation.id)
    assert (found.head, found.events, found.doubles, found.lowest) == (40, 40, 0, 1)
    assert found.dense


def test_the_counter_is_taken_early_even_where_it_has_never_been_used(world: World) -> None:
    """Else whoever changes a key before the organisation's first event deadlocks with the one who writes it."""
    EventHead.objects.all().delete()
    before = threading.Event()

    def write() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("set lock_timeout = '200ms'")
            with transaction.atomic(), pytest.raises(OperationalError, match="lock timeout"):
                append_events(world.organisation.id, [])
            before.set()
        finally:
            connection.close()

    with transaction.atomic():
        take_event_head(world.organisation.id)
        other = threading.Thread(target=write)
        other.start()
        other.join()
    assert before.is_set()


def test_nobody_is_woken_for_a_change_that_is_not_committed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[bool] = []
    monkeypatch.setattr("realtime.log.doorbell.ring_events", lambda _: woken.append(connection.in_atomic_block))
    conversation = world.conversation()
    with record_changes(world.organisation.id) as changes:
        changes.add(ConversationRead(conversation.line_id, conversation.id, world.people["afi"].id, 1))
    assert woken == [False], "once, and after COMMIT"


def test_a_transaction_that_fails_gives_its_numbers_back(world: World) -> None:
    conversation = world.conversation()
    with pytest.raises(ZeroDivisionError), record_changes(world.organisation.id) as changes:
        changes.add(ConversationRead(conversation.line_id, conversation.id, world.people["afi"].id, 1))
        raise ZeroDivisionError
    received(world, conversation)
    assert check_density(world.organisation.id).dense
    assert world.head().seq == 1


def test_the_checker_notices_a_hole_and_a_double(world: World) -> None:
    conversation = world.conversation()
    for _ in range(3):
        received(world, conversation)
    with connection.cursor() as cursor:
        cursor.execute("delete from realtime_event where seq = 2")
    assert not check_density(world.organisation.id).dense
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into realtime_event (id, organisation_id, seq, type, data) "
            "select uuidv7(), organisation_id, 3, type, data from realtime_event where seq = 3"
        )
    found = check_density(world.organisation.id)
    assert found.doubles == 1 and not found.dense


def test_a_clock_set_back_hides_no_event(world: World) -> None:
    """The bound on keys that spares old months must never cost an event."""
    conversation = world.conversation()
    for _ in range(3):
        received(world, conversation)
    with connection.cursor() as cursor:  # event 3 was written by a server whose clock ran hours behind
        cursor.execute("update realtime_event set id = uuidv7(interval '-5 hours') where seq = 3")
    events = read_range(world.organisation.id, 0, 3)
    assert [event.seq for event in events] == [1, 2, 3]
    assert hour_before(events[1].id) > events[2].id
    assert [event.seq for event in read_range(world.organisation.id, 2, 3, events[1].id)] == [3]


def test_one_visit_tells_where_the_log_stands_and_what_came_since(world: World) -> None:
    conversation = world.conversation()
    for _ in range(3):
        received(world, conversation)
    epoch = world.head().epoch
    newest, events = read_on(world.organisation.id, Head(epoch, 1), 200)
    assert newest == Head(epoch, 3) and [event.seq for event in events] == [2, 3]
    newest, events = read_on(world.organisation.id, Head(epoch, 0), 2)
    assert newest == Head(epoch, 3) and [event.seq for event in events] == [1, 2], "no more than asked for"
    assert read_on(world.organisation.id, Head(epoch, 3), 200) == (Head(epoch, 3), [])
    assert read_on(world.organisation.id, Head(epoch + 1, 1), 200)[1] == [], "of another epoch nothing follows"


def test_a_hole_is_never_stepped_over(world: World) -> None:
    conversation = world.conversation()
    for _ in range(3):
        received(world, conversation)
    with connection.cursor() as cursor:
        cursor.execute("delete from realtime_event where seq = 2")
    with pytest.raises(LogBroken):
        read_range(world.organisation.id, 0, 3)
    viewer = screens.audience(world, "afi")
    assert events_after(viewer, 0, 1) == {"reset": True}
    assert events_after(viewer, 2, 1)["upto"] == 3


@pytest.mark.parametrize("after", [-1, 99, "text", None, 1.5, "9" * 30, "", True, "1_0"])
def test_a_strange_cursor_is_answered_with_a_fresh_start(world: World, after: object) -> None:
    received(world, world.conversation())
    assert events_after(screens.audience(world, "afi"), after, 1) == {"reset": True}


def test_another_epoch_is_answered_with_a_fresh_start(world: World) -> None:
    received(world, world.conversation())
    viewer = screens.audience(world, "afi")
    assert events_after(viewer, 0, 2) == {"reset": True}
    assert events_after(viewer, "0", "1")["upto"] == 1


def test_a_long_absence_is_filled_in_steps(world: World) -> None:
    conversation = world.conversation()
    for _ in range(5):
        received(world, conversation)
    viewer = screens.audience(world, "afi")
    first = events_after(viewer, 0, 1, [conversation.id], limit=3)
    assert (first["upto"], first["head"], len(first["events"])) == (3, 5, 3)
    rest = events_after(viewer, first["upto"], 1, [conversation.id], limit=3)
    assert (rest["upto"], [event["seq"] for event in rest["events"]]) == (5, [4, 5])


def test_what_was_missed_obeys_the_same_rule_of_who_may_see(world: World) -> None:
    hidden, shown = world.conversation(world.team_line), world.conversation(world.open_line)
    for one in (hidden, shown):
        received(world, one, "nothing for strangers")
    both: list[UUID] = [hidden.id, shown.id]
    afi = events_after(screens.audience(world, "afi"), 0, 1, both)
    assert [event["conversation"]["id"] for event in afi["events"]] == [str(shown.id)]
    assert [row["id"] for row in afi["rows"]] == [str(shown.id)]
    assert len(events_after(screens.audience(world, "koffi"), 0, 1, both)["events"]) == 2  # of the team
    client = str(events_after(screens.audience(world, "client"), 0, 1, both))
    assert "strangers" not in client and hidden.address.value not in client


def test_a_redis_that_hangs_hardly_slows_a_deed(world: World, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Connections are accepted and nothing is ever answered."""
    import socket
    import time

    from realtime import doorbell

    with socket.create_server(("127.0.0.1", 0)) as deaf:
        settings.REDIS_URL = f"redis://127.0.0.1:{deaf.getsockname()[1]}/0"
        monkeypatch.setattr(doorbell, "_client", None)
        monkeypatch.setattr(doorbell, "_silent_until", 0.0)
        conversation, started = world.conversation(), time.monotonic()
        for _ in range(5):
            received(world, conversation)
        assert time.monotonic() - started < 2
    assert world.head().seq == 5
