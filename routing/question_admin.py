"""Reading what an administrator asks about who writes: for checks of a front filter and for conditions of a rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

from common.errors import Invalid
from common.text import storable
from contacts.attributes import ORDERED, Compare, value_of
from contacts.models import Attribute, ContactList, Tag
from routing.filter_models import QuestionFields
from routing.front_filter import Kind, folded

MOST_WORDS, LONGEST_WORD = 30, 60
LANGUAGES = ("fr", "en")


class QuestionGiven(Protocol):
    """As it comes from outside. `thing_id`: the list, tag or attribute."""

    @property
    def kind(self) -> str: ...
    @property
    def thing_id(self) -> UUID | None: ...
    @property
    def compare(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def words(self) -> Sequence[str]: ...


def set_question(row: QuestionFields, organisation_id: UUID, given: QuestionGiven) -> None:
    """Put a question of one of Kind into `row`, which is not stored. Raises Invalid; `field` names its part."""
    kind = Kind(given.kind)
    row.kind = kind.value
    if kind in (Kind.IN_LIST, Kind.NOT_IN_LIST):
        row.contact_list = _thing(ContactList, organisation_id, given)
    elif kind == Kind.TAG:
        row.tag = _thing(Tag, organisation_id, given)
    elif kind == Kind.ATTRIBUTE:
        _set_attribute(row, organisation_id, given)
    elif kind == Kind.LANGUAGE:
        row.value = one_of(given.value, LANGUAGES, "value")
    elif kind == Kind.HOURS:
        row.value = one_of(given.value, ("open", "closed"), "value")
    else:
        row.words = words_of(given.words)


def _set_attribute(row: QuestionFields, organisation_id: UUID, given: QuestionGiven) -> None:
    attribute: Attribute = _thing(Attribute, organisation_id, given)
    row.attribute = attribute
    compare = Compare(one_of(given.compare, tuple(Compare), "compare"))
    if compare in (Compare.LESS, Compare.MORE) and attribute.type not in ORDERED:
        raise Invalid("compare_order", "only numbers and dates are less or more", field="compare")
    row.compare = compare.value
    if compare not in (Compare.SET, Compare.UNSET):
        row.value = value_of(attribute.type, attribute.choices, given.value)


def _thing(kind: Any, organisation_id: UUID, given: QuestionGiven) -> Any:
    """What the question asks for, of the organisation."""
    mine = kind.objects.filter(organisation_id=organisation_id, id=given.thing_id)
    found = mine.first() if given.thing_id is not None else None
    if found is None:
        raise Invalid("unknown_choice", "what does it ask for?", field="thing_id")
    return found


def one_of(value: str, choices: Sequence[str], field: str) -> str:
    if value not in choices:
        raise Invalid("unknown_choice", f"must be one of {', '.join(choices)}", field=field)
    return value


def words_of(given: Sequence[str]) -> list[str]:
    words = list(dict.fromkeys(word for one in given if (word := " ".join(storable(one).split()))))
    if not 1 <= len(words) <= MOST_WORDS:
        raise Invalid("filter_words", f"from 1 to {MOST_WORDS} words", field="words")
    for word in words:
        if len(word) > LONGEST_WORD or not folded(word):
            raise Invalid("filter_words", f"{word[:LONGEST_WORD]!r} is no word", field="words")
    return words
