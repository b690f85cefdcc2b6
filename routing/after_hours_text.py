"""What who writes to a closed line is told, in his language: when it opens, as people say it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from accounts.hours import Hours, next_opening, says_at
from conversations.models import AfterHoursText, Conversation, Line

# Every sign of them is in GSM 03.38: one that is not would double what each of them costs.
USUAL = {
    "fr": "{organisation} : nous sommes fermés. Votre message est bien arrivé. Prochaine ouverture : {opens_at}.",
    "en": "{organisation}: we are closed. Your message has arrived. We open again {opens_at}.",
}
_DAYS = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_SAID = {
    "fr": ("aujourd'hui à {time}", "demain à {time}", "{day} {date} à {time}", "prochainement"),
    "en": ("today at {time}", "tomorrow at {time}", "{day} {date} at {time}", "soon"),
}


def texts_for(conversation: Conversation, hours: Hours, now: datetime) -> list[str]:
    """In the subscriber's language: the special day's own words, else the line's, else the usual; each for the case
    that those before it are too long for the line."""
    line = conversation.line
    language = conversation.language or conversation.contact.language or line.language
    if language not in USUAL:
        language = line.language if line.language in USUAL else "fr"
    own = AfterHoursText.objects.filter(line_id=line.id, language=language).values_list("body", flat=True).first()
    opens_at = said(next_opening(hours, now), now, hours.zone, language)
    bodies = (says_at(hours, now, language), own, USUAL[language])
    return [filled(body, line=line, opens_at=opens_at) for body in bodies if body]


def filled(body: str, *, line: Line, opens_at: str) -> str:
    for name, value in (
        ("{opens_at}", opens_at),
        ("{organisation}", line.organisation.name),
        ("{line}", line.name),
        ("{address}", line.address),
    ):
        body = body.replace(name, value)
    return body


def said(opens: datetime | None, now: datetime, zone: ZoneInfo, language: str) -> str:
    """A time to come as people say it: "demain à 08:00", "lundi 23/11 à 08:00"."""
    today, tomorrow, later, some_day = _SAID[language]
    if opens is None:
        return some_day
    at, here = opens.astimezone(zone), now.astimezone(zone)
    form = {here.date(): today, here.date() + timedelta(days=1): tomorrow}.get(at.date(), later)
    return form.format(time=f"{at:%H:%M}", date=f"{at:%d/%m}", day=_DAYS[language][at.weekday()])
