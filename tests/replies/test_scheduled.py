"""Answers that leave later: once, at their time, and not when something speaks against it."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from accounts.models import Schedule
from common.clock import database_now
from conversations.consent import opt_out
from conversations.models import Conversation, Delivery, Message, Status
from conversations.rendering import iso
from jobs.models import Job, JobState
from jobs.runner import run
from realtime.log import record_changes
from replies.models import ScheduledReply
from replies.scheduled import send_due
from routing import ownership
from tests.browser import Answer, Browser
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


class Desk(Browser):
    def plans(self, talk: Any, body: str = "À demain", *, minutes: float = 60, **more: Any) -> Answer:
        at = iso(database_now() + timedelta(minutes=minutes))
        given = {"client_id": str(uuid4()), "body": body, "at": at, "seen": talk.last_seq, **more}
        return self.post(f"/api/conversations/{talk.id}/scheduled", given)

    def planned(self, talk: Any) -> list[dict[str, Any]]:
        return self.get(f"/api/conversations/{talk.id}/scheduled").data["items"]


def due(made: Answer) -> tuple[UUID, Any]:
    """Its id, and the moment of its time."""
    row = ScheduledReply.objects.get(id=made.data["id"])
    return row.id, row.at


def sent() -> list[str]:
    return [Message.objects.get(id=one.message_id).body for one in Delivery.objects.order_by("message_id")]


def test_it_leaves_at_its_time_once_whoever_tries_and_however_often(cast: Cast) -> None:
    talk, desk = cast.owned_by(cast.awa), Desk(cast.awa)
    made = desk.plans(talk)
    assert made.status == 201
    id_, at = due(made)
    assert send_due(id_, at - timedelta(seconds=1)) == "pending" and sent() == []
    together = Barrier(3)

    def try_it() -> None:
        together.wait(10)
        send_due(id_, at)
        connection.close()

    threads = [Thread(target=try_it) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert send_due(id_, at) == "sent"
    assert sent() == ["À demain"]
    assert desk.planned(talk) == []
    row = ScheduledReply.objects.get()
    assert Message.objects.get(id=row.message_id).author_user_id == cast.awa.id


def test_a_worker_has_it_at_its_time_and_again_after_one_that_died(cast: Cast) -> None:
    talk, desk = cast.owned_by(cast.awa), Desk(cast.awa)
    id_, at = due(desk.plans(talk))
    job = Job.objects.get(kind="replies.send_scheduled")
    assert (job.due_at, job.arguments) == (at, {"scheduled_id": str(id_)})
    assert not run(job.id), "not before its time"
    past = database_now() - timedelta(seconds=1)
    ScheduledReply.objects.update(at=past)
    # Whoever held it before has died.
    Job.objects.update(due_at=past, state=JobState.RUNNING, lease_until=past, lease_holder="dead", attempts=1)
    assert run(job.id)
    assert (sent(), Job.objects.get().result) == (["À demain"], {"state": "sent"})


def test_the_same_request_again_is_the_same_text(cast: Cast) -> None:
    talk, desk = cast.owned_by(cast.awa), Desk(cast.awa)
    id_ = str(uuid4())
    first, again = desk.plans(talk, client_id=id_), desk.plans(talk, client_id=id_)
    assert first.data["id"] == again.data["id"] and ScheduledReply.objects.count() == 1
    other = cast.owned_by(cast.awa, sender="+2290197000002")
    assert desk.plans(other, client_id=id_).code == "client_id_used"


def test_it_stays_when_the_subscriber_has_written_first_if_so_chosen(cast: Cast) -> None:
    talk, desk = cast.owned_by(cast.awa), Desk(cast.awa)
    stays, goes = desk.plans(talk, "Si rien"), desk.plans(talk, "De toute façon", unless_answered=False)
    cast.text_in(talk, "J'ai une question")
    assert [one["overtaken"] for one in desk.planned(talk)] == [True, False]
    for made in (stays, goes):
        send_due(*due(made))
    assert sent() == ["De toute façon"]
    (left,) = desk.planned(talk)
    assert (left["body"], left["state"], left["reason"]) == ("Si rien", "unsent", "answered")
    lines = [one.facts for one in Message.objects.filter(conversation=talk, kind="event") if one.facts]
    assert [(one["type"], one["why"]) for one in lines] == [("scheduled_unsent", "answered")]
    assert desk.call("DELETE", f"/api/scheduled/{left['id']}").status == 204
    assert desk.planned(talk) == []


@pytest.mark.parametrize("why", ["closed", "not_owner", "opted_out", "outside_hours", "late", "at_capacity"])
def test_what_may_not_leave_any_more_stays_and_says_why(cast: Cast, why: str) -> None:
    talk, desk = cast.owned_by(cast.awa), Desk(cast.awa)
    id_, at = due(desk.plans(talk))
    if why == "closed":
        ownership.close(user=cast.awa, conversation_id=talk.id)
    elif why == "not_owner":
        ownership.give_back(user=cast.awa, conversation_id=talk.id)
    elif why == "opted_out":
        with record_changes(cast.organisation.id):
            opt_out(
                organisation_id=cast.organisation.id, number="+2290197000001", actor_id=cast.awa.id, reason="Il l'a dit"
            )
    elif why == "outside_hours":
        close_for_good(cast)
    elif why == "late":
        at += timedelta(hours=2)
    else:
        ownership.AgentState.objects.filter(user=cast.awa).update(capacity=0, load=0)
        Conversation.objects.filter(id=talk.id).update(status=Status.SNOOZED, snoozed_at=at)
    assert send_due(id_, at) == "unsent"
    assert sent() == []
    assert ScheduledReply.objects.get().reason == why
    assert send_due(id_, at) == "unsent"
    assert Message.objects.filter(conversation=talk, facts__type="scheduled_unsent").count() == 1


def close_for_good(cast: Cast) -> None:
    """The line opens for one minute on a Monday night; `at` is no such minute but once a week."""
    week: list[Any] = [[] for _ in range(7)]
    week[(database_now().weekday() + 3) % 7] = [[180, 181]]
    hours = Schedule.objects.create(organisation=cast.organisation, name="Jamais", week=week, country="")
    cast.line_3334.schedule = hours
    cast.line_3334.save()


def test_what_nobody_may_send_then_is_refused_when_it_is_planned(cast: Cast) -> None:
    talk, desk = cast.owned_by(cast.awa), Desk(cast.awa)
    for minutes, code in ((-1, "scheduled_past"), (60 * 24 * 91, "scheduled_far")):
        answer = desk.plans(talk, minutes=minutes)
        assert (answer.status, answer.code, list(answer.data["error"]["fields"])) == (422, code, ["at"])
    assert desk.plans(talk, "  ").code == "empty"
    assert desk.plans(talk, "e" * 5000).code == "too_long"
    assert Desk(cast.koffi).plans(talk).code == "not_owner"
    for number in range(5):
        assert desk.plans(talk, str(number)).status == 201
    assert desk.plans(talk).code == "too_many_scheduled"
    ScheduledReply.objects.all().delete()
    close_for_good(cast)
    assert desk.plans(talk).code == "outside_hours"


def test_only_its_author_moves_changes_or_gives_it_up_and_it_leaves_at_its_new_time(cast: Cast) -> None:
    talk, desk = cast.owned_by(cast.awa), Desk(cast.awa)
    made = desk.plans(talk)
    id_, at = due(made)
    here = f"/api/scheduled/{id_}"
    assert Browser(cast.koffi).patch(here, {"body": "Autre", "seen": 0}).status == 404
    assert Browser(cast.koffi).call("DELETE", here).status == 404
    later = at + timedelta(minutes=30)
    assert desk.patch(here, {"body": "Plus tard", "at": iso(later), "seen": 0}).status == 200
    assert send_due(id_, at) == "pending", "the job of its first time finds it moved"
    assert Job.objects.filter(kind="replies.send_scheduled").count() == 2
    assert send_due(id_, later + timedelta(seconds=1)) == "sent"
    assert sent() == ["Plus tard"]
    for answer in (desk.patch(here, {"body": "Trop tard", "seen": 0}), desk.call("DELETE", here)):
        assert (answer.status, answer.code) == (409, "scheduled_over")
    assert desk.call("DELETE", f"/api/scheduled/{due(desk.plans(talk))[0]}").status == 204
    assert sent() == ["Plus tard"]
