"""Asks the four witnesses of a quiet product what they have seen. See checker.py for who judges."""

from __future__ import annotations

import time
from typing import Any

import psycopg
from psycopg.rows import dict_row

from channels_sms.text import data_coding, parts
from tests.faults.conftest import Line
from tests.faults.screen import Screen
from tests.faults.world import Attempt, Conversation, Delivery, Event, Job, Message, Stretch, World, read_ledger

STILL_MOVING = """
select (select count(*) from conversations_unhandled) as undecided,
       (select count(*) from conversations_delivery where state in (0, 1)) as outbox,
       (select count(*) from conversations_inboundpart) as parts,
       (select count(*) from jobs_job
        where state in ('waiting', 'running') and due_at <= clock_timestamp()
          and (lease_until is null or lease_until < clock_timestamp() or %(leases)s)) as jobs,
       (select coalesce(sum(head), 0)::bigint from realtime_eventhead) as head
"""
QUIET_S = 1.5
FOLLOWS_WITHIN_S = 30.0  # a screen whose server was killed: it tries again, and is told where the log stands
MOVING_S = 60.0
MOVES = ("deliver_sm", "deliver_sm_resp", "submit_sm", "submit_sm_resp")


def await_quiet(line: Line, database: str, limit_s: float, *, leases: bool = False) -> float:
    """Seconds until nothing moves any more anywhere. Raises AssertionError that says what still moves.

    `leases`: jobs whose worker has died are waited for, too, until their lease ends (30 s) and another has done them.
    """
    began = still_since = time.monotonic()
    before: object = None
    while True:
        accounts = line.ask("/control/state")["accounts"]
        moving = {account["id"]: account["kept"] for account in accounts if account["kept"]}
        try:
            with psycopg.connect(database, autocommit=True, row_factory=dict_row, connect_timeout=3) as connection:
                found = connection.execute(STILL_MOVING, {"leases": leases}).fetchone() or {}
        except psycopg.OperationalError as error:
            moving["database"] = type(error).__name__
        else:
            head = found.pop("head")
            moving |= {name: number for name, number in found.items() if number}
            if head != before:
                before, still_since = head, time.monotonic()
        now = time.monotonic()
        if moving:
            still_since = now
        elif now - still_since >= QUIET_S:
            return now - began
        assert now - began < limit_s, f"not quiet after {limit_s:g} s: {moving}"
        time.sleep(0.2)


class Witnesses:
    """`began` marks what was there before: the demonstration's own talks were never texted."""

    def __init__(self, line: Line, database: str) -> None:
        self._line, self._database = line, database
        self._ledger_from = int(line.ask("/control/state")["ledger"]["last"])
        with psycopg.connect(database, autocommit=True) as connection:
            row = connection.execute("select clock_timestamp()").fetchone()
        assert row is not None
        self._began = row[0]

    def world(self, screen: Screen, *, answers: dict[str, str] | None = None, jobs: list[str] | None = None) -> World:
        """Everything that the four say. `screen` has followed since before the storm.

        They are asked one after the other: when something has moved meanwhile, all of them are asked again.
        """
        limit = time.monotonic() + MOVING_S
        while True:
            since, head = self._line.last(), self._head()
            screen.follow_to(head, FOLLOWS_WITHIN_S)
            world = self._ask(screen, answers, jobs)
            moved = [row for row in self._line.ledger(since) if row.get("command") in MOVES]
            if not moved and self._head() == head:
                return world
            assert time.monotonic() < limit, f"still moving after {MOVING_S:g} s: {moved[-3:]}"
            time.sleep(0.5)

    def _head(self) -> int:
        """The newest event of the organisation that texts."""
        with psycopg.connect(self._database, autocommit=True) as connection:
            row = connection.execute("select coalesce(max(head), 0) from realtime_eventhead").fetchone()
        assert row is not None
        return int(row[0])

    def _ask(self, screen: Screen, answers: dict[str, str] | None, jobs: list[str] | None) -> World:
        world = World(answers=dict(answers or {}), jobs_asked=list(jobs or []))
        world.offered, world.submits, world.told = read_ledger(self._line.ledger(since=self._ledger_from))
        with psycopg.connect(self._database, row_factory=dict_row) as connection:
            connection.execute("set transaction isolation level repeatable read")
            self._read_database(connection, world)
        self._read_screens(screen, world)
        return world

    def _read_database(self, connection: psycopg.Connection[Any], world: World) -> None:
        def ask(sql: str, *parameters: object) -> list[dict[str, Any]]:
            return connection.execute(sql, parameters).fetchall()

        world.conversations = [
            Conversation(**row)
            for row in ask("""select id::text, line_id::text as line, contact_id::text as contact, thread_key as thread,
                                     status, owner_id::text as owner, last_seq from conversations_conversation""")
        ]
        world.messages = [
            Message(**row)
            for row in ask(
                """select m.id::text, m.conversation_id::text as conversation, m.seq, m.kind, m.body,
                          address.value as sender, line.address as line, coalesce(m.client_id::text, '') as client_id,
                          m.created_at >= %s as fresh
                   from conversations_message m
                   join conversations_conversation c on c.id = m.conversation_id
                   join contacts_address address on address.id = c.address_id
                   join conversations_line line on line.id = c.line_id""",
                self._began,
            )
        ]
        bodies = {message.id: message.body for message in world.messages}
        for row in ask(
            """select d.message_id::text as message, link.settings->>'system_id' as account, d.state, d.reference
               from conversations_delivery d join conversations_link link on link.id = d.link_id
               join conversations_message m on m.id = d.message_id where m.created_at >= %s""",
            self._began,
        ):
            texts = _parts(bodies[row["message"]], row["reference"])
            world.deliveries.append(Delivery(row["message"], row["account"], texts, row["state"]))
        ours = {delivery.message for delivery in world.deliveries}
        world.attempts = [
            Attempt(**row)
            for row in ask(
                """select a.id::text, a.message_id::text as message, link.settings->>'system_id' as account, a.part,
                          a.state, a.provider_id, a.withdrawn
                   from conversations_attempt a join conversations_link link on link.id = a.link_id"""
            )
            if row["message"] in ours
        ]
        world.events = [
            Event(**row)
            for row in ask("select organisation_id::text as organisation, seq, type, data from realtime_event")
        ]
        world.stretches = [
            Stretch(**row)
            for row in ask(
                """select id::text, kind, started_at, ended_at, business_seconds as business_s, label,
                          coalesce(conversation_id::text, '') as conversation_id,
                          coalesce(line_id::text, '') as line_id, coalesce(queue_id::text, '') as queue_id,
                          coalesce(agent_id::text, '') as agent_id
                   from measures_interval"""
            )
        ]
        world.heads = {
            row["id"]: row["head"] for row in ask("select organisation_id::text as id, head from realtime_eventhead")
        }
        world.contacts_without_address = [
            row["id"]
            for row in ask("""select id::text from contacts_contact c where not exists
                              (select from contacts_address a where a.contact_id = c.id)""")
        ]
        world.loads = {
            row["id"]: row["load"] for row in ask("select user_id::text as id, load from routing_agentstate")
        }
        world.jobs = [
            Job(**row)
            for row in ask("""select id::text, kind, state, extract(epoch from clock_timestamp()
                                  - case state when 'running' then lease_until else due_at end)::float as overdue_s
                              from jobs_job""")
        ]

    def _read_screens(self, screen: Screen, world: World) -> None:
        world.rows_fresh, world.rows_followed = screen.rows_fetched(), screen.rows_followed()
        statuses: dict[str, str] = {}
        for id_ in world.rows_fresh:
            thread = screen.thread_fetched(id_)
            world.shown += [message["id"] for message in thread]
            statuses |= {m["id"]: m["delivery"]["status"] for m in thread if m["delivery"] is not None}
            if id_ in screen.threads:
                world.threads_fresh[id_] = [as_shown(message) for message in thread]
        world.threads_followed = {
            id_: [as_shown(message) for message in thread] for id_, thread in screen.threads_followed().items()
        }
        world.deliveries = [
            Delivery(d.message, d.account, d.parts, d.state, statuses.get(d.message, "")) for d in world.deliveries
        ]


def as_shown(message: dict[str, Any]) -> tuple[int, str, str, str]:
    delivery = message["delivery"]
    return message["seq"], message["kind"], message["body"], delivery["status"] if delivery else ""


def _parts(body: str, reference: int) -> tuple[str, ...]:
    return tuple(
        data_coding.decode(part.payload, part.data_coding).text for part in parts.split(body, reference=reference)
    )
