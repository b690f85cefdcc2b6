"""What stands around the lists: lines, queues, agents, figures, the head of the event log."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any, TypedDict, cast
from uuid import UUID

from django.conf import settings

from accounts.models import Team, User
from contacts.people import tags_of
from conversations.adapters import Capabilities
from conversations.counts import Counts, count_groups, counts_for
from conversations.links import capabilities_of
from conversations.models import SHORT_CODES_FIRST, Line
from conversations.visibility import audience_of, lines_visible_to
from conversations.wording import takes_latin1
from inbox.choices import DeskView
from inbox.filters import teams_known_to
from realtime.audience import Audience, AudienceKind
from realtime.models import EventHead
from routing import ownership
from routing.disposition_admin import DispositionView
from routing.models import Queue
from routing.pulling import queues_served_by
from routing.reasons import ReasonView
from routing.rendering import AgentView, render_agents


class UserView(TypedDict):
    id: str
    name: str
    email: str
    role: str
    language: str
    theme: str
    density: str
    single_keys: bool


class OrganisationView(TypedDict):
    id: str
    name: str
    time_zone: str
    languages: list[str]
    brand: dict[str, Any]


class CapabilitiesView(TypedDict):
    """conversations.adapters.Capabilities: what the line's medium can do."""

    medium: str
    longest_text: int
    counts_segments: bool
    attachments: bool
    receipts: bool
    media: list[str]
    most_media: int
    largest_media: int


class LineView(TypedDict):
    id: str
    name: str
    address: str
    medium: str
    is_enabled: bool
    has_bot: bool  # one to give a conversation back to
    most_parts: int  # of one text; longer ones are refused
    saver: str  # "ask", "always", "never": what becomes of signs that cost short messages
    latin1: bool  # each of its links takes Latin-1, so that é, ê and ç may stay together
    capabilities: CapabilitiesView


class QueueView(TypedDict):
    """What an agent's screen must know of a queue."""

    id: str
    name: str
    may_pull: bool
    auto_accept: bool
    wrap_up_s: int
    dispositions_required: bool
    mine: bool  # the caller serves it: of his team or of nobody's, and within his skills


class TagNamed(TypedDict):
    id: str
    name: str


class DeskTeam(TypedDict):
    """`members`: ids of users."""

    id: str
    name: str
    members: list[str]


class Session(TypedDict):
    """What a screen needs before anything else. `head` and `epoch` date it in the event log. `desk`: how the user has
    it. `tags`: none where persons are not shown. `teams`: those that he may know of."""

    user: UserView
    organisation: OrganisationView
    lines: list[LineView]
    queues: list[QueueView]
    agents: list[AgentView]
    presence: AgentView
    reasons: list[ReasonView]
    dispositions: list[DispositionView]
    tags: list[TagNamed]
    teams: list[DeskTeam]
    desk: DeskView
    mode: str
    epoch: int
    head: int
    at: str
    csrf: str
    phone_page: str | None


def head_of(organisation_id: UUID) -> dict[str, int]:
    """{"head", "epoch"} of the event log. Read it before what it dates: that is then at least as new."""
    found = EventHead.objects.filter(organisation_id=organisation_id).values_list("head", "epoch").first()
    head, epoch = found or (0, 1)
    return {"head": head, "epoch": epoch}


def audience(user: User) -> Audience:
    """What `user` may see now. He is active: `May` has let him in, and a suspension since then shows him nothing."""
    found = audience_of(user)
    if found is None:
        found = Audience(
            kind=AudienceKind.NO_TEXT, organisation_id=user.organisation_id, user_id=user.id, role=user.role,
            line_ids=frozenset(),
        )  # fmt: skip
    return found


def counts_of(user: User) -> Counts:
    return counts_for(audience(user), count_groups(user.organisation_id))


def lines_of(user: User) -> list[LineView]:
    """The lines that `user` sees, each with what its medium can do."""
    lines = Line.objects.filter(id__in=lines_visible_to(user)).prefetch_related("links").order_by(*SHORT_CODES_FIRST)
    return [
        {
            "id": str(line.id),
            "name": line.name,
            "address": line.address,
            "medium": line.medium,
            "is_enabled": line.is_enabled,
            "has_bot": bool(line.bot),
            "most_parts": line.most_parts,
            "saver": line.saver,
            "latin1": takes_latin1(line),
            "capabilities": _capabilities(line),
        }
        for line in lines
    ]


def _capabilities(line: Line) -> CapabilitiesView:
    """Of the line's links; before it has one, of the medium's first adapter. Attachments only where each link carries
    them: by which one a text leaves is decided when it is stored."""
    kinds = [link.adapter for link in line.links.all()]
    carried = kinds and all(capabilities_of(kind, line.address).attachments for kind in kinds)
    kinds += [kind for kind in settings.LINK_ADAPTERS if kind.startswith(f"{line.medium}.")]
    none = Capabilities(line.medium, 0, False, False, False)
    found = capabilities_of(kinds[0], line.address) if kinds else none
    if not carried:
        found = replace(found, attachments=False, media=(), most_media=0, largest_media=0)
    return cast("CapabilitiesView", asdict(found) | {"media": list(found.media)})


def queues_of(user: User) -> list[QueueView]:
    found = Queue.objects.filter(organisation_id=user.organisation_id, is_enabled=True).order_by("name")
    mine = queues_served_by(user)
    return [
        {
            "id": str(queue.id),
            "name": queue.name,
            "may_pull": queue.may_pull,
            "auto_accept": queue.auto_accept,
            "wrap_up_s": queue.wrap_up_s,
            "dispositions_required": queue.dispositions_required,
            "mine": queue.id in mine,
        }
        for queue in found
    ]


def tags_shown(audience: Audience) -> list[TagNamed]:
    if audience.kind == AudienceKind.NO_TEXT:
        return []
    return [{"id": str(tag.id), "name": tag.name} for tag in tags_of(audience.organisation_id)]


def teams_of(audience: Audience) -> list[DeskTeam]:
    members: dict[UUID, list[str]] = {}
    teams = teams_known_to(audience)
    pairs = Team.members.through.objects.filter(team__in=teams.values("id")).order_by("user_id")
    for team_id, user_id in pairs.values_list("team_id", "user_id"):
        members.setdefault(team_id, []).append(str(user_id))
    return [
        {"id": str(id_), "name": name, "members": members.get(id_, [])}
        for id_, name in teams.order_by("name", "id").values_list("id", "name")
    ]


def agents_of(organisation_id: UUID) -> list[AgentView]:
    return list(render_agents(organisation_id).values())


def presence_of(user: User) -> AgentView:
    """What `user` declared; whoever takes no conversations is shown offline, with no capacity."""
    return render_agents(user.organisation_id, [user.id])[user.id]


def set_presence(user: User, *, state: str | None, reason: str, reason_id: UUID | None) -> AgentView:
    ownership.set_state(user=user, state=state, reason=reason, reason_id=reason_id)
    return presence_of(user)
