"""What a ladder tells a subscriber: the queue's own words, else the usual ones, in his language."""

from __future__ import annotations

import math
from datetime import datetime
from zoneinfo import ZoneInfo

from conversations.models import Conversation
from routing.after_hours_text import said
from routing.estimates import Estimate
from routing.models import Queue

# Every sign of them is in GSM 03.38 (no ê, no °): one that is not would double what each of them costs.
USUAL: dict[str, dict[str, str]] = {
    "fr": {
        "position": "{organisation} : merci de patienter. Votre place dans la file : {position}.",
        "position_and_wait": (
            "{organisation} : merci de patienter. Votre place dans la file : {position}."
            " Attente : environ {wait}, rarement plus de {longest}."
        ),
        "offer_callback": (
            "{organisation} : l'attente est longue. Répondez 1 pour que nous revenions vers vous plus tard,"
            " ou patientez simplement."
        ),
        "callback_promised": (
            "{organisation} : c'est noté. Nous reviendrons vers vous au plus tard {callback_at}."
            " Vous gardez votre place."
        ),
    },
    "en": {
        "position": "{organisation}: thank you for waiting. Your place in the queue: {position}.",
        "position_and_wait": (
            "{organisation}: thank you for waiting. Your place in the queue: {position}."
            " Wait: about {wait}, seldom more than {longest}."
        ),
        "offer_callback": (
            "{organisation}: the wait is long. Reply 1 and we will come back to you later, or simply keep waiting."
        ),
        "callback_promised": (
            "{organisation}: noted. We will come back to you by {callback_at} at the latest. You keep your place."
        ),
    },
}
NAMES = tuple(USUAL["fr"])
PLACEHOLDERS = {
    "position": ("{position}",),
    "position_and_wait": ("{position}", "{wait}", "{longest}"),
    "offer_callback": (),
    "callback_promised": ("{callback_at}",),
}
EVERYWHERE = ("{organisation}", "{line}", "{address}")
ESTIMATED = ("{wait}", "{longest}")


def position_text(queue: Queue, conversation: Conversation, position: int, known: Estimate) -> str:
    """With the estimate where there is one; never a figure made of too few waits."""
    language = _language(conversation)
    if known.p50_s is None or known.p90_s is None:
        return _filled(queue, conversation, language, "position", {"{position}": str(position)})
    facts = {
        "{position}": str(position),
        "{wait}": span(known.p50_s),
        "{longest}": span(max(known.p50_s, known.p90_s)),
    }
    return _filled(queue, conversation, language, "position_and_wait", facts)


def offer_text(queue: Queue, conversation: Conversation) -> str:
    return _filled(queue, conversation, _language(conversation), "offer_callback", {})


def promised_text(queue: Queue, conversation: Conversation, at: datetime, now: datetime, zone: ZoneInfo) -> str:
    language = _language(conversation)
    facts = {"{callback_at}": said(at, now, zone, language)}
    return _filled(queue, conversation, language, "callback_promised", facts)


def span(seconds: float) -> str:
    """As people say it, in both languages: "5 min", "1 h 20". Rounded up: nobody is disappointed by less."""
    minutes = max(1, math.ceil(seconds / 60))
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02}"


def _language(conversation: Conversation) -> str:
    line = conversation.line
    spoken = conversation.language or conversation.contact.language or line.language
    if spoken in USUAL:
        return spoken
    return line.language if line.language in USUAL else "fr"


def _filled(queue: Queue, conversation: Conversation, language: str, name: str, facts: dict[str, str]) -> str:
    body = queue.ladder_texts.get(language, {}).get(name) or USUAL[language][name]
    line = conversation.line
    given = {"{organisation}": line.organisation.name, "{line}": line.name, "{address}": line.address, **facts}
    for placeholder, value in given.items():
        body = body.replace(placeholder, value)
    return body
