"""What a list may be narrowed to: each filter finds what it says, and never what its reader may not see."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, Team, User
from common.clock import database_now
from contacts.models import Contact, ContactTag, Tag
from conversations.messages import send_message
from conversations.models import Author, Conversation, Delivery, DeliveryState, Line, LineLink, Status
from realtime.log import record_changes
from routing.handover_policy_models import HandoverPolicy
from routing.models import Queue
from tests.browser import Browser, someone
from tests.cast import Cast, make_cast


def number(n: int) -> str:
    return f"+22901970{n:05d}"


def ids(browser: Browser, **given: Any) -> set[str]:
    answer = browser.get(f"/api/conversations?{urlencode({'view': 'all', 'limit': 200, **given}, doseq=True)}")
    assert answer.status == 200, answer.raw
    return {row["id"] for row in answer.data["items"]}


def rows(browser: Browser, **given: Any) -> dict[str, dict[str, Any]]:
    answer = browser.get(f"/api/conversations?{urlencode({'view': 'all', 'limit': 200, **given}, doseq=True)}")
    return {row["id"]: row for row in answer.data["items"]}


def tagged(cast: Cast, conversation: Conversation, name: str) -> Tag:
    tag, _ = Tag.objects.get_or_create(organisation=cast.organisation, name=name)
    ContactTag.objects.create(organisation=cast.organisation, contact_id=conversation.contact_id, tag=tag)
    return tag


def failed_answer(conversation: Conversation, user: User, state: DeliveryState = DeliveryState.FAILED) -> None:
    with record_changes(conversation.organisation_id) as changes:
        locked = Conversation.objects.select_related("line", "address", "contact").get(id=conversation.id)
        message = send_message(
            changes=changes, conversation=locked, body="Bonjour", author=Author.AGENT, author_user=user
        )
    Delivery.objects.filter(message_id=message.id).update(state=state)


@pytest.fixture
def many(cast: Cast) -> dict[str, Conversation]:
    """Five people: each filter below finds some of them and not the others."""
    now = database_now()
    made = {
        "held": cast.owned_by(cast.awa, sender=number(1)),
        "waits": cast.queued(sender=number(2), priority=5),
        "bot": cast.open_conversation(line=cast.line_1919, sender=number(3)),
        "over": cast.open_conversation(sender=number(4), status=Status.CLOSED),
        "long": cast.queued(sender=number(5)),
    }
    for name, minutes in (("waits", 2), ("long", 30)):
        Conversation.objects.filter(id=made[name].id).update(
            waiting_since=now - timedelta(minutes=minutes), last_activity_at=now - timedelta(minutes=minutes), unread=1
        )
    Contact.objects.filter(id=made["held"].contact_id).update(language="fon")
    Conversation.objects.filter(id=made["bot"].id).update(language="en")
    return made


@pytest.mark.needs("MCE-046", part="filters")
def test_each_filter_finds_what_it_says_and_several_together_what_all_say(
    cast: Cast, many: dict[str, Conversation]
) -> None:
    awa, now = Browser(cast.awa), database_now()
    vip = tagged(cast, many["held"], "VIP")
    angry = tagged(cast, many["waits"], "litige")
    team = Team.objects.create(organisation=cast.organisation, name="Jour")
    team.members.add(cast.awa)
    other = Queue.objects.create(organisation=cast.organisation, name="Autre")
    failed_answer(many["held"], cast.awa)
    sms = {"held", "waits", "bot", "over", "long"}
    expected: list[tuple[dict[str, Any], set[str]]] = [
        ({}, sms),
        ({"status": "queued"}, {"waits", "long"}),
        ({"status": "closed"}, {"over"}),
        ({"line": cast.line_1919.id}, {"bot"}),
        ({"line": [cast.line_1919.id, cast.line_3334.id]}, sms),
        ({"medium": "sms"}, sms),
        ({"medium": "email"}, set()),
        ({"tag": vip.id}, {"held"}),
        ({"tag": [vip.id, angry.id]}, {"held", "waits"}),
        ({"queue": cast.queue.id, "status": "queued"}, {"waits", "long"}),
        ({"queue": other.id}, set()),
        ({"team": team.id}, {"held"}),
        ({"agent": cast.awa.id}, {"held"}),
        ({"agent": cast.koffi.id}, set()),
        ({"language": "fon"}, {"held"}),
        ({"language": "en"}, {"bot"}),
        ({"waiting_over": 60}, {"waits", "long"}),
        ({"waiting_over": 600}, {"long"}),
        ({"since": (now - timedelta(minutes=5)).isoformat()}, sms - {"long"}),
        ({"until": (now - timedelta(minutes=5)).isoformat()}, {"long"}),
        ({"unread": "true"}, {"waits", "long"}),
        ({"failed": "true"}, {"held"}),
        ({"priority": 1}, {"waits"}),
        ({"tag": angry.id, "waiting_over": 60, "priority": 5}, {"waits"}),
        ({"tag": angry.id, "waiting_over": 600}, set()),
    ]
    for given, names in expected:
        assert ids(awa, **given) == {str(many[name].id) for name in names}, given


@pytest.mark.needs("MCE-046", part="visibility")
def test_no_filter_shows_what_its_reader_may_not_see(cast: Cast) -> None:
    team = Team.objects.create(organisation=cast.organisation, name="Crédit")
    team.members.add(cast.koffi)
    secret = Line.objects.create(
        organisation=cast.organisation, name="Crédit", address="4545", queue_id=cast.queue.id, language="fr"
    )
    secret.teams.add(team)
    LineLink.objects.create(line=secret, link=cast.north)
    hidden = cast.queued(line=secret, sender=number(7), priority=9)
    cast.text_in(hidden)
    Conversation.objects.filter(id=hidden.id).update(
        language="fon", owner=cast.koffi, status=Status.OPEN, waiting_since=database_now() - timedelta(hours=1)
    )
    tag = tagged(cast, hidden, "VIP")
    hidden.refresh_from_db()
    failed_answer(hidden, cast.koffi)
    Conversation.objects.filter(id=hidden.id).update(unread=1, waiting_since=database_now() - timedelta(hours=1))
    foreign = make_cast(name="Autre", slug="autre", domain="autre.example")
    theirs = foreign.owned_by(foreign.awa, sender=number(8))
    their_tag = tagged(foreign, theirs, "VIP")

    awa, koffi = Browser(cast.awa), Browser(cast.koffi)
    given: list[dict[str, Any]] = [
        {"line": secret.id}, {"medium": "sms"}, {"tag": tag.id}, {"status": "open"}, {"queue": cast.queue.id},
        {"team": team.id}, {"agent": cast.koffi.id}, {"language": "fon"}, {"waiting_over": 60},
        {"since": "2026-01-01T00:00:00Z"}, {"until": "2099-01-01T00:00:00Z"}, {"unread": "true"}, {"failed": "true"},
        {"priority": 1},
    ]  # fmt: skip
    for one in given:
        assert ids(koffi, **one) == {str(hidden.id)}, one
        assert ids(awa, **one) == set(), one
    for one in (
        {"line": foreign.line_3334.id}, {"tag": their_tag.id}, {"agent": foreign.awa.id}, {"queue": foreign.queue.id},
        {"team": uuid4()},
    ):  # fmt: skip
        assert ids(koffi, **one) == set(), one


def test_an_observer_is_told_no_tag_and_may_not_ask_by_one(cast: Cast) -> None:
    conversation = cast.queued()
    tag = tagged(cast, conversation, "litige")
    claire = Browser(someone(cast, Role.OBSERVER, name="Claire"))
    row = rows(claire)[str(conversation.id)]
    assert (row["tags"], row["vip"]) == ([], False)
    refused = claire.get(f"/api/conversations?view=all&tag={tag.id}")
    assert (refused.status, refused.code) == (422, "search")
    assert claire.get("/api/session").data["tags"] == []
    assert rows(Browser(cast.awa))[str(conversation.id)]["tags"] == [str(tag.id)]


def test_what_cannot_be_asked_is_refused_in_words(cast: Cast) -> None:
    awa = Browser(cast.awa)
    for query in (
        "line=x", "tag=1", "waiting_over=-1", "waiting_over=99999999999", "since=yesterday",
        "since=2026-01-01T00:00:00",
        "unread=perhaps", "priority=99999", "status=asleep", "language=%00", "team=x", "agent=x",
        "&".join(f"line={uuid4()}" for _ in range(51)),
    ):  # fmt: skip
        answer = awa.get(f"/api/conversations?view=all&{query}")
        assert answer.status == 422, query
        assert answer.data["error"]["fields"], query


def test_a_row_says_that_our_last_word_did_not_arrive_until_another_leaves(cast: Cast) -> None:
    cast.available(cast.awa)
    conversation = cast.owned_by(cast.awa)
    awa, key = Browser(cast.awa), str(conversation.id)
    failed_answer(conversation, cast.awa, DeliveryState.DELIVERED)
    assert rows(awa)[key]["failed"] is False
    failed_answer(conversation, cast.awa, DeliveryState.EXPIRED)
    assert rows(awa)[key]["failed"] is True
    failed_answer(conversation, cast.awa, DeliveryState.SENT)
    assert rows(awa)[key]["failed"] is False
    failed_answer(conversation, cast.awa)
    Conversation.objects.filter(id=conversation.id).update(preview_kind="incoming")
    assert rows(awa)[key]["failed"] is False


def test_whom_his_line_looks_after_is_marked(cast: Cast) -> None:
    one, other = cast.queued(sender=number(1)), cast.queued(sender=number(2))
    tag = tagged(cast, one, "VIP")
    awa = Browser(cast.awa)
    assert [row["vip"] for row in rows(awa).values()] == [False, False]
    HandoverPolicy.objects.create(
        line=cast.line_3334, organisation=cast.organisation, kind="tag", tag=tag, vip="at_once", compare="is"
    )
    found = rows(awa)
    assert (found[str(one.id)]["vip"], found[str(other.id)]["vip"]) == (True, False)
    HandoverPolicy.objects.update(vip="off")
    assert [row["vip"] for row in rows(awa).values()] == [False, False]


def test_a_page_asks_as_much_for_two_rows_as_for_forty(cast: Cast) -> None:
    tag = Tag.objects.create(organisation=cast.organisation, name="VIP")
    HandoverPolicy.objects.create(
        line=cast.line_3334, organisation=cast.organisation, kind="tag", tag=tag, vip="at_once", compare="is"
    )
    for n in range(40):
        tagged(cast, cast.queued(sender=number(n)), "VIP")
    sam = Browser(cast.sam)
    url = f"/api/conversations?view=queue&tag={tag.id}&waiting_over=0&unread=false&limit="
    cost = []
    for limit in (2, 40):
        with CaptureQueriesContext(connection) as asked:
            assert sam.get(f"{url}{limit}").status == 200
        cost.append(len(asked))
    assert cost[0] == cost[1], [one["sql"] for one in asked]


@pytest.mark.parametrize("limit", [1, 3, 7])
def test_a_filtered_list_holds_everybody_once_page_by_page(cast: Cast, limit: int) -> None:
    now: datetime = database_now()
    wanted = set()
    for n in range(20):
        conversation = cast.queued(sender=number(n), priority=n % 3)
        Conversation.objects.filter(id=conversation.id).update(
            waiting_since=None if n % 4 == 0 else now - timedelta(minutes=n % 5), last_activity_at=now
        )
        if n % 3:
            wanted.add(str(conversation.id))
    awa, found, after = Browser(cast.awa), [], None
    while True:
        answer = awa.get(
            f"/api/conversations?view=queue&priority=1&limit={limit}" + (f"&after={after}" if after else "")
        )
        found += [row["id"] for row in answer.data["items"]]
        after = answer.data["next"]
        if after is None:
            break
    assert len(found) == len(set(found))
    assert set(found) == wanted
