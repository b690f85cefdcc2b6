"""What makes room for a draft, or sweeps old ones, at the moment at which another of them leaves with its answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection

from common.clock import database_now
from conversations import messages, outgoing_media
from conversations.media_policy import DRAFTS_H, forget_until
from conversations.models import Attachment, Conversation, Link, Message
from tests.browser import Browser
from tests.cast import Cast
from tests.conversations.test_media import Job
from tests.inbox.test_attachments_api import PNG, sent, twilio, upload

__all__ = ["twilio"]

pytestmark = pytest.mark.django_db(transaction=True)


def waits_for_another() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select exists (select from pg_locks where not granted)")
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("what", ["room for another", "the sweep"])
def test_a_picture_that_leaves_at_this_moment_is_no_draft_any_more(
    cast: Cast, twilio: Conversation, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(outgoing_media, "MOST_DRAFTS", 1)
    draft = UUID(upload(Browser(cast.awa), twilio, PNG).data["id"])
    failed: list[BaseException] = []

    def forget() -> None:
        try:
            if what == "the sweep":
                forget_until(database_now() + timedelta(hours=DRAFTS_H + 1), Job())
            else:
                conversation = Conversation.objects.get(id=twilio.id)
                outgoing_media.begin_draft(actor=cast.awa, conversation=conversation, octets=9)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    other = threading.Thread(target=forget)

    def attach(drafts: Sequence[Attachment], message: Message, link: Link) -> None:
        """What leaves is held, and not committed yet, when the other comes upon it."""
        outgoing_media.attach(drafts, message, link)
        other.start()
        until = time.monotonic() + 20
        while other.is_alive() and not waits_for_another() and time.monotonic() < until:
            time.sleep(0.02)

    monkeypatch.setattr(messages, "attach", attach)
    answer = sent(Browser(cast.awa), twilio, draft)
    other.join(30)
    assert answer.status == 200, answer.data
    assert not other.is_alive()
    assert not failed
    left = Attachment.objects.get(id=draft)
    assert (left.state, str(left.message_id), bytes(left.content)) == ("there", answer.data["id"], PNG)
