"""The web process as production runs it, asked over real connections."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from config.settings import ROOT
from config.up.status import healthy
from tests.gates.production import PRODUCTION
from tests.realtime.conftest import Web, web_process
from tests.realtime.world import World, in_thread, make_world, sign_in

OURS = "https://palabre.example"


@pytest.fixture(scope="module")
def web(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    given = {**PRODUCTION, "PUBLIC_URL": OURS, "ALLOWED_HOSTS": "palabre.example,127.0.0.1"}
    del given["DATABASE_URL"], given["REDIS_URL"]
    with django_db_blocker.unblock(), web_process(tmp_path_factory.mktemp("web"), quiet=False, **given) as found:
        yield found


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


def say(web: Web, request: str) -> str:
    """The whole raw answer to a raw request."""
    with socket.create_connection(("127.0.0.1", web.port), timeout=10) as line:
        line.sendall(request.replace("\n", "\r\n").encode("latin-1"))
        heard = b""
        while piece := line.recv(65536):
            heard += piece
    return heard.decode("latin-1")


def head(answer: str) -> dict[str, str]:
    lines = answer.partition("\r\n\r\n")[0].split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


# With its neighbours: test_transport.py (settings), test_certificates.py (PostgreSQL, Redis), test_tls.py (operators).
@pytest.mark.needs("RFP-012", "RFP-095")
def test_plain_http_is_sent_away_and_the_proxys_https_is_answered(web: Web) -> None:
    plain = say(web, "GET /api/session HTTP/1.1\nHost: palabre.example\nConnection: close\n\n")
    assert plain.startswith("HTTP/1.1 301") and head(plain)["location"] == f"{OURS}/api/session"
    ours = "Host: palabre.example\nX-Forwarded-Proto: https\nConnection: close\n\n"
    answer = head(say(web, f"GET /api/session HTTP/1.1\n{ours}"))
    assert answer["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert "__Host-csrftoken" in answer["set-cookie"] and "Secure" in answer["set-cookie"]
    assert not answer.get("server"), "names what it runs on"
    trace = say(web, f"TRACE /api/session HTTP/1.1\nX-Mirror: mirrored\n{ours}")
    assert trace.startswith("HTTP/1.1 405") and "mirrored" not in trace
    assert say(web, f"GET http://evil.example/ HTTP/1.1\n{ours}").startswith("HTTP/1.1 ")
    evil = say(web, "GET / HTTP/1.1\nHost: evil.example\nX-Forwarded-Proto: https\nConnection: close\n\n")
    assert evil.startswith("HTTP/1.1 400") and "evil" not in evil


def test_a_containers_health_check_asks_over_plain_http_and_is_answered(web: Web, tmp_path: Path) -> None:
    """The proxy waits for it: were it sent to https like a browser, nothing would ever be served."""
    assert healthy(tmp_path, "web", web_port=web.port) == 0


async def opened(web: Web, session: str, **headers: str) -> int:
    """101, or the status with which the handshake was refused."""
    given = {"Cookie": f"__Host-session={session}", **headers}
    try:
        async with connect(
            f"ws://127.0.0.1:{web.port}/ws/desk", origin=given.pop("Origin", OURS), additional_headers=given, proxy=None
        ):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


@pytest.mark.needs("RFP-012", part="browser")
async def test_a_socket_opens_over_encrypted_ways_from_our_own_page_only(web: Web, world: World) -> None:
    session = await in_thread(sign_in, world.people["afi"])
    https = {"X-Forwarded-Proto": "https"}
    assert await opened(web, session, **https) == 101
    assert await opened(web, session) == 403, "not encrypted"
    assert await opened(web, session, **{"X-Forwarded-Proto": "http"}) == 403
    assert await opened(web, session, **{"X-Forwarded-Proto": "http, https"}) == 403, "a client added its own"
    for origin in ("http://palabre.example", "https://palabre.example.evil", "http://127.0.0.1:8000", "null"):
        assert await opened(web, session, Origin=origin, **https) == 403, origin


def said_by_the_proxy(place: str) -> dict[str, str]:
    """The headers that deploy/nginx.conf sets on a browser's request for `place`. As nginx has it, a location that sets
    one header inherits none from the server around it."""
    said = re.sub(r"#.*", "", (ROOT / "deploy" / "nginx.conf").read_text()).split("listen 443")[1]
    locations = dict(re.findall(r"location (\S+) \{(.*?)\}", said, re.DOTALL))
    outside = re.sub(r"location \S+ \{.*?\}", "", said, flags=re.DOTALL)
    found = [re.findall(r"proxy_set_header (\S+) (\S+);", where) for where in (locations[place], outside)]
    known = {"$host": "palabre.example", "$remote_addr": "203.0.113.7", "$scheme": "https"}
    return {name: known.get(value, value) for name, value in found[0] or found[1]}


@pytest.mark.needs("RFP-095")
async def test_what_the_proxy_says_of_a_request_is_enough_for_pages_and_for_sockets(web: Web, world: World) -> None:
    page = "".join(f"{name}: {value}\n" for name, value in said_by_the_proxy("/").items() if name != "Connection")
    assert say(web, f"GET /api/session HTTP/1.1\n{page}Connection: close\n\n").startswith("HTTP/1.1 401")
    for place in ("/_allauth/", "/ws/"):
        assert said_by_the_proxy("/").items() - {("Connection", '""')} <= said_by_the_proxy(place).items(), place
    session = await in_thread(sign_in, world.people["afi"])
    given = {name: value for name, value in said_by_the_proxy("/ws/").items() if name.startswith("X-")}
    assert await opened(web, session, **given) == 101
