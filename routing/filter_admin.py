"""A line's front filter as administrators see and change it, and trying a number on it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import Organisation, User
from common.clock import database_now
from common.errors import Conflict, Invalid, NotFound
from common.text import refuse_hidden, storable
from contacts.keywords import Keyword, usual_table
from contacts.models import Address, AddressKind, LineKeywords
from contacts.numbers import normalise
from conversations.keyword_book import table_of
from conversations.models import Line
from conversations.wording import refuse_too_long
from realtime.log import record_changes
from routing.filter_models import FrontCheck, FrontFilter, WayFields
from routing.front_door import Asked, Loaded, check_of, facts_of, way_of
from routing.front_filter import Decision, Kind, Outcome, decide
from routing.models import Queue
from routing.question_admin import set_question

MOST_CHECKS = 50
LONGEST_REPLY = 480
MOST_PRIORITY = 100


@dataclass(frozen=True, slots=True)
class WayGiven:
    outcome: str = "admit"
    queue_id: UUID | None = None
    priority: int = 0
    reply: str = ""
    bot_first: bool = False


@dataclass(frozen=True, slots=True)
class CheckGiven:
    """`id`: of the check that it was; None: a new one. `thing_id`: the list, tag or attribute."""

    kind: str
    way: WayGiven
    id: UUID | None = None
    name: str = ""
    thing_id: UUID | None = None
    compare: str = "is"
    value: str = ""
    words: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class FilterGiven:
    """`revision`: what the writer has seen; another is refused. None: whatever it is."""

    is_enabled: bool
    way: WayGiven
    checks: Sequence[CheckGiven]
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """`is_known`: whether anybody with this number has ever written or been written to. `said`: why a text of these
    words never meets the filter: a Keyword, "hint" (it may ask for no more texts), or "": it does meet it."""

    number: str
    is_known: bool
    decision: Decision
    said: str = ""


def filter_shown(organisation_id: UUID, line_id: UUID) -> dict[str, Any]:
    """Raises NotFound. A line that has none is shown one that is off and lets everybody in."""
    line = _line(organisation_id, line_id)
    found = FrontFilter.objects.filter(line=line).first() or _none_of(line)
    return _described(found, _checks_of(line.id))


def save_filter(*, actor: User, line_id: UUID, given: FilterGiven) -> dict[str, Any]:
    """Put `given` in the place of what was: the next text is judged by it. Raises NotFound, Invalid,
    Conflict("changed_meanwhile").

    Switching it off asks nothing of what it names: a bot or a choice that is gone must not keep it on.
    """
    organisation_id = actor.organisation_id
    with record_changes(organisation_id) as changes:
        # As conversations.line_admin: not against references.
        line = Line.objects.select_for_update(no_key=True).filter(organisation_id=organisation_id, id=line_id).first()
        if line is None:
            raise NotFound("no_line", "there is no such line")
        old = FrontFilter.objects.filter(line=line).first()
        were = _checks_of(line.id)
        before = _described(old or _none_of(line), were)
        if given.revision is not None and given.revision != before["revision"]:
            raise Conflict("changed_meanwhile", "somebody has changed this filter since you opened it")
        if old is not None and not given.is_enabled and _says_the_same(given, before):
            new, checks = old, were
            new.is_enabled = False
            new.save(update_fields=["is_enabled"])
        else:
            new, checks = _read(line, given, {row.id for row in were})
            new.save(force_insert=old is None, force_update=old is not None)
            FrontCheck.objects.filter(filter=new).delete()
            FrontCheck.objects.bulk_create(checks)
        if line.is_filtered != new.is_enabled:
            Line.objects.filter(id=line.id).update(is_filtered=new.is_enabled)
        after = _described(new, checks)
        changed = audit.difference(_plain(before), _plain(after))
        if changed or old is None:
            audit.record(
                actor=actor, organisation_id=organisation_id, action="filter.changed", kind="line", object_id=line.id,
                name=str(line), changes=changed or {"is_enabled": [None, new.is_enabled]},
            )  # fmt: skip
            changes.add(SettingsChanged(kind="line", object_id=line.id))
    return after


def try_number(*, actor: User, line_id: UUID, number: str, text: str, given: FilterGiven | None) -> Tried:
    """What the filter would say of a text from `number` now; of the one that is stored, or of `given`. Changes nothing.

    Raises NotFound, Invalid.
    """
    organisation_id = actor.organisation_id
    line = _line(organisation_id, line_id)
    region = Organisation.objects.values_list("region", flat=True).get(id=organisation_id)
    sender = normalise(number, region=region)
    if not sender.value:
        raise Invalid("not_a_number", "this is no phone number", field="number")
    address = (
        Address.objects.select_related("contact")
        .filter(organisation_id=organisation_id, kind=AddressKind.PHONE, value=sender.value)
        .first()
    )
    if given is None:
        stored = FrontFilter.objects.filter(line=line).first() or _none_of(line)
        rows: Sequence[FrontCheck] = _checks_of(line.id)
    else:
        stored, rows = _read(line, given, {row.id for row in _checks_of(line.id)})
    loaded = Loaded(line, tuple(check_of(row) for row in rows), way_of(stored))
    asked = Asked(
        number=sender.value,
        contact_id=address.contact_id if address else None,
        language=(address.contact.language if address else "") or line.language,
        text=storable(text),
    )
    (facts,) = facts_of(line, loaded.checks, [asked], database_now())
    said = _said(line, asked.text)
    return Tried(sender.value, address is not None, decide(loaded.checks, loaded.otherwise, facts), said)


def _said(line: Line, text: str) -> str:
    """As the intake reads it, which is before the filter."""
    own: dict[str, dict[Keyword, list[str]]] = {}
    for row in LineKeywords.objects.filter(line_id=line.id):
        own.setdefault(row.language, {})[Keyword(row.kind)] = row.words
    found, hint = (table_of(own) if own else usual_table()).judge(text, own_address=line.address)
    return str(found.keyword) if found else "hint" if hint else ""


def _line(organisation_id: UUID, line_id: UUID) -> Line:
    line = Line.objects.filter(organisation_id=organisation_id, id=line_id).first()
    if line is None:
        raise NotFound("no_line", "there is no such line")
    return line


def _none_of(line: Line) -> FrontFilter:
    return FrontFilter(line=line, organisation_id=line.organisation_id, outcome=Outcome.ADMIT, bot_first=True)


def _checks_of(line_id: UUID) -> list[FrontCheck]:
    return list(FrontCheck.objects.select_related("attribute").filter(filter_id=line_id).order_by("place"))


def lines_for_the_bot_only(organisation_id: UUID) -> set[UUID]:
    """Lines whose filter leaves somebody to their bot alone: without it people would get whom they may not have."""
    on = FrontFilter.objects.filter(organisation_id=organisation_id, is_enabled=True)
    mine = on.filter(Q(outcome=Outcome.BOT) | Q(checks__outcome=Outcome.BOT))
    return set(mine.values_list("line_id", flat=True))


def _says_the_same(given: FilterGiven, described: dict[str, Any]) -> bool:
    """But for being on or off."""
    asked = {
        "way": asdict(given.way),
        "checks": [asdict(one) | {"words": list(one.words)} for one in given.checks],
    }
    return asked == {name: described[name] for name in asked}


def _described(one: FrontFilter, checks: Sequence[FrontCheck]) -> dict[str, Any]:
    """`revision`: made of all the rest, so that whoever undoes a change has undone it."""
    whole = _fields(one, checks)
    rules = [{name: value for name, value in check.items() if name != "id"} for check in whole["checks"]]
    said = json.dumps(_plain(whole | {"checks": rules}), sort_keys=True, ensure_ascii=False)
    return whole | {"revision": sha256(said.encode()).hexdigest()[:16]}


def _fields(one: FrontFilter, checks: Sequence[FrontCheck]) -> dict[str, Any]:
    return {
        "line_id": one.line_id,
        "is_enabled": one.is_enabled,
        "way": _way_described(one),
        "checks": [
            {
                "id": row.id,
                "name": row.name,
                "kind": row.kind,
                "thing_id": row.contact_list_id or row.tag_id or row.attribute_id,
                "compare": row.compare,
                "value": row.value,
                "words": list(row.words),
                "way": _way_described(row),
            }
            for row in checks
        ],
    }


def _way_described(row: WayFields) -> dict[str, Any]:
    return {
        "outcome": str(row.outcome),
        "queue_id": row.queue_id,
        "priority": row.priority,
        "reply": row.reply,
        "bot_first": row.bot_first,
    }


def _plain(described: dict[str, Any]) -> dict[str, Any]:
    """As the audit log keeps it: JSON values."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(one) for name, one in value.items()}
        if isinstance(value, list):
            return [plain(one) for one in value]
        return str(value) if isinstance(value, UUID) else value

    return {name: plain(value) for name, value in described.items() if name not in ("line_id", "revision")}


# --- Reading what was given ------------------------------------------------------------------------------------------


def _read(line: Line, given: FilterGiven, known: set[UUID]) -> tuple[FrontFilter, list[FrontCheck]]:
    """As rows, not stored. Raises Invalid; `field` names the check: "checks.3.value"."""
    if len(given.checks) > MOST_CHECKS:
        raise Invalid("too_many_checks", f"at most {MOST_CHECKS} checks", field="checks")
    queues = set(Queue.objects.filter(organisation_id=line.organisation_id).values_list("id", flat=True))
    found = FrontFilter(line=line, organisation_id=line.organisation_id, is_enabled=given.is_enabled)
    _set_way(found, line, given.way, queues, "way")
    ids = [one.id for one in given.checks if one.id is not None]
    checks = []
    for place, one in enumerate(given.checks, 1):
        row = FrontCheck(filter=found, place=place)
        # Its own again, so that what was counted for it goes on; another line's, or one that comes twice, is a new one.
        if one.id is not None and one.id in known and ids.count(one.id) == 1:
            row.id = one.id
        where = f"checks.{place}"
        try:
            _set_check(row, line, one)
        except Invalid as refusal:
            raise Invalid(refusal.code, refusal.message, field=f"{where}.{refusal.field}") from None
        _set_way(row, line, one.way, queues, f"{where}.way")
        checks.append(row)
    return found, checks


def _set_check(row: FrontCheck, line: Line, given: CheckGiven) -> None:
    if given.kind not in set(Kind):
        raise Invalid("unknown_choice", f"must be one of {', '.join(Kind)}", field="kind")
    row.name = " ".join(given.name.split())[:80]
    refuse_hidden(row.name, field="name")
    set_question(row, line.organisation_id, given)


def _set_way(row: WayFields, line: Line, given: WayGiven, queues: set[UUID], field: str) -> None:
    if given.outcome not in set(Outcome):
        raise Invalid("unknown_choice", f"must be one of {', '.join(Outcome)}", field=f"{field}.outcome")
    outcome = Outcome(given.outcome)
    row.outcome = outcome.value
    if outcome in (Outcome.ADMIT, Outcome.QUEUE):
        if given.queue_id is not None and given.queue_id not in queues:
            raise Invalid("unknown_choice", "there is no such queue", field=f"{field}.queue_id")
        if given.queue_id is None and outcome == Outcome.QUEUE:
            raise Invalid("required", "which queue?", field=f"{field}.queue_id")
        row.queue_id = given.queue_id
        if not 0 <= given.priority <= MOST_PRIORITY:
            raise Invalid("filter_priority", f"from 0 to {MOST_PRIORITY}", field=f"{field}.priority")
        row.priority = given.priority
    row.bot_first = given.bot_first and outcome == Outcome.ADMIT
    if outcome == Outcome.BOT and not line.bot:
        raise Invalid("no_bot", "this line has no bot", field=f"{field}.outcome")
    if outcome in (Outcome.ANSWER, Outcome.BOT):
        row.reply = storable(given.reply).strip()
        if not row.reply and outcome == Outcome.ANSWER:
            raise Invalid("required", "what is answered?", field=f"{field}.reply")
        if len(row.reply) > LONGEST_REPLY:
            raise Invalid("too_long", f"at most {LONGEST_REPLY} characters", field=f"{field}.reply")
        _fits(line, row.reply, f"{field}.reply")


def _fits(line: Line, reply: str, field: str) -> None:
    try:
        if reply:
            refuse_too_long(line, reply)
    except Invalid as refusal:
        raise Invalid(refusal.code, refusal.message, field=field) from None
    except Conflict:  # no link yet: what is answered is cut to its texts when it leaves
        return
