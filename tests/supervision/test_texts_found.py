"""The history: which texts it finds, in which order, and what it shows of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from accounts.models import Role
from common.clock import database_now
from common.errors import Invalid, NotAllowed
from common.partitioned import AddIndexToPartitions
from contacts.models import Contact
from conversations.messages import lock_conversation, send_message
from conversations.models import Author, Delivery, DeliveryState, Message
from conversations.visibility import audience_of
from realtime.log import record_changes
from supervision import history
from supervision.filters import Asked
from supervision.history import count, find, find_below
from supervision.history_rows import history_rows
from tests.browser import Browser, someone
from tests.cast import Cast, make_cast
from tests.supervision.texts import received, sent

ZONE = "Africa/Porto-Novo"


def found(cast: Cast, limit: int = 50, after: str | None = None, **asked: Any) -> list[UUID]:
    audience = audience_of(cast.sam)
    assert audience is not None
    return find(audience, Asked(**asked), zone=ZONE, region="BJ", after=after, limit=limit).ids


def total(cast: Cast, *, exact: bool = True, **asked: Any) -> tuple[int | None, bool]:
    audience = audience_of(cast.sam)
    assert audience is not None
    counted = count(audience, Asked(**asked), zone=ZONE, region="BJ", exact=exact)
    return counted.total, counted.exact


def ids(*messages: Message) -> list[UUID]:
    return [message.id for message in messages]


@pytest.mark.needs("ELL-029")
def test_success_failures_and_all_of_which_only_all_holds_what_is_on_its_way(cast: Cast) -> None:
    talk = cast.open_conversation()
    every = {state: sent(cast, talk, state.label, state=state) for state in DeliveryState}
    incoming = received(talk)
    assert found(cast, state="delivered") == ids(every[DeliveryState.DELIVERED])
    failures = [every[state] for state in (DeliveryState.EXPIRED, DeliveryState.FAILED, DeliveryState.UNKNOWN)]
    assert found(cast, state="failed") == ids(*failures)
    assert found(cast, state="failed", number="+2290197000001") == ids(*failures)
    assert set(found(cast)) == {incoming.id, *(one.id for one in every.values())}


@pytest.mark.needs("ELL-028")
def test_the_first_and_the_last_day_are_whole_days_of_the_organisations_zone(cast: Cast) -> None:
    talk = cast.open_conversation()
    day = (database_now().astimezone(ZoneInfo(ZONE)) - timedelta(days=2)).date()
    midnight = datetime.combine(day, datetime.min.time(), ZoneInfo(ZONE))
    moments = (-timedelta(milliseconds=1), timedelta(0), timedelta(hours=24, milliseconds=-1), timedelta(hours=24))
    _, first, last, _ = [received(talk, str(n), at=midnight + moment) for n, moment in enumerate(moments)]
    assert found(cast, start=day, end=day) == ids(last, first)
    assert total(cast, start=day, end=day) == (2, True)
    assert len(found(cast, start=day)) == 3 == len(found(cast, end=day))
    assert found(cast, start=day, end=day - timedelta(days=1)) == []


@pytest.mark.needs("ELL-028")
@pytest.mark.parametrize(
    ("zone", "day", "begins", "hours"),
    [
        ("Africa/Porto-Novo", date(2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC), 24),
        ("Europe/Paris", date(2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC), 23),
        ("Europe/Paris", date(2026, 10, 25), datetime(2026, 10, 24, 22, tzinfo=UTC), 25),
        # Clocks skip midnight: the day begins at one.
        ("America/Santiago", date(2026, 9, 6), datetime(2026, 9, 6, 4, tzinfo=UTC), 23),
    ],
)
def test_a_day_is_as_long_as_the_clocks_of_its_zone_make_it(zone: str, day: date, begins: datetime, hours: int) -> None:
    since, until = Asked(start=day, end=day).between(zone)
    assert (since, until - since) == (begins, timedelta(hours=hours))


def test_days_beyond_all_bounds_are_days_within_them() -> None:
    since, until = Asked(start=date.min, end=date.max).between("Pacific/Kiritimati")
    assert since.year == 1999 and until.year in (2099, 2100)


@pytest.mark.parametrize(
    "spelling",
    ["+2290197000001", "002290197000001", "01 97 00 00 01", "97 00 00 01", "229 01 97 00 00 01", "+229 01-97"],
)
def test_a_number_is_found_in_any_spelling_and_by_its_beginning(cast: Cast, spelling: str) -> None:
    mine = [sent(cast, cast.open_conversation()), received(cast.open_conversation(line=cast.line_1919))]
    received(cast.open_conversation(sender="+22670000001"))
    assert sorted(found(cast, number=spelling)) == sorted(ids(*mine))
    assert found(cast, number="+229019700000199") == []


def test_a_beginning_that_many_numbers_have_is_found_among_all_texts(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "FEW", 2)
    mine = [received(cast.open_conversation(sender=f"+229019700000{n}")) for n in range(4)]
    received(cast.open_conversation(sender="+22670000001"))
    assert found(cast, number="0197") == ids(*reversed(mine))
    assert found(cast, number="%") == [] == found(cast, number="_")


@pytest.mark.needs("RFP-032", part="searchable")
def test_line_link_direction_words_and_the_operators_id_narrow_it(cast: Cast) -> None:
    one, other = cast.open_conversation(line=cast.line_1919), cast.open_conversation(sender="+2290197000002")
    hello = received(one, "Bonjour, mon SOLDE ?\nMerci 100%")
    answer = sent(cast, one, "Votre solde : 500 F", link=cast.south, ids=("MT-7af-1", "MT-7af-2"))
    elsewhere = sent(cast, other, "Bonsoir", ids=("77001",))
    assert found(cast, line=cast.line_1919.id) == ids(answer, hello)
    assert found(cast, link=cast.south.id) == ids(answer)
    assert found(cast, link=cast.north.id) == ids(elsewhere, hello)
    assert found(cast, direction="in") == ids(hello)
    assert found(cast, direction="out") == ids(elsewhere, answer)
    assert found(cast, text="merci solde") == ids(hello)
    assert found(cast, text="0%") == ids(hello), "a sign of LIKE stands for itself"
    assert found(cast, text="merci bonsoir") == []
    assert found(cast, reference="MT-7af-2") == ids(answer) == found(cast, reference=" MT-7af-1 ")
    assert found(cast, reference="77001", state="failed") == []
    assert found(cast, line=uuid4()) == [] == found(cast, link=uuid4())


@pytest.mark.needs("ELL-036")
def test_the_total_is_that_of_the_filter(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = cast.open_conversation()
    for n in range(7):
        sent(cast, talk, f"n {n}", state=DeliveryState.FAILED if n % 2 else DeliveryState.SENT)
    assert total(cast) == (7, True)
    assert total(cast, state="failed") == (3, True)
    monkeypatch.setattr(history, "MOST_COUNTED", 5)
    assert total(cast, exact=False) == (5, False), "a lower bound is told as one"
    assert total(cast, exact=True) == (7, True)


def test_what_takes_too_long_to_count_is_not_counted_and_told(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    received(cast.open_conversation())
    monkeypatch.setattr(history, "QUICK_S", 0.05)
    monkeypatch.setattr(history, "_ALL", history._ALL.replace("from conv", ", pg_sleep(1) from conv", 1))
    assert total(cast, exact=False) == (None, False)
    assert len(found(cast, direction="in")) == 1, "and the connection is fit for more"


def test_pages_stay_as_they_are_while_texts_arrive(cast: Cast) -> None:
    talk = cast.open_conversation()
    before = [received(talk, f"n {n}") for n in range(10)]
    audience = audience_of(cast.sam)
    assert audience is not None
    read: list[UUID] = []
    after: str | None = None
    while True:
        page = find(audience, Asked(), zone=ZONE, region="BJ", after=after, limit=3)
        read += page.ids
        received(talk, "meanwhile")
        if page.next is None:
            break
        after = page.next.hex
    assert read == ids(*reversed(before))


def test_a_page_looks_at_so_many_texts_and_says_how_far_back_it_has_looked(cast: Cast) -> None:
    talk = cast.open_conversation()
    rare = received(talk, "rare")
    every = [received(talk, f"n {n}") for n in range(20)]
    audience = audience_of(cast.sam)
    assert audience is not None
    asked, given = Asked(text="rare"), {"zone": ZONE, "region": "BJ", "limit": 5, "reach": 8}
    first = find_below(audience, asked, below=None, **given)
    assert (first.ids, first.next) == ([], every[-8].id) and first.searched_to is not None
    second = find_below(audience, asked, below=first.next, **given)
    third = find_below(audience, asked, below=second.next, **given)
    assert (second.ids, third.ids, third.next) == ([], [rare.id], None)


@pytest.mark.parametrize("place", ["x", "1", "'", "0" * 33, "é"])
def test_a_place_that_nobody_gave_is_refused(cast: Cast, place: str) -> None:
    with pytest.raises(Invalid, match="place"):
        found(cast, after=place)


@pytest.mark.needs("ELL-030", "ELL-031", "ELL-033", "ELL-035")
def test_a_row_shows_the_operators_ids_both_dates_the_number_as_people_read_it_and_the_text_on_one_line(
    cast: Cast,
) -> None:
    talk = cast.open_conversation()
    posted = database_now() - timedelta(minutes=3)
    text = sent(
        cast, talk, "Bonjour,\r\nvotre\u2028solde", at=posted, ids=("MT00a-1", "MT00a-2"),
        receipts=("id:MT00a-1 stat:DELIVRD err:000", "id:MT00a-2 stat:DELIVRD err:000"),
    )  # fmt: skip
    audience = audience_of(cast.sam)
    assert audience is not None
    (row,) = history_rows(cast.organisation.id, [text.id], audience.kind)
    assert row["identifiers"] == ["MT00a-1", "MT00a-2"]
    delivered = Delivery.objects.get(message_id=text.id).updated_at
    assert datetime.fromisoformat(row["posted_at"]) == posted.replace(microsecond=posted.microsecond // 1000 * 1000)
    assert row["delivered_at"] and abs(datetime.fromisoformat(row["delivered_at"]) - delivered) < timedelta(seconds=1)
    assert row["number"] == "+229 01 97 00 00 01"
    assert row["text"] == "Bonjour, votre solde"
    assert Message.objects.get(id=text.id).body == "Bonjour,\r\nvotre\u2028solde", "the original is kept"


@pytest.mark.needs("ELL-034")
def test_the_name_is_that_of_the_time_of_sending(cast: Cast) -> None:
    talk = cast.open_conversation()
    Contact.objects.filter(id=talk.contact_id).update(name="Afi Soglo")
    with record_changes(cast.organisation.id) as changes:
        locked = lock_conversation(organisation_id=cast.organisation.id, conversation_id=talk.id)
        text = send_message(changes=changes, conversation=locked, body="Bonjour", author=Author.BOT)
    Contact.objects.filter(id=talk.contact_id).update(name="Afi Dossou")
    audience = audience_of(cast.sam)
    assert audience is not None
    (row,) = history_rows(cast.organisation.id, [text.id], audience.kind)
    assert row["name"] == "Afi Soglo"


def test_another_organisation_finds_nothing_of_it(cast: Cast) -> None:
    text = sent(cast, cast.open_conversation(), ids=("X1",), state=DeliveryState.FAILED)
    other = make_cast(name="Autre", slug="autre", domain="autre.example")
    strange: list[dict[str, Any]] = [
        {}, {"number": "+2290197000001"}, {"reference": "X1"}, {"state": "failed"}, {"line": cast.line_3334.id},
    ]  # fmt: skip
    for asked in strange:
        assert found(cast, **asked) == [text.id] and found(other, **asked) == []
    assert total(other) == (0, True)
    audience = audience_of(other.sam)
    assert audience is not None and history_rows(other.organisation.id, [text.id], audience.kind) == []


def test_an_observer_sees_neither_words_nor_whole_numbers_and_cannot_feel_for_them(cast: Cast) -> None:
    sent(cast, cast.open_conversation(), "Un secret", name="Afi Soglo")
    browser = Browser(someone(cast, Role.OBSERVER))
    (row,) = browser.get("/api/history").data["items"]
    assert (row["text"], row["name"], row["number"]) == ("", None, "+22901••••01")
    for feeler in ("number=0197", "text=secret", "reference=1"):
        answer = browser.get(f"/api/history?{feeler}")
        assert (answer.status, answer.code) == (403, "search")
        assert browser.get(f"/api/history/total?{feeler}").status == 403
    audience = audience_of(someone(cast, Role.OBSERVER, name="Claire"))
    assert audience is not None
    with pytest.raises(NotAllowed):
        find(audience, Asked(number="1"), zone=ZONE, region="BJ", after=None, limit=1)


def test_the_door_takes_the_filters_of_its_query(cast: Cast) -> None:
    talk = cast.open_conversation()
    text = sent(cast, talk, state=DeliveryState.FAILED, error_code="001", error_text="unknown subscriber")
    received(talk)
    browser = Browser(cast.sam)
    page = browser.get(f"/api/history?state=failed&number=0197&line={cast.line_3334.id}&limit=1").data
    assert [row["id"] for row in page["items"]] == [str(text.id)] and page["next"] is None
    assert page["items"][0]["raw"] == "001" and page["items"][0]["error"]["text"] == "unknown subscriber"
    assert {link["name"] for link in page["links"]} == {"Savane Mobile", "Atlantique Télécom"}
    assert browser.get("/api/history/total?state=failed").data == {"total": 1, "exact": True}
    assert browser.get("/api/history?state=nonsense").status == 422
    assert browser.get("/api/history?start=2026-13-01").status == 422


def test_the_months_to_come_have_the_indexes_that_the_history_reads(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select palabre_make_partitions(t, now() + interval '4 months', 1) "
            "from unnest(array['conversations_message', 'conversations_delivery']) t"
        )
        cursor.execute(
            """select parent.relname, bool_and(x.indisvalid), count(i.inhrelid), (
                   select count(*) from pg_inherits months where months.inhparent = x.indrelid)
               from pg_class parent join pg_index x on x.indexrelid = parent.oid
               left join pg_inherits i on i.inhparent = parent.oid
               where parent.relname in ('message_texts', 'delivery_not_arrived')
               group by parent.relname, x.indrelid order by parent.relname"""
        )
        found = cursor.fetchall()
    assert [row[0] for row in found] == ["delivery_not_arrived", "message_texts"]
    assert all(valid and indexes == months > 4 for _, valid, indexes, months in found), found


def test_a_migration_that_breaks_off_between_its_indexes_goes_on_when_it_is_run_again() -> None:
    """Only steps that may be run twice stand where none is undone; a column is added once."""
    columns = import_module("conversations.migrations.0013_name_at_send_time").Migration
    indexes = import_module("conversations.migrations.0014_history").Migration
    assert columns.atomic and not indexes.atomic
    assert {type(step) for step in indexes.operations} == {AddIndexToPartitions}
