"""Putting aside and waking over the API, as the desk asks for it: rows, lists, counts, refusals in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Role
from common.clock import database_now
from conversations.rendering import iso
from routing.models import AgentState
from tests.browser import Browser, someone
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def scripted_links(settings):
    from conversations.links import adapter_class

    settings.LINK_ADAPTERS = {"sms.smpp": "tests.conversations.scripted.ScriptedLink"}
    adapter_class.cache_clear()
    yield
    adapter_class.cache_clear()


def test_what_sleeps_has_a_list_and_a_count_of_its_own(cast: Cast) -> None:
    desk = Browser(cast.awa)
    later, sooner, answer = (cast.owned_by(cast.awa, sender=f"+229019700000{n}") for n in (1, 2, 3))
    cast.owned_by(cast.awa, sender="+2290197000004")
    now = database_now()
    for one, until in ((later, now + timedelta(hours=2)), (sooner, now + timedelta(hours=1)), (answer, None)):
        given = {"seen": 0, "until": iso(until) if until else None}
        said = desk.post(f"/api/conversations/{one.id}/snooze", given)
        assert said.status == 200
        assert said.data["status"] == "snoozed"
        assert said.data["snooze"]["until"] == given["until"]
    assert desk.get("/api/counts").data["mine"] == {"open": 1, "snoozed": 3, "unread": 0}
    first = desk.get("/api/conversations?view=snoozed&limit=2").data
    rest = desk.get(f"/api/conversations?view=snoozed&limit=2&after={first['next']}").data
    assert [row["id"] for row in (*first["items"], *rest["items"])] == [str(one.id) for one in (sooner, later, answer)]
    assert len(desk.get("/api/conversations?view=mine").data["items"]) == 1
    woken = desk.post(f"/api/conversations/{sooner.id}/wake", {})
    assert (woken.status, woken.data["status"], woken.data["snooze"]) == (200, "open", None)
    assert desk.get("/api/counts").data["mine"]["open"] == 2


def test_what_is_refused_is_said_in_words(cast: Cast) -> None:
    desk = Browser(cast.awa)
    mine = cast.owned_by(cast.awa)
    past = desk.post(f"/api/conversations/{mine.id}/snooze", {"seen": 0, "until": iso(database_now())})
    assert (past.status, list(past.data["error"]["fields"])) == (422, ["until"])
    assert desk.post(f"/api/conversations/{mine.id}/snooze", {"until": None}).status == 422, "what was seen is said"
    seen = mine.last_seq
    cast.text_in(mine, "Encore")
    newer = desk.post(f"/api/conversations/{mine.id}/snooze", {"seen": seen, "until": None})
    assert (newer.status, newer.data["error"]["code"]) == (409, "new_text")
    other = Browser(cast.koffi).post(f"/api/conversations/{mine.id}/snooze", {"seen": 9, "until": None})
    assert (other.status, other.data["error"]["code"]) == (409, "not_owner")
    assert desk.post(f"/api/conversations/{mine.id}/snooze", {"seen": 9, "until": None}).status == 200
    AgentState.objects.filter(user=cast.awa).update(capacity=0)
    full = desk.post(f"/api/conversations/{mine.id}/wake", {})
    assert (full.status, full.data["error"]["code"]) == (409, "at_capacity")
    boss = Browser(someone(cast, Role.SUPERVISOR, name="Sena Bio"))
    woken = boss.post(f"/api/conversations/{mine.id}/wake", {})
    assert (woken.status, woken.data["status"]) == (200, "queued")
