"""The search of the desk: what it finds, how it may be spelled, and what it never tells."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

from accounts.models import Role, Team
from contacts.models import Address, Attribute, AttributeValue, Contact, ContactTag, Tag
from conversations.models import Attachment, Conversation, Line, Message
from tests.browser import Browser, someone
from tests.cast import SUBSCRIBER, Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def talk(cast: Cast) -> Conversation:
    talk = cast.owned_by(cast.awa)
    Contact.objects.filter(id=talk.contact_id).update(name="Félicité Agossou")
    return talk


def found(browser: Browser, typed: str, **more: str) -> Any:
    rest = "".join(f"&{name}={value}" for name, value in more.items())
    answer = browser.get(f"/api/search?q={quote(typed)}{rest}")
    assert answer.status == 200, answer.raw
    return answer.data


def texts(browser: Browser, typed: str) -> list[str]:
    return ["".join(part["text"] for part in hit["parts"]) for hit in found(browser, typed)["texts"]["items"]]


def names(browser: Browser, typed: str) -> list[str]:
    return [one["name"] for one in found(browser, typed)["people"]["items"]]


@pytest.mark.parametrize(
    "typed",
    ["+229 01 97 00 00 01", "00229 01 97 00 00 01", "0197000001", "97000001", "01 97-00.00 01", "22997000001", "0001",
     "+2290197", "019700"],
)  # fmt: skip
def test_a_number_is_found_in_any_spelling(cast: Cast, talk: Conversation, typed: str) -> None:
    (one,) = found(Browser(cast.awa), typed)["people"]["items"]
    assert (one["addresses"], one["conversation_id"]) == ([SUBSCRIBER], str(talk.id))


def test_a_number_with_a_slip_is_proposed_and_said_to_be_another(cast: Cast, talk: Conversation) -> None:
    people = found(Browser(cast.awa), "0197000011")["people"]
    assert people["alike"] and people["items"][0]["addresses"] == [SUBSCRIBER]
    assert not found(Browser(cast.awa), "0197000001")["people"]["alike"]


@pytest.mark.parametrize("typed", ["felicite", "FÉLICITÉ", "agos", "agossou felicite", "Félicité Ag"])
def test_a_name_is_found_without_its_accents_and_by_its_beginning(cast: Cast, talk: Conversation, typed: str) -> None:
    assert names(Browser(cast.awa), typed) == ["Félicité Agossou"]


def test_a_name_with_a_slip_is_nearly_found_and_the_right_word_proposed(cast: Cast, talk: Conversation) -> None:
    data = found(Browser(cast.awa), "agosou")
    assert data["people"]["alike"] and data["people"]["items"][0]["name"] == "Félicité Agossou"
    assert data["did_you_mean"] == ["Agossou"]


def test_a_database_without_trigrams_finds_what_is_spelled_right(
    cast: Cast, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inbox.search_people.has_trigrams", lambda: False)
    with connection.cursor() as cursor:
        cursor.execute("drop index contact_alike")
    assert names(Browser(cast.awa), "felicite") == ["Félicité Agossou"]
    assert names(Browser(cast.awa), "felicte") == []


@pytest.mark.needs("RFP-032", part="found by its words")
def test_texts_are_found_by_words_beginnings_and_phrases(cast: Cast, talk: Conversation) -> None:
    awa = Browser(cast.awa)
    cast.text_in(talk, "Ma Réclamation : la facture n'est pas payée")
    cast.text_in(talk, "Pas de facture reçue ; l’été dernier, non plus")
    assert texts(awa, "reclamation") == ["Ma Réclamation : la facture n'est pas payée"]
    assert len(texts(awa, "FACTURE")) == 2 and len(texts(awa, "factu")) == 2
    assert len(texts(awa, '"pas payée"')) == 1 and texts(awa, '"payée pas"') == []
    assert len(texts(awa, "facture ete")) == 1
    assert texts(awa, "actur") == [] and texts(awa, "facture rien") == []
    (hit,) = found(awa, "reclamation")["texts"]["items"]
    assert [part for part in hit["parts"] if part["hit"]] == [{"text": "Réclamation", "hit": True}]
    assert (hit["conversation_id"], hit["seq"]) == (str(talk.id), 1)
    awa.post(f"/api/conversations/{talk.id}/notes", {"client_id": str(talk.id), "body": "Note sur la facture"})
    assert texts(awa, "facture")[0] == "Note sur la facture", "newest first, notes too"


def test_a_text_that_was_erased_or_changed_is_found_no_more(cast: Cast, talk: Conversation) -> None:
    message = cast.text_in(talk, "un mot rarissime")
    assert texts(Browser(cast.awa), "rarissime")
    Message.objects.filter(id=message.id).update(body="")
    assert texts(Browser(cast.awa), "rarissime") == []


@pytest.mark.parametrize("crowd", [False, True], ids=["few texts", "many texts"])
def test_what_one_may_not_see_is_neither_found_nor_counted(
    cast: Cast, talk: Conversation, crowd: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if crowd:  # the other way through the texts
        monkeypatch.setattr("inbox.search_texts.RARE", 0)
    hidden = Line.objects.create(organisation=cast.organisation, name="Litiges", address="7777", queue_id=cast.queue.id)
    hidden.teams.add(Team.objects.create(organisation=cast.organisation, name="Litiges"))
    secret = cast.queued(line=hidden, sender="+2290163334455")
    Contact.objects.filter(id=secret.contact_id).update(name="Secrète Houngbédji")
    cast.text_in(secret, "un secret bien gardé")
    cast.text_in(talk, "un secret de Félicité")
    awa, sam = Browser(cast.awa), Browser(cast.sam)
    assert texts(awa, "secret") == ["un secret de Félicité"] and len(texts(sam, "secret")) == 2
    for typed in ("houngbedji", "0163334455", "4455", "from:houngbedji", "line:litiges", "state:queued"):
        data = found(awa, typed)
        assert not (data["people"]["items"] or data["texts"]["items"] or data["conversations"]["items"]), typed
        assert "Secrète" not in str(data) and "Litiges" not in str(data)
        seen = found(sam, typed)
        assert seen["people"]["items"] or seen["conversations"]["items"], typed
    assert Browser(someone(cast, Role.OBSERVER)).get("/api/search?q=secret").status == 403


def test_the_fields_narrow_and_what_is_unknown_is_said(cast: Cast, talk: Conversation) -> None:
    awa = Browser(cast.awa)
    vip = Tag.objects.create(organisation=cast.organisation, name="À rappeler")
    ContactTag.objects.create(organisation=cast.organisation, contact_id=talk.contact_id, tag=vip)
    other = cast.queued(sender="+2290197000002")
    first = cast.text_in(talk, "une facture")
    cast.text_in(other, "une facture aussi")
    assert texts(awa, "facture tag:rappeler") == ["une facture"] == texts(awa, "facture from:felicite")
    assert texts(awa, "facture state:queued") == ["une facture aussi"]
    assert texts(awa, "facture agent:me") == ["une facture"] == texts(awa, f"facture agent:{cast.awa.name.split()[0]}")
    assert len(texts(awa, "facture queue:clients line:3334")) == len(texts(awa, "facture"))
    assert texts(awa, "facture before:2020-01-01") == [] and len(texts(awa, "facture after:2020-01-01")) == 2
    assert texts(awa, "facture has:attachment") == []
    Attachment.objects.create(
        organisation_id=cast.organisation.id, link_id=cast.north.id, line_id=talk.line_id, key="k", place=1,
        sender=SUBSCRIBER, url="", declared="", conversation=talk, message_id=first.id,
    )  # fmt: skip
    assert texts(awa, "facture has:attachment") == ["une facture"]
    for typed, code in (
        ("facture couleur:bleu", "unknown_field"),
        ("tag:xyzzyx", "no_such"),
        ("after:hier", "bad_date"),
    ):
        data = found(awa, typed)
        assert [one["code"] for one in data["problems"]] == [code] and data["texts"]["items"] == []
    (problem,) = found(awa, "tag:xyzzyx")["problems"]
    assert problem["near"] == ["À rappeler"]
    data = found(awa, "tag:rapeler")
    assert data["taken"] == [{"field": "tag", "value": "rapeler", "name": "À rappeler"}]
    assert [one["id"] for one in data["conversations"]["items"]] == [str(talk.id)]
    assert [one["name"] for one in data["people"]["items"]] == ["Félicité Agossou"]
    assert [one["name"] for one in found(awa, "rappel")["tags"]] == ["À rappeler"]
    assert found(awa, "tag:rappeler")["taken"] == []


def test_a_customer_number_finds_its_person(cast: Cast, talk: Conversation) -> None:
    client = Attribute.objects.create(organisation=cast.organisation, key="client", name="Client", type="text")
    AttributeValue.objects.create(
        organisation=cast.organisation, contact_id=talk.contact_id, attribute=client, value="C-2041-B"
    )
    assert names(Browser(cast.awa), "C-2041-B") == ["Félicité Agossou"]


def test_merged_people_are_one_hit_with_all_their_numbers(cast: Cast, talk: Conversation) -> None:
    other = cast.queued(sender="+2290197000002")
    Contact.objects.filter(id=other.contact_id).update(name="F. Agossou", merged_into_id=talk.contact_id)
    (one,) = found(Browser(cast.awa), "agossou")["people"]["items"]
    assert (one["name"], sorted(one["addresses"])) == ("Félicité Agossou", [SUBSCRIBER, "+2290197000002"])
    (one,) = found(Browser(cast.awa), "0197000002")["people"]["items"]
    assert one["id"] == str(talk.contact_id)
    cast.text_in(other, "depuis l'autre numéro")
    assert texts(Browser(cast.awa), "from:felicite autre") == ["depuis l'autre numéro"]


@pytest.mark.parametrize("rare", [2000, 0], ids=["few texts", "many texts"])
def test_pages_follow_one_another_without_gap_or_repetition(
    cast: Cast, talk: Conversation, rare: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inbox.search_texts.RARE", rare)
    for number in range(60):
        cast.text_in(talk, f"facture {number:02d}")
    awa, seen, after = Browser(cast.awa), list[int](), None
    while True:
        page = found(awa, "facture", group="texts", **({"after": after} if after else {}))["texts"]
        seen += [hit["seq"] for hit in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == list(range(60, 0, -1))
    for number in range(30):
        contact = Contact.objects.create(organisation=cast.organisation, name=f"Koffi {number}")
        Address.objects.create(organisation=cast.organisation, contact=contact, value=f"+22901960000{number:02d}")
    sam, people, after = Browser(cast.sam), list[str](), None
    while True:
        page = found(sam, "koffi", group="people", **({"after": after} if after else {}))["people"]
        people += [one["name"] for one in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert len(people) == len(set(people)) == 30


def test_a_search_that_takes_too_long_is_cut_and_says_so(
    cast: Cast, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.text_in(talk, "facture")
    monkeypatch.setattr("inbox.search_texts._COUNT", "select 1 from pg_sleep(5)")
    monkeypatch.setattr("inbox.search_texts.SLOW_MS", 50)
    data = found(Browser(cast.awa), "facture")
    assert data["slow"] and data["texts"]["items"] == []
