"""A day at the desk is played, and what was measured of it is added up: no stretch is missing, none counts twice."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from common.errors import Conflict
from conversations.models import Conversation, Status
from measures.models import Interval, IntervalKind
from realtime.log import record_changes
from routing import offers, ownership, wrap_up
from routing.loads import wrong_loads
from routing.models import AgentState, Offer, OfferState, Queue, State, WrapUp
from routing.presence import set_focus, set_state
from routing.rounds import assign_waiting
from routing.snooze import snooze, wake, wake_by_hand
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)

EIGHT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
LIFE = (
    IntervalKind.BOT,
    IntervalKind.WAIT,
    IntervalKind.HANDLE,
    IntervalKind.HOLD,
)  # one of them at any moment, from opened to closed


class Day:
    """Deeds of chance, each some seconds after the other, by a clock of its own."""

    def __init__(self, cast: Cast, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cast, self.random, self.at, self.arrived = cast, random.Random(seed), EIGHT, 0
        for module in (offers, wrap_up):
            monkeypatch.setattr(module, "database_now", lambda: self.at)

    def play(self, deeds: int) -> None:
        for user in self.cast.agents:
            AgentState.objects.filter(user=user).update(since=self.at)
            set_state(user=user, state="available", now=self.at)
        for _ in range(deeds):
            self.at += timedelta(seconds=self.random.randint(1, 40))
            self.random.choice([self.arrive, self.route, self.route, self.answer_offer, self.answer_offer, self.work,
                                self.work, self.run_out, self.change_state, self.look, self.sleep,
                                self.wake])()  # fmt: skip
        self.at += timedelta(minutes=10)
        self.run_out()
        for one in Conversation.objects.exclude(status=Status.CLOSED):
            ownership.close(user=self.cast.sam, conversation_id=one.id, now=self.at)
        for user in self.cast.agents:
            self.at += timedelta(seconds=1)
            set_state(user=user, state="available", now=self.at)
            set_state(user=user, state="offline", now=self.at)

    def arrive(self) -> None:
        self.arrived += 1
        status = self.random.choice([Status.BOT, Status.QUEUED, Status.QUEUED])
        one = self.cast.open_conversation(status=status, sender=f"+22901980{self.arrived:05}", at=self.at)
        self.cast.text_in(one, at=self.at)

    def route(self) -> None:
        assign_waiting(organisation_id=self.cast.organisation.id, lease=None, now=self.at)

    def answer_offer(self) -> None:
        ringing = list(Offer.objects.filter(state=OfferState.PENDING).order_by("made_at", "conversation__opened_at"))
        if not ringing:
            return
        offer = self.random.choice(ringing)
        try:
            if self.random.random() < 0.7:
                offers.accept(user=offer.user, offer_id=offer.id, now=self.at)
            else:
                offers.decline(user=offer.user, offer_id=offer.id, reason="Non", now=self.at)
        except Conflict as refused:
            assert refused.code == "offer_over"

    def work(self) -> None:
        user = self.random.choice(self.cast.agents)
        mine = Conversation.objects.filter(owner=user, status=Status.OPEN).order_by("id").first()
        if mine is None:
            other = Conversation.objects.filter(status__in=[Status.BOT, Status.QUEUED]).order_by("id").last()
            if other is not None and AgentState.objects.get(user=user).load < 3:
                ownership.take(user=user, conversation_id=other.id, now=self.at)
        elif self.random.random() < 0.25:
            ownership.give_back(user=user, conversation_id=mine.id, to="queue", now=self.at)
        else:
            ownership.close(user=user, conversation_id=mine.id, now=self.at)

    def sleep(self) -> None:
        user = self.random.choice(self.cast.agents)
        mine = Conversation.objects.filter(owner=user, status=Status.OPEN).order_by("opened_at").last()
        if mine is not None:
            until = self.at + timedelta(minutes=self.random.randint(1, 9)) if self.random.random() < 0.5 else None
            snooze(user=user, conversation_id=mine.id, seen=mine.last_seq, until=until, now=self.at)

    def wake(self) -> None:
        asleep = (
            Conversation.objects.filter(status=Status.SNOOZED).order_by("opened_at").select_related("owner", "line")
        )
        one = asleep.first()
        if one is None:
            return
        if self.random.random() < 0.3:
            try:
                wake_by_hand(user=one.owner, conversation_id=one.id, now=self.at)
            except Conflict as refused:
                assert refused.code == "at_capacity"
            return
        with record_changes(self.cast.organisation.id) as changes:
            wake(changes, one, by="text", now=self.at)

    def run_out(self) -> None:
        """The day is long past: by the database's clock all that rings is over. Only once it is by ours, too."""
        if not Offer.objects.filter(state=OfferState.PENDING, expires_at__gt=self.at).exists():
            offers.end_due_offers()
        if not WrapUp.objects.filter(until__gt=self.at).exists():
            wrap_up.end_due_wrap_ups()

    def change_state(self) -> None:
        state = self.random.choice(["available", "available", "break", "busy"])
        set_state(user=self.random.choice(self.cast.agents), state=state, reason="", now=self.at)

    def look(self) -> None:
        user = self.random.choice(self.cast.agents)
        mine = list(Conversation.objects.filter(owner=user, status=Status.OPEN).order_by("opened_at"))
        set_focus(user=user, conversation_id=self.random.choice(mine).id if mine else None, now=self.at)


def gapless(found: Iterable[Interval]) -> list[Interval]:
    """In order of time, each beginning where the one before it ends."""
    ordered = sorted(found, key=lambda one: (one.started_at, one.ended_at))
    for before, after in pairwise(ordered):
        assert before.ended_at == after.started_at, (before.kind, before.label, after.kind, after.label)
    return ordered


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_is_measured_of_a_day_is_the_day(cast: Cast, seed: int, monkeypatch: pytest.MonkeyPatch):
    Queue.objects.filter(id=cast.queue.id).update(auto_accept=False, ring_s=30, wrap_up_s=20)
    AgentState.objects.filter(user__in=cast.agents).update(capacity=3)
    Day(cast, seed, monkeypatch).play(320)
    assert wrong_loads(cast.organisation.id) == []
    by_conversation: dict = {}
    for one in Interval.objects.exclude(conversation_id=None):
        by_conversation.setdefault(one.conversation_id, []).append(one)
    assert len(by_conversation) > 15
    kinds = set(Interval.objects.values_list("kind", flat=True))
    assert kinds >= {*LIFE, IntervalKind.RING, IntervalKind.OFFER, IntervalKind.WRAP_UP, IntervalKind.FOCUS}
    for conversation in Conversation.objects.all():
        found = by_conversation[conversation.id]
        life = gapless(one for one in found if one.kind in LIFE)
        assert (life[0].started_at, life[-1].ended_at) == (conversation.opened_at, conversation.closed_at)
        (resolution,) = [one for one in found if one.kind == IntervalKind.RESOLUTION]
        assert sum(one.wall_seconds for one in life) == pytest.approx(resolution.wall_seconds)
        for inner, outer in (
            (IntervalKind.RING, IntervalKind.WAIT),
            (IntervalKind.OFFER, IntervalKind.WAIT),
            (IntervalKind.FOCUS, IntervalKind.HANDLE),
        ):
            for one in (one for one in found if one.kind == inner):
                assert any(
                    whole.started_at <= one.started_at and one.ended_at <= whole.ended_at
                    for whole in found
                    if whole.kind == outer
                ), (inner, one.label)
        rings = sorted((one for one in found if one.kind == IntervalKind.RING), key=lambda one: one.started_at)
        assert all(a.ended_at <= b.started_at for a, b in pairwise(rings)), "rings at one at a time"
    assert Interval.objects.filter(kind=IntervalKind.RING).count() == Offer.objects.count()
    for user in cast.agents:
        states = gapless(Interval.objects.filter(kind=IntervalKind.STATE, agent_id=user.id))
        assert (states[0].started_at, cast.state_of(user).since) == (EIGHT, states[-1].ended_at)
        assert {one.label for one in states} <= set(State.values)
