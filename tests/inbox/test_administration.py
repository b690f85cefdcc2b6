"""Lines and links are made and changed by an administrator; secrets go in and never come out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import Audit, Role, User
from bots.engine import ENGINES
from common.clock import database_now
from common.secrets import unseal
from conversations.models import Line, Link, LinkState
from jobs.models import Lease
from realtime.models import Event
from tests.browser import Browser, someone
from tests.cast import Cast, make_cast

SECRET = "s3cr3tpw"
LINK = {
    "name": "Savane bis",
    "adapter": "sms.smpp",
    "settings": {"host": "127.0.0.1", "port": 2775, "system_id": "savane", "window": 10},
    "secret": SECRET,
}


@pytest.fixture
def desk(cast: Cast) -> Browser:
    return Browser(someone(cast, Role.ADMINISTRATOR, name="Fatou Zongo"))


def test_a_link_is_made_with_a_secret_that_nobody_reads_again(desk: Browser, cast: Cast) -> None:
    made = desk.post("/api/admin/links", LINK)
    assert made.status == 201
    assert made.data["has_secret"] is True
    assert made.data["live"] == {
        "state": "unbound", "bound": False, "since": None, "error": None, "queued": 0, "sent": 0, "throttled": 0,
    }  # fmt: skip
    link = Link.objects.get(id=made.data["id"])
    assert unseal(bytes(link.secret)) == SECRET
    changed = desk.patch(f"/api/admin/links/{link.id}", {"settings": {"window": 20}, "secret": "other-pw"})
    assert changed.data["settings"]["window"] == 20
    assert changed.data["settings"]["host"] == "127.0.0.1"
    listed = desk.get("/api/admin/links")
    audit = desk.get("/api/admin/audit")
    assert audit.data["items"][0]["changes"] == {"settings.window": [10, 20], "secret": ["set", "set"]}
    assert audit.data["items"][1]["changes"]["secret"] == [None, "set"]
    for shown in (made.raw, changed.raw, listed.raw, audit.raw, str(list(Audit.objects.values())).encode()):
        assert SECRET.encode() not in shown
        assert b"other-pw" not in shown
        assert b"gAAAA" not in shown  # nor its sealed form
    assert [e.data["kind"] for e in Event.objects.filter(type="settings.changed")] == ["link", "link"]


def test_an_empty_secret_keeps_the_one_that_is_there(desk: Browser) -> None:
    link_id = desk.post("/api/admin/links", LINK).data["id"]
    assert desk.patch(f"/api/admin/links/{link_id}", {"secret": "", "name": "Autre nom"}).data["has_secret"]
    assert unseal(bytes(Link.objects.get(id=link_id).secret)) == SECRET


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "Savane Mobile"}, "name"),
        ({"adapter": "carrier.pigeon"}, "adapter"),
        ({"settings": {"port": 2775, "system_id": "savane"}}, "settings.host"),
        ({"settings": {**LINK["settings"], "port": 99_999}}, "settings.port"),
        ({"settings": {**LINK["settings"], "port": "soon"}}, "settings.port"),
        ({"settings": {**LINK["settings"], "window": 0}}, "settings.window"),
        ({"settings": {**LINK["settings"], "bind": "both"}}, "settings.bind"),
        ({"settings": {**LINK["settings"], "password": "x"}}, "secret"),
        ({"settings": {**LINK["settings"], "system_type": "x" * 700}}, "settings.system_type"),
        ({"secret": "x" * 300}, "secret"),
    ],
)
def test_settings_that_cannot_work_are_named(desk: Browser, change: dict[str, Any], field: str) -> None:
    answer = desk.post("/api/admin/links", {**LINK, **change})
    assert answer.status == 422
    assert list(answer.data["error"]["fields"]) == [field]
    assert Link.objects.filter(name="Savane bis").count() == 0


def test_a_link_says_how_it_is_now_and_doubts_old_words(desk: Browser, cast: Cast) -> None:
    now = database_now()
    state = LinkState.objects.create(link=cast.north, state="bound", facts={"sent": 12, "throttled": 2})
    held = Lease.objects.create(name=f"link:{cast.north.id}", owner="g", epoch=1, expires_at=now + timedelta(hours=1))

    def live() -> dict[str, Any]:
        return next(one["live"] for one in desk.get("/api/admin/links").data["items"] if one["name"] == "Savane Mobile")

    assert live()["bound"] is True
    assert (live()["sent"], live()["throttled"]) == (12, 2)
    Lease.objects.filter(pk=held.pk).update(expires_at=now)
    assert (live()["state"], live()["bound"]) == ("unbound", False), "its gateway gave it back"
    Lease.objects.filter(pk=held.pk).update(expires_at=now + timedelta(hours=1))
    LinkState.objects.filter(pk=state.pk).update(updated_at=now - timedelta(seconds=30))
    assert (live()["state"], live()["bound"]) == ("unbound", False)
    assert live()["error"]
    desk.patch(f"/api/admin/links/{cast.north.id}", {"is_enabled": False, "settings": LINK["settings"]})
    assert live()["state"] == "disabled"


def test_the_gateway_hears_of_a_change_at_once(desk: Browser, cast: Cast, dsn: str) -> None:
    import psycopg

    with psycopg.connect(dsn, autocommit=True) as listener:
        listener.execute("listen palabre_links")
        desk.post("/api/admin/links", LINK)
        assert [notice.channel for notice in listener.notifies(timeout=10, stop_after=1)] == ["palabre_links"]


def test_a_line_stands_on_links_and_in_front_of_a_queue(desk: Browser, cast: Cast) -> None:
    new = {
        "name": "Accueil", "address": "4545", "bot": "telecom", "queue_id": str(cast.queue.id),
        "link_ids": [str(cast.south.id), str(cast.north.id)],
    }  # fmt: skip
    made = desk.post("/api/admin/lines", new)
    assert made.status == 201
    assert made.data["link_ids"] == new["link_ids"]
    line = Line.objects.get(id=made.data["id"])
    assert [link.name for link in line.links.order_by("linelink__priority")] == ["Atlantique Télécom", "Savane Mobile"]
    changed = desk.patch(f"/api/admin/lines/{line.id}", {"bot": "", "link_ids": [str(cast.north.id)]})
    assert (changed.data["bot"], changed.data["link_ids"]) == ("", [str(cast.north.id)])
    changes = desk.get("/api/admin/audit").data["items"][0]["changes"]
    assert changes["bot"] == ["telecom", ""]
    assert desk.get("/api/admin/lines").data["bots"] == ["insurance", "telecom"]
    assert desk.get("/api/admin/lines").data["engines"] == list(ENGINES)
    assert desk.patch(f"/api/admin/lines/{line.id}", {"bot_engine": "rasa"}).data["bot_engine"] == "rasa"
    assert desk.patch(f"/api/admin/lines/{line.id}", {"name": "Accueil 2"}).data["bot_engine"] == "rasa"
    assert desk.patch(f"/api/admin/lines/{line.id}", {"bot_engine": ""}).data["bot_engine"] == ""
    assert "4545" in desk.get("/api/session").raw.decode()


def test_a_line_names_only_what_is_there_and_ours(desk: Browser, cast: Cast) -> None:
    foreign = make_cast(name="Autre", slug="autre", domain="autre.example")
    for change, field in (
        ({"address": "3334"}, "address"),
        ({"address": ""}, "address"),
        ({"address": "a\u0000"}, "address"),
        ({"name": " "}, "name"),
        ({"bot": "../../etc"}, "bot"),
        ({"bot": "nobody"}, "bot"),
        ({"bot_engine": "oracle"}, "bot_engine"),
        ({"queue_id": str(foreign.queue.id)}, "queue_id"),
        ({"link_ids": [str(foreign.north.id)]}, "link_ids"),
        ({"team_ids": [str(foreign.queue.id)]}, "team_ids"),
        ({"language": "tlh"}, "language"),
    ):
        answer = desk.patch(f"/api/admin/lines/{cast.line_1919.id}", change)
        assert answer.status == 422, change
        assert list(answer.data["error"]["fields"]) == [field]
    assert not Audit.objects.exists()
    # Another organisation may have the same short code, on its own links.
    assert Line.objects.filter(address="1919").count() == 2


def test_history_cannot_be_rewritten_by_the_application(desk: Browser, cast: Cast, app_connection: Any) -> None:
    import psycopg

    desk.post("/api/admin/links", LINK)
    for statement in ("update accounts_audit set action = 'x'", "delete from accounts_audit"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app_connection.execute(statement)
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from accounts_audit")
        assert cursor.fetchone() == (1,)


def test_a_deed_and_its_line_of_audit_are_one(desk: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_given: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("accounts.audit.Audit.objects.create", fail)
    answer = desk.post("/api/admin/links", LINK)
    assert (answer.status, answer.code) == (500, "failed")
    assert b"disk" not in answer.raw
    assert not Link.objects.filter(name="Savane bis").exists()
    assert User.objects.filter(name="Fatou Zongo").exists()
