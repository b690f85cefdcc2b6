"""Which texts the history shows: newest first, a page at a time, whatever number of them there is.

Nothing is ever counted for a page, and no page looks at more than REACH texts: where few of them match (a rare word, a
line that is hardly used), the answer is what was found and how far back was looked, and the screen goes on from there.
So the price of a page does not depend on what is asked (docs/history.md). Keyset paging by the text's key, which is its
time: texts that arrive meanwhile move nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from common.errors import Invalid, NotAllowed
from common.ids import time_of, uuid7_floor
from contacts.numbers import beginnings, normalise
from conversations.models import DeliveryState
from realtime.audience import Audience, AudienceKind
from supervision.filters import Asked
from supervision.states import CLASSES

REACH = 20_000  # texts looked at for one page
REACH_JOINED = 5_000  # where each of them costs a look at its conversation or its delivery
FEW = 500  # persons: their conversations are read; more are found soon enough among all texts
MOST_COUNTED = 2_000  # beside a page; each of them may cost a look at its conversation and its delivery
QUICK_S, THOROUGH_S = 0.15, 8.0  # of counting; the second is below what any answer may take (config/answer_limit.py)
# Keys are made where the text is, its time is the database's: clocks may differ by so much at either end.
SLACK = timedelta(minutes=1)

_LOST = [int(state) for state, one in CLASSES.items() if one == "failed"]
# Each gives texts newest first. The planner sees the same words as the index's condition (message_texts).
_ALL = """
select id, conversation_id, kind, body, created_at from conversations_message
where organisation_id = %(organisation)s and kind in ('incoming', 'outgoing') and id >= %(floor)s and id < %(below)s
order by id desc limit %(reach)s
"""
# By the index of what has not arrived, whose condition names these states. The key is the delivery's: so the planner
# knows that they come in order, and stops at the last one that is wanted.
_NOT_ARRIVED = """
select d.message_id as id, m.conversation_id, m.kind, m.body, m.created_at from (
    select message_id from conversations_delivery
    where organisation_id = %(organisation)s and (state in (2, 5, 6) or state = 3 and doubted)
      and message_id >= %(floor)s and message_id < %(below)s
    order by message_id desc limit %(reach)s
) d cross join lateral (
    select conversation_id, kind, body, created_at from conversations_message where id = d.message_id offset 0
) m
"""
# `offset 0`: a limit must not lead the planner to walk through everybody's texts for those of a few.
_OF_PERSONS = """
select * from (
    select id, conversation_id, kind, body, created_at from conversations_message
    where organisation_id = %(organisation)s and conversation_id = any(%(conversations)s)
      and kind in ('incoming', 'outgoing') and id >= %(floor)s and id < %(below)s
    offset 0
) theirs order by id desc limit %(reach)s
"""
_NAMED = """
select id, conversation_id, kind, body, created_at from conversations_message
where organisation_id = %(organisation)s and id = any(%(messages)s) and id >= %(floor)s and id < %(below)s
order by id desc limit %(reach)s
"""
# One look into an index for each text: joined, the planner would hash all there are.
_DELIVERY = """
left join lateral (
    select state, doubted, link_id, destination from conversations_delivery where message_id = m.id offset 0
) d on m.kind = 'outgoing'
"""
_CONVERSATION = """
cross join lateral (
    select line_id, link_id, address_id from conversations_conversation where id = m.conversation_id offset 0
) c
"""
_PERSONS = "select contact_id from contacts_address where organisation_id = %(organisation)s and kind = 'phone' and "
_ADDRESS = "cross join lateral (select value from contacts_address where id = c.address_id offset 0) a"


@dataclass(frozen=True, slots=True)
class Found:
    """Keys of texts, newest first; where the next page begins (None: nothing is left), and how far back this one
    looked."""

    ids: list[UUID]
    next: UUID | None
    searched_to: datetime | None


@dataclass
class _Query:
    """SQL in the making. `source`: one of the statements above, with its parameters."""

    source: str
    given: dict[str, Any]
    joins: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)

    def needs(self, join: str) -> None:
        if join not in self.joins:
            self.joins.append(join)

    def where(self, condition: str, **given: Any) -> None:
        self.conditions.append(condition)
        self.given |= given

    # Put together from the texts above; whatever was asked travels as a parameter.

    def select(self, what: str, rest: str) -> str:
        order = [_DELIVERY, _CONVERSATION, _ADDRESS]
        joins = " ".join(sorted(self.joins, key=order.index))
        conditions = " and ".join(f"({one})" for one in self.conditions) or "true"
        return f"select {what} from ({self.source}) m {joins} where {conditions} {rest}"  # noqa: S608

    @property
    def counted(self) -> str:
        return f"select count(*) from ({self.select('1', 'limit %(limit)s')}) counted"  # noqa: S608

    @property
    def page(self) -> str:
        """(id, whether it is only the last one that was looked at, and that where the page is not full). One statement:
        between two, what they look at changes."""
        page = self.select("m.id", "order by m.id desc limit %(limit)s")
        last = f"select id from ({self.source}) m offset %(reach)s - 1 limit 1"  # noqa: S608
        return f"""with page as materialized ({page}) select id, false from page union all
            select id, true from ({last}) last where (select count(*) from page) < %(limit)s"""  # noqa: S608


def find(audience: Audience, asked: Asked, *, zone: str, region: str, after: str | None, limit: int) -> Found:
    """One page. Raises Invalid("cursor"), NotAllowed("search") for those to whom words and numbers are not shown."""
    return find_below(audience, asked, zone=zone, region=region, below=_place(after), limit=limit)


def find_below(
    audience: Audience, asked: Asked, *, zone: str, region: str, below: UUID | None, limit: int, reach: int = REACH
) -> Found:
    query = _query(audience, asked, zone=zone, region=region, below=below)
    if query is None:
        return Found([], None, None)
    query.given |= {"limit": limit + 1, "reach": min(reach, REACH_JOINED) if query.joins else reach}
    with connection.cursor() as cursor:
        cursor.execute(query.page, query.given)
        rows = cursor.fetchall()
    ids = sorted((id_ for id_, is_last in rows if not is_last), reverse=True)
    if len(ids) > limit:
        return Found(ids[:limit], ids[limit - 1], time_of(ids[limit - 1]))
    # Fewer than asked for: because there are no more, or because it has looked at enough?
    last = next((id_ for id_, is_last in rows if is_last), None)
    return Found(ids, last, time_of(last)) if last else Found(ids, None, None)


@dataclass(frozen=True, slots=True)
class Total:
    """`total` is exact or a lower bound; None: it was not counted in time."""

    total: int | None
    exact: bool


def count(audience: Audience, asked: Asked, *, zone: str, region: str, exact: bool) -> Total:
    """How many texts match. Not `exact`: up to MOST_COUNTED and for a moment only. Raises NotAllowed."""
    query = _query(audience, asked, zone=zone, region=region, below=None)
    if query is None:
        return Total(0, True)
    query.given |= {"limit": 2**31 if exact else MOST_COUNTED + 1, "reach": 2**31}
    seconds = THOROUGH_S if exact else QUICK_S
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"set local statement_timeout = {round(seconds * 1000)}")
            cursor.execute(query.counted, query.given)
            found = int(cursor.fetchone()[0])
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        return Total(None, False)
    return Total(found, True) if exact or found <= MOST_COUNTED else Total(MOST_COUNTED, False)


def _place(after: str | None) -> UUID | None:
    """Where a page goes on. A place is what `Found.next` said, and no id of a thing."""
    if not after:
        return None
    try:
        return UUID(hex=after)
    except ValueError:
        raise Invalid("cursor", "this is no place in a list: start again", field="after") from None


def _query(audience: Audience, asked: Asked, *, zone: str, region: str, below: UUID | None) -> _Query | None:
    """None: nothing can match."""
    if asked.searches and audience.kind != AudienceKind.FULL:
        raise NotAllowed("search", "names and numbers are not shown to you")
    since, until = asked.between(zone)
    highest = uuid7_floor(until + SLACK)
    given: dict[str, Any] = {
        "organisation": audience.organisation_id,
        "floor": uuid7_floor(since - SLACK),
        "below": highest if below is None else min(below, highest),
    }
    numbers = _Numbers.of(asked.number, region) if asked.number.strip() else None
    source = _source(audience.organisation_id, asked, numbers, given)
    if source is None:
        return None
    query = _Query(source, given)
    if asked.start is not None:
        query.where("m.created_at >= %(since)s", since=since)
    if asked.end is not None:
        query.where("m.created_at < %(until)s", until=until)
    _narrow(query, audience, asked)
    if numbers is not None:
        query.needs(_DELIVERY)
        query.needs(_CONVERSATION)
        query.needs(_ADDRESS)
        query.where(numbers.condition("coalesce(d.destination, a.value)"), **numbers.given)
    return query


def _narrow(query: _Query, audience: Audience, asked: Asked) -> None:
    if asked.direction != "all":
        query.where("m.kind = %(kind)s", kind="incoming" if asked.direction == "in" else "outgoing")
    if asked.words:
        query.where("m.body ilike all(%(words)s)", words=[f"%{_literal(word)}%" for word in asked.words])
    if asked.state != "all":
        query.needs(_DELIVERY)
        query.where("m.kind = 'outgoing'")
        if asked.state == "delivered":
            query.where("d.state = %(delivered)s", delivered=int(DeliveryState.DELIVERED))
        else:
            query.where(
                "d.state = any(%(lost)s) or d.state = %(sent)s and d.doubted", lost=_LOST, sent=int(DeliveryState.SENT)
            )
    if asked.line is not None:
        query.needs(_CONVERSATION)
        query.where("c.line_id = %(line)s", line=asked.line)
    if asked.link is not None:
        query.needs(_DELIVERY)
        query.needs(_CONVERSATION)
        query.where("coalesce(d.link_id, c.link_id) = %(link)s", link=asked.link)
    if audience.line_ids is not None:
        query.needs(_CONVERSATION)
        query.where("c.line_id = any(%(lines)s)", lines=list(audience.line_ids))


def _source(organisation_id: UUID, asked: Asked, numbers: _Numbers | None, given: dict[str, Any]) -> str | None:
    """Where the fewest texts have to be looked at; what it needs is added to `given`."""
    if asked.reference.strip():
        given["messages"] = _named(organisation_id, asked.reference.strip())
        return _NAMED if given["messages"] else None
    if numbers is not None:
        persons = numbers.persons(organisation_id)
        if not persons:
            return None
        if len(persons) <= FEW:
            given["conversations"] = _conversations_of(organisation_id, persons)
            return _OF_PERSONS if given["conversations"] else None
    return _NOT_ARRIVED if asked.state == "failed" else _ALL


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Addresses: one in its canonical form, or all that begin in one of several ways."""

    exact: str
    begins: list[str]

    @classmethod
    def of(cls, raw: str, region: str) -> _Numbers:
        found = normalise(raw, region=region)
        return cls(found.value, []) if found.is_number else cls("", beginnings(raw, region=region))

    def condition(self, value: str) -> str:
        if self.exact:
            return f"{value} = %(number)s"
        return " or ".join(f"{value} like %(begins{place})s" for place in range(len(self.begins))) or "false"

    @property
    def given(self) -> dict[str, str]:
        if self.exact:
            return {"number": self.exact}
        return {f"begins{place}": f"{_literal(begin)}%" for place, begin in enumerate(self.begins)}

    def persons(self, organisation_id: UUID) -> list[UUID]:
        """Whose addresses these are: of at most FEW and one more of them. Who has several is there several times: were
        he counted once, more than FEW addresses could look like few persons."""
        with connection.cursor() as cursor:
            cursor.execute(
                _PERSONS + f"({self.condition('value')}) limit %(most)s",
                {"organisation": organisation_id, "most": FEW + 1, **self.given},
            )
            return [row[0] for row in cursor.fetchall()]


def _conversations_of(organisation_id: UUID, persons: list[UUID]) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select id from conversations_conversation where organisation_id = %s and contact_id = any(%s)",
            [organisation_id, persons],
        )
        return [row[0] for row in cursor.fetchall()]


def _named(organisation_id: UUID, reference: str) -> list[UUID]:
    """The texts that an operator calls by this id, in any of the spellings that were kept of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select distinct k.message_id from conversations_link l
               join conversations_providerkey k on k.link_id = l.id and k.key = any(%s)
               where l.organisation_id = %s limit 200""",
            [[reference, reference.lower(), reference.upper()], organisation_id],
        )
        return [row[0] for row in cursor.fetchall()]


def _literal(text: str) -> str:
    """`text` for LIKE, where it stands for itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
