"""One click is one message, answers leave in order, and a crash at any point of sending sends nothing twice."""

from __future__ import annotations

import os
import signal
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from config.up.children import Identity
from config.up.trial import Running
from tests.faults.checker import judge
from tests.faults.conftest import FULL, Line, wait_until
from tests.faults.deaf import Deaf
from tests.faults.screen import UNREACHABLE, Desk, Screen
from tests.faults.traffic import LONG, subscriber
from tests.faults.witnesses import Witnesses, await_quiet

POINTS = (
    "before attempt commit",
    "after attempt commit",
    "half PDU written",
    "PDU written",
    "response read",
    "before result commit",
    "after result commit",
)
# At these the operator cannot have it, at these he has all of it; between them, what he has is for the ledger to say.
NEVER_HAD, SURELY_HAD = POINTS[1:3], POINTS[4:]
KILLS = 50 if FULL else 1  # at each point
TALKS = 200 if FULL else 8  # conversations whose order is watched
UNDER_WAY = "select count(*) from conversations_delivery where state in (0, 1)"


@pytest.fixture
def palabre(standing: Running) -> Running:
    return standing


@pytest.fixture
def agent(palabre: Running) -> Desk:
    return Desk(palabre, email="awa@savane.example")


def conversation_of(line: Line, desk: Desk, sender: str, *, to: str = "3334") -> str:
    """A subscriber has texted; the conversation's id."""
    line.text(sender, "Bonjour", to=to)
    found: list[str] = []

    def there() -> bool:
        rows = desk.insist(f"/api/conversations?view=all&q=%2B{sender[1:]}")["items"]
        found[:] = [row["id"] for row in rows]
        return bool(found)

    wait_until(there, f"the text of {sender} is on the screen")
    return found[0]


def owned_by(desk: Desk, line: Line, number: int, *, to: str = "3334") -> str:
    id_ = conversation_of(line, desk, subscriber(number), to=to)
    desk.insist(f"/api/conversations/{id_}/take", {})
    return id_


@pytest.mark.timeout(240)
def test_one_click_is_one_message(palabre, line, rows, agent):
    conversation = owned_by(agent, line, 1)
    path = f"/api/conversations/{conversation}/messages"
    tab = Desk(palabre, email="awa@savane.example")

    def clicked(words: str) -> dict[str, str]:
        return {"client_id": str(uuid.uuid4()), "body": words}

    # Enter is held down, in two tabs that share the draft.
    storm = clicked("vingt fois Entrée")
    with ThreadPoolExecutor(20) as hands:
        told = list(hands.map(lambda n: (agent, tab)[n % 2].insist(path, storm)["id"], range(20)))
    assert len(set(told)) == 1, told

    # The server hangs; the browser gives up, and tries again.
    hung = clicked("le serveur dort")
    web = palabre.pid("web")
    os.kill(web, signal.SIGSTOP)
    try:
        with pytest.raises(UNREACHABLE):
            agent.ask(path, hung, seconds=0.7)
    finally:
        os.kill(web, signal.SIGCONT)
    assert agent.insist(path, hung)["body"] == hung["body"]

    # The server does it and the answer is lost on the way.
    lost = clicked("la réponse se perd")
    with Deaf(palabre.desk) as proxy:
        behind = Desk(palabre, email="awa@savane.example", base=proxy.address)
        proxy.deaf = True
        with pytest.raises(UNREACHABLE):
            behind.ask(path, lost)
        proxy.deaf = False
        assert behind.insist(path, lost)["body"] == lost["body"]

    # The server is killed while it is at it.
    killed = clicked("le serveur meurt")
    with ThreadPoolExecutor(2) as hands:
        insisting = hands.submit(agent.insist, path, killed)
        palabre.kill("web")
        assert insisting.result(60)["body"] == killed["body"]

    bodies = [one["body"] for one in (storm, hung, lost, killed)]
    wait_until(lambda: set(line.submitted()) >= set(bodies), "all are submitted", 30)
    await_quiet(line, palabre.environ["DATABASE_OWNER_URL"], 60)
    assert [line.submitted()[body] for body in bodies] == [1, 1, 1, 1]
    stored = rows("select body, count(*) from conversations_message where body = any(%s) group by 1", bodies)
    assert sorted(stored) == sorted((body, 1) for body in bodies)


@pytest.mark.timeout(600)
def test_answers_leave_in_their_order(palabre, line, agent):
    """Three senders in each conversation: the bot, an agent, and the one who takes over from him."""
    database = palabre.environ["DATABASE_OWNER_URL"]
    other = Desk(palabre, email="koffi@savane.example")
    witnesses = Witnesses(line, database)
    for account in ("savane", "lagune"):
        line.behave(account, delay_ms=120, throttle=0.15)
    kept: dict[str, str] = {}

    def say(desk: Desk, conversation: str, words: str) -> None:
        given = {"client_id": str(uuid.uuid4()), "body": words}
        kept[given["client_id"]] = desk.insist(f"/api/conversations/{conversation}/messages", given)["id"]

    with Screen(palabre) as screen:
        for number in range(10_000, 10_000 + TALKS):
            conversation = owned_by(agent, line, number, to="1919")
            say(agent, conversation, f"{number} un {LONG}")
            say(agent, conversation, f"{number} deux")
            agent.insist(f"/api/conversations/{conversation}/return", {"to": "queue"})
            other.insist(f"/api/conversations/{conversation}/take", {})
            say(other, conversation, f"{number} trois")
            say(other, conversation, f"{number} quatre {LONG}")
            if number % 40 == 10_000 % 40 + 5:
                palabre.kill("gateway")
        for account in ("savane", "lagune"):
            line.behave(account, reset=True)
        await_quiet(line, database, 120)
        verdict = judge(witnesses.world(screen, answers=kept))
    print(verdict)
    assert verdict.holds, str(verdict)


def bound(palabre: Running) -> Identity:
    """The gateway, once it lives and has bound all links. A dead one's word may stand for a moment."""

    def ready() -> bool:
        said = palabre.facts("gateway") or {}
        return palabre.processes()["gateway"].alive() and said.get("bound") == said.get("links")

    wait_until(ready, "the gateway has bound its links", 60)
    return palabre.processes()["gateway"]


@pytest.mark.timeout(1800)
def test_a_crash_at_any_point_of_sending_sends_nothing_twice_and_hides_nothing(palabre, line, rows, agent):
    database = palabre.environ["DATABASE_OWNER_URL"]
    witnesses = Witnesses(line, database)
    conversations = [owned_by(agent, line, number) for number in range(20_001, 20_007)]
    armed = palabre.state / "run" / "crash"
    said: dict[str, list[str]] = {point: [] for point in POINTS}
    with Screen(palabre) as screen:
        for turn in range(KILLS):
            for place, point in enumerate(POINTS):
                victim = bound(palabre)
                # Else it dies with what the last crash has left to do, and one crash would be taken for another.
                wait_until(lambda: rows(UNDER_WAY) == [(0,)], "what the last crash left is settled", 60)
                armed.write_text(point)
                # Named at its end, too: each part of a long one must be its own, to be counted as such at the operator.
                body = f"{point} {turn} {LONG}{point} {turn}" if (turn + place) % 3 == 1 else f"{point} {turn}"
                conversation = conversations[(turn + place) % len(conversations)]
                given = {"client_id": str(uuid.uuid4()), "body": body}
                said[point].append(agent.insist(f"/api/conversations/{conversation}/messages", given)["id"])
                wait_until(lambda: not victim.alive(), f"the gateway dies {point}")  # noqa: B023
                assert not armed.exists()
        bound(palabre)
        await_quiet(line, database, 60)
        world = witnesses.world(screen)
        verdict = judge(world)
    print(verdict)
    assert verdict.holds, str(verdict)
    states = {delivery.message: delivery.shown for delivery in world.deliveries}
    reached = {submit.text for submit in world.submits if submit.status == 0}
    # Whatever became of the answer: a part that the operator has read twice is on a phone twice.
    read = Counter(submit.text for submit in world.submits if submit.status in (0, None))
    parts = {delivery.message: delivery.parts for delivery in world.deliveries}
    for point, messages in said.items():
        shown = [states[id_] for id_ in messages]
        arrived = [sum(text in reached for text in parts[id_]) for id_ in messages]
        of = [len(parts[id_]) for id_ in messages]
        assert [text for id_ in messages for text in parts[id_] if read[text] > 1] == []
        print(f"{point}: {sorted(set(shown))}, parts that arrived {arrived[:10]} of {of[:10]}")
        match point:
            case "before attempt commit":
                assert set(shown) == {"delivered"}
            case "after result commit":  # of a long one, the result of its other part may not have been stored yet
                assert set(shown) <= {"delivered", "unknown"}
                assert all(states[m] == "delivered" for m in messages if len(parts[m]) == 1)
            case _:
                assert set(shown) == {"unknown"}
        if point in NEVER_HAD:
            assert set(arrived) == {0}
        if point in SURELY_HAD:
            assert min(arrived) >= 1
