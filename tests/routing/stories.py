"""A day of chance with every verb of the desk in it, for what must hold whatever happens there."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from common.clock import database_now
from common.errors import PalabreError
from conversations.models import Conversation, Status, Task
from routing import absence, callbacks, consult, offers, ownership, pulling, reassign, transfer
from routing.handling import handle
from routing.models import Offer, OfferState, Queue, State
from routing.new_texts import NewText, Sender, send_new_text
from routing.presence import force_state, set_focus, set_idle, set_state
from routing.rounds import assign_waiting
from routing.snooze import snooze, wake_by_hand, wake_due
from routing.turns import Turns
from routing.wrap_up import finish
from tests.cast import Cast
from tests.routing.test_day import EIGHT, Day

HELD = [Status.OPEN, Status.SNOOZED]


class Story(Day):
    """What a deed refuses is no fault: it was the wrong moment."""

    def __init__(self, cast: Cast, seed: int, monkeypatch: pytest.MonkeyPatch, turns: Turns) -> None:
        super().__init__(cast, seed, monkeypatch)
        self.turns = turns
        self.bills = Queue.objects.create(organisation=cast.organisation, name="Factures", ring_s=20, wrap_up_s=0)

    def one_of_each(self) -> None:
        """Each kind of stretch once, whatever chance brings later."""
        awa, steps = self.cast.awa, iter(range(1, 100))

        def then() -> datetime:
            self.at += timedelta(seconds=next(steps), microseconds=137)
            return self.at

        set_state(user=awa, state="break", reason="Déjeuner à midi", now=then())
        set_state(user=awa, state="available", now=then())
        one = self.cast.open_conversation(status=Status.BOT, line=self.cast.line_1919, at=then())
        self.cast.text_in(one, "un conseiller", at=then())
        handle(owner="story", turns=self.turns, now=then())
        for deed in (self._decline, self._accept):
            assign_waiting(organisation_id=self.cast.organisation.id, lease=None, now=then())
            deed(Offer.objects.select_related("user").get(state=OfferState.PENDING), then())
        one.refresh_from_db()
        owner = one.owner
        assert owner is not None
        set_focus(user=owner, conversation_id=one.id, now=then())
        for _ in range(2):
            ownership.answer(user=owner, conversation_id=one.id, body="Oui", client_id=uuid4(), now=then())
            self.cast.text_in(one, "Merci", at=then())
        seen = Conversation.objects.get(id=one.id).last_seq
        snooze(user=owner, conversation_id=one.id, seen=seen, now=then())
        wake_by_hand(user=owner, conversation_id=one.id, now=then())
        ownership.close(user=owner, conversation_id=one.id, now=then())
        finish(user=owner, conversation_id=one.id, now=then())
        # At 9:14 in Porto-Novo; whoever keeps hours that end at a quarter past has been open for a minute of six.
        opened = EIGHT + timedelta(minutes=14)
        other = self.cast.queued(line=self.cast.line_3334, sender="+2290198000002", at=opened)
        ownership.close(user=self.cast.sam, conversation_id=other.id, now=opened + timedelta(minutes=6))

    def _decline(self, offer: Offer, now: datetime) -> None:
        offers.decline(user=offer.user, offer_id=offer.id, reason="Pas ma langue", now=now)

    def _accept(self, offer: Offer, now: datetime) -> None:
        offers.accept(user=offer.user, offer_id=offer.id, now=now)

    def tell(self, deeds: int) -> None:
        verbs = [
            self.arrive, self.write, self.route, self.answer_offer, self.work, self.run_out, self.look, self.sleep,
            self.wake, self.answer, self.transfer_to_agent, self.transfer_to_queue, self.to_the_bot, self.promise,
            self.reassign, self.pull, self.say_why, self.leave_and_return, self.write_first, self.ask,
        ]  # fmt: skip
        for user in self.cast.agents:
            set_state(user=user, state="available", now=self.at)
        self.one_of_each()
        # Each verb several times, in an order of chance: what happens to nobody would prove nothing.
        order = [verb for verb in verbs for _ in range(deeds // len(verbs))]
        self.random.shuffle(order)
        for verb in [*[self.arrive] * 6, *order]:
            self.at += timedelta(seconds=self.random.randint(1, 40), microseconds=self.random.randint(0, 999_999))
            try:
                verb()
            except PalabreError:
                continue

    def _one(self, **wanted: object) -> Conversation | None:
        return self._any(Conversation.objects.filter(**wanted).select_related("owner", "address"))

    def _any(self, found):
        found = list(found.order_by("opened_at", "id"))
        return self.random.choice(found) if found else None

    def arrive(self) -> None:
        self.arrived += 1
        status = self.random.choice([Status.BOT, Status.QUEUED])
        line = self.random.choice([self.cast.line_1919, self.cast.line_3334])
        one = self.cast.open_conversation(status=status, line=line, sender=f"+22901980{self.arrived:05}", at=self.at)
        self.cast.text_in(one, at=self.at)

    def write(self) -> None:
        """Subscribers write, and it is decided who answers: the bot, which may hand over, or people."""
        one = self._one(status__in=[Status.BOT, *HELD])
        if one is not None:
            self.cast.text_in(one, self.random.choice(["Mon solde ?", "un conseiller"]), at=self.at)
        while handle(owner="story", turns=self.turns, now=self.at):
            pass

    def answer(self) -> None:
        one = self._one(status__in=HELD)
        if one is not None:
            ownership.answer(user=one.owner, conversation_id=one.id, body="Oui", client_id=uuid4(), now=self.at)

    def transfer_to_agent(self) -> None:
        one, other = self._one(status=Status.OPEN), self.random.choice(self.cast.agents)
        if one is not None:
            transfer.transfer_to_agent(user=one.owner, conversation_id=one.id, agent_id=other.id, now=self.at)
            if self.random.random() < 0.3:
                transfer.cancel_transfer(user=one.owner, conversation_id=one.id, now=self.at)

    def transfer_to_queue(self) -> None:
        one = self._one(status__in=HELD)
        if one is not None:
            transfer.transfer_to_queue(
                user=one.owner, conversation_id=one.id, queue_id=self.bills.id, now=self.at
            )  # fmt: skip

    def to_the_bot(self) -> None:
        one = self._one(status__in=HELD, line=self.cast.line_1919)
        if one is not None:
            ownership.give_back(user=one.owner, conversation_id=one.id, to="bot", now=self.at)

    def promise(self) -> None:
        one = self._one()
        if one is not None:
            at = database_now() + timedelta(hours=1)
            callbacks.promise_callback(user=self.cast.sam, conversation_id=one.id, at=at)
            Task.objects.filter(conversation=one).update(due_at=database_now())
            callbacks.open_due_callbacks()

    def reassign(self) -> None:
        one, to = self._one(status__in=[*HELD, Status.QUEUED]), self.random.choice(self.cast.agents)
        if one is not None:
            where = {"agent_id": to.id} if self.random.random() < 0.6 else {"queue_id": self.bills.id}
            reassign.reassign(actor=self.cast.sam, conversation_ids=[one.id], now=self.at, **where)

    def pull(self) -> None:
        queue = self.random.choice([self.cast.queue, self.bills])
        pulling.take_next(user=self.random.choice(self.cast.agents), queue_id=queue.id, now=self.at)

    def say_why(self) -> None:
        user = self.random.choice(self.cast.agents)
        state, why = self.random.choice([("break", "Déjeuner à midi"), ("available", "les pros"), ("busy", "")])
        if self.random.random() < 0.3:
            force_state(actor=self.cast.sam, user_id=user.id, state=state, reason=why)
        else:
            set_state(user=user, state=state, reason=why, now=self.at)
        set_state(user=self.random.choice(self.cast.agents), state="available", now=self.at)

    def leave_and_return(self) -> None:
        user = self.random.choice(self.cast.agents)
        set_idle(user=user, idle=True, now=self.at)
        if self.random.random() < 0.5:
            absence.signed_out([user.id])
            absence.seen([user.id])
        set_idle(user=user, idle=False, now=self.at)
        wake_due()

    def write_first(self) -> None:
        user = self.random.choice(self.cast.agents)
        asked = NewText(self.cast.line_1919.id, ["+2290198000001"], "Rebonjour", uuid4().hex, keep=True)
        send_new_text(sender=Sender(self.cast.organisation.id, "BJ", user=user), asked=asked)

    def ask(self) -> None:
        one, other = self._one(status=Status.OPEN), self.random.choice(self.cast.agents)
        if one is not None:
            consult.ask(user=one.owner, conversation_id=one.id, agent_id=other.id, question="Tu sais ?", now=self.at)

    def everything_ends(self) -> None:
        """What has begun is over, so that all of it was measured."""
        for offer in Offer.objects.filter(state=OfferState.PENDING):
            Offer.objects.filter(id=offer.id).update(expires_at=offer.made_at)
        self.at += timedelta(minutes=10)
        self.run_out()
        for one in Conversation.objects.exclude(status=Status.CLOSED).order_by("id"):
            ownership.close(user=self.cast.sam, conversation_id=one.id, now=self.at)
        for user in self.cast.agents:
            set_state(user=user, state=State.OFFLINE, now=self.at)


def seeds(count: int) -> list[int]:
    return [random.Random(number).randrange(1000) for number in range(count)]
