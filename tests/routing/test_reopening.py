"""A closed conversation is opened again by a person: one open for each subscriber and line, whatever races."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Role
from common.clock import database_now
from common.errors import Conflict
from contacts.models import Suppression
from conversations.models import Conversation, Line, Status
from measures.models import IntervalKind
from realtime.checker import check_density
from realtime.models import Event
from routing import ownership
from routing.loads import wrong_loads
from routing.models import Deadline, Queue, Targets, WrapUp
from routing.reopening import reopen
from routing.silence import sweep_silent
from tests.browser import Browser
from tests.cast import SUBSCRIBER, Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def everything_adds_up(cast: Cast):
    yield
    assert wrong_loads(cast.organisation.id) == []
    assert check_density(cast.organisation.id).dense


@pytest.fixture
def closed(cast: Cast) -> Conversation:
    """Awa's, closed an hour ago."""
    cast.available(cast.awa, cast.koffi)
    conversation = cast.owned_by(cast.awa, at=database_now() - timedelta(hours=2))
    ownership.close(user=cast.awa, conversation_id=conversation.id, now=database_now() - timedelta(hours=1))
    conversation.refresh_from_db()
    return conversation


def refusal(cast: Cast, conversation: Conversation) -> str:
    with pytest.raises(Conflict) as refused:
        reopen(user=cast.koffi, conversation_id=conversation.id)
    conversation.refresh_from_db()
    assert conversation.status == Status.CLOSED, "what is refused changes nothing"
    return refused.value.code


@pytest.mark.needs("RFP-030", part="a closed conversation is opened again")
def test_who_reopens_owns_it_and_what_follows_is_measured_from_then(cast: Cast, closed: Conversation):
    found = reopen(user=cast.koffi, conversation_id=closed.id)
    found.refresh_from_db()
    assert (found.status, found.owner, found.closed_at) == (Status.OPEN, cast.koffi, None)
    assert (found.waiting_since, found.unread) == (None, 0), "nobody waits until he writes"
    assert cast.state_of(cast.koffi).load == 1
    assert cast.said(found)[-1] == ("agent", "reopened")
    event = Event.objects.filter(type="conversation.assigned").latest("seq")
    assert event.data["by"] == "reopened"
    again = reopen(user=cast.koffi, conversation_id=closed.id)
    assert (again.id, cast.state_of(cast.koffi).load) == (found.id, 1), "a double click changes nothing"
    assert found.reopened_at is not None
    ownership.close(user=cast.koffi, conversation_id=found.id, now=found.reopened_at + timedelta(minutes=3))
    handled, resolved = (cast.intervals(kind)[-1] for kind in (IntervalKind.HANDLE, IntervalKind.RESOLUTION))
    assert (handled.agent_id, handled.wall_seconds, resolved.wall_seconds) == (cast.koffi.id, 180, 180)


def test_not_while_a_newer_one_is_open_and_it_is_named(cast: Cast, closed: Conversation):
    newer = cast.open_conversation()
    with pytest.raises(Conflict) as refused:
        reopen(user=cast.koffi, conversation_id=closed.id)
    assert (refused.value.code, refused.value.facts["conversation_id"]) == ("newer_open", newer.id)
    ownership.close(user=cast.sam, conversation_id=newer.id)
    assert reopen(user=cast.koffi, conversation_id=closed.id).status == Status.OPEN


def test_not_after_an_opt_out(cast: Cast, closed: Conversation):
    Suppression.objects.create(organisation_id=cast.organisation.id, number=SUBSCRIBER, source="keyword")
    assert refusal(cast, closed) == "opted_out"


def test_not_beyond_his_capacity_nor_on_a_line_that_is_off_nor_while_others_have_it(cast: Cast, closed: Conversation):
    cast.available(cast.koffi, capacity=0)
    assert refusal(cast, closed) == "at_capacity"
    cast.available(cast.koffi)
    Line.objects.filter(id=closed.line_id).update(is_enabled=False)
    assert refusal(cast, closed) == "line_off"
    Line.objects.filter(id=closed.line_id).update(is_enabled=True)
    reopen(user=cast.awa, conversation_id=closed.id)
    with pytest.raises(Conflict, match="not closed"):
        reopen(user=cast.koffi, conversation_id=closed.id)


def test_of_eight_who_reopen_at_once_one_has_it(cast: Cast, closed: Conversation, at_once):
    people = [cast.awa, cast.koffi, cast.mariam, cast.sam] * 2
    results = at_once([lambda u=user: reopen(user=u, conversation_id=closed.id) for user in people])
    assert {one.code for one in results if isinstance(one, Conflict)} == {"not_closed"}
    assert sum(isinstance(one, Conversation) for one in results) == 2, "his own second click changes nothing"


def test_its_wrap_up_ends_and_nobody_holds_it_twice(cast: Cast):
    Queue.objects.filter(id=cast.queue.id).update(wrap_up_s=300)
    cast.available(cast.awa, cast.koffi)
    conversation = cast.owned_by(cast.awa)
    ownership.close(user=cast.awa, conversation_id=conversation.id)
    assert cast.state_of(cast.awa).load == 1
    reopen(user=cast.koffi, conversation_id=conversation.id)
    assert not WrapUp.objects.exists()
    assert [one.label for one in cast.intervals(IntervalKind.WRAP_UP)] == ["reopened"]
    assert (cast.state_of(cast.awa).load, cast.state_of(cast.koffi).load) == (0, 1)
    assert cast.state_of(cast.awa).state == "available"


def test_his_own_wrap_up_gives_him_the_room_that_it_held(cast: Cast):
    Queue.objects.filter(id=cast.queue.id).update(wrap_up_s=300)
    cast.available(cast.awa, capacity=1)
    conversation = cast.owned_by(cast.awa)
    ownership.close(user=cast.awa, conversation_id=conversation.id)
    assert reopen(user=cast.awa, conversation_id=conversation.id).status == Status.OPEN
    assert cast.state_of(cast.awa).load == 1


def test_the_silence_of_its_subscriber_is_counted_from_then(cast: Cast, closed: Conversation):
    """Its last text is days old: warned at the next look, he would be told that what was just opened will be closed."""
    Queue.objects.filter(id=cast.queue.id).update(silence_h=1, silence_close_h=1)
    long_ago = database_now() - timedelta(days=3)
    Conversation.objects.filter(id=closed.id).update(
        preview_kind="outgoing", last_activity_at=long_ago, silence_at=long_ago + timedelta(hours=1)
    )
    reopen(user=cast.koffi, conversation_id=closed.id)
    assert sweep_silent() == 0
    closed.refresh_from_db()
    assert (closed.status, closed.silence_at) == (Status.OPEN, None)


def test_its_resolution_has_a_target_of_its_own(cast: Cast, closed: Conversation):
    Targets.objects.create(organisation=cast.organisation, queue=cast.queue, resolution_s=600, is_business=False)
    found = reopen(user=cast.koffi, conversation_id=closed.id)
    assert Deadline.objects.get(kind="resolution").since == found.reopened_at


def test_by_the_api_it_is_a_right_of_the_desk_on_lines_that_one_sees(cast: Cast, closed: Conversation):
    address = f"/api/conversations/{closed.id}/reopen"
    stranger = make_cast(name="Autre", slug="autre", domain="autre.example")
    assert Browser(stranger.awa).post(address, {}).status == 404
    team = cast.organisation.teams.create(name="Nord")
    team.members.add(cast.awa)
    closed.line.teams.add(team)
    assert Browser(cast.koffi).post(address, {}).status == 404
    cast.mariam.role = Role.OBSERVER
    cast.mariam.save()
    assert Browser(cast.mariam).post(address, {}).status == 403
    shown = Browser(cast.awa).post(address, {})
    assert (shown.status, shown.data["status"], shown.data["owner_id"]) == (200, "open", str(cast.awa.id))
    refused = Browser(cast.sam).post(address, {})
    assert (refused.status, refused.code) == (409, "not_closed")
