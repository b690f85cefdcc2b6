"""Who may see which conversations: the one rule, asked by the screens, the API and the socket hub.

An agent sees the lines that have no team and those of his teams. Supervisors, administrators and observers see
the whole organisation; an observer (the client's own people) sees figures and no text.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from accounts.models import Role, User
from conversations.models import Conversation
from realtime.audience import Audience, AudienceKind

_KIND: dict[str, AudienceKind] = {Role.OBSERVER: AudienceKind.NO_TEXT}

# One row a user: what he is, and the lines he may see (null: all of them). A switched-off user has no row. The lines of
# no team are gathered once for all who are asked about: a thousand agents would each walk them.
_AUDIENCES = """
with asked as materialized (
    select u.id, u.organisation_id, u.role from accounts_user u where u.is_active and u.id = any(%s::uuid[])
), everybodys as materialized (
    select line.organisation_id, array_agg(line.id) as ids
    from conversations_line line
    where line.organisation_id in (select organisation_id from asked where role = 'agent')
      and not exists (select from conversations_line_teams t where t.line_id = line.id)
    group by line.organisation_id
), own as materialized (
    select u.id, array_agg(line.id order by line.id) as ids
    from asked u
    join accounts_team_members m on m.user_id = u.id
    join conversations_line_teams t on t.team_id = m.team_id
    join conversations_line line on line.id = t.line_id and line.organisation_id = u.organisation_id
    where u.role = 'agent'
    group by u.id
)
select u.id, u.organisation_id, u.role,
       case when u.role = 'agent' then coalesce(e.ids, '{}') || coalesce(own.ids, '{}') end::text
from asked u
left join everybodys e on e.organisation_id = u.organisation_id
left join own on own.id = u.id
"""


def audiences_of(user_ids: Collection[UUID]) -> dict[UUID, Audience]:
    """The audience that each active user is, in one query. Whoever is absent from the answer may see nothing."""
    same: dict[str, frozenset[UUID]] = {}  # most agents see what others see: it is read once, and is one set
    found: dict[UUID, Audience] = {}
    with connection.cursor() as cursor:
        cursor.execute(_AUDIENCES, [list(user_ids)])
        for user_id, organisation_id, role, lines in cursor.fetchall():
            if lines is not None and lines not in same:
                same[lines] = frozenset(UUID(one) for one in lines[1:-1].split(",") if one)
            found[user_id] = Audience(
                kind=_KIND.get(role, AudienceKind.FULL),
                organisation_id=organisation_id,
                user_id=user_id,
                role=role,
                line_ids=None if lines is None else same[lines],
            )
    return found


def audience_of(user: User) -> Audience | None:
    """What `user` may see now; None when he is switched off or gone."""
    return audiences_of([user.pk]).get(user.pk)


def lines_visible_to(user: User) -> set[UUID]:
    """The ids of the lines whose conversations `user` may see."""
    audience = audience_of(user)
    if audience is None:
        return set()
    if audience.line_ids is not None:
        return set(audience.line_ids)
    with connection.cursor() as cursor:
        cursor.execute("select id from conversations_line where organisation_id = %s", [audience.organisation_id])
        return {row[0] for row in cursor.fetchall()}


def visible_conversations(user: User) -> QuerySet[Conversation]:
    """The conversations that `user` may see, to be narrowed further."""
    audience = audience_of(user)
    if audience is None:
        return Conversation.objects.none()
    return conversations_of(audience)


def conversations_of(audience: Audience) -> QuerySet[Conversation]:
    found = Conversation.objects.filter(organisation_id=audience.organisation_id)
    return found if audience.line_ids is None else found.filter(line_id__in=audience.line_ids)
