"""A tag on the person of a conversation, given or taken away from the desk."""

from __future__ import annotations

from uuid import UUID

from accounts import audit
from accounts.models import User
from common.errors import NotFound
from contacts.models import ContactTag, Tag
from conversations.events import ConversationTagged
from conversations.messages import lock_conversation
from conversations.models import Conversation, Status
from realtime.log import record_changes


def put_tag(*, user: User, conversation_id: UUID, tag_id: UUID, on: bool) -> bool:
    """Whether it has changed anything. Raises NotFound("no_conversation", "no_tag")."""
    with record_changes(user.organisation_id) as changes:
        conversation = lock_conversation(organisation_id=user.organisation_id, conversation_id=conversation_id)
        tag = Tag.objects.filter(organisation_id=user.organisation_id, id=tag_id).first()
        if tag is None:
            raise NotFound("no_tag", "there is no such tag")
        mine = ContactTag.objects.filter(
            organisation_id=user.organisation_id, contact_id=conversation.contact_id, tag_id=tag.id
        )
        if mine.exists() == on:
            return False
        if on:
            ContactTag.objects.bulk_create(
                [ContactTag(organisation_id=user.organisation_id, contact_id=conversation.contact_id, tag=tag)],
                ignore_conflicts=True,  # a colleague at this very moment, from another conversation of this person
            )
        else:
            mine.delete()
        audit.record(
            actor=user, organisation_id=user.organisation_id, action="contact.changed", kind="contact",
            object_id=conversation.contact_id, name="",
            changes={"tags": [[], [str(tag.id)]] if on else [[str(tag.id)], []]},
        )  # fmt: skip
        # Every list that shows this person draws him anew, on whichever line.
        shown = Conversation.objects.filter(
            organisation_id=user.organisation_id, contact_id=conversation.contact_id
        ).exclude(status=Status.CLOSED)
        others = shown.exclude(id=conversation.id).order_by("id").values_list("line_id", "id")
        for line_id, id_ in [(conversation.line_id, conversation.id), *others]:
            changes.add(ConversationTagged(line_id=line_id, conversation_id=id_))
    return True
