"""The handover policy of a line, as its administrators read and change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict
from uuid import UUID

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import User
from common.errors import Invalid, NotFound
from conversations.models import Line
from realtime.log import record_changes
from routing.front_filter import Kind
from routing.handover_policy import MOST_PRIORITY, Vip
from routing.handover_policy_models import HandoverPolicy
from routing.question_admin import one_of, set_question, words_of

REASONS = ("asked", "unsure", "rule", "failed", "keyword", "vip", "mood", "loop")
WHO = ("", Kind.IN_LIST.value, Kind.TAG.value, Kind.ATTRIBUTE.value)


class PolicyView(TypedDict):
    """`kind` "": nobody is looked after; in_list, tag or attribute with `thing_id`. `mood_texts` 0: mood decides
    nothing. `priorities`: what is added, by reason."""

    line_id: str
    unsure_times: int
    mood_texts: int
    loops: bool
    vip: str
    kind: str
    thing_id: str | None
    compare: str
    value: str
    keywords: list[str]
    priorities: dict[str, int]
    tells_wait: bool


@dataclass(frozen=True, slots=True)
class PolicyGiven:
    unsure_times: int = 2
    mood_texts: int = 0
    loops: bool = False
    vip: str = "off"
    kind: str = ""
    thing_id: UUID | None = None
    compare: str = "is"
    value: str = ""
    keywords: Sequence[str] = ()
    priorities: Mapping[str, int] = field(default_factory=dict)
    tells_wait: bool = True

    @property
    def words(self) -> Sequence[str]:
        return ()


def policy_shown(organisation_id: UUID, line_id: UUID) -> PolicyView:
    """Raises NotFound. A line that has none is shown the usual one."""
    line = _line(organisation_id, line_id)
    return _view(HandoverPolicy.objects.filter(line=line).first() or _usual(line))


def save_policy(*, actor: User, line_id: UUID, given: PolicyGiven) -> PolicyView:
    """The next turn of its bot is judged by it. Raises NotFound, Invalid."""
    with record_changes(actor.organisation_id) as changes:
        line = _line(actor.organisation_id, line_id)
        row = HandoverPolicy.objects.select_for_update().filter(line=line).first()
        before = dict(_view(row or _usual(line)))
        new = _usual(line)
        _set(new, given)
        new.save(force_insert=row is None, force_update=row is not None)
        after = _view(new)
        changed = audit.difference(before, dict(after))
        if changed:
            audit.record(
                actor=actor, organisation_id=actor.organisation_id, action="handover_policy.changed", kind="line",
                object_id=line.id, name=str(line), changes=changed,
            )  # fmt: skip
            changes.add(SettingsChanged(kind="line", object_id=line.id))
    return after


def _set(row: HandoverPolicy, given: PolicyGiven) -> None:
    for name, least, most in (("unsure_times", 1, 3), ("mood_texts", 0, 5)):
        if not least <= getattr(given, name) <= most:
            raise Invalid("policy_range", f"from {least} to {most}", field=name)
        setattr(row, name, getattr(given, name))
    row.loops, row.tells_wait = given.loops, given.tells_wait
    row.vip = one_of(given.vip, tuple(Vip), "vip")
    if one_of(given.kind, WHO, "kind"):
        set_question(row, row.organisation_id, given)
    elif row.vip != Vip.OFF or given.value or given.compare != "is":
        raise Invalid("required", "who is to be looked after?", field="kind")
    row.keywords = "\n".join(_keywords(given.keywords))
    for reason, added in given.priorities.items():
        one_of(reason, REASONS, "priorities")
        if not 0 <= added <= MOST_PRIORITY:
            raise Invalid("policy_range", f"from 0 to {MOST_PRIORITY}", field="priorities")
    row.priorities = {reason: added for reason, added in sorted(given.priorities.items()) if added}


def _keywords(given: Sequence[str]) -> list[str]:
    try:
        return words_of(given) if given else []
    except Invalid as refusal:
        raise Invalid(refusal.code, refusal.message, field="keywords") from None


def _line(organisation_id: UUID, line_id: UUID) -> Line:
    line = Line.objects.filter(organisation_id=organisation_id, id=line_id).first()
    if line is None:
        raise NotFound("no_line", "there is no such line")
    return line


def _usual(line: Line) -> HandoverPolicy:
    return HandoverPolicy(line=line, organisation_id=line.organisation_id)


def _view(row: HandoverPolicy) -> PolicyView:
    thing: Any = row.contact_list_id or row.tag_id or row.attribute_id
    return {
        "line_id": str(row.line_id),
        "unsure_times": row.unsure_times,
        "mood_texts": row.mood_texts,
        "loops": row.loops,
        "vip": str(row.vip),
        "kind": row.kind,
        "thing_id": str(thing) if thing else None,
        "compare": row.compare,
        "value": row.value,
        "keywords": row.keywords.split("\n") if row.keywords else [],
        "priorities": dict(row.priorities),
        "tells_wait": row.tells_wait,
    }
