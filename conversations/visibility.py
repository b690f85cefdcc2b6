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

_KIND = {Role.OBSERVER: AudienceKind.NO_TEXT}

# One row a user: what he is, and the lines he may see (null: all of them). A switched-off user has no row.
_AUDIENCES = """
select u.id, u.organisation_id, u.role,
       case when u.role = 'agent' then array(
           select line.id from conversations_line line
           where line.organisation_id = u.organisation_id
             and (not exists (select 1 from conversations_line_teams t where t.line_id = line.id)
                  or exists (select 1 from conversations_line_teams t
                             join accounts_team_members m on m.team_id = t.team_id
                             where t.line_id = line.id and m.user_id = u.id)))
       end
from accounts_user u
where u.is_active and u.id = any(%s)
"""


def audiences_of(user_ids: Collection[UUID]) -> dict[UUID, Audience]:
    """The audience that each active user is, in one query. Whoever is absent from the answer may see nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_AUDIENCES, [list(user_ids)])
        return {
            user_id: Audience(
                kind=_KIND.get(Role(role), AudienceKind.FULL),
                organisation_id=organisation_id,
                user_id=user_id,
                role=role,
                line_ids=None if lines is None else frozenset(lines),
            )
            for user_id, organisation_id, role, lines in cursor.fetchall()
        }


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
