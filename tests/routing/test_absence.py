"""Agents whose browsers have gone: a minute of grace, nothing new, and back as they were when a browser comes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common.clock import database_now
from conversations.models import Conversation, Status
from routing import absence
from routing.absence import Absences, disconnect_gone, return_left, seen
from routing.loads import wrong_loads
from routing.models import DeskSeen, Offer, OfferState, Queue, State
from routing.presence import set_state
from routing.rounds import assign_waiting
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def everything_adds_up(cast: Cast):
    yield
    assert wrong_loads(cast.organisation.id) == []


def last_seen(cast: Cast, seconds_ago: float) -> None:
    """Awa's browser went so long ago."""
    at = database_now() - timedelta(seconds=seconds_ago)
    DeskSeen.objects.update_or_create(user=cast.awa, defaults={"at": at})


def test_without_a_browser_for_a_minute_he_gets_nothing_and_with_one_he_is_as_he_was(cast: Cast):
    cast.available(cast.awa, cast.koffi)
    last_seen(cast, 50)
    assert disconnect_gone(cast.organisation.id) == 0
    last_seen(cast, 61)
    assert disconnect_gone(cast.organisation.id) == 1
    assert disconnect_gone(cast.organisation.id) == 0
    assert cast.state_of(cast.awa).state == State.DISCONNECTED
    assert cast.state_of(cast.koffi).state == State.AVAILABLE, "who has never had a browser is not gone"
    seen([cast.awa.id, cast.koffi.id])
    assert cast.state_of(cast.awa).state == State.AVAILABLE
    assert disconnect_gone(cast.organisation.id) == 0


def test_who_has_said_another_state_keeps_it(cast: Cast):
    set_state(user=cast.awa, state="break")
    last_seen(cast, 600)
    assert disconnect_gone(cast.organisation.id) == 0
    seen([cast.awa.id])
    assert cast.state_of(cast.awa).state == State.BREAK


def test_what_rings_at_the_disconnected_goes_on_to_others(cast: Cast):
    Queue.objects.filter(id=cast.queue.id).update(auto_accept=False)
    cast.available(cast.awa)
    cast.queued()
    assign_waiting(organisation_id=cast.organisation.id, lease=None)
    cast.available(cast.koffi)
    last_seen(cast, 61)
    disconnect_gone(cast.organisation.id)
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 1
    assert Offer.objects.get(state=OfferState.PENDING).user_id == cast.koffi.id


def test_unanswered_conversations_go_back_where_the_queue_says_so_and_answered_ones_stay(cast: Cast):
    unanswered, answered = cast.owned_by(cast.awa), cast.owned_by(cast.awa, sender="+2290197000002")
    cast.text_in(unanswered)
    last_seen(cast, 100)
    assert return_left(cast.organisation.id) == 0, "the queue keeps them for him"
    Queue.objects.filter(id=cast.queue.id).update(on_disconnect="return", disconnect_grace_s=120)
    assert return_left(cast.organisation.id) == 0
    last_seen(cast, 121)
    assert return_left(cast.organisation.id) == 1
    unanswered.refresh_from_db()
    answered.refresh_from_db()
    assert (unanswered.status, unanswered.owner_id) == (Status.QUEUED, None)
    assert answered.owner_id == cast.awa.id
    assert cast.said(unanswered)[-1] == ("system", "returned")


def test_a_hundred_of_one_agent_go_back_in_slices(cast: Cast):
    Queue.objects.filter(id=cast.queue.id).update(on_disconnect="return")
    cast.available(cast.awa, capacity=50)
    for n in range(45):
        cast.text_in(cast.owned_by(cast.awa, sender=f"+22901970009{n:02}"))
    last_seen(cast, 61)
    assert return_left(cast.organisation.id) == 45
    assert not Conversation.objects.filter(status=Status.OPEN).exists()


def test_after_a_gap_nobody_is_called_gone_before_every_desk_could_be_seen_again(cast: Cast, monkeypatch):
    """The database was away for ten minutes: nobody could be seen, and nobody has left."""
    cast.available(cast.awa)
    last_seen(cast, 600)
    at = database_now()
    clock = {"now": at}
    monkeypatch.setattr(absence, "database_now", lambda: clock["now"])
    absences = Absences()
    for second in (0, 3, 6, 9, 29):  # 29: a gap of twenty seconds, and all begins anew
        clock["now"] = at + timedelta(seconds=second)
        assert absences.sweep(cast.organisation.id) == 0
    for second in range(32, 58, 3):
        clock["now"] = at + timedelta(seconds=second)
        assert absences.sweep(cast.organisation.id) == 0
    clock["now"] = at + timedelta(seconds=60)
    assert absences.sweep(cast.organisation.id) == 1
