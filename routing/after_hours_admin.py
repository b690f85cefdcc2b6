"""What a line answers outside its hours, per language: shown with the usual words, changed by an administrator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict
from uuid import UUID

from django.db.models import Q

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import Schedule, User
from accounts.schedule_admin import check_words_with
from common.errors import Conflict, Invalid, NotFound
from common.text import storable
from conversations.models import AfterHoursText, Line
from conversations.wording import refuse_too_long
from realtime.log import record_changes
from routing.after_hours_text import USUAL, filled
from routing.models import Queue

LONGEST = 480  # characters
LONGEST_TIME = {"fr": "mercredi 23/12 à 08:00", "en": "Wednesday 23/12 at 08:00"}


class AfterHoursView(TypedDict):
    """`usual`: the installation's own words. `opens_at`: as long as the time of an opening can be, to see what the
    text costs at most."""

    language: str
    body: str
    usual: bool
    opens_at: str


def texts_of(organisation_id: UUID, line_id: UUID) -> list[AfterHoursView]:
    """Raises NotFound."""
    line = _line(organisation_id, line_id)
    own = dict(AfterHoursText.objects.filter(line=line).values_list("language", "body"))
    return [
        {
            "language": language,
            "body": own.get(language, usual),
            "usual": language not in own,
            "opens_at": LONGEST_TIME[language],
        }
        for language, usual in USUAL.items()
    ]


def save_text(*, actor: User, line_id: UUID, language: str, body: str) -> list[AfterHoursView]:
    """Change one language's; an empty `body`: the usual words again. Raises NotFound, Invalid: "unknown_choice",
    "too_long" (more than 480 characters, or than the line sends at once)."""
    body = storable(body).strip()
    if language not in USUAL:
        raise Invalid("unknown_choice", "must be one of fr, en", field="language")
    if len(body) > LONGEST:
        raise Invalid("too_long", f"at most {LONGEST} characters", field="body")
    with record_changes(actor.organisation_id) as changes:
        line = _line(actor.organisation_id, line_id)
        if body:
            try:
                refuse_too_long(line, filled(body, line=line, opens_at=LONGEST_TIME[language]))
            except Conflict:  # no link yet: nothing can be counted
                pass
        mine = AfterHoursText.objects.select_for_update().filter(line=line, language=language)
        row = mine.first()
        before = row.body if row else ""
        if body and row:
            mine.update(body=body)
        elif body:
            AfterHoursText.objects.create(organisation_id=line.organisation_id, line=line, language=language, body=body)
        elif row:
            row.delete()
        if body != before:
            audit.record(
                actor=actor, organisation_id=line.organisation_id, action="line.changed", kind="line",
                object_id=line.id, name=str(line), changes={f"after_hours.{language}": [before, body]},
            )  # fmt: skip
            changes.add(SettingsChanged(kind="line", object_id=line.id))
    return texts_of(actor.organisation_id, line_id)


@check_words_with
def refuse_words(schedule: Schedule, says: Mapping[str, str]) -> None:
    """What special days say leaves on every line that keeps their hours, or leads to a queue that does: refused where
    one of them cannot send it in one text. A line that comes to keep them later says its own or the usual words
    instead (routing/after_hours.py).

    Raises Invalid("says_too_long", line=, parts=, most_parts=).
    """
    keeping = Queue.objects.filter(schedule=schedule).values_list("id", flat=True)
    mine = Line.objects.filter(Q(schedule=schedule) | Q(queue_id__in=list(keeping)), is_enabled=True)
    lines = mine.select_related("organisation").order_by("address")
    for language, body in says.items():
        for line in lines if body else ():
            try:
                refuse_too_long(line, filled(body, line=line, opens_at=LONGEST_TIME[language]))
            except Conflict:  # no link yet: nothing can be counted
                continue
            except Invalid as refusal:
                raise Invalid(
                    "says_too_long", f"too long for the line {line.address}", field=f"says_{language}",
                    line=line.address, **refusal.facts,
                ) from None  # fmt: skip


def _line(organisation_id: UUID, line_id: UUID) -> Line:
    found = Line.objects.select_related("organisation").filter(organisation_id=organisation_id, id=line_id).first()
    if found is None:
        raise NotFound("no_line", "there is no such line")
    return found
