"""Making and changing links: rules, audit line and event in one transaction; the gateway hears of it at once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import User
from common.clock import database_now
from common.errors import Conflict, Invalid, NotFound
from common.secrets import seal, unseal
from common.text import name_of
from contacts.numbering import prefix_of
from contacts.numbers import clean
from conversations import ramp
from conversations.figures import MOST_COUNTED
from conversations.links import adapter_class, is_called, webhooks_of
from conversations.models import Link, LinkState
from conversations.reasons import LONGEST_WORDS, MOST_MEANINGS, PROFILES, of_link
from realtime import doorbell
from realtime.log import record_changes, take_event_head

LONGEST_SETTINGS = 60  # names; and each text value at most this many characters times ten
LONGEST_OPERATOR = 80
LONGEST_CODE = 16  # of Delivery.error_code
MOST_PREFIXES = 500  # the longest of the plans has some 250 for one operator
_STATUS = re.compile(r"0x[0-9A-F]{8}")
SILENT = timedelta(seconds=15)  # a gateway says something each 5 s


@dataclass(frozen=True, slots=True)
class LinkFields:
    """What is asked for; None leaves a field as it is. `settings` are merged by name, null takes a name away."""

    name: str | None = None
    adapter: str | None = None
    settings: Mapping[str, Any] | None = None
    secret: str | None = field(default=None, repr=False)
    operator: str | None = None
    meanings: Mapping[str, Mapping[str, Any]] | None = None
    prefixes: Sequence[str] | None = None
    is_enabled: bool | None = None


def save_link(*, actor: User, fields: LinkFields, link_id: UUID | None = None) -> Link:
    """Make a link (`link_id` None) or change one of the actor's organisation.

    Raises NotFound, Conflict("name_taken"), Invalid with the field: a setting's is "settings.<name>".
    """
    organisation_id = actor.organisation_id
    with record_changes(organisation_id) as changes:
        if link_id is None:
            link = Link(organisation_id=organisation_id, settings={})
            before: dict[str, Any] = {}
        else:
            # Not against references: a writer's foreign keys are checked at COMMIT, when he holds the event head.
            mine = Link.objects.select_for_update(no_key=True)
            found = mine.filter(organisation_id=organisation_id, id=link_id).first()
            if found is None:
                raise NotFound("no_link", "there is no such link")
            link, before = found, _described(found)
        _apply(link, fields)
        described = audit.difference(before, _described(link))
        if fields.secret:
            described["secret"] = [audit.SET if before.get("has_secret") else None, audit.SET]
        described.pop("has_secret", None)
        if before and not described:
            return link
        # The constraint decides between two at once; this one speaks in words.
        if Link.objects.filter(organisation_id=organisation_id, name=link.name).exclude(id=link.id).exists():
            raise Invalid("name_taken", "another link has this name", field="name")
        if before and link.name != before["name"]:
            take_event_head(organisation_id)
        _save(link, new=not before)
        audit.record(
            actor=actor, organisation_id=organisation_id, action="link.changed" if before else "link.created",
            kind="link", object_id=link.id, name=link.name, changes=described,
        )  # fmt: skip
        changes.add(SettingsChanged(kind="link", object_id=link.id))
        changes.ring(doorbell.LINKS)
    return link


def _save(link: Link, *, new: bool) -> None:
    try:
        with transaction.atomic():
            link.save(force_insert=new)
    except IntegrityError as error:
        if "link_account_once" not in str(error):
            raise
        raise Invalid(
            "account_taken",
            "another enabled link has this account: one link may have several binds, and shares out the rate",
            field="settings.system_id",
        ) from None


def _apply(link: Link, fields: LinkFields) -> None:
    if fields.name is not None:
        link.name = fields.name
    link.name = name_of(link.name, longest=120, field="name")
    if fields.adapter is not None and fields.adapter != link.adapter:
        if Link.objects.filter(id=link.id).exists():
            raise Conflict("adapter_fixed", "a link keeps its adapter: make another link")
        link.adapter = fields.adapter
    if fields.settings is not None:
        merged = {**link.settings, **fields.settings}
        link.settings = {name: value for name, value in merged.items() if value is not None}
    if fields.secret:
        if len(fields.secret) > 200:
            raise Invalid("too_long", "at most 200 characters", field="secret")
        link.secret = seal(fields.secret)
    if fields.operator is not None:
        link.operator = clean(fields.operator)
        if len(link.operator) > LONGEST_OPERATOR:
            raise Invalid("too_long", f"at most {LONGEST_OPERATOR} characters", field="operator")
    if fields.meanings is not None:
        link.meanings = _meanings(fields.meanings)
    if fields.prefixes is not None:
        link.prefixes = _prefixes(fields.prefixes)
    if fields.is_enabled is not None and fields.is_enabled != link.is_enabled:
        link.is_enabled, link.is_draining = fields.is_enabled, False
        link.halted_at = None if fields.is_enabled else database_now()
    _check_settings(link, fields.secret)


def _meanings(given: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    if len(given) > MOST_MEANINGS:
        raise Invalid("meanings", f"at most {MOST_MEANINGS} codes", field="meanings")
    found = {}
    for code, means in given.items():
        words = [clean(str(means.get(language, ""))) for language in ("fr", "en")]
        if not 1 <= len(code) <= LONGEST_CODE or not all(1 <= len(one) <= LONGEST_WORDS for one in words):
            raise Invalid("meanings", f"the code {code!r} needs words in French and English", field="meanings")
        found[code] = {
            "fr": words[0],
            "en": words[1],
            "final": bool(means.get("final", True)),
            "wrong_number": bool(means.get("wrong_number", False)),
        }
    return found


def _prefixes(given: Sequence[str]) -> list[str]:
    found = []
    for one in given:
        try:
            found.append(prefix_of(one))
        except ValueError as error:
            raise Invalid("prefix", str(error), field="prefixes") from None
    if len(set(found)) > MOST_PREFIXES:
        raise Invalid("too_many_prefixes", f"at most {MOST_PREFIXES}", field="prefixes")
    return sorted(set(found))


def _check_settings(link: Link, secret: str | None) -> None:
    if len(link.settings) > LONGEST_SETTINGS:
        raise Invalid("too_long", "too many settings", field="settings")
    for name, value in link.settings.items():
        if any(word in name.lower() for word in ("password", "secret", "token")):
            raise Invalid("secret_shown", "a secret belongs in its own field: settings can be read", field="secret")
        if len(str(value)) > 10 * LONGEST_SETTINGS:
            raise Invalid("too_long", "this value is too long", field=f"settings.{name}")
    if link.settings.get("error_profile", "") not in ("", *PROFILES):
        raise Invalid("setting", "error_profile must be one of the known", field="settings.error_profile")
    check = adapter_class(link.adapter).check
    try:
        check(link.settings, secret or unseal(link.secret))
        ramp.read(link.settings)
    except ValueError as error:  # the adapter's reason, which begins with the setting's name
        name = str(error).split(" ", 1)[0].rstrip(":")
        if name == "secret":
            raise Invalid("setting", str(error), field="secret") from None
        known = name in link.settings or str(error).startswith(f"{name} is missing")
        raise Invalid("setting", str(error), field=f"settings.{name}" if known else "settings") from None


def _described(link: Link) -> dict[str, Any]:
    return {
        "name": link.name,
        "adapter": link.adapter,
        "settings": link.settings,
        "operator": link.operator,
        "prefixes": link.prefixes,
        "meanings": link.meanings,
        "is_enabled": link.is_enabled,
        "has_secret": bool(link.secret),
    }


def links_shown(organisation_id: UUID, link_id: UUID | None = None) -> list[dict[str, Any]]:
    """Links as the administration shows them, with how they are now; never a secret."""
    links = Link.objects.filter(organisation_id=organisation_id).prefetch_related("lines").order_by("name")
    if link_id is not None:
        links = links.filter(id=link_id)
    states = {state.link_id: state for state in LinkState.objects.filter(link__organisation_id=organisation_id)}
    now_of, now = _now(organisation_id), database_now()
    return [
        {
            "id": link.id,
            **_described(link),
            "webhooks": webhooks_of(link.id) if is_called(link.adapter) else None,
            "is_draining": link.is_draining,
            "line_ids": sorted(str(line.id) for line in link.lines.all()),
            "live": _live(link, states.get(link.id), now_of[link.id], now),
        }
        for link in links
    ]


def links_live(organisation_id: UUID) -> list[dict[str, Any]]:
    """How each link is now, with every figure that its gateway tells (docs/watching.md); nothing of its account."""
    links = Link.objects.filter(organisation_id=organisation_id).prefetch_related("lines").order_by("name")
    states = {state.link_id: state for state in LinkState.objects.filter(link__organisation_id=organisation_id)}
    now_of, now = _now(organisation_id), database_now()
    return [
        {
            "id": link.id,
            "name": link.name,
            "operator": link.operator,
            "lines": sorted(line.address for line in link.lines.all()),
            "queued": now_of[link.id].waiting,
            **_in_words(link.id, _said(link, states.get(link.id), now_of[link.id], now)),
        }
        for link in links
    ]


def _in_words(link_id: UUID, said: dict[str, Any]) -> dict[str, Any]:
    """With what the code of the last refusal means at this operator, beside the gateway's own sentence."""
    error = said["facts"].get("last_error")
    code = _STATUS.search(error["text"]) if error else None
    means = of_link(link_id, code[0]) if code else None
    if means is not None:
        said["facts"] = {**said["facts"], "last_error": {**error, "fr": means.fr, "en": means.en}}
    return said


def _live(link: Link, state: LinkState | None, now_of: _Now, now: Any) -> dict[str, Any]:
    shown = _said(link, state, now_of, now)
    facts = shown.pop("facts")
    return {
        **shown,
        "bound": shown["state"] == "bound",
        "queued": now_of.waiting,
        "sent": _number(facts, "sent"),
        "throttled": _number(facts, "throttled"),
    }


def _said(link: Link, state: LinkState | None, now_of: _Now, now: Any) -> dict[str, Any]:
    """The last words of the link's gateway, where they are still worth anything; else no facts."""
    shown: dict[str, Any] = {"state": "unbound", "since": None, "error": None, "facts": {}}
    if not link.is_enabled:
        shown |= {"state": "disabled", "since": link.halted_at}
    elif state is not None and (not now_of.held or now - state.updated_at > SILENT):
        # Its last words may be "bound": without a gateway, or after this silence, they are no longer true.
        shown |= {"since": state.updated_at, "error": "no gateway reports on this link"}
    elif state is not None:
        shown = {"state": state.state, "since": state.since, "error": state.error or None, "facts": state.facts}
    return shown


def _number(facts: Any, name: str) -> int:
    value = facts.get(name, 0) if isinstance(facts, dict) else 0
    return value if isinstance(value, int) else 0


@dataclass(frozen=True, slots=True)
class _Now:
    waiting: int = 0  # messages
    held: bool = False  # by a gateway that lives; one that stops gives it back at once


def _now(organisation_id: UUID) -> defaultdict[UUID, _Now]:
    with connection.cursor() as cursor:
        cursor.execute(
            """select link.id,
                      (select count(*) from (select from conversations_delivery d
                                             where d.link_id = link.id and d.state = 0 limit %s) waiting),
                      exists (select from jobs_lease where name = 'link:' || link.id and expires_at > clock_timestamp())
               from conversations_link link where link.organisation_id = %s""",
            [MOST_COUNTED, organisation_id],
        )
        return defaultdict(_Now, {link_id: _Now(waiting, held) for link_id, waiting, held in cursor.fetchall()})


def adapters() -> list[str]:
    """The kinds of link that this installation can make."""
    return sorted(settings.LINK_ADAPTERS)
