"""What a stranger names is fetched from public hosts only, whatever name he gives to a private one."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from common import fetching
from common.fetching import Gone, Refused, Unreached, fetch, is_public

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
    "2002:7f00:1::", "fe80::1%eth0",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_of_a_network_of_ours_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "54.172.60.0"])
def test_an_address_of_the_world_is(address):
    assert is_public(address)


@pytest.fixture
def host():
    """A web server of this machine, and what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, dict(self.headers)))
            if self.path.startswith("/status/"):
                self.send_response(int(self.path[8:]))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if self.path.startswith("/to/"):
                self.send_response(307)
                self.send_header("Location", self.path[4:])
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"x" * int(self.path[1:]))

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.asked = asked
    yield server
    server.shutdown()
    server.server_close()


def address(host, path, name="127.0.0.1"):
    return f"http://{name}:{host.server_port}{path}"


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "127.1"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_this_machine_is_not_asked_by_any_of_its_names(host, name, scheme):
    with pytest.raises((Refused, Unreached)):
        fetch(f"{scheme}://{name}:{host.server_port}/10", headers={}, largest=100, seconds=5)
    assert host.asked == []


def test_a_name_of_the_world_that_leads_to_a_private_address_is_refused_where_it_is_connected(host, monkeypatch):
    def resolve(_host, port, *_, **__):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(Refused, match="public"):
        fetch(f"https://media.example.org:{host.server_port}/10", headers={}, largest=100, seconds=5)
    assert host.asked == []


def test_the_emulator_is_asked_where_it_is_named_and_leads_nowhere_else(host):
    assert fetch(address(host, "/10"), headers={"X-Key": "1"}, largest=100, emulated=True) == b"x" * 10
    assert host.asked[0][1]["X-Key"] == "1"
    for elsewhere in ("http://127.0.0.1:9/1", "https://127.0.0.1:9/1", "http://10.0.0.1/", "file:///etc/passwd"):
        with pytest.raises(Refused):
            fetch(address(host, f"/to/{elsewhere}"), headers={"X-Key": "1"}, largest=100, emulated=True)


def test_it_leads_on_three_times_at_most(host):
    again = address(host, "/10")
    for _ in range(4):
        again = address(host, f"/to/{again}")
    with pytest.raises(Refused, match="on and on"):
        fetch(again, headers={}, largest=100, emulated=True)


@pytest.mark.parametrize(
    ("path", "error"),
    [("/status/404", Gone), ("/status/410", Gone), ("/status/401", Refused), ("/status/503", Unreached),
     ("/status/429", Unreached), ("/101", Refused)],
)  # fmt: skip
def test_what_is_not_had_is_refused_gone_or_asked_for_later(host, path, error):
    with pytest.raises(error):
        fetch(address(host, path), headers={}, largest=100, emulated=True)


def test_a_host_that_says_nothing_does_not_hold_us():
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unreached):
        fetch(f"http://127.0.0.1:{silent.getsockname()[1]}/", headers={}, largest=10, seconds=0.3, emulated=True)


@pytest.mark.parametrize(
    "url", ["", "nothing", "https://", "https://user:word@media.example.org/", "ftp://x/", "https://[::1"]
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ValueError):
        fetch(url, headers={}, largest=10)
    assert issubclass(fetching.Refused, ValueError)
