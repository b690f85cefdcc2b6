"""The same agent again: asked first while he is free, for some seconds; else anybody, at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.clock import database_now
from conversations.models import Conversation, Status
from realtime.checker import check_density
from routing import offers, ownership
from routing.glance import look
from routing.handling import handle
from routing.loads import wrong_loads
from routing.models import AgentMedium, AgentSkill, AgentState, LastAgent, Offer, Queue, QueueSkill, Skill
from routing.presence import set_state
from routing.rounds import assign_waiting
from routing.transfer import transfer_to_queue
from routing.turns import Turns
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def desk(cast: Cast):
    """Koffi has had the least to do: whoever has nothing to do with this person goes to him."""
    Queue.objects.filter(id=cast.queue.id).update(sticky_days=7, sticky_s=30)
    yield
    assert wrong_loads(cast.organisation.id) == []
    assert check_density(cast.organisation.id).dense


@pytest.fixture
def back(cast: Cast):
    """Awa closes a talk with the person; both are free; the person writes again, and waits in the queue."""
    turns = Turns(limit_s=2.0)

    def come_back(*, after: timedelta = timedelta(0), both: bool = True) -> Conversation:
        cast.available(cast.awa)
        ownership.close(user=cast.awa, conversation_id=cast.owned_by(cast.awa).id)
        LastAgent.objects.update(at=database_now() - after)
        AgentState.objects.filter(user=cast.awa).update(last_assigned_at=database_now())  # Koffi would be next
        if both:
            cast.available(cast.koffi)
        return write(cast, turns)

    yield come_back
    turns.close()


def write(cast: Cast, turns: Turns) -> Conversation:
    conversation = cast.open_conversation()
    cast.text_in(conversation, "Encore une chose")
    handle(owner="d1", turns=turns)
    conversation.refresh_from_db()
    assert conversation.status == Status.QUEUED
    return conversation


Back = Callable[..., Conversation]


def given_to(cast: Cast, conversation: Conversation):
    assign_waiting(organisation_id=cast.organisation.id, lease=None)
    conversation.refresh_from_db()
    return conversation.owner_id


@pytest.mark.needs("RFP-030", part="the agent who had this person last")
def test_who_had_a_person_last_gets_him_again_though_another_is_longer_idle(cast: Cast, back: Back):
    conversation = back()
    assert conversation.preferred_id == cast.awa.id
    assert conversation.preferred_until is not None and conversation.queued_at is not None
    assert conversation.preferred_until - conversation.queued_at == timedelta(seconds=30)
    assert given_to(cast, conversation) == cast.awa.id


def test_without_the_queues_word_nobody_is_preferred(cast: Cast, back: Back):
    Queue.objects.filter(id=cast.queue.id).update(sticky_days=0)
    conversation = back()
    assert conversation.preferred_id is None
    assert given_to(cast, conversation) == cast.koffi.id


@pytest.mark.parametrize("why", ["away", "full", "of the medium", "other team", "skill", "other line"])
def test_where_he_cannot_take_it_it_is_anybodys_at_once(cast: Cast, back: Back, why: str):
    conversation = back()
    if why == "away":
        set_state(user=cast.awa, state="break")
    elif why == "full":
        cast.available(cast.awa, capacity=0)
    elif why == "of the medium":
        AgentMedium.objects.create(user=cast.awa, medium="sms", capacity=1, load=0)
        cast.owned_by(cast.awa, sender="+2290197000002")
        AgentMedium.objects.update(load=1)
    elif why == "other team":
        team = cast.organisation.teams.create(name="Nord")
        team.members.add(cast.koffi)
        cast.queue.teams.add(team)
    elif why == "skill":
        skill = Skill.objects.create(organisation=cast.organisation, name="Litiges")
        QueueSkill.objects.create(queue=cast.queue, skill=skill, least=3)
        AgentSkill.objects.create(user=cast.koffi, skill=skill, level=4)
    else:
        team = cast.organisation.teams.create(name="Nord")
        team.members.add(cast.koffi)
        cast.line_3334.teams.add(team)
    assert given_to(cast, conversation) == cast.koffi.id


def test_after_the_seconds_it_is_anybodys(cast: Cast, back: Back):
    conversation = back()
    Conversation.objects.filter(id=conversation.id).update(preferred_until=database_now() - timedelta(seconds=1))
    assert given_to(cast, conversation) == cast.koffi.id


def test_who_declines_it_is_not_waited_for(cast: Cast, back: Back):
    Queue.objects.filter(id=cast.queue.id).update(auto_accept=False)
    conversation = back()
    assert given_to(cast, conversation) is None
    offer = Offer.objects.get()
    assert offer.user_id == cast.awa.id
    offers.decline(user=cast.awa, offer_id=offer.id, reason="Pas maintenant")
    assign_waiting(organisation_id=cast.organisation.id, lease=None)
    assert Offer.objects.get(state="pending").user_id == cast.koffi.id


def test_who_gives_it_away_is_no_longer_preferred(cast: Cast, back: Back):
    conversation = back()
    assert given_to(cast, conversation) == cast.awa.id
    transfer_to_queue(user=cast.awa, conversation_id=conversation.id, queue_id=cast.queue.id)
    conversation.refresh_from_db()
    assert conversation.preferred_id is None
    assert given_to(cast, conversation) == cast.koffi.id


def test_he_is_remembered_for_so_many_days(cast: Cast, back: Back):
    assert back(after=timedelta(days=8)).preferred_id is None


@pytest.mark.parametrize(("minutes", "other_line", "his"), [(9, False, True), (11, False, False), (1, True, False)])
def test_soon_after_a_close_on_the_same_line_it_is_his_even_where_no_day_is_remembered(
    cast: Cast, back: Back, minutes: int, other_line: bool, his: bool
):
    Queue.objects.filter(id=cast.queue.id).update(sticky_days=0, reopen_min=10)
    if other_line:
        cast.available(cast.awa)
        ownership.close(user=cast.awa, conversation_id=cast.owned_by(cast.awa, line=cast.line_1919).id)
        turns = Turns(limit_s=2.0)
        conversation = write(cast, turns)
        turns.close()
    else:
        conversation = back(after=timedelta(minutes=minutes))
    assert (conversation.preferred_id == cast.awa.id) is his


def test_the_owner_is_remembered_when_a_supervisor_closes_and_only_the_last_one(cast: Cast):
    cast.available(cast.awa, cast.koffi)
    ownership.close(user=cast.awa, conversation_id=cast.owned_by(cast.awa).id)
    ownership.close(user=cast.sam, conversation_id=cast.owned_by(cast.koffi).id)
    assert LastAgent.objects.get().user_id == cast.koffi.id


def test_a_round_asks_the_database_nothing_more_for_it(cast: Cast, back: Back):
    conversation = back()
    with CaptureQueriesContext(connection) as kept:
        (one,) = look(cast.organisation.id).waiting.values()
    assert one.only_for == cast.awa.id
    Conversation.objects.filter(id=conversation.id).update(preferred_id=None, preferred_until=None)
    with CaptureQueriesContext(connection) as plain:
        (one,) = look(cast.organisation.id).waiting.values()
    assert one.only_for is None
    assert len(kept) == len(plain)
    assert not any("lastagent" in query["sql"] for query in kept)
