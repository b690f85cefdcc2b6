"""Sources and look-ups as an administrator makes, changes and tries them."""

from __future__ import annotations

import pytest

from accounts.models import Audit, Role
from bots.lookups.models import Definition, Source
from common.secrets import unseal
from tests.browser import Browser, someone
from tests.lookups.billing import CLERK, NUMBER, WORD
from tests.lookups.conftest import OWN_NUMBER, defined

A_SLOT = {"name": "a", "origin": "slot", "form": "text", "slot": "a"}


@pytest.fixture
def admin(cast):
    return Browser(someone(cast, Role.ADMINISTRATOR))


def a_source(billing, **other):
    return {"name": "Facturation", "kind": "sql", "settings": billing.settings(), "secret": WORD, **other}


def a_look_up(source, **other):
    return {
        "name": "balance", "source_id": str(source.id), "parameters": [OWN_NUMBER],
        "query": "select balance from account where msisdn = {number}", **other,
    }  # fmt: skip


@pytest.mark.needs("MCE-024", part="configured in the web")
def test_a_source_and_a_look_up_are_made_tried_and_asked(cast, admin, billing, ask, settings):
    settings.LOOKUP_LOOPBACK_PORTS = [str(billing.port)]
    made = admin.post("/api/admin/lookup-sources", a_source(billing))
    assert made.status == 201, made.raw
    source = Source.objects.get()
    assert admin.post(f"/api/admin/lookup-sources/{source.id}/test", {}).data["result"] == "ok"
    look_up = admin.post("/api/admin/lookups", a_look_up(source))
    assert look_up.status == 201, look_up.raw
    tried = admin.post(f"/api/admin/lookups/{look_up.data['id']}/try", {"number": "01 97 00 00 01"}).data
    assert (tried["outcome"], tried["why"], tried["rows"]) == ("found", "", [{"balance": "1250.50"}])
    assert ask().rows == ({"balance": "1250.50"},)
    changed = admin.patch(
        f"/api/admin/lookups/{look_up.data['id']}", {"query": "select currency from account where msisdn = {number}"}
    )
    assert changed.status == 200 and ask().rows == ({"currency": "XOF"},)
    admin.patch(f"/api/admin/lookups/{look_up.data['id']}", {"is_enabled": False})
    assert ask().outcome == "refused"


def test_a_secret_is_written_and_never_shown(cast, admin, billing):
    made = admin.post("/api/admin/lookup-sources", a_source(billing))
    source = Source.objects.get()
    assert unseal(source.secret) == WORD and WORD.encode() not in bytes(source.secret)
    shown = [
        made,
        admin.get("/api/admin/lookups"),
        admin.patch(f"/api/admin/lookup-sources/{source.id}", {"name": "B"}),
    ]
    assert all(WORD not in one.raw.decode() for one in shown) and shown[1].data["sources"][0]["has_secret"]
    assert WORD not in str(list(Audit.objects.values_list("changes", flat=True)))


@pytest.mark.parametrize("change", [{"host": "evil.example"}, {"port": 1}, {"user": "other"}, {"sslmode": "disable"}])
def test_a_secret_does_not_go_to_another_place_by_itself(admin, billing, sql, change):
    address = f"/api/admin/lookup-sources/{sql.id}"
    refused = admin.patch(address, {"settings": change})
    assert (refused.status, refused.code) == (422, "lookup_secret_again")
    assert admin.patch(address, {"settings": change, "secret": "new"}).status == 200
    assert admin.patch(address, {"settings": {"database": "other"}}).status == 200, "the same place"


@pytest.mark.parametrize(
    ("change", "field"),
    [({"settings": {"host": "/var/run"}}, "settings.host"), ({"settings": {"host": "a,b"}}, "settings.host"),
     ({"settings": {"host": "x", "port": 0, "database": "d", "user": "u"}}, "settings.port"),
     ({"settings": {"host": "x", "database": "d", "user": "u", "options": "-c a=b"}}, "settings"),
     ({"settings": {"host": "x", "database": "d", "user": "u", "sslmode": "maybe"}}, "settings.sslmode"),
     ({"settings": {"host": "x", "database": "d", "user": "u", "authority": "no pem"}}, "settings.authority"),
     ({"kind": "oracle"}, "kind"), ({"secret": ""}, "secret"), ({"secret": "a\r\nX: b"}, "secret"),
     ({"name": " "}, "name"),
     ({"connect_ms": 5000}, "connect_ms"), ({"kind": "rest", "settings": {"url": "ftp://x"}}, "settings.url"),
     ({"kind": "rest", "settings": {"url": "https://a:b@x"}}, "settings.url"),
     ({"kind": "rest", "settings": {"url": "https://x/../y"}}, "settings.url"),
     ({"kind": "rest", "settings": {"url": "https://x", "auth": "header", "auth_name": "Host"}}, "settings.auth_name"),
     ({"kind": "rest", "settings": {"url": "https://x", "auth": "basic"}}, "settings.user")],
)  # fmt: skip
def test_a_source_that_cannot_be_is_refused_at_its_field(admin, billing, change, field):
    refused = admin.post("/api/admin/lookup-sources", {**a_source(billing), **change})
    assert refused.status == 422 and field in refused.data["error"]["fields"], refused.raw
    assert not Source.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [({"name": "Solde"}, "name"), ({"query": "delete from account where msisdn = {number}"}, "query"),
     ({"query": "select 1"}, "query"), ({"parameters": [{**OWN_NUMBER, "form": "text"}]}, "parameters.0.form"),
     ({"parameters": [OWN_NUMBER, OWN_NUMBER]}, "parameters.1.name"),
     ({"parameters": [{"name": "a", "origin": "slot", "form": "text", "slot": "a b"}]}, "parameters.0.slot"),
     ({"parameters": [{"name": "a", "origin": "session", "form": "text"}]}, "parameters.0.origin"),
     ({"most_rows": 21}, "most_rows"), ({"time_ms": 2001}, "time_ms"), ({"cached_s": 301}, "cached_s"),
     ({"is_sensitive": True, "cached_s": 5}, "cached_s"),
     ({"is_sensitive": True, "query": "select {a}", "parameters": [A_SLOT]}, "is_sensitive")],
)  # fmt: skip
def test_a_look_up_that_cannot_be_is_refused_at_its_field(admin, sql, change, field):
    refused = admin.post("/api/admin/lookups", {**a_look_up(sql), **change})
    assert refused.status == 422 and field in refused.data["error"]["fields"], refused.raw
    assert not Definition.objects.exists()


def test_a_source_that_may_write_is_told_of(admin, sql, billing):
    Source.objects.filter(id=sql.id).update(settings=billing.settings(user=CLERK))
    said = admin.post(f"/api/admin/lookup-sources/{sql.id}/test", {}).data
    assert said["result"] == "ok" and said["may_write"] >= 1


@pytest.mark.parametrize(
    ("change", "result"),
    [({"user": "nobody"}, "password"), ({"port": 1}, "forbidden"), ({"sslmode": "require"}, "tls"),
     ({"database": "nothing"}, "database"), ({"host": "169.254.169.254"}, "forbidden")],
)  # fmt: skip
def test_what_is_wrong_with_a_source_is_said_in_one_word(admin, sql, billing, change, result):
    Source.objects.filter(id=sql.id).update(settings=billing.settings(**change))
    assert admin.post(f"/api/admin/lookup-sources/{sql.id}/test", {}).data["result"] == result


@pytest.mark.parametrize(
    ("path", "result"), [("", "ok"), ("/status/500", "ok"), ("/status/401", "password"), ("/slow", "timeout")]
)
def test_a_service_is_tried_at_its_own_address(admin, rest, service, path, result):
    Source.objects.filter(id=rest.id).update(settings={"url": f"{service.url}{path}"})
    if path == "/status/500":
        result = "status"
    assert admin.post(f"/api/admin/lookup-sources/{rest.id}/test", {}).data["result"] == result


def test_what_went_wrong_with_a_look_up_is_said_with_where(admin, sql):
    one = defined(sql, "select nothing from account where msisdn = {number}")
    said = admin.post(f"/api/admin/lookups/{one.id}/try", {"number": NUMBER}).data
    assert (said["outcome"], said["why"]) == ("failed", "query") and 'column "nothing" does not exist' in said["hint"]
    assert admin.post(f"/api/admin/lookups/{one.id}/try", {"number": "ada"}).code == "not_a_number"


def test_who_tried_which_number_is_written_down_without_the_number(admin, rest):
    one = defined(rest, path="/accounts/{number}", is_sensitive=True)
    assert admin.post(f"/api/admin/lookups/{one.id}/try", {"number": NUMBER}).data["outcome"] == "found"
    line = Audit.objects.get(action="lookup.tried")
    assert line.changes == {"number": [None, "••••01"]} and line.object_id == one.id


def test_anothers_sources_and_look_ups_are_none(cast, rest, billing):
    from tests.realtime.world import make_world

    one = defined(rest, path="/accounts/{number}")
    world = make_world("other")
    stranger = Browser(someone(world, Role.ADMINISTRATOR))
    assert stranger.get("/api/admin/lookups").data == {"items": [], "sources": []}
    for address in (f"lookups/{one.id}/try", f"lookup-sources/{rest.id}/test"):
        assert stranger.post(f"/api/admin/{address}", {"number": NUMBER} if "try" in address else {}).status == 404
    assert stranger.post("/api/admin/lookups", a_look_up(rest)).status == 404


def test_only_administrators_may(cast, rest):
    for role in (Role.AGENT, Role.SUPERVISOR, Role.OBSERVER):
        assert Browser(someone(cast, role)).get("/api/admin/lookups").status == 403
