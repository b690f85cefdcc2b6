"""Agents whose browsers have gone get nothing new; where a queue says so, their unanswered conversations go on.

Evidence is a row per user (DeskSeen), not a key in Redis, which may be emptied at any second. Each web process writes
for all its sockets in one statement each SEEN_S (realtime/hub.py): for 500 desks that is one statement of 500 narrow
rows in ten seconds, updated in place (no index on the time), some 50 rows a second and no transaction of its own for
anybody. Who has never had a socket (an application, a test) has no row and is never called gone.

While the database was away nobody could be seen: a sweep decides only after it has itself run without a gap for
STEADY_S, in which every desk that is there has been seen again.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from accounts.models import User
from common.clock import database_now
from conversations.models import Conversation, Status
from realtime import doorbell
from realtime.log import record_changes
from routing.handing import return_to_queue
from routing.models import AgentState, SetBy, State
from routing.offers import withdraw_all, withdraw_of
from routing.states import GONE_S, SEEN_EACH_S, change_state, go_on, gone_since, look_away

log = logging.getLogger(__name__)

STEADY_S = 30.0
GAP_S = 10.0  # between two sweeps; longer: the database, or we, were away
SLICE = 20

# By key: two web processes that see the same people agree on the order. Seldom written twice in a moment.
_SEEN = """
with now_seen as (
    insert into routing_deskseen as d (user_id, at)
    select id, clock_timestamp() from accounts_user where id = any(%s) order by id
    on conflict (user_id) do update set at = excluded.at where d.at < excluded.at - interval '1 second'
    returning user_id, old.at as before
)
select s.user_id, s.organisation_id, now_seen.before
from now_seen join routing_agentstate s on s.user_id = now_seen.user_id
where now_seen.before < clock_timestamp() - make_interval(secs => %s) and s.focus_since <= now_seen.before
"""
_BACK = "select user_id, organisation_id from routing_agentstate where user_id = any(%s) and state = 'disconnected'"
_GONE = """
select s.user_id from routing_agentstate s join routing_deskseen d on d.user_id = s.user_id
where s.organisation_id = %s and s.state in ('available', 'wrap_up')
  and d.at < clock_timestamp() - make_interval(secs => %s)
"""
_AT_WORK = """
select user_id, organisation_id from routing_agentstate where user_id = any(%s) and state in ('available', 'wrap_up')
"""
_SWITCHED_OFF = """
select s.user_id from routing_agentstate s join accounts_user u on u.id = s.user_id
where s.organisation_id = %s and s.state <> 'offline' and (not u.is_active or u.role = 'observer')
"""
# Whose owner has been gone for as long as the queue waits for him. One owner: the locks of states have then no order.
_LEFT = """
select c.owner_id, array_agg(c.id) from conversations_conversation c
join routing_queue q on q.id = c.queue_id and q.on_disconnect = 'return'
join routing_deskseen d on d.user_id = c.owner_id
where c.organisation_id = %(organisation)s and c.status = 'open' and c.waiting_since is not null
  and c.owner_id <> all(%(passed)s)
  and d.at < clock_timestamp() - make_interval(secs => q.disconnect_grace_s)
  and exists (select from routing_queue any_such
              where any_such.organisation_id = %(organisation)s and any_such.on_disconnect = 'return')
group by c.owner_id order by c.owner_id limit 1
"""
# He may have come back while we waited for the locks.
_STILL_LEFT = """
select c.id from conversations_conversation c
join routing_queue q on q.id = c.queue_id and q.on_disconnect = 'return'
join routing_deskseen d on d.user_id = c.owner_id
where c.id = any(%s) and d.at < clock_timestamp() - make_interval(secs => q.disconnect_grace_s)
"""


def seen(user_ids: Collection[UUID]) -> None:
    """These have a browser connected now. Who was disconnected goes on as he was."""
    if not user_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, [list(user_ids), GONE_S])
        stared = cursor.fetchall()
        cursor.execute(_BACK, [list(user_ids)])
        back = cursor.fetchall()
    for user_id, organisation_id, before in stared:
        _look_away(organisation_id, user_id, before)
    for user_id, organisation_id in back:
        with record_changes(organisation_id) as changes:
            found = AgentState.objects.select_for_update(of=("self",)).get(user_id=user_id)
            if found.state == State.DISCONNECTED:
                go_on(changes, found, set_by=SetBy.DISCONNECT, now=database_now())


def signed_out(user_ids: Collection[UUID]) -> None:
    """The last browser of these has signed out: nothing is given to them, nor rings at them, in the minute in which one
    might come back. Another that is there says so within seconds, and he goes on."""
    with connection.cursor() as cursor:
        cursor.execute(_AT_WORK, [list(user_ids)])
        here = cursor.fetchall()
    for user_id, organisation_id in here:
        _disconnect(organisation_id, user_id, is_told=True)


def _look_away(organisation_id: UUID, user_id: UUID, before: datetime) -> None:
    """In whatever state his browser was shut, nothing has stood before his eyes since."""
    with record_changes(organisation_id):
        found = AgentState.objects.select_for_update(of=("self",)).get(user_id=user_id)
        if found.focus_since is not None and found.focus_since <= before:
            look_away(found, before + timedelta(seconds=SEEN_EACH_S))


class Absences:
    """Remembers for how long it has looked without a gap, by organisation."""

    def __init__(self) -> None:
        self._looked: dict[UUID, tuple[datetime, datetime]] = {}  # steady since, last

    def sweep(self, organisation_id: UUID) -> int:
        """Returns how many agents were disconnected and conversations returned."""
        now = database_now()
        steady_since, last = self._looked.get(organisation_id, (now, now))
        if not timedelta(0) <= now - last <= timedelta(seconds=GAP_S):
            steady_since = now
        self._looked[organisation_id] = steady_since, now
        if now - steady_since < timedelta(seconds=STEADY_S):
            return 0
        return disconnect_gone(organisation_id) + return_left(organisation_id)


def disconnect_gone(organisation_id: UUID) -> int:
    """Available agents without a browser for GONE_S become disconnected; what rings at them goes on to others. Who
    wraps up, too: when that is over he would be available."""
    with connection.cursor() as cursor:
        cursor.execute(_GONE, [organisation_id, GONE_S])
        gone = [row[0] for row in cursor.fetchall()]
    return sum(_disconnect(organisation_id, user_id) for user_id in gone)


def _disconnect(organisation_id: UUID, user_id: UUID, *, is_told: bool = False) -> bool:
    """`is_told`: it is known that he has gone; else he is looked at again under the lock."""
    try:
        with record_changes(organisation_id) as changes:
            now = database_now()
            # Before his state, by the order of locks; whether it was right is only known under that.
            withdraw_of(changes, user_id, now=now, why="disconnected")
            found = AgentState.objects.select_for_update(of=("self",)).get(user_id=user_id)
            if found.state not in (State.AVAILABLE, State.WRAP_UP) or not (is_told or gone_since(user_id) is not None):
                raise _IsHere
            return change_state(changes, found, state=State.DISCONNECTED, set_by=SetBy.DISCONNECT, now=now)
    except _IsHere:
        return False


class _IsHere(Exception):
    """He has come back, or said something else, since it was seen that he was gone: what rang at him rings on."""


def end_work_of_the_switched_off(organisation_id: UUID) -> int:
    """Who was switched off, or became an observer, is offline: switched on again he gets nothing before he says so."""
    with connection.cursor() as cursor:
        cursor.execute(_SWITCHED_OFF, [organisation_id])
        off = [row[0] for row in cursor.fetchall()]
    changed = 0
    for user_id in off:
        with record_changes(organisation_id) as changes:
            found = AgentState.objects.select_for_update(of=("self",)).get(user_id=user_id)
            changed += change_state(changes, found, state=State.OFFLINE, set_by=SetBy.DISCONNECT, now=database_now())
    return changed


def return_left(organisation_id: UUID) -> int:
    """Unanswered conversations of the disconnected go back to the queues that say so; returns how many."""
    returned = 0
    passed: list[UUID] = []
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_LEFT, {"organisation": organisation_id, "passed": passed})
            row = cursor.fetchone()
        if row is None:
            return returned
        owner_id, ids = row
        done = _return_slice(organisation_id, owner_id, ids[:SLICE])
        if not done:  # somebody holds this one's just now: the next sweep; the others' go back
            passed.append(owner_id)
        returned += done


def _return_slice(organisation_id: UUID, owner_id: UUID, ids: list[UUID]) -> int:
    with record_changes(organisation_id) as changes:
        found = list(
            Conversation.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("line")
            .filter(id__in=ids, owner_id=owner_id, status=Status.OPEN, waiting_since__isnull=False)
            .order_by("line_id", "contact_id", "thread_key")
        )
        with connection.cursor() as cursor:
            cursor.execute(_STILL_LEFT, [[one.id for one in found]])
            left = {row[0] for row in cursor.fetchall()}
        found = [one for one in found if one.id in left]
        name, now = User.objects.values_list("name", flat=True).get(id=owner_id), database_now()
        withdraw_all(changes, found, now=now, why="disconnected", beside=[owner_id])
        for conversation in found:
            return_to_queue(changes, conversation, owner_id, name, now, by="disconnect")
        if found:
            log.info("%d conversations of user %s, who has no browser, go back to their queue", len(found), owner_id)
            changes.ring(doorbell.WAITING)
    return len(found)
