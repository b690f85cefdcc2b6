"""Hours, the answers outside them and response times, over the API, as the administration asks for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Audit, Role
from common.clock import database_now
from conversations.models import AfterHoursText, Line, Task
from conversations.rendering import iso
from routing.models import Targets
from tests.browser import Browser, someone
from tests.cast import Cast

WEEK = [[[480, 750], [840, 1080]]] * 5 + [[], []]


@pytest.fixture(autouse=True)
def scripted_links(settings):
    from conversations.links import adapter_class

    settings.LINK_ADAPTERS = {"sms.smpp": "tests.conversations.scripted.ScriptedLink"}
    adapter_class.cache_clear()
    yield
    adapter_class.cache_clear()


@pytest.fixture
def desk(cast: Cast) -> Browser:
    return Browser(someone(cast, Role.ADMINISTRATOR, name="Fatou Zongo"))


@pytest.fixture
def schedule(desk: Browser) -> dict[str, Any]:
    made = desk.post("/api/admin/schedules", {"name": "Bureau", "week": WEEK, "country": "BJ"})
    assert made.status == 201
    return made.data["items"][0]


def test_hours_are_shown_with_whether_they_are_open_now_and_what_waits_for_a_person(desk: Browser, schedule) -> None:
    assert schedule["week"] == WEEK
    assert isinstance(schedule["is_open"], bool) and schedule["changes_at"]
    all_ = desk.get("/api/admin/schedules").data
    assert all_["time_zone"] == "Africa/Porto-Novo" and all_["countries"] == ["BF", "BJ", "FR"]
    waiting = [one for one in all_["holidays"] if one["state"] == "to_confirm"]
    assert {one["key"] for one in waiting} >= {"eid-al-adha"}
    first = waiting[0]
    given = {"country": "BJ", "year": first["year"], "key": first["key"], "day": first["estimate"]}
    said = desk.call("PUT", "/api/admin/holidays", given).data["holidays"]
    assert (
        next(one["state"] for one in said if one["key"] == first["key"] and one["year"] == first["year"]) == "confirmed"
    )


@pytest.mark.parametrize(
    ("change", "code", "weekday"),
    [
        ({"week": [[[600, 540]], *[[]] * 6]}, "hours_backwards", 0),
        ({"week": [[], [[480, 720], [700, 800]], *[[]] * 5]}, "hours_overlap", 1),
        ({"week": [[]] * 7}, "hours_never", None),
    ],
)
def test_contradictions_are_refused_with_the_day_and_in_words(desk: Browser, schedule, change, code, weekday) -> None:
    refused = desk.patch(f"/api/admin/schedules/{schedule['id']}", change)
    assert (refused.status, refused.code) == (422, code)
    error = refused.data["error"]
    assert error.get("facts", {}).get("weekday") == weekday
    assert error["fields"]["week"] == error["message"] != ""
    assert desk.get("/api/admin/schedules").data["items"][0]["week"] == WEEK


def test_a_closure_is_added_and_taken_away(desk: Browser, schedule) -> None:
    today = database_now().date()
    given = {"first": f"{today}", "last": f"{today + timedelta(days=1)}", "reason": "Inventaire", "says_fr": "Fermé."}
    added = desk.post(f"/api/admin/schedules/{schedule['id']}/special-days", given)
    [one] = added.data["items"][0]["special_days"]
    assert (added.status, one["reason"], added.data["items"][0]["is_open"]) == (201, "Inventaire", False)
    assert desk.post(f"/api/admin/schedules/{schedule['id']}/special-days", given).code == "days_overlap"
    gone = desk.post(f"/api/admin/special-days/{one['id']}/remove", {})
    assert gone.data["items"][0]["special_days"] == []


def test_a_line_keeps_hours_and_lets_go_of_them(desk: Browser, cast: Cast, schedule) -> None:
    address = f"/api/admin/lines/{cast.line_3334.id}"
    kept = desk.patch(address, {"schedule_id": schedule["id"], "bot_after_hours": False, "promises_callback": True})
    assert (kept.data["schedule_id"], kept.data["bot_after_hours"]) == (schedule["id"], False)
    assert desk.post(f"/api/admin/schedules/{schedule['id']}/remove", {}).code == "schedule_used"
    assert desk.patch(address, {"name": "Distribution"}).data["schedule_id"] == schedule["id"]
    assert desk.patch(address, {"schedule_id": ""}).data["schedule_id"] is None
    assert desk.post(f"/api/admin/schedules/{schedule['id']}/remove", {}).data["items"] == []
    assert Line.objects.get(id=cast.line_3334.id).promises_callback


def test_a_line_answers_in_its_own_words_or_the_usual(desk: Browser, cast: Cast) -> None:
    address = f"/api/admin/lines/{cast.line_3334.id}/after-hours"
    usual = {one["language"]: one["body"] for one in desk.get(address).data["items"]}
    assert set(usual) == {"fr", "en"} and all("{opens_at}" in body for body in usual.values())
    items = desk.call("PUT", address, {"language": "fr", "body": "Fermé jusqu'à {opens_at}."}).data["items"]
    assert [(one["language"], one["usual"]) for one in items] == [("fr", False), ("en", True)]
    assert desk.call("PUT", address, {"language": "fr", "body": "x" * 481}).code == "too_long"
    assert desk.call("PUT", address, {"language": "de", "body": "zu"}).code == "unknown_choice"
    assert desk.call("PUT", address, {"language": "fr", "body": ""}).data["items"][0]["body"] == usual["fr"]
    assert not AfterHoursText.objects.exists()
    assert Audit.objects.filter(action="line.changed").count() == 2


def test_targets_are_set_and_taken_away_each_with_its_line_in_the_audit(desk: Browser, cast: Cast) -> None:
    address = f"/api/admin/queues/{cast.queue.id}/targets"
    [queue, *lines] = desk.call("PUT", address, {"first_s": 300, "warn_percent": 80}).data["items"]
    assert (queue["kind"], queue["first_s"], queue["next_s"], queue["warn_percent"]) == ("queue", 300, None, 80)
    assert [one["first_s"] for one in lines] == [None, None]
    for given, code in (({"first_s": 0}, "target_range"), ({"first_s": 60, "warn_percent": 100}, "warn_percent")):
        assert desk.call("PUT", address, given).code == code
    desk.call("PUT", f"/api/admin/lines/{cast.line_1919.id}/targets", {"resolution_s": 86_400, "is_business": False})
    assert Targets.objects.count() == 2
    desk.call("PUT", address, {})
    assert Targets.objects.count() == 1
    actions = list(Audit.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["queue.targets", "line.targets", "queue.targets"]


def test_targets_that_somebody_else_has_changed_meanwhile_are_not_written_over(desk: Browser, cast: Cast) -> None:
    address = f"/api/admin/queues/{cast.queue.id}/targets"
    nothing = {"first_s": None, "next_s": None, "resolution_s": None, "is_business": True, "warn_percent": 50}
    assert desk.call("PUT", address, {"first_s": 240, "was": nothing}).status == 200
    refused = desk.call("PUT", address, {"first_s": 600, "was": nothing})
    assert (refused.status, refused.data["error"]["code"]) == (409, "targets_changed")
    assert desk.call("PUT", address, {"first_s": 600, "was": {**nothing, "first_s": 240}}).status == 200
    assert Targets.objects.get().first_s == 600


def test_a_callback_is_promised_over_the_api_and_shown_in_the_row(cast: Cast) -> None:
    awa, conversation = Browser(cast.awa), cast.owned_by(cast.awa)
    address = f"/api/conversations/{conversation.id}/callback"
    due = iso(database_now() + timedelta(hours=2))
    row = awa.post(address, {"at": due, "note": "Le soir"})
    assert (row.status, row.data["callback_at"]) == (200, due)
    assert awa.post(address, {"at": "2020-01-01T00:00:00Z"}).code == "callback_past"
    assert awa.post(address, {"at": "2030-01-01T00:00:00"}).status == 422  # of which zone?
    ended = awa.post(f"{address}/end", {"kept": False})
    assert ended.data["callback_at"] is None
    assert awa.post(f"{address}/end", {}).code == "no_callback"
    assert Task.objects.get().note == "Le soir"
