"""How one person has his desk: which lines it shows, in which order his views stand.

Kept on the server, so that it is the same in another browser. It is a choice within what he may see, and gives or takes
no right: what is offered to him is not changed by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict
from uuid import UUID

from accounts.events import SettingsChanged
from accounts.models import User
from common.errors import Invalid
from conversations.models import Line
from inbox.models import DeskChoice
from realtime.audience import Audience
from realtime.log import record_changes

MOST_VIEWS = 100
DESK = "desk"  # what SettingsChanged calls it; its object is the user


class DeskView(TypedDict):
    """`line_ids` null: all that he may see."""

    line_ids: list[str] | None


def choice_of(user: User) -> DeskChoice:
    """His own, or one that was never stored."""
    found = DeskChoice.objects.filter(user=user).first()
    return found or DeskChoice(user=user, organisation_id=user.organisation_id)


def desk_view(user: User, audience: Audience) -> DeskView:
    choice = choice_of(user)
    lines = shown_lines(choice, audience)
    return {"line_ids": None if lines is None else sorted(map(str, lines))}


def shown_lines(choice: DeskChoice, audience: Audience) -> frozenset[UUID] | None:
    """The lines that his lists show, of those that he may see now; None: all of them.

    What he chose and may see no longer is left out, and once nothing of it is left he sees all again: an empty desk
    would look as if nobody wrote."""
    if choice.line_ids is None:
        return None
    chosen = {UUID(one) for one in choice.line_ids}
    there = set(
        Line.objects.filter(organisation_id=audience.organisation_id, id__in=chosen).values_list("id", flat=True)
    )
    seen = frozenset(id_ for id_ in there if audience.sees_line(id_))
    return seen or None


def choose_lines(*, user: User, audience: Audience, line_ids: Sequence[UUID] | None) -> None:
    """None: all. Raises Invalid for none at all, and for what he does not see."""
    if line_ids is not None:
        if not line_ids:
            raise Invalid("no_line_chosen", "at least one line", field="line_ids")
        there = set(
            Line.objects.filter(organisation_id=user.organisation_id, id__in=line_ids).values_list("id", flat=True)
        )
        if any(id_ not in there or not audience.sees_line(id_) for id_ in line_ids):
            raise Invalid("unknown_choice", "there is no such line", field="line_ids")
    _keep(user, line_ids=None if line_ids is None else sorted(map(str, set(line_ids))))


def arrange_views(*, user: User, views: Sequence[UUID], pinned: Sequence[UUID]) -> None:
    """The order of his views, and which stand open. Ids that name nothing of his do no harm: they show nothing."""
    if max(len(views), len(pinned)) > MOST_VIEWS:
        raise Invalid("too_many_things", f"at most {MOST_VIEWS} views", field="views")
    _keep(user, views=[str(one) for one in dict.fromkeys(views)], pinned=[str(one) for one in dict.fromkeys(pinned)])


def _keep(user: User, **fields: Any) -> None:
    with record_changes(user.organisation_id) as changes:
        DeskChoice.objects.get_or_create(user=user, defaults={"organisation_id": user.organisation_id})
        choice = DeskChoice.objects.select_for_update(no_key=True).get(user=user)
        if all(getattr(choice, name) == value for name, value in fields.items()):
            return
        DeskChoice.objects.filter(user=user).update(**fields)
        changes.add(SettingsChanged(kind=DESK, object_id=user.id))
