"""New texts through the API: from the desk, and from a client's application by its token."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import Audit, Role
from common.clock import database_now
from contacts.models import Suppression
from conversations.models import (
    ApiToken,
    Attempt,
    Author,
    Conversation,
    Delivery,
    DeliveryState,
    Message,
    Recipient,
    Sending,
    Status,
)
from conversations.sendings import forget_sendings
from tests.browser import Answer, Browser, someone
from tests.cast import SUBSCRIBER, Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)
OTHER = "+2290197000002"


class Application:
    def __init__(self, token: str) -> None:
        self.token = token

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        given = {"Authorization": f"Bearer {self.token}", "Accept-Language": "en", **headers}
        response = Client(raise_request_exception=False).generic(
            method, path, b"" if body is None else json.dumps(body), content_type="application/json", headers=given
        )
        return Answer(response.status_code, json.loads(response.content), response.content)

    def send(self, cast: Cast, *numbers: str, key: str = "", **given: Any) -> Answer:
        body = {"line_id": str(cast.line_3334.id), "to": list(numbers), "body": "Votre code : 4821", **given}
        return self.call("POST", "/api/v1/texts", body, **{"Idempotency-Key": key or uuid4().hex})


@pytest.fixture
def boss(cast: Cast) -> Browser:
    return Browser(someone(cast, Role.ADMINISTRATOR))


def token_of(boss: Browser, cast: Cast, name: str = "Agenda", **given: Any) -> Application:
    made = boss.post("/api/admin/tokens", {"name": name, "line_ids": [str(cast.line_3334.id)], **given})
    assert made.status == 201, made.raw
    return Application(made.data["token"])


@pytest.fixture
def agenda(boss: Browser, cast: Cast) -> Application:
    return token_of(boss, cast)


# --- The desk ----------------------------------------------------------------------------------------------------


@pytest.mark.needs("BUS-008", part="from the desk")
@pytest.mark.needs("UNI-026", part="the desk's API")
def test_the_desk_is_told_of_each_number_before_and_after(cast: Cast) -> None:
    Suppression.objects.create(organisation_id=cast.organisation.id, number=OTHER, source="text")
    known = cast.owned_by(cast.koffi)
    known.contact.name = "Afi Soglo"
    known.contact.save()
    awa, numbers = Browser(cast.awa), ["01 97 00 00 01", "0197000002", "+229 0197000002", "0197000003", "abc"]
    given = {"line_id": str(cast.line_3334.id), "numbers": numbers}
    checked = awa.post("/api/texts/check", given).data
    assert [(one["number"], one["name"], one["refusal"], one["owner"]) for one in checked["items"]] == [
        (SUBSCRIBER, "Afi Soglo", "already_owned", "Koffi Mensah"),
        (OTHER, None, "opted_out", None),
        ("+2290197000003", None, "", None),
        ("abc", None, "not_a_number", None),
    ]
    assert (checked["repeated"], checked["most"]) == (["+229 0197000002"], 100)
    assert not Sending.objects.exists()

    given |= {"body": "Bonjour", "client_id": str(uuid4()), "keep": True}
    told = awa.post("/api/texts", given)
    assert [(one["number"], one["state"], one["refusal"]) for one in told.data["items"]] == [
        (SUBSCRIBER, "refused", "already_owned"),
        (OTHER, "refused", "opted_out"),
        ("+2290197000003", "sent", ""),
        ("abc", "refused", "not_a_number"),
    ]
    assert told.data["items"][0]["conversation_id"] == str(known.id)
    assert told.data["items"][2]["is_kept"]
    assert awa.post("/api/texts", given).data == told.data
    again = awa.post("/api/texts", {**given, "body": "Bonsoir"})
    assert (again.status, again.code) == (422, "key_used")
    assert Delivery.objects.count() == 1


def test_a_name_of_a_line_that_an_agent_does_not_see_is_not_told_him(cast: Cast) -> None:
    known = cast.open_conversation(line=cast.line_1919)
    known.contact.name = "Afi Soglo"
    known.contact.save()
    from accounts.models import Team

    cast.line_1919.teams.add(Team.objects.create(organisation=cast.organisation, name="Autres"))
    given = {"line_id": str(cast.line_3334.id), "numbers": [SUBSCRIBER]}
    assert Browser(cast.awa).post("/api/texts/check", given).data["items"][0]["name"] is None
    assert Browser(cast.sam).post("/api/texts/check", given).data["items"][0]["name"] == "Afi Soglo"
    given["line_id"] = str(cast.line_1919.id)
    assert Browser(cast.awa).post("/api/texts/check", given).status == 404


# --- Applications ------------------------------------------------------------------------------------------------


def test_a_token_is_made_once_shown_once_audited_and_kept_as_a_digest(cast: Cast, boss: Browser) -> None:
    made = boss.post("/api/admin/tokens", {"name": "Agenda", "line_ids": [str(cast.line_3334.id)]})
    secret = made.data["token"]
    assert (made.status, made.data["hint"]) == (201, secret[-4:])
    assert secret.startswith("palabre_") and len(secret) > 40
    listed = boss.get("/api/admin/tokens")
    assert secret not in listed.raw.decode() and secret.encode() not in bytes(ApiToken.objects.get().digest)
    assert secret not in str(Audit.objects.get().changes)
    for given, code in (
        ({"name": "Agenda"}, "name_taken"), ({"name": " "}, "required"), ({"line_ids": []}, "required"),
        ({"line_ids": [str(uuid4())]}, "unknown_choice"), ({"per_minute": 0}, "per_minute"),
    ):  # fmt: skip
        body = {"name": "Autre", "line_ids": [str(cast.line_3334.id)], **given}
        refused = boss.post("/api/admin/tokens", body)
        assert (refused.status, refused.code) == (422, code)
    assert Browser(cast.sam).get("/api/admin/tokens").status == 403


def test_a_revoked_token_opens_nothing_and_leaves_its_name_to_the_next(cast: Cast, boss: Browser) -> None:
    agenda = token_of(boss, cast)
    assert agenda.call("GET", "/api/v1/lines").status == 200
    [listed] = boss.get("/api/admin/tokens").data["items"]
    assert listed["used_at"] is not None
    where = f"/api/admin/tokens/{listed['id']}/revoke"
    assert boss.post(where).data["revoked_at"] is not None
    assert boss.post(where).code == "revoked"
    assert (agenda.call("GET", "/api/v1/lines").status, agenda.send(cast, SUBSCRIBER).code) == (401, "no_token")
    assert not Delivery.objects.exists()
    token_of(boss, cast)
    assert sorted(Audit.objects.values_list("action", flat=True)) == ["token.created", "token.created", "token.removed"]


@pytest.mark.parametrize("token", ["", "palabre_", "palabre_" + "x" * 43, "é", "palabre_" + "x" * 5000])
def test_without_a_token_that_works_nothing_is_answered(cast: Cast, token: str) -> None:
    refused = Client().get("/api/v1/lines", headers={"Authorization": f"Bearer {token}".encode().decode("latin-1")})
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "no_token")
    assert refused.headers["WWW-Authenticate"] == "Bearer" and not refused.cookies
    assert Client().get("/api/v1/lines").status_code == 401


def test_a_session_opens_no_application_s_door_and_a_token_no_persons(cast: Cast, boss: Browser, agenda: Any) -> None:
    assert boss.get("/api/v1/lines").status == 401
    assert agenda.call("GET", "/api/session").status == 401
    assert agenda.call("GET", "/api/admin/tokens").status == 401


@pytest.mark.needs("BUS-008", part="by an authenticated endpoint with an idempotency key")
@pytest.mark.needs("UNI-026", part="the applications' API")
def test_an_application_sends_each_text_once_under_its_key(cast: Cast, agenda: Application) -> None:
    Suppression.objects.create(organisation_id=cast.organisation.id, number=OTHER, source="text")
    assert [line["address"] for line in agenda.call("GET", "/api/v1/lines").data["items"]] == ["3334"]
    sent = agenda.send(cast, "0197000001", OTHER, "+2290197000001", "abc", key="rendez-vous 7")
    assert sent.status == 202, sent.raw
    assert sent.data["repeated"] == ["+2290197000001"]
    assert [(one["to"], one["state"]) for one in sent.data["items"]] == [
        (SUBSCRIBER, "queued"), (OTHER, "refused"), ("abc", "refused"),
    ]  # fmt: skip
    assert sent.data["items"][1]["reason"]["code"] == "opted_out"
    assert "wants no more texts" in sent.data["items"][1]["reason"]["en"]
    assert agenda.send(cast, "0197000001", OTHER, "+2290197000001", "abc", key="rendez-vous 7").data == sent.data
    other = agenda.send(cast, "0197000001", key="rendez-vous 7")
    assert (other.status, other.code) == (422, "key_used")
    message = Message.objects.get(kind="outgoing")
    assert (message.author, message.author_user_id, message.body) == (Author.SYSTEM, None, "Votre code : 4821")
    conversation = Conversation.objects.get()
    assert (conversation.status, conversation.owner_id) == ("closed", None)
    thread = Browser(cast.awa).get(f"/api/conversations/{conversation.id}/messages").data["items"]
    assert {one["author"]["name"] for one in thread} == {"Agenda"}


def test_a_call_without_a_key_is_refused(cast: Cast, agenda: Application) -> None:
    body = {"line_id": str(cast.line_3334.id), "to": [SUBSCRIBER], "body": "Bonjour"}
    for headers in ({}, {"Idempotency-Key": ""}, {"Idempotency-Key": "k" * 201}):
        refused = agenda.call("POST", "/api/v1/texts", body, **headers)
        assert (refused.status, refused.code) == (422, "invalid"), headers
    assert not Sending.objects.exists()


def test_an_application_sends_from_its_own_lines_only(cast: Cast, boss: Browser, agenda: Application) -> None:
    other = make_cast(name="Autre", slug="autre", domain="autre.example")
    for line in (cast.line_1919.id, other.line_3334.id, uuid4()):
        refused = agenda.send(cast, SUBSCRIBER, line_id=str(line))
        assert (refused.status, refused.code) == (404, "no_line")
    text = agenda.send(cast, SUBSCRIBER).data["items"][0]["id"]
    assert agenda.call("GET", f"/api/v1/texts/{text}").data["to"] == SUBSCRIBER
    assert token_of(boss, cast, "Autre").call("GET", f"/api/v1/texts/{text}").status == 404


def test_one_time_codes_leave_with_peoples_answers_and_the_rest_with_the_bots(cast: Cast, agenda: Application) -> None:
    agenda.send(cast, SUBSCRIBER, kind="otp")
    agenda.send(cast, OTHER)
    assert dict(Delivery.objects.values_list("destination", "lane")) == {SUBSCRIBER: 0, OTHER: 1}
    assert agenda.send(cast, SUBSCRIBER, kind="campaign").status == 422


def test_an_application_that_is_too_fast_is_told_when_to_come_back(cast: Cast, boss: Browser) -> None:
    slow = token_of(boss, cast, per_minute=2)
    assert slow.send(cast, SUBSCRIBER, OTHER).status == 202
    refused = slow.send(cast, SUBSCRIBER)
    assert (refused.status, refused.code) == (429, "too_many_texts")
    assert Delivery.objects.count() == 2


def test_what_is_no_number_costs_a_turn_like_the_others(cast: Cast, boss: Browser) -> None:
    slow = token_of(boss, cast, per_minute=2)
    assert slow.send(cast, "abc", "def").status == 202
    assert slow.send(cast, "ghi").code == "too_many_texts"
    assert Recipient.objects.count() == 2


def test_signs_that_the_database_cannot_hold_cost_no_other_number(cast: Cast, agenda: Application) -> None:
    given = {"line_id": str(cast.line_3334.id), "numbers": ["\ud800", "x\x00y", SUBSCRIBER]}
    wanted = [("\ufffd", "no_such_number"), ("xy", "not_a_number"), (SUBSCRIBER, "")]
    awa = Browser(cast.awa)
    for path, more in (("/api/texts/check", {}), ("/api/texts", {"body": "Bonjour", "client_id": str(uuid4())})):
        told = awa.post(path, {**given, **more})
        assert (told.status, [(one["number"], one["refusal"]) for one in told.data["items"]]) == (200, wanted), told.raw
    sent = agenda.send(cast, *given["numbers"])
    assert (sent.status, [one["state"] for one in sent.data["items"]]) == (202, ["refused", "refused", "queued"])


def test_an_open_conversation_gets_the_applications_text_and_stays_whose_it_is(cast: Cast, agenda: Application) -> None:
    mine = cast.owned_by(cast.koffi)
    cast.text_in(mine, "Mon code ?")
    [text] = agenda.send(cast, SUBSCRIBER).data["items"]
    mine.refresh_from_db()
    assert (mine.status, mine.owner_id, mine.unread) == ("open", cast.koffi.id, 1)
    assert mine.waiting_since is not None, "no person has answered"
    assert Recipient.objects.get(id=text["id"]).conversation_id == mine.id


def test_what_nobody_has_answered_pushes_no_talk_off_the_list_nor_off_the_persons_panel(
    cast: Cast, agenda: Application
) -> None:
    talk = cast.open_conversation(status=Status.CLOSED)
    for _ in range(6):
        assert agenda.send(cast, SUBSCRIBER).status == 202
    awa = Browser(cast.awa)

    def listed(more: str = "") -> list[str]:
        return [row["id"] for row in awa.get(f"/api/conversations?view=all{more}").data["items"]]

    assert listed() == [str(talk.id)]
    assert len(listed("&status=closed")) == len(listed("&q=0197000001")) == 7
    now = cast.queued()
    previous = awa.get(f"/api/conversations/{now.id}").data["contact"]["previous"]
    last = Conversation.objects.filter(status="closed").order_by("-opened_at")[0]
    assert [one["id"] for one in previous] == [str(last.id), str(talk.id)], "the last may be what is answered now"


def test_a_new_text_that_was_answered_is_a_talk_on_the_list(cast: Cast) -> None:
    cast.available(cast.awa)
    awa = Browser(cast.awa)
    given = {"line_id": str(cast.line_3334.id), "numbers": [SUBSCRIBER], "body": "Bonjour", "keep": True}
    awa.post("/api/texts", {**given, "client_id": str(uuid4())})
    conversation = Conversation.objects.get()
    listed = "/api/conversations?view=all"
    assert [row["id"] for row in awa.get(listed).data["items"]] == [str(conversation.id)], "it is open"
    # As the intake leaves it, then an answer and its end.
    Conversation.objects.update(link=cast.north)
    awa.post(f"/api/conversations/{conversation.id}/close")
    assert Conversation.objects.get().status == "closed"
    assert [row["id"] for row in awa.get(listed).data["items"]] == [str(conversation.id)]


@pytest.mark.needs("BUS-008", part="what became of it is told")
def test_what_became_of_a_text_is_told_with_the_operators_id_and_both_dates(cast: Cast, agenda: Application) -> None:
    [text] = agenda.send(cast, SUBSCRIBER).data["items"]
    where = f"/api/v1/texts/{text['id']}"
    assert (text["state"], text["operator_ids"], text["sent_at"], text["ended_at"]) == ("queued", [], None, None)
    message_id = Delivery.objects.get().message_id
    now = database_now()
    Attempt.objects.create(
        organisation_id=cast.organisation.id, message_id=message_id, link_id=cast.north.id, part=1, epoch=1,
        state=DeliveryState.DELIVERED, provider_id="0A1B2C", answered_at=now,
    )  # fmt: skip
    Delivery.objects.update(state=DeliveryState.SENT)
    told = agenda.call("GET", where).data
    assert (told["state"], told["operator_ids"], told["ended_at"]) == ("sent", ["0A1B2C"], None)
    assert told["sent_at"] is not None
    Delivery.objects.update(state=DeliveryState.FAILED, error_code="001", error_text="ABSENT", updated_at=now)
    told = agenda.call("GET", where).data
    assert (told["state"], told["reason"]["code"], told["parts"]) == ("failed", "001", 1)
    assert told["ended_at"] >= told["sent_at"]


def test_requests_are_forgotten_after_ninety_days_and_their_texts_are_not(cast: Cast, agenda: Application) -> None:
    from common.ids import uuid7_at

    agenda.send(cast, SUBSCRIBER)
    old = Sending.objects.get()
    Recipient.objects.all().delete()
    Sending.objects.filter(id=old.id).update(id=uuid7_at(database_now() - timedelta(days=91)))
    agenda.send(cast, OTHER)

    class Running:
        def progress(self, done: float) -> None: ...

    assert forget_sendings(Running()) == {"forgotten": 1}
    assert Recipient.objects.get().number == OTHER
    assert Message.objects.filter(kind="outgoing").count() == 2
