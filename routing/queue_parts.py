"""What a queue asks of those who answer in it: its teams and its skills, replaced whole."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from accounts.models import Team
from common.errors import Invalid
from routing.models import Queue, QueueSkill, Skill
from routing.reasons import in_range


def set_teams(queue: Queue, team_ids: Sequence[UUID]) -> None:
    teams = list(Team.objects.filter(organisation_id=queue.organisation_id, id__in=team_ids))
    if len(teams) != len(set(team_ids)):
        raise Invalid("unknown_choice", "there is no such team", field="team_ids")
    queue.teams.set(teams)


def set_skills(queue: Queue, given: Sequence[tuple[UUID, int, int]]) -> None:
    known = set(Skill.objects.filter(organisation_id=queue.organisation_id).values_list("id", flat=True))
    if len({skill_id for skill_id, *_ in given}) != len(given):
        raise Invalid("twice", "each skill once", field="skills")
    for skill_id, least, preferred in given:
        if skill_id not in known:
            raise Invalid("unknown_choice", "there is no such skill", field="skills")
        in_range(least, 0, 0, 5, "skills")
        in_range(preferred, 0, 0, 5, "skills")
    QueueSkill.objects.filter(queue=queue).delete()
    QueueSkill.objects.bulk_create(
        QueueSkill(queue=queue, skill_id=skill_id, least=least, preferred=preferred)
        for skill_id, least, preferred in given
    )
