"""An administrator tries a source, or a look-up with a number: what is found, or in one word what went wrong.

Both are written down: a look-up shows what a company knows of a person.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import audit
from accounts.models import Organisation, User
from bots.lookups import guarded, sql_run
from bots.lookups.failures import Kind, LookUpFailed, Nothing
from bots.lookups.look_up_admin import the_look_up
from bots.lookups.models import Source, SourceKind
from bots.lookups.values import NUMBER, bind, parameters_of
from bots.remote.loop import submitted
from common.errors import Invalid, NotFound
from contacts.numbers import normalise

_CLOSELY_S = 5.0


def try_source(*, actor: User, source_id: UUID) -> dict[str, Any]:
    """{"result": "ok" or a failure's Kind, "hint", "ms", "may_write": tables that its role may change}.

    Raises NotFound.

    Connects anew, whatever the breaker says: an administrator who has mended something wants to know now.
    """
    source = Source.objects.filter(organisation_id=actor.organisation_id, id=source_id).first()
    if source is None:
        raise NotFound("no_lookup_source", "there is no such source")
    began, result, hint, may_write = time.monotonic(), "ok", "", 0
    try:
        if source.kind == SourceKind.SQL:
            sql_run.know_ourselves()
            may_write = submitted(_look(source)).result(_CLOSELY_S)
        else:
            status = submitted(_reach(source)).result(_CLOSELY_S)
            result, hint = _said(status), str(status)
    except LookUpFailed as failure:
        result, hint = failure.kind.value, failure.hint
    except TimeoutError:
        result = Kind.TIMEOUT.value
    ms = round(1000 * (time.monotonic() - began))
    if result == "ok":
        guarded.forget_one(source.id)  # its breaker knew what was before
    with transaction.atomic():
        audit.record(
            actor=actor, organisation_id=actor.organisation_id, action="lookup_source.tested", kind="lookup_source",
            object_id=source.id, name=source.name, changes={"result": [None, result]},
        )  # fmt: skip
    return {"result": result, "hint": hint, "ms": ms, "may_write": may_write}


def _said(status: int) -> str:
    """A service may say 404 to its bare address, and be well."""
    if status in (401, 403):
        return Kind.NOT_LET_IN.value
    return Kind.STATUS.value if status >= 500 else "ok"


async def _look(source: Source) -> int:
    connection = await sql_run.connect(
        guarded.settings_of(source), guarded.secret_of(source), connect_s=source.connect_ms / 1000
    )
    try:
        return await sql_run.may_write(connection)
    finally:
        await sql_run.close(connection)


async def _reach(source: Source) -> int:
    from bots.lookups import rest_run

    return await rest_run.reach(
        guarded.settings_of(source), guarded.secret_of(source), connect_s=source.connect_ms / 1000
    )


def try_look_up(*, actor: User, look_up_id: UUID, number: str, values: Mapping[str, str]) -> dict[str, Any]:
    """{"outcome", "why": a failure's Kind or "", "hint", "rows", "ms"}: as a turn of the bot would find it, without the
    one-time code, and whether it is switched on or not. Raises NotFound, Invalid("not_a_number")."""
    one = the_look_up(actor.organisation_id, look_up_id)
    region = Organisation.objects.values_list("region", flat=True).get(id=actor.organisation_id)
    found = normalise(number, region=region)
    asks_number = any(of["origin"] == NUMBER for of in one.parameters)
    if asks_number and not found.is_number:
        raise Invalid("not_a_number", "this is no phone number", field="number")
    # Before, and not in one transaction with the asking, which takes its time.
    with transaction.atomic():
        audit.record(
            actor=actor, organisation_id=actor.organisation_id, action="lookup.tried", kind="lookup", object_id=one.id,
            name=one.name, changes={"number": [None, f"••••{found.value[-2:]}" if asks_number else ""]},
        )  # fmt: skip
    began, rows, why, hint = time.monotonic(), [], "", ""
    outcome = "found"
    try:
        bound = bind(parameters_of(one.parameters), number=found.value, values=values)
        rows = guarded.of(one.source).ask(one, bound)
        outcome = "found" if rows else "none"
    except Nothing:
        outcome = "none"
    except LookUpFailed as failure:
        outcome, why, hint = failure.outcome, failure.kind.value, failure.hint
    return {
        "outcome": outcome, "why": why, "hint": hint, "rows": rows, "ms": round(1000 * (time.monotonic() - began)),
    }  # fmt: skip
