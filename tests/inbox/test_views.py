"""Saved views, and the lines that one has on one's desk."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Audit, Role, Team
from contacts.models import ContactTag, Tag
from conversations.models import Conversation, Line, Status
from inbox.models import SavedView
from realtime.models import Event
from routing.models import Offer
from routing.rounds import assign_waiting
from tests.browser import Browser, someone
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)


def number(n: int) -> str:
    return f"+22901970{n:05d}"


def listed(browser: Browser) -> list[dict[str, Any]]:
    answer = browser.get("/api/views")
    assert answer.status == 200, answer.raw
    return answer.data["items"]


def kept(browser: Browser, name: str, **given: Any) -> dict[str, Any]:
    answer = browser.post("/api/views", {"name": name, **given})
    assert answer.status == 200, answer.raw
    return next(one for one in answer.data["items"] if one["name"] == name)


def ids(browser: Browser, **given: Any) -> set[str]:
    answer = browser.get(f"/api/conversations?{urlencode({'view': 'all', **given}, doseq=True)}")
    assert answer.status == 200, answer.raw
    return {row["id"] for row in answer.data["items"]}


def told(cast: Cast) -> list[dict[str, Any]]:
    events = Event.objects.filter(organisation_id=cast.organisation.id, type="settings.changed").order_by("seq")
    return [event.data for event in events]


@pytest.mark.needs("MCE-046", part="saved views")
def test_a_view_keeps_its_filter_and_counts_what_its_reader_sees(cast: Cast) -> None:
    tag = Tag.objects.create(organisation=cast.organisation, name="VIP")
    for n in range(3):
        one = cast.queued(sender=number(n))
        ContactTag.objects.create(organisation=cast.organisation, contact_id=one.contact_id, tag=tag)
    cast.queued(sender=number(9))
    cast.open_conversation(sender=number(10), status=Status.CLOSED)
    awa = Browser(cast.awa)
    view = kept(
        awa, "VIP qui attendent", view="queue", order="deadline", filter={"tag": [str(tag.id)]}, columns=["owner"]
    )
    assert view["filter"] == {"view": "queue", "order": "deadline", "tag": [str(tag.id)]}
    assert (view["count"], view["columns"], view["mine"], view["missing"]) == (3, ["owner"], True, [])
    assert listed(Browser(cast.koffi)) == []
    assert awa.put(f"/api/views/{view['id']}", {"name": "Tous", "view": "all"}).status == 200
    assert [(one["name"], one["count"]) for one in listed(awa)] == [("Tous", 4)]
    assert awa.call("DELETE", f"/api/views/{view['id']}").data == {"items": []}
    # Other browsers of hers hear of each; nobody else's business, so no line in the audit log.
    assert [one["kind"] for one in told(cast)] == ["desk", "desk", "desk"]
    assert not Audit.objects.filter(action__startswith="view.").exists()


def test_a_count_stops_at_a_hundred_and_is_none_where_what_is_over_is_asked_for(cast: Cast) -> None:
    for n in range(103):
        cast.queued(sender=number(n))
    awa = Browser(cast.awa)
    assert kept(awa, "File", view="queue")["count"] == 100
    assert kept(awa, "Closes", filter={"status": "closed"})["count"] is None


def test_sharing_is_a_supervisors_and_a_team_sees_its_own(cast: Cast) -> None:
    team = Team.objects.create(organisation=cast.organisation, name="Jour")
    team.members.add(cast.koffi)
    awa, koffi, sam = Browser(cast.awa), Browser(cast.koffi), Browser(cast.sam)
    for sharing in ("team", "everybody"):
        refused = awa.post("/api/views", {"name": "A moi", "sharing": sharing, "team_id": str(team.id)})
        assert (refused.status, refused.code) == (403, "role")
    of_team = kept(sam, "Jour", sharing="team", team_id=str(team.id), view="queue")
    of_all = kept(sam, "Tous", sharing="everybody")
    assert [one["name"] for one in listed(awa)] == ["Tous"]
    assert [(one["name"], one["mine"]) for one in listed(koffi)] == [("Jour", False), ("Tous", False)]
    for method, path in (("PUT", of_all["id"]), ("DELETE", of_all["id"])):
        refused = koffi.call(method, f"/api/views/{path}", {"name": "x"})
        assert (refused.status, refused.code) == (409, "shared_view")
    assert awa.call("DELETE", f"/api/views/{of_team['id']}").status == 404
    assert [one.action for one in Audit.objects.filter(object_kind="view").order_by("at")] == ["view.created"] * 2
    assert kept(Browser(someone(cast, Role.ADMINISTRATOR)), "Autre", sharing="everybody")["mine"] is True


def test_another_organisations_view_is_not_there(cast: Cast) -> None:
    foreign = make_cast(name="Autre", slug="autre", domain="autre.example")
    theirs = kept(Browser(foreign.sam), "Leur", sharing="everybody")
    awa, sam = Browser(cast.awa), Browser(cast.sam)
    assert listed(sam) == []
    for one in (awa, sam):
        assert one.put(f"/api/views/{theirs['id']}", {"name": "x"}).status == 404
        assert one.call("DELETE", f"/api/views/{theirs['id']}").status == 404
    assert sam.post("/api/views", {"name": "x", "sharing": "team", "team_id": str(uuid4())}).status == 422
    assert SavedView.objects.count() == 1


@pytest.mark.needs("MCE-046", part="saved views")
def test_a_shared_view_shows_and_counts_for_each_what_he_may_see(cast: Cast) -> None:
    team = Team.objects.create(organisation=cast.organisation, name="Crédit")
    team.members.add(cast.koffi)
    secret = Line.objects.create(organisation=cast.organisation, name="Crédit", address="4545", queue_id=cast.queue.id)
    secret.teams.add(team)
    cast.queued(line=secret, sender=number(1))
    cast.queued(sender=number(2))
    asked = {"line": [str(secret.id), str(cast.line_3334.id)], "team": str(team.id)}
    kept(Browser(cast.sam), "Deux lignes", sharing="everybody", view="queue", filter={"line": asked["line"]})
    kept(Browser(cast.sam), "Cette équipe", sharing="everybody", filter={"team": asked["team"]})
    of_awa = {one["name"]: one for one in listed(Browser(cast.awa))}
    of_koffi = {one["name"]: one for one in listed(Browser(cast.koffi))}
    assert (of_koffi["Deux lignes"]["count"], of_koffi["Deux lignes"]["missing"]) == (2, [])
    assert (of_awa["Deux lignes"]["count"], of_awa["Deux lignes"]["missing"]) == (1, ["line"])
    assert of_awa["Deux lignes"]["filter"]["line"] == [str(cast.line_3334.id)]
    assert of_awa["Cette équipe"]["missing"] == ["team"]
    for view in of_awa.values():
        assert str(secret.id) not in str(view)
        assert str(team.id) not in str(view)


def test_a_view_of_what_is_gone_says_so_and_does_not_fail(cast: Cast) -> None:
    tag = Tag.objects.create(organisation=cast.organisation, name="Promo")
    awa = Browser(cast.awa)
    view = kept(awa, "Promo", filter={"tag": [str(tag.id)], "agent": str(cast.koffi.id)})
    assert view["missing"] == []
    tag.delete()
    type(cast.koffi).objects.filter(id=cast.koffi.id).update(is_active=False)
    after = listed(awa)[0]
    assert sorted(after["missing"]) == ["agent", "tag"]
    assert "tag" not in after["filter"]
    # What an older or a newer version has written is read as far as it can be.
    SavedView.objects.update(
        filter={"view": "nowhere", "order": 7, "tag": 3, "line": ["x"], "zone": "b", "status": "queued"}
    )
    assert listed(awa)[0]["filter"] == {"view": "all", "order": "waiting", "status": "queued"}


def test_each_has_the_views_in_his_own_order(cast: Cast) -> None:
    awa = Browser(cast.awa)
    made = [kept(awa, name)["id"] for name in ("un", "deux", "trois")]
    body = {"views": [made[2], str(uuid4()), made[0]], "pinned": [made[0]]}
    after = awa.put("/api/views/arrangement", body).data["items"]
    assert [(one["name"], one["pinned"]) for one in after] == [("trois", False), ("un", True), ("deux", False)]
    assert awa.put("/api/views/arrangement", body).status == 200
    assert listed(awa) == after


def test_views_cost_the_same_however_many_there_are(cast: Cast) -> None:
    sam = Browser(cast.sam)
    tag = Tag.objects.create(organisation=cast.organisation, name="VIP")
    cost = []
    for n in (1, 12):
        while SavedView.objects.count() < n:
            kept(
                sam, f"v{SavedView.objects.count()}", sharing="everybody",
                filter={"tag": [str(tag.id)], "line": [str(cast.line_3334.id)], "failed": True, "waiting_over": 5},
            )  # fmt: skip
        with CaptureQueriesContext(connection) as asked:
            assert len(listed(sam)) == n
        cost.append(len(asked))
    assert cost[0] == cost[1]


def test_what_is_no_view_is_refused_in_words(cast: Cast) -> None:
    awa = Browser(cast.awa)
    for given in (
        {}, {"name": ""}, {"name": "x" * 61}, {"name": "x", "view": "nowhere"}, {"name": "x", "order": "best"},
        {"name": "x", "filter": {"line": ["x"]}}, {"name": "x", "filter": {"status": "asleep"}},
        {"name": "x", "columns": ["colour"]}, {"name": "x", "sharing": "world"},
        {"name": "x", "filter": {"since": "now"}},
    ):  # fmt: skip
        answer = awa.post("/api/views", given)
        assert answer.status == 422, given
        assert answer.data["error"]["fields"], given
    assert listed(awa) == []


@pytest.mark.needs("MCE-048")
def test_an_agent_chooses_among_his_lines_and_it_follows_him_to_another_browser(cast: Cast) -> None:
    mine = cast.owned_by(cast.awa, line=cast.line_3334, sender=number(1))
    there = cast.queued(line=cast.line_3334, sender=number(2))
    here = cast.queued(line=cast.line_1919, sender=number(3))
    awa = Browser(cast.awa)
    assert awa.get("/api/session").data["desk"]["line_ids"] is None
    chosen = awa.put("/api/desk/lines", {"line_ids": [str(cast.line_1919.id)]})
    assert chosen.data["line_ids"] == [str(cast.line_1919.id)]
    another = Browser(cast.awa)
    assert another.get("/api/session").data["desk"]["line_ids"] == [str(cast.line_1919.id)]
    assert ids(another, view="queue") == {str(here.id)}
    assert ids(another) == {str(here.id)}
    assert ids(another, line=cast.line_3334.id) == set()
    # What is his own he sees on every line: it was given to him.
    assert ids(another, view="mine") == {str(mine.id)}
    assert ids(Browser(cast.koffi), view="queue") == {str(there.id), str(here.id)}
    assert kept(another, "File", view="queue")["count"] == 1
    assert next((one["kind"], one["object_id"]) for one in told(cast)) == ("desk", str(cast.awa.id))
    # And may still open what is on the others, for his lists are a choice and no right.
    assert another.get(f"/api/conversations/{there.id}").status == 200
    assert awa.put("/api/desk/lines", {"line_ids": None}).data["line_ids"] is None
    assert ids(awa, view="queue") == {str(there.id), str(here.id)}


@pytest.mark.needs("MCE-048")
def test_only_lines_that_he_may_see_can_be_chosen_and_one_that_is_taken_away_hides_nothing(cast: Cast) -> None:
    team = Team.objects.create(organisation=cast.organisation, name="Crédit")
    secret = Line.objects.create(organisation=cast.organisation, name="Crédit", address="4545", queue_id=cast.queue.id)
    secret.teams.add(team)
    foreign = make_cast(name="Autre", slug="autre", domain="autre.example")
    awa = Browser(cast.awa)
    for line_ids in ([str(secret.id)], [str(foreign.line_1919.id)], [str(uuid4())], []):
        assert awa.put("/api/desk/lines", {"line_ids": line_ids}).status == 422, line_ids
    team.members.add(cast.awa)
    assert awa.put("/api/desk/lines", {"line_ids": [str(secret.id)]}).status == 200
    waits = cast.queued(sender=number(1))
    assert ids(awa, view="queue") == set()
    team.members.remove(cast.awa)
    assert awa.get("/api/session").data["desk"]["line_ids"] is None
    assert ids(awa, view="queue") == {str(waits.id)}


@pytest.mark.needs("MCE-048")
def test_offers_do_not_ask_which_lines_are_on_the_desk(cast: Cast) -> None:
    cast.available(cast.awa)
    type(cast.queue).objects.filter(id=cast.queue.id).update(auto_accept=False, ring_s=20)
    Browser(cast.awa).put("/api/desk/lines", {"line_ids": [str(cast.line_1919.id)]})
    waits: Conversation = cast.queued(line=cast.line_3334)
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 1
    assert Offer.objects.filter(conversation=waits, user=cast.awa).exists()
