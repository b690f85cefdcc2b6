"""One look-up for one turn of a bot, from its name to what was found."""

from __future__ import annotations

import logging
import time
from uuid import UUID

from django.db import DatabaseError, connection

from bots.lookups import codes, guarded, told
from bots.lookups.failures import Kind, LookUpFailed, Nothing
from bots.lookups.kept import Kept, key_of
from bots.lookups.models import Definition
from bots.lookups.values import bind, parameters_of
from bots.turn import Found, LookUp
from common.places import place_of

log = logging.getLogger(__name__)

kept = Kept()
# A shipped bot asks for look-ups that few installations have. To ask our own database for each text what is not there
# took a third of what the text cost; who defines one is heard of this much later.
ABSENT_S = 3.0
MOST_ABSENT = 10_000
absent: dict[tuple[UUID, str], float] = {}


def make(*, organisation_id: UUID, conversation_id: UUID, number: str, look_up: LookUp) -> Found:
    """See bots.lookups.make."""
    began = time.monotonic()
    why = ""
    try:
        found = _made(organisation_id, conversation_id, number, look_up)
    except Nothing:
        found = Found("none")
    except LookUpFailed as failure:
        found, why = Found(failure.outcome), failure.kind.value
    except Exception as error:  # its own words may quote the subscriber
        log.error("look-up %s: %s at %s", _name(look_up), type(error).__name__, place_of(error))
        found, why = Found("failed"), Kind.BROKEN.value
    finally:
        # A thread keeps no connection of the pool for itself.
        if connection.connection is not None and not connection.in_atomic_block:
            connection.close()
    ms = 1000 * (time.monotonic() - began)
    if why == Kind.UNKNOWN.value:
        log.debug("look-up %s: %s (%s) in %.0f ms", _name(look_up), found.outcome, why, ms)
        return found
    log.info("look-up %s: %s%s in %.0f ms", _name(look_up), found.outcome, f" ({why})" if why else "", ms)
    return found


def _name(look_up: LookUp) -> str:
    """For the log: a bot's file may ask for anything."""
    return look_up.name if look_up.name.isidentifier() and len(look_up.name) <= 40 else "?"


def _made(organisation_id: UUID, conversation_id: UUID, number: str, look_up: LookUp) -> Found:
    """Raises LookUpFailed, Nothing."""
    wanted = (organisation_id, look_up.name)
    if absent.get(wanted, 0.0) > time.monotonic():
        raise LookUpFailed(Kind.UNKNOWN)
    definition = (
        Definition.objects.select_related("source").filter(organisation_id=organisation_id, name=look_up.name).first()
    )
    if definition is None:
        if len(absent) > MOST_ABSENT:
            absent.clear()
        absent[wanted] = time.monotonic() + ABSENT_S
        raise LookUpFailed(Kind.UNKNOWN)
    if not (definition.is_enabled and definition.source.is_enabled):
        raise LookUpFailed(Kind.DISABLED)
    bound = bind(parameters_of(definition.parameters), number=number, values=look_up.values)
    if definition.is_sensitive:
        asked = codes.Asked(organisation_id, conversation_id, definition.id, number, bound)
        unproved = codes.prove(asked, look_up.code)
        if unproved is not None:
            return unproved
    source = definition.source
    key = key_of(organisation_id, definition.name, (definition.revision, source.revision), bound)
    if definition.cached_s and (rows := kept.find(key)) is not None:
        return Found("found", rows) if rows else Found("none")
    one = guarded.of(source)
    try:
        found = tuple(one.ask(definition, bound))
    finally:
        _tell(one)
    if definition.cached_s:
        kept.keep(key, found, definition.cached_s)
    return Found("found", found) if found else Found("none")


def _tell(one: guarded.Guarded) -> None:
    """What the health page says must not cost anybody his answer."""
    try:
        told.tell(one)
    except DatabaseError as error:
        log.warning("how source %s fares was not told: %s", one.source.id, type(error).__name__)
