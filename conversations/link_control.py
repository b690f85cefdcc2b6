"""Starting, stopping and draining a link; asking whether it can work. Each with its line in the audit log.

    start   it is owned, connects, takes texts
    drain   it claims nothing new, waits for what the operator has not answered, unbinds, stays away
    stop    it leaves at once: what has no answer within seconds stays unknown

What waits for a link that is stopped or drained waits on, or leaves by another, as its line says
(conversations/fail_over.py).
"""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import User
from common.clock import database_now
from common.errors import Conflict, NotFound
from conversations.models import Link, LinkTest
from realtime import doorbell
from realtime.log import record_changes

Deed = Literal["start", "stop", "drain"]
# A test that no gateway has ended by then never ends: another may be asked for.
TEST_S = 60
_DONE = {"start": "link.started", "stop": "link.stopped", "drain": "link.drained"}


def control_link(*, actor: User, link_id: UUID, deed: Deed) -> str:
    """Do it; what is so already changes nothing. Returns what is asked of the link now: started, draining, stopped.
    Raises NotFound, Conflict("account_taken", "not_started")."""
    organisation_id = actor.organisation_id
    with record_changes(organisation_id) as changes:
        link = _mine(actor, link_id, lock=True)
        before = (link.is_enabled, link.is_draining)
        if deed == "drain" and not link.is_enabled:
            raise Conflict("not_started", "a link that is stopped has nothing to drain")
        wanted = {"start": (True, False), "stop": (False, False), "drain": (True, True)}[deed]
        if wanted == before:
            return _word(wanted)
        link.is_enabled, link.is_draining = wanted
        link.halted_at = None if deed == "start" else database_now()
        try:
            with transaction.atomic():
                link.save(update_fields=["is_enabled", "is_draining", "halted_at"])
        except IntegrityError as error:
            if "link_account_once" not in str(error):
                raise
            raise Conflict("account_taken", "another enabled link has this account") from None
        audit.record(
            actor=actor, organisation_id=organisation_id, action=_DONE[deed], kind="link", object_id=link.id,
            name=link.name, changes={"state": [_word(before), _word(wanted)]},
        )  # fmt: skip
        changes.add(SettingsChanged(kind="link", object_id=link.id))
        changes.ring(doorbell.LINKS)
    return _word(wanted)


def _word(state: tuple[bool, bool]) -> str:
    enabled, draining = state
    return "draining" if enabled and draining else "started" if enabled else "stopped"


def ask_for_test(*, actor: User, link_id: UUID) -> dict[str, Any]:
    """Have a gateway try the link, step by step; where one is under way, that one is shown. Raises NotFound."""
    organisation_id = actor.organisation_id
    with record_changes(organisation_id) as changes:
        link = _mine(actor, link_id, lock=True)
        running = _latest(link_id)
        if running is not None and running.ended_at is None and _age(running) < TEST_S:
            return _shown(running)
        LinkTest.objects.filter(link=link).delete()  # only the last one is of any use
        test = LinkTest.objects.create(link=link)
        audit.record(
            actor=actor, organisation_id=organisation_id, action="link.tested", kind="link", object_id=link.id,
            name=link.name, changes={"test": [None, "asked"]},
        )  # fmt: skip
        changes.ring(doorbell.LINKS)
    test.refresh_from_db()
    return _shown(test)


def shown_test(*, actor: User, link_id: UUID) -> dict[str, Any]:
    """The link's last test as far as it has come. Raises NotFound."""
    _mine(actor, link_id, lock=False)
    test = _latest(link_id)
    if test is None:
        return {"state": "never", "asked_at": None, "ended_at": None, "steps": []}
    return _shown(test)


def _latest(link_id: UUID) -> LinkTest | None:
    return LinkTest.objects.filter(link_id=link_id).order_by("-id").first()


def _age(test: LinkTest) -> float:
    return (database_now() - test.asked_at).total_seconds()


def _shown(test: LinkTest) -> dict[str, Any]:
    if test.ended_at is not None:
        state = "ended"
    elif _age(test) >= TEST_S:
        state = "abandoned"  # no gateway is there, or it died at it
    else:
        state = "running" if test.begun_at else "waiting"
    return {"state": state, "asked_at": test.asked_at, "ended_at": test.ended_at, "steps": test.steps}


def _mine(actor: User, link_id: UUID, *, lock: bool) -> Link:
    links = Link.objects.filter(organisation_id=actor.organisation_id, id=link_id)
    # Not against references: a writer's foreign keys are checked at COMMIT, when he holds the event head.
    found = (links.select_for_update(no_key=True) if lock else links).first()
    if found is None:
        raise NotFound("no_link", "there is no such link")
    return found
