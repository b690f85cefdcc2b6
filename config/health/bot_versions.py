"""Whether the versions that organisations have published can be made: the one before goes on talking while not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from config.health.limits import Finding, measured

_TROUBLED = """
select id::text, bot || ' ' || number, trouble from workshop_version
where state = 'published' and trouble <> '' and (%(organisation)s::uuid is null or organisation_id = %(organisation)s)
order by bot, number limit 100
"""


def bot_versions(cursor: Any, organisation_id: UUID | None) -> Iterator[Finding]:
    """One finding for each that cannot be made; one in all where there is none."""
    cursor.execute(_TROUBLED, {"organisation": organisation_id})
    rows = cursor.fetchall()
    if not rows:
        yield measured("bot_version", 0)
    for id_, name, trouble in rows:
        yield measured("bot_version", 1, of=id_, name=name, words=trouble)
