"""Requests as no browser makes them, over a real socket to a real web process: refused early, in words, and cheaply."""

from __future__ import annotations

import gzip
import json
import threading
import time
from uuid import uuid4

import pytest

from conversations.models import Message
from tests.cast import Cast
from tests.input.raw import Caller, ask, request
from tests.realtime.conftest import Web

MB = 1_000_000
SESSION = "/api/session"


def code(heard) -> str:
    return heard.data["error"]["code"]


def alive(web: Web) -> bool:
    return ask(web, request("GET", "/health/live")).status == 200


@pytest.mark.needs("RFP-096")
def test_a_hundred_megabytes_are_refused_before_they_are_read(caller: Caller) -> None:
    """By their length when it is said, by their bytes when it is not; the process does not grow."""
    web, before = caller.web, caller.web.memory()
    told = request("PATCH", SESSION, headers=caller.headers(("Content-Length", str(100 * MB))))
    heard = ask(web, told)
    assert (heard.status, code(heard)) == (413, "too_large")
    assert heard.seconds < 3
    piece = b"x" * 65_536
    chunk = f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    untold = request("PATCH", SESSION, headers=caller.headers(("Transfer-Encoding", "chunked")))
    heard = ask(web, untold, *[chunk] * 1600)
    assert (heard.status, code(heard)) == (413, "too_large")
    heard = ask(web, told, *[piece] * 1600)  # and it sends them all the same
    assert heard.status == 413
    grown = (web.memory() - before) / MB
    print(f"grown by {grown:.1f} MB")
    assert grown < 20
    assert alive(web)


def test_a_length_that_is_none_is_refused(caller: Caller) -> None:
    for length in ["-1", "1x", "", "0x10", "9" * 5000, "18446744073709551616", "+5", "1, 1"]:
        heard = ask(caller.web, request("PATCH", SESSION, headers=caller.headers(("Content-Length", length))), b"{}")
        assert heard.status in (400, 413), heard
        assert alive(caller.web)


def test_json_has_one_meaning_or_none(caller: Caller) -> None:
    for body, expected in [
        (b"[" * 10_000, "unreadable"),
        (b"[" * 10_000 + b"]" * 10_000, "unreadable"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "unreadable"),
        (b'{"theme":' + b"[" * 40 + b"]" * 40 + b"}", "too_deep"),
        (b'{"theme":"dark","theme":"light"}', "duplicate_key"),
        (b'{"theme":{"a":1,"a":2}}', "duplicate_key"),
        (b'{"theme":NaN}', "number"),
        (b'{"theme":Infinity}', "number"),
        (b'{"theme":-Infinity}', "number"),
        (b'{"theme":1' + b"0" * 400 + b"}", "number"),
        (b'{"theme":1' + b"0" * 100_000 + b"}", "number"),
        (b'{"theme":1e999}', "number"),
        (b'{"theme":9223372036854775808}', "number"),
        (b'{"theme":"\xff"}', "unreadable"),
        (b'\xef\xbb\xbf{"theme":"dark"}', "unreadable"),
        ('{"theme":"dark"}'.encode("utf-16"), "unreadable"),
        (gzip.compress(b'{"theme":"dark"}'), "unreadable"),
        (b"{", "unreadable"),
        (b"theme=dark", "unreadable"),
        (b"{'theme':'dark'}", "unreadable"),
        (b"{} {}", "unreadable"),
        (b"\x00", "unreadable"),
        (b"[]", "invalid"),
        (b"null", "invalid"),
        (b"7", "invalid"),
        (b'"dark"', "invalid"),
    ]:
        heard = caller.ask("PATCH", SESSION, body)
        assert heard.status == (422 if expected == "invalid" else 400), (body[:40], heard)
        assert code(heard) == expected, body[:40]
        assert len(heard.body) < 1000, "a refusal does not repeat what it refuses"


def test_a_body_just_too_large_is_refused_in_words(caller: Caller) -> None:
    heard = caller.ask("PATCH", SESSION, json.dumps({"theme": "x" * MB}).encode())
    assert (heard.status, code(heard)) == (413, "too_large")


def test_a_body_that_is_no_json_by_its_name_is_refused(caller: Caller) -> None:
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "a/b"]:
        headers = [(name, kind if name == "Content-Type" else value) for name, value in caller.headers()]
        heard = ask(caller.web, request("PATCH", SESSION, body=b'{"theme":"dark"}', headers=headers))
        assert (heard.status, code(heard)) == (415, "content_type")


def test_a_method_is_the_one_that_was_asked(caller: Caller) -> None:
    for header in ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"]:
        heard = caller.ask("POST", SESSION, b'{"theme":"dark"}', (header, "PATCH"))
        assert heard.status == 405
        heard = caller.ask("GET", f"{SESSION}?_method=PATCH", b"", (header, "DELETE"))
        assert heard.data["user"]["theme"] != "dark"


def test_strange_methods_get_nothing(caller: Caller) -> None:
    for method in ["TRACE", "CONNECT", "PROPFIND", "G\x00T", "X" * 5000]:
        heard = caller.ask(method, SESSION)
        assert heard.status in (400, 403, 405) and b"Ada" not in heard.body
        assert alive(caller.web)


HEADER_BOMBS = [
    [("X-A", "x")] * 10_000,
    [("X-A", "x" * MB)],
    [("X" * MB, "x")],
    [(f"X-{number}", "x" * 100) for number in range(490)],
    [("Cookie", "a=" + "b" * 15_000)] * 3,
]


def test_a_bomb_of_headers_is_refused_at_once(web: Web) -> None:
    before = web.memory()
    for headers in HEADER_BOMBS:
        heard = ask(web, request("GET", SESSION, headers=headers))
        assert heard.status in (0, 400) and heard.seconds < 5
    assert web.memory() - before < 10 * MB
    assert alive(web)


def test_many_equal_headers_cost_little(web: Web) -> None:
    heard = ask(web, request("GET", SESSION, headers=[("X-Forwarded-For", "1.1.1.1")] * 450))
    assert heard.status == 401 and heard.seconds < 5


def test_what_may_come_once_comes_once(caller: Caller) -> None:
    for twice in [("Content-Length", "3"), ("Content-Length", "16"), ("Transfer-Encoding", "chunked")]:
        headers = caller.headers(("Content-Length", "16"), twice)
        heard = ask(caller.web, request("PATCH", SESSION, body=b'{"theme":"dark"}', headers=headers))
        assert heard.status == 400, (twice, heard)


@pytest.mark.parametrize("value", [b"a\x0bb", b"a\x0cb", b"a\x1cb", b"a\x85b", b"a\x00b", b"a\x7fb", b"a\x1b[31m"])
def test_control_bytes_in_a_header_are_refused(web: Web, value: bytes) -> None:
    heard = ask(web, request("GET", SESSION, headers=[("X-Request-Id", value)]))
    assert heard.status == 400 and value not in heard.body


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:1@evil.example", "a b", "\x00", "", "[::1"])
def test_a_host_that_is_not_ours_gets_no_page(web: Web, host: str) -> None:
    heard = ask(web, request("GET", "/sign-in", host=host))
    assert heard.status == 400 and b"evil" not in heard.body


def test_a_cookie_of_any_bytes_is_nobody(web: Web) -> None:
    for cookie in (
        b'session="\\000\\000aaaaaaaaaa"', b"session=\xff\xff\xff\xff\xff\xff\xff\xff", b"session=" + b"a" * 8000,
        b"session=' or 1=1 --", b"session=../../../../etc/passwd", b"=;=;=" * 500, b'session="' + b"\\" * 4000,
    ):  # fmt: skip
        heard = ask(web, request("GET", SESSION, headers=[("Cookie", cookie)]))
        assert (heard.status, code(heard)) == (401, "signed_out"), cookie[:40]


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 9999, b"[]", b"7", b"null", b'{"email": 7, "password": []}', b'{"email":"a@b.c","password":"\\ud800"}',
        b'{"email":"\\ud800@b.c","password":"x"}', b'{"email":"a\\u0000@b.c","password":"x"}',
        b'{"email":"a@b.c","password":"\\u0000"}', b'{"email":"' + b"a" * 500_000 + b'@b.c","password":"x"}',
        b'{"email":"a@b.c","password":"' + b"x" * 900_000 + b'"}', b'{"email":"a@b.c","password":"x","password":"y"}',
        b'{"email":{"$ne":1},"password":{"$ne":1}}', b"\xff", b'{"email":"a@\xd0\xb5.c","password":NaN}',
    ],
)  # fmt: skip
def test_an_attempt_to_sign_in_of_any_shape_fails_in_words(web: Web, body: bytes) -> None:
    headers = [("Cookie", f"csrftoken={'t' * 32}"), ("X-CSRFToken", "t" * 32), ("Content-Type", "application/json")]
    heard = ask(web, request("POST", "/_allauth/browser/v1/auth/login", body=body, headers=headers))
    assert heard.status in (400, 429) and heard.seconds < 10, heard
    assert heard.body.startswith(b"{"), heard


@pytest.mark.needs("RFP-096")
def test_one_client_id_is_one_message_and_one_text(cast: Cast, caller: Caller, ada) -> None:
    """The same again is answered with the same; another text under it is refused; two at once have one effect."""
    conversation, client_id = cast.owned_by(ada), str(uuid4())
    path = f"/api/conversations/{conversation.id}/messages"

    def said(body: str) -> bytes:
        return json.dumps({"client_id": client_id, "body": body}).encode()

    results: list = []
    callers = [
        threading.Thread(target=lambda: results.append(caller.ask("POST", path, said("Bonjour")))) for _ in range(6)
    ]
    for one in callers:
        one.start()
    for one in callers:
        one.join(20)
    results.append(caller.ask("POST", path, said(" Bonjour\n")))  # as it is stored
    assert {heard.status for heard in results} == {200}
    assert len({heard.data["id"] for heard in results}) == 1
    other = caller.ask("POST", path, said("Autre chose"))
    assert (other.status, code(other)) == (422, "client_id_used")
    note = caller.ask("POST", path.replace("messages", "notes"), said("Bonjour"))
    assert (note.status, code(note)) == (422, "client_id_used")
    assert Message.objects.filter(conversation=conversation).values_list("body", flat=True).get() == "Bonjour"


def test_two_texts_under_one_client_id_at_once_are_one_and_a_refusal(cast: Cast, caller: Caller, ada) -> None:
    conversation = cast.owned_by(ada)
    for _ in range(5):
        client_id, results = str(uuid4()), []

        def send(body: str, client_id: str = client_id, results: list = results) -> None:
            raw = json.dumps({"client_id": client_id, "body": body}).encode()
            results.append(caller.ask("POST", f"/api/conversations/{conversation.id}/messages", raw).status)

        pair = [threading.Thread(target=send, args=(body,)) for body in ("un", "deux")]
        for one in pair:
            one.start()
        for one in pair:
            one.join(20)
        assert sorted(results) == [200, 422]
    assert Message.objects.filter(conversation=conversation).count() == 5


def test_headers_that_drip_are_cut_off(web: Web) -> None:
    """A byte every half second: without a limit for the whole, each would start the waiting anew."""
    began = time.monotonic()
    heard = ask(
        web,
        *[bytes([byte]) for byte in b"GET /api/session HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: " + b"x" * 40],
        pause=0.5,
    )
    assert heard.status == 408, heard
    assert time.monotonic() - began < 60


def test_two_hundred_slow_callers_keep_nobody_out(web: Web) -> None:
    import socket

    slow = [socket.create_connection(("127.0.0.1", web.port), timeout=5) for _ in range(200)]
    try:
        for one in slow:
            one.sendall(b"GET /api/session HTTP/1.1\r\nHost: 127")
        heard = ask(web, request("GET", "/health/live"))
        assert heard.status == 200 and heard.seconds < 5
    finally:
        for one in slow:
            one.close()
