"""The one search of the desk: people, conversations, texts and tags, each group newest first, a page at a time.

A hit in what one may not see does not exist, nor does its count: nothing here counts beyond the page.
"""

from __future__ import annotations

from typing import Literal, TypedDict
from uuid import UUID

from django.db import connection

from accounts.models import User
from contacts.models import Address, Contact
from conversations.rendering import Row, render_rows
from inbox.search_names import Names, closest, resolve, tags_like
from inbox.search_people import Found, contacts_from, digits_of, find_people
from inbox.search_query import Query, Wanted, fold, parse, written
from inbox.search_texts import Narrowed, TextHit, TooSlow, find_texts, narrowed
from realtime.audience import Audience

Group = Literal["people", "conversations", "texts"]
FIRST = {"people": 5, "conversations": 10, "texts": 15}  # of each group, where nobody asks for one
PAGE = 25


class ProblemView(TypedDict):
    """`code`: of inbox.search_query.Problem, or no_such (nothing is called so: `near` are names that exist)."""

    code: str
    field: str
    value: str
    near: list[str]


class TakenView(TypedDict):
    """A name with a slip, and the one that it was taken for."""

    field: str
    value: str
    name: str


class FoundTag(TypedDict):
    id: str
    name: str


class FoundPerson(TypedDict):
    """`conversation_id`: his newest that one may see; null: nobody has talked with him."""

    id: str
    name: str
    addresses: list[str]
    conversation_id: str | None


class PeopleFound(TypedDict):
    """`alike`: nobody is called so; these nearly are."""

    items: list[FoundPerson]
    next: str | None
    alike: bool


class ConversationsFound(TypedDict):
    items: list[Row]
    next: str | None


class TextsFound(TypedDict):
    items: list[TextHit]
    next: str | None


class SearchView(TypedDict):
    """`did_you_mean`: what to type instead, where nothing was found. `slow`: the texts were not searched to the end."""

    problems: list[ProblemView]
    taken: list[TakenView]
    tags: list[FoundTag]
    people: PeopleFound
    conversations: ConversationsFound
    texts: TextsFound
    did_you_mean: list[str]
    slow: bool


_CONVERSATIONS = """
select c.id from conversations_conversation c
where c.organisation_id = %(organisation)s
  and (%(lines)s::uuid[] is null or c.line_id = any(%(lines)s))
  and (%(queues)s::uuid[] is null or c.queue_id = any(%(queues)s))
  and (%(agents)s::uuid[] is null or c.owner_id = any(%(agents)s))
  and (%(contacts)s::uuid[] is null or c.contact_id = any(%(contacts)s))
  and (%(states)s::text[] is null or c.status = any(%(states)s))
  and (%(tags)s::uuid[] is null or exists (
        select from contacts_contact own join contacts_contacttag t
          on t.organisation_id = %(organisation)s and t.contact_id = coalesce(own.merged_into_id, own.id)
        where own.id = c.contact_id and t.tag_id = any(%(tags)s)))
  and (not %(attachments)s or exists (select from conversations_attachment x where x.conversation_id = c.id))
  and (%(start)s::timestamptz is null or c.last_activity_at >= %(start)s)
  and (%(end)s::timestamptz is null or c.opened_at < %(end)s)
  and (%(after)s::uuid is null or (c.last_activity_at, c.id) <
       (select p.last_activity_at, p.id from conversations_conversation p
        where p.id = %(after)s and p.organisation_id = %(organisation)s))
order by c.last_activity_at desc, c.id desc limit %(limit)s
"""
_NEWEST = """
select distinct on (coalesce(own.merged_into_id, own.id)) coalesce(own.merged_into_id, own.id), c.id::text
from contacts_contact own join conversations_conversation c on c.contact_id = own.id
where (own.id = any(%(people)s) or own.merged_into_id = any(%(people)s))
  and (%(lines)s::uuid[] is null or c.line_id = any(%(lines)s))
order by 1, c.opened_at desc
"""


def search(user: User, audience: Audience, typed: str, *, group: Group | None = None, after: UUID | None) -> SearchView:
    """Never raises for what was typed: what cannot be understood is said in `problems`, and then nothing is found."""
    query = parse(typed)
    empty = _nothing()
    empty["problems"] = [
        {"code": code, "field": field, "value": value, "near": []} for code, field, value in query.problems
    ]
    if query.is_empty or query.problems:
        return empty
    names = resolve(query, audience)
    empty["problems"] = [
        {"code": "no_such", "field": name, "value": value, "near": near} for name, value, near in names.unknown
    ]
    empty["taken"] = [{"field": name, "value": value, "name": close} for name, value, close in names.taken]
    if names.unknown:
        return empty
    return _found(user, audience, query, names, empty, group, after)


def _found(
    user: User, audience: Audience, query: Query, names: Names, found: SearchView, group: Group | None,
    after: UUID | None,
) -> SearchView:  # fmt: skip
    region, zone = user.organisation.region, user.organisation.time_zone
    senders = query.values("from")
    contacts = contacts_from(audience, senders, region) if senders else None
    fields = narrowed(
        query, audience, zone=zone, contacts=contacts, tags=names.tags, queues=names.queues, lines=names.lines,
        agents=names.agents,
    )  # fmt: skip

    def most(one: Group) -> int:
        return PAGE if group else FIRST[one]

    if query.words and group is None:
        tags = tags_like(audience.organisation_id, query.words)
        found["tags"] = [{"id": str(one.id), "name": one.name} for one in tags]
    alike = Found([])
    if group in (None, "people") and _is_about_people(query):
        text = " ".join([*query.words, *query.phrases, *senders])
        alike = find_people(audience, text=text, region=region, tags=names.tags, after=after, limit=most("people"))
        found["people"] = _people(audience, alike)
    if group in (None, "conversations") and not query.says_something:
        found["conversations"] = _conversations(audience, fields, after, most("conversations"))
    if group in (None, "texts") and query.says_something:
        try:
            hits, more = find_texts(audience, query, fields, after=after, limit=most("texts"))
            found["texts"] = {"items": hits, "next": str(more) if more else None}
        except TooSlow:
            found["slow"] = True
    if (
        group is None
        and not found["texts"]["items"]
        and (alike.alike or not alike.ids)
        and not found["conversations"]["items"]
    ):
        found["did_you_mean"] = _meant(audience, query, alike)
    return found


def _nothing() -> SearchView:
    return {
        "problems": [], "taken": [], "tags": [], "people": {"items": [], "next": None, "alike": False},
        "conversations": {"items": [], "next": None}, "texts": {"items": [], "next": None}, "did_you_mean": [],
        "slow": False,
    }  # fmt: skip


def _is_about_people(query: Query) -> bool:
    """Whether nothing is asked that only conversations and texts have."""
    return all(field in ("from", "tag") for field, _ in query.fields)


def _people(audience: Audience, found: Found) -> PeopleFound:
    ids = found.ids
    if not ids:
        return {"items": [], "next": None, "alike": False}
    names = dict(Contact.objects.filter(id__in=ids).values_list("id", "name"))
    numbers: dict[UUID, list[str]] = {}
    rows = Address.objects.filter(contact_id__in=ids) | Address.objects.filter(contact__merged_into_id__in=ids)
    for contact_id, main, value in rows.order_by("id").values_list("contact_id", "contact__merged_into_id", "value"):
        numbers.setdefault(main or contact_id, []).append(value)
    lines = None if audience.line_ids is None else list(audience.line_ids)
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, {"people": ids, "lines": lines})
        newest = dict(cursor.fetchall())
    return {
        "items": [
            {"id": str(id_), "name": names[id_], "addresses": numbers.get(id_, []), "conversation_id": newest.get(id_)}
            for id_ in ids
        ],
        "next": str(ids[-1]) if found.more else None,
        "alike": found.alike,
    }


def _conversations(audience: Audience, fields: Narrowed, after: UUID | None, limit: int) -> ConversationsFound:
    with connection.cursor() as cursor:
        cursor.execute(
            _CONVERSATIONS,
            {
                "organisation": audience.organisation_id, "lines": fields.lines, "queues": fields.queues,
                "agents": fields.agents, "contacts": fields.contacts, "states": fields.states, "tags": fields.tags,
                "attachments": fields.attachments, "start": fields.start, "end": fields.end, "after": after,
                "limit": limit + 1,
            },
        )  # fmt: skip
        ids = [row[0] for row in cursor.fetchall()]
    rows = render_rows(audience.organisation_id, ids[:limit], audience.kind)
    return {
        "items": [rows[id_] for id_ in ids[:limit] if id_ in rows],
        "next": str(ids[limit - 1]) if len(ids) > limit else None,
    }


def _meant(audience: Audience, query: Query, alike: Found) -> list[str]:
    """What was typed, with a word that nobody has replaced by one that comes near it: of a name, or of a tag."""
    if not query.words or digits_of(" ".join(query.words)):
        return []
    called = Contact.objects.filter(organisation_id=audience.organisation_id, id__in=alike.ids)
    words = [word for name in called.values_list("name", flat=True) for word in name.split()]
    found: list[str] = []
    for place, word in enumerate(query.words):
        near = closest(word, sorted(set(words), key=lambda one: (fold(one) != fold(word), one)))
        if near and fold(near) != fold(word):
            instead = (*query.words[:place], near, *query.words[place + 1 :])
            found.append(written(Query(instead, query.phrases, query.fields)))
        for tag in tags_like(audience.organisation_id, [word]):
            rest = (*query.words[:place], *query.words[place + 1 :])
            found.append(written(Query(rest, query.phrases, (*query.fields, Wanted("tag", tag.name)))))
    return list(dict.fromkeys(found))[:3]
