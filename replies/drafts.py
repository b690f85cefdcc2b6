"""What an agent is writing, kept on the server: in another browser, after a crash, on his next shift he goes on there.

The last writer wins, but knows it: a save from another browser than the one before is refused until its author has
seen what stands there. Only a beginning, an end and a change of browser are events; each pause in typing is none, for
the event log's counter is what all writers of an organisation share.
"""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any, TypedDict
from uuid import UUID

from django.db.models.functions import Now

from accounts.models import User
from common.clock import database_now
from common.errors import Conflict, Invalid, NotFound
from common.text import storable
from conversations.models import Conversation
from conversations.rendering import iso
from conversations.visibility import visible_conversations
from jobs.forgetting import forget_in_slices
from jobs.kinds import RunningJob, job_kind
from realtime.log import Changes, record_changes
from replies.canned import shares_drafts
from replies.events import DraftChanged
from replies.models import Draft, DraftMode

LONGEST = 10_000  # characters, as a note
MOST_SHOWN = 500
KEPT_DAYS = 30  # that nobody has gone on with; an empty one a day
_FORGET = """
with old as (
    select id from replies_draft
    where at < clock_timestamp() - make_interval(days => case when text = '' then 1 else %(days)s end)
    order by at limit %(limit)s
) delete from replies_draft where id in (select id from old)
"""


class ReplyDraft(TypedDict):
    """`revision`: to be given with the next save from another browser."""

    conversation_id: str
    mode: str
    text: str
    revision: int
    browser: str
    at: str


class ColleaguesDraft(TypedDict):
    by: str
    text: str
    at: str


def drafts_of(user: User) -> list[ReplyDraft]:
    """His own, the newest first; of conversations that he still sees."""
    found = Draft.objects.filter(user=user, conversation__in=visible_conversations(user)).exclude(text="")
    return [_view(one) for one in found.order_by("-at", "id")[:MOST_SHOWN]]


def save_draft(
    *, user: User, conversation_id: UUID, mode: str, text: str, browser: UUID, edit: int, based_on: int = 0
) -> ReplyDraft:
    """Keep what `user` has written so far; "" when it was sent or emptied. `edit`: the browser's number of this state;
    an older one that comes late changes nothing. `based_on`: the revision that its author has seen.

    Raises NotFound; Invalid("too_long"); Conflict("draft_elsewhere", text, revision, at): another browser has written
    since.
    """
    if len(text) > LONGEST:
        raise Invalid("too_long", f"at most {LONGEST} characters", field="text")
    text = storable(text)
    with record_changes(user.organisation_id) as changes:
        conversation = visible_conversations(user).filter(id=conversation_id).first()
        if conversation is None:
            raise NotFound("no_conversation", "there is no such conversation")
        Draft.objects.bulk_create(
            [Draft(organisation_id=user.organisation_id, user=user, conversation=conversation, mode=mode,
                   browser=browser, edit=-1, revision=0)],
            ignore_conflicts=True,
        )  # fmt: skip
        row = Draft.objects.select_for_update(of=("self",)).get(user=user, conversation=conversation, mode=mode)
        if row.browser == browser and edit <= row.edit:
            return _view(row)
        if row.browser != browser and row.text not in ("", text) and based_on != row.revision:
            raise Conflict(
                "draft_elsewhere", "this was changed in another browser", text=row.text, revision=row.revision,
                at=iso(row.at),
            )  # fmt: skip
        if (row.text == "") != (text == "") or row.browser != browser:
            _tell(changes, conversation, user, mode, is_there=text != "")
        row.text, row.browser, row.edit, row.revision, row.at = text, browser, edit, row.revision + 1, database_now()
        row.save(update_fields=["text", "browser", "edit", "revision", "at"])
    return _view(row)


def sent(*, user: User, conversation_id: UUID, mode: str, body: str) -> None:
    """What was sent is no draft any more, whatever becomes of the desk that has sent it; nor is its beginning, which is
    what stands here when the line was cut while it was written. Who has gone on with other words keeps those."""
    with record_changes(user.organisation_id) as changes:
        row = (
            Draft.objects.select_for_update(of=("self",))
            .select_related("conversation")
            .filter(user=user, conversation_id=conversation_id, mode=mode)
            .first()
        )
        if row is None or row.text == "" or not storable(body).strip().startswith(row.text.strip()):
            return
        Draft.objects.filter(id=row.id).update(text="", revision=row.revision + 1, at=Now())
        _tell(changes, row.conversation, user, mode, is_there=False)


def left_by_others(user: User, conversation: Conversation) -> list[ColleaguesDraft]:
    """What colleagues were writing to the subscriber of a conversation that is `user`'s now; their notes stay theirs.
    Nothing unless the organisation wants it so."""
    if conversation.owner_id != user.id or not shares_drafts(user.organisation_id):
        return []
    found = Draft.objects.filter(conversation=conversation, mode=DraftMode.REPLY).exclude(user=user).exclude(text="")
    return [
        {"by": one.user.name, "text": one.text, "at": iso(one.at)}
        for one in found.select_related("user").order_by("-at")[:5]
    ]


@job_kind("replies.forget_drafts", every=timedelta(days=1), at=time(2, 55))
def forget_drafts(job: RunningJob, **_later: object) -> dict[str, Any]:
    """Forget what nobody has gone on with for KEPT_DAYS, and the empty rows after a day."""
    return {"forgotten": forget_in_slices(job, _FORGET, days=KEPT_DAYS)}


def _tell(changes: Changes, conversation: Conversation, user: User, mode: str, *, is_there: bool) -> None:
    changes.add(
        DraftChanged(
            line_id=conversation.line_id,
            conversation_id=conversation.id,
            agent_id=user.id,
            mode=mode,
            is_there=is_there,
        )
    )


def _view(row: Draft) -> ReplyDraft:
    return {
        "conversation_id": str(row.conversation_id),
        "mode": row.mode,
        "text": row.text,
        "revision": row.revision,
        "browser": str(row.browser),
        "at": iso(row.at),
    }
