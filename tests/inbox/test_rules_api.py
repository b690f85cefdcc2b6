"""The rules of a line as an administrator's screen asks for them."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Audit, Role
from conversations.models import Line
from routing.models import Queue, Rule, RuleCondition, Skill
from tests.browser import Browser, someone
from tests.cast import SUBSCRIBER, Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def boss(cast: Cast) -> Browser:
    return Browser(someone(cast, Role.ADMINISTRATOR))


def some_rules(cast: Cast, *rules: dict[str, Any], revision: int = 0, on: bool = True) -> dict[str, Any]:
    own = {"queue_id": str(cast.queue.id)}
    return {"is_enabled": on, "revision": revision, "rules": [{**own, **rule} for rule in rules]}


WORD = {"kind": "keyword", "words": ["facture"]}


def test_rules_are_kept_in_order_with_an_audit_line_and_a_revision(boss: Browser, cast: Cast) -> None:
    address = f"/api/admin/lines/{cast.line_3334.id}/rules"
    assert boss.get(address).data == {
        "line_id": str(cast.line_3334.id), "is_enabled": False, "revision": 0, "rules": [], "bot": None,
    }  # fmt: skip
    skill = Skill.objects.create(organisation=cast.organisation, name="Facturation")
    ladder = [
        {"after_s": 60, "do": "drop_preferred", "skill": str(skill.id)}, {"after_s": 60, "do": "tell_position"},
        {"after_s": 90, "do": "offer_callback"}, {"after_s": 900, "do": "give_to_bot"},
    ]  # fmt: skip
    wants = [{"skill_id": str(skill.id), "least": 2, "preferred": 4}]
    first = {"name": " Factures ", "priority": 3, "wants": wants, "ladder": ladder, "conditions": [WORD]}
    kept = boss.put(address, some_rules(cast, first, {"is_enabled": False}))
    assert kept.status == 200, kept.raw
    assert kept.data == boss.get(address).data
    assert (kept.data["revision"], [one["name"] for one in kept.data["rules"]]) == (1, ["Factures", ""])
    assert (kept.data["rules"][0]["ladder"], kept.data["rules"][0]["wants"]) == (ladder, wants)
    assert Line.objects.get(id=cast.line_3334.id).is_routed
    ids = [one["id"] for one in kept.data["rules"]]
    turned = boss.put(address, {**some_rules(cast, *reversed(kept.data["rules"]), revision=1)})
    assert (turned.status, [one["id"] for one in turned.data["rules"]]) == (200, ids[::-1])
    same = boss.put(address, some_rules(cast, *turned.data["rules"], revision=2))
    assert same.data["revision"] == 2, "nothing was changed"
    assert list(Audit.objects.filter(action="rules.changed").order_by("id").values_list("object_id", flat=True)) == [
        cast.line_3334.id, cast.line_3334.id,
    ]  # fmt: skip
    assert boss.put(address, some_rules(cast, revision=2, on=False)).data["rules"] == []
    assert not Line.objects.get(id=cast.line_3334.id).is_routed
    assert not RuleCondition.objects.exists()


def test_who_changes_rules_that_a_colleague_has_changed_is_told_and_changes_nothing(boss: Browser, cast: Cast) -> None:
    address = f"/api/admin/lines/{cast.line_3334.id}/rules"
    assert boss.put(address, some_rules(cast, {"name": "Une"})).status == 200
    late = boss.put(address, some_rules(cast, {"name": "Autre"}))
    assert (late.status, late.code) == (409, "changed_meanwhile")
    assert Rule.objects.get().name == "Une"


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"queue_id": "01939a5e-0000-7000-8000-000000000000"}, "rules.2.queue_id"),
        ({"priority": 101}, "rules.2.priority"),
        ({"wants": [{"skill_id": "01939a5e-0000-7000-8000-000000000000", "least": 1}]}, "rules.2.wants"),
        ({"ladder": [{"after_s": -1, "do": "raise_priority"}]}, "rules.2.ladder.0.after_s"),
        ({"ladder": [{"after_s": 1, "do": "dance"}]}, "rules.2.ladder.0"),
        ({"ladder": [{"do": "tell_position"}]}, "rules.2.ladder.0"),
        ({"ladder": [{"after_s": 1.5, "do": "tell_position"}]}, "rules.2.ladder.0"),
        ({"ladder": [{"after_s": 1, "do": "raise_priority", "by": 0}]}, "rules.2.ladder.0.by"),
        (
            {"ladder": [{"after_s": 1, "do": "give_to_bot"}, {"after_s": 2, "do": "tell_position"}]},
            "rules.2.ladder.1.do",
        ),
        ({"conditions": [WORD, {"kind": "moon"}]}, "rules.2.conditions.2.kind"),
        ({"conditions": [{"kind": "keyword", "words": ["!"]}]}, "rules.2.conditions.1.words"),
        ({"conditions": [{"kind": "tag"}]}, "rules.2.conditions.1.thing_id"),
        ({"conditions": [{"kind": "intent"}]}, "rules.2.conditions.1.words"),
        ({"conditions": [{"kind": "entity", "value": "x"}]}, "rules.2.conditions.1.key"),
        ({"conditions": [{"kind": "entity", "key": "a", "compare": "less"}]}, "rules.2.conditions.1.compare"),
        ({"conditions": [{"kind": "confidence", "compare": "less", "value": "101"}]}, "rules.2.conditions.1.value"),
        ({"conditions": [{"kind": "time", "value": "8-9"}]}, "rules.2.conditions.1.value"),
        ({"conditions": [{"kind": "time", "value": "08:00-09:00", "words": ["8"]}]}, "rules.2.conditions.1.words"),
        ({"conditions": [WORD] * 11}, "rules.2.conditions"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_rule_is_told_at_its_part_and_nothing_is_stored(
    boss: Browser, cast: Cast, rule: dict[str, Any], field: str
) -> None:
    address = f"/api/admin/lines/{cast.line_3334.id}/rules"
    answer = boss.put(address, some_rules(cast, {"conditions": [WORD]}, rule))
    assert (answer.status, list(answer.data["error"]["fields"])) == (422, [field])
    assert not Rule.objects.exists()


def test_what_a_rule_asks_for_cannot_be_deleted_under_it(boss: Browser, cast: Cast) -> None:
    tag_id = boss.post("/api/admin/tags", {"name": "VIP"}).data["id"]
    rules = some_rules(cast, {"conditions": [{"kind": "tag", "thing_id": tag_id}]})
    assert boss.put(f"/api/admin/lines/{cast.line_3334.id}/rules", rules).status == 200
    refused = boss.call("DELETE", f"/api/admin/tags/{tag_id}")
    assert (refused.status, refused.code) == (409, "in_use")


def test_a_text_is_tried_on_rules_that_are_not_stored_and_each_says_what_it_saw(boss: Browser, cast: Cast) -> None:
    off = Queue.objects.create(organisation=cast.organisation, name="Fermée", is_enabled=False)
    rules = some_rules(cast, {"queue_id": str(off.id)}, {"name": "Factures", "conditions": [WORD]}, {}, on=False)
    address = f"/api/admin/lines/{cast.line_3334.id}/rules"
    tried = boss.post(f"{address}/try", {"number": SUBSCRIBER, "text": "Ma FACTURE", "rules": rules})
    assert tried.status == 200, tried.raw
    assert (tried.data["place"], tried.data["queue_id"], tried.data["heard"]) == (2, str(cast.queue.id), None)
    assert [one["verdict"] for one in tried.data["rules"]] == ["queue_off", "taken", "later"]
    assert tried.data["rules"][1]["conditions"] == [{"place": 1, "passed": True, "seen": "facture"}]
    assert not Rule.objects.exists()
    nobody = boss.post(f"{address}/try", {"number": " ", "text": "x"})
    assert (nobody.status, nobody.code) == (422, "not_a_number")


def test_the_bot_of_the_line_is_asked_and_its_intents_are_offered(boss: Browser, cast: Cast) -> None:
    address = f"/api/admin/lines/{cast.line_1919.id}/rules"
    words = boss.get(address).data["bot"]
    asked = "talk_to_human"
    assert asked in words["intents"] and "amount" in words["entities"]
    rules = some_rules(cast, {"conditions": [{"kind": "intent", "words": [asked]}]})
    tried = boss.post(
        f"{address}/try", {"number": SUBSCRIBER, "text": "Je veux parler à un conseiller", "rules": rules}
    )
    assert (tried.data["heard"]["intent"], tried.data["heard"]["hands_over"]) == (asked, True)
    assert (tried.data["place"], tried.data["rules"][0]["conditions"][0]["seen"]) == (1, asked)
