"""Look-ups at a REST service: what is found, and how it may fail."""

from __future__ import annotations

import json
import socket
import time

import pytest

from bots.lookups import destinations, guarded
from bots.lookups.models import Source
from bots.turn import Found
from common.errors import Invalid
from common.secrets import seal
from tests.lookups.billing import NUMBER, OTHER
from tests.lookups.conftest import OWN_NUMBER, defined
from tests.lookups.test_look_up_sql import HOSTILE, SLOT

ROWS = [{"name": "amount", "path": "amount.value"}, {"name": "open", "path": "amount.open"},
        {"name": "since", "path": "amount.since"}, {"name": "gone", "path": "no.thing"}]  # fmt: skip


@pytest.mark.needs("MCE-024", part="REST")
def test_the_balance_comes_from_the_service(rest, ask, service):
    defined(rest, path="/accounts/{number}")
    assert ask() == Found("found", ({"balance": "1250.50"},))
    assert service.asked[0][:2] == ("GET", "/accounts/%2B2290197000001")
    assert ask(number=OTHER) == Found("none"), "404: nobody there"


def test_rows_stand_where_the_look_up_says(rest, ask):
    defined(rest, path="/accounts/{number}", rows_at="data.rows", columns=ROWS, most_rows=2)
    assert ask().rows == (
        {"amount": "1250.5", "open": "true", "since": "", "gone": ""},
        {"amount": "1251.5", "open": "true", "since": "", "gone": ""},
    )
    defined(rest, name="one", path="/accounts/{number}", columns=[{"name": "a", "path": "data.rows.1.amount.value"}])
    assert ask("one").rows == ({"a": "1251.5"},)
    defined(rest, name="nowhere", path="/accounts/{number}", rows_at="data.nothing")
    assert ask("nowhere") == Found("none")
    defined(rest, name="no_list", path="/accounts/{number}", rows_at="balance")
    assert ask("no_list") == Found("failed")


def test_a_body_carries_values_as_json(rest, ask, service):
    count = {"name": "count", "origin": "slot", "form": "integer", "slot": "count"}
    defined(
        rest, method="POST", path="/search", parameters=[OWN_NUMBER, count, SLOT], rows_at="got",
        body='{"who": "{number}", "most": "{count}", "say": "ref {reference}", "kind": ["x"]}',
        columns=[{"name": name, "path": name} for name in ("who", "most", "say")],
    )  # fmt: skip
    assert ask(count="3", reference='", "who": "me').rows == ({"who": NUMBER, "most": "3", "say": 'ref ", "who": "me'},)
    sent = json.loads(service.asked[0][3])
    assert sent == {"who": NUMBER, "most": 3, "say": 'ref ", "who": "me', "kind": ["x"]}


def test_hostile_values_stay_where_they_are_put(rest, ask, service):
    known = [OWN_NUMBER, SLOT]
    columns = [{"name": name, "path": name} for name in ("n", "q")]
    defined(rest, path="/query?n={number}&q={reference}", parameters=known, columns=columns)
    defined(rest, name="path", path="/accounts/{number}/{reference}", parameters=known)
    for value in [*HOSTILE, "a&n=" + OTHER, "a#b", "a?b", "a/b", "%2e%2e", "a\r\nX-Key: b", "http://169.254.169.254/"]:
        said = " ".join(value.split())
        (row,) = ask(reference=value).rows
        assert row["n"] == NUMBER and row["q"][:20] == "".join(c if c.isprintable() else " " for c in row["q"])[:20]
        ask("path", reference=value)
        method, path, headers, _ = service.asked[-1]
        assert method == "GET" and path.startswith("/accounts/%2B2290197000001/"), value
        assert path.count("/") == 3 and "X-Key" not in headers and "?" not in path and said
    before = len(service.asked)
    for value in ("..", ".", " .. ", "．．"):
        assert ask("path", reference=value) == Found("none")
    assert len(service.asked) == before, "a step upwards was asked for"


@pytest.mark.parametrize(
    ("auth", "header"),
    [({"auth": "bearer"}, ("Authorization", "Bearer baobab")),
     ({"auth": "header", "auth_name": "X-Api-Key"}, ("X-Api-Key", "baobab")),
     ({"auth": "basic", "user": "palabre"}, ("Authorization", "Basic cGFsYWJyZTpiYW9iYWI="))],
)  # fmt: skip
def test_it_proves_itself_as_the_service_asks(rest, ask, service, auth, header):
    Source.objects.filter(id=rest.id).update(settings={"url": service.url, **auth}, secret=seal("baobab"))
    defined(rest, path="/accounts/{number}")
    assert ask().outcome == "found"
    assert service.asked[0][2][header[0]] == header[1]


FAILURES = {
    "/slow?n={number}": ("timeout", "timeout"), "/drip?n={number}": ("timeout", "timeout"),
    "/status/500?n={number}": ("failed", "status"), "/status/401?n={number}": ("failed", "password"),
    "/status/418?n={number}": ("failed", "rejected"), "/to-metadata?n={number}": ("failed", "redirect"),
    "/to-itself?n={number}": ("failed", "redirect"), "/huge?n={number}": ("failed", "too_large"),
    "/endless?n={number}": ("failed", "too_large"), "/words?n={number}": ("failed", "no_json"),
    "/odd-rows?n={number}": ("failed", "shape"), "/cut?n={number}": ("failed", "cut"),
}  # fmt: skip


@pytest.mark.parametrize("path", FAILURES)
def test_a_service_that_fails_is_told_in_time_and_in_one_word(rest, ask, service, caplog, path):
    outcome, kind = FAILURES[path]
    defined(rest, path=path, time_ms=600, rows_at="rows" if "odd" in path else "")
    began = time.monotonic()
    with caplog.at_level("INFO"):
        assert ask() == Found(outcome)
    assert time.monotonic() - began < 1.5
    assert f"({kind})" in caplog.text
    assert len(service.asked) == 1, "nothing is asked twice, and nobody is followed"


REFUSED = [
    "169.254.169.254", "[fd00:ec2::254]", "[fe80::1]", "100.100.100.200", "0.0.0.0", "224.0.0.1", "127.0.0.1",
    "localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:169.254.169.254]", "2130706433", "0x7f.1", "127.1",
    "[64:ff9b::a9fe:a9fe]", "255.255.255.255",
]  # fmt: skip


@pytest.mark.parametrize("host", REFUSED)
def test_the_clouds_own_services_and_this_machine_are_not_asked(rest, ask, service, settings, caplog, host):
    settings.LOOKUP_LOOPBACK_PORTS = []
    Source.objects.filter(id=rest.id).update(settings={"url": f"http://{host}:{service.port}"})
    defined(rest, path="/accounts/{number}")
    with caplog.at_level("INFO"):
        assert ask() == Found("failed")
    assert "(forbidden)" in caplog.text or "(unreached)" in caplog.text
    assert service.asked == []


def test_a_name_is_resolved_once_and_that_address_is_connected_to(rest, ask, service, monkeypatch):
    """A name that answers something harmless to the check and this machine to the connection."""
    answers = iter([[("127.0.0.1", service.port)], [("169.254.169.254", 80)]])
    real = socket.getaddrinfo

    def resolve(host, port, *given, **named):
        if host != "billing.test":
            return real(host, port, *given, **named)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", one) for one in next(answers)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    Source.objects.filter(id=rest.id).update(settings={"url": f"http://billing.test:{service.port}"})
    defined(rest, path="/accounts/{number}")
    assert ask().outcome == "found"
    assert service.asked[0][2]["Host"] == f"billing.test:{service.port}"
    assert ask() == Found("failed"), "by now the name leads to the cloud's own"
    assert len(service.asked) == 1


def test_one_forbidden_address_among_several_is_enough(monkeypatch, settings):
    settings.LOOKUP_NETWORKS = []
    assert destinations.may_reach("10.1.2.3", 443) and destinations.may_reach("8.8.8.8", 443)
    assert not destinations.may_reach("169.254.1.1", 443)


def test_only_the_networks_that_are_named_may_be_reached(settings):
    from config import env

    settings.LOOKUP_NETWORKS = [env.network("LOOKUP_NETWORKS", "10.20.0.0/16")]
    assert destinations.may_reach("10.20.3.4", 5432)
    assert not destinations.may_reach("10.21.3.4", 5432) and not destinations.may_reach("8.8.8.8", 443)
    with pytest.raises(env.SettingError):
        env.network("LOOKUP_NETWORKS", "10.20.0.1/16")


BAD = [
    {"path": "accounts/{number}"}, {"path": "/accounts/../{number}"}, {"path": "/a b/{number}"}, {"path": "/{other}"},
    {"path": "/accounts#{number}"}, {"path": "/accounts"}, {"path": "/{number}/%2e%2e/x"}, {"path": "/{{number}}"},
    {"path": "/{number}", "body": "{}", "method": "GET"}, {"method": "POST", "path": "/{number}", "body": "[1"},
    {"method": "POST", "path": "/{number}", "body": '{"a": "{other}"}'}, {"method": "PUT", "path": "/{number}"},
    {"path": "/{number}", "rows_at": "a..b"}, {"path": "/{number}", "rows_at": "__class__()"},
    {"path": "/{number}", "columns": []},
    {"path": "/{number}", "columns": [{"name": "A", "path": "a"}]},
    {"path": "/{number}", "columns": [{"name": "a", "path": "$.a[?(@.b)]"}]},
]  # fmt: skip


@pytest.mark.parametrize("given", BAD)
def test_a_request_that_could_be_read_otherwise_is_not_saved(given):
    from bots.lookups.rest_text import check

    whole = {"method": "GET", "body": "", "rows_at": "", "columns": [{"name": "a", "path": "a"}], **given}
    with pytest.raises(Invalid):
        check(known=["number"], **whole)


def test_after_five_failures_it_is_left_alone_and_then_tried_again(rest, ask, service, caplog):
    from bots.remote.breaker import Breaker

    clock = [0.0]
    defined(rest, path="/status/500?n={number}")
    defined(rest, name="well", path="/accounts/{number}")
    guarded._guarded[rest.id] = guarded.Guarded(rest, Breaker(clock=lambda: clock[0]), clock=lambda: clock[0])
    for _ in range(5):
        ask()
    assert len(service.asked) == 5
    with caplog.at_level("INFO"):
        assert ask("well") == Found("failed")
    assert "(open)" in caplog.text and len(service.asked) == 5
    clock[0] = 31.0
    assert ask("well").outcome == "found"
    assert guarded.of(rest).facts().state == "answering"


def test_answers_are_kept_for_as_long_as_the_look_up_says_and_for_nobody_else(rest, ask, service, monkeypatch):
    from bots.lookups import making
    from bots.lookups.kept import Kept

    clock = [0.0]
    monkeypatch.setattr(making, "kept", Kept(clock=lambda: clock[0]))
    found = defined(rest, path="/accounts/{number}", cached_s=60)
    assert ask() == ask() == ask()
    assert len(service.asked) == 1
    assert ask(number=OTHER) == Found("none") and len(service.asked) == 2
    assert ask(number=OTHER) == Found("none") and len(service.asked) == 2
    clock[0] = 61.0
    ask()
    assert len(service.asked) == 3
    type(found).objects.update(revision=2)
    ask()
    assert len(service.asked) == 4, "what was changed is asked anew"


def test_what_is_kept_is_bounded():
    from bots.lookups.kept import Kept

    kept = Kept(3)
    for n in range(10):
        kept.keep(bytes([n]), (), 60)
    assert [n for n in range(10) if kept.find(bytes([n])) is not None] == [7, 8, 9]


def test_what_is_switched_off_or_unknown_is_not_asked(rest, ask, service, cast):
    found = defined(rest, path="/accounts/{number}")
    assert ask("nothing") == Found("failed")
    type(found).objects.update(is_enabled=False)
    assert ask() == Found("refused")
    type(found).objects.update(is_enabled=True)
    Source.objects.update(is_enabled=False)
    assert ask() == Found("refused")
    assert service.asked == []


def test_anothers_look_up_is_no_look_up(rest, service):
    from bots import lookups
    from bots.turn import LookUp
    from common.ids import uuid7
    from tests.realtime.world import make_world

    defined(rest, path="/accounts/{number}")
    stranger = make_world("other").organisation
    found = lookups.make(organisation_id=stranger.id, conversation_id=uuid7(), number=NUMBER, look_up=LookUp("balance"))
    assert found == Found("failed") and service.asked == []
