"""Two contacts are one person, and two again: nothing is lost on the way, and nobody is texted who said no."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Audit, Organisation
from contacts import persons
from contacts.models import (
    Address,
    Attribute,
    AttributeValue,
    Contact,
    ContactTag,
    Merge,
    Suppression,
    Tag,
)
from conversations import intake
from conversations.adapters import InboundText
from conversations.models import Conversation, Message
from inbox.people import merge_people, split_people
from realtime.models import Event
from tests.browser import Browser
from tests.cast import SUBSCRIBER, Cast

pytestmark = pytest.mark.django_db(transaction=True)
OTHER = "+2290197000002"


@pytest.fixture
def two(cast: Cast) -> tuple[Conversation, Conversation]:
    """Awa's talk with one number, and what waits from another."""
    return cast.owned_by(cast.awa), cast.queued(sender=OTHER)


def ready(cast: Cast, sender: str, body: str = "Bonjour") -> intake.ReadyText:
    item = InboundText(
        cast.north.id, uuid4().hex, sender, "3334", 1, body, body.encode(), "gsm7", fingerprint=os.urandom(32)
    )
    return intake.ReadyText(cast.line_3334.id, sender, item)


def text_in(dsn: str, *texts: intake.ReadyText) -> None:
    async def store() -> None:
        async with await intake.connect(dsn, **intake.CONNECTION_SETTINGS) as raw:
            await intake.store(raw, texts)

    asyncio.run(store())


def merge(cast: Cast, kept: UUID, gone: UUID, **chosen: Any) -> Merge:
    return merge_people(
        user=cast.sam, kept_id=kept, gone_id=gone, name=chosen.get("name"), language=chosen.get("language"),
        values=chosen.get("values", {}),
    )  # fmt: skip


@pytest.mark.needs("RFP-091", part="merged and split by hand")
def test_two_are_one_with_what_was_chosen_and_two_again(cast: Cast, two: tuple[Conversation, Conversation]) -> None:
    sam, mine, theirs = Browser(cast.sam), two[0].contact_id, two[1].contact_id
    vip, late = (Tag.objects.create(organisation=cast.organisation, name=one) for one in ("VIP", "Impayé"))
    Attribute.objects.create(organisation=cast.organisation, key="client", name="Client", type="text")
    sam.patch(f"/api/people/{mine}", {"name": "A. Soglo", "tag_ids": [str(vip.id)], "values": {"client": "C-1"}})
    sam.patch(f"/api/people/{theirs}", {"name": "Awa Soglo", "tag_ids": [str(late.id)], "values": {"client": "C-2"}})
    sam.post(f"/api/people/{theirs}/notes", {"body": "Très patiente"})
    sam.post(f"/api/conversations/{two[1].id}/opt-out", {"reason": "Par courrier"})

    one = sam.post(f"/api/people/{mine}/merge", {"other_id": str(theirs), "name": "gone"})
    assert one.status == 200
    data = one.data
    assert (data["name"], {tag["name"] for tag in data["tags"]}) == ("Awa Soglo", {"VIP", "Impayé"})
    assert [field["value"] for field in data["fields"]] == ["C-1"]
    assert [note["body"] for note in data["notes"]] == ["Très patiente"]
    assert {(a["value"], a["opted_out_at"] is None) for a in data["addresses"]} == {(SUBSCRIBER, True), (OTHER, False)}
    assert {one["id"] for one in data["open_cases"]} == {str(two[0].id), str(two[1].id)}
    for path in (f"/api/people/{theirs}", f"/api/people/{mine}"):
        assert sam.get(path).data["id"] == str(mine)
    row = sam.get(f"/api/conversations/{two[1].id}").data["conversation"]["contact"]
    assert (row["id"], row["name"], row["address"]) == (str(mine), "Awa Soglo", OTHER)
    told = {one.data["conversation_id"] for one in Event.objects.filter(type="person.changed")}
    assert told == {str(two[0].id), str(two[1].id)}
    assert sam.post(f"/api/people/{mine}/merge", {"other_id": str(theirs)}).code == "same_person"

    merge_id = data["merges"][0]["id"]
    assert Browser(cast.awa).post(f"/api/people/{mine}/split", {"merge_id": merge_id}).status == 403
    assert sam.post(f"/api/people/{mine}/split", {"merge_id": merge_id}).data["name"] == "A. Soglo"
    again, other = sam.get(f"/api/people/{mine}").data, sam.get(f"/api/people/{theirs}").data
    assert [tag["name"] for tag in again["tags"]] == ["VIP"] and again["notes"] == []
    assert (other["name"], [tag["name"] for tag in other["tags"]]) == ("Awa Soglo", ["Impayé"])
    assert [a["value"] for a in other["addresses"]] == [OTHER] and other["addresses"][0]["opted_out_at"]
    assert [one["id"] for one in other["open_cases"]] == [str(two[1].id)]
    assert sam.post(f"/api/people/{mine}/split", {"merge_id": merge_id}).status == 404
    actions = list(
        Audit.objects.filter(action__in=["contact.merged", "contact.split"]).values_list("action", flat=True)
    )
    assert sorted(actions) == ["contact.merged", "contact.split"]


def test_what_was_changed_by_hand_since_stays_with_who_stayed(
    cast: Cast, two: tuple[Conversation, Conversation], dsn: str
) -> None:
    sam, mine, theirs = Browser(cast.sam), two[0].contact_id, two[1].contact_id
    sam.patch(f"/api/people/{theirs}", {"name": "Awa"})
    row = merge(cast, mine, theirs)
    sam.patch(f"/api/people/{mine}", {"name": "Awa Kora"})
    text_in(dsn, ready(cast, OTHER, "Encore moi"))
    split_people(user=cast.sam, contact_id=mine, merge_id=row.id)
    assert sam.get(f"/api/people/{mine}").data["name"] == "Awa Kora"
    other = sam.get(f"/api/people/{theirs}").data
    assert (other["name"], other["open_cases"][0]["preview"]) == ("Awa", "Encore moi")


@pytest.mark.needs("RFP-091", part="the strictest consent is kept")
def test_a_merge_and_a_split_leave_every_opt_out_where_it_was(
    cast: Cast, two: tuple[Conversation, Conversation]
) -> None:
    for number in (SUBSCRIBER, OTHER):
        Suppression.objects.filter(organisation_id=cast.organisation.id).delete()
        Suppression.objects.create(organisation_id=cast.organisation.id, number=number, source="text")
        row = merge(cast, two[0].contact_id, two[1].contact_id)
        assert [one.number for one in Suppression.objects.all()] == [number]
        split_people(user=cast.sam, contact_id=two[0].contact_id, merge_id=row.id)
        assert [one.number for one in Suppression.objects.all()] == [number]


def test_a_block_of_either_holds_for_both_and_for_each_again_after(
    cast: Cast, two: tuple[Conversation, Conversation]
) -> None:
    sam, mine, theirs = Browser(cast.sam), two[0].contact_id, two[1].contact_id
    assert sam.put(f"/api/people/{theirs}/block", {"reason": "Menaces"}).status == 200
    row = merge(cast, mine, theirs)
    assert not Address.objects.filter(blocked_until=None).exists()
    assert sam.get(f"/api/people/{mine}").data["block"]["reason"] == "Menaces"
    split_people(user=cast.sam, contact_id=mine, merge_id=row.id)
    assert [one.value for one in Address.objects.filter(blocked_until=None)] == [SUBSCRIBER]


def test_nobody_of_another_organisation_can_be_merged_or_split(
    cast: Cast, two: tuple[Conversation, Conversation]
) -> None:
    foreign = Organisation.objects.create(name="Autre", slug="autre")
    stranger = Contact.objects.create(organisation=foreign)
    sam = Browser(cast.sam)
    for kept, gone in ((two[0].contact_id, stranger.id), (stranger.id, two[0].contact_id)):
        answer = sam.post(f"/api/people/{kept}/merge", {"other_id": str(gone)})
        assert (answer.status, answer.code) == (404, "no_person")
    assert not Merge.objects.exists() and Contact.objects.get(id=stranger.id).merged_into_id is None


def test_who_may_be_the_same_is_proposed_with_the_reason(cast: Cast, two: tuple[Conversation, Conversation]) -> None:
    sam, mine, theirs = Browser(cast.sam), two[0].contact_id, two[1].contact_id
    assert sam.get(f"/api/people/{mine}/alike").data["items"] == []
    sam.patch(f"/api/people/{mine}", {"name": "Aïcha Soglo"})
    sam.patch(f"/api/people/{theirs}", {"name": "aicha soglo"})
    (found,) = sam.get(f"/api/people/{mine}/alike").data["items"]
    assert (found["id"], found["why"], found["addresses"]) == (str(theirs), "name", [OTHER])
    sam.patch(f"/api/people/{theirs}", {"name": "Koffi"})
    Attribute.objects.create(organisation=cast.organisation, key="client", name="N° client", type="text")
    for one in (mine, theirs):
        sam.patch(f"/api/people/{one}", {"values": {"client": "C-77"}})
    (found,) = sam.get(f"/api/people/{mine}/alike").data["items"]
    assert (found["why"], found["attribute"], found["said"]) == ("value", "N° client", "C-77")


def test_texts_that_come_during_merges_and_splits_are_all_there_and_both_go_on(
    cast: Cast, two: tuple[Conversation, Conversation], dsn: str, at_once: Callable[..., list[Any]]
) -> None:
    """Five writers of texts, one who merges and splits, one who merges the other way round: real threads."""
    mine, theirs = two[0].contact_id, two[1].contact_id

    def write(sender: str, number: int) -> Callable[[], None]:
        return lambda: text_in(dsn, *(ready(cast, sender, f"{sender} {number} {one}") for one in range(20)))

    def back_and_forth(kept: UUID, gone: UUID) -> Callable[[], int]:
        def go() -> int:
            done = 0
            for _ in range(15):
                try:
                    row = merge(cast, kept, gone)
                    split_people(user=cast.sam, contact_id=kept, merge_id=row.id)
                    done += 1
                except Exception as error:
                    if getattr(error, "code", "") not in ("same_person", "conflict", "no_merge", "split_already"):
                        raise
            return done

        return go

    results = at_once(
        [
            *(write(sender, number) for number, sender in enumerate((SUBSCRIBER, OTHER) * 2 + (SUBSCRIBER,))),
            back_and_forth(mine, theirs), back_and_forth(theirs, mine),
        ]
    )  # fmt: skip
    assert not [one for one in results if isinstance(one, Exception)], results
    assert max(results[-2:]) > 0
    texts = Message.objects.filter(kind="incoming")
    assert texts.count() == 100 and Conversation.objects.count() == 2
    for conversation in Conversation.objects.all():
        said = Message.objects.filter(conversation=conversation).order_by("seq")
        assert [one.seq for one in said] == list(range(1, said.count() + 1)), "numbers without holes"
        assert all(one.body.startswith(conversation.address.value) for one in said if one.kind == "incoming")
    # Never a chain, never a ring.
    assert not Contact.objects.filter(merged_into__merged_into__isnull=False).exists()
    seqs = list(Event.objects.order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


def test_chains_become_one_person_and_fall_apart_in_any_order(cast: Cast) -> None:
    people = [cast.open_conversation(sender=f"+229019700001{n}").contact_id for n in range(4)]
    first = merge(cast, people[1], people[0])
    second = merge(cast, people[2], people[1])
    third = merge(cast, people[3], people[2])
    assert persons.members(cast.organisation.id, people[0]) == [people[3], *people[:3]]
    split_people(user=cast.sam, contact_id=people[0], merge_id=second.id)
    assert persons.members(cast.organisation.id, people[0]) == [people[1], people[0]]
    assert persons.members(cast.organisation.id, people[2]) == [people[3], people[2]]
    split_people(user=cast.sam, contact_id=people[0], merge_id=first.id)
    split_people(user=cast.sam, contact_id=people[2], merge_id=third.id)
    assert all(persons.members(cast.organisation.id, one) == [one] for one in people)


def _picture() -> dict[str, Any]:
    """Everything that is known of everybody, but for what a merge itself leaves behind."""
    with connection.cursor() as cursor:
        cursor.execute("select id, name, language, merged_into_id from contacts_contact order by id")
        contacts = cursor.fetchall()
    return {
        "contacts": contacts,
        "addresses": list(Address.objects.order_by("id").values_list("id", "contact_id", "value", "blocked_until")),
        "tags": sorted(ContactTag.objects.values_list("contact_id", "tag_id")),
        "values": sorted(AttributeValue.objects.values_list("contact_id", "attribute_id", "value")),
        "suppressed": sorted(Suppression.objects.values_list("number", flat=True)),
        "conversations": sorted(Conversation.objects.values_list("id", "contact_id", "address_id", "status")),
    }


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_merges_taken_back_leave_all_as_it_was(cast: Cast, data: st.DataObject) -> None:
    for model in (Merge, Conversation, Contact, Tag, Attribute, Suppression):
        model.objects.all().delete()
    numbers = [f"+22901970010{n:02d}" for n in range(4)]
    people = [cast.open_conversation(sender=one).contact_id for one in numbers]
    tags = [Tag.objects.create(organisation=cast.organisation, name=one) for one in ("VIP", "Litige")]
    attribute = Attribute.objects.create(organisation=cast.organisation, key="client", name="Client", type="text")
    for one, number in zip(people, numbers, strict=True):
        name = data.draw(st.sampled_from(["", "Awa", "Koffi"]))
        language = data.draw(st.sampled_from(["", "fr", "en"]))
        Contact.objects.filter(id=one).update(name=name, language=language)
        for tag in data.draw(st.sets(st.sampled_from(tags))):
            ContactTag.objects.create(organisation=cast.organisation, contact_id=one, tag=tag)
        if value := data.draw(st.sampled_from(["", "C-1", "C-2"])):
            AttributeValue.objects.create(
                organisation=cast.organisation, contact_id=one, attribute=attribute, value=value
            )
        if data.draw(st.booleans()):
            Suppression.objects.create(organisation_id=cast.organisation.id, number=number, source="text")
    before = _picture()
    done: list[Merge] = []
    for kept, gone in data.draw(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=4)):
        side = data.draw(st.sampled_from([None, "kept", "gone"]))
        try:
            row = merge(cast, people[kept], people[gone], name=side, values={"client": side} if side else {})
        except Exception as error:
            assert getattr(error, "code", "") == "same_person"
            continue
        done.append(row)
        assert _picture()["suppressed"] == before["suppressed"]
        assert len(_picture()["addresses"]) == len(before["addresses"])
    for row in reversed(done):
        split_people(user=cast.sam, contact_id=row.gone_id, merge_id=row.id)
    assert _picture() == before
