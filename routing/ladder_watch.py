"""Finding whose ladder has something to do now. Any number of dispatchers look, each second, by the database's clock.

A look asks for those whose step has come within the last half minute, which is a short stretch of an index. Once a
minute, when a ladder was changed, and while there is more than one look may do, it asks for all who wait longer than
that and were not served: what a crash, a held row or a closed line left behind. Who leads an organisation does that
for it, since it reads all who wait there. Who could not be served is left out for a while (routing/failing.py).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection
from django.db.models import Q

from common.clock import database_now
from common.places import place_of
from routing.after_hours import without_bot
from routing.callback_answers import look_at_answers
from routing.climbing import own_ladders
from routing.failing import Failing
from routing.hours import closed_places
from routing.ladder import Deed, Ladder, Step, deeds, kept
from routing.ladder_deeds import Standing, do_what_is_due
from routing.models import Queue
from routing.waits import last_waits, places

log = logging.getLogger(__name__)

MOST = 100  # conversations of one look: half a second
LATELY = timedelta(seconds=30)
ROUND_S = 60.0

Deeds = Mapping[UUID | None, Sequence[Step]]  # of a queue, by the rule whose own ladder it is; None: the queue's

# Outside the hours of its line, or of the queue's own, nobody is told how long he waits, nor given to the bot; nor,
# where the queue's count, to a bot that rests by those of its line: it would hand him over to the end of a queue.
# Who came to the queue later than his place says (routing/climbing.py) is found by that; `own`: the rules whose ladders
# replace the queue's.
_DUE = """
select c.id from (
    select c.id, c.queue_id, c.queued_at, c.waiting_since, c.line_id
    from conversations_conversation c left join routing_ladderstart start on start.conversation_id = c.id
    where c.organisation_id = %(organisation)s and c.queue_id = %(queue)s and c.status = 'queued'
      and c.queued_at <= %(until)s and c.queued_at > %(after)s and (start.at <= %(until)s) is not false
    union all
    select c.id, c.queue_id, c.queued_at, c.waiting_since, c.line_id
    from routing_ladderstart start join conversations_conversation c on c.id = start.conversation_id
    where start.at <= %(until)s and start.at > %(after)s
      and c.organisation_id = %(organisation)s and c.queue_id = %(queue)s and c.status = 'queued'
      and c.queued_at <= %(after)s
) c
where c.waiting_since is not null and c.line_id <> all(%(closed)s::uuid[]) and c.id <> all(%(failing)s::uuid[])
  and not exists (select from routing_laddertold told where told.conversation_id = c.id and told.key = %(key)s)
  and case when %(rule)s::uuid is null
      then not exists (select from routing_routed r where r.conversation_id = c.id and r.queue_id = c.queue_id
                       and r.rule_id = any(%(own)s::uuid[]))
      else exists (select from routing_routed r where r.conversation_id = c.id and r.queue_id = c.queue_id
                   and r.rule_id = %(rule)s::uuid) end
order by c.queued_at limit %(most)s
"""


class LadderWatch:
    """Remembers when it last asked for all; two at once do each other no harm."""

    def __init__(self) -> None:
        self._known: dict[UUID, Deeds] = {}  # the deeds that each queue had at the last look
        self._whole: set[UUID] = set()  # queues of which more is due than a look could do
        self._led: frozenset[UUID] = frozenset()
        self._next_round = 0.0
        self._after: UUID | None = None  # the queue at which the last look ended: the others come first now
        self._failing = Failing()

    def look(self, now: datetime | None = None, led: Collection[UUID] | None = None) -> int:
        """Do what is due; returns for how many something was done or settled. `led`: the organisations whose whole
        queues are ours to look at; None: all. Raises when the database is away."""
        now = now or database_now()
        own = own_ladders()
        queues = list(Queue.objects.filter(~Q(ladder=[]) | Q(id__in=list(own))).order_by("id"))
        after = self._after or UUID(int=0)
        queues.sort(key=lambda queue: (queue.id <= after, queue.id))
        look_at_answers(now, self._failing)
        self._begin(queues, led)
        closed = closed_places(now) if queues else {}
        resting = without_bot(closed) if any(queue.id in closed for queue in queues) else set()
        done = 0
        for queue in queues:
            mine = own.get(queue.id, {})
            steps = _deeds(queue, mine)
            if not steps:
                continue
            leads = led is None or queue.organisation_id in led
            whole = leads and (queue.id in self._whole or self._known.get(queue.id) != steps)
            self._known[queue.id] = steps
            if closed.get(queue.id) is not None:  # its own hours, which count in place of its lines'
                self._whole.add(queue.id)
                continue
            shut = () if queue.id in closed else tuple(closed)
            most = MOST - done
            found = self._due(queue, steps, list(mine), shut, resting, now, most, whole=whole)
            served = self._serve(queue, mine, found, now) if found else 0
            (self._whole.discard if served == len(found) < most or not leads else self._whole.add)(queue.id)
            done += served
            if len(found) == most > 0:
                self._after = queue.id
        return done

    def _begin(self, queues: Sequence[Queue], led: Collection[UUID] | None) -> None:
        """Which queues are looked at whole: each once a minute, and at once where another has led until now."""
        new = frozenset(led or ()) - self._led
        self._led = frozenset(led or ())
        if time.monotonic() >= self._next_round:
            self._next_round = time.monotonic() + ROUND_S
            self._whole = {queue.id for queue in queues}
        self._whole |= {queue.id for queue in queues if queue.organisation_id in new}

    def _due(
        self, queue: Queue, deeds_of: Deeds, own: Sequence[UUID], closed: Sequence[UUID], resting: Collection[UUID],
        now: datetime, most: int, *, whole: bool,
    ) -> list[UUID]:  # fmt: skip
        """Each once, whoever waits longest first within a step. `resting`: the lines whose bot gets nobody."""
        found: dict[UUID, None] = {}
        for rule_id, step in ((rule_id, step) for rule_id, steps in deeds_of.items() for step in steps):
            if len(found) >= most:
                break
            until = now - timedelta(seconds=step.after_s)
            shut = {*closed, *resting} if step.what is Deed.GIVE_TO_BOT else closed
            with connection.cursor() as cursor:
                cursor.execute(
                    _DUE,
                    {
                        "organisation": queue.organisation_id,
                        "queue": queue.id,
                        "until": until,
                        "after": "-infinity" if whole else until - LATELY,
                        "closed": list(shut),
                        "failing": self._failing.at(now),
                        "key": step.key,
                        "rule": rule_id,
                        "own": list(own),
                        "most": most - len(found),
                    },
                )
                found |= dict.fromkeys(id_ for (id_,) in cursor.fetchall())
        return list(found)

    def _serve(self, queue: Queue, own: Mapping[UUID, Ladder], found: Sequence[UUID], now: datetime) -> int:
        waits = last_waits(queue.organisation_id, now, queue.id).get(queue.id, [])
        standing = Standing(places(queue, found, now, own), waits)
        return sum(self._done(id_, queue, standing, now) for id_ in found)

    def _done(self, conversation_id: UUID, queue: Queue, standing: Standing, now: datetime) -> bool:
        try:
            return do_what_is_due(conversation_id, queue, standing, now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # one that cannot be served costs its neighbours nothing
            kind = type(error).__name__
            log.error("conversation %s: its ladder waits: %s at %s", conversation_id, kind, place_of(error))
            self._failing.add(conversation_id, now)
            return False


def _deeds(queue: Queue, own: Mapping[UUID, Ladder]) -> dict[UUID | None, Sequence[Step]]:
    """Those that have any."""
    ladders: list[tuple[UUID | None, Ladder]] = [(None, kept(queue.ladder)), *own.items()]
    return {rule_id: steps for rule_id, ladder in ladders if (steps := deeds(ladder))}
