"""What administrators do is written down in the transaction of the deed."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.db import connection

from accounts import audit
from accounts.models import Audit, Role
from config.doors import Door, doors
from conversations.models import Conversation
from realtime.models import Event
from tests.browser import Browser
from tests.gates import calls
from tests.gates.company import Company, product_models, undone

pytestmark = pytest.mark.timeout(240)  # seconds on a quiet machine, a minute on a busy one

CHANGES = [door for door in doors() if door.permission and door.method != "GET"]
ADMINISTERS = [door for door in CHANGES if door.permission and door.permission.endswith(".administer")]
# Changes that leave no line anywhere, each with the reason.
_DRAFT = "its author's alone until it leaves with an answer, which is told"
UNTOLD = {
    "PATCH /api/session": "a person's own language and colours",
    "POST /api/session/active": "that somebody is at his desk",
    "POST /api/session/lock": "the caller's own screen is covered",
    "POST /api/session/prove": "the caller's own screen is uncovered; wrong tries are counted",
    "POST /api/session/passkey": "the beginning of a proof: nothing is stored",
    "POST /api/security/totp/begin": "the beginning of a factor: nothing is stored before it is proved",
    "POST /api/security/passkeys/begin": "the beginning of a factor: nothing is stored before it is proved",
    "POST /api/presence/focus": "what stands before the caller's eyes: an interval of the figures, seen by nobody",
    "PUT /api/admin/uploads/{upload_id}/pieces": "a piece of a file whose beginning and end are written down",
    "POST /api/conversations/{conversation_id}/attachments": _DRAFT,
    "PUT /api/conversations/{conversation_id}/attachments/{attachment_id}": _DRAFT,
    "DELETE /api/conversations/{conversation_id}/attachments/{attachment_id}": _DRAFT,
    "POST /api/admin/lines/{line_id}/filter/try": "looks at a number, and changes nothing",
    "POST /api/admin/lines/{line_id}/rules/try": "looks at a text, and changes nothing",
    "POST /api/admin/knowledge/try": "looks for an article, and changes nothing",
    "POST /api/admin/bot/talk": "takes turns of a bot, and changes nothing",
    "POST /api/replies/used": "by how often he uses them, an agent's list is sorted",
    "POST /api/bulk/{deed_id}/undo": "each conversation given back tells of itself; here nothing was to be given",
    "POST /api/conversations/{conversation_id}/unread": "of what nobody has written in, nothing is unread",
    "PUT /api/views/arrangement": "the order of a person's own views",
    "POST /api/texts/check": "looks at numbers, which do not belong in an address, and changes nothing",
}

# What must be done first, for there to be anything to change.
BEFORE = {
    "POST /api/conversations/{conversation_id}/wake": "POST /api/conversations/{conversation_id}/snooze",
    "POST /api/conversations/{conversation_id}/reopen": "POST /api/conversations/{conversation_id}/close",
}


def everything() -> str:
    """A fingerprint of every table but the sessions."""
    tables = [model._meta.db_table for model in product_models() if model._meta.db_table != "django_session"]
    sums = " union all ".join(
        f"""select '{name}', md5(coalesce(string_agg(t::text, '' order by t::text), '')) from "{name}" t"""
        for name in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(f"{sums} order by 1")  # of so many tables the planner reads some at once, in any order
        return "".join(found for _, found in cursor.fetchall())


def change(browser: Browser, door: Door, company: Company, of: Conversation | None = None) -> Any:
    return calls.call(browser, door, company, company.objects(company.own, of or company.mine))


@pytest.mark.needs("RFP-097", part="each administrative deed, append-only")
def test_every_administrative_change_leaves_its_line(company: Company, subtests: pytest.Subtests) -> None:
    boss = company.people[Role.ADMINISTRATOR]
    browser = Browser(boss)
    assert ADMINISTERS
    for door in ADMINISTERS:
        with subtests.test(door.name), undone():
            before = set(Audit.objects.values_list("pk", flat=True))
            answer = change(browser, door, company)
            assert answer.status in (200, 201, 204), answer.raw
            fresh = Audit.objects.exclude(pk__in=before)
            assert [(one.actor_id, one.organisation_id) for one in fresh] == [(boss.id, boss.organisation_id)], (
                f"{door.name} must call accounts.audit.record once, inside the transaction of the change"
            )
            line = fresh.get()
            assert line.changes and line.object_id and line.action and line.object_kind
            assert "baobab" not in str(line.changes), "a secret is in the log"


def test_a_change_whose_line_cannot_be_written_does_not_happen(
    company: Company, subtests: pytest.Subtests, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser(company.people[Role.ADMINISTRATOR])

    def broken(**_fields: Any) -> None:
        raise RuntimeError("the log cannot be written")

    monkeypatch.setattr(audit.Audit.objects, "create", broken)
    untouched = everything()
    for door in ADMINISTERS:
        with subtests.test(door.name), undone():
            assert change(browser, door, company).status == 500
            assert everything() == untouched, f"{door.name} changes something outside the transaction of its line"


def test_every_change_leaves_a_line_or_an_event(company: Company, subtests: pytest.Subtests) -> None:
    """What is done to conversations is told by the event log, which nobody can rewrite either."""
    browsers = [Browser(user) for user in company.people.values()]
    for door in CHANGES:
        if door.name not in UNTOLD:
            with subtests.test(door.name):
                assert any(
                    told(browser, door, company, of)
                    for browser, of in itertools.product(browsers, (company.mine, company.hidden))
                ), f"{door.name} changes things and tells neither the audit log nor the event log"


def told(browser: Browser, door: Door, company: Company, of: Conversation) -> bool:
    with undone():
        for first in CHANGES:
            if first.name == BEFORE.get(door.name):
                change(browser, first, company, of)
        before = Audit.objects.count() + Event.objects.count()
        answer = change(browser, door, company, of)
        return 200 <= answer.status < 300 and Audit.objects.count() + Event.objects.count() > before
