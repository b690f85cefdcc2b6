"""Which lines articles are for."""

from __future__ import annotations

from uuid import UUID

from knowledge.models import Article


def lines_of(organisation_id: UUID) -> dict[UUID, list[UUID]]:
    """The lines that articles are for, by article; none: all lines."""
    found: dict[UUID, list[UUID]] = {}
    rows = Article.lines.through.objects.filter(article__organisation_id=organisation_id)
    for article_id, line_id in rows.values_list("article_id", "line_id"):
        found.setdefault(article_id, []).append(line_id)
    return found
