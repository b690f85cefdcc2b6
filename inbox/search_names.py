"""What a search names: queues, lines, agents and tags by their names, in any spelling that is close enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from accounts.models import Role, User
from contacts.merging import distance
from contacts.models import Tag
from conversations.models import Line
from inbox.search_query import Query, fold
from realtime.audience import Audience
from routing.models import Queue

MOST_NAMES = 500


@dataclass(slots=True)
class Names:
    """What the fields of a query stand for. None: not asked; an empty set: asked, and nothing is called so."""

    tags: set[UUID] | None = None
    queues: set[UUID] | None = None
    lines: set[UUID] | None = None
    agents: set[UUID] | None = None
    unknown: list[tuple[str, str, list[str]]] = field(default_factory=list)  # field, value, names that come near
    taken: list[tuple[str, str, str]] = field(default_factory=list)  # field, value, the name that it was taken for


def resolve(query: Query, audience: Audience) -> Names:
    """Queues and agents are known to all who work here; lines to those who see them."""
    names = Names()
    organisation_id = audience.organisation_id
    for name in ("tag", "queue", "line", "agent"):
        values = query.values(name)
        if not values:
            continue
        known: dict[UUID, tuple[str, ...]] = {}
        if name == "tag":
            known = {one.id: (one.name,) for one in Tag.objects.filter(organisation_id=organisation_id)}
        elif name == "queue":
            known = {one.id: (one.name,) for one in Queue.objects.filter(organisation_id=organisation_id)}
        elif name == "line":
            lines = Line.objects.filter(organisation_id=organisation_id)
            known = {one.id: (one.name, one.address) for one in lines if audience.sees_line(one.id)}
        else:
            people = User.objects.filter(organisation_id=organisation_id).exclude(role=Role.OBSERVER)
            known = {one.id: (one.name,) for one in people.order_by("name")[:MOST_NAMES]}
            known[audience.user_id] = (*known.get(audience.user_id, ()), "me", "moi")
        found: set[UUID] = set()
        for value in values:
            found |= _meant(names, name, value, known)
        setattr(names, f"{name}s", found)
    return names


def _meant(names: Names, name: str, value: str, known: Mapping[UUID, tuple[str, ...]]) -> set[UUID]:
    exact = {id_ for id_, called in known.items() if any(fold(one) == fold(value) for one in called)}
    found = exact or {id_ for id_, called in known.items() if any(_begins(one, value) for one in called)}
    if found:
        return found
    near = {id_: close for id_, called in known.items() for one in called if (close := closest(value, [one]))}
    if near:
        id_, close = next(iter(near.items()))
        names.taken.append((name, value, close))
        return {id_}
    first = sorted(called[0] for called in known.values())
    names.unknown.append((name, value, first[:5]))
    return set()


def _begins(name: str, value: str) -> bool:
    """Whether a word of `name` begins with `value`, or the whole of it does."""
    whole, wanted = fold(name), fold(value)
    return whole.startswith(wanted) or any(word.startswith(wanted) for word in whole.split())


def closest(value: str, among: Iterable[str]) -> str:
    """The first of `among` that is `value` with a slip of the fingers, or two in a long word; "" where none is."""
    wanted = fold(value)
    most = 0 if len(wanted) < 3 else 1 if len(wanted) < 6 else 2
    for one in among:
        if any(distance(wanted, word) <= most for word in (fold(one), *fold(one).split())):
            return one
    return ""


def tags_like(organisation_id: UUID, words: Iterable[str]) -> list[Tag]:
    """Tags of which a word of the search is the beginning, or is one with a slip."""
    wanted = [one for one in words if len(fold(one)) >= 2]
    tags = list(Tag.objects.filter(organisation_id=organisation_id).order_by("name", "id"))
    exact = [one for one in tags if any(_begins(one.name, word) for word in wanted)]
    return (exact or [one for one in tags if any(closest(word, [one.name]) for word in wanted)])[:10]
