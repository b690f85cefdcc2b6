"""Starting, stopping, draining, testing a link; the portability table; wrong numbers: as administrators meet them."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.db import connection

from accounts.models import Audit, Role
from common.clock import database_now
from conversations.models import Link, LinkState, LinkTest, PortedNumber, WrongNumber
from jobs.models import Lease
from tests.browser import Browser, someone
from tests.cast import Cast


@pytest.fixture
def desk(cast: Cast) -> Browser:
    return Browser(someone(cast, Role.ADMINISTRATOR, name="Fatou Zongo"))


def test_a_link_is_drained_stopped_and_started_each_with_its_audit_line(desk: Browser, cast: Cast) -> None:
    where = f"/api/admin/links/{cast.north.id}/control"
    for deed, state, flags in (
        ("drain", "draining", (True, True)),
        ("stop", "stopped", (False, False)),
        ("start", "started", (True, False)),
    ):
        assert desk.post(where, {"deed": deed}).data == {"state": state}
        assert desk.post(where, {"deed": deed}).data == {"state": state}  # twice is once
        link = Link.objects.get(id=cast.north.id)
        assert (link.is_enabled, link.is_draining) == flags
        assert (link.halted_at is None) == (deed == "start")
    lines = Audit.objects.filter(object_id=cast.north.id).order_by("id").values_list("action", "changes")
    assert list(lines) == [
        ("link.drained", {"state": ["started", "draining"]}),
        ("link.stopped", {"state": ["draining", "stopped"]}),
        ("link.started", {"state": ["stopped", "started"]}),
    ]
    desk.post(where, {"deed": "stop"})
    assert desk.post(where, {"deed": "drain"}).data["error"]["code"] == "not_started"
    assert desk.post(where, {"deed": "explode"}).status == 422


def test_the_form_stops_a_link_as_the_button_does(desk: Browser, cast: Cast) -> None:
    desk.patch(f"/api/admin/links/{cast.north.id}", {"is_enabled": False, "settings": LINK, "secret": "mot"})
    assert Link.objects.get(id=cast.north.id).halted_at is not None


LINK = {"host": "127.0.0.1", "port": 2775, "system_id": "nord"}


def test_a_test_is_asked_for_once_and_shown_as_far_as_it_has_come(desk: Browser, cast: Cast) -> None:
    where = f"/api/admin/links/{cast.north.id}/test"
    assert desk.get(where).data["state"] == "never"
    assert desk.post(where, {}).data["state"] == "waiting"
    assert desk.post(where, {}).data["state"] == "waiting"
    assert LinkTest.objects.count() == Audit.objects.filter(action="link.tested").count() == 1
    steps = [{"step": "tcp", "result": "failed", "code": "refused", "facts": {"where": "a:1"}}]
    with connection.cursor() as cursor:
        cursor.execute("update conversations_linktest set begun_at = now()")
    assert desk.get(where).data["state"] == "running"
    LinkTest.objects.update(steps=steps)
    with connection.cursor() as cursor:
        cursor.execute("update conversations_linktest set ended_at = now()")
    assert (desk.get(where).data["state"], desk.get(where).data["steps"]) == ("ended", steps)
    with connection.cursor() as cursor:  # and a gateway that never came
        cursor.execute("update conversations_linktest set ended_at = null, asked_at = now() - interval '2 minutes'")
    assert desk.get(where).data["state"] == "abandoned"
    assert desk.post(where, {}).data["state"] == "waiting"


@pytest.mark.needs("UNI-017", part="the table")
def test_a_portability_table_is_imported_told_of_and_searched(desk: Browser, cast: Cast) -> None:
    Link.objects.filter(id=cast.north.id).update(operator="Savane")
    csv = (
        "numéro;opérateur\n01 97 00 00 01;SAVANE\n+226 70 41 88 22;Telmob\n"
        "bonjour;Savane\n\n+2290197000003\n0197000001;Savane\n"
    )
    done = desk.post("/api/admin/ported", {"csv": csv}).data
    assert (done["added"], done["changed"], done["same"], done["removed"], done["refused"]) == (2, 0, 0, 0, 2)
    assert done["problems"] == [{"line": 4, "code": "number"}, {"line": 6, "code": "columns"}]
    assert done["unknown_operators"] == ["Telmob"]
    assert set(PortedNumber.objects.values_list("number", "operator")) == {
        ("+2290197000001", "Savane"),
        ("+22670418822", "Telmob"),
    }
    done = desk.post("/api/admin/ported", {"csv": "0197000001,Lagune\n0197000002,Lagune\n", "replace": True}).data
    assert (done["added"], done["changed"], done["same"], done["removed"]) == (1, 1, 0, 1)
    assert desk.get("/api/admin/ported?number=97%2000").data == {"total": 2, "items": []}
    assert desk.get("/api/admin/ported?number=%2B22901970000").data["items"] == [
        {"number": "+2290197000001", "operator": "Lagune"},
        {"number": "+2290197000002", "operator": "Lagune"},
    ]
    assert desk.post("/api/admin/ported", {"csv": "rien\n"}).data["error"]["code"] == "no_rows"
    # Behind a quotation mark that is not closed nothing can be told apart: what it hides must not be dropped.
    for stray in ('"0197000001;Savane\n0197000002;Savane\n', '0197000001;Savane\n"0197000002;Savane\n"x";y\n'):
        refused = desk.post("/api/admin/ported", {"csv": stray, "replace": True})
        assert (refused.status, refused.data["error"]["code"]) == (422, "csv_broken")
    assert PortedNumber.objects.count() == 2


def test_wrong_numbers_are_found_by_any_spelling_of_their_beginning(desk: Browser, cast: Cast) -> None:
    for number in ("+2290197000001", "+2290197000002", "+22670418822"):
        WrongNumber.objects.create(
            organisation=cast.organisation, number=number, code="1", link_id=cast.north.id, message_id=uuid4()
        )

    def found(written: str) -> list[str]:
        answer = desk.get(f"/api/admin/wrong-numbers?number={quote(written)}").data
        assert answer["total"] == 3
        return sorted(one["number"] for one in answer["items"])

    assert found("01 97 00 00 02") == ["+2290197000002"]
    assert found("+22901 97") == ["+2290197000001", "+2290197000002"]
    assert found("+2267") == ["+22670418822"]
    assert len(found("")) == 3 and found("+33") == []


def test_a_numbering_plan_is_offered_for_any_country(desk: Browser) -> None:
    plan = desk.get("/api/admin/numbering").data
    assert plan["region"] == "BJ"
    assert {one["name"] for one in plan["operators"]} == {"MTN", "Moov", "Celtiis"}
    assert "+2290197" in next(one["prefixes"] for one in plan["operators"] if one["name"] == "MTN")
    assert len(desk.get("/api/admin/numbering?region=fr").data["operators"]) > 10
    assert desk.get("/api/admin/numbering?region=XX").data["error"]["code"] == "unknown_choice"


def test_prefixes_and_meanings_of_a_link_are_checked(desk: Browser, cast: Cast) -> None:
    where = f"/api/admin/links/{cast.north.id}"
    base = {"settings": LINK, "secret": "mot"}
    answer = desk.patch(where, {**base, "prefixes": ["+229 01 97", "0022901 97", "+22670"], "operator": " Savane "})
    assert (answer.data["prefixes"], answer.data["operator"]) == (["+22670", "+2290197"], "Savane")
    assert list(desk.patch(where, {**base, "prefixes": ["soon"]}).data["error"]["fields"]) == ["prefixes"]
    means = {"001": {"fr": "Inconnu", "en": "Unknown", "wrong_number": True}}
    assert desk.patch(where, {**base, "meanings": means}).data["meanings"]["001"]["final"] is True
    bad = desk.patch(where, {**base, "meanings": {"001": {"fr": "", "en": "x"}}})
    assert list(bad.data["error"]["fields"]) == ["meanings"]


def test_a_wrong_number_is_shown_in_words_and_forgotten(desk: Browser, cast: Cast) -> None:
    WrongNumber.objects.create(
        organisation_id=cast.organisation.id, number="+2290197000009", link_id=cast.north.id,
        message_id=cast.north.id, code="0x0000000B",
    )  # fmt: skip
    shown = desk.get("/api/admin/wrong-numbers").data
    assert shown["total"] == 1 and shown["items"][0]["en"] == "This number does not exist"
    assert desk.post("/api/admin/wrong-numbers/forget", {"number": "+2290197000009"}).data["total"] == 0
    assert desk.post("/api/admin/wrong-numbers/forget", {"number": "+2290197000009"}).status == 404
    assert Audit.objects.filter(action="wrong_number.removed").count() == 1


def test_supervisors_watch_and_nothing_of_the_account_is_shown(cast: Cast) -> None:
    sam = Browser(someone(cast, Role.SUPERVISOR, name="Samira"))
    told = {"last_error": {"text": "Throttling error (0x00000058)", "at": "2026-11-21T10:00:00+00:00"}}
    LinkState.objects.create(link=cast.north, state="bound", facts=told)
    Lease.objects.create(
        name=f"link:{cast.north.id}", owner="g", epoch=1, expires_at=database_now() + timedelta(hours=1)
    )
    [north] = [one for one in sam.get("/api/links/live").data["items"] if one["id"] == str(cast.north.id)]
    assert north["facts"]["last_error"]["en"] == "The operator is overloaded"
    Link.objects.filter(id=cast.north.id).update(settings=LINK)
    answer = sam.get("/api/links/live")
    assert answer.status == 200 and len(answer.data["items"]) >= 1
    assert b"127.0.0.1" not in answer.raw and b"nord" not in answer.raw.lower().replace(b"savane", b"")
    assert sam.post(f"/api/admin/links/{cast.north.id}/control", {"deed": "stop"}).status == 403
    assert Browser(someone(cast, Role.OBSERVER, name="Clarisse")).get("/api/links/live").status == 403
