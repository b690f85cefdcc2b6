"""A rush at the desk: arrivals, agents of random skills in threads of their own, and two dispatchers' loops."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.db import connection, connections

from accounts.models import User
from common.clock import database_now
from common.errors import PalabreError
from conversations.models import Conversation, Status
from jobs import leases
from jobs.leases import HeldLease
from realtime.checker import check_density
from routing import offers, ownership
from routing.absence import disconnect_gone, seen
from routing.loads import wrong_loads
from routing.models import (
    AgentMedium,
    AgentSkill,
    AgentState,
    DeskSeen,
    Offer,
    OfferState,
    Queue,
    QueueSkill,
    Skill,
    State,
)
from routing.offers import end_due_offers
from routing.presence import set_state
from routing.rounds import LostLease, assign_waiting
from routing.wrap_up import end_due_wrap_ups
from tests.cast import Cast

SWEEP_S = 0.05
LEASE_S = 1.0
SOON_S = 2.0  # that a free matching agent waits at most once a leader is back


class Rush:
    def __init__(self, cast: Cast, *, arrivals: int, agents: int, losses: int, seconds: float, seed: int = 7) -> None:
        self.cast, self.random, self.losses, self.seconds = cast, random.Random(seed), losses, seconds
        self.over = threading.Event()
        self.failed: list[BaseException] = []
        self.lost = 0  # leaders that found their lease gone
        self.ahead: list[str] = []  # what the watcher saw that may never be
        self.skills = [Skill.objects.create(organisation=cast.organisation, name=f"S{n}") for n in range(4)]
        self.queues = [self._queue(n) for n in range(4)]
        self.people = [self._agent(n) for n in range(agents)]
        self.arrivals = arrivals

    def _queue(self, number: int) -> Queue:
        queue = Queue.objects.create(
            organisation=self.cast.organisation, name=f"F{number}", auto_accept=number == 0, ring_s=5,
            wrap_up_s=number % 2, weight=1 + number % 2,
        )  # fmt: skip
        QueueSkill.objects.create(queue=queue, skill=self.skills[number], least=1 + number % 2, preferred=4)
        return queue

    def _agent(self, number: int) -> User:
        user = User.objects.create_user(
            f"r{number}@savane.example", None, organisation=self.cast.organisation, name=f"Agent {number}", role="agent"
        )
        AgentState.objects.create(
            user=user, organisation=self.cast.organisation, state=State.AVAILABLE, capacity=self.random.randint(2, 6)
        )
        if number % 3 == 0:
            AgentMedium.objects.create(user=user, medium="sms", capacity=2)
        for skill in self.skills:
            if number < 2 or self.random.random() < 0.6:  # the first two can do everything: nobody is without an agent
                level = 5 if number < 2 else self.random.randint(1, 5)
                AgentSkill.objects.create(user=user, skill=skill, level=level)
        DeskSeen.objects.create(user=user, at=database_now())
        return user

    # --- threads -------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """The rush, then calm: everybody accepts and closes, until nobody waits."""
        deeds: list[Callable[[], None]] = [self._arrive, self._sweep, self._sweep, self._watch, self._lose_leases]
        deeds += [lambda n=number: self._lead(f"d{n}") for number in (1, 2)]
        deeds += [lambda u=user, s=number: self._work(u, s) for number, user in enumerate(self.people)]
        threads = [threading.Thread(target=self._safely, args=(deed,)) for deed in deeds]
        for thread in threads:
            thread.start()
        time.sleep(self.seconds)
        self.over.set()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()
        self._calm()

    def _safely(self, deed: Callable[[], None]) -> None:
        try:
            deed()
        except BaseException as error:
            self.failed.append(error)
        finally:
            connections.close_all()

    def _arrive(self) -> None:
        for number in range(self.arrivals):
            one = self.cast.queued(
                sender=f"+22901990{number:05}", priority=self.random.choice([0, 0, 1]),
                at=database_now() - timedelta(seconds=self.random.randint(0, 60)),
            )  # fmt: skip
            Conversation.objects.filter(id=one.id).update(queue_id=self.random.choice(self.queues).id)
            self.over.wait(self.seconds / self.arrivals / 2)

    def _lead(self, owner: str) -> None:
        """As a dispatcher: takes the lease when it is free, assigns under it, notices when it is gone."""
        held: HeldLease | None = None
        while not self.over.wait(SWEEP_S):
            renewed = self._renewed(held)
            self.lost += held is not None and renewed is None
            held = renewed or self._taken(owner)
            if held is not None:
                try:
                    assign_waiting(organisation_id=self.cast.organisation.id, lease=held)
                except LostLease:
                    held, self.lost = None, self.lost + 1

    def _taken(self, owner: str) -> HeldLease | None:
        name = f"routing:{self.cast.organisation.id}"
        with connection.cursor() as cursor:
            cursor.execute(leases.TAKE, {"name": name, "owner": owner, "seconds": LEASE_S})
            row = cursor.fetchone()
        return None if row is None else HeldLease(name, owner, row[0], 0.0)

    def _renewed(self, held: HeldLease | None) -> HeldLease | None:
        if held is None:
            return None
        with connection.cursor() as cursor:
            cursor.execute(
                leases.RENEW, {"name": held.name, "owner": held.owner, "epoch": held.epoch, "seconds": LEASE_S}
            )
            return None if cursor.fetchone() is None else held

    def _lose_leases(self) -> None:
        """Leaders die in the middle of a round: their lease is over, and the other's turn begins."""
        for _ in range(self.losses):
            self.over.wait(self.seconds / (self.losses + 1))
            with connection.cursor() as cursor:
                cursor.execute(
                    "update jobs_lease set expires_at = clock_timestamp() where name = %s",
                    [f"routing:{self.cast.organisation.id}"],
                )

    def _sweep(self) -> None:
        while not self.over.wait(SWEEP_S):
            end_due_offers()
            end_due_wrap_ups()
            disconnect_gone(self.cast.organisation.id)

    def _work(self, user: User, seed: int) -> None:
        chance = random.Random(seed)
        while not self.over.wait(chance.uniform(0.02, 0.2)):
            deed = chance.choices(
                [self._answer, self._close, self._return, self._miss, self._vanish, self._pause], [8, 6, 1, 1, 1, 2]
            )[0]
            try:
                deed(user, chance)
            except PalabreError:  # somebody was faster
                pass

    def _answer(self, user: User, chance: random.Random) -> None:
        for offer in Offer.objects.filter(user=user, state=OfferState.PENDING):
            if chance.random() < 0.7:
                offers.accept(user=user, offer_id=offer.id)
            else:
                offers.decline(user=user, offer_id=offer.id, reason="Non")

    def _close(self, user: User, _chance: random.Random) -> None:
        one = Conversation.objects.filter(owner=user, status=Status.OPEN).first()
        if one is not None:
            ownership.close(user=user, conversation_id=one.id)

    def _return(self, user: User, _chance: random.Random) -> None:
        one = Conversation.objects.filter(owner=user, status=Status.OPEN).first()
        if one is not None:
            ownership.give_back(user=user, conversation_id=one.id)

    def _miss(self, user: User, _chance: random.Random) -> None:
        """Nobody waits five seconds in a test: what rings at him is over now."""
        Offer.objects.filter(user=user, state=OfferState.PENDING).update(expires_at=database_now())

    def _vanish(self, user: User, _chance: random.Random) -> None:
        DeskSeen.objects.filter(user=user).update(at=database_now() - timedelta(seconds=90))

    def _pause(self, user: User, chance: random.Random) -> None:
        state = AgentState.objects.get(user=user).state
        if state == State.AVAILABLE and chance.random() < 0.3:
            set_state(user=user, state="break")
        else:
            seen([user.id])
            set_state(user=user, state="available")

    def _watch(self) -> None:
        """Looks all the time for what may never be, whatever commits when."""
        while not self.over.wait(SWEEP_S):
            if AgentState.objects.extra(where=["load > capacity"]).exists():
                self.ahead.append("an agent over his capacity")
            with connection.cursor() as cursor:
                cursor.execute(
                    """select count(*) from routing_offer o
                       join conversations_conversation c on c.id = o.conversation_id
                       where o.state = 'pending' and c.status = 'open'"""
                )
                if cursor.fetchone()[0]:
                    self.ahead.append("owned, and rings at somebody")

    def _calm(self) -> None:
        """Everybody is there, accepts and closes; a leader is back. Nobody waits whom somebody free may take."""
        for user in self.people:
            seen([user.id])
            set_state(user=user, state="available")
        begun = time.monotonic()
        assign_waiting(organisation_id=self.cast.organisation.id, lease=None)
        self.took = time.monotonic() - begun
        self.left = self._waits_beside_a_free_agent()

    def _waits_beside_a_free_agent(self) -> list[UUID]:
        """By another way than the product's: conversation by conversation, agent by agent."""
        left = []
        agents = [
            (state, dict(AgentSkill.objects.filter(user=state.user).values_list("skill_id", "level")))
            for state in AgentState.objects.filter(state=State.AVAILABLE)
        ]
        media = dict(AgentMedium.objects.values_list("user_id", "load"))
        bound = dict(AgentMedium.objects.values_list("user_id", "capacity"))
        needs = {queue.id: queue.skills.get() for queue in self.queues}
        weights = {queue.id: queue.weight for queue in self.queues}
        ringing = set(Offer.objects.filter(state=OfferState.PENDING).values_list("conversation_id", flat=True))
        back = set(
            Offer.objects.filter(state__in=[OfferState.DECLINED, OfferState.TIMED_OUT]).values_list(
                "conversation_id", "user_id"
            )
        )
        for one in Conversation.objects.filter(status=Status.QUEUED).exclude(id__in=ringing):
            weight, need = weights[one.queue_id], needs[one.queue_id]
            returned = [line.author_user_id for line in one.messages.filter(kind="event").order_by("-seq")[:1]]
            for state, levels in agents:
                room = state.capacity - state.load >= weight
                if state.user_id in bound:
                    room &= bound[state.user_id] - media[state.user_id] >= weight
                avoided = (one.id, state.user_id) in back or state.user_id in returned
                if room and levels.get(need.skill_id, 0) >= need.least and not avoided:
                    left.append(one.id)
        return left

    # --- judgement -----------------------------------------------------------------------------------------------

    def assert_held(self) -> None:
        assert not self.failed, self.failed
        assert not self.ahead, self.ahead
        assert self.lost >= 1 or self.losses == 0, "no leader ever lost its lease: nothing is proved"
        organisation = self.cast.organisation.id
        assert wrong_loads(organisation) == []
        assert check_density(organisation).dense
        assert not self.left, f"{len(self.left)} wait beside a free agent"
        assert self.took < SOON_S, f"{self.took:.2f} s"
        states = {state for state, _ in Offer.objects.values_list("state", "id")}
        assert states >= {OfferState.ACCEPTED, OfferState.DECLINED, OfferState.TIMED_OUT}, states
        assert Conversation.objects.exclude(status=Status.QUEUED).exists()
        print(
            f"{Offer.objects.count()} offers, {Conversation.objects.filter(status=Status.CLOSED).count()} closed, "
            f"{self.lost} leases lost, a free agent waited {self.took * 1000:.0f} ms"
        )
