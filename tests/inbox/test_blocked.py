"""Who is blocked: his texts are stored and shown, and nothing is decided about them."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.models import Audit
from common.clock import database_now
from contacts.keywords import Keyword
from contacts.models import Address, Suppression
from conversations import intake
from conversations.models import Conversation, Line, Message, Unhandled
from tests.browser import Browser
from tests.cast import SUBSCRIBER, Cast
from tests.inbox.test_merging import ready, text_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def blocked(cast: Cast) -> str:
    """The path of a person who waited in a queue and was blocked then."""
    talk = cast.queued()
    path = f"/api/people/{talk.contact_id}"
    assert Browser(cast.sam).put(f"{path}/block", {"reason": "Menaces"}).status == 200
    return path


def test_what_waited_is_closed_and_what_comes_goes_nowhere(cast: Cast, blocked: str, dsn: str) -> None:
    assert [one.status for one in Conversation.objects.all()] == ["closed"]
    # A line without a bot: the intake itself puts its texts into the queue.
    Line.objects.filter(id=cast.line_3334.id).update(bot="")
    text_in(dsn, ready(cast, SUBSCRIBER, "Je sais où vous êtes"), ready(cast, "+2290197000002", "Bonjour"))
    text_in(dsn, ready(cast, SUBSCRIBER, "Encore"))
    theirs, other = Conversation.objects.exclude(status="closed").order_by("address__value")
    assert (theirs.status, theirs.queue_id, theirs.last_seq) == ("bot", None, 2)
    assert (other.status, other.queue_id) == ("queued", cast.queue.id)
    assert list(Unhandled.objects.values_list("conversation_id", flat=True)) == [other.id]
    assert [one["preview"] for one in Browser(cast.sam).get(blocked).data["open_cases"]] == ["Encore"]
    assert Message.objects.filter(kind="outgoing").count() == 0


def test_a_stop_is_obeyed_all_the_same(cast: Cast, blocked: str, dsn: str) -> None:
    plain = ready(cast, SUBSCRIBER, "STOP")
    text_in(dsn, intake.ReadyText(plain.line_id, plain.sender, plain.item, keyword=Keyword.OPT_OUT))
    assert Suppression.objects.filter(number=SUBSCRIBER).exists()


def test_a_block_ends_by_hand_or_by_its_time(cast: Cast, blocked: str, dsn: str) -> None:
    sam = Browser(cast.sam)
    assert sam.call("DELETE", f"{blocked}/block").data["block"] is None
    assert sam.call("DELETE", f"{blocked}/block").code == "not_blocked"
    text_in(dsn, ready(cast, SUBSCRIBER))
    assert Unhandled.objects.count() == 1
    soon = database_now() + timedelta(hours=1)
    data = sam.put(f"{blocked}/block", {"reason": "Une pause", "until": soon.isoformat()}).data
    assert data["block"]["until"] and Unhandled.objects.count() == 0
    Address.objects.update(blocked_until=database_now() - timedelta(seconds=1))
    text_in(dsn, ready(cast, SUBSCRIBER))
    assert Unhandled.objects.count() == 1
    past = (database_now() - timedelta(days=1)).isoformat()
    assert sam.put(f"{blocked}/block", {"reason": "x", "until": past}).code == "past"
    assert sam.put(f"{blocked}/block", {"reason": " "}).status == 422
    assert [one.action for one in Audit.objects.filter(action__contains="block").order_by("id")] == [
        "contact.blocked", "contact.unblocked", "contact.blocked",
    ]  # fmt: skip


def test_an_agent_keeps_what_is_his_and_may_not_block(cast: Cast) -> None:
    talk = cast.owned_by(cast.awa)
    path = f"/api/people/{talk.contact_id}/block"
    assert Browser(cast.awa).put(path, {"reason": "x"}).status == 403
    assert Browser(cast.sam).put(path, {"reason": "Menaces"}).status == 200
    talk.refresh_from_db()
    assert talk.status == "open"
    answered = Browser(cast.awa).post(
        f"/api/conversations/{talk.id}/messages", {"client_id": str(uuid4()), "body": "Nous en restons là."}
    )
    assert answered.status == 200
