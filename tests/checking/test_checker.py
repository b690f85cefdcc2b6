"""The judge of the fault tests can say no: a made-up bad world for each comparison, and a good one that passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.faults.checker import judge
from tests.faults.promises import COMPARISONS, DELIVERED, QUEUED, SENT, UNKNOWN
from tests.faults.world import (
    Attempt,
    Conversation,
    Delivery,
    Event,
    Job,
    Message,
    Offered,
    Stretch,
    Submit,
    Told,
    World,
    read_ledger,
)

AWA = "+2290197000001"
EIGHT, NINE = datetime(2026, 11, 20, 8, 0, 0, 137, UTC), datetime(2026, 11, 20, 9, tzinfo=UTC)
FACT = {
    "id": "i1", "kind": "wait", "started_at": EIGHT.isoformat(), "ended_at": NINE.isoformat(),
    "conversation_id": "c1", "agent_id": "ana", "label": "taken", "business_s": 60.5,
}  # fmt: skip


def good() -> World:
    """Awa texts twice; the bot answers in two parts and was heard, Ana's answer met a crash and may have been."""
    return World(
        offered=[
            Offered("m1", "savane", AWA, "1919", "Bonjour", 1, True),
            Offered("m2", "savane", AWA, "1919", "Encore moi", 7, True),
        ],
        submits=[
            Submit(3, "savane", "1919", AWA, "Bien", 1, 0, "700"),
            Submit(4, "savane", "1919", AWA, "venue", 2, 0, "701"),
            Submit(5, "savane", "1919", AWA, "refused", 1, 0x58),
            Submit(9, "savane", "1919", AWA, "Ici Ana", 1, None),
        ],
        told=[Told("savane", "700", "DELIVRD"), Told("savane", "701", "DELIVRD")],
        conversations=[Conversation("c1", "l1", "p1", "", "open", "ana", 4)],
        messages=[
            Message("a", "c1", 1, "incoming", "Bonjour", AWA, "1919"),
            Message("b", "c1", 2, "outgoing", "Bienvenue", AWA, "1919"),
            Message("c", "c1", 3, "incoming", "Encore moi", AWA, "1919"),
            Message("d", "c1", 4, "outgoing", "Ici Ana", AWA, "1919", "k1"),
        ],
        deliveries=[
            Delivery("b", "savane", ("Bien", "venue"), DELIVERED, "delivered"),
            Delivery("d", "savane", ("Ici Ana",), UNKNOWN, "unknown"),
        ],
        attempts=[
            Attempt("t0", "b", "savane", 1, QUEUED, withdrawn=True),
            Attempt("t1", "b", "savane", 1, DELIVERED, "700"),
            Attempt("t2", "b", "savane", 2, DELIVERED, "701"),
            Attempt("t3", "d", "savane", 1, UNKNOWN),
        ],
        events=[
            Event("o", 1, "message.received", {"message_id": "a"}),
            Event("o", 2, "message.added", {"message_id": "b"}),
            Event("o", 3, "message.received", {"message_id": "c"}),
            Event("o", 4, "conversation.assigned", {"conversation_id": "c1", "owner_id": "ana"}),
            Event("o", 5, "message.added", {"message_id": "d"}),
            Event("o", 6, "deliveries.progressed", {"items": [["l1", "c1", "b", 2, 4], ["l1", "c1", "d", 4, 2]]}),
            Event("o", 7, "stretches.ended", {"stretches": [FACT]}),
        ],
        stretches=[Stretch("i1", "wait", EIGHT, NINE, 60.5, "c1", agent_id="ana", label="taken")],
        heads={"o": 7},
        loads={"ana": 1},
        jobs=[Job("j1", "export", "done"), Job("j2", "count", "waiting", -5.0)],
        jobs_asked=["j1"],
        answers={"k1": "d"},
        shown=["a", "b", "c", "d"],
        rows_fresh={"c1": 4},
        rows_followed={"c1": 4},
        threads_fresh={"c1": ["a", "b"]},
        threads_followed={"c1": ["a", "b"]},
    )


def without(name: str, position: int) -> Callable[[World], None]:
    def spoil(world: World) -> None:
        getattr(world, name).pop(position)

    return spoil


def more(name: str, *items: object) -> Callable[[World], None]:
    def spoil(world: World) -> None:
        getattr(world, name).extend(items)

    return spoil


def other(name: str, position: int, **fields: object) -> Callable[[World], None]:
    def spoil(world: World) -> None:
        items = getattr(world, name)
        items[position] = replace(items[position], **fields)

    return spoil


def put(name: str, key: str, value: object) -> Callable[[World], None]:
    def spoil(world: World) -> None:
        getattr(world, name)[key] = value

    return spoil


def exchanged(world: World) -> None:
    first, second = world.messages[0], world.messages[2]
    world.messages[0], world.messages[2] = replace(first, body=second.body), replace(second, body=first.body)


def overtaken(world: World) -> None:
    """Ana's answer was heard, before the bot's."""
    world.attempts[3] = replace(world.attempts[3], state=SENT, provider_id="702")
    world.submits[3] = replace(world.submits[3], n=2, status=0, id="702")


BAD: list[tuple[str, Callable[[World], None]]] = [
    ("acknowledged and lost", without("messages", 2)),
    ("stored more often than texted", more("messages", Message("x", "c1", 5, "incoming", "Bonjour", AWA, "1919"))),
    ("never acknowledged although all is quiet", other("offered", 1, acknowledged=False)),
    ("a subscriber's texts stand in another order than he sent them", exchanged),
    # Twice for one attempt that knows its id; twice for one that is unknown; at all for one that says "queued".
    (
        "submitted without an attempt that admits it, or twice for one",
        more("submits", Submit(8, "savane", "1919", AWA, "Bien", 1, 0, "799")),
    ),
    (
        "submitted without an attempt that admits it, or twice for one",
        more("submits", Submit(10, "savane", "1919", AWA, "Ici Ana", 1, 0, "703")),
    ),
    ("submitted without an attempt that admits it, or twice for one", other("attempts", 3, state=SENT)),
    ("submitted without an attempt that admits it, or twice for one", other("attempts", 3, withdrawn=True)),
    ("two attempts that count for one part", other("attempts", 0, withdrawn=False)),
    ("two attempts with one operator's id", other("attempts", 2, provider_id="700")),
    ("sent, says the attempt; the ledger never saw it", without("submits", 0)),
    ("sent, says the attempt; the ledger never saw it", other("attempts", 1, provider_id="")),
    ("still waiting or under way although all is quiet", other("deliveries", 1, state=QUEUED)),
    ("an answer without its delivery, or a part without an attempt", without("deliveries", 1)),
    ("an answer without its delivery, or a part without an attempt", without("attempts", 2)),
    ("a status that the ledger's receipts contradict", without("told", 0)),
    ("a status that the ledger's receipts contradict", other("attempts", 1, state=SENT)),
    ("a status that the ledger's receipts contradict", other("deliveries", 1, state=SENT)),
    ("a status on the screen that the database does not have", other("deliveries", 1, shown="sent")),
    ("an answer that overtook the one before it in its conversation", overtaken),
    ("an agent was told that his answer is stored, and it is not, or not as told", put("answers", "k2", "z")),
    ("an agent was told that his answer is stored, and it is not, or not as told", put("answers", "k1", "b")),
    (
        "an agent was told that his answer is stored, and it is not, or not as told",
        more("messages", Message("x", "c1", 5, "outgoing", "Ici Ana", AWA, "1919", "k1")),
    ),
    ("stored and not shown, or shown and not stored", without("shown", 1)),
    ("stored and not shown, or shown and not stored", more("shown", "z")),
    ("shown twice", more("shown", "a")),
    ("the screen that followed shows another list than a fresh one", put("rows_followed", "c1", 3)),
    ("the screen that followed shows another list than a fresh one", put("rows_fresh", "c2", 1)),
    ("the screen that followed shows another thread than a fresh one", put("threads_followed", "c1", ["a"])),
    ("a conversation's numbers are not 1, 2, 3...", other("messages", 3, seq=5)),
    ("a conversation's numbers are not 1, 2, 3...", other("conversations", 0, last_seq=5)),
    ("an organisation's event numbers have a hole or a double", without("events", 3)),
    ("an organisation's event numbers have a hole or a double", other("events", 3, seq=3)),
    ("an organisation's event numbers have a hole or a double", put("heads", "o", 8)),
    ("an event without its message, or a message without its event", other("events", 0, data={"message_id": "z"})),
    ("the last event of an answer's progress says something else than the answer", without("events", 5)),
    (
        "two open conversations of one subscriber on one line",
        more("conversations", Conversation("c2", "l1", "p1")),
    ),
    ("a contact without an address", more("contacts_without_address", "p9")),
    (
        "two owners at once, or an owner whom the log does not know",
        more("events", Event("o", 8, "conversation.assigned", {"conversation_id": "c1", "owner_id": "koffi"})),
    ),
    ("two owners at once, or an owner whom the log does not know", other("conversations", 0, owner="koffi")),
    ("a measured stretch that the log tells otherwise, or does not tell", without("stretches", 0)),
    ("a measured stretch that the log tells otherwise, or does not tell", other("stretches", 0, started_at=NINE)),
    ("a measured stretch that the log tells otherwise, or does not tell", without("events", 6)),
    ("an agent's load is not what he holds", put("loads", "ana", 2)),
    ("a job that was lost, failed, or is stuck", without("jobs", 0)),
    ("a job that was lost, failed, or is stuck", other("jobs", 0, state="running", overdue_s=11.0)),
    ("a job that was lost, failed, or is stuck", other("jobs", 1, state="failed")),
    ("a job that was lost, failed, or is stuck", other("jobs", 1, overdue_s=90.0)),
]


def test_a_world_where_all_agree_is_passed_and_its_unknown_answer_is_named():
    verdict = judge(good())
    assert verdict.holds, str(verdict)
    assert verdict.notes["unknown, and shown so"] == ["message d, part 1: the operator has it"]
    world = good()
    world.submits.pop(3)
    assert judge(world).notes["unknown, and shown so"] == ["message d, part 1: the operator never got it"]


@pytest.mark.parametrize(("title", "spoil"), BAD, ids=[f"{n}: {title}" for n, (title, _) in enumerate(BAD)])
def test_a_world_that_breaks_a_promise_is_refused_in_words(title, spoil):
    world = good()
    spoil(world)
    verdict = judge(world)
    assert verdict.contradictions[title], str(verdict)
    assert title in str(verdict)


def test_every_comparison_has_a_world_that_it_refuses():
    assert {title for title, _ in BAD} == set(COMPARISONS)


def test_the_ledger_is_read_with_each_answer_at_its_request():
    def row(n: int, command: str, direction: str, sequence: int, status: int = 0, **more: object) -> dict[str, object]:
        place = {"n": n, "account": "savane", "session": "s1", "sequence": sequence}
        return {**place, "command": command, "direction": direction, "status": status, **more}

    text = {"mo": "m1", "source": "2290197000001", "destination": "1919", "text": "long", "parts": 2}
    receipt = {"id": "700", "receipt": "DELIVRD", "text": "id:700"}
    offered, submits, told = read_ledger(
        [
            row(1, "deliver_sm", "out", 1, part=1, **text),
            row(2, "deliver_sm", "out", 2, part=2, **text),
            row(3, "deliver_sm_resp", "in", 1, mo="m1"),
            row(4, "submit_sm", "in", 9, source="1919", destination="2290197000001", text="Bien", part=1),
            row(5, "submit_sm_resp", "out", 9, id="700"),
            row(6, "submit_sm", "in", 10, source="1919", destination="2290197000001", text="venue", part=2),
            row(7, "deliver_sm", "out", 3, **receipt),
            row(8, "deliver_sm_resp", "in", 3),
            row(9, "deliver_sm_resp", "in", 2, 0x64, mo="m1"),
        ]
    )
    assert [(text.body, text.acknowledged) for text in offered] == [("long", False)]
    assert [(submit.text, submit.status, submit.id) for submit in submits] == [("Bien", 0, "700"), ("venue", None, "")]
    assert told == [Told("savane", "700", "DELIVRD")]
