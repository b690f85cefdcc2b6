"""Offers, states and wrap-ups through the API, and the administration of what routing goes by."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.models import Audit, Role, Team
from common.clock import database_now
from inbox.offers import OfferView, WrapUpView
from realtime.log import record_changes
from routing.events import OfferEnded, OfferMade
from routing.models import Offer, OfferState, Queue, WrapUp
from routing.rendering import AgentView
from routing.rounds import assign_waiting
from tests.browser import Browser, someone
from tests.cast import Cast
from tests.inbox.test_conversation import fits

pytestmark = pytest.mark.django_db(transaction=True)


def ringing(cast: Cast) -> Offer:
    Queue.objects.filter(id=cast.queue.id).update(auto_accept=False)
    cast.available(cast.awa)
    cast.queued()
    assert assign_waiting(organisation_id=cast.organisation.id, lease=None) == 1
    return Offer.objects.get()


@pytest.mark.needs("RFP-030")
def test_an_offer_is_listed_for_its_agent_alone_and_becomes_his_by_accepting(cast: Cast) -> None:
    offer, awa, koffi = ringing(cast), Browser(cast.awa), Browser(cast.koffi)
    (shown,) = awa.get("/api/offers").data["items"]
    fits(shown, OfferView)
    assert (shown["id"], shown["queue"], shown["conversation"]["status"]) == (
        str(offer.id),
        "Service clients",
        "queued",
    )
    assert koffi.get("/api/offers").data["items"] == []
    assert (koffi.post(f"/api/offers/{offer.id}/accept").code, koffi.post("/api/offers/x/accept").status) == (
        "no_offer",
        404,
    )
    taken = awa.post(f"/api/offers/{offer.id}/accept")
    assert (taken.data["status"], taken.data["owner_id"]) == ("open", str(cast.awa.id))
    late = awa.post(f"/api/offers/{offer.id}/decline", {"reason": "Trop tard"})
    assert (late.status, late.code) == (409, "offer_over")


def test_a_decline_says_why_and_what_ran_out_is_over(cast: Cast) -> None:
    offer, awa = ringing(cast), Browser(cast.awa)
    for wrong in ({}, {"reason": " "}, {"reason": "x" * 81}, {"reason": "a\u0000b"}):
        assert awa.post(f"/api/offers/{offer.id}/decline", wrong).status == 422, wrong
    Offer.objects.update(expires_at=database_now() - timedelta(seconds=1))
    assert awa.post(f"/api/offers/{offer.id}/accept").code == "offer_over"
    Offer.objects.update(expires_at=database_now() + timedelta(seconds=30))
    assert awa.post(f"/api/offers/{offer.id}/decline", {"reason": "Pas ma langue"}).status == 204
    assert Offer.objects.get().state == OfferState.DECLINED


def test_an_event_of_an_offer_tells_everybody_of_the_agent_and_nobody_of_the_conversation(cast: Cast) -> None:
    offer = ringing(cast)
    before = Browser(cast.koffi).get("/api/session").data["head"]
    with record_changes(cast.organisation.id) as changes:
        changes.add(OfferMade(agent_id=cast.awa.id, offer_id=offer.id))
        changes.add(OfferEnded(agent_id=cast.awa.id, offer_id=offer.id, state="declined"))
    session = Browser(cast.koffi).get("/api/session").data
    told = Browser(cast.koffi).get(f"/api/events?after={before}&epoch={session['epoch']}").data["events"]
    assert [one["type"] for one in told] == ["offer.made", "offer.ended"]
    for one in told:
        fits(one["agent"], AgentView)
        assert str(offer.conversation_id) not in str(one)


def test_the_session_brings_states_dispositions_and_what_queues_allow(cast: Cast) -> None:
    admin = Browser(someone(cast, Role.ADMINISTRATOR))
    queue = f"/api/admin/queues/{cast.queue.id}"
    assert admin.patch(queue, {"may_pull": True, "wrap_up_s": 20, "auto_accept": False}).status == 200
    made = admin.post("/api/admin/dispositions", {"queue_id": str(cast.queue.id), "name": "Résolu"}).data
    lunch = admin.post("/api/admin/reasons", {"name": "Repas", "state": "break", "counts_as": "pause"}).data
    session = Browser(cast.awa).get("/api/session").data
    assert session["queues"] == [
        {"id": str(cast.queue.id), "name": "Service clients", "may_pull": True, "auto_accept": False, "wrap_up_s": 20,
         "dispositions_required": False, "mine": True}
    ]  # fmt: skip
    assert [one["id"] for one in session["dispositions"]] == [made["id"]]
    assert [one["name"] for one in session["reasons"]] == ["Repas"]
    awa = Browser(cast.awa)
    assert awa.put("/api/presence", {"reason_id": lunch["id"]}).data["state"] == "break"
    assert awa.put("/api/presence", {}).status == 422
    assert awa.put("/api/presence", {"state": "not_responding"}).status == 422
    assert admin.patch(f"/api/admin/reasons/{lunch['id']}", {"is_enabled": False}).data["is_enabled"] is False
    assert Browser(cast.awa).get("/api/session").data["reasons"] == []


def test_a_wrap_up_is_listed_finished_with_a_disposition_and_over(cast: Cast) -> None:
    Queue.objects.filter(id=cast.queue.id).update(wrap_up_s=60, may_pull=True)
    cast.available(cast.awa)
    conversation, awa = cast.queued(), Browser(cast.awa)
    assert awa.post(f"/api/queues/{cast.queue.id}/next").data["id"] == str(conversation.id)
    assert awa.post(f"/api/queues/{cast.queue.id}/next").code == "queue_empty"
    awa.post(f"/api/conversations/{conversation.id}/close")
    (shown,) = awa.get("/api/wrap-ups").data["items"]
    fits(shown, WrapUpView)
    assert awa.get("/api/session").data["presence"]["state"] == "wrap_up"
    assert awa.get("/api/session").data["presence"]["until"] == shown["until"]
    assert Browser(cast.koffi).post(f"/api/wrap-ups/{conversation.id}/done").status == 404
    strange = awa.post(f"/api/wrap-ups/{conversation.id}/done", {"disposition_id": str(uuid4())})
    assert (strange.status, strange.code) == (422, "unknown_choice")
    assert awa.post(f"/api/wrap-ups/{conversation.id}/done").status == 204
    assert awa.post(f"/api/wrap-ups/{conversation.id}/done").status == 204
    assert not WrapUp.objects.exists()


def test_supervisors_force_states_and_read_their_history(cast: Cast) -> None:
    sam, awa = Browser(cast.sam), Browser(cast.awa)
    address = f"/api/supervision/agents/{cast.awa.id}"
    awa.put("/api/presence", {"state": "available"})
    assert awa.put(f"{address}/state", {"state": "offline"}).status == 403
    forced = sam.put(f"{address}/state", {"state": "break", "reason": "Oubliée"})
    assert (forced.data["state"], forced.data["set_by"]) == ("break", "supervisor")
    items = sam.get(f"{address}/states").data["items"]
    assert [(one["state"], one["reason"]) for one in items] == [
        ("break", "Oubliée"), ("available", None), ("offline", None),
    ]  # fmt: skip
    assert items[0]["until"] is None
    assert items[1]["until"] == items[0]["since"]
    assert len(sam.get(f"{address}/states?limit=1").data["items"]) == 1


def test_queues_are_administered_and_what_cannot_be_is_said_by_field(cast: Cast) -> None:
    admin = Browser(someone(cast, Role.ADMINISTRATOR))
    french = admin.post("/api/admin/skills", {"name": "Français", "language": "FR"}).data
    assert french["language"] == "fr"
    team = Team.objects.create(organisation=cast.organisation, name="Nuit")
    asked = {
        "name": "Réclamations", "auto_accept": False, "ring_s": 20, "weight": 2, "team_ids": [str(team.id)],
        "skills": [{"skill_id": french["id"], "least": 3, "preferred": 5}], "full_reply": {"fr": " Complet ", "en": ""},
    }  # fmt: skip
    made = admin.post("/api/admin/queues", asked)
    assert made.status == 201
    assert (made.data["full_reply"], made.data["warnings"]) == ({"fr": "Complet"}, ["no_agent"])
    address = f"/api/admin/queues/{made.data['id']}"
    assert admin.patch(address, {"team_ids": []}).data["warnings"] == ["no_agent_has_skills"]
    levels = {"skills": [{"skill_id": french["id"], "level": 4}]}
    assert admin.patch(f"/api/admin/agents/{cast.awa.id}", levels).data["skills"][0]["level"] == 4
    assert admin.patch(address, {}).data["warnings"] == []
    for field, value in (
        ("ring_s", 4), ("ring_s", 301), ("weight", 0), ("strategy", "best"), ("on_disconnect", "lose"), ("name", " "),
        ("name", "Service clients"), ("points_per_minute", -1), ("team_ids", [str(uuid4())]), ("language_level", 6),
        ("skills", [{"skill_id": str(uuid4())}]), ("skills", [{"skill_id": french["id"], "least": 6}]),
        ("skills", [{"skill_id": french["id"]}] * 2), ("full_reply", {"de": "Voll"}), ("full_reply", {"fr": "x" * 321}),
    ):  # fmt: skip
        refused = admin.patch(address, {field: value})
        assert refused.status == 422, (field, value)
        assert field in refused.data["error"]["fields"], refused.data
    assert admin.patch(f"/api/admin/queues/{cast.queue.id}", {"is_enabled": False}).code == "queue_used"
    assert admin.patch(address, {"is_enabled": False}).data["is_enabled"] is False
    actions = list(Audit.objects.order_by("id").values_list("action", flat=True))
    assert actions[:3] == ["skill.created", "queue.created", "queue.changed"]


def test_what_an_agent_can_and_may_hold_is_administered(cast: Cast) -> None:
    admin = Browser(someone(cast, Role.ADMINISTRATOR))
    french = admin.post("/api/admin/skills", {"name": "Français", "language": "fr"}).data
    assert admin.post("/api/admin/skills", {"name": "French", "language": "fr"}).code == "language_taken"
    assert admin.post("/api/admin/skills", {"name": "Anglais", "language": "e1"}).code == "language"
    address = f"/api/admin/agents/{cast.awa.id}"
    cast.owned_by(cast.awa)
    shown = admin.patch(address, {"capacity": 3, "media": [{"medium": "sms", "capacity": 2}]}).data
    assert shown["media"] == [{"medium": "sms", "capacity": 2, "load": 1}]
    assert admin.patch(address, {"capacity": 0}).code == "holds_more"
    for wrong in (
        {"skills": [{"skill_id": french["id"], "level": 6}]},
        {"skills": [{"skill_id": str(uuid4()), "level": 1}]},
        {"media": [{"medium": "fax", "capacity": 1}]},
        {"capacity": 501},
    ):
        assert admin.patch(address, wrong).status == 422, wrong
    listed = admin.get("/api/admin/agents").data
    assert listed["media"] == ["sms"]
    assert next(one for one in listed["items"] if one["id"] == str(cast.awa.id))["capacity"] == 3
    assert Browser(cast.awa).patch(address, {"capacity": 9}).status == 403
