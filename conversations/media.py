"""The job that fetches what came with a text: from its provider alone, judged by its content, told to the screens."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from django.db import connection

from common import fetching
from conversations.attachments import LARGEST, MOST_TRIES, kind_of
from conversations.events import MessageCompleted
from conversations.links import adapter_class, config_of
from conversations.media_policy import refuses_more
from conversations.models import Attachment, Line, Link
from jobs.kinds import RunningJob, job_kind
from realtime.log import record_changes

log = logging.getLogger(__name__)

# The text by its provider's key: among the newest of its sender on its line.
_TEXT = """
select m.id, m.conversation_id, m.seq from contacts_address a
join conversations_conversation c on c.address_id = a.id and c.line_id = %(line)s
join conversations_message m on m.conversation_id = c.id and m.kind = 'incoming'
where a.organisation_id = %(organisation)s and a.value = %(sender)s and m.facts ->> 'key' = %(key)s
order by m.id desc limit 1
"""


class NotYet(Exception):
    """Its text is not stored yet, or its provider cannot be reached: the job is tried again."""


@job_kind("conversations.fetch_media")
def fetch_media(job: RunningJob, link_id: str = "", key: str = "", **_later: object) -> dict[str, Any]:
    """Fetch all that came with one text. Again is no harm: what is there is not fetched twice."""
    waiting = list(
        Attachment.objects.filter(link_id=link_id, key=key, state=Attachment.State.WAITING).order_by("place")
    )
    if not waiting:
        return {}
    message_id, conversation_id, seq = _text_of(waiting[0])
    unreached = ""
    for number, one in enumerate(waiting):
        try:
            one.content = _fetch(one)
            one.content_type = kind_of(one.content)
            if refuses_more(one.organisation_id, one.sender, len(one.content)):
                raise ValueError("too much of one sender within a day")
            one.state = Attachment.State.THERE if one.content_type else Attachment.State.REFUSED
            if not one.content_type:
                one.content, one.reason = b"", "of a kind that is not shown"
        except fetching.Gone as error:
            one.state, one.reason = Attachment.State.GONE, str(error)[:100]
        except ValueError as error:
            one.state, one.reason = Attachment.State.REFUSED, str(error)[:100]
            one.content, one.content_type = b"", ""
        except fetching.Unreached as error:
            unreached = str(error)
            if job.attempt < MOST_TRIES:
                continue
            one.state, one.reason = Attachment.State.GONE, unreached[:100]
        if one.state != Attachment.State.THERE:
            log.warning("what came with a text of link %s is not shown: %s", link_id, one.reason)
        _keep(one, message_id, conversation_id, seq)
        job.progress((number + 1) / len(waiting))
    if unreached and job.attempt < MOST_TRIES:
        raise NotYet(unreached)
    return {"fetched": len(waiting)}


def _text_of(one: Attachment) -> tuple[UUID, UUID, int]:
    """Raises NotYet."""
    with connection.cursor() as cursor:
        cursor.execute(
            _TEXT,
            {"organisation": one.organisation_id, "line": one.line_id, "sender": one.sender, "key": one.key},
        )
        found = cursor.fetchone()
    if found is None:
        raise NotYet("its text is not stored yet")
    return found


def _fetch(one: Attachment) -> bytes:
    """Raises ValueError (fetching.Refused and others), fetching.Unreached."""
    link = Link.objects.select_related("organisation").filter(id=one.link_id).first()
    if link is None:
        raise ValueError("its link has gone")
    access = getattr(adapter_class(link.adapter), "media", None)
    if access is None:
        raise ValueError("this kind of link keeps no media")
    config = config_of(
        link.id, link.organisation_id, link.name, link.settings, bytes(link.secret), {}, link.organisation.region
    )
    allowed = access(one.url, config)
    return fetching.fetch(one.url, headers=allowed.headers, largest=LARGEST, emulated=allowed.emulated)


def _keep(one: Attachment, message_id: UUID, conversation_id: UUID, seq: int) -> None:
    with record_changes(one.organisation_id) as changes:
        one.message_id, one.conversation_id = message_id, conversation_id
        one.save(update_fields=["state", "content", "content_type", "reason", "message_id", "conversation"])
        if Line.objects.filter(id=one.line_id).exists():
            changes.add(
                MessageCompleted(line_id=one.line_id, conversation_id=conversation_id, message_id=message_id, seq=seq)
            )
