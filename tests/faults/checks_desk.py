"""What the database, the event log and the screens say of each other: what is shown, numbers, owners, jobs."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from itertools import pairwise

from tests.faults.promises import QUEUED, SHOWN_AS, listed, promise
from tests.faults.world import Stretch, World

HELD = ("open", "snoozed")
JOB_PATIENCE_S = (
    10.0  # after it was due, or after the lease of the worker that had it: a sweep, and its place in the row
)


# --- Screens ---------------------------------------------------------------------------------------------------


@promise("stored and not shown, or shown and not stored")
def shown(world: World) -> list[str]:
    stored, seen = {m.id: m for m in world.messages}, set(world.shown)
    return [f"not shown: {stored[id_].body[:40]!r}" for id_ in stored.keys() - seen] + [
        f"shown, not stored: {id_}" for id_ in seen - stored.keys()
    ]


@promise("shown twice")
def shown_twice(world: World) -> list[str]:
    return [f"{id_}: {n} times" for id_, n in Counter(world.shown).items() if n > 1]


@promise("the screen that followed shows another list than a fresh one")
def list_followed(world: World) -> list[str]:
    return _differences(world.rows_fresh, world.rows_followed)


@promise("the screen that followed shows another thread than a fresh one")
def threads_followed(world: World) -> list[str]:
    return _differences(world.threads_fresh, world.threads_followed)


def _differences(fresh: dict[str, object], followed: dict[str, object]) -> list[str]:
    missing = "(nothing)"
    return [
        f"{key}: fresh {str(fresh.get(key, missing))[:150]}, followed {str(followed.get(key, missing))[:150]}"
        for key in sorted(fresh.keys() | followed.keys())
        if fresh.get(key, missing) != followed.get(key, missing)
    ]


# --- Numbers and events ----------------------------------------------------------------------------------------


@promise("a conversation's numbers are not 1, 2, 3...")
def conversations_dense(world: World) -> list[str]:
    numbers: dict[str, list[int]] = defaultdict(list)
    for message in world.messages:
        numbers[message.conversation].append(message.seq)
    return [
        f"conversation {c.id}: {sorted(numbers[c.id])[:20]}, its counter stands at {c.last_seq}"
        for c in world.conversations
        if sorted(numbers[c.id]) != list(range(1, c.last_seq + 1))
    ]


@promise("an organisation's event numbers have a hole or a double")
def events_dense(world: World) -> list[str]:
    numbers: dict[str, list[int]] = defaultdict(list)
    for event in world.events:
        numbers[event.organisation].append(event.seq)
    found = []
    for organisation in world.heads.keys() | numbers.keys():
        seqs, head = sorted(numbers[organisation]), world.heads.get(organisation, 0)
        wrong = [(one, other) for one, other in pairwise(seqs) if other != one + 1]
        if wrong or (seqs[-1] if seqs else 0) != head:
            found.append(f"organisation {organisation}: steps {wrong[:5]}, head {head}, last {seqs[-1:]}")
    return found


@promise("an event without its message, or a message without its event")
def events_and_messages(world: World) -> list[str]:
    named = Counter(
        str(event.data["message_id"]) for event in world.events if event.type in ("message.received", "message.added")
    )
    stored = {message.id for message in world.messages}
    found = [f"event of message {id_}, which is not there" for id_ in named.keys() - stored]
    fresh = [message for message in world.messages if message.fresh]
    return found + [f"message {m.id} has {named[m.id]} events" for m in fresh if named[m.id] != 1]


@promise("the last event of an answer's progress says something else than the answer")
def progress_told(world: World) -> list[str]:
    told: dict[str, int] = {}
    for event in sorted(world.events, key=lambda event: event.seq):
        for _line, _conversation, message, _seq, state in event.data.get("items", ()):
            told[str(message)] = state
    return [
        f"message {d.message} is {SHOWN_AS[d.state]}, its last event said {SHOWN_AS[told.get(d.message, QUEUED)]}"
        for d in world.deliveries
        if told.get(d.message, QUEUED) != d.state
    ]


@promise("a measured stretch that the log tells otherwise, or does not tell")
def stretches_told(world: World) -> list[str]:
    """What `palabre kpis rebuild` would make of the log, by other code."""
    stored = {one.id: one for one in world.stretches}
    told: dict[str, Stretch] = {}
    for event in world.events:
        for fact in event.data["stretches"] if event.type == "stretches.ended" else ():
            given = {name: value for name, value in fact.items() if name not in ("remark_id", "business_s")}
            begins, ends = (datetime.fromisoformat(fact[name]) for name in ("started_at", "ended_at"))
            seconds = fact.get("business_s", (ends - begins).total_seconds())
            told[fact["id"]] = Stretch(**{**given, "started_at": begins, "ended_at": ends, "business_s": seconds})
    return [
        f"stretch {id_}: stored {stored.get(id_)}, told {told.get(id_)}"
        for id_ in sorted(stored.keys() | told.keys())
        if stored.get(id_) != told.get(id_)
    ]


# --- People ----------------------------------------------------------------------------------------------------


@promise("two open conversations of one subscriber on one line")
def open_once(world: World) -> list[str]:
    counted = Counter((c.line, c.contact, c.thread) for c in world.conversations if c.status != "closed")
    return listed(Counter({key: n for key, n in counted.items() if n > 1}))


@promise("a contact without an address")
def no_orphans(world: World) -> list[str]:
    return list(world.contacts_without_address)


@promise("two owners at once, or an owner whom the log does not know")
def one_owner(world: World) -> list[str]:
    owner: dict[str, str | None] = {}
    found = []
    for event in sorted(world.events, key=lambda event: event.seq):
        id_ = str(event.data.get("conversation_id", ""))
        if event.type == "conversation.assigned":
            new, before = str(event.data["owner_id"]), event.data.get("previous_owner_id")
            held = owner.get(id_)
            if held not in (None, new) and before != held:
                found.append(f"conversation {id_}: given to {new} at {event.seq} while {held} had it")
            owner[id_] = new
        elif event.type in ("conversation.returned", "conversation.queued", "conversation.closed"):
            owner[id_] = None
    return found + [
        f"conversation {c.id} is {c.owner}'s; its log says {owner[c.id]}"
        for c in world.conversations
        if c.id in owner and c.status in HELD and owner[c.id] != c.owner
    ]


@promise("an agent's load is not what he holds")
def loads(world: World) -> list[str]:
    held = Counter(c.owner for c in world.conversations if c.status == "open")
    return [f"agent {id_}: {load}, holds {held[id_]}" for id_, load in world.loads.items() if load != held[id_]]


@promise("a job that was lost, failed, or is stuck")
def jobs(world: World) -> list[str]:
    there = {job.id for job in world.jobs}
    found = [f"job {id_} is gone" for id_ in world.jobs_asked if id_ not in there]
    for job in world.jobs:
        if job.state in ("waiting", "running") and job.overdue_s > JOB_PATIENCE_S:
            found.append(f"job {job.id} ({job.kind}) is {job.state}, overdue {job.overdue_s:.0f} s")
        elif job.state == "failed":
            found.append(f"job {job.id} ({job.kind}) has failed")
    return found
