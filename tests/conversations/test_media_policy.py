"""Attachments are kept as long as their organisation says, and no sender fills its disk."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from accounts.models import Audit, Organisation, Role, User
from common.clock import database_now
from common.errors import Invalid
from conversations.attachments import stored_of
from conversations.media_policy import forget_until, policy_of, refuses_more, set_policy
from conversations.models import Attachment, Conversation
from conversations.rendering import render_thread
from realtime.audience import AudienceKind
from tests.cast import Cast
from tests.cast_fixtures import *  # noqa: F403
from tests.conversations.test_media import PNG, Job


@pytest.fixture
def boss(cast: Cast) -> User:
    return User.objects.create_user(
        "b@example.org", None, organisation=cast.organisation, name="B", role=Role.ADMINISTRATOR
    )


def came(cast: Cast, *, sender: str = "+2290197000001", content: bytes = PNG, **fields: object) -> Attachment:
    conversation = Conversation.objects.first() or cast.queued()
    message = cast.text_in(conversation)
    type(message).objects.filter(id=message.id).update(facts={"media": 1})
    given = {"state": "there", "content_type": "image/png", "content": content, "url": "https://x/1"} | fields
    return Attachment.objects.create(
        organisation_id=cast.organisation.id, link_id=uuid4(), line_id=conversation.line_id, key=uuid4().hex, place=1,
        sender=sender, declared="image/png", message_id=message.id, conversation=conversation, **given,
    )  # fmt: skip


def in_days(days: float) -> datetime:
    return database_now() + timedelta(days=days)


def test_what_is_no_longer_kept_is_emptied_and_its_conversation_still_says_so(cast: Cast, boss: User) -> None:
    one = came(cast)
    assert forget_until(in_days(5000), Job())["emptied"] == 0  # nobody has said how long
    set_policy(actor=boss, keep_days=30, sender_mb=50)
    assert forget_until(in_days(29.9), Job())["emptied"] == 0
    assert stored_of(cast.organisation.id, one.conversation_id, 1, 1) is not None
    assert forget_until(in_days(30.1), Job())["emptied"] == 1
    assert forget_until(in_days(30.1), Job())["emptied"] == 0
    one.refresh_from_db()
    assert (one.state, bytes(one.content), one.url) == ("expired", b"", "")
    assert stored_of(cast.organisation.id, one.conversation_id, 1, 1) is None
    [message], _ = render_thread(cast.organisation.id, one.conversation_id, AudienceKind.FULL)
    assert message["attachments"] == [{"place": 1, "kind": "", "state": "expired", "url": None}]


def test_each_organisation_keeps_its_own_and_drafts_go_after_a_day(cast: Cast, boss: User) -> None:
    other = Organisation.objects.create(name="Autre", slug="autre")
    kept, draft = came(cast), came(cast, state="draft")
    Attachment.objects.filter(id=kept.id).update(organisation_id=other.id)
    set_policy(actor=boss, keep_days=1, sender_mb=50)
    assert forget_until(in_days(0.9), Job()) == {"emptied": 0, "drafts": 0}
    assert forget_until(in_days(2), Job()) == {"emptied": 0, "drafts": 1}
    kept.refresh_from_db()
    assert kept.state == "there"
    assert not Attachment.objects.filter(id=draft.id).exists()


def test_more_than_a_slice_goes_too(cast: Cast, boss: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conversations.media_policy.SLICE", 2)
    for _ in range(5):
        came(cast)
    set_policy(actor=boss, keep_days=1, sender_mb=50)
    assert forget_until(in_days(2), Job())["emptied"] == 5


def test_one_sender_leaves_so_much_within_a_day(cast: Cast, boss: User) -> None:
    set_policy(actor=boss, keep_days=None, sender_mb=1)
    came(cast, content=PNG + bytes(900_000))
    came(cast, sender="+2290197000002", content=PNG + bytes(900_000))
    mine = (cast.organisation.id, "+2290197000001")
    assert not refuses_more(*mine, 90_000)
    assert refuses_more(*mine, 200_000)
    assert not refuses_more(*mine, 200_000, in_days(1.1))
    assert not refuses_more(uuid4(), "+2290197000001", 200_000)


def test_what_is_said_is_kept_once_and_told(cast: Cast, boss: User) -> None:
    assert policy_of(cast.organisation.id).keep_days is None
    for _ in range(2):
        set_policy(actor=boss, keep_days=90, sender_mb=20)
    assert (policy_of(cast.organisation.id).keep_days, policy_of(cast.organisation.id).sender_mb) == (90, 20)
    [line] = Audit.objects.filter(action="media.changed")
    assert line.changes == {"keep_days": [None, 90], "sender_mb": [50, 20]}
    for days, mb in ((0, 20), (3651, 20), (90, 0), (90, 10_001)):
        with pytest.raises(Invalid):
            set_policy(actor=boss, keep_days=days, sender_mb=mb)
