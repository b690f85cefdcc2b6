"""Numbers to which a text was refused for good by the number's own fault: each is kept, once, with how often."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict
from uuid import UUID

import psycopg

from accounts import audit
from accounts.models import User
from common.errors import NotFound
from conversations.models import Link, WrongNumber
from conversations.portability import beginning_of
from conversations.reasons import meaning_of, of_link
from conversations.rendering import iso
from realtime.log import record_changes

SHOWN = 100

_KEEP = """
insert into conversations_wrongnumber as w (organisation_id, number, link_id, message_id, code)
select distinct on (d.organisation_id, d.destination) d.organisation_id, d.destination, %(link)s, d.message_id, t.code
from unnest(%(messages)s::uuid[], %(codes)s::text[]) t (message_id, code)
join conversations_delivery d on d.message_id = t.message_id and d.destination like '+%%'
order by d.organisation_id, d.destination, d.message_id desc
on conflict (organisation_id, number) do update set
    times = w.times + 1, last_at = clock_timestamp(), link_id = excluded.link_id,
    message_id = excluded.message_id, code = excluded.code
"""


async def keep_wrong_numbers(
    connection: psycopg.AsyncConnection[Any], link_id: UUID, codes: Mapping[UUID, str]
) -> None:
    """`codes`: of messages that have just failed for good. In the transaction that says so."""
    if not codes:
        return
    cursor = await connection.execute(
        "select coalesce(settings->>'error_profile', ''), meanings from conversations_link where id = %s", [link_id]
    )
    row = await cursor.fetchone()
    if row is None:
        return
    wrong = {}
    for message_id, code in codes.items():
        means = meaning_of(code, row[0], row[1])
        if means is not None and means.wrong_number:
            wrong[message_id] = code
    if wrong:
        await connection.execute(
            _KEEP, {"link": link_id, "messages": list(wrong), "codes": [code[:16] for code in wrong.values()]}
        )


def wrong_numbers_shown(organisation_id: UUID, number: str = "") -> dict[str, Any]:
    """How many there are, and the latest of those that begin with `number` (as it was written), with what their
    operators said."""
    mine = WrongNumber.objects.filter(organisation_id=organisation_id)
    beginning = beginning_of(organisation_id, number)
    shown = mine.filter(number__startswith=beginning) if beginning else mine
    links = dict(Link.objects.filter(organisation_id=organisation_id).values_list("id", "name"))
    items = []
    for one in shown.order_by("-last_at")[:SHOWN]:
        means = of_link(one.link_id, one.code)
        items.append(
            {
                "number": one.number,
                "link": links.get(one.link_id, ""),
                "code": one.code,
                "fr": means.fr if means else "",
                "en": means.en if means else "",
                "times": one.times,
                "first_at": one.first_at,
                "last_at": one.last_at,
            }
        )
    return {"total": mine.count(), "items": items}


class WrongNumberView(TypedDict):
    """A number's permanent failures: how often, since when, and why the last time (conversations/reasons.py)."""

    code: str
    fr: str
    en: str
    times: int
    first_at: str
    last_at: str


def wrong_number_of(organisation_id: UUID, number: str) -> WrongNumberView | None:
    """None: no operator has said that this number is wrong."""
    one = WrongNumber.objects.filter(organisation_id=organisation_id, number=number).first()
    if one is None:
        return None
    means = of_link(one.link_id, one.code)
    return {
        "code": one.code,
        "fr": means.fr if means else "",
        "en": means.en if means else "",
        "times": one.times,
        "first_at": iso(one.first_at),
        "last_at": iso(one.last_at),
    }


def forget_wrong_number(*, actor: User, number: str) -> None:
    """The number is right after all. Raises NotFound."""
    with record_changes(actor.organisation_id):
        gone, _ = WrongNumber.objects.filter(organisation_id=actor.organisation_id, number=number).delete()
        if not gone:
            raise NotFound("no_wrong_number", "this number is not among the wrong ones")
        audit.record(
            actor=actor, organisation_id=actor.organisation_id, action="wrong_number.removed", kind="wrong_number",
            object_id=actor.organisation_id, name=number, changes={"number": [number, None]},
        )  # fmt: skip
