"""One thing done to many conversations: each by its own verb, in a transaction and under a lock of its own.

What is refused to one keeps none of the others, and is told by its code. A few are done at once; more by a worker, who
goes on where another has stopped. The same request again (a double click, a lost answer) finds the first one's result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID

from django.db.models.functions import Now

from accounts.events import SettingsChanged
from accounts.models import User
from accounts.permissions import PERMISSIONS
from common.clock import database_now
from common.errors import Conflict, Invalid, NotAllowed, NotFound, PalabreError
from contacts.models import Tag
from conversations.models import Conversation, Status
from conversations.visibility import audience_of, conversations_of
from inbox.models import BulkDeed
from inbox.tagging import put_tag
from jobs.kinds import RunningJob
from jobs.models import Job, JobState
from jobs.service import request_job
from realtime.audience import Audience
from realtime.log import record_changes
from routing import ownership, snooze
from routing.models import Queue
from routing.reassign import reassign
from routing.unread import mark_unread

KIND = "inbox.bulk"
MOST = 500
AT_ONCE = 50  # more are a worker's
TOLD_EVERY = 25  # conversations: how far it is
KEPT = timedelta(days=7)
GONE = timedelta(minutes=1)  # longer than any few take
UNDO_WITHIN = timedelta(minutes=1)  # the screen offers it for 5 s; a slow network may take the rest
# What may be done, and the permission for doing it to one.
ACTIONS = {
    "assign": "conversations.reassign", "tag": "conversations.note", "untag": "conversations.note",
    "close": "conversations.close", "snooze": "conversations.snooze", "read": "conversations.mark_read",
    "unread": "conversations.mark_read",
}  # fmt: skip
UNDONE = ("assign", "tag", "untag")


class Refused(TypedDict):
    id: str
    code: str


class BulkView(TypedDict):
    """`state`: running, done, failed (its worker gave up; what is `done` is done). `may_undo`: there is something that
    can be taken back."""

    id: str
    action: str
    state: str
    total: int
    done: int
    changed: int
    refused: list[Refused]
    may_undo: bool
    undone: bool


@dataclass(frozen=True, slots=True)
class Given:
    action: str
    conversation_ids: Sequence[UUID]
    agent_id: UUID | None = None
    queue_id: UUID | None = None
    tag_id: UUID | None = None
    until: datetime | None = None
    disposition_id: UUID | None = None


def begin(*, user: User, audience: Audience, deed_id: UUID, given: Given) -> BulkView:
    """Do it, or have a worker do it. Raises Invalid, NotAllowed; Conflict("key_used") for somebody else's id."""
    earlier = BulkDeed.objects.filter(id=deed_id).first()
    if earlier is None:
        _check(user, given)
        ids = [str(id_) for id_ in dict.fromkeys(given.conversation_ids)][:MOST]
        # What each held when it was asked for: a text that comes meanwhile is not closed unread.
        seen = dict(conversations_of(audience).filter(id__in=ids).values_list("id", "last_seq"))
        arguments = {
            name: str(value)
            for name in ("agent_id", "queue_id", "tag_id", "disposition_id")
            if (value := getattr(given, name))
        }
        arguments |= {"until": given.until.isoformat()} if given.until else {}
        with record_changes(user.organisation_id):
            earlier, made = BulkDeed.objects.get_or_create(
                id=deed_id,
                defaults={
                    "organisation_id": user.organisation_id, "owner": user, "action": given.action,
                    "arguments": arguments | {"seen": {str(id_): seq for id_, seq in seen.items()}},
                    "conversation_ids": ids,
                },
            )  # fmt: skip
            if made and len(ids) > AT_ONCE:
                earlier.job_id = request_job(
                    kind=KIND, organisation_id=user.organisation_id, owner_id=user.id,
                    arguments={"deed_id": str(deed_id)}, max_attempts=5,
                ).id  # fmt: skip
                earlier.save(update_fields=["job_id"])
        if made and earlier.job_id is None:
            _go_on(earlier, lambda _: None)
    elif _left_lying(earlier, user):
        _go_on(earlier, lambda _: None)
    if earlier.owner_id != user.id:
        raise Conflict("key_used", "this id was used for another request")
    return bulk_view(user, deed_id)


def _left_lying(deed: BulkDeed, user: User) -> bool:
    """Begun by a process that died in the middle, a while ago; nobody else will go on with so few."""
    is_over = len(deed.outcomes) >= len(deed.conversation_ids)
    return deed.owner_id == user.id and deed.job_id is None and not is_over and database_now() - deed.created_at > GONE


def bulk_view(user: User, deed_id: UUID) -> BulkView:
    """Raises NotFound for anybody else's."""
    deed = BulkDeed.objects.filter(organisation_id=user.organisation_id, owner=user, id=deed_id).first()
    if deed is None:
        raise NotFound("no_deed", "there is no such deed")
    outcomes: Mapping[str, Mapping[str, Any]] = deed.outcomes
    refused: list[Refused] = [{"id": id_, "code": str(one["code"])} for id_, one in outcomes.items() if one.get("code")]
    is_over = len(outcomes) >= len(deed.conversation_ids)
    job = Job.objects.filter(id=deed.job_id).first() if deed.job_id and not is_over else None
    gave_up = job is not None and job.state in (JobState.FAILED, JobState.CANCELLED)
    return {
        "id": str(deed.id),
        "action": deed.action,
        "state": "done" if is_over else "failed" if gave_up else "running",
        "total": len(deed.conversation_ids),
        "done": len(outcomes),
        "changed": sum(1 for one in outcomes.values() if not one.get("code")),
        "refused": refused,
        "may_undo": is_over and deed.undone_at is None and any(one.get("before") for one in outcomes.values()),
        "undone": deed.undone_at is not None,
    }


def undo(*, user: User, deed_id: UUID, now: datetime) -> BulkView:
    """Take back what can be: each by the opposite verb, unless somebody has done something else to it since. Again
    changes nothing. Raises NotFound; Conflict("too_late")."""
    with record_changes(user.organisation_id):
        deed = BulkDeed.objects.select_for_update().filter(
            organisation_id=user.organisation_id, owner=user, id=deed_id
        ).first()  # fmt: skip
        if deed is None:
            raise NotFound("no_deed", "there is no such deed")
        if deed.undone_at is not None:
            return bulk_view(user, deed_id)
        if (
            deed.action not in UNDONE
            or now - deed.created_at > UNDO_WITHIN
            or len(deed.outcomes) < len(deed.conversation_ids)
        ):
            raise Conflict("too_late", "this cannot be taken back any more")
        BulkDeed.objects.filter(id=deed.id).update(undone_at=now)
    for id_, one in deed.outcomes.items():
        if one.get("before"):
            try:
                _take_back(user, deed, UUID(id_), one["before"])
            except PalabreError:  # it has gone on since: what stands now is somebody's newer will
                continue
    return bulk_view(user, deed_id)


def _take_back(user: User, deed: BulkDeed, conversation_id: UUID, before: Mapping[str, Any]) -> None:
    if deed.action in ("tag", "untag"):
        put_tag(
            user=user, conversation_id=conversation_id, tag_id=UUID(deed.arguments["tag_id"]), on=deed.action == "untag"
        )
        return
    found = Conversation.objects.filter(id=conversation_id).values("owner_id", "queue_id", "status").first()
    if found is None or (str(found["owner_id"]), str(found["queue_id"])) != (
        before["left_owner"],
        before["left_queue"],
    ):
        return
    owner = before["owner"]
    if owner:
        reassign(actor=user, conversation_ids=[conversation_id], agent_id=UUID(owner))
    else:
        reassign(actor=user, conversation_ids=[conversation_id], queue_id=UUID(before["queue"]))


def _check(user: User, given: Given) -> None:
    if given.action not in ACTIONS:
        raise Invalid("unknown_choice", f"must be one of {', '.join(ACTIONS)}", field="action")
    if user.role not in PERMISSIONS[ACTIONS[given.action]]:
        raise NotAllowed("role", "your role does not include this", permission=ACTIONS[given.action])
    mine = {"organisation_id": user.organisation_id}
    if given.action == "assign":
        if (given.agent_id is None) == (given.queue_id is None):
            raise Invalid("required", "an agent or a queue", field="agent_id")
        if given.agent_id and not User.objects.filter(id=given.agent_id, **mine).exists():
            raise Invalid("unknown_choice", "there is no such agent", field="agent_id")
        if given.queue_id and not Queue.objects.filter(id=given.queue_id, is_enabled=True, **mine).exists():
            raise Invalid("unknown_choice", "there is no such queue", field="queue_id")
    if given.action in ("tag", "untag") and not (given.tag_id and Tag.objects.filter(id=given.tag_id, **mine).exists()):
        raise Invalid("unknown_choice", "there is no such tag", field="tag_id")


def go_on(job: RunningJob, *, deed_id: str, **_: Any) -> dict[str, Any]:
    deed = BulkDeed.objects.select_related("owner").filter(id=deed_id).first()
    if deed is not None:
        _go_on(deed, job.progress)
    return {}


def _go_on(deed: BulkDeed, progress: Callable[[float], None]) -> None:
    """Do what is not done yet. What came of each is stored at once: who goes on after a crash repeats one at most."""
    user = deed.owner
    audience = audience_of(user)
    outcomes = dict(deed.outcomes)
    total = len(deed.conversation_ids)
    for id_ in deed.conversation_ids:
        if id_ in outcomes:
            continue
        progress(len(outcomes) / total)
        outcomes[id_] = _one(user, audience, deed, UUID(id_))
        deed.outcomes = outcomes
        is_last = len(outcomes) == total
        if total <= AT_ONCE and not is_last:
            continue
        with record_changes(deed.organisation_id) as changes:
            BulkDeed.objects.filter(id=deed.id).update(outcomes=outcomes)
            if deed.job_id is not None and (is_last or len(outcomes) % TOLD_EVERY == 0):
                changes.add(SettingsChanged(kind="bulk", object_id=user.id))


def _one(user: User, audience: Audience | None, deed: BulkDeed, conversation_id: UUID) -> dict[str, Any]:
    """What came of one: {"code": "" or why not, "before": what undo needs}."""
    now = None if audience is None else conversations_of(audience).filter(id=conversation_id)
    before = None if now is None else now.values("owner_id", "queue_id", "status").first()
    if before is None or user.role not in PERMISSIONS[ACTIONS[deed.action]]:
        return {"code": "no_conversation"}
    given = deed.arguments
    seen = int(given["seen"].get(str(conversation_id), 0))
    try:
        match deed.action:
            case "assign":
                return _assign(user, given, conversation_id, before)
            case "tag" | "untag":
                changed = put_tag(
                    user=user, conversation_id=conversation_id, tag_id=UUID(given["tag_id"]), on=deed.action == "tag"
                )
                return {"code": "", "before": {"changed": True}} if changed else {"code": ""}
            case "close":
                if before["status"] == Status.CLOSED:
                    return {"code": "closed"}
                disposition = given.get("disposition_id")
                ownership.close(
                    user=user, conversation_id=conversation_id, seen=seen,
                    disposition_id=UUID(disposition) if disposition else None,
                )  # fmt: skip
            case "snooze":
                until = given.get("until")
                snooze.snooze(
                    user=user, conversation_id=conversation_id, seen=seen,
                    until=datetime.fromisoformat(until) if until else None,
                )  # fmt: skip
            case _ if before["owner_id"] != user.id:
                return {"code": "not_owner"}
            case "read":
                ownership.mark_read(user=user, conversation_id=conversation_id, seq=seen)
            case "unread":
                mark_unread(user=user, conversation_id=conversation_id)
    except PalabreError as refusal:
        return {"code": refusal.code}
    return {"code": ""}


def _assign(user: User, given: Mapping[str, Any], conversation_id: UUID, before: Mapping[str, Any]) -> dict[str, Any]:
    agent, queue = given.get("agent_id"), given.get("queue_id")
    (outcome,) = reassign(
        actor=user, conversation_ids=[conversation_id], agent_id=UUID(agent) if agent else None,
        queue_id=UUID(queue) if queue else None,
    )  # fmt: skip
    if outcome.code:
        return {"code": outcome.code}
    after = Conversation.objects.values("owner_id", "queue_id").get(id=conversation_id)
    if (after["owner_id"], after["queue_id"]) == (before["owner_id"], before["queue_id"]):
        return {"code": ""}
    was = {"owner": before["owner_id"] and str(before["owner_id"]), "queue": str(before["queue_id"])}
    return {
        "code": "",
        "before": {**was, "left_owner": str(after["owner_id"]), "left_queue": str(after["queue_id"])},
    }


def forget(job: RunningJob, **_more: Any) -> dict[str, Any]:
    gone, _ = BulkDeed.objects.filter(created_at__lt=Now() - KEPT).delete()
    return {"gone": gone}
