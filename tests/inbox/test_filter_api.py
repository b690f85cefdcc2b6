"""Lists, tags, attributes and front filters as an administrator's screen asks for them."""

from __future__ import annotations

import base64
import csv
import io
from typing import Any

import pytest

from accounts.models import Audit, Role
from contacts import uploads
from contacts.models import ContactList
from conversations.models import Line
from jobs import runner, service
from routing.filter_models import FrontCheck
from tests.browser import Browser, someone
from tests.cast import SUBSCRIBER, Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def boss(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Browser:
    monkeypatch.setattr(service, "ring", lambda _job: True)
    return Browser(someone(cast, Role.ADMINISTRATOR))


def upload(boss: Browser, list_id: str, content: bytes) -> dict[str, Any]:
    """A file, as the screen sends it; what is shown of it once a worker has read it."""
    asked = boss.post(f"/api/admin/lists/{list_id}/uploads", {"name": "n.csv", "octets": len(content)})
    assert asked.status == 201, asked.raw
    body = {"number": 0, "content": base64.b64encode(content).decode()}
    assert boss.put(f"/api/admin/uploads/{asked.data['id']}/pieces", body).status == 200
    assert boss.post(f"/api/admin/uploads/{asked.data['id']}/finish").data["state"] == "working"
    runner.run(uploads.ListUpload.objects.get(id=asked.data["id"]).job_id)
    return boss.get(f"/api/admin/uploads/{asked.data['id']}").data


def test_a_file_fills_a_list_and_its_report_is_a_file_without_formulas(boss: Browser) -> None:
    made = boss.post("/api/admin/lists", {"name": "Partenaires", "kind": "partners"})
    assert made.status == 201
    list_id = made.data["id"]
    done = upload(boss, list_id, f"nom;numero\nAwa;{SUBSCRIBER}\nKoffi;=1+1\n".encode())
    assert (done["state"], done["facts"]["taken"], done["facts"]["bad"]) == ("done", 1, 1)
    found = boss.get(f"/api/admin/lists/{list_id}/numbers?number=97000001").data
    assert found == {"number": SUBSCRIBER, "is_in": True}
    report = boss.get(f"/api/admin/uploads/{done['id']}/problems")
    rows = list(csv.reader(io.StringIO(report.raw.decode("utf-8-sig")), delimiter=";"))
    assert rows == [["Ligne", "Motif", "Valeur"], ["3", "ce numéro n’existe pas", "'=1+1"]]
    shown = boss.get(f"/api/admin/lists/{list_id}/uploads").data
    assert ([one["id"] for one in shown["items"]], shown["piece"]) == ([done["id"]], uploads.PIECE)
    assert boss.call("DELETE", f"/api/admin/lists/{list_id}").status == 200
    assert not ContactList.objects.exists()


def test_no_address_takes_a_larger_request_than_the_rest_of_the_api(boss: Browser, settings: Any) -> None:
    piece = len(base64.b64encode(b"x" * uploads.PIECE)) + 100
    assert piece < settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    list_id = boss.post("/api/admin/lists", {"name": "Partenaires"}).data["id"]
    asked = boss.post(f"/api/admin/lists/{list_id}/uploads", {"name": "n.csv", "octets": 2_000_000})
    body = {"number": 0, "content": "A" * 1_100_000}
    assert boss.put(f"/api/admin/uploads/{asked.data['id']}/pieces", body).status == 413


def a_filter(cast: Cast, **check: Any) -> dict[str, Any]:
    way = {"outcome": "admit", "queue_id": str(cast.queue.id), "priority": 2}
    return {
        "is_enabled": True, "way": {"outcome": "answer", "reply": "Réservé."},
        "checks": [{"kind": "language", "value": "fr", "way": way}, {"way": way, **check}],
    }  # fmt: skip


def test_a_filter_is_stored_whole_and_its_checks_keep_their_ids_when_they_move(boss: Browser, cast: Cast) -> None:
    address = f"/api/admin/lines/{cast.line_3334.id}/filter"
    before = boss.get(address).data
    assert (before["is_enabled"], before["checks"]) == (False, [])
    assert before["way"] == {"outcome": "admit", "queue_id": None, "priority": 0, "reply": "", "bot_first": True}
    stored = boss.put(address, a_filter(cast, kind="keyword", words=["solde"]))
    assert stored.status == 200, stored.raw
    ids = [one["id"] for one in stored.data["checks"]]
    turned = {**stored.data, "checks": stored.data["checks"][::-1]}
    moved = boss.put(address, turned)
    assert [one["id"] for one in moved.data["checks"]] == ids[::-1]
    assert Line.objects.get(id=cast.line_3334.id).is_filtered
    assert boss.put(address, {**moved.data, "is_enabled": False}).status == 200
    assert not Line.objects.get(id=cast.line_3334.id).is_filtered
    assert Audit.objects.filter(action="filter.changed").count() == 3
    assert FrontCheck.objects.count() == 2


@pytest.mark.parametrize(
    ("check", "field"),
    [
        ({"kind": "moon"}, "checks.2.kind"),
        ({"kind": "in_list", "thing_id": "01939a5e-0000-7000-8000-000000000000"}, "checks.2.thing_id"),
        ({"kind": "tag"}, "checks.2.thing_id"),
        ({"kind": "language", "value": "xx"}, "checks.2.value"),
        ({"kind": "hours", "value": "never"}, "checks.2.value"),
        ({"kind": "keyword", "words": []}, "checks.2.words"),
        ({"kind": "keyword", "words": ["!"]}, "checks.2.words"),
        ({"kind": "hours", "value": "open", "way": {"outcome": "queue"}}, "checks.2.way.queue_id"),
        ({"kind": "hours", "value": "open", "way": {"outcome": "answer", "reply": " "}}, "checks.2.way.reply"),
        ({"kind": "hours", "value": "open", "way": {"outcome": "answer", "reply": "x" * 481}}, "checks.2.way.reply"),
        ({"kind": "hours", "value": "open", "way": {"outcome": "bot"}}, "checks.2.way.outcome"),
        ({"kind": "hours", "value": "open", "way": {"priority": 101}}, "checks.2.way.priority"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_filter_is_told_at_its_check_and_nothing_is_stored(
    boss: Browser, cast: Cast, check: dict[str, Any], field: str
) -> None:
    answer = boss.put(f"/api/admin/lines/{cast.line_3334.id}/filter", a_filter(cast, **check))
    assert (answer.status, list(answer.data["error"]["fields"])) == (422, [field])
    assert not FrontCheck.objects.exists()


def test_what_a_filter_asks_for_cannot_be_deleted_under_it(boss: Browser, cast: Cast) -> None:
    list_id = boss.post("/api/admin/lists", {"name": "Partenaires"}).data["id"]
    tag_id = boss.post("/api/admin/tags", {"name": "VIP"}).data["id"]
    attribute = boss.post(
        "/api/admin/attributes", {"name": "Offre", "key": "offre", "type": "choice", "choices": ["Or"]}
    )
    address = f"/api/admin/lines/{cast.line_3334.id}/filter"
    for kind, thing, path in (
        ("in_list", list_id, "lists"), ("tag", tag_id, "tags"), ("attribute", attribute.data["id"], "attributes"),
    ):  # fmt: skip
        check = {"kind": kind, "thing_id": thing, "value": "Or"}
        assert boss.put(address, a_filter(cast, **check)).status == 200
        refused = boss.call("DELETE", f"/api/admin/{path}/{thing}")
        assert (refused.status, refused.code) == (409, "in_use"), path


def test_an_attribute_has_its_type_for_ever_and_a_person_its_values(boss: Browser, cast: Cast) -> None:
    cast.person()
    assert boss.post("/api/admin/attributes", {"name": "Points", "key": "Points !", "type": "number"}).status == 422
    made = boss.post("/api/admin/attributes", {"name": "Points", "key": "points", "type": "number"}).data
    edited = boss.patch(f"/api/admin/attributes/{made['id']}", {"name": "Mes points", "type": "text"}).data
    assert (edited["name"], edited["type"]) == ("Mes points", "number")
    wrong = boss.put("/api/admin/person", {"number": SUBSCRIBER, "values": {"points": "beaucoup"}})
    assert (wrong.status, wrong.code) == (422, "attribute_value")
    known = boss.put("/api/admin/person", {"number": "97000001", "values": {"points": "1 200,50"}}).data
    assert (known["is_known"], known["values"]) == (True, {"points": "1200.5"})
    assert boss.put("/api/admin/person", {"number": SUBSCRIBER, "values": {"points": None}}).data["values"] == {}
    assert boss.put("/api/admin/person", {"number": "+2290199999999", "values": {}}).code == "no_contact"
    assert boss.get("/api/admin/person?number=0199999999").data["is_known"] is False
