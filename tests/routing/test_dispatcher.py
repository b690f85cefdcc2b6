"""The dispatcher as a process of its own: bells lost, killed, two at once, the database gone and back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count
from django.db.models.functions import Now

from common.readiness import read_ready
from conversations.models import Conversation, Message, Status
from realtime.checker import check_density
from routing import ownership
from routing.handling import claim_batch
from routing.loads import wrong_loads
from routing.models import Offer, OfferState, Queue, State
from tests.cast import Cast
from tests.promised import promised

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).parent.parent.parent


def until(condition: Callable[[], Any], what: str, seconds: float = 30.0) -> float:
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, f"{what}: not within {seconds} s"
        time.sleep(0.03)
    took = time.monotonic() - started
    print(f"{what}: {took:.2f} s")
    return took


class Processes:
    def __init__(self, dsn: str, state: Path) -> None:
        self._dsn = dsn
        self._state = state
        self.running: list[subprocess.Popen] = []

    def start(self, name: str = "d1", **environment: str) -> subprocess.Popen:
        state = self._state / name
        (state / "run" / "dispatcher.ready").unlink(missing_ok=True)  # of one that was killed
        ours = {"DATABASE_URL": self._dsn, "PALABRE_STATE": str(state), "PALABRE_OWNER": name}
        process = subprocess.Popen(
            [sys.executable, "-m", "config.cli", "dispatcher"],
            cwd=ROOT,
            env={**os.environ, **ours, **environment},
        )
        self.running.append(process)
        until(lambda: self.facts(name) is not None or process.poll() is not None, f"{name} is ready", 60)
        assert process.poll() is None
        return process

    def facts(self, name: str) -> dict | None:
        before = os.environ["PALABRE_STATE"]
        os.environ["PALABRE_STATE"] = str(self._state / name)
        try:
            return read_ready("dispatcher")
        finally:
            os.environ["PALABRE_STATE"] = before


@pytest.fixture
def processes(dsn, tmp_path) -> Iterator[Processes]:
    made = Processes(dsn, tmp_path)
    yield made
    for process in made.running:
        if process.poll() is None:
            process.kill()
            process.wait(10)


@pytest.fixture(autouse=True)
def everything_adds_up(cast):
    yield
    assert wrong_loads(cast.organisation.id) == []
    assert check_density(cast.organisation.id).dense


def test_a_text_is_answered_by_the_bot_and_a_person_gets_what_the_bot_hands_over(cast: Cast, processes):
    process = processes.start()
    assert processes.facts("d1")["leading"] == ["Savane Assistance"]
    conversation = cast.open_conversation(line=cast.line_1919)
    cast.text_in(conversation, "Bonjour")
    # No NOTIFY was sent by the cast: the sweep finds it.
    until(lambda: Message.objects.filter(author="bot").exists(), "the bot has answered without a bell")
    cast.available(cast.koffi)
    cast.text_in(conversation, "je veux parler à un conseiller")

    def owner():
        return Conversation.objects.get(id=conversation.id).owner_id

    until(lambda: owner() is not None, "a person has it")
    assert owner() == cast.koffi.id
    assert "handover" in [what for _, what in cast.said(conversation)]

    started = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    print(f"stopped in {time.monotonic() - started:.2f} s")
    assert time.monotonic() - started < promised(8)
    assert processes.facts("d1") is None
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from jobs_lease where expires_at > clock_timestamp()")
        assert cursor.fetchone() == (0,)


def test_of_two_dispatchers_one_leads_and_the_other_follows_when_it_is_killed(cast: Cast, processes):
    first = processes.start("d1")
    processes.start("d2")
    assert processes.facts("d2")["leading"] == []
    cast.available(cast.awa, capacity=20)
    texts = [cast.open_conversation(line=cast.line_1919, sender=f"+22901970007{n:02}") for n in range(20)]
    for conversation in texts:
        cast.text_in(conversation, "Bonjour")
    until(lambda: not cast.unhandled(), "twenty texts are decided about")
    assert Message.objects.filter(author="bot").values("conversation").distinct().count() == 20

    waiting = cast.queued(sender="+2290197000799")
    until(lambda: Conversation.objects.get(id=waiting.id).owner_id, "the leader has assigned")
    first.kill()
    first.wait(10)
    waiting = cast.queued(sender="+2290197000798")
    until(lambda: Conversation.objects.get(id=waiting.id).owner_id, "the other one leads")
    assert processes.facts("d2")["leading"] == ["Savane Assistance"]


def test_its_own_name_takes_the_lease_back_at_once_after_a_kill(cast: Cast, processes):
    first = processes.start("d1")
    first.kill()
    first.wait(10)
    processes.start("d1", LOG_LEVEL="WARNING")
    assert processes.facts("d1")["leading"] == ["Savane Assistance"]


def test_its_own_name_decides_at_once_about_what_it_had_claimed_when_it_was_killed(cast: Cast, processes):
    conversation = cast.open_conversation(line=cast.line_1919)
    cast.text_in(conversation, "Bonjour")
    assert claim_batch("dispatcher@d1#7") == [conversation.id]
    processes.start("d1")
    until(lambda: not cast.unhandled(), "decided about", promised(5))
    assert Message.objects.filter(author="bot").exists()


def test_sessions_cut_by_the_database_are_made_again_with_no_hand(cast: Cast, processes):
    """What a restart of PostgreSQL does to us, without taking it from the other tests; with the pool of production."""
    processes.start("d1", PALABRE_MODE="demo")
    for _ in range(3):
        with connection.cursor() as cursor:
            cursor.execute(
                """select pg_terminate_backend(pid) from pg_stat_activity
                   where datname = current_database() and pid <> pg_backend_pid()
                     and usename = current_user"""
            )
        time.sleep(0.3)
    cast.available(cast.awa)
    conversation = cast.queued()
    until(lambda: Conversation.objects.get(id=conversation.id).owner_id, "assigned again")
    text = cast.open_conversation(line=cast.line_1919, sender="+2290197000777")
    cast.text_in(text, "Bonjour")
    until(lambda: Message.objects.filter(conversation=text, author="bot").exists(), "answered again")


def test_an_agent_who_becomes_available_gets_who_waits_at_the_bell(cast: Cast, processes):
    processes.start("d1")
    conversations = [cast.queued(sender=f"+22901970008{n:02}") for n in range(5)]
    time.sleep(1.2)
    assert Conversation.objects.filter(status=Status.QUEUED).count() == 5
    ownership.set_state(user=cast.mariam, state="available")
    until(
        lambda: Conversation.objects.filter(owner=cast.mariam).count() == len(conversations),
        "all five are hers",
    )


def test_a_dispatcher_killed_in_the_middle_of_a_flood_is_followed_and_nothing_is_done_twice(cast: Cast, processes):
    first = processes.start("d1")
    conversations = [cast.open_conversation(line=cast.line_1919, sender=f"+2290197001{n:03}") for n in range(120)]
    for conversation in conversations[:60]:
        cast.text_in(conversation, "Bonjour")
    until(lambda: Message.objects.filter(author="bot").exists(), "it is in the middle of it")
    first.kill()
    first.wait(10)
    for conversation in conversations[60:]:
        cast.text_in(conversation, "Bonjour")
    with connection.cursor() as cursor:  # half a minute passes
        cursor.execute("update conversations_unhandled set claimed_until = now() where claimed_until is not null")
        print(f"{cursor.rowcount} claims died with it")
    processes.start("d2")
    until(lambda: not cast.unhandled(), "all are decided about", 60)
    by_conversation = Message.objects.filter(author="bot").values("conversation").annotate(number=Count("id"))
    answers = [found["number"] for found in by_conversation]
    turn = answers[0]  # how many texts the bot answers to one "Bonjour"
    assert answers == [turn] * 120


def test_an_offer_that_nobody_answers_runs_out_and_rings_at_the_next(cast: Cast, processes):
    """Whole processes: offered by the leader, ended by whichever of two sweeps first, offered again."""
    Queue.objects.filter(id=cast.queue.id).update(auto_accept=False, ring_s=60)
    cast.available(cast.awa, cast.koffi)
    processes.start()
    processes.start("d2")
    conversation = cast.queued()
    until(lambda: Offer.objects.filter(state=OfferState.PENDING).exists(), "it rings", promised(2.0))
    Offer.objects.update(expires_at=Now())
    until(lambda: Offer.objects.filter(state=OfferState.PENDING).exclude(expires_at__lte=Now()).exists(), "and again")
    first, second = Offer.objects.order_by("made_at")
    assert {first.user_id, second.user_id} == {cast.awa.id, cast.koffi.id}
    assert (first.state, cast.state_of(first.user).state) == (OfferState.TIMED_OUT, State.NOT_RESPONDING)
    ownership.close(user=cast.sam, conversation_id=conversation.id)
