"""From a Link row to the adapter that carries it, and which link an answer leaves by."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from common.errors import Conflict, Invalid
from common.secrets import unseal
from conversations.adapters import LinkAdapter, LinkConfig
from conversations.models import Line, Link


@cache
def adapter_class(kind: str) -> type[LinkAdapter]:
    """The adapter named in settings.LINK_ADAPTERS. Raises Invalid for a kind that is not in that table."""
    try:
        path = settings.LINK_ADAPTERS[kind]
    except KeyError:
        raise Invalid("unknown_adapter", f"no adapter is called {kind!r}", field="adapter") from None
    return cast("type[LinkAdapter]", import_string(path))


def adapters_that_are_called() -> list[str]:
    """The kinds of link whose provider calls us."""
    return [kind for kind in settings.LINK_ADAPTERS if is_called(kind)]


def is_called(kind: str) -> bool:
    return hasattr(adapter_class(kind), "hear")


def webhooks_of(link_id: UUID) -> str:
    """Where a provider that calls us reaches this link; the kind of its call follows: /texts, /receipts."""
    return f"{settings.PUBLIC_URL}/webhooks/{link_id}"


def config_of(
    link_id: UUID,
    organisation_id: UUID,
    name: str,
    link_settings: Mapping[str, Any],
    secret: bytes,
    lines: Mapping[str, Any],
    region: str,
) -> LinkConfig:
    """A link as its adapter sees it. Raises common.secrets.CannotOpen."""
    return LinkConfig(
        link_id,
        organisation_id,
        name,
        {"region": region, **link_settings},
        unseal(secret),
        tuple(sorted(lines)),
        webhooks_of(link_id),
    )


def link_for_answer(line: Line, came_by: UUID | None) -> Link:
    """The link that an answer on `line` leaves by: the one the last text came by, else the line's first.

    Raises Conflict("no_link") where the line has no enabled link: nothing is stored that could never leave.
    """
    enabled = list(line.links.filter(is_enabled=True).order_by("linelink__priority", "name"))
    if not enabled:
        raise Conflict("no_link", f"the line {line.address} has no enabled link")
    return next((link for link in enabled if link.id == came_by), enabled[0])
