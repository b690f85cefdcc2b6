"""Addresses and queries of any bytes, over a real socket to a real web process."""

from __future__ import annotations

import base64
import json

from tests.cast import Cast
from tests.input.raw import Caller

PATHS = [
    b"/api/\xff\xfe", b"/api/%ff%fe", b"/api/conversations/%00", b"/api/%c0%ae%c0%ae/", b"/%2e%2e/%2e%2e/etc/passwd",
    b"/api/../../etc/passwd", b"/static/app/../../../config/settings.py", b"/static/%2e%2e/%2e%2e/config/settings.py",
    b"//evil.example/", b"/api//session", b"/api/session/", b"http://evil.example/api/session", b"*", b"?",
    b"/" + b"a" * 15_000, b"/api/conversations/%0d%0aX-Injected:%20yes", b"/sign-in%0d%0aSet-Cookie:%20a=b",
    b"/c/%E2%80%AE", b"/api/%", b"/api/%0a", b"/admin/%1b[31m",
]  # fmt: skip

NUL_ID = "00000000-0000-0000-0000-000000000000"
QUERIES = [
    b"q=\xff", b"q=%ff", b"q=%00", b"q=%ed%a0%80", b"q=" + b"a" * 10_000, b"q=%25%25%5f%5c", b"view=mine&view=all",
    b"view[]=mine", b"_connector=OR", b"_negated=1", b"status__in=open", b"owner__password__startswith=a",
    b"order_by=owner__password", b"sort=-password", b"fields=secret", b"limit=0", b"limit=-1", b"limit=1e9",
    b"limit=99999999999999999999", b"limit=", b"offset=-1", b"line=%27%20or%201=1", b"line=x", b"after=x",
    b"after=" + b"A" * 8000, b"after=bnVsbA", b"after=WzEsMiwzXQ", b"&" * 5000,
    b"&".join(b"a%d=1" % number for number in range(2000)), b"%", b"=", b"\\u0000", b"q={{7*7}}", b"q=%2B%2B%2B",
]  # fmt: skip
# Places in a list that we never wrote, but that look like ours.
FORGED: list[object] = [
    [None, "0001-01-01T00:00:00+23:59", NUL_ID], ["9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59-23:59", NUL_ID],
    [None, "2026-01-01T00:00:00", NUL_ID], [None, "2026-01-01T00:00:00Z", "x"], [None, None, None], [[], {}, 1], {}, 7,
    ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", 10**40], [None, "2026-W01-1T00:00:00Z", NUL_ID], "\ud800",
]  # fmt: skip


def test_a_path_of_any_bytes_is_found_or_is_not(caller: Caller) -> None:
    for path in PATHS:
        heard = caller.ask("GET", path)
        assert heard.status in (200, 301, 302, 400, 401, 404, 414, 503), (path, heard)
        assert b"root:" not in heard.body and b"SECRET_KEY" not in heard.body, path
        assert "x-injected" not in heard.headers and "a=b" not in heard.headers.get("set-cookie", ""), path
        assert "evil.example" not in heard.headers.get("location", ""), path


def test_a_query_of_any_bytes_is_answered(caller: Caller) -> None:
    forged = [b"after=" + base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in FORGED]
    for query in [*QUERIES, *forged]:
        for view in (b"all", b"queue"):
            heard = caller.ask("GET", b"/api/conversations?view=" + view + b"&" + query)
            assert heard.status in (200, 400, 403, 414, 422), (query, heard)
            assert heard.status not in (200, 422) or heard.data, query


def test_keys_that_would_steer_a_query_steer_nothing(cast: Cast, caller: Caller) -> None:
    cast.queued(sender="+2290197000001")
    cast.owned_by(cast.awa, sender="+2290197000002")
    plain = caller.ask("GET", "/api/conversations?view=mine").data["items"]
    steered = caller.ask("GET", "/api/conversations?view=mine&_connector=OR&status__in=queued&order_by=id").data[
        "items"
    ]
    assert plain == steered == []


def test_a_strange_place_in_the_events_is_a_fresh_start(caller: Caller) -> None:
    for after in [
        b"-1",
        b"%00",
        b"9" * 5000,
        b"1.5",
        b"abc",
        b"99999999",
        b"%D9%A3%D9%A3",
        b"-9223372036854775809",
        b"",
    ]:
        heard = caller.ask("GET", b"/api/events?epoch=1&after=" + after)
        assert (heard.status, heard.data) == (200, {"reset": True}), after
