"""One request for each door that is registered: its address filled in, a body that its description accepts."""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from accounts.factors import STEP_S, offered
from bots.lookups.models import Source
from bots.workshop.models import TurnTaken
from common.secrets import seal
from config.api import openapi
from config.doors import Door
from contacts.models import Merge
from conversations.models import Link
from knowledge.models import ArticleVersion
from replies.models import CannedReply
from routing.models import Workflow
from tests.accounts.passkey import keep_passkey, registered
from tests.browser import Answer, Browser
from tests.gates.company import OWN_PASSWORD, OWN_WRONG_NUMBER, Company
from tests.gates.leftovers import FILE
from tests.realtime.world import sign_in

# An address that each regular expression of config.urls matches, and one of webhooks that nobody calls.
SAMPLES = {
    "/webhooks/<uuid:link_id>/<slug:kind>": "/webhooks/01939a5e-0000-7000-8000-000000000000/nothing",
    "/webhooks/<uuid:link_id>/media/<str:token>": "/webhooks/01939a5e-0000-7000-8000-000000000000/media/nothing",
    "/^api/.*$": "/api/nothing/here",
    "/^(?:supervision|admin|account|c)(?:/.*)?$": "/admin/users",
}
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
QUERIES = {
    "/api/conversations/{conversation_id}/attachment": "?seq=1&place=1",
    "/api/events": "?after=0&epoch=1",
    "/api/conversations/{conversation_id}/delivery": "?seq=1",
    "/api/supervision/staffing": "?contacts=60&handling_s=300",
    "/api/opt-outs/said": "?number=%2B2290197999999",
    "/api/admin/lists/{list_id}/numbers": "?number=0197123400",
    "/api/search": "?q=bonjour",
    "/api/admin/person": "?number=0197123400",
    "/api/admin/bot": "?bot=telecom",
    "/api/admin/bot/phrases": "?bot=telecom&intent=balance&language=fr",
    "/api/admin/bot/rehearsals": "?bot=telecom",
    "/api/admin/bot/turns": "?bot=telecom&show=all",
    "/api/admin/bot/progress": "?bot=telecom",
}

# 503 where monitors see that all is not well, and where the front end is not built.
PERHAPS_503 = {"* /health", "* /", "* /sign-in", "* /^(?:supervision|admin|account|c)(?:/.*)?$"}

# The session gets another key by these, and what they have done is undone: the browser takes the one back that it had.
ROTATES = {"POST /api/security/password"}

Body = Callable[[Company], dict[str, Any]]


def _carried(company: Company) -> int:
    """Octets, where the line's link carries attachments."""
    Link.objects.filter(id=company.own.link.id).update(adapter="sms.twilio")
    return 100


def _version(state: str) -> Body:
    """The organisation's own article is in this state; whoever wrote it is not the administrator."""

    def made(company: Company) -> dict[str, Any]:
        given: dict[str, Any] = {"state": state}
        if state == "approved":
            given |= {"judged_by": company.people["administrator"], "live_from": datetime.now(UTC)}
        ArticleVersion.objects.filter(organisation=company.own.organisation).update(**given)
        return {"remark": "À préciser"} if state == "submitted" else {}

    return made


def _with_factors(company: Company) -> dict[str, Any]:
    """Everybody has an application of codes, whose secret we know."""
    for user in company.people.values():
        Authenticator.objects.get_or_create(
            user=user, type="totp", defaults={"data": {"secret": seal(TOTP_SECRET).decode(), "last_step": -1}}
        )
    return {}


def _code() -> str:
    return format_hotp_value(hotp_value(TOTP_SECRET, int(time.time()) // STEP_S))


def _with_passkeys(company: Company) -> dict[str, Any]:
    for user in company.people.values():
        keep_passkey(user)
    return {}


def _with_another_session(company: Company) -> dict[str, Any]:
    for user in company.people.values():
        sign_in(user)
    return {}


# What an operation wants that its description alone does not tell. An operation that none of the roles can use with
# its own organisation's things fails in test_matrix.py: give it a body here.
BODIES: dict[str, Body] = {
    "PATCH /api/session": lambda _: {"theme": "dark"},
    "PUT /api/presence": lambda _: {"state": "busy"},
    "POST /api/conversations/{conversation_id}/messages": lambda _: {"client_id": str(uuid4()), "body": "Bonjour"},
    "POST /api/conversations/{conversation_id}/attachments": lambda company: {"octets": _carried(company)},
    "PUT /api/conversations/{conversation_id}/attachments/{attachment_id}": lambda _: {"at": 0, "content": "R0lG"},
    "POST /api/conversations/{conversation_id}/notes": lambda _: {"client_id": str(uuid4()), "body": "Note"},
    "POST /api/replies/used": lambda company: {
        "reply_id": str(CannedReply.objects.get(organisation=company.own.organisation, scope="all").id),
    },
    "POST /api/replies/own": lambda _: {"shortcut": "autre", "title": "Autre", "fr": "Bonjour {contact.name}"},
    "PUT /api/replies/own/{own_reply_id}": lambda _: {"shortcut": "mienne", "title": "Mienne", "fr": "Bonsoir"},
    "POST /api/admin/replies": lambda _: {"shortcut": "autre", "title": "Autre", "fr": "Bonjour {contact.name}"},
    "PUT /api/admin/replies/{reply_id}": lambda _: {"shortcut": "autre", "title": "Autre", "fr": "Bonsoir"},
    "POST /api/admin/replies/file": lambda _: {"csv": "shortcut,title,fr\nautre,Autre,Bonjour"},
    "PUT /api/admin/replies/drafts": lambda _: {"shares_drafts": False},
    "PUT /api/conversations/{conversation_id}/draft": lambda _: {
        "mode": "note", "text": "À voir", "browser": str(uuid4()), "edit": 1,
    },
    "POST /api/conversations/{conversation_id}/scheduled": lambda _: {
        "client_id": str(uuid4()), "body": "À demain", "seen": 99,
        "at": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
    },
    "PATCH /api/scheduled/{scheduled_id}": lambda _: {"body": "À après-demain", "seen": 99},
    "POST /api/conversations/{conversation_id}/return": lambda _: {"to": "queue"},
    "POST /api/conversations/{conversation_id}/read": lambda _: {"seq": 1},
    "POST /api/conversations/{conversation_id}/opt-out": lambda _: {"reason": "Il l'a dit au téléphone"},
    "POST /api/conversations/{conversation_id}/opt-in": lambda _: {"reason": "Courrier signé"},
    "PUT /api/admin/lines/{line_id}/keywords": lambda _: {
        "language": "fr", "kind": "help", "words": ["SOS"], "reply": "Appelez le 1919.",
    },
    "POST /api/admin/users": lambda _: {
        "name": "Nouvelle", "email": "nouvelle@own.example", "role": "agent", "password": "un baobab au bord du fleuve",
    },
    "POST /api/admin/users/import": lambda _: {
        "csv": "nom;e-mail\nNouvelle;nouvelle2@own.example\n", "is_trial": False,
    },
    "POST /api/admin/teams": lambda company: {"name": "Soirs", "member_ids": [str(company.people["agent"].id)]},
    "PATCH /api/admin/teams/{team_id}": lambda _: {"name": "Autrement"},
    "PUT /api/admin/security": lambda _: {"idle_minutes": 10},
    "POST /api/security/sessions/end": _with_another_session,
    "POST /api/session/passkey": _with_passkeys,
    "POST /api/session/prove": lambda _: {"password": OWN_PASSWORD},
    "POST /api/security/totp": lambda _: {"offer": offered(TOTP_SECRET), "code": _code()},
    "POST /api/security/passkeys": lambda _: registered("Clé"),
    "POST /api/security/factors/remove": _with_factors,
    "POST /api/security/recovery-codes": _with_factors,
    "POST /api/security/password": lambda _: {"old": OWN_PASSWORD, "new": "six zemidjans sous la pluie"},
    "POST /api/admin/lines": lambda company: {
        "name": "Troisième", "address": "4545", "queue_id": str(company.own.queue.id),
    },
    "PATCH /api/admin/lines/{line_id}": lambda _: {"name": "Autrement"},
    "POST /api/admin/links": lambda _: {
        "name": "Tiers", "adapter": "sms.smpp", "secret": "baobab1",
        "settings": {"host": "127.0.0.1", "port": 2775, "system_id": "palabre"},
    },
    "PATCH /api/admin/links/{link_id}": lambda _: {
        "settings": {"host": "127.0.0.1", "port": 2775, "system_id": "palabre"}, "secret": "baobab1",
    },
    "POST /api/admin/links/{link_id}/control": lambda _: {"deed": "drain"},
    "POST /api/admin/wrong-numbers/forget": lambda _: {"number": OWN_WRONG_NUMBER},
    "PUT /api/admin/media": lambda _: {"keep_days": 90, "sender_mb": 20},
    "POST /api/admin/ported/uploads": lambda _: {"name": "p.csv", "octets": 14},
    "POST /api/admin/ported": lambda _: {"csv": "+2290197000009;Savane"},
    "PATCH /api/admin/users/{user_id}": lambda _: {"name": "Autrement"},
    "POST /api/history/exports": lambda _: {"form": "csv"},
    "POST /api/supervision/targets/exports": lambda _: {"form": "csv"},
    "POST /api/admin/tokens": lambda company: {"name": "Agenda", "line_ids": [str(company.own.open_line.id)]},
    "POST /api/admin/lookup-sources": lambda _: {
        "name": "Facturation", "kind": "sql", "secret": "baobab1",
        "settings": {"host": "127.0.0.1", "port": 5433, "database": "billing", "user": "reader"},
    },
    "PATCH /api/admin/lookup-sources/{source_id}": lambda _: {
        "settings": {"url": "http://127.0.0.1:9/api", "auth": "bearer"}, "secret": "baobab1",
    },
    "POST /api/admin/lookups": lambda company: {
        "name": "solde", "source_id": str(Source.objects.get(organisation=company.own.organisation).id),
        "parameters": [{"name": "numero", "origin": "number", "form": "e164"}], "path": "/accounts/{numero}",
        "columns": [{"name": "solde", "path": "balance"}],
    },
    "PATCH /api/admin/lookups/{look_up_id}": lambda _: {"cached_s": 60},
    "POST /api/admin/lookups/{look_up_id}/try": lambda _: {"number": "0197123400"},
    "POST /api/texts/check": lambda company: {
        "line_id": str(company.own.open_line.id), "numbers": ["+2290197123400", "+2290197123400", "1919"],
    },
    "POST /api/texts": lambda company: {
        "line_id": str(company.own.open_line.id), "numbers": ["+2290197123400"], "body": "Bonjour",
        "client_id": str(uuid4()), "keep": True,
    },
    "POST /api/offers/{offer_id}/decline": lambda _: {"reason": "Pas ma langue"},
    "POST /api/presence/idle": lambda _: {"idle": True},
    "PUT /api/supervision/agents/{user_id}/state": lambda _: {"state": "break", "reason": "Oublié"},
    "POST /api/admin/skills": lambda _: {"name": "Fon", "language": "fon"},
    "PATCH /api/admin/skills/{skill_id}": lambda _: {"name": "Autrement"},
    "PATCH /api/admin/agents/{user_id}": lambda _: {"capacity": 7, "media": [{"medium": "sms", "capacity": 6}]},
    "POST /api/admin/queues": lambda _: {"name": "Réclamations", "auto_accept": False, "ring_s": 20},
    "PATCH /api/admin/queues/{queue_id}": lambda _: {
        "ring_s": 25, "full_reply": {"fr": "Patientez, s’il vous plaît."},
        "ladder": [{"after_s": 60, "do": "tell_position"}, {"after_s": 90, "do": "raise_priority", "by": 2}],
        "ladder_texts": {"fr": {"position": "Place {position}."}},
    },
    "POST /api/admin/reasons": lambda _: {"name": "Prière", "state": "break", "counts_as": "pause"},
    "PATCH /api/admin/reasons/{reason_id}": lambda _: {"name": "Autrement"},
    "POST /api/admin/dispositions": lambda company: {"queue_id": str(company.own.queue.id), "name": "Résolu"},
    "PATCH /api/admin/dispositions/{disposition_id}": lambda _: {"name": "Autrement"},
    "POST /api/admin/lists": lambda _: {"name": "Autre liste"},
    "PATCH /api/admin/lists/{list_id}": lambda _: {"name": "Autrement"},
    "POST /api/admin/lists/{list_id}/numbers": lambda _: {"add": ["0197123400"]},
    "POST /api/admin/lists/{list_id}/uploads": lambda _: {"name": "n.csv", "octets": 14},
    "PUT /api/admin/uploads/{upload_id}/pieces": lambda _: {"number": 0, "content": b64encode(FILE).decode()},
    "POST /api/admin/tags": lambda _: {"name": "Autre"},
    "PATCH /api/admin/tags/{tag_id}": lambda _: {"name": "Autrement"},
    "POST /api/admin/attributes": lambda _: {"name": "Autre", "key": "autre", "type": "number"},
    "PATCH /api/admin/attributes/{attribute_id}": lambda _: {"name": "Autrement"},
    "PUT /api/admin/person": lambda company: {
        "number": company.mine.address.value, "tag_ids": [], "values": {"offre": "or"},
    },
    "PUT /api/admin/lines/{line_id}/filter": lambda company: {
        "is_enabled": True,
        "way": {"outcome": "answer", "reply": "Ce service est réservé."},
        "checks": [{"kind": "keyword", "words": ["solde"], "way": {"queue_id": str(company.own.queue.id)}}],
    },
    "POST /api/admin/lines/{line_id}/filter/try": lambda _: {"number": "0197123400", "text": "Bonjour"},
    "PUT /api/admin/lines/{line_id}/handover": lambda _: {"unsure_times": 3, "keywords": ["avocat"]},
    "PUT /api/admin/lines/{line_id}/rules": lambda company: {
        "is_enabled": True,
        "revision": Workflow.objects.filter(line=company.own.open_line).values_list("revision", flat=True).first() or 0,
        "rules": [
            {"queue_id": str(company.own.queue.id), "conditions": [{"kind": "keyword", "words": ["solde"]}]},
        ],
    },
    "POST /api/admin/lines/{line_id}/rules/try": lambda _: {"number": "0197123400", "text": "Bonjour"},
    "POST /api/admin/knowledge": lambda _: {"key": "fibre", "topic": "Internet"},
    "PATCH /api/admin/knowledge/{article_id}": lambda _: {"topic": "Autre"},
    "PUT /api/admin/knowledge/{article_id}/draft": lambda _: {"language": "en", "title": "Fibre", "answer": "Ask us."},
    "POST /api/admin/knowledge/versions/{version_id}/approve": lambda company: _version("submitted")(company) and {},
    "POST /api/admin/knowledge/versions/{version_id}/refuse": _version("submitted"),
    "POST /api/admin/knowledge/versions/{version_id}/withdraw": _version("approved"),
    "POST /api/admin/knowledge/versions/{version_id}/bring-back": _version("approved"),
    "PUT /api/admin/knowledge/settings": lambda _: {"threshold": 0.8},
    "POST /api/admin/knowledge/try": lambda _: {"text": "esim"},
    "POST /api/admin/schedules": lambda _: {"name": "Soirs", "week": [[[480, 1080]]] * 5 + [[], []], "country": "BJ"},
    "PATCH /api/admin/schedules/{schedule_id}": lambda _: {"week": [[[540, 1020]]] * 7},
    "POST /api/admin/schedules/{schedule_id}/remove": lambda _: {},
    "POST /api/admin/schedules/{schedule_id}/special-days": lambda _: {
        "first": "2027-03-01", "last": "2027-03-02", "reason": "Inventaire",
    },
    "PUT /api/admin/special-days/{special_id}": lambda _: {
        "first": "2027-03-01", "last": "2027-03-04", "reason": "Inventaire",
    },
    "PUT /api/admin/holidays": lambda _: {"country": "BJ", "year": 2027, "key": "eid-al-adha", "day": "2027-05-16"},
    "PUT /api/admin/lines/{line_id}/after-hours": lambda _: {"language": "fr", "body": "Fermé jusqu'à {opens_at}."},
    "PUT /api/admin/queues/{queue_id}/targets": lambda _: {"first_s": 240},
    "PUT /api/admin/lines/{line_id}/targets": lambda _: {"first_s": 600, "is_business": False},
    "POST /api/conversations/{conversation_id}/snooze": lambda _: {"seen": 99, "until": None},
    "POST /api/conversations/{conversation_id}/callback": lambda _: {
        "at": (datetime.now(UTC) + timedelta(days=2)).isoformat(), "note": "Le soir",
    },
    "POST /api/conversations/{conversation_id}/transfer": lambda company: {"queue_id": str(company.own.queue.id)},
    "POST /api/conversations/{conversation_id}/consult": lambda company: {
        "agent_id": str(company.people["supervisor"].id), "note": "Qu'en penses-tu ?",
    },
    "POST /api/conversations/reassign": lambda company: {
        "conversation_ids": [str(company.mine.id)], "queue_id": str(company.own.queue.id),
    },
    "POST /api/bulk": lambda company: {
        "id": str(uuid4()), "action": "read", "conversation_ids": [str(company.mine.id)],
    },
    "POST /api/views": lambda company: {
        "name": "À moi", "filter": {"line": [str(company.own.open_line.id)], "status": "queued"},
    },
    "PUT /api/views/arrangement": lambda _: {"views": [], "pinned": []},
    "PUT /api/views/{view_id}": lambda _: {"name": "Autrement", "sharing": "everybody"},
    "PUT /api/desk/lines": lambda company: {"line_ids": [str(company.own.open_line.id)]},
    "PUT /api/admin/bot/sentence": lambda _: {
        "bot": "telecom", "name": "utter_opening_hours", "language": "fr", "texts": ["De 9h a 17h."],
    },
    "PUT /api/admin/bot/phrases": lambda _: {
        "bot": "telecom", "intent": "balance", "language": "fr", "add": ["combien de sous il y a la"],
    },
    "POST /api/admin/bot/discard": lambda _: {"bot": "telecom"},
    "POST /api/admin/bot/train": lambda _: {"bot": "telecom"},
    "POST /api/admin/bot/restore": lambda _: {"bot": "telecom"},
    "POST /api/admin/bot/talk": lambda _: {"bot": "telecom", "texts": []},
    "PUT /api/admin/bot/rehearsals": lambda _: {
        "bot": "telecom", "name": "Bonjour", "language": "fr", "steps": [{"text": "Bonjour", "intent": "greet"}],
    },
    "POST /api/admin/bot/labels": lambda company: {
        "turn_ids": [str(TurnTaken.objects.get(organisation=company.own.organisation).id)], "intent": "",
    },
    "POST /api/admin/bot/labels/learn": lambda _: {"bot": "telecom"},
    "PATCH /api/people/{contact_id}": lambda _: {"name": "Awa Autrement"},
    "POST /api/people/{contact_id}/notes": lambda _: {"body": "Rappeler le soir"},
    "PUT /api/people/{contact_id}/notes/{note_id}": lambda _: {"body": "Rappeler le matin"},
    "PUT /api/people/{contact_id}/block": lambda _: {"reason": "Menaces"},
    "POST /api/people/{contact_id}/merge": lambda company: {"other_id": str(company.own.conversation().contact_id)},
    "POST /api/people/{contact_id}/split": lambda company: {
        "merge_id": str(Merge.objects.values_list("id", flat=True).get(organisation=company.own.organisation)),
    },
    "PUT /api/admin/record-link": lambda _: {"name": "CRM", "template": "https://crm.example/c/{digits}"},
    "POST /api/demo/sign-in": lambda _: {"email": "afi@own.example"},
}  # fmt: skip


@cache
def description() -> dict[str, Any]:
    return openapi()


def described(door: Door) -> dict[str, Any] | None:
    """What the API's description says of an operation; None: it is not in there."""
    return description()["paths"].get(door.address, {}).get(door.method.lower())


def address(door: Door, ids: Mapping[str, object]) -> str:
    """Raises KeyError for an address that names a thing of a kind that Company.objects does not know."""
    if door.address in SAMPLES:
        return SAMPLES[door.address]
    return door.address.format_map(ids) + QUERIES.get(door.address, "")


def names_a_thing(door: Door) -> bool:
    return bool(re.search(r"\{\w+\}", door.address)) and not door.address.startswith("/^")


def body(door: Door, company: Company) -> dict[str, Any] | None:
    if door.method in ("GET", "*"):
        return None
    return BODIES.get(door.name, lambda _: {})(company)


def call(browser: Browser, door: Door, company: Company, ids: Mapping[str, object], **given: Any) -> Answer:
    method = "GET" if door.method == "*" else door.method
    session = browser.client.cookies.get("session")
    answer = browser.call(method, address(door, ids), given.pop("body", body(door, company)), **given)
    if door.name in ROTATES and session is not None:
        browser.client.cookies["session"] = session.value
    return answer
