"""Who came to a filter is listed for a month, and counted by day for ever."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection

from accounts.models import Role
from common.errors import Invalid
from common.ids import uuid7_at
from conversations.models import Conversation
from conversations.visibility import audience_of
from routing.filter_models import Passage, PassageDay
from routing.passages import _NEWEST, _PAGE, count_days, count_passages, days_of, overview, passages_of
from tests.browser import Browser, someone
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def came(
    cast: Cast, at: datetime, outcome: str, *, check: UUID | None = None, sender: str = "+2290197000001",
    wrote: datetime | None = None,
) -> UUID:  # fmt: skip
    """`at`: when he was judged; `wrote`: the time of his text, where that is another."""
    address = cast.person(sender)
    conversation = Conversation.objects.create(
        id=uuid7_at(wrote or at), organisation=cast.organisation, line=cast.line_3334, contact_id=address.contact_id,
        address=address, link=cast.north, status="closed", opened_at=at,
    )  # fmt: skip
    Passage.objects.create(
        conversation=conversation, organisation_id=cast.organisation.id, line_id=cast.line_3334.id, outcome=outcome,
        check_id=check, at=at,
    )  # fmt: skip
    return conversation.id


def shown(cast: Cast, now: datetime) -> list[tuple[str, str, int]]:
    return sorted(
        (one["day"], one["outcome"], one["count"]) for one in days_of(cast.organisation, cast.line_3334.id, 14, now)
    )


def test_days_are_those_of_the_organisation_and_the_same_before_and_after_they_are_counted(cast: Cast) -> None:
    # Porto-Novo is an hour ahead of UTC.
    came(cast, datetime(2026, 11, 18, 22, 59, tzinfo=UTC), "answer")
    came(cast, datetime(2026, 11, 18, 23, 0, tzinfo=UTC), "answer")
    came(cast, datetime(2026, 11, 19, 12, 0, tzinfo=UTC), "answer")
    came(cast, datetime(2026, 11, 19, 13, 0, tzinfo=UTC), "admit")
    came(cast, NOON, "answer")
    expected = [
        ("2026-11-18", "answer", 1), ("2026-11-19", "admit", 1), ("2026-11-19", "answer", 2),
        ("2026-11-20", "answer", 1),
    ]  # fmt: skip
    assert shown(cast, NOON + timedelta(hours=1)) == expected
    for _ in range(2):
        count_days(cast.organisation, NOON + timedelta(hours=1))
        assert shown(cast, NOON + timedelta(hours=1)) == expected
    assert PassageDay.objects.count() == 3, "a day that is not over was counted"
    came(cast, NOON + timedelta(hours=2), "answer")
    count_days(cast.organisation, NOON + timedelta(days=2))
    assert shown(cast, NOON + timedelta(days=2))[-1] == ("2026-11-20", "answer", 2)


def test_what_is_older_than_a_month_is_forgotten_and_its_counts_stay(cast: Cast) -> None:
    now = datetime.now(UTC)
    came(cast, now - timedelta(days=31), "answer")
    kept = came(cast, now - timedelta(days=29), "admit")

    class Told:
        id, organisation_id, attempt = uuid4(), None, 1

        def progress(self, _fraction: float) -> None:
            pass

    assert count_passages(Told()) == {"forgotten": 1}
    assert list(Passage.objects.values_list("conversation_id", flat=True)) == [kept]
    assert PassageDay.objects.count() == 2


def test_who_passed_and_who_was_refused_are_listed_newest_first_page_by_page(cast: Cast) -> None:
    ids = [came(cast, NOON + timedelta(seconds=n), "admit" if n % 3 == 0 else "answer") for n in range(120)]
    audience = audience_of(cast.sam)
    assert audience is not None
    seen: list[str] = []
    after: str | None = None
    while True:
        page = passages_of(audience, cast.line_3334.id, "all", after)
        seen += [one["conversation_id"] for one in page.items]
        if page.next is None:
            break
        after = page.next
    assert seen == [str(one) for one in reversed(ids)]
    refused = passages_of(audience, cast.line_3334.id, "refused", None).items
    assert {one["outcome"] for one in refused} == {"answer"}
    assert refused[0]["number"] == "+229 01 97 00 00 01"


def test_an_observer_sees_no_whole_number(cast: Cast) -> None:
    came(cast, NOON, "answer")
    client = Browser(someone(cast, Role.OBSERVER))
    answer = client.get(f"/api/front-filter/{cast.line_3334.id}/passages")
    assert [one["number"] for one in answer.data["items"]] == ["+22901••••01"]
    assert Browser(cast.awa).get(f"/api/front-filter/{cast.line_3334.id}/passages").status == 403


@pytest.mark.needs("MCE-008", part="who passed and who was refused")
def test_a_supervisor_sees_of_each_line_who_was_let_in_and_refused_today_and_in_seven_days(cast: Cast) -> None:
    check = uuid4()
    for days in range(9):
        came(cast, NOON - timedelta(days=days), "answer", check=check)
    came(cast, NOON, "admit")
    expected = [(str(check), "answer", 1, 7), (None, "admit", 1, 1)]
    for _ in range(2):
        (line,) = overview(cast.organisation, NOON + timedelta(hours=1))
        assert [tuple(one.values()) for one in line["counts"]] == expected
        count_days(cast.organisation, NOON + timedelta(hours=1))
    assert (line["address"], line["is_filtered"]) == ("3334", False)
    assert len(Browser(cast.sam).get("/api/front-filter").data["items"]) == 1
    assert Browser(cast.awa).get("/api/front-filter").status == 403


def test_who_was_judged_long_after_he_wrote_is_counted_on_the_day_he_was_judged(cast: Cast) -> None:
    came(cast, NOON, "answer", wrote=NOON - timedelta(days=3))
    assert shown(cast, NOON + timedelta(hours=1)) == [("2026-11-20", "answer", 1)]
    count_days(cast.organisation, NOON + timedelta(days=1))
    assert shown(cast, NOON + timedelta(days=1)) == [("2026-11-20", "answer", 1)]


def test_the_list_shows_one_outcome_page_by_page_by_when_each_was_judged(cast: Cast) -> None:
    audience = audience_of(cast.sam)
    assert audience is not None
    late = came(cast, NOON + timedelta(hours=2), "queue", wrote=NOON - timedelta(days=2))
    queued = [came(cast, NOON + timedelta(seconds=n), "queue") for n in range(60)]
    for n in range(60):
        came(cast, NOON + timedelta(seconds=n), "bot")
    first = passages_of(audience, cast.line_3334.id, "queue", None)
    rest = passages_of(audience, cast.line_3334.id, "queue", first.next)
    assert [one["conversation_id"] for one in first.items + rest.items] == [str(late), *map(str, reversed(queued))]
    assert rest.next is None
    for wrong in ("x", "1.x", f"9{'9' * 30}.{late}", f".{late}", str(late)):
        with pytest.raises(Invalid, match="no place"):
            passages_of(audience, cast.line_3334.id, "queue", wrong)


def test_the_few_that_were_refused_among_many_cost_a_walk_of_their_own_rows(cast: Cast) -> None:
    for n in range(300):
        came(cast, NOON + timedelta(seconds=n), "answer" if n % 100 == 0 else "admit")
    audience = audience_of(cast.sam)
    assert audience is not None
    with connection.cursor() as cursor:
        cursor.execute("analyze routing_passage")
        cursor.execute("set enable_seqscan = off")
        cursor.execute(
            "explain (analyze, format json) " + _PAGE,
            {
                "organisation": cast.organisation.id, "line": cast.line_3334.id, "outcomes": ["queue", "answer", "bot"],
                "at": _NEWEST[0], "below": _NEWEST[1], "limit": 51,
            },
        )  # fmt: skip
        plan = cursor.fetchone()[0]
        cursor.execute("reset enable_seqscan")
    text = plan if isinstance(plan, str) else json.dumps(plan)
    assert "passage_outcome" in text
    assert "Rows Removed by Filter" not in text, "rows of other outcomes were read"
