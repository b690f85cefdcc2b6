"""People by name, by number in any spelling, by tag and by what is known of them.

A number is looked for as it is normalised, as a beginning, and by its last digits; where none of these is anybody's, as
each number that differs from it by one slip: some 200 look-ups in a key. A name by the beginnings of its words; where
nobody is called so, by its likeness (pg_trgm, where the database has it).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from contacts.numbers import beginnings, normalise
from realtime.audience import Audience

LEAST_DIGITS = 4
MOST_FROM = 500
LIKE = 0.35

# The contacts of a person are asked one by one; he stands there once. Names, tags and values are those of the contact
# that stands for him.
_NAMED = """
select c.id from contacts_contact c
where c.organisation_id = %(organisation)s and c.merged_into_id is null and c.name <> ''
  and to_tsvector('simple', palabre_fold(c.name)) @@ {words}
"""
_NUMBERED = """
select coalesce(c.merged_into_id, c.id)
from contacts_address a join contacts_contact c on c.id = a.contact_id
where a.organisation_id = %(organisation)s and ({ways})
"""
_VALUED = """
select v.contact_id from contacts_attributevalue v
where v.organisation_id = %(organisation)s and v.value = %(value)s
  and v.attribute_id in (select id from contacts_attribute where organisation_id = %(organisation)s)
"""
_ALIKE = """
select a.id from (select c.id from contacts_contact c
where c.organisation_id = %(organisation)s and c.merged_into_id is null and c.name <> ''
  and palabre_fold(%(name)s) <%% palabre_fold(c.name)
order by word_similarity(palabre_fold(%(name)s), palabre_fold(c.name)) desc, c.id desc limit 50) a
"""
_SHOWN = """
with found as materialized (FOUND)
select p.id from (select distinct id from found f (id)) p
where SEEN TAGGED AFTER
order by p.id desc limit %(limit)s
"""
_TAGGED = """and exists (
    select from contacts_contacttag t
    where t.organisation_id = %(organisation)s and t.contact_id = p.id and t.tag_id = any(%(tags)s))"""
_ALL_TAGGED = """
select t.contact_id from contacts_contacttag t join contacts_contact c on c.id = t.contact_id
where t.organisation_id = %(organisation)s and t.tag_id = any(%(tags)s) and c.merged_into_id is null
"""
# A person is shown to whoever may see one of his conversations; one without any, to those who see all lines.
_SEEN = """exists (
    select from contacts_contact own
    join conversations_conversation v on v.contact_id = own.id and v.line_id = any(%(lines)s)
    where own.id = p.id or own.merged_into_id = p.id)"""


class Found:
    """`ids` newest first; `more`: there are others. `alike`: nobody is called so, these nearly are."""

    def __init__(self, ids: list[UUID], *, more: bool = False, alike: bool = False) -> None:
        self.ids, self.more, self.alike = ids, more, alike


def find_people(
    audience: Audience, *, text: str, region: str, tags: Collection[UUID] | None, after: UUID | None, limit: int
) -> Found:
    """People for `text`, with one of `tags` where these are asked; `text` empty: all with these tags."""
    if not text and not tags:
        return Found([])
    asked: list[tuple[str, dict[str, object], bool]] = []
    if not text:
        asked.append((_ALL_TAGGED, {}, False))
    elif digits_of(text):
        asked.append((*_by_number(text, region), False))
        asked.append((*_by_slip(text, region), True))
    else:
        given: dict[str, object] = {"name": text, "value": text.strip()}
        ways = [_NAMED.format(words=_WORDS), _VALUED]
        if text.isascii() and text.isalnum() and not text.isalpha():
            ways.append(_NUMBERED.format(ways="a.value = any(%(exact)s)"))
            given["exact"] = [text, text.upper(), text.lower()]
        asked.append((" union all ".join(ways), given, False))
        if has_trigrams():
            asked.append((_ALIKE, given, True))
    for found, parameters, alike in asked:
        if after is not None and alike and len(asked) > 1:
            continue  # a second page is of what the first was of
        ids = _run(audience, found, parameters, tags, after, limit)
        if ids:
            return Found(ids[:limit], more=len(ids) > limit, alike=alike)
    return Found([])


def contacts_from(audience: Audience, values: Sequence[str], region: str) -> list[UUID]:
    """The contacts, each person's all, whom `from:` means; at most MOST_FROM."""
    people: set[UUID] = set()
    for value in values:
        people |= set(
            find_people(audience, text=value, region=region, tags=None, after=None, limit=MOST_FROM).ids
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            """select id from contacts_contact
               where organisation_id = %(o)s and (id = any(%(p)s) or merged_into_id = any(%(p)s))""",
            {"o": audience.organisation_id, "p": list(people)},
        )
        return [row[0] for row in cursor.fetchall()]


def digits_of(text: str) -> str:
    """The digits of what can only be a number, of LEAST_DIGITS at least; else ""."""
    digits = "".join(one for one in text if one.isdigit())
    return digits if len(digits) >= LEAST_DIGITS and not any(map(str.isalpha, text)) else ""


@cache
def has_trigrams() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select exists (select from pg_class where relname = 'contact_alike')")
        return bool(cursor.fetchone()[0])


# The last word may not be whole yet; nor need the others be.
_WORDS = """(select string_agg('''' || replace(word, '''', '''''') || ''':*', ' & ')::tsquery
   from unnest(string_to_array(btrim(regexp_replace(palabre_fold(%(name)s), '[^[:alnum:]]+', ' ', 'g')), ' ')) word
   where word <> '')"""


def _by_number(text: str, region: str) -> tuple[str, dict[str, object]]:
    digits = digits_of(text)
    normal = normalise(text, region=region)
    ways = ["a.kind = 'phone' and a.value = any(%(exact)s)"]
    given: dict[str, object] = {"exact": list({normal.value, digits}), "back": f"{digits[::-1]}%"}
    for place, start in enumerate(beginnings(text, region=region)):
        ways.append(f"a.kind = 'phone' and a.value like %(begin{place})s")
        given[f"begin{place}"] = f"{start}%"
    ways.append("reverse(a.value) like %(back)s")
    union = " union all ".join(_NUMBERED.format(ways=way) for way in ways)
    return union, given


def _by_slip(text: str, region: str) -> tuple[str, dict[str, object]]:
    normal = normalise(text, region=region)
    wanted = slips(normal.value) if len(digits_of(text)) >= 7 else []
    return _NUMBERED.format(ways="a.kind = 'phone' and a.value = any(%(exact)s)"), {"exact": wanted}


def slips(number: str) -> list[str]:
    """`number` with one digit otherwise, left out or twice over, or two neighbours in the wrong order."""
    found = set[str]()
    first = 1 if number.startswith("+") else 0
    for place in range(first, len(number)):
        found.add(number[:place] + number[place + 1 :])
        found |= {number[:place] + digit + number[place + 1 :] for digit in "0123456789"}
        found |= {number[:place] + digit + number[place:] for digit in "0123456789"}
        if place + 1 < len(number):
            found.add(number[:place] + number[place + 1] + number[place] + number[place + 2 :])
    found |= {number + digit for digit in "0123456789"}
    return sorted(found - {number})


def _run(
    audience: Audience, found: str, given: dict[str, object], tags: Collection[UUID] | None, after: UUID | None,
    limit: int,
) -> list[UUID]:  # fmt: skip
    statement = (
        _SHOWN.replace("FOUND", found)
        .replace("SEEN", "true" if audience.line_ids is None else _SEEN)
        .replace("TAGGED", _TAGGED if tags is not None else "")
        .replace("AFTER", "and p.id < %(after)s" if after else "")
    )
    parameters: dict[str, Any] = {
        **given, "organisation": audience.organisation_id, "limit": limit + 1, "after": after, "tags": list(tags or ()),
        "lines": list(audience.line_ids or ()),
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        if "word_similarity" in found:
            cursor.execute(f"set local pg_trgm.word_similarity_threshold = {LIKE}")
        cursor.execute(statement, parameters)
        return [row[0] for row in cursor.fetchall()]
