"""One leader at work on a crowd: a process of its own (bench/rounds.py).

Order: {"sizes", "agents", "queues", "repeats"}. Says {"bells_ms", "arrivals_ms"} of an ordinary day, where everybody is
free, then {"events_ms"} for each size, then {"round_ms", "assigned", "seconds"} for each repeat.
"""

from __future__ import annotations

import json
import time
from typing import Any

import django

from bench._order import taken

django.setup()  # before the product's own modules

from django.db import connection  # noqa: E402

from accounts.models import Organisation, User  # noqa: E402
from common.memory import settled  # noqa: E402
from routing.assignment import plan_round  # noqa: E402
from routing.glance import look  # noqa: E402
from routing.models import Queue  # noqa: E402
from routing.presence import set_state  # noqa: E402
from routing.rounds import SLICE, _store_all, assign_waiting  # noqa: E402

EVENTS = 60
FEW = 3  # who come at once on an ordinary day

_PEOPLE = [
    """insert into routing_skill (id, organisation_id, name, language, is_enabled)
       select uuidv7(), %(organisation)s, 'S' || n, '', true from generate_series(1, 12) n""",
    """insert into routing_queueskill (queue_id, skill_id, least, preferred)
       select q.id, s.id, 1 + q.n %% 3, 4
       from (select id, row_number() over (order by name) n from routing_queue where name ~ '^F[0-9]+$') q
       join (select id, row_number() over (order by name) n from routing_skill where name ~ '^S[0-9]+$') s
         on s.n = 1 + q.n %% 12""",
    """insert into accounts_user (id, organisation_id, password, email, name, role, language, theme, is_active,
                                  created_at)
       select uuidv7(), %(organisation)s, '', 'b' || n || '@bench.example', 'Agent ' || n, 'agent', 'fr', 'system',
              true, now() from generate_series(1, %(agents)s) n""",
    """insert into routing_agentstate (user_id, organisation_id, state, reason, capacity, load)
       select id, %(organisation)s, 'break', '', 5, 0 from accounts_user where email like '%%@bench.example'""",
    """insert into routing_agentskill (user_id, skill_id, level)
       select u.id, s.id, 1 + (u.n * 7 + s.n * 3) %% 5
       from (select id, row_number() over (order by email) n from accounts_user where email like '%%@bench.example') u
       join (select id, row_number() over (order by name) n from routing_skill where name ~ '^S[0-9]+$') s
         on (u.n + s.n) %% 4 < 2""",
    "create temporary table crowd (n int, contact uuid, address uuid)",
]
_MORE = [
    "truncate crowd",
    """insert into crowd select n, uuidv7(), uuidv7() from generate_series(%(first)s, %(last)s) n""",
    "insert into contacts_contact (id, organisation_id, name) select contact, %(organisation)s, '' from crowd",
    """insert into contacts_address (id, organisation_id, contact_id, kind, value)
       select address, %(organisation)s, contact, 'phone', '+22907' || lpad(n::text, 8, '0') from crowd""",
    """insert into conversations_conversation (id, organisation_id, line_id, contact_id, address_id, status, queue_id,
                                               queued_at, waiting_since, priority)
       select uuidv7(), %(organisation)s, line.id, contact, address, 'queued', q.id,
              now() - make_interval(secs => n %% 1800), now(), n %% 3
       from crowd, (select id from conversations_line where address = '3334') line,
            lateral (select id from (select id, row_number() over (order by name) - 1 as at from routing_queue
                                     where name ~ '^F[0-9]+$') f where f.at = crowd.n %% %(queues)s) q""",
]


def run(statements: list[str], **parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set synchronous_commit = off")
        for statement in statements:
            cursor.execute(statement, parameters)
        cursor.execute("set synchronous_commit = on")


def tidy() -> None:
    with connection.cursor() as cursor:
        for table in ("conversations_conversation", "routing_offer", "routing_agentstate", "routing_agentskill"):
            cursor.execute(f"vacuum analyze {table}")


def say(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


def events(organisation: Organisation, people: list[User]) -> list[float]:
    """Milliseconds of each; afterwards nobody is available and nothing rings."""
    took = []
    for user in people[:EVENTS]:
        began = time.perf_counter()
        set_state(user=user, state="available")
        offered = assign_waiting(organisation_id=organisation.id, lease=None)
        took.append((time.perf_counter() - began) * 1000)
        assert offered, "nobody waits whom he may take"
        set_state(user=user, state="break")
    return took


def ordinary(organisation: Organisation, common: dict[str, Any]) -> dict[str, Any]:
    """Everybody is free. `bells_ms`: a bell that rings for nobody; `arrivals_ms`: FEW come, until all are offered."""
    run(["update routing_agentstate set state = 'available' where state = 'break'"])
    tidy()
    assign_waiting(organisation_id=organisation.id, lease=None)  # the demonstration's own
    bells, arrivals = [], []
    for number in range(EVENTS):
        began = time.perf_counter()
        assert assign_waiting(organisation_id=organisation.id, lease=None) == 0
        bells.append((time.perf_counter() - began) * 1000)
        run(_MORE, first=number * FEW + 1, last=(number + 1) * FEW, **common)
        began = time.perf_counter()
        assert assign_waiting(organisation_id=organisation.id, lease=None) == FEW
        arrivals.append((time.perf_counter() - began) * 1000)
    as_before()
    run(
        [
            "delete from conversations_conversation where status = 'queued'",
            "delete from contacts_address where value ~ '22907'",
        ]
    )
    return {"bells_ms": bells, "arrivals_ms": arrivals}


def as_before() -> None:
    """Nobody is available and nothing rings."""
    run(
        [
            "delete from routing_offer",
            "update routing_agentstate set state = 'break', load = 0 where capacity = 5 and state = 'available'",
        ]
    )
    tidy()


def whole_round(organisation: Organisation) -> dict[str, Any]:
    """Everybody is free, five each; then all is as before."""
    run(["update routing_agentstate set state = 'available' where state = 'break'"])
    began = time.perf_counter()
    seen = look(organisation.id)
    plan = plan_round(seen.waiting.values(), seen.agents, seen.rules, seen.now)
    assigned = _store_all(organisation.id, None, seen, seen.certain(plan)[:SLICE], None)
    first = (time.perf_counter() - began) * 1000
    assigned += assign_waiting(organisation_id=organisation.id, lease=None)
    seconds = time.perf_counter() - began
    as_before()
    return {"round_ms": first, "assigned": assigned, "seconds": seconds}


def main(order: dict[str, Any]) -> None:
    settled()  # as the dispatcher does
    organisation = Organisation.objects.get()
    common = {"organisation": organisation.id, "queues": order["queues"], "agents": order["agents"]}
    Queue.objects.bulk_create(
        Queue(organisation=organisation, name=f"F{n}", auto_accept=False) for n in range(1, order["queues"] + 1)
    )
    run(_PEOPLE, **common)
    people = list(User.objects.filter(email__endswith="@bench.example").order_by("email"))
    say(**ordinary(organisation, common))
    there = 0
    for size in order["sizes"]:
        run(_MORE, first=there + 1, last=size, **common)
        there = size
        tidy()
        say(events_ms=events(organisation, people))
    for _ in range(order["repeats"]):
        say(**whole_round(organisation))


if __name__ == "__main__":
    main(taken())
