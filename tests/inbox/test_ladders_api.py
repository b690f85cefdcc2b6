"""A queue's ladder as it is administered, and what the desk says of who waits."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.models import Audit, Role
from common.clock import database_now
from conversations.models import Conversation, Line
from routing.ladder_words import NAMES
from routing.models import Queue, Skill
from routing.waits import WaitView
from tests.browser import Browser, someone
from tests.cast import Cast
from tests.inbox.test_conversation import fits
from tests.routing.ladders import waited, waits

pytestmark = pytest.mark.django_db(transaction=True)


def step(after_s: int, do: str, **details: object) -> dict[str, object]:
    return {"after_s": after_s, "do": do, **details}


def test_a_ladder_is_stored_shown_audited_and_emptied(cast: Cast) -> None:
    admin = Browser(someone(cast, Role.ADMINISTRATOR))
    other = admin.post("/api/admin/queues", {"name": "Renfort"}).data["id"]
    skill = Skill.objects.create(organisation=cast.organisation, name="Fon")
    address = f"/api/admin/queues/{cast.queue.id}"
    given = [
        step(60, "lower_level", skill=str(skill.id), by=1), step(90, "drop_preferred", skill=str(skill.id)),
        step(120, "add_queue", queue=other), step(120, "raise_priority", by=2), step(180, "tell_position"),
        step(300, "offer_callback"), step(900, "give_to_bot"),
    ]  # fmt: skip
    shown = admin.patch(address, {"ladder": given, "callback_within_s": 3600}).data
    assert [{name: part for name, part in one.items() if part is not None} for one in shown["ladder"]] == given
    assert shown["callback_within_s"] == 3600
    listed = admin.get("/api/admin/queues").data
    assert next(one for one in listed["items"] if one["id"] == shown["id"])["ladder"] == shown["ladder"]
    assert set(listed["usual_texts"]["fr"]) == set(NAMES)
    audit = Audit.objects.order_by("id").last()
    assert audit is not None
    assert audit.action == "queue.changed"
    assert "ladder" in audit.changes
    assert admin.patch(address, {"ladder": shown["ladder"]}).status == 200, "as it is shown it may be sent back"
    assert admin.patch(address, {"name": "Autrement"}).data["ladder"] == shown["ladder"]
    assert admin.patch(address, {"ladder": []}).data["ladder"] == []


def test_what_cannot_be_a_ladder_is_refused_at_its_step(cast: Cast) -> None:
    admin = Browser(someone(cast, Role.ADMINISTRATOR))
    own = str(cast.queue.id)
    other, third = (admin.post("/api/admin/queues", {"name": name}).data["id"] for name in ("Renfort", "Nuit"))
    skill = str(Skill.objects.create(organisation=cast.organisation, name="Fon").id)
    assert admin.patch(f"/api/admin/queues/{other}", {"ladder": [step(60, "add_queue", queue=third)]}).status == 200
    assert admin.patch(f"/api/admin/queues/{third}", {"ladder": [step(60, "add_queue", queue=own)]}).status == 200
    for ladder, field, code in (
        ([step(60, "dance")], "ladder.0", "ladder_step"),
        ([step(60, "lower_level")], "ladder.0", "ladder_step"),
        ([step(60, "lower_level", skill=skill, by=6)], "ladder.0.by", "ladder_levels"),
        ([step(60, "lower_level", skill=str(uuid4()), by=1)], "ladder.0.skill", "ladder_unknown_skill"),
        ([step(60, "add_queue", queue=own)], "ladder.0.queue", "ladder_own_queue"),
        ([step(60, "add_queue", queue=str(uuid4()))], "ladder.0.queue", "ladder_unknown_queue"),
        ([step(9, "tell_position"), step(60, "add_queue", queue=other)], "ladder.1.queue", "ladder_loop"),
        ([step(60, "raise_priority", by=101)], "ladder.0.by", "ladder_priority"),
        ([step(60, "tell_position"), step(30, "tell_position")], "ladder.1.after_s", "ladder_order"),
        ([step(60, "give_to_bot"), step(90, "tell_position")], "ladder.1.do", "ladder_after_bot"),
        ([step(604_801, "tell_position")], "ladder.0.after_s", "ladder_seconds"),
        ([step(n, "tell_position") for n in range(21)], "ladder", "ladder_too_long"),
    ):  # fmt: skip
        refused = admin.patch(f"/api/admin/queues/{own}", {"ladder": ladder})
        assert (refused.status, refused.code) == (422, code), refused.data
        assert field in refused.data["error"]["fields"], refused.data
    for field, value in (
        ("callback_within_s", 299), ("ladder_texts", {"de": {"position": "x"}}), ("ladder_texts", {"fr": {"x": "y"}}),
        ("ladder_texts", {"fr": {"position": "x" * 321}}), ("ladder_texts", {"fr": {"position": "{wait}"}}),
        ("ladder_texts", {"fr": {"offer_callback": "{position}"}}),
    ):  # fmt: skip
        refused = admin.patch(f"/api/admin/queues/{own}", {field: value})
        assert refused.status == 422, (field, value)
        assert field in refused.data["error"]["fields"]
    assert Queue.objects.get(id=own).ladder == []
    assert Browser(cast.sam).patch(f"/api/admin/queues/{own}", {"ladder": []}).status == 403


def test_a_step_into_a_queue_that_is_off_is_refused_and_one_that_stood_there_before_is_kept(cast: Cast) -> None:
    admin = Browser(someone(cast, Role.ADMINISTRATOR))
    own = f"/api/admin/queues/{cast.queue.id}"
    first, second = (admin.post("/api/admin/queues", {"name": name}).data["id"] for name in ("Renfort", "Nuit"))
    steps = [step(60, "add_queue", queue=first)]
    rules = f"/api/admin/lines/{cast.line_3334.id}/rules"
    given = {"is_enabled": True, "revision": 0, "rules": [{"queue_id": str(cast.queue.id), "ladder": steps}]}
    assert admin.patch(own, {"ladder": steps}).status == 200
    stored = admin.put(rules, given)
    assert stored.status == 200
    for one in (first, second):
        assert admin.patch(f"/api/admin/queues/{one}", {"is_enabled": False}).status == 200
    assert admin.patch(own, {"name": "Autrement", "ladder": [*steps, step(90, "tell_position")]}).status == 200
    (rule,) = stored.data["rules"]
    again = admin.put(rules, {**given, "revision": 1, "rules": [{**rule, "name": "Autre"}]})
    assert again.status == 200
    more = [*steps, step(90, "add_queue", queue=second)]
    refused = admin.patch(own, {"ladder": more})
    assert (refused.status, refused.code) == (422, "ladder_queue_off")
    assert list(refused.data["error"]["fields"]) == ["ladder.1.queue"]
    refused = admin.put(rules, {**given, "revision": 2, "rules": [{**rule, "ladder": more}]})
    assert (refused.status, list(refused.data["error"]["fields"])) == (422, ["rules.1.ladder.1.queue"])
    refused = admin.put(rules, {**given, "revision": 2, "rules": [{"queue_id": str(cast.queue.id), "ladder": steps}]})
    assert refused.code == "ladder_queue_off", "a new rule has nothing that stood there before"


def test_two_who_let_their_queues_overflow_into_each_other_at_once_do_not_both_succeed(cast: Cast, at_once) -> None:
    people = [someone(cast, Role.ADMINISTRATOR, name=f"boss{n}") for n in range(2)]
    other = Browser(people[0]).post("/api/admin/queues", {"name": "Renfort"}).data["id"]
    own = str(cast.queue.id)

    def overflow(number: int) -> int:
        here, there = ((own, other), (other, own))[number]
        ladder = [step(60, "add_queue", queue=there)]
        return Browser(people[number]).patch(f"/api/admin/queues/{here}", {"ladder": ladder}).status

    for _ in range(3):
        Queue.objects.update(ladder=[])
        assert sorted(at_once([lambda: overflow(0), lambda: overflow(1)])) == [200, 422]


def test_the_desk_says_how_somebody_stands_and_to_nobody_who_does_not_see_him(cast: Cast) -> None:
    now = database_now()
    waited(cast, now, *range(100, 400, 10))
    first = waits(cast, now - timedelta(seconds=30), 1)
    conversation = waits(cast, now, 2)
    address = f"/api/conversations/{conversation.id}/wait"
    shown = Browser(cast.awa).get(address).data["wait"]
    fits(shown, WaitView)
    assert (shown["position"], shown["waiting"], shown["samples"], shown["told"]) == (2, 2, 30, [])
    assert 200 < shown["p50_s"] < shown["p90_s"] < 400
    admin = Browser(someone(cast, Role.ADMINISTRATOR))
    queue = next(one for one in admin.get("/api/admin/queues").data["items"] if one["id"] == str(cast.queue.id))
    assert (queue["wait_p50_s"], queue["wait_samples"]) == (245.0, 30)
    Conversation.objects.filter(id=first.id).update(status="open", owner=cast.koffi)
    assert Browser(cast.awa).get(f"/api/conversations/{first.id}/wait").data == {"wait": None}
    assert Browser(cast.awa).get(f"/api/conversations/{uuid4()}/wait").status == 404
    assert Line.objects.filter(id=conversation.line_id).exists()
