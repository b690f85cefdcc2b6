"""Offers: a waiting conversation rings at one agent, who accepts or declines it before its time is over.

    pending -> accepted (he owns it)      his load already counts it
            -> declined, timed_out        back to waiting; not to him again for AVOID_S seconds
            -> withdrawn                  closed, taken by somebody else, or he left

The lock of the conversation decides every race: whoever ends an offer holds it. Then the offer, then the agents' states
by key (routing/loads.py). What a pending offer holds is released by the statement that ends it, hence once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from accounts.models import Role, User
from common.clock import database_now
from common.errors import Conflict, Invalid, NotFound
from common.text import refuse_hidden
from conversations.messages import lock_conversation
from conversations.models import Conversation, Status
from conversations.visibility import audiences_of
from measures.intervals import interval, record_intervals
from measures.models import Interval, IntervalKind
from realtime import doorbell
from realtime.audience import Audience
from realtime.log import Changes, record_changes
from routing.events import OfferEnded
from routing.handing import go_back, hand_to
from routing.hours import hours_of_places
from routing.loads import lose
from routing.models import AgentState, Offer, OfferState, SetBy, State
from routing.owning import become_owner
from routing.states import change_state, lock_states

AVOID_S = 120  # after he declined or missed it; then it may ring at him again, so that nobody waits for ever
LONGEST_REASON = 80
SLICE = 20  # conversations of one transaction

# Whether there is nothing to be accepted any more: it waits no longer, its sender has it no longer.
_GONE = """
not case when o.sender_id is null then c.status = 'queued'
         else c.status in ('open', 'snoozed') and c.owner_id = o.sender_id end
"""
# Those whose time is over, any whose conversation is gone without somebody having withdrawn it, and those that ring at
# somebody who takes no work: withdrawing passes over what is held in that moment, and a round may offer between its
# look and the change of his state. A colleague's transfer may ring at who is busy, too.
_DUE = """
select o.organisation_id, o.conversation_id
from routing_offer o join conversations_conversation c on c.id = o.conversation_id
where o.state = 'pending' and (o.expires_at <= clock_timestamp() or GONE
  or not exists (select from routing_agentstate s join accounts_user u on u.id = s.user_id
                 where s.user_id = o.user_id and u.is_active and u.role <> 'observer'
                   and (s.state in ('available', 'wrap_up') or (s.state = 'busy' and o.sender_id is not null))))
order by o.organisation_id, o.expires_at limit 200
""".replace("GONE", _GONE)
_LOCK = """
select id from conversations_conversation where id = any(%s)
order by line_id, contact_id, thread_key for update skip locked
"""
_PENDING = """
select o.id, o.expires_at <= clock_timestamp(), GONE
from routing_offer o join conversations_conversation c on c.id = o.conversation_id
where o.conversation_id = any(%s) and o.state = 'pending' order by o.id for update of o
""".replace("GONE", _GONE)
_RINGING_AT = """
select o.conversation_id from routing_offer o where o.user_id = %s and o.state = 'pending'
"""


def accept(*, user: User, offer_id: UUID, now: datetime | None = None) -> Conversation:
    """The offered conversation is his. Accepting twice changes nothing.

    Raises NotFound("no_offer"), Conflict("offer_over"): its time is over by the database's clock, or somebody else was
    faster.
    """
    with record_changes(user.organisation_id) as changes:
        offer, conversation = _locked(user, offer_id)
        if offer.state == OfferState.ACCEPTED and conversation.owner_id == user.id:
            return conversation
        now = now or database_now()
        _refuse_over(offer, conversation, now)
        if offer.sender_id is not None:
            lock_states({offer.sender_id, user.id})
        end_offer(changes, offer, OfferState.ACCEPTED, now=now, keeps_load=True)
        if offer.sender_id is not None:
            hand_to(changes, conversation, user, now=now, by="transfer", weight=offer.weight, actor=user)
        else:
            become_owner(changes, conversation, user, now=now, by="offer", weight=offer.weight)
    return conversation


def decline(*, user: User, offer_id: UUID, reason: str, now: datetime | None = None) -> None:
    """He does not take it, and says why; it goes on. Raises as `accept`, Invalid("required", "too_long")."""
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid("required", "say why", field="reason")
    refuse_hidden(reason, field="reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid("too_long", f"at most {LONGEST_REASON} characters", field="reason")
    with record_changes(user.organisation_id) as changes:
        offer, conversation = _locked(user, offer_id)
        if offer.state == OfferState.DECLINED:
            return
        now = now or database_now()
        _refuse_over(offer, conversation, now)
        end_refused(changes, offer, conversation, OfferState.DECLINED, now=now, reason=reason)


def _locked(user: User, offer_id: UUID) -> tuple[Offer, Conversation]:
    found = Offer.objects.filter(organisation_id=user.organisation_id, id=offer_id, user=user).first()
    if found is None:
        raise NotFound("no_offer", "there is no such offer")
    conversation = lock_conversation(organisation_id=user.organisation_id, conversation_id=found.conversation_id)
    return Offer.objects.select_for_update(of=("self",)).get(id=offer_id), conversation


def _refuse_over(offer: Offer, conversation: Conversation, now: datetime) -> None:
    if offer.state != OfferState.PENDING or not stands(offer, conversation) or offer.expires_at <= now:
        raise Conflict("offer_over", "this offer is over")


def stands(offer: Offer, conversation: Conversation) -> bool:
    """Whether a locked conversation is still there to be accepted: in its queue, or its sender's."""
    if offer.sender_id is None:
        return conversation.status == Status.QUEUED
    return conversation.status in (Status.OPEN, Status.SNOOZED) and conversation.owner_id == offer.sender_id


def end_refused(
    changes: Changes, offer: Offer, conversation: Conversation, state: OfferState, *, now: datetime, reason: str = ""
) -> None:
    """A pending offer that the agent does not take; it goes on to others, a transfer back to its sender. Locked: the
    conversation, the offer."""
    if offer.sender_id is not None:
        lock_states({offer.user_id, offer.sender_id})
    if end_offer(changes, offer, state, now=now, reason=reason):
        if offer.sender_id is not None:
            go_back(changes, offer, conversation, state, now=now)
        changes.ring(doorbell.WAITING)


def end_offer(
    changes: Changes, offer: Offer, state: OfferState, *, now: datetime, reason: str = "", keeps_load: bool = False
) -> bool:
    """End a pending offer whose conversation is locked. False when it was over: nothing is released twice."""
    ended = Offer.objects.filter(id=offer.id, state=OfferState.PENDING).update(
        state=state, ended_at=now, reason=reason[:LONGEST_REASON]
    )
    if not ended:
        return False
    offer.state, offer.reason = state, reason[:LONGEST_REASON]
    if not keeps_load:
        lose(changes=changes, user_id=offer.user_id, weight=offer.weight, medium=offer.medium)
    record_intervals([_ring_of(offer, state, now, reason)])
    changes.add(OfferEnded(agent_id=offer.user_id, offer_id=offer.id, state=state))
    return True


def _ring_of(offer: Offer, state: OfferState, now: datetime, reason: str) -> Interval:
    place = (offer.line_id, offer.queue_id)
    return interval(
        organisation_id=offer.organisation_id,
        kind=IntervalKind.RING,
        started_at=offer.made_at,
        ended_at=now,
        conversation_id=offer.conversation_id,
        line_id=offer.line_id,
        queue_id=offer.queue_id,
        agent_id=offer.user_id,
        label=state,
        detail=reason,
        hours=hours_of_places([place]).get(place),
    )


def withdraw(
    changes: Changes, conversation: Conversation, *, now: datetime, why: str, beside: Collection[UUID] = ()
) -> None:
    """End the offer of a locked conversation that is about to leave its queue, or the transfer of one that is about to
    leave its owner. `beside`: other agents whose states the same transaction will change, so that all are locked in
    their order."""
    withdraw_all(changes, [conversation], now=now, why=why, beside=beside)


def withdraw_all(
    changes: Changes, conversations: Sequence[Conversation], *, now: datetime, why: str, beside: Collection[UUID] = ()
) -> None:
    """`withdraw` for several locked conversations."""
    found = list(
        Offer.objects.select_for_update(of=("self",))
        .filter(conversation_id__in=[one.id for one in conversations], state=OfferState.PENDING)
        .order_by("id")
    )
    if found:
        lock_states({*beside, *(one.user_id for one in found)})
    for offer in found:
        end_offer(changes, offer, OfferState.WITHDRAWN, now=now, reason=why)


def answer_by(changes: Changes, conversation: Conversation, user_id: UUID, *, now: datetime) -> int | None:
    """A locked conversation that rings at him becomes his by another deed than accepting: the offer is accepted, and
    his load counts it already. Returns its weight; None: it does not ring at him."""
    offer = Offer.objects.select_for_update(of=("self",)).filter(
        conversation_id=conversation.id, user_id=user_id, state=OfferState.PENDING
    ).first()  # fmt: skip
    if offer is None:
        return None
    lock_states({user_id})
    return offer.weight if end_offer(changes, offer, OfferState.ACCEPTED, now=now, keeps_load=True) else None


def ringing_at(conversation: Conversation) -> list[UUID]:
    """The agent to whom a locked conversation is offered now, if any."""
    pending = Offer.objects.filter(conversation_id=conversation.id, state=OfferState.PENDING)
    return list(pending.values_list("user_id", flat=True))


def withdraw_of(changes: Changes, user_id: UUID, *, now: datetime, why: str, only_in: State | None = None) -> None:
    """End all offers that ring at an agent who takes no work any more; they go on to others. Before his state is
    locked. `only_in`: only while he is in this state (a glance: what comes later runs out by itself)."""
    if only_in is not None and not AgentState.objects.filter(user_id=user_id, state=only_in).exists():
        return
    with connection.cursor() as cursor:
        cursor.execute(_RINGING_AT, [user_id])
        ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return
        cursor.execute(_LOCK, [ids])
        locked = [row[0] for row in cursor.fetchall()]
    found = list(
        Offer.objects.select_for_update(of=("self",))
        .filter(conversation_id__in=locked, user_id=user_id, state=OfferState.PENDING)
        .order_by("id")
    )
    talks = _conversations(found)
    if talks:
        lock_states({user_id, *(one.sender_id for one in found if one.sender_id is not None)})
    for offer in found:
        _end_one(changes, offer, talks, OfferState.WITHDRAWN, now=now, reason=why)
        changes.ring(doorbell.WAITING)


def _conversations(offers: Sequence[Offer]) -> dict[UUID, Conversation]:
    """Those of transfers, by id: what becomes of them is written into them. They are locked."""
    ids = [one.conversation_id for one in offers if one.sender_id is not None]
    return {one.id: one for one in Conversation.objects.select_related("line").filter(id__in=ids)} if ids else {}


def _end_one(
    changes: Changes, offer: Offer, talks: Mapping[UUID, Conversation], state: OfferState, *, now: datetime, reason: str
) -> None:
    """States are locked. A transfer goes back."""
    conversation = talks.get(offer.conversation_id)
    ended = end_offer(changes, offer, state, now=now, reason=reason)
    if ended and conversation is not None and stands(offer, conversation):
        go_back(changes, offer, conversation, state, now=now)


def end_due_offers() -> int:
    """Time out what nobody has answered; returns how many ended. Any process may call it, several at once do no harm:
    each skips the conversations that the other holds. Who let one run out is not responding until he says otherwise;
    who could not answer it has let nothing run out. Raises what one slice raised, after the others."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE)
        due: dict[UUID, list[UUID]] = {}
        for organisation_id, conversation_id in cursor.fetchall():
            due.setdefault(organisation_id, []).append(conversation_id)
    ended, failed = 0, None
    for organisation_id, ids in due.items():
        for start in range(0, len(ids), SLICE):
            try:
                ended += _end_slice(organisation_id, ids[start : start + SLICE])
            except Exception as error:  # one slice that cannot be ended costs the others nothing
                failed = error
    if failed is not None:
        raise failed
    return ended


def _end_slice(organisation_id: UUID, conversation_ids: Sequence[UUID]) -> int:
    with record_changes(organisation_id) as changes:
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [list(conversation_ids)])
            cursor.execute(_PENDING, [[row[0] for row in cursor.fetchall()]])
            pending = {id_: (over, gone) for id_, over, gone in cursor.fetchall()}
        if not pending:
            return 0
        offers = list(Offer.objects.filter(id__in=list(pending)).order_by("id"))
        talks, agents = _conversations(offers), {offer.user_id for offer in offers}
        senders = {offer.sender_id for offer in offers if offer.sender_id is not None}
        states, seen, now, ended = lock_states(agents | senders), audiences_of(agents), database_now(), 0
        for offer in offers:
            over, gone = pending[offer.id]
            found = states.get(offer.user_id)
            if gone:
                _end_one(changes, offer, talks, OfferState.WITHDRAWN, now=now, reason="gone")
            elif not _can_answer(offer, found, seen.get(offer.user_id)):
                _end_one(changes, offer, talks, OfferState.WITHDRAWN, now=now, reason="left")
                changes.ring(doorbell.WAITING)
            elif over:
                _end_one(changes, offer, talks, OfferState.TIMED_OUT, now=now, reason="")
                changes.ring(doorbell.WAITING)
                if found is not None and found.state == State.AVAILABLE:
                    change_state(changes, found, state=State.NOT_RESPONDING, set_by=SetBy.MISSED, now=now)
            else:
                continue
            ended += 1
        return ended


def _can_answer(offer: Offer, found: AgentState | None, audience: Audience | None) -> bool:
    """Whether the offer stands before the agent whose state is locked. What he cannot see he has not missed."""
    return (
        found is not None
        and (found.state in (State.AVAILABLE, State.WRAP_UP) or (found.state == State.BUSY and bool(offer.sender_id)))
        and audience is not None
        and audience.role != Role.OBSERVER
        and audience.sees_line(offer.line_id)
    )


def withdraw_hidden(organisation_id: UUID) -> int:
    """End the offers that ring at agents who no longer see their line; returns how many. Asked seldom: teams change
    by hand."""
    pending = Offer.objects.filter(organisation_id=organisation_id, state=OfferState.PENDING)
    ringing = list(pending.values_list("user_id", "line_id", "conversation_id"))
    seen = audiences_of({user_id for user_id, *_ in ringing}) if ringing else {}
    hidden = [
        conversation_id
        for user_id, line_id, conversation_id in ringing
        if (audience := seen.get(user_id)) is None or not audience.sees_line(line_id)
    ]
    return sum(_end_slice(organisation_id, hidden[start : start + SLICE]) for start in range(0, len(hidden), SLICE))
