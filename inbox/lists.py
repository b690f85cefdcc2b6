"""The lists of conversations: which, in which order, and where the next page starts.

Keyset paging: a page starts after the sort values of the last row seen, so that a row that moves meanwhile may be
met again (the screen keeps the highest revision) but none is skipped for the reason that others moved.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from common.errors import Invalid, NotAllowed
from contacts.numbers import clean, normalise
from conversations.models import Conversation, MessageKind, Status
from conversations.rendering import Row, render_rows
from conversations.visibility import conversations_of
from inbox.filters import Filter, narrowed
from realtime.audience import Audience, AudienceKind

VIEWS = ("mine", "snoozed", "queue", "all")
LONGEST_SEARCH = 100


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the sort values of its last row. `waiting_since`: or its next deadline, or until when it
    sleeps, in that order."""

    waiting_since: datetime | None
    last_activity_at: datetime
    id: UUID

    def written(self) -> str:
        parts = [self.waiting_since and self.waiting_since.isoformat(), self.last_activity_at.isoformat(), str(self.id)]
        return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> Place:
        """Raises Invalid("cursor") for anything that we did not write."""
        try:
            waiting, activity, id_ = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            place = cls(waiting and datetime.fromisoformat(waiting), datetime.fromisoformat(activity), UUID(id_))
            if place.last_activity_at.tzinfo is None or (place.waiting_since and place.waiting_since.tzinfo is None):
                raise ValueError("no time zone")
        except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error):
            raise Invalid("cursor", "this is no place in a list: start again", field="after") from None
        return place


def list_page(
    *, audience: Audience, organisation_region: str, view: str, asked: Filter, q: str | None, after: str | None,
    limit: int, now: datetime, order: str = "waiting", shown: frozenset[UUID] | None = None,
) -> tuple[list[Row], str | None]:  # fmt: skip
    """One page of a view and where the next one starts (None: this was the last). Raises Invalid, NotAllowed.

    `order`: of mine and queue, "waiting" (longest first) or "deadline" (the next to be missed first). Of snoozed the
    next to wake is first. `shown`: as `in_view` says.
    """
    found = _asked(audience, organisation_region, view, asked, q, now, shown)
    place = Place.read(after) if after else None
    found, first = _in_order(found, view, order, place)
    values = list(found.values_list(first, "last_activity_at", "id")[: limit + 1])
    ends = Place(*values[limit - 1]).written() if len(values) > limit else None
    ids = [id_ for _, _, id_ in values[:limit]]
    rows = render_rows(audience.organisation_id, ids, audience.kind)
    return [rows[id_] for id_ in ids if id_ in rows], ends


def list_ids(
    *, audience: Audience, organisation_region: str, view: str, asked: Filter, q: str | None, limit: int, now: datetime,
    order: str = "waiting", shown: frozenset[UUID] | None = None,
) -> list[UUID]:  # fmt: skip
    """The first `limit` of what list_page shows."""
    found = _asked(audience, organisation_region, view, asked, q, now, shown)
    return list(_in_order(found, view, order, None)[0].values_list("id", flat=True)[:limit])


def _asked(
    audience: Audience, region: str, view: str, asked: Filter, q: str | None, now: datetime,
    shown: frozenset[UUID] | None,
) -> QuerySet[Conversation]:  # fmt: skip
    found = narrowed(in_view(audience, view, shown), asked, audience, now)
    searched = bool(q and q.strip())
    if view == "all" and asked.status is None and not searched:
        found = without_notices(found)
    if q and searched:
        if audience.kind != AudienceKind.FULL:
            # Finding by name or number would tell what is hidden, one digit at a time.
            raise NotAllowed("search", "names and numbers are not shown to you")
        found = _matching(found, q, region)
    return found


def _in_order(
    found: QuerySet[Conversation], view: str, order: str, place: Place | None
) -> tuple[QuerySet[Conversation], str]:
    """From `place` on, and the name of the moment that it is ordered by first."""
    first = "next_deadline_at" if order == "deadline" else "waiting_since"
    if view == "snoozed":
        first = "snoozed_until"
    return (_after_all(found, place) if view == "all" else _after_first(found, place, first)), first


def in_view(audience: Audience, view: str, shown: frozenset[UUID] | None = None) -> QuerySet[Conversation]:
    """The conversations of a view. `shown`: the lines that the asker has on his desk (None: all); what is his own
    is there whatever its line, for it was given to him. Raises Invalid."""
    found = conversations_of(audience)
    if shown is not None and view in ("queue", "all"):
        found = found.filter(line_id__in=shown)
    if view == "mine":
        return found.filter(owner_id=audience.user_id, status=Status.OPEN)
    if view == "snoozed":
        return found.filter(owner_id=audience.user_id, status=Status.SNOOZED)
    if view == "queue":
        return found.filter(status=Status.QUEUED)
    if view == "all":
        return found
    raise Invalid("unknown_choice", f"must be one of {', '.join(VIEWS)}", field="view")


def without_notices(found: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """`found` but for what is over and in which nobody but us has written: an application's texts are thousands a day,
    and would push every talk off a list of the newest.

    Told by the row alone, so that a page costs the rows that it passes and no look at their messages: each text that
    comes in leaves its way there, and each answer of a person its time.
    """
    return found.exclude(status=Status.CLOSED, link=None, first_answered_at=None, preview_kind=MessageKind.OUTGOING)


def _matching(found: QuerySet[Conversation], q: str, region: str) -> QuerySet[Conversation]:
    words = clean(q[:LONGEST_SEARCH])
    if not words:
        return found.none()
    wanted = Q(contact__name__icontains=words) | Q(contact__merged_into__name__icontains=words)
    number = normalise(words, region=region)
    digits = "".join(filter(str.isdigit, words))
    if number.is_number:
        wanted |= Q(address__value=number.value)
    elif len(digits) >= 3 and not any(map(str.isalpha, words)):
        wanted |= Q(address__value__contains=digits)
    else:
        wanted |= Q(address__value__istartswith=words)
    return found.filter(wanted)


def _after_all(found: QuerySet[Conversation], place: Place | None) -> QuerySet[Conversation]:
    if place is not None:
        activity = place.last_activity_at
        found = found.filter(last_activity_at__lte=activity).exclude(last_activity_at=activity, id__gte=place.id)
    return found.order_by("-last_activity_at", "-id")


def _after_first(found: QuerySet[Conversation], place: Place | None, first: str) -> QuerySet[Conversation]:
    """By the moment `first`, earliest first and those without one last; then the latest activity."""
    if place is not None:
        activity = place.last_activity_at
        same: dict[str, Any] = {first: place.waiting_since} if place.waiting_since else {f"{first}__isnull": True}
        beyond = Q(last_activity_at__lt=activity, **same) | Q(last_activity_at=activity, id__lt=place.id, **same)
        if place.waiting_since:
            beyond |= Q(**{f"{first}__gt": place.waiting_since}) | Q(**{f"{first}__isnull": True})
        found = found.filter(beyond)
    return found.order_by(F(first).asc(nulls_last=True), "-last_activity_at", "-id")
