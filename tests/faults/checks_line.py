"""What the operators' ledger and the database say of each other: texts of subscribers, and answers."""

from __future__ import annotations

from collections import Counter, defaultdict

from tests.faults.promises import DELIVERED, EXPIRED, FAILED, QUEUED, SENDING, SENT, SHOWN_AS, UNKNOWN, listed, promise
from tests.faults.world import Attempt, Message, Submit, World

FINAL = {"DELIVRD": DELIVERED, "UNDELIV": FAILED, "REJECTD": FAILED, "EXPIRED": EXPIRED}


# --- Texts of subscribers --------------------------------------------------------------------------------------


def _received(world: World) -> list[Message]:
    return [message for message in world.messages if message.kind == "incoming" and message.fresh]


@promise("acknowledged and lost")
def lost(world: World) -> list[str]:
    stored = Counter((m.line, m.sender, m.body) for m in _received(world))
    acknowledged = Counter((t.line, t.sender, t.body) for t in world.offered if t.acknowledged)
    return listed(acknowledged - stored)


@promise("stored more often than texted")
def stored_twice(world: World) -> list[str]:
    stored = Counter((m.line, m.sender, m.body) for m in _received(world))
    return listed(stored - Counter((t.line, t.sender, t.body) for t in world.offered))


@promise("never acknowledged although all is quiet")
def never_acknowledged(world: World) -> list[str]:
    return [f"{text.sender}: {text.body[:40]!r}" for text in world.offered if not text.acknowledged]


@promise("a subscriber's texts stand in another order than he sent them")
def texted_in_order(world: World) -> list[str]:
    sent, stored = defaultdict(list), defaultdict(list)
    for text in sorted(world.offered, key=lambda text: text.n):
        sent[text.line, text.sender].append(text.body)
    # Keys of conversations sort by the time at which they were opened.
    for message in sorted(_received(world), key=lambda message: (message.conversation, message.seq)):
        stored[message.line, message.sender].append(message.body)
    found = []
    for who, bodies in sent.items():
        wrong = [(one[:30], other[:30]) for one, other in zip(bodies, stored[who], strict=False) if one != other]
        if wrong and sorted(bodies) == sorted(stored[who]):
            found.append(f"{who}: {wrong[0][0]!r} was sent where {wrong[0][1]!r} stands")
    return found


# --- Answers ---------------------------------------------------------------------------------------------------


def _unclaimed(world: World) -> list[Submit]:
    """Submits that the operator took over, or may have, and whose id no attempt knows."""
    known = {(a.account, a.provider_id) for a in world.attempts if a.provider_id}
    return [s for s in world.submits if s.status in (0, None) and not (s.id and (s.account, s.id) in known)]


def _parts(world: World) -> dict[tuple[str, int], str]:
    return {(d.message, number): text for d in world.deliveries for number, text in enumerate(d.parts, 1)}


@promise("submitted without an attempt that admits it, or twice for one")
def submitted_once(world: World) -> list[str]:
    texts, to = _parts(world), {message.id: message.sender for message in world.messages}
    admitted = Counter(
        (a.account, to.get(a.message, ""), texts.get((a.message, a.part), ""), a.part)
        for a in world.attempts
        if a.state == UNKNOWN and not a.provider_id and not a.withdrawn
    )
    return listed(Counter((s.account, s.destination, s.text, s.part) for s in _unclaimed(world)) - admitted)


@promise("two attempts that count for one part")
def one_attempt_a_part(world: World) -> list[str]:
    counted = Counter((a.message, a.part) for a in world.attempts if not a.withdrawn)
    return [f"message {message}, part {part}: {n}" for (message, part), n in counted.items() if n > 1]


@promise("two attempts with one operator's id")
def one_attempt_an_id(world: World) -> list[str]:
    counted = Counter((a.account, a.provider_id) for a in world.attempts if a.provider_id)
    return [f"{account} {id_}: {n}" for (account, id_), n in counted.items() if n > 1]


@promise("sent, says the attempt; the ledger never saw it")
def sent_truly(world: World) -> list[str]:
    seen = {(s.account, s.id) for s in world.submits if s.id}
    return [
        f"attempt {a.id} of message {a.message}: {SHOWN_AS[a.state]}, id {a.provider_id!r}"
        for a in world.attempts
        if a.state in (SENT, DELIVERED, EXPIRED) and (a.account, a.provider_id) not in seen
    ]


@promise("still waiting or under way although all is quiet")
def nothing_forgotten(world: World) -> list[str]:
    return [f"message {d.message} is {SHOWN_AS[d.state]}" for d in world.deliveries if d.state in (QUEUED, SENDING)]


@promise("an answer without its delivery, or a part without an attempt")
def nothing_silently_lost(world: World) -> list[str]:
    delivered = {d.message for d in world.deliveries}
    tried = {(a.message, a.part) for a in world.attempts if not a.withdrawn}
    found = [
        f"message {m.id} has no delivery"
        for m in world.messages
        if m.kind == "outgoing" and m.fresh and m.id not in delivered
    ]
    for delivery in world.deliveries:
        if delivery.state in (UNKNOWN, SENT, DELIVERED):
            found += [
                f"message {delivery.message} is {SHOWN_AS[delivery.state]}, part {part} was never tried"
                for part in range(1, len(delivery.parts) + 1)
                if (delivery.message, part) not in tried
            ]
    return found


@promise("a status that the ledger's receipts contradict")
def statuses(world: World) -> list[str]:
    said = {(told.account, told.id): told.stat for told in world.told if told.stat in FINAL}
    found = []
    for attempt in world.attempts:
        if attempt.withdrawn or not attempt.provider_id:
            continue
        stat = said.get((attempt.account, attempt.provider_id))
        if stat is None and attempt.state in (DELIVERED, EXPIRED):
            found.append(f"attempt {attempt.id} is {SHOWN_AS[attempt.state]} without a receipt")
        elif stat is not None and attempt.state != FINAL[stat]:
            found.append(f"attempt {attempt.id} is {SHOWN_AS[attempt.state]}, its receipt said {stat}")
    by_message: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in world.attempts:
        if not attempt.withdrawn:
            by_message[attempt.message].append(attempt)
    for delivery in world.deliveries:
        states = {attempt.state for attempt in by_message[delivery.message]}
        expected = _of_parts(states)
        if states and delivery.state != expected:
            found.append(f"message {delivery.message} is {SHOWN_AS[delivery.state]}, its parts {sorted(states)}")
    return found


def _of_parts(states: set[int]) -> int:
    """What a message must be called when its parts are in these states: the worst that is known."""
    for worst in (EXPIRED, FAILED, UNKNOWN, SENDING, SENT):
        if worst in states:
            return worst
    return DELIVERED


@promise("a status on the screen that the database does not have")
def statuses_shown(world: World) -> list[str]:
    return [
        f"message {d.message} is {SHOWN_AS[d.state]} and shown as {d.shown}"
        for d in world.deliveries
        if d.shown and d.shown != SHOWN_AS[d.state]
    ]


@promise("an answer that overtook the one before it in its conversation")
def answered_in_order(world: World) -> list[str]:
    messages = {message.id: message for message in world.messages}
    by_id = {(a.account, a.provider_id): messages.get(a.message) for a in world.attempts if a.provider_id}
    last: dict[tuple[str, str], tuple[int, int]] = {}
    found = []
    for submit in sorted(world.submits, key=lambda submit: submit.n):
        message = by_id.get((submit.account, submit.id)) if submit.status == 0 else None
        if message is None:
            continue
        place = (message.conversation, submit.account)
        before, n = last.get(place, (0, 0))
        if message.seq < before:
            found.append(f"conversation {message.conversation}: number {message.seq} left after {before} ({n})")
        last[place] = max((before, n), (message.seq, submit.n))
    return found


@promise("an agent was told that his answer is stored, and it is not, or not as told")
def answers_kept(world: World) -> list[str]:
    by_client: dict[str, list[str]] = defaultdict(list)
    for message in world.messages:
        if message.client_id:
            by_client[message.client_id].append(message.id)
    found = [
        f"{client_id}: told {id_}, stored {by_client[client_id]}"
        for client_id, id_ in world.answers.items()
        if by_client[client_id] != [id_]
    ]
    return found + [f"{client_id} is stored {len(ids)} times" for client_id, ids in by_client.items() if len(ids) > 1]


def unknown_ones(world: World) -> list[str]:
    reached = Counter((s.account, s.destination, s.text, s.part) for s in _unclaimed(world))
    texts, to = _parts(world), {message.id: message.sender for message in world.messages}
    found = []
    for a in world.attempts:
        if a.state == UNKNOWN and not a.withdrawn:
            key = (a.account, to.get(a.message, ""), texts.get((a.message, a.part), ""), a.part)
            arrived = reached[key] > 0
            reached[key] -= arrived
            found.append(f"message {a.message}, part {a.part}: the operator {'has' if arrived else 'never got'} it")
    return found
