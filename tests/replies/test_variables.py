"""What {names} stand for: filled in once, never twice, and never sent as they stand unseen."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import Invalid
from contacts.models import Attribute, AttributeValue, Contact
from conversations.models import Conversation
from replies.variables import FIXED, Filled, fill, known_names, long_date, names_in, refuse_unknown, shown, values_of
from tests.cast import Cast

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "variables.json").read_text())
NAMES = st.sampled_from(FIXED)
# What people are called, and what they call themselves to see what happens.
NASTY = st.one_of(
    st.text(min_size=1), NAMES.map("{{{}}}".format), st.sampled_from(["{", "}", "{{date}}", "{contact.", "$1", "\\1"])
)


@pytest.mark.parametrize("one", VECTORS, ids=lambda one: one["text"])
def test_the_desk_and_the_server_fill_in_alike(one: dict) -> None:
    assert fill(one["text"], one["values"]) == Filled(one["filled"], tuple(one["missing"]))


@given(st.dictionaries(NAMES, NASTY, min_size=1), st.lists(NAMES, min_size=1, max_size=6))
def test_what_a_value_holds_is_never_expanded(values: dict[str, str], asked: list[str]) -> None:
    """Each variable gives exactly its own value, whatever that looks like; the others' values change nothing."""
    text = "\x1f".join(f"{{{name}}}" for name in asked)
    filled, missing = fill(text, values)
    expected = [values.get(name) or f"{{{name}}}" for name in asked]
    assert filled == "\x1f".join(expected)
    assert set(missing) == {name for name in asked if not values.get(name)}


@given(st.text())
def test_a_text_without_values_stays_as_it_was_written(text: str) -> None:
    filled, missing = fill(text, {})
    assert filled == text
    assert list(missing) == names_in(text)


def test_what_nothing_stands_behind_is_refused() -> None:
    refuse_unknown("Bonjour {contact.name}, {{date}} {a: b} {}", FIXED, field="fr")
    for wrong in ("{contact.nom}", "{Contact.name}", "Le {data}", "{contact.name.first}"):
        with pytest.raises(Invalid) as refusal:
            refuse_unknown(wrong, FIXED, field="fr")
        assert (refusal.value.code, refusal.value.field) == ("unknown_variable", "fr")


def test_values_are_written_as_people_of_a_language_write_them() -> None:
    assert [long_date(date(2027, 3, 1), one) for one in ("fr", "en")] == ["1er mars 2027", "1 March 2027"]
    assert [shown("number", "12.5", one) for one in ("fr", "en")] == ["12,5", "12.5"]
    assert [shown("boolean", "true", one) for one in ("fr", "en")] == ["oui", "yes"]
    assert shown("date", "2026-11-30", "fr") == "30 novembre 2026"
    assert shown("date", "demain", "fr") == "demain"


@pytest.mark.django_db(transaction=True)
def test_a_conversation_gives_what_is_known_of_its_person(cast: Cast) -> None:
    talk = cast.owned_by(cast.awa)
    assert {"contact.name", "contact.city"}.isdisjoint(values_of(talk, cast.awa)["fr"])
    Contact.objects.filter(id=talk.contact_id).update(name="Ida {date}")
    city = Attribute.objects.create(organisation=cast.organisation, key="city", name="Ville", type="text")
    AttributeValue.objects.create(
        organisation=cast.organisation, contact_id=talk.contact_id, attribute=city, value="Ganvié"
    )
    talk = Conversation.objects.select_related("line", "contact", "address").get(id=talk.id)
    values = values_of(talk, cast.awa)["fr"]
    assert fill("{contact.name}, {contact.city}, {contact.number}, {line.name}, {agent.name}", values).text == (
        "Ida {date}, Ganvié, +2290197000001, Distributeurs, Awa Diallo"
    )
    assert values["case.number"].replace("-", "").lower() == talk.id.hex[-8:]
    assert known_names(cast.organisation.id) == [*FIXED, "contact.city"]
