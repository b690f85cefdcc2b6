"""One conversation: reading it, and what an agent does to it, through the API."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from ninja import Schema

from accounts.models import Role
from common.schemas import schema_of
from conversations.models import Conversation, Delivery, Message, Status
from conversations.rendering import MessageView, Row
from inbox.person import PersonView
from routing.rendering import AgentView
from supervision.live import Live
from tests.browser import Browser, someone
from tests.cast import Cast


def fits(data: Any, shape: Any) -> None:
    """The answer has the fields that its description names, of the types that it names, and no others."""
    model: type[Schema] = schema_of(shape)
    assert set(data) == set(model.model_fields)
    model.model_validate(data)


def said(body: str = "Bonjour", **more: Any) -> dict[str, Any]:
    return {"client_id": str(uuid4()), "body": body, **more}


@pytest.mark.needs("RFP-029")
def test_what_comes_in_and_what_goes_out_stand_in_one_thread(cast: Cast) -> None:
    conversation = cast.queued()
    cast.text_in(conversation, "Bonjour")
    awa = Browser(cast.awa)
    base = f"/api/conversations/{conversation.id}"
    taken = awa.post(f"{base}/take")
    assert (taken.data["status"], taken.data["owner_id"]) == ("open", str(cast.awa.id))
    fits(taken.data, Row)
    sent = awa.post(f"{base}/messages", said("Que puis-je pour vous ?"))
    fits(sent.data, MessageView)
    assert sent.data["delivery"]["status"] == "queued"
    awa.post(f"{base}/notes", said("Cliente pressée"))
    cast.text_in(conversation, "Mon solde")
    thread = awa.get(f"{base}/messages").data
    assert [(m["kind"], m["body"]) for m in thread["items"]] == [
        ("incoming", "Bonjour"),
        ("event", ""),
        ("outgoing", "Que puis-je pour vous ?"),
        ("note", "Cliente pressée"),
        ("incoming", "Mon solde"),
    ]
    assert [m["seq"] for m in thread["items"]] == [1, 2, 3, 4, 5]
    assert thread["has_more"] is False
    detail = awa.get(base).data
    fits(detail["conversation"], Row)
    fits(detail["contact"], PersonView)
    assert detail["contact"]["addresses"] == [{"kind": "phone", "value": "+2290197000001"}]
    assert awa.post(f"{base}/read", {"seq": 5}).status == 204
    assert awa.get(base).data["conversation"]["unread"] == 0
    closed = awa.post(f"{base}/close")
    assert closed.data["status"] == "closed"
    late = awa.post(f"{base}/messages", said())
    assert (late.status, late.code) == (409, "closed")


def test_a_text_that_came_unseen_keeps_a_conversation_open(cast: Cast) -> None:
    conversation = cast.owned_by(cast.awa)
    awa, base = Browser(cast.awa), f"/api/conversations/{conversation.id}"
    cast.text_in(conversation, "Merci, au revoir")
    cast.text_in(conversation, "Ah non, attendez")
    refused = awa.post(f"{base}/close", {"seen": 1})
    assert (refused.status, refused.code) == (409, "new_text")
    assert awa.get(base).data["conversation"]["status"] == "open"
    for nonsense in ({"seen": -1}, {"seen": "x"}, {"seen": 2**40}):
        assert awa.post(f"{base}/close", nonsense).status == 422
    assert awa.post(f"{base}/close", {"seen": 2}).data["status"] == "closed"


def test_one_client_id_is_one_message_however_often_it_comes(cast: Cast, at_once) -> None:
    conversation = cast.owned_by(cast.awa)
    awa = Browser(cast.awa)
    path, body = f"/api/conversations/{conversation.id}/messages", said("Une fois")
    answers = [awa.post(path, body) for _ in range(2)]
    tabs = [Browser(cast.awa) for _ in range(4)]
    answers += at_once([lambda tab=tab: tab.post(path, body) for tab in tabs])
    assert {answer.status for answer in answers} == {200}
    assert len({answer.data["id"] for answer in answers}) == 1
    assert Message.objects.filter(conversation=conversation, kind="outgoing").count() == 1
    assert Delivery.objects.filter(conversation=conversation).count() == 1


def test_who_does_not_hold_it_is_told_who_does(cast: Cast) -> None:
    conversation = cast.owned_by(cast.koffi)
    awa = Browser(cast.awa)
    base = f"/api/conversations/{conversation.id}"
    taken = awa.post(f"{base}/take")
    assert (taken.status, taken.code) == (409, "already_owned")
    assert taken.data["error"]["facts"]["owner"] == "Koffi Mensah"
    assert awa.post(f"{base}/messages", said()).code == "not_owner"
    assert awa.post(f"{base}/close").code == "not_owner"
    assert awa.post(f"{base}/notes", said("à suivre")).status == 200


def test_given_back_to_the_queue_or_to_the_bot(cast: Cast) -> None:
    conversation = cast.owned_by(cast.awa, line=cast.line_1919)
    awa = Browser(cast.awa)
    base = f"/api/conversations/{conversation.id}"
    assert awa.post(f"{base}/return", {"to": "nobody"}).status == 422
    assert awa.post(f"{base}/return", {"to": "queue"}).data["status"] == "queued"
    assert awa.post(f"{base}/take").status == 200
    assert awa.post(f"{base}/return", {"to": "bot"}).data["status"] == "bot"


def test_a_long_thread_is_read_backwards_in_pages(cast: Cast) -> None:
    conversation = cast.queued()
    for n in range(25):
        cast.text_in(conversation, f"texte {n + 1}")
    awa = Browser(cast.awa)
    path, seqs, before = f"/api/conversations/{conversation.id}/messages", [], None
    while True:
        got = awa.get(f"{path}?limit=10" + (f"&before={before}" if before else "")).data
        seqs = [m["seq"] for m in got["items"]] + seqs
        if not got["has_more"]:
            break
        before = got["items"][0]["seq"]
    assert seqs == list(range(1, 26))


def test_the_person_panel_tells_of_earlier_conversations(cast: Cast) -> None:
    earlier = cast.open_conversation(status=Status.CLOSED, line=cast.line_1919)
    now = cast.queued()
    previous = Browser(cast.awa).get(f"/api/conversations/{now.id}").data["contact"]["previous"]
    assert [one["id"] for one in previous] == [str(earlier.id)]


BAD_BODIES: list[Any] = [
    None, [], "text", 7, {}, {"body": "x"}, {"client_id": "not-a-uuid", "body": "x"}, {"client_id": 5, "body": "x"},
    {"client_id": str(uuid4())}, {"client_id": str(uuid4()), "body": None}, {"client_id": str(uuid4()), "body": 5},
    {"client_id": str(uuid4()), "body": ["x"]}, {"client_id": str(uuid4()), "body": ""},
    {"client_id": str(uuid4()), "body": " \n "}, {"client_id": str(uuid4()), "body": "\x00"},
    {"client_id": str(uuid4()), "body": "é" * 10_000}, {"client_id": str(uuid4()), "body": "x" * 10_000},
]  # fmt: skip


@pytest.mark.parametrize("kind", ["messages", "notes"])
def test_bad_bodies_are_refused_and_never_break_anything(cast: Cast, kind: str) -> None:
    conversation = cast.owned_by(cast.awa)
    awa = Browser(cast.awa)
    for body in BAD_BODIES:
        answer = awa.call("POST", f"/api/conversations/{conversation.id}/{kind}", body)
        long_note = kind == "notes" and isinstance(body, dict) and len(str(body.get("body", ""))) > 9_000
        assert answer.status == (200 if long_note else 422), (body, answer.raw[:300])
    for raw in (
        b"{",
        b"\xff\xfe",
        b'{"client_id":"' + str(uuid4()).encode() + b'","body":"' + b"[" * 50_000,
        b"[" * 9999,
    ):
        answer = awa.call("POST", f"/api/conversations/{conversation.id}/{kind}", raw=raw)
        assert answer.status in (400, 422), (raw[:40], answer.raw[:200])
        assert answer.data["error"]["code"]


@pytest.mark.parametrize("body", ["bon\x00jour", "bon\\ud83djour"])
def test_unstorable_characters_are_cleaned_or_refused_never_a_failure(cast: Cast, body: str) -> None:
    conversation = cast.owned_by(cast.awa)
    raw = f'{{"client_id":"{uuid4()}","body":"{body}"}}'.replace("\x00", "\\u0000").encode()
    answer = Browser(cast.awa).call("POST", f"/api/conversations/{conversation.id}/messages", raw=raw)
    assert answer.status in (200, 422), answer.raw


def test_strange_ids_are_no_conversations(cast: Cast) -> None:
    awa = Browser(cast.awa)
    for strange in ("x", "0", "00000000-0000-0000-0000-000000000000", "%00", "..%2f..", "é" * 100, str(uuid4()) + "0"):
        for method, rest in (("GET", ""), ("GET", "/messages"), ("POST", "/take"), ("POST", "/read")):
            answer = awa.call(method, f"/api/conversations/{strange}{rest}", {"seq": 1} if method == "POST" else None)
            assert answer.status in (404, 422), (strange, answer.status)


@pytest.mark.parametrize("seq", [-1, 2**31, "x", None, 1.5])
def test_reading_up_to_no_number_is_refused(cast: Cast, seq: Any) -> None:
    conversation = cast.owned_by(cast.awa)
    assert Browser(cast.awa).post(f"/api/conversations/{conversation.id}/read", {"seq": seq}).status == 422


def test_presence_is_declared_and_shown_to_the_others(cast: Cast) -> None:
    awa = Browser(cast.awa)
    mine = awa.put("/api/presence", {"state": "break", "reason": "Déjeuner"})
    fits(mine.data, AgentView)
    assert (mine.data["state"], mine.data["reason"]) == ("break", "Déjeuner")
    for wrong in ({"state": "asleep"}, {}, {"state": None}, {"state": "break", "reason": "x" * 500}):
        assert awa.put("/api/presence", wrong).status == 422, wrong
    seen = Browser(cast.koffi).get("/api/session").data["agents"]
    assert next(one for one in seen if one["name"] == "Awa Diallo")["state"] == "break"


def test_the_session_holds_what_a_screen_needs_first(cast: Cast) -> None:
    session = Browser(cast.awa).get("/api/session").data
    assert set(session) == {
        "user", "organisation", "lines", "queues", "agents", "presence", "mode", "epoch", "head", "at", "csrf",
        "phone_page", "reasons", "dispositions", "desk", "tags", "teams",
    }  # fmt: skip
    assert [line["address"] for line in session["lines"]] == ["1919", "3334"]
    assert session["lines"][0]["capabilities"]["counts_segments"] is True
    assert {line["address"]: line["has_bot"] for line in session["lines"]} == {
        line.address: bool(line.bot) for line in cast.organisation.lines.all()
    }
    assert session["presence"]["id"] == str(cast.awa.id)
    assert session["phone_page"] is None
    observer = Browser(someone(cast, Role.OBSERVER)).get("/api/session").data
    assert observer["presence"]["state"] == "offline"


def test_the_live_figures_fit_their_description(cast: Cast) -> None:
    cast.queued(sender="+2290197000011")
    cast.owned_by(cast.awa, sender="+2290197000012")
    fits(Browser(cast.sam).get("/api/supervision/live").data, Live)


def test_what_was_missed_is_fetched_by_number(cast: Cast) -> None:
    conversation = cast.queued()
    cast.text_in(conversation)
    awa = Browser(cast.awa)
    start = awa.get("/api/session").data
    awa.post(f"/api/conversations/{conversation.id}/take")
    missed = awa.get(f"/api/events?after={start['head']}&epoch={start['epoch']}&conversations={conversation.id}").data
    assert missed["upto"] > start["head"]
    assert "conversation.assigned" in [event["type"] for event in missed["events"]]
    assert missed["rows"][0]["owner_id"] == str(cast.awa.id)
    assert awa.get("/api/events?after=99999&epoch=1").data == {"reset": True}
    assert awa.get("/api/events?after=x&epoch=%00").data == {"reset": True}
    assert awa.get("/api/events?after=0&epoch=1&conversations=x").status == 422
    assert awa.get("/api/events?after=0&epoch=1&conversations=" + ",".join([str(conversation.id)] * 201)).status == 422
    assert Conversation.objects.get(id=conversation.id).owner_id == cast.awa.id
