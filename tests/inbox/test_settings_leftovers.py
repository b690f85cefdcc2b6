"""What desks are told of settings, and administrators of a number that is refused."""

from __future__ import annotations

import pytest

from accounts.models import Audit, Role, Team
from common.clock import database_now
from common.ids import uuid7
from config.error_texts import in_words
from config.rendering import DeskRenderer
from realtime.audience import AudienceKind
from realtime.reading import StoredEvent
from routing.models import AgentMedium, AgentSkill, Disposition, Queue, QueueSkill, Skill
from tests.browser import Browser, someone
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_number_out_of_range_is_refused_with_its_bounds_in_both_languages(cast: Cast):
    admin = someone(cast, Role.ADMINISTRATOR)
    address = f"/api/admin/queues/{cast.queue.id}"
    for language, said in (("fr", "De 5 à 300."), ("en", "From 5 to 300.")):
        admin.language = language
        admin.save()
        refused = Browser(admin).patch(address, {"ring_s": 301})
        assert refused.data["error"]["fields"] == {"ring_s": said}
    assert in_words("out_of_range", "fr", "", {"least": 0, "most": 1_000_000}) == "De 0 à 1\u202f000\u202f000."
    assert in_words("out_of_range", "en", "", {"least": 0, "most": 1_000_000}) == "From 0 to 1,000,000."
    assert "{wait}" in in_words("ladder_no_estimate", "fr", ""), "others are said as they are written"


def test_a_desk_knows_which_queues_its_agent_serves(cast: Cast):
    north = Team.objects.create(organisation=cast.organisation, name="Nord")
    of_others = Queue.objects.create(organisation=cast.organisation, name="A")
    of_others.teams.add(north)
    skilled = Queue.objects.create(organisation=cast.organisation, name="B")
    skill = Skill.objects.create(organisation=cast.organisation, name="Litiges")
    QueueSkill.objects.create(queue=skilled, skill=skill, least=3)

    def mine() -> set[str]:
        return {queue["name"] for queue in Browser(cast.awa).get("/api/session").data["queues"] if queue["mine"]}

    assert mine() == {"Service clients"}
    north.members.add(cast.awa)
    AgentSkill.objects.create(user=cast.awa, skill=skill, level=3)
    assert mine() == {"Service clients", "A", "B"}


def test_a_disposition_out_of_use_is_still_named_on_what_was_closed_with_it(cast: Cast):
    one = Disposition.objects.create(
        organisation=cast.organisation, queue=cast.queue, name="À rappeler", is_enabled=False
    )
    (shown,) = Browser(cast.awa).get("/api/session").data["dispositions"]
    assert (shown["id"], shown["is_enabled"]) == (str(one.id), False)


def test_a_screen_hears_what_kind_of_settings_changed_and_nothing_more_of_most(cast: Cast):
    ids = {"agent": str(cast.awa.id), "contact": str(cast.koffi.id), "line": str(cast.line_1919.id)}
    events = [
        StoredEvent(uuid7(), seq, "settings.changed", {"kind": kind, "object_id": id_}, database_now())
        for seq, (kind, id_) in enumerate(ids.items(), start=1)
    ]
    wires = DeskRenderer().events(cast.organisation.id, events, AudienceKind.NO_TEXT)
    told = {
        seq: {name: wire.wire[name] for name in wire.wire if name in ("kind", "object_id")}
        for seq, wire in wires.items()
    }
    assert told == {1: {"kind": "agent", "object_id": ids["agent"]}, 2: {"kind": "contact"}, 3: {"kind": "line"}}


def test_the_audit_log_names_what_was_changed(cast: Cast):
    """An id says nothing to who reads it later, and a length does not show that a minimum was raised."""
    admin = Browser(someone(cast, Role.ADMINISTRATOR))
    team = Team.objects.create(organisation=cast.organisation, name="Nord")
    skill = Skill.objects.create(organisation=cast.organisation, name="Litiges")

    def told() -> dict:
        found = Audit.objects.order_by("id").last()
        assert found is not None
        return found.changes

    queue, asks = f"/api/admin/queues/{cast.queue.id}", {"skill_id": str(skill.id), "least": 3, "preferred": 0}
    admin.patch(queue, {"team_ids": [str(team.id)], "preferred_team_id": str(team.id), "skills": [asks]})
    assert told() == {"teams": [[], ["Nord"]], "preferred_team": [None, "Nord"], "skills.Litiges": [None, "3 / –"]}
    admin.patch(queue, {"skills": [{**asks, "least": 5}]})
    assert told() == {"skills.Litiges": ["3 / –", "5 / –"]}
    agent = f"/api/admin/agents/{cast.awa.id}"
    admin.patch(agent, {"skills": [{"skill_id": str(skill.id), "level": 4}]})
    assert told() == {"skills.Litiges": [None, 4]}
    admin.post("/api/admin/dispositions", {"queue_id": str(cast.queue.id), "name": "Résolu"})
    assert told()["queue"] == [None, "Service clients"]


def test_two_administrators_who_fill_two_skills_of_one_agent_do_not_undo_each_other(cast: Cast):
    admin, agent = Browser(someone(cast, Role.ADMINISTRATOR)), f"/api/admin/agents/{cast.awa.id}"
    fon, billing = (
        str(Skill.objects.create(organisation=cast.organisation, name=name).id) for name in ("Fon", "Litiges")
    )
    for skill_id, level in ((fon, 3), (billing, 4)):
        assert admin.patch(agent, {"levels": [{"skill_id": skill_id, "level": level}]}).status == 200
    shown = admin.patch(agent, {"levels": [{"skill_id": fon, "level": 5}]}).data
    assert {one["skill_id"]: one["level"] for one in shown["skills"]} == {fon: 5, billing: 4}
    shown = admin.patch(agent, {"levels": [{"skill_id": fon, "level": 0}]}).data
    assert [one["skill_id"] for one in shown["skills"]] == [billing]
    for wrong in (
        [{"skill_id": fon, "level": 6}],
        [{"skill_id": fon, "level": 1}] * 2,
        [{"skill_id": str(uuid7()), "level": 1}],
    ):
        assert admin.patch(agent, {"levels": wrong}).status == 422


def test_a_limit_of_a_medium_that_no_line_has_any_more_keeps_nobody_from_changing_the_others(cast: Cast):
    AgentMedium.objects.create(user=cast.awa, medium="fax", capacity=2)
    admin, agent = Browser(someone(cast, Role.ADMINISTRATOR)), f"/api/admin/agents/{cast.awa.id}"
    shown = admin.patch(agent, {"limits": [{"medium": "sms", "capacity": 3}]}).data
    assert {one["medium"]: one["capacity"] for one in shown["media"]} == {"fax": 2, "sms": 3}
    assert (
        admin.patch(agent, {"media": [{"medium": "fax", "capacity": 2}, {"medium": "sms", "capacity": 4}]}).status
        == 200
    )
    shown = admin.patch(agent, {"limits": [{"medium": "fax", "capacity": None}]}).data
    assert [one["medium"] for one in shown["media"]] == ["sms"]
    assert admin.patch(agent, {"limits": [{"medium": "fax", "capacity": 1}]}).status == 422
