"""Canned replies, drafts and scheduled replies, as the desk asks for them."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status
from pydantic import AwareDatetime, Field

from accounts.permissions import May, caller
from common.errors import NotFound
from common.schemas import Words, as_json, schema_of
from conversations.models import Conversation
from conversations.visibility import visible_conversations
from replies import canned, drafts, files, scheduled
from replies.canned import CannedGiven, CannedView, VariablesView
from replies.drafts import ColleaguesDraft, ReplyDraft
from replies.files import Taken
from replies.scheduled import ScheduledView
from replies.variables import known_names

router = Router(tags=["conversations"])
shared_router = Router(tags=["administration"])

CannedSchema: Any = schema_of(CannedView)
VariablesSchema: Any = schema_of(VariablesView)
DraftSchema: Any = schema_of(ReplyDraft)
ColleaguesDraftSchema: Any = schema_of(ColleaguesDraft)
ScheduledSchema: Any = schema_of(ScheduledView)
TakenSchema: Any = schema_of(Taken)
Number = Annotated[int, Field(ge=0, le=2**31 - 1)]  # of a message in its conversation
Counter = Annotated[int, Field(ge=0, le=2**53)]


class RepliesHere(Schema):
    """`values`: what the variables stand for in this conversation. `names`: all that there are."""

    items: list[CannedSchema]
    values: VariablesSchema
    names: list[str]


class OwnReplyGiven(Schema):
    """`fr`, `en`: its words; one may be missing. `line_ids` none: for all lines."""

    shortcut: Words
    title: Words
    fr: Words = ""
    en: Words = ""
    tags: Annotated[list[Words], Field(max_length=50)] = []
    line_ids: Annotated[list[UUID], Field(max_length=100)] = []


class SharedReplyGiven(OwnReplyGiven):
    """`team_id` null: everybody's."""

    team_id: UUID | None = None


class TeamNamed(Schema):
    id: UUID
    name: str


class SharedReplies(Schema):
    """`teams`: those that a reply may belong to."""

    items: list[CannedSchema]
    teams: list[TeamNamed]
    names: list[str]
    shares_drafts: bool


class OwnReplies(Schema):
    items: list[CannedSchema]


class Used(Schema):
    reply_id: UUID


class RepliesFile(Schema):
    csv: Annotated[Words, Field(max_length=files.LONGEST_FILE)]


class DraftsShared(Schema):
    shares_drafts: bool


class ReplyDraftGiven(Schema):
    """`edit`: the browser's own number of this state of the text. `based_on`: the revision that its author has seen."""

    mode: Literal["reply", "note"]
    text: str
    browser: UUID
    edit: Counter
    based_on: Number = 0


class Drafts(Schema):
    items: list[DraftSchema]


class DraftsHere(Schema):
    """`others`: what colleagues were writing, where the organisation shares that and the conversation is the
    caller's."""

    others: list[ColleaguesDraftSchema]


class ScheduledGiven(Schema):
    """`unless_answered`: it stays when the subscriber writes first; `seen`: the highest number on the screen."""

    client_id: UUID
    body: str
    at: AwareDatetime
    unless_answered: bool = True
    seen: Number


class ScheduledChange(Schema):
    """Null: as it is."""

    body: str | None = None
    at: AwareDatetime | None = None
    unless_answered: bool | None = None
    seen: Number


class Scheduled(Schema):
    items: list[ScheduledSchema]


# --- Canned replies --------------------------------------------------------------------------------------------------


@router.get("/conversations/{uuid:conversation_id}/replies", auth=May("replies.use"), response=RepliesHere)
def list_replies_here(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """What the caller may put in here, most used by him first."""
    user = caller(request)
    conversation = _seen(request, conversation_id)
    return as_json(
        {
            "items": canned.replies_for(user, conversation),
            "values": canned.values_for(user, conversation),
            "names": known_names(user.organisation_id),
        }
    )


@router.post("/replies/used", auth=May("replies.use"), response={204: None})
def reply_used(request: HttpRequest, given: Used) -> Status[None]:
    """It was put into a text: it stands higher from now on."""
    canned.count_use(user=caller(request), reply_id=given.reply_id)
    return Status(204, None)


@router.get("/replies/own", auth=May("replies.use"), response=OwnReplies)
def list_own_replies(request: HttpRequest) -> HttpResponse:
    return as_json({"items": canned.own_replies(caller(request))})


@router.post("/replies/own", auth=May("replies.use"), response={201: CannedSchema})
def add_own_reply(request: HttpRequest, given: OwnReplyGiven) -> Status[Any]:
    return Status(201, canned.save_own(actor=caller(request), given=CannedGiven(**given.dict())))


@router.put("/replies/own/{uuid:own_reply_id}", auth=May("replies.use"), response=CannedSchema)
def change_own_reply(request: HttpRequest, own_reply_id: UUID, given: OwnReplyGiven) -> Any:
    return canned.save_own(actor=caller(request), given=CannedGiven(**given.dict()), reply_id=own_reply_id)


@router.delete("/replies/own/{uuid:own_reply_id}", auth=May("replies.use"), response={204: None})
def remove_own_reply(request: HttpRequest, own_reply_id: UUID) -> Status[None]:
    canned.remove_own(actor=caller(request), reply_id=own_reply_id)
    return Status(204, None)


@shared_router.get("/replies", auth=May("replies.edit"), response=SharedReplies)
def list_shared_replies(request: HttpRequest) -> HttpResponse:
    user = caller(request)
    return as_json(
        {
            "items": canned.shared_replies(user),
            "teams": canned.teams_of(user),
            "names": known_names(user.organisation_id),
            "shares_drafts": canned.shares_drafts(user.organisation_id),
        }
    )


@shared_router.post("/replies", auth=May("replies.edit"), response={201: CannedSchema})
def add_shared_reply(request: HttpRequest, given: SharedReplyGiven) -> Status[Any]:
    return Status(201, canned.save_shared(actor=caller(request), given=CannedGiven(**given.dict())))


@shared_router.put("/replies/{uuid:reply_id}", auth=May("replies.edit"), response=CannedSchema)
def change_shared_reply(request: HttpRequest, reply_id: UUID, given: SharedReplyGiven) -> Any:
    return canned.save_shared(actor=caller(request), given=CannedGiven(**given.dict()), reply_id=reply_id)


@shared_router.delete("/replies/{uuid:reply_id}", auth=May("replies.edit"), response={204: None})
def remove_shared_reply(request: HttpRequest, reply_id: UUID) -> Status[None]:
    canned.remove_shared(actor=caller(request), reply_id=reply_id)
    return Status(204, None)


@shared_router.get("/replies/file", auth=May("replies.edit"))
def read_replies_file(request: HttpRequest) -> HttpResponse:
    """All that are shared, as CSV; a spreadsheet takes none of it for a formula."""
    answer = HttpResponse(files.as_file(caller(request)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="canned-replies.csv"'
    return answer


@shared_router.post("/replies/file", auth=May("replies.edit"), response=TakenSchema)
def take_replies_file(request: HttpRequest, given: RepliesFile) -> Any:
    """Taken whole, or, with a problem in any line, not at all."""
    return files.take_file(actor=caller(request), text=given.csv)


@shared_router.put("/replies/drafts", auth=May("replies.administer"), response=DraftsShared)
def share_drafts(request: HttpRequest, given: DraftsShared) -> Any:
    """Whether who takes a conversation over reads what its owner was writing."""
    return {"shares_drafts": canned.share_drafts(actor=caller(request), shares=given.shares_drafts)}


# --- Drafts ----------------------------------------------------------------------------------------------------------


@router.get("/drafts", auth=May("replies.use"), response=Drafts)
def list_drafts(request: HttpRequest) -> HttpResponse:
    """The caller's own, the newest first."""
    return as_json({"items": drafts.drafts_of(caller(request))})


@router.put("/conversations/{uuid:conversation_id}/draft", auth=May("replies.use"), response=DraftSchema)
def save_draft(request: HttpRequest, conversation_id: UUID, given: ReplyDraftGiven) -> Any:
    """Keep what the caller is writing; an empty text ends it. 409 draft_elsewhere: another browser has written since,
    and its facts say what; the same again with its revision as `based_on` takes its place."""
    return drafts.save_draft(user=caller(request), conversation_id=conversation_id, **given.dict())


@router.get("/conversations/{uuid:conversation_id}/draft", auth=May("replies.use"), response=DraftsHere)
def list_drafts_of_others(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    return as_json({"others": drafts.left_by_others(caller(request), _seen(request, conversation_id))})


# --- Scheduled -------------------------------------------------------------------------------------------------------


@router.get("/conversations/{uuid:conversation_id}/scheduled", auth=May("replies.use"), response=Scheduled)
def list_scheduled(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """What is to leave later, and what did not leave within the last day."""
    return as_json({"items": scheduled.scheduled_of(_seen(request, conversation_id))})


@router.post(
    "/conversations/{uuid:conversation_id}/scheduled", auth=May("conversations.answer"), response={201: ScheduledSchema}
)
def schedule_reply(request: HttpRequest, conversation_id: UUID, given: ScheduledGiven) -> Status[Any]:
    """422 outside_hours: the line is closed then."""
    _seen(request, conversation_id)
    made = scheduled.schedule(user=caller(request), conversation_id=conversation_id, **given.dict())
    return Status(201, made)


@router.patch("/scheduled/{uuid:scheduled_id}", auth=May("conversations.answer"), response=ScheduledSchema)
def change_scheduled(request: HttpRequest, scheduled_id: UUID, given: ScheduledChange) -> Any:
    return scheduled.reschedule(user=caller(request), scheduled_id=scheduled_id, **given.dict())


@router.delete("/scheduled/{uuid:scheduled_id}", auth=May("conversations.answer"), response={204: None})
def cancel_scheduled(request: HttpRequest, scheduled_id: UUID) -> Status[None]:
    """Give it up; or put away one that did not leave."""
    scheduled.cancel(user=caller(request), scheduled_id=scheduled_id)
    return Status(204, None)


def _seen(request: HttpRequest, conversation_id: UUID) -> Conversation:
    """Raises NotFound when the caller does not see it."""
    found = visible_conversations(caller(request)).select_related("line", "contact", "address")
    conversation = found.filter(id=conversation_id).first()
    if conversation is None:
        raise NotFound("no_conversation", "there is no such conversation")
    return conversation
