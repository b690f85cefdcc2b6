"""One thing done to many: each by its own verb, what is refused said, twice is once, and taken back where it can be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from accounts.models import Team
from common.clock import database_now
from contacts.models import ContactTag, Tag
from conversations.models import Conversation, Line, Message, Status
from inbox import bulk
from inbox.models import BulkDeed
from jobs import runner
from jobs.models import Job
from realtime.models import Event
from routing.models import AgentState
from tests.browser import Browser
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)


def number(n: int) -> str:
    return f"+22901970{n:05d}"


def asked(browser: Browser, action: str, conversations: list[Conversation], **given: Any) -> dict[str, Any]:
    body = {"id": str(uuid4()), "action": action, "conversation_ids": [str(one.id) for one in conversations], **given}
    answer = browser.post("/api/bulk", body)
    assert answer.status == 200, answer.raw
    return answer.data


def codes(result: dict[str, Any]) -> dict[str, str]:
    return {one["id"]: one["code"] for one in result["refused"]}


def status(conversation: Conversation) -> str:
    conversation.refresh_from_db()
    return conversation.status


def test_each_is_closed_by_its_own_verb_and_what_is_refused_says_why(cast: Cast) -> None:
    cast.available(cast.awa, cast.koffi)
    mine = [cast.owned_by(cast.awa, sender=number(n)) for n in range(3)]
    another = cast.owned_by(cast.koffi, sender=number(10))
    over = cast.open_conversation(sender=number(11), status=Status.CLOSED)
    foreign = make_cast(name="Autre", slug="autre", domain="autre.example")
    theirs = foreign.queued(sender=number(12))
    result = asked(Browser(cast.awa), "close", [*mine, another, over, theirs])
    assert (result["state"], result["total"], result["done"], result["changed"]) == ("done", 6, 6, 3)
    assert codes(result) == {str(another.id): "not_owner", str(over.id): "closed", str(theirs.id): "no_conversation"}
    assert [status(one) for one in (*mine, another, theirs)] == ["closed"] * 3 + ["open", "queued"]
    assert cast.state_of(cast.awa).load == 0


def test_the_same_request_again_is_the_same_deed(cast: Cast) -> None:
    cast.available(cast.awa)
    tag = Tag.objects.create(organisation=cast.organisation, name="VIP")
    one = cast.owned_by(cast.awa)
    awa, body = Browser(cast.awa), {
        "id": str(uuid4()), "action": "tag", "tag_id": str(tag.id), "conversation_ids": [str(one.id), str(one.id)],
    }  # fmt: skip
    first, again = awa.post("/api/bulk", body), awa.post("/api/bulk", body)
    assert first.data == again.data
    assert first.data["total"] == 1
    assert Event.objects.filter(type="conversation.tagged").count() == 1
    assert Browser(cast.koffi).get(f"/api/bulk/{first.data['id']}").status == 404
    his = Browser(cast.koffi).post("/api/bulk", body)  # the same name of somebody else's is another deed
    assert (his.data["id"] != first.data["id"], BulkDeed.objects.count()) == (True, 2)


def test_a_tag_is_taken_back_from_those_who_have_it_from_this_deed(cast: Cast) -> None:
    tag = Tag.objects.create(organisation=cast.organisation, name="VIP")
    had, fresh = cast.queued(sender=number(1)), cast.queued(sender=number(2))
    ContactTag.objects.create(organisation=cast.organisation, contact_id=had.contact_id, tag=tag)
    awa = Browser(cast.awa)
    result = asked(awa, "tag", [had, fresh], tag_id=str(tag.id))
    assert (result["changed"], result["may_undo"]) == (2, True)
    assert ContactTag.objects.count() == 2
    for _ in range(2):
        undone = awa.post(f"/api/bulk/{result['id']}/undo")
        assert (undone.status, undone.data["undone"], undone.data["may_undo"]) == (200, True, False)
        assert [one.contact_id for one in ContactTag.objects.all()] == [had.contact_id]


def test_an_assignment_is_taken_back_where_nobody_has_touched_it_since(cast: Cast) -> None:
    cast.available(cast.awa, cast.koffi, cast.mariam)
    waits, held, moved = (
        cast.queued(sender=number(1)), cast.owned_by(cast.awa, sender=number(2)), cast.queued(sender=number(3))
    )  # fmt: skip
    sam = Browser(cast.sam)
    result = asked(sam, "assign", [waits, held, moved], agent_id=str(cast.koffi.id))
    assert (result["changed"], result["may_undo"], cast.state_of(cast.koffi).load) == (3, True, 3)
    assert asked(sam, "assign", [moved], agent_id=str(cast.mariam.id))["changed"] == 1
    assert sam.post(f"/api/bulk/{result['id']}/undo").status == 200
    for one in (waits, held, moved):
        one.refresh_from_db()
    assert (waits.status, waits.owner_id) == ("queued", None)
    assert (held.owner_id, moved.owner_id) == (cast.awa.id, cast.mariam.id)
    assert {one.name: cast.state_of(one).load for one in cast.agents} == {
        "Awa Diallo": 1, "Koffi Mensah": 0, "Mariam Ouédraogo": 1,
    }  # fmt: skip


def test_what_cannot_be_taken_back_or_not_any_more_is_refused(cast: Cast) -> None:
    cast.available(cast.awa)
    tag = Tag.objects.create(organisation=cast.organisation, name="VIP")
    awa, one = Browser(cast.awa), cast.owned_by(cast.awa)
    late = asked(awa, "tag", [one], tag_id=str(tag.id))
    BulkDeed.objects.update(created_at=database_now() - timedelta(minutes=2))
    assert awa.post(f"/api/bulk/{late['id']}/undo").code == "too_late"
    closed = asked(awa, "close", [one])
    assert closed["may_undo"] is False
    assert awa.post(f"/api/bulk/{closed['id']}/undo").code == "too_late"


def test_assigning_many_is_for_who_oversees(cast: Cast) -> None:
    one = cast.queued()
    body = {"id": str(uuid4()), "action": "assign", "conversation_ids": [str(one.id)], "agent_id": str(cast.awa.id)}
    refused = Browser(cast.awa).post("/api/bulk", body)
    assert (refused.status, refused.code, status(one)) == (403, "role", "queued")


def test_nobody_does_to_what_he_does_not_see(cast: Cast) -> None:
    team = Team.objects.create(organisation=cast.organisation, name="Crédit")
    secret = Line.objects.create(organisation=cast.organisation, name="Crédit", address="4545", queue_id=cast.queue.id)
    secret.teams.add(team)
    hidden = cast.queued(line=secret, sender=number(4))
    tag = Tag.objects.create(organisation=cast.organisation, name="VIP")
    awa = Browser(cast.awa)
    result = asked(awa, "tag", [hidden], tag_id=str(tag.id))
    assert codes(result) == {str(hidden.id): "no_conversation"}
    everything = awa.post(
        "/api/bulk", {"id": str(uuid4()), "action": "tag", "tag_id": str(tag.id), "all_of": {"view": "all"}}
    )
    assert everything.data["total"] == 0
    assert not ContactTag.objects.exists()


def test_a_text_that_came_after_the_click_is_not_closed_unread(cast: Cast) -> None:
    cast.available(cast.awa, capacity=100)
    some = [cast.owned_by(cast.awa, sender=number(n)) for n in range(51)]
    for one in some:
        cast.text_in(one)
    result = asked(Browser(cast.awa), "close", some)
    assert (result["state"], result["done"]) == ("running", 0)
    cast.text_in(some[7], "Attendez !")
    assert runner.run(Job.objects.get(kind=bulk.KIND).id)
    after = Browser(cast.awa).get(f"/api/bulk/{result['id']}").data
    assert (after["state"], after["changed"], codes(after)) == ("done", 50, {str(some[7].id): "new_text"})


def test_a_worker_goes_on_where_another_stopped(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    tag = Tag.objects.create(organisation=cast.organisation, name="VIP")
    for n in range(120):
        cast.queued(sender=number(n))
    sam = Browser(cast.sam)
    body = {"id": str(uuid4()), "action": "tag", "tag_id": str(tag.id), "all_of": {"view": "queue"}}
    first = sam.post("/api/bulk", body).data
    assert first["total"] == 120
    done: list[UUID] = []
    real = bulk.put_tag

    def dies(**given: Any) -> bool:
        if len(done) == 70:
            done.append(given["conversation_id"])
            raise RuntimeError("the worker dies")
        done.append(given["conversation_id"])
        return real(**given)

    monkeypatch.setattr(bulk, "put_tag", dies)
    job = Job.objects.get(kind=bulk.KIND)
    runner.run(job.id)
    half = sam.get(f"/api/bulk/{first['id']}").data
    assert (half["state"], half["done"], half["may_undo"]) == ("running", 70, False)
    Job.objects.filter(id=job.id).update(due_at=database_now() - timedelta(seconds=1))
    assert runner.run(job.id)
    whole = sam.get(f"/api/bulk/{first['id']}").data
    assert (whole["state"], whole["changed"], whole["refused"]) == ("done", 120, [])
    assert len(done) == 121  # the one at which it died is tried again, no other
    assert ContactTag.objects.count() == 120
    told = [one.data for one in Event.objects.filter(type="settings.changed") if one.data["kind"] == "bulk"]
    assert len(told) == 5
    assert {one["object_id"] for one in told} == {str(cast.sam.id)}


def test_all_of_a_list_is_its_first_five_hundred(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MOST", 3)
    now = database_now()
    some = [cast.queued(sender=number(n), priority=n % 2) for n in range(9)]
    for n, one in enumerate(some):
        Conversation.objects.filter(id=one.id).update(waiting_since=now - timedelta(minutes=n))
    tag = Tag.objects.create(organisation=cast.organisation, name="VIP")
    given = {"all_of": {"view": "queue", "filter": {"priority": 1}}, "tag_id": str(tag.id)}
    answer = Browser(cast.sam).post("/api/bulk", {"id": str(uuid4()), "action": "tag", **given})
    assert answer.data["changed"] == 3
    assert set(ContactTag.objects.values_list("contact_id", flat=True)) == {some[n].contact_id for n in (7, 5, 3)}


def test_snoozed_read_and_unread_are_ones_own(cast: Cast) -> None:
    cast.available(cast.awa, cast.koffi)
    mine, other = cast.owned_by(cast.awa, sender=number(1)), cast.owned_by(cast.koffi, sender=number(2))
    for one in (mine, other):
        cast.text_in(one)
    awa = Browser(cast.awa)
    for action in ("read", "unread", "snooze"):
        assert codes(asked(awa, action, [mine, other])) == {str(other.id): "not_owner"}, action
    mine.refresh_from_db()
    assert (mine.unread, mine.status) == (1, "snoozed")


def test_unread_is_kept_on_the_server_and_whoever_only_watches_changes_nothing(cast: Cast) -> None:
    one = cast.owned_by(cast.awa)
    cast.text_in(one)
    awa, base = Browser(cast.awa), f"/api/conversations/{one.id}"
    for watcher in (cast.sam, cast.koffi):
        assert Browser(watcher).post(f"{base}/read", {"seq": one.last_seq}).status == 204
        one.refresh_from_db()
        assert one.unread == 1
    assert awa.post(f"{base}/read", {"seq": one.last_seq}).status == 204
    assert awa.get(base).data["conversation"]["unread"] == 0
    assert Browser(cast.koffi).post(f"{base}/unread").code == "not_owner"
    assert awa.post(f"{base}/unread").status == 204
    # In another browser of hers, too; and again changes nothing.
    row = Browser(cast.awa).get(base).data["conversation"]
    assert row["unread"] == 1
    assert awa.post(f"{base}/unread").status == 204
    assert awa.get(base).data["conversation"]["revision"] == row["revision"]
    assert Message.objects.filter(conversation=one).count() == 1


def test_what_is_no_deed_is_refused_in_words(cast: Cast) -> None:
    sam, one = Browser(cast.sam), str(cast.queued().id)
    usual: dict[str, Any] = {"id": str(uuid4()), "conversation_ids": [one]}
    for given in (
        {**usual, "action": "explode"}, {**usual, "action": "assign"}, {**usual, "action": "tag"},
        {**usual, "action": "tag", "tag_id": str(uuid4())}, {**usual, "action": "assign", "agent_id": str(uuid4())},
        {**usual, "action": "assign", "queue_id": str(uuid4())}, {"action": "read"},
        {**usual, "id": "x", "action": "read"},
        {**usual, "action": "read", "conversation_ids": [str(uuid4()) for _ in range(501)]},
    ):  # fmt: skip
        answer = sam.post("/api/bulk", given)
        assert answer.status == 422, given
        assert answer.data["error"]["fields"], given
    assert not BulkDeed.objects.exists()
    assert AgentState.objects.filter(load__gt=0).count() == 0
