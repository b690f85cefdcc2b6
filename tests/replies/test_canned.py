"""Canned replies: whose they are, what is refused, and the same ones as a file."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from accounts.models import Audit, Role, Team, User
from common.errors import NotAllowed
from replies import files
from replies.canned import CannedGiven, own_replies, remove_own, save_own, save_shared, shared_replies
from replies.models import CannedReply
from tests.browser import Browser, someone
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)

HELLO = {"title": "Bienvenue", "fr": "Bonjour {contact.name}, ici {agent.name}."}


def given(shortcut: str, **more: Any) -> CannedGiven:
    return CannedGiven(shortcut, **{**HELLO, **more})


def offered(user: User, conversation_id: object) -> list[str]:
    return [one["shortcut"] for one in Browser(user).get(f"/api/conversations/{conversation_id}/replies").data["items"]]


@pytest.mark.needs("UNI-030", part="put in from the composer")
def test_each_sees_his_own_his_teams_and_everybodys_and_what_he_uses_most_stands_first(cast: Cast) -> None:
    north = Team.objects.create(organisation=cast.organisation, name="Nord")
    north.members.add(cast.awa)
    save_shared(actor=cast.sam, given=given("tous"))
    nord = save_shared(actor=cast.sam, given=given("nord", team_id=north.id))
    save_shared(actor=cast.sam, given=given("autre-ligne", line_ids=[cast.line_1919.id]))
    save_own(actor=cast.awa, given=given("awa"))
    save_own(actor=cast.koffi, given=given("koffi"))
    foreign = make_cast(name="Autre", slug="autre", domain="autre.example")
    save_shared(actor=foreign.sam, given=given("ailleurs"))
    talk = cast.queued()
    assert offered(cast.awa, talk.id) == ["awa", "nord", "tous"]
    assert offered(cast.koffi, talk.id) == ["koffi", "tous"]
    assert offered(cast.sam, talk.id) == ["nord", "tous"], "who oversees sees each team's, nobody's own"
    for _ in range(2):
        assert Browser(cast.awa).post("/api/replies/used", {"reply_id": nord["id"]}).status == 204
    assert Browser(cast.koffi).post("/api/replies/used", {"reply_id": nord["id"]}).status == 404
    assert offered(cast.awa, talk.id) == ["nord", "awa", "tous"]
    assert CannedReply.objects.get(id=nord["id"]).uses == 2
    assert Browser(someone(cast, Role.OBSERVER)).get(f"/api/conversations/{talk.id}/replies").status == 403


def test_only_its_owner_touches_a_personal_one_and_only_overseers_a_shared_one(cast: Cast) -> None:
    mine = save_own(actor=cast.awa, given=given("awa"))
    koffi, sam = Browser(cast.koffi), Browser(cast.sam)
    body = {"shortcut": "volé", **HELLO}
    for browser in (koffi, sam):
        assert browser.put(f"/api/replies/own/{mine['id']}", body).status == 404
        assert browser.call("DELETE", f"/api/replies/own/{mine['id']}").status == 404
    assert sam.put(f"/api/admin/replies/{mine['id']}", body).status == 404
    assert koffi.post("/api/admin/replies", body).status == 403
    with pytest.raises(NotAllowed):
        shared_replies(cast.koffi)
    remove_own(actor=cast.awa, reply_id=CannedReply.objects.get().id)
    assert own_replies(cast.awa) == []


@pytest.mark.needs("BUS-016", part="kept, in languages, with variables, counted")
def test_what_is_wrong_is_refused_at_its_field_in_words(cast: Cast) -> None:
    sam = Browser(cast.sam)
    good = {"shortcut": "/Bienvenue", **HELLO, "en": "Hello {contact.name}", "tags": ["accueil", "Accueil"]}
    made = sam.post("/api/admin/replies", good)
    assert (made.status, made.data["shortcut"], made.data["tags"]) == (201, "bienvenue", ["Accueil"])
    for change, field, code in (
        ({"fr": "Bonjour {contact.nom}"}, "fr", "unknown_variable"),
        ({"en": "Hello {contact.nom}"}, "en", "unknown_variable"),
        ({"shortcut": "deux mots"}, "shortcut", "shortcut"),
        ({"shortcut": "BIENVENUE"}, "shortcut", "shortcut_taken"),
        ({"shortcut": "x", "fr": " ", "en": ""}, "fr", "required"),
        ({"shortcut": "x", "fr": "e" * 1001}, "fr", "too_long"),
        ({"shortcut": "x", "title": "\u202eevil"}, "title", "characters"),
        ({"shortcut": "x", "team_id": str(cast.queue.id)}, "team_id", "unknown_choice"),
        ({"shortcut": "x", "line_ids": [str(cast.queue.id)]}, "line_ids", "unknown_choice"),
    ):
        answer = sam.post("/api/admin/replies", {**good, "shortcut": "x", **change})
        assert (answer.status, answer.code, list(answer.data["error"]["fields"])) == (422, code, [field]), change
    assert "{contact.nom}" in sam.post("/api/admin/replies", {**good, "fr": "{contact.nom}"}).data["error"]["message"]
    assert sam.put(f"/api/admin/replies/{made.data['id']}", {**good, "title": "Accueil"}).data["title"] == "Accueil"
    lines = [
        (one.action, sorted(one.changes)) for one in Audit.objects.filter(object_kind="canned_reply").order_by("id")
    ]
    assert [action for action, _ in lines] == ["canned_reply.created", "canned_reply.changed"]
    assert lines[1][1] == ["title"]


def test_a_file_comes_back_as_it_went_and_a_spreadsheet_finds_no_formula_in_it(cast: Cast) -> None:
    north = Team.objects.create(organisation=cast.organisation, name="Nord")
    save_shared(actor=cast.sam, given=given("a", fr="=1+1", en="'quoted", tags=["@x", "y"], team_id=north.id))
    save_shared(actor=cast.sam, given=given("b", fr='Deux\nlignes ; "dites", {date}', line_ids=[cast.line_3334.id]))
    text = Browser(cast.sam).get("/api/admin/replies/file").raw.decode()
    assert text.startswith("\ufeffteam,shortcut")
    cells = [cell for row in csv.reader(io.StringIO(text[1:])) for cell in row]
    assert "'=1+1" in cells and not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    before = [{**one, "id": ""} for one in shared_replies(cast.sam)]
    assert files.take_file(actor=cast.sam, text=text) == {"added": 0, "changed": 0, "problems": []}
    CannedReply.objects.all().delete()
    assert files.take_file(actor=cast.sam, text=text)["added"] == 2
    assert [{**one, "id": ""} for one in shared_replies(cast.sam)] == before
    french = text.replace("Bienvenue", "Accueil")
    rows = list(csv.reader(io.StringIO(french[1:])))
    page = io.StringIO()
    csv.writer(page, delimiter=";").writerows(rows)
    assert files.take_file(actor=cast.sam, text=page.getvalue())["changed"] == 2


def test_a_file_with_a_wrong_line_changes_nothing_and_says_which(cast: Cast) -> None:
    save_shared(actor=cast.sam, given=given("a"))
    text = "shortcut,title,fr,team\na,Autrement,Oui,\nb,B,{rien},\nc,C,Oui,Sud\n"
    taken = Browser(cast.sam).post("/api/admin/replies/file", {"csv": text})
    assert taken.data["problems"] == [
        {"line": 3, "code": "unknown_variable", "field": "fr"}, {"line": 4, "code": "unknown_choice", "field": "team"},
    ]  # fmt: skip
    assert [one["title"] for one in shared_replies(cast.sam)] == ["Bienvenue"]
    assert Browser(cast.sam).post("/api/admin/replies/file", {"csv": "a,b\n1,2"}).code == "csv_heads"
    assert Browser(cast.koffi).post("/api/admin/replies/file", {"csv": text}).status == 403


def test_how_many_there_are_costs_no_more_statements(cast: Cast, django_assert_max_num_queries: Any) -> None:
    talk = cast.queued()
    desk = Browser(cast.awa)
    for number in range(20):
        save_shared(actor=cast.sam, given=given(f"r{number}", line_ids=[cast.line_3334.id]))
    with django_assert_max_num_queries(12):
        assert len(desk.get(f"/api/conversations/{talk.id}/replies").data["items"]) == 20
