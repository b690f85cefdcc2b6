"""Administration of skills, queues and lines: two who work at once, and what is out of use."""

from __future__ import annotations

from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from accounts import audit
from accounts.models import Audit, Role, User
from common.errors import Invalid
from conversations.line_admin import Known, LineFields, save_line
from conversations.models import Line
from routing import skill_admin
from routing.models import AgentSkill, AgentState, Queue, QueueSkill, Skill
from routing.queue_admin import queues_shown
from routing.skill_admin import AgentFields, SkillFields, save_agent, save_skill
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("turn", range(4))
def test_a_skill_is_renamed_while_it_is_given_to_an_agent(cast: Cast, at_once, monkeypatch, turn: int):
    skill = Skill.objects.create(organisation=cast.organisation, name="Facturation")
    both_are_here = Barrier(2, timeout=1)
    real = audit.record

    def meet(**facts: Any) -> None:
        """Both hold what they change, and neither is at its end; one may be kept away by the other."""
        try:
            both_are_here.wait()
        except BrokenBarrierError:
            pass
        real(**facts)

    monkeypatch.setattr(skill_admin.audit, "record", meet)
    results = at_once(
        [
            lambda: save_skill(actor=cast.sam, skill_id=skill.id, fields=SkillFields(name=f"Factures {turn}")),
            lambda: save_agent(actor=cast.sam, user_id=cast.awa.id, fields=AgentFields(skills=[(skill.id, 3)])),
        ]
    )
    assert [one for one in results if isinstance(one, Exception)] == []
    skill.refresh_from_db()
    assert skill.name == f"Factures {turn}"
    assert AgentSkill.objects.get(user=cast.awa).level == 3


def test_a_skill_that_is_out_of_use_keeps_nobody_from_a_queue_and_warns_of_nothing(cast: Cast):
    skill = Skill.objects.create(organisation=cast.organisation, name="Facturation")
    QueueSkill.objects.create(queue=cast.queue, skill=skill, least=3)
    assert queues_shown(cast.organisation.id, cast.queue.id)[0]["warnings"] == ["no_agent_has_skills"]
    save_skill(actor=cast.sam, skill_id=skill.id, fields=SkillFields(is_enabled=False))
    assert queues_shown(cast.organisation.id, cast.queue.id)[0]["warnings"] == []


def test_to_ask_for_nothing_makes_nobody_an_agent(cast: Cast):
    boss = User.objects.create(
        organisation=cast.organisation, email="chef@savane.example", name="Chef", role=Role.SUPERVISOR
    )
    assert save_agent(actor=cast.sam, user_id=boss.id, fields=AgentFields())["skills"] == []
    assert not AgentState.objects.filter(user=boss).exists()
    assert not Audit.objects.exists()


def test_no_line_leads_into_a_queue_that_is_out_of_use(cast: Cast):
    gone = Queue.objects.create(organisation=cast.organisation, name="Ancienne", is_enabled=False)
    known = Known(bots=(), queues={cast.queue.id})
    line = Line.objects.filter(organisation=cast.organisation).first()
    assert line is not None
    with pytest.raises(Invalid) as refused:
        save_line(actor=cast.sam, fields=LineFields(queue_id=gone.id), known=known, line_id=line.id)
    assert refused.value.code == "unknown_choice"
    # One that leads there, out of use itself, keeps it, and is not brought back into use with it.
    Line.objects.filter(id=line.id).update(queue_id=gone.id, is_enabled=False)
    assert save_line(actor=cast.sam, fields=LineFields(name="Vieille", queue_id=gone.id), known=known, line_id=line.id)
    with pytest.raises(Invalid):
        save_line(actor=cast.sam, fields=LineFields(is_enabled=True), known=known, line_id=line.id)
    back = LineFields(is_enabled=True, queue_id=cast.queue.id)
    assert save_line(actor=cast.sam, fields=back, known=known, line_id=line.id).is_enabled
