"""How a bot has done over the weeks, by version; and how it was labelled. Honest about how little there is."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from django.db import connection

from bots.figures import share
from bots.workshop.labels import to_learn
from bots.workshop.models import Label
from bots.workshop.shown import shipped_files

WEEKS = 12
LEAST_OF_INTENT = 30  # labels of an intent, before its share says something
MOST_CONFUSED = 30

_WEEKS = """
select date_trunc('week', at at time zone %(zone)s)::date, version, outcome, reason, count(*)
from workshop_turntaken
where organisation_id = %(organisation)s and bot = %(bot)s
  and at > clock_timestamp() - make_interval(weeks => %(weeks)s)
group by 1, 2, 3, 4
"""


def progress(organisation_id: UUID, zone: str, bot: str) -> dict[str, Any]:
    """Weeks begin on Monday, by the organisation's clock. Raises NotFound."""
    files = shipped_files(bot)
    parameters: dict[str, Any] = {"zone": zone, "organisation": organisation_id, "bot": bot, "weeks": WEEKS}
    with connection.cursor() as cursor:
        cursor.execute(_WEEKS, parameters)
        rows = cursor.fetchall()
    labels = list(
        Label.objects.filter(organisation_id=organisation_id, bot=bot)
        .exclude(intent="").values_list("intent", "taken_for", "version", "is_kept_apart")
    )  # fmt: skip
    return {
        "weeks": _weeks(rows),
        "labels": len(labels),
        "kept_apart": sum(apart for *_, apart in labels),
        "to_learn": len(to_learn(organisation_id, files)),
        "right": share(sum(intent == taken for intent, taken, *_ in labels), len(labels)),
        "by_version": [
            {"version": version, "right": share(right, whole)}
            for version, (right, whole) in sorted(_by(labels, 2).items())
        ],
        "by_intent": [
            {"intent": intent, "right": share(right, whole), "enough": whole >= LEAST_OF_INTENT}
            for intent, (right, whole) in sorted(_by(labels, 0).items(), key=lambda one: -one[1][1])
        ],
        "confused": [
            {"meant": meant, "taken_for": taken, "count": count}
            for (meant, taken), count in Counter(
                (intent, taken) for intent, taken, *_ in labels if intent != taken
            ).most_common(MOST_CONFUSED)
        ],
    }


def _weeks(rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    found: dict[tuple[Any, int], dict[str, Any]] = {}
    for week, version, outcome, reason, count in rows:
        one = found.setdefault((week, version), {"turns": 0, "answered": 0, "clarified": 0, "reasons": Counter()})
        one["turns"] += count
        if outcome in ("answered", "clarified"):
            one[outcome] += count
        else:
            one["reasons"][reason or outcome] += count
    return [
        {
            "week": week,
            "version": version,
            "turns": one["turns"],
            "answered": share(one["answered"], one["turns"]),
            "clarified": one["clarified"],
            "handed_over": dict(one["reasons"].most_common()),
        }
        for (week, version), one in sorted(found.items(), reverse=True)
    ]


def _by(labels: list[tuple[Any, ...]], column: int) -> dict[Any, tuple[int, int]]:
    found: dict[Any, tuple[int, int]] = {}
    for one in labels:
        right, whole = found.get(one[column], (0, 0))
        found[one[column]] = (right + (one[0] == one[1]), whole + 1)
    return found
