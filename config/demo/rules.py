"""The demonstration's rules, ready and off: every conversation waits in its line's own queue until they are on."""

from __future__ import annotations

from collections.abc import Mapping

from accounts.models import Organisation
from conversations.models import Line
from routing.models import Rule, RuleCondition, Workflow

ROUTED = "1919"


def make_rules(owner: Organisation, lines: Mapping[str, Line]) -> None:
    line = lines.get(ROUTED)
    if line is None or line.queue_id is None:
        return
    found = Workflow.objects.create(line=line, organisation=owner, revision=1)
    for place, (name, priority, condition) in enumerate(
        (
            ("Réclamations", 3, {"kind": "intent", "words": ["bill_dispute", "complaint"]}),
            ("Internet", 1, {"kind": "keyword", "words": ["internet", "wifi", "fibre"]}),
            ("Nuits du week-end", 0, {"kind": "time", "words": ["6", "7"], "value": "18:00-08:00"}),
        ),
        1,
    ):
        rule = Rule.objects.create(
            organisation=owner, workflow=found, place=place, name=name, queue_id=line.queue_id, priority=priority
        )
        RuleCondition.objects.create(rule=rule, place=1, **condition)
