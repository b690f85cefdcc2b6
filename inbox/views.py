"""Saved views: a filter of the list under a name, for oneself, for a team or for everybody, with how many it holds.

A view shows to each reader what he may see of it. What it names and is gone since, or is not for his eyes, is left out
of what he is told, and said: `missing`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q, QuerySet

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import Role, Team, User
from common.errors import Conflict, Invalid, NotAllowed, NotFound
from common.text import name_of
from conversations.models import Line, Status
from inbox.choices import DESK, choice_of, shown_lines
from inbox.filters import Filter, for_reader_of, narrowed
from inbox.lists import VIEWS, in_view
from inbox.models import SavedView, Sharing
from realtime.audience import Audience, AudienceKind
from realtime.log import Changes, record_changes

COLUMNS = ("tags", "owner", "line")  # of the second line of a row, which one may leave out
ORDERS = ("waiting", "deadline")
MOST_OWN, MOST_SHARED = 50, 50
SHARE = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})  # with a team, with everybody
COUNTED = 100  # conversations; that many is "99+"


class ViewView(TypedDict):
    """`filter`: view, order, and what inbox.filters.Filter has. `missing`: fields of it that named what is no longer
    there for the reader. `count`: of what is not over, 100 for "99+"; null where what is over is asked for."""

    id: str
    name: str
    sharing: str
    team_id: str | None
    owner: str
    mine: bool  # the reader may change it
    filter: dict[str, Any]
    columns: list[str]
    missing: list[str]
    pinned: bool
    count: int | None


@dataclass(frozen=True, slots=True)
class ViewFields:
    name: str = ""
    sharing: str = Sharing.PERSONAL
    team_id: UUID | None = None
    view: str = "all"
    order: str = "waiting"
    asked: Filter = field(default_factory=Filter)
    columns: Sequence[str] = COLUMNS


def views_of(user: User, audience: Audience, now: datetime) -> list[ViewView]:
    """Those that `user` may open, in his order. The same number of queries whatever their number."""
    choice = choice_of(user)
    shown = shown_lines(choice, audience)
    found = list(_open_to(user, audience).select_related("owner"))
    place = {id_: number for number, id_ in enumerate(choice.views)}
    found.sort(key=lambda one: (place.get(str(one.id), len(place)), one.name.casefold(), str(one.id)))
    read = for_reader_of([Filter.of(one.filter) for one in found], audience)
    counts = _counted(audience, shown, [(one.filter, asked) for one, (asked, _) in zip(found, read, strict=True)], now)
    return [
        {
            "id": str(one.id),
            "name": one.name,
            "sharing": one.sharing,
            "team_id": None if one.team_id is None else str(one.team_id),
            "owner": one.owner.name,
            "mine": _may_change(user, one),
            "filter": {"view": _view_in(one.filter), "order": _order_in(one.filter), **asked.stored()},
            "columns": [name for name in COLUMNS if name in one.columns],
            "missing": missing,
            "pinned": str(one.id) in choice.pinned,
            "count": count,
        }
        for one, (asked, missing), count in zip(found, read, counts, strict=True)
    ]


def save_view(*, user: User, audience: Audience, given: ViewFields, view_id: UUID | None = None) -> UUID:
    """Raises NotFound("no_view"), Conflict("shared_view"), NotAllowed("role") for sharing, Invalid."""
    if view_id is not None:  # before what was given is looked at: a stranger's view is not there, whatever it is given
        _mine_to_change(user, _open_to(user, audience), view_id)
    fields = _checked(user, audience, given)
    with record_changes(user.organisation_id) as changes:
        if view_id is None:
            view = SavedView(organisation_id=user.organisation_id, owner=user)
            _refuse_too_many(user, fields["sharing"])
            before: dict[str, Any] = {}
        else:
            view = _mine_to_change(user, _held(user, audience), view_id)
            before = _described(view)
            if view.sharing == Sharing.PERSONAL != fields["sharing"]:
                _refuse_too_many(user, fields["sharing"])
        was_shared = bool(before) and view.sharing != Sharing.PERSONAL
        for name, value in fields.items():
            setattr(view, name, value)
        view.save(force_insert=not before)
        changed = audit.difference(before, _described(view))
        if changed:
            _note(changes, user, view, "view.changed" if before else "view.created", changed, shared_before=was_shared)
    return view.id


def delete_view(*, user: User, audience: Audience, view_id: UUID) -> None:
    """Raises NotFound("no_view"), Conflict("shared_view")."""
    with record_changes(user.organisation_id) as changes:
        view = _mine_to_change(user, _held(user, audience), view_id)
        _note(changes, user, view, "view.deleted", {"name": [view.name, None]}, shared_before=False)
        view.delete()


def _open_to(user: User, audience: Audience) -> QuerySet[SavedView]:
    """His own, his teams', everybody's. Whoever sees every line also sees what any team shares."""
    shared = Q(sharing=Sharing.EVERYBODY)
    if audience.line_ids is None and audience.kind == AudienceKind.FULL:
        shared |= Q(sharing=Sharing.TEAM)
    else:
        shared |= Q(sharing=Sharing.TEAM, team__in=Team.objects.filter(members=user))
    return SavedView.objects.filter(
        Q(owner=user, sharing=Sharing.PERSONAL) | shared, organisation_id=user.organisation_id
    )


def _may_share(user: User) -> bool:
    return user.role in SHARE


def _may_change(user: User, view: SavedView) -> bool:
    return _may_share(user) if view.sharing != Sharing.PERSONAL else view.owner_id == user.id


def _held(user: User, audience: Audience) -> QuerySet[SavedView]:
    return _open_to(user, audience).select_for_update(of=("self",))


def _mine_to_change(user: User, views: QuerySet[SavedView], view_id: UUID) -> SavedView:
    view = views.filter(id=view_id).first()
    if view is None:
        raise NotFound("no_view", "there is no such view")
    if not _may_change(user, view):
        raise Conflict("shared_view", "a supervisor's to change: others use this view")
    return view


def _checked(user: User, audience: Audience, given: ViewFields) -> dict[str, Any]:
    if given.sharing not in Sharing.values:
        raise Invalid("unknown_choice", f"must be one of {', '.join(Sharing.values)}", field="sharing")
    team = None
    if given.sharing == Sharing.TEAM:
        teams = Team.objects.filter(organisation_id=user.organisation_id)
        team = None if given.team_id is None else teams.filter(id=given.team_id).first()
        if team is None:
            raise Invalid("unknown_choice", "there is no such team", field="team_id")
    if given.sharing != Sharing.PERSONAL and not _may_share(user):
        raise NotAllowed("role", "your role does not include sharing views", permission="views.keep")
    if given.view not in VIEWS:
        raise Invalid("unknown_choice", f"must be one of {', '.join(VIEWS)}", field="view")
    if given.order not in ORDERS:
        raise Invalid("unknown_choice", f"must be one of {', '.join(ORDERS)}", field="order")
    if not set(given.columns) <= set(COLUMNS):
        raise Invalid("unknown_choice", f"must be of {', '.join(COLUMNS)}", field="columns")
    if given.asked.status is not None and given.asked.status not in Status.values:
        raise Invalid("unknown_choice", f"must be one of {', '.join(Status.values)}", field="status")
    return {
        "name": name_of(given.name, longest=60, field="name"),
        "sharing": Sharing(given.sharing),
        "team": team,
        "filter": {"view": given.view, "order": given.order, **given.asked.stored()},
        "columns": [name for name in COLUMNS if name in given.columns],
    }


def _refuse_too_many(user: User, sharing: str) -> None:
    mine = SavedView.objects.filter(organisation_id=user.organisation_id)
    if sharing == Sharing.PERSONAL:
        User.objects.select_for_update(no_key=True).get(id=user.id)  # two clicks at once: the second counts the first
        if mine.filter(owner=user, sharing=sharing).count() >= MOST_OWN:
            raise Invalid("too_many_things", f"at most {MOST_OWN} views", field="name")
    elif mine.exclude(sharing=Sharing.PERSONAL).count() >= MOST_SHARED:
        raise Invalid("too_many_things", f"at most {MOST_SHARED} shared views", field="name")


def _described(view: SavedView) -> dict[str, Any]:
    return {
        "name": view.name, "sharing": str(view.sharing), "team_id": None if view.team_id is None else str(view.team_id),
        "filter": dict(view.filter), "columns": list(view.columns),
    }  # fmt: skip


def _note(
    changes: Changes, user: User, view: SavedView, action: str, changed: Mapping[str, list[Any]], *, shared_before: bool
) -> None:
    """What is shared is everybody's business, with its line in the audit log; what is personal, its owner's desks'."""
    if view.sharing == Sharing.PERSONAL and not shared_before:
        changes.add(SettingsChanged(kind=DESK, object_id=user.id))
        return
    audit.record(
        actor=user, organisation_id=user.organisation_id, action=action, kind="view", object_id=view.id, name=view.name,
        changes=changed,
    )  # fmt: skip
    changes.add(SettingsChanged(kind="view", object_id=view.id))


def _view_in(stored: Mapping[str, Any]) -> str:
    view = stored.get("view")
    return view if isinstance(view, str) and view in VIEWS else "all"


def _order_in(stored: Mapping[str, Any]) -> str:
    order = stored.get("order")
    return order if isinstance(order, str) and order in ORDERS else "waiting"


def _counted(
    audience: Audience, shown: frozenset[UUID] | None, wanted: Sequence[tuple[Mapping[str, Any], Filter]], now: datetime
) -> list[int | None]:
    """One statement for all. Each stops at COUNTED, and looks at what is not over alone: some thousands of rows at
    most, by the index that the database keeps of them."""
    lines = Line.objects.filter(organisation_id=audience.organisation_id).values_list("id", flat=True)
    seen = [id_ for id_ in lines if audience.sees_line(id_)] if wanted else []
    pieces: list[str] = []
    values: list[Any] = []
    for stored, asked in wanted:
        if asked.status == Status.CLOSED or (asked.tag and audience.kind == AudienceKind.NO_TEXT):
            pieces.append("null")
            continue
        live = in_view(audience, _view_in(stored), shown).exclude(status=Status.CLOSED).filter(line_id__in=seen)
        found = narrowed(live, asked, audience, now).order_by().values("id")[:COUNTED]
        statement, given = _sql(found)
        pieces.append(f"(select count(*) from ({statement}) counted)")  # noqa: S608 (Django's own, with parameters)
        values += given
    if not pieces:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"select {', '.join(pieces)}", values)
        return list(cursor.fetchone())


def _sql(found: QuerySet[Any, Any]) -> tuple[str, list[Any]]:
    """An empty filter ("of nobody") has no statement of its own."""
    try:
        statement, given = found.query.sql_with_params()
    except EmptyResultSet:
        return "select 1 where false", []
    return statement, list(given)
