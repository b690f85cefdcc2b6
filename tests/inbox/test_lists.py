"""Mine, Queue, All: which conversations, in which order, page by page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from accounts.models import Role
from common.clock import database_now
from contacts.models import Contact
from conversations.models import Conversation, Status
from realtime.models import EventHead
from tests.browser import Browser, someone
from tests.cast import Cast


def page(browser: Browser, **given: Any) -> dict[str, Any]:
    answer = browser.get(f"/api/conversations?{urlencode(given)}")
    assert answer.status == 200, answer.raw
    return answer.data


def walk(browser: Browser, **given: Any) -> list[str]:
    """Ids of all pages in order."""
    found: list[str] = []
    after = None
    for _ in range(100):
        got = page(browser, **given, **({"after": after} if after else {}))
        found += [row["id"] for row in got["items"]]
        after = got["next"]
        if after is None:
            return found
    raise AssertionError("the pages never end")


def number(n: int) -> str:
    return f"+22901970{n:05d}"


@pytest.fixture
def now() -> datetime:
    return database_now()


def dated(conversation: Conversation, *, waiting: datetime | None, active: datetime) -> Conversation:
    Conversation.objects.filter(id=conversation.id).update(waiting_since=waiting, last_activity_at=active)
    return conversation


def test_mine_is_what_i_hold_queue_what_waits_and_all_what_i_see(cast: Cast) -> None:
    held = cast.owned_by(cast.awa, sender=number(1))
    others = cast.owned_by(cast.koffi, sender=number(2))
    waits = cast.queued(sender=number(3))
    talks = cast.open_conversation(sender=number(4))
    over = cast.open_conversation(sender=number(5), status=Status.CLOSED)
    awa = Browser(cast.awa)
    assert walk(awa, view="mine") == [str(held.id)]
    assert walk(awa, view="queue") == [str(waits.id)]
    assert set(walk(awa, view="all")) == {str(one.id) for one in (held, others, waits, talks, over)}
    assert walk(awa, view="all", status="bot") == [str(talks.id)]
    assert set(walk(awa, view="all", line=cast.line_1919.id)) == set()


def test_the_longest_waiting_comes_first_and_nobody_waiting_last(cast: Cast, now: datetime) -> None:
    minute = timedelta(minutes=1)
    cast.available(cast.awa, capacity=10)
    spec = [(None, 1), (30, 2), (5, 3), (None, 9), (30, 1), (12, 4)]  # minutes waiting, minutes since activity
    made = [
        dated(
            cast.owned_by(cast.awa, sender=number(n)),
            waiting=None if waiting is None else now - waiting * minute,
            active=now - active * minute,
        )
        for n, (waiting, active) in enumerate(spec)
    ]
    expected = [made[n].id for n in (4, 1, 5, 2, 0, 3)]
    for limit in (1, 2, 3, 50):
        assert walk(Browser(cast.awa), view="mine", limit=limit) == [str(id_) for id_ in expected]


@pytest.mark.parametrize("view", ["queue", "all"])
def test_pages_hold_everybody_once_also_among_equals(cast: Cast, now: datetime, view: str) -> None:
    made = [cast.queued(sender=number(n)) for n in range(23)]
    for n, conversation in enumerate(made):  # groups of equal times, and some who do not wait
        waiting = None if n % 5 == 0 else now - timedelta(minutes=n % 3)
        dated(conversation, waiting=waiting, active=now - timedelta(minutes=n % 4))
    whole = walk(Browser(cast.awa), view=view, limit=200)
    assert len(whole) == len(set(whole)) == 23
    for limit in (1, 4, 7, 22, 23):
        assert walk(Browser(cast.awa), view=view, limit=limit) == whole


def test_who_stays_is_never_skipped_while_others_move(cast: Cast, now: datetime) -> None:
    made = [dated(cast.queued(sender=number(n)), waiting=None, active=now - timedelta(minutes=n)) for n in range(12)]
    awa = Browser(cast.awa)
    first = page(awa, view="all", limit=5)
    # While the agent reads: one of the first page is closed and gone up, a new one comes, one further down moves up.
    dated(made[2], waiting=None, active=database_now())
    dated(cast.queued(sender=number(99)), waiting=None, active=database_now())
    dated(made[8], waiting=None, active=database_now())
    rest, after = [], first["next"]
    while after:
        got = page(awa, view="all", limit=5, after=after)
        rest += [row["id"] for row in got["items"]]
        after = got["next"]
    stayed = [str(made[n].id) for n in (5, 6, 7, 9, 10, 11)]
    assert rest == stayed


def test_a_page_is_dated_by_the_head_of_the_log(cast: Cast) -> None:
    EventHead.objects.create(organisation_id=cast.organisation.id, head=41, epoch=3)
    got = page(Browser(cast.awa), view="all")
    assert (got["head"], got["epoch"]) == (41, 3)


def test_searching_by_number_in_any_spelling_and_by_name(cast: Cast) -> None:
    found = cast.queued(sender="+2290197000001")
    cast.queued(sender="+2290197555555")
    Contact.objects.filter(id=found.contact_id).update(name="Adjovi Hounsou_100%")
    awa = Browser(cast.awa)
    for q in (
        "97000001",
        "+229 97 00 00 01",
        "0022997000001",
        "٩٧٠٠٠٠٠١",
        "000001",
        "adjovi",
        "Hounsou",
        "100%",
        "u_1",
    ):
        assert walk(awa, view="all", q=q) == [str(found.id)], q
    for q in ("nobody", "%%", "_%", "' or 1=1 --", "\x00", "\ufffd" * 50, "x" * 5000):
        assert walk(awa, view="all", q=q) == [], q
    assert len(walk(awa, view="all", q="   ")) == 2


def test_what_is_no_place_or_view_is_refused_in_words(cast: Cast) -> None:
    awa = Browser(cast.awa)
    for query in (
        "view=yours", "view=all&status=asleep", "view=all&line=x", "view=all&limit=0", "view=all&limit=201",
        "view=all&limit=many", "view=all&after=nonsense", "view=all&after=W10", "view=all&after=" + "A" * 9000,
        "view=all&after=" + quote("é/../"), "view=all&after=WyJhIiwiYiIsImMiXQ",
    ):  # fmt: skip
        answer = awa.get(f"/api/conversations?{query}")
        assert answer.status == 422, query
        assert answer.data["error"]["fields"]


def test_an_observer_sees_figures_and_no_words_names_or_numbers(cast: Cast) -> None:
    conversation = cast.queued(sender="+2290197123467")
    Contact.objects.filter(id=conversation.contact_id).update(name="Adjovi Hounsou")
    cast.text_in(conversation, "mon code est 4471")
    claire = Browser(someone(cast, Role.OBSERVER, name="Claire"))
    base = f"/api/conversations/{conversation.id}"
    for path in ("/api/conversations?view=all", base, f"{base}/messages", "/api/counts", "/api/events?after=0&epoch=1"):
        answer = claire.get(path)
        assert answer.status == 200, path
        for hidden in ("Adjovi", "4471", "2290197123467", "97123467"):
            assert hidden not in answer.raw.decode(), path
    row = page(claire, view="all")["items"][0]
    assert row["contact"]["address"].endswith("67")
    assert claire.get("/api/conversations?view=all&q=97123467").status == 403
    for action in ("take", "close", "read", "return", "messages", "notes"):
        assert claire.post(f"{base}/{action}").status == 403
    assert claire.get("/api/supervision/live").data["waiting"] == 1
