"""The person panel: what is known of a person, changed field by field, and what each role may do about it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.models import Audit, Role
from common.clock import database_now
from contacts.models import Address, Attribute, Contact, ContactList, ListNumber, RecordLink, Tag
from conversations.models import Conversation, Line
from realtime.models import Event
from tests.browser import Browser, someone
from tests.cast import SUBSCRIBER, Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def talk(cast: Cast) -> Conversation:
    return cast.owned_by(cast.awa)


@pytest.fixture
def path(talk: Conversation) -> str:
    return f"/api/people/{talk.contact_id}"


def test_what_is_known_is_changed_in_place_and_each_desk_hears_of_it(cast: Cast, talk: Conversation, path: str) -> None:
    awa = Browser(cast.awa)
    vip = Tag.objects.create(organisation=cast.organisation, name="VIP")
    Attribute.objects.create(organisation=cast.organisation, key="solde", name="Solde", type="number")
    answer = awa.patch(path, {"name": " Aïcha  Soglo ", "language": "fr"})
    assert (answer.status, answer.data["name"], answer.data["language"]) == (200, "Aïcha Soglo", "fr")
    assert awa.patch(path, {"tag_ids": [str(vip.id)]}).data["tags"] == [{"id": str(vip.id), "name": "VIP"}]
    assert awa.patch(path, {"values": {"solde": "12,50"}}).data["fields"][0]["value"] == "12.5"
    row = awa.get(f"/api/conversations/{talk.id}").data["conversation"]
    assert row["contact"]["name"] == "Aïcha Soglo"
    told = Event.objects.filter(type="person.changed")
    assert [one.data["conversation_id"] for one in told] == [str(talk.id)] * 3
    lines = Audit.objects.filter(action="contact.changed")
    assert lines.count() == 3 and "Soglo" not in str([one.changes for one in lines]), "the log outlives who is erased"
    # Nothing else than before: nobody hears of it, and no line is written.
    assert awa.patch(path, {"name": "Aïcha Soglo"}).status == 200
    assert (Event.objects.filter(type="person.changed").count(), lines.count()) == (3, 3)


def test_a_field_that_cannot_be_so_says_why_in_words_and_leaves_the_others(cast: Cast, path: str) -> None:
    Attribute.objects.create(organisation=cast.organisation, key="solde", name="Solde", type="number")
    Attribute.objects.create(organisation=cast.organisation, key="offre", name="Offre", type="choice", choices=["Kit"])
    awa = Browser(cast.awa)
    awa.patch(path, {"values": {"solde": "10"}})
    refused = awa.patch(path, {"values": {"solde": "beaucoup"}})
    assert (refused.status, refused.code) == (422, "attribute_value")
    assert awa.patch(path, {"values": {"offre": "Or"}}).status == 422
    assert awa.patch(path, {"values": {"rien": "1"}}).status == 422
    assert awa.patch(path, {"language": "xx"}).status == 422
    assert awa.patch(path, {"tag_ids": [str(uuid4())]}).status == 422
    assert awa.get(path).data["fields"][1]["value"] == "10"
    assert awa.patch(path, {"values": {"solde": None}}).data["fields"][1]["value"] is None


def test_notes_are_their_authors_alone(cast: Cast, path: str) -> None:
    awa, koffi = Browser(cast.awa), Browser(cast.koffi)
    (note,) = awa.post(f"{path}/notes", {"body": "Rappeler après 18 h\nau bureau"}).data["notes"]
    assert (note["author"], note["body"], note["edited_at"]) == (
        cast.awa.name, "Rappeler après 18 h\nau bureau", None,
    )  # fmt: skip
    refused = koffi.put(f"{path}/notes/{note['id']}", {"body": "Non"})
    assert (refused.status, refused.code) == (403, "not_author")
    (edited,) = awa.put(f"{path}/notes/{note['id']}", {"body": "Rappeler avant 18 h"}).data["notes"]
    assert edited["body"] == "Rappeler avant 18 h" and edited["edited_at"]
    assert awa.post(f"{path}/notes", {"body": "  "}).code == "required"
    assert awa.put(f"{path}/notes/{uuid4()}", {"body": "x"}).status == 404
    assert awa.put(f"{path}/notes/{note['id']}", {"body": ""}).data["notes"] == []
    actions = [one.action for one in Audit.objects.filter(object_kind="contact").order_by("id")]
    assert actions == ["contact.note_added", "contact.note_edited", "contact.note_deleted"]


def test_the_journey_goes_across_lines_and_shows_none_that_one_may_not_see(cast: Cast, path: str) -> None:
    from accounts.models import Team

    now = database_now()
    over = cast.open_conversation(line=cast.line_1919, at=now - timedelta(days=2))
    Conversation.objects.filter(id=over.id).update(status="closed", closed_at=now - timedelta(days=1), preview="Merci")
    hidden = Line.objects.create(organisation=cast.organisation, name="Litiges", address="7777", queue_id=cast.queue.id)
    hidden.teams.add(Team.objects.create(organisation=cast.organisation, name="Litiges"))
    cast.open_conversation(line=hidden, at=now - timedelta(days=3))
    mine = Browser(cast.awa).get(path).data
    assert [one["line_id"] for one in mine["journey"]] == [str(cast.line_1919.id)]
    assert (mine["journey"][0]["medium"], mine["journey"][0]["outcome"]) == ("sms", "closed")
    assert [one["line_id"] for one in mine["open_cases"]] == [str(cast.line_3334.id)]
    assert len(Browser(cast.sam).get(path).data["open_cases"]) == 2


def test_lists_and_consent_of_each_number_are_shown(cast: Cast, talk: Conversation, path: str) -> None:
    one = ContactList.objects.create(organisation=cast.organisation, name="Partenaires", size=1)
    ListNumber.objects.create(organisation_id=cast.organisation.id, edition_id=one.edition_id, number=SUBSCRIBER)
    awa = Browser(cast.awa)
    awa.post(f"/api/conversations/{talk.id}/opt-out", {"reason": "Au téléphone"})
    data = awa.get(path).data
    assert data["lists"] == [{"id": str(one.id), "name": "Partenaires"}]
    (address,) = data["addresses"]
    assert address["value"] == SUBSCRIBER and address["opted_out_at"]
    assert [(said["kind"], said["words"], said["by"]) for said in address["said"]] == [
        ("opt_out", "Au téléphone", cast.awa.name)
    ]


def test_the_clients_own_record_is_found_by_a_template_and_nowhere_else(cast: Cast, path: str) -> None:
    admin, awa = Browser(someone(cast, Role.ADMINISTRATOR)), Browser(cast.awa)
    Attribute.objects.create(organisation=cast.organisation, key="client", name="N° client", type="text")
    for bad in (
        "http://crm.example/{number}", "https://{number}.example/", "javascript:alert(1)", "https://crm.example/{nom}",
        "https://crm.example@evil.example/{number}", "https://crm.example/{number", "//crm.example/{number}",
    ):  # fmt: skip
        assert admin.put("/api/admin/record-link", {"name": "CRM", "template": bad}).status == 422, bad
    assert not RecordLink.objects.exists()
    template = "https://crm.example/c/{client}?tel={number}"
    assert admin.put("/api/admin/record-link", {"name": "CRM", "template": template}).status == 200
    assert awa.put("/api/admin/record-link", {"name": "CRM", "template": template}).status == 403
    assert awa.get(path).data["record"] is None, "without a customer number there is no such record"
    awa.patch(path, {"values": {"client": "A/7?x=&é"}})
    assert awa.get(path).data["record"] == {
        "name": "CRM", "host": "crm.example", "url": "https://crm.example/c/A%2F7%3Fx%3D%26%C3%A9?tel=%2B2290197000001",
    }  # fmt: skip
    assert Audit.objects.filter(action="record_link.changed").count() == 1
    admin.put("/api/admin/record-link", {"template": ""})
    assert awa.get(path).data["record"] is None


def test_who_sees_none_of_his_conversations_is_told_that_there_is_no_such_person(cast: Cast) -> None:
    from accounts.models import Team

    hidden = Line.objects.create(organisation=cast.organisation, name="Litiges", address="7777", queue_id=cast.queue.id)
    hidden.teams.add(Team.objects.create(organisation=cast.organisation, name="Litiges"))
    contact = cast.queued(line=hidden).contact_id
    awa, sam = Browser(cast.awa), Browser(cast.sam)
    for answer in (
        awa.get(f"/api/people/{contact}"), awa.patch(f"/api/people/{contact}", {"name": "x"}),
        awa.post(f"/api/people/{contact}/notes", {"body": "x"}),
    ):  # fmt: skip
        assert (answer.status, answer.code) == (404, "no_person")
    assert sam.get(f"/api/people/{contact}").status == 200
    assert Browser(someone(cast, Role.OBSERVER)).get(f"/api/people/{contact}").status == 403


def test_a_panel_costs_the_same_whatever_there_is_of_a_person(
    cast: Cast, talk: Conversation, path: str, django_assert_max_num_queries
) -> None:  # type: ignore[no-untyped-def]
    for number in range(8):
        other = Contact.objects.create(organisation=cast.organisation, merged_into_id=talk.contact_id)
        Address.objects.create(organisation=cast.organisation, contact=other, value=f"+22901970001{number:02d}")
    awa = Browser(cast.awa)
    with django_assert_max_num_queries(45):
        assert len(awa.get(path).data["addresses"]) == 9
