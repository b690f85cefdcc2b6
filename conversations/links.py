"""From a Link row to the adapter that carries it, and which link an answer leaves by."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from common.errors import Conflict, Invalid
from common.secrets import unseal
from conversations.adapters import Capabilities, LinkAdapter, LinkConfig
from conversations.models import Conversation, LineLink, Link, PortedNumber
from conversations.paths import Known, Way, choose


@cache
def adapter_class(kind: str) -> type[LinkAdapter]:
    """The adapter named in settings.LINK_ADAPTERS. Raises Invalid for a kind that is not in that table."""
    try:
        path = settings.LINK_ADAPTERS[kind]
    except KeyError:
        raise Invalid("unknown_adapter", f"no adapter is called {kind!r}", field="adapter") from None
    return cast("type[LinkAdapter]", import_string(path))


def capabilities_of(kind: str, address: str) -> Capabilities:
    """What a line with this address can do by a link of this kind."""
    adapter = adapter_class(kind)
    of_sender = getattr(adapter, "for_sender", None)
    return cast("Capabilities", of_sender(address)) if of_sender is not None else adapter.capabilities


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


def enabled_links(line_ids: Collection[UUID]) -> dict[UUID, list[Link]]:
    """Of each line, in its stated order. One query."""
    found: dict[UUID, list[Link]] = {}
    for one in (
        LineLink.objects.filter(line_id__in=line_ids, link__is_enabled=True)
        .select_related("link").order_by("priority", "link__name")
    ):  # fmt: skip
        found.setdefault(one.line_id, []).append(one.link)
    return found


def link_for_answer(conversation: Conversation, enabled: Sequence[Link] | None = None) -> tuple[Link, str]:
    """The link that an answer in `conversation` leaves by, and why (conversations/paths.py). `enabled`: those of its
    line, if the caller has asked `enabled_links`.

    Raises Conflict("no_link") where the line has no enabled link: nothing is stored that could never leave.
    """
    line = conversation.line
    if enabled is None:
        enabled = list(line.links.filter(is_enabled=True).order_by("linelink__priority", "name"))
    if not enabled:
        raise Conflict("no_link", f"the line {line.address} has no enabled link")
    # One that is draining takes nothing new, and what waits for it is the last thing to do.
    enabled = [link for link in enabled if not link.is_draining] or enabled
    links = {link.id: link for link in enabled}
    number = conversation.address.value
    known = Known(came_by=conversation.link_id)
    if conversation.link_id not in links and len(links) > 1:
        # Nearly every answer goes back by the way that the text came: only the others cost these two questions.
        known = Known(heard_by=_heard_by(conversation, list(links)), ported_to=_ported_to(conversation, number))
    ways = [Way(link.id, link.name, link.operator, tuple(link.prefixes)) for link in enabled]
    path = choose(ways, number, known)
    return links[path.link_id], path.why


def _heard_by(conversation: Conversation, links: list[UUID]) -> UUID | None:
    """The link that last delivered a text from this address, on whatever line of the organisation."""
    return (
        Conversation.objects.filter(
            contact_id=conversation.contact_id, address_id=conversation.address_id, link_id__in=links
        )
        .order_by("-last_activity_at")
        .values_list("link_id", flat=True)
        .first()
    )


def _ported_to(conversation: Conversation, number: str) -> str | None:
    return (
        PortedNumber.objects.filter(organisation_id=conversation.organisation_id, number=number)
        .values_list("operator", flat=True)
        .first()
    )
