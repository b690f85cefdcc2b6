"""`palabre web`: serve pages, API and sockets, by Daphne, or by uvicorn where WEB_SERVER says so.

Limits: 16 KiB for a message from a browser, whole or in pieces (the socket then closes with 1009); ours to the
browser may be larger. What a request may be, in bytes and in time: config/http_limits.py.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

LARGEST_IN = 16 * 1024
LARGEST_OUT = 8 * 1024 * 1024
HANDSHAKE_S = 10
IDLE_PING_S = 20
PING_ANSWER_S = 20
HTTP_S = 60
HOST = "127.0.0.1"


def main(host: str = "", port: int = 0) -> None:
    """Serve until SIGTERM or SIGINT. Marks "web" ready once it listens, and clears the mark when it ends."""
    from common.readiness import clear_ready

    clear_ready("web")
    _install_reactor()
    from django.conf import settings

    from config.asgi import application, settle_memory  # loads Django: settings can be read from here on

    host, port = host or os.environ.get("WEB_HOST", HOST), port or settings.WEB_PORT
    _load_addresses()
    _open_webhooks()
    serve = _uvicorn if settings.WEB_SERVER == "uvicorn" else _daphne
    try:
        serve(application, host, port, settle_memory)
    finally:
        clear_ready("web")
        _close_webhooks()


def _install_reactor() -> None:
    """Daphne takes the reactor that is there: asyncio's on uvloop, as in the other processes. Before Django is loaded,
    which loads Daphne."""
    import uvloop
    from twisted.internet import asyncioreactor

    asyncioreactor.install(uvloop.new_event_loop())


def _load_addresses() -> None:
    """Django loads them for the first request: then everybody who comes back after a restart would wait for it."""
    from django.urls import get_resolver

    assert get_resolver().url_patterns


def _open_webhooks() -> None:
    """What providers told an earlier process is stored also when none of them calls."""
    from config import webhooks

    webhooks.start()


def _close_webhooks() -> None:
    from config import webhooks

    webhooks.stop()


def _ready(port: int) -> None:
    from common.readiness import mark_ready

    mark_ready("web", port=port)


# What nginx says of the browser, believed only where BEHIND_PROXY says that nginx is there.
_PROXY = {
    "proxy_forwarded_address_header": "X-Forwarded-For",
    "proxy_forwarded_port_header": "X-Forwarded-Port",
    "proxy_forwarded_proto_header": "X-Forwarded-Proto",
}


def _daphne(application: Any, host: str, port: int, loaded: Callable[[], None]) -> None:
    import daphne.server
    from daphne.ws_protocol import WebSocketProtocol
    from django.conf import settings
    from twisted.internet import defer, reactor

    from realtime.flow import EXTENSION, Flow
    from realtime.hub import stop_hub

    class Protocol(WebSocketProtocol):
        def onConnect(self, request: Any) -> Any:
            self.flow = Flow(self.write_text)
            return super().onConnect(request)

        def onOpen(self) -> None:
            self.failByDrop = False  # say why before closing
            # Daphne's send never waits. The transport tells us when it holds 64 KiB that the browser does not read;
            # the HTTP channel that it told until now would have stopped reading instead.
            self.transport.unregisterProducer()
            self.transport.registerProducer(self.flow, True)
            super().onOpen()

        def onClose(self, wasClean: bool, code: int, reason: str) -> None:
            if hasattr(self, "server"):  # else the handshake was none, and Daphne has never heard of it
                super().onClose(wasClean, code, reason)

        def write_text(self, head: bytes, rest: memoryview) -> None:
            """One text message, given in two pieces (realtime.flow): at once, or behind what waits.

            Through Channels, Daphne and autobahn it would be the same octets for some ten times the CPU.
            """
            transport, size = self.transport, len(head) + len(rest)
            if self.state != self.STATE_OPEN or transport is None or not transport.connected:
                return
            if size < 126:
                start = bytes((0x81, size))
            elif size < 65536:
                start = b"\x81\x7e" + size.to_bytes(2, "big")
            else:
                start = b"\x81\x7f" + size.to_bytes(8, "big")
            octets = b"".join((start, head, rest))
            if not (transport.dataBuffer or transport._tempDataBuffer or transport.disconnecting):
                done = transport.writeSomeData(octets)
                if isinstance(done, int) and done > 0:  # else the reactor finds out what is the matter
                    octets = octets[done:]
            if octets:
                transport.write(octets)

        def onMessageFrameBegin(self, length: int) -> None:
            # The limit of autobahn for whole messages binds what we send, too, so this one is ours.
            super().onMessageFrameBegin(length)
            if not self.failedByMe and self.message_data_total_length > LARGEST_IN:
                self._max_message_size_exceeded(self.message_data_total_length, LARGEST_IN, "message too big")

        def serverClose(self, code: int | None = None) -> None:
            self.transport.unregisterProducer()  # a paused producer would keep the connection from ending
            self.sendCloseFrame(code=1000 if code is None else code)  # autobahn's own sendClose refuses 1009

    class Server(daphne.server.Server):
        failed = False

        def listen_success(self, listening: Any) -> None:
            super().listen_success(listening)
            _ready(port)

        def listen_error(self, failure: Any) -> None:
            self.failed = True
            super().listen_error(failure)

        def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
            if scope["type"] == "websocket":
                scope["extensions"] = {EXTENSION: protocol.flow}
            return super().create_application(protocol, scope)

        def kill_all_applications(self) -> Any:
            pending = [
                task
                for details in self.connections.values()
                if (task := details.get("application_instance")) is not None and not task.done()
            ]
            for task in pending:
                task.cancel()

            async def finish() -> None:
                if pending:
                    await asyncio.wait(pending, timeout=3)
                await asyncio.wait_for(stop_hub(), 2)

            done = defer.Deferred.fromFuture(asyncio.ensure_future(finish()))
            done.addErrback(lambda _: None)
            return done

    from config import http_limits  # it needs the reactor that daphne chooses

    http_limits.log_as_everywhere()
    daphne.server.HTTPFactory = http_limits.Factory
    daphne.server.WebSocketFactory.protocol = Protocol
    server = Server(
        application=application,
        endpoints=[f"tcp:port={port}:interface={host.replace(':', chr(92) + ':')}"],
        signal_handlers=True,
        http_timeout=HTTP_S,
        ping_interval=IDLE_PING_S,
        ping_timeout=PING_ANSWER_S,
        websocket_timeout=-1,  # a desk stays open all day; Daphne would close it after one
        websocket_handshake_timeout=HANDSHAKE_S,
        websocket_max_message_size=LARGEST_OUT,
        websocket_max_frame_size=LARGEST_IN,
        application_close_timeout=5,
        server_name="",
        **_PROXY if settings.BEHIND_PROXY else {},
        verbosity=1,
    )
    loaded()
    server.run()
    assert not reactor.running
    if server.failed:
        raise SystemExit(f"cannot listen on {host}:{port}")


def _uvicorn(application: Any, host: str, port: int, loaded: Callable[[], None]) -> None:
    import uvicorn
    from django.conf import settings

    from realtime.hub import stop_hub

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            if self.started:
                _ready(port)

        async def shutdown(self, sockets: Any = None) -> None:
            await super().shutdown(sockets)
            await stop_hub()

    loaded()
    Server(
        uvicorn.Config(
            application,
            host=host,
            port=port,
            lifespan="off",
            ws_max_size=LARGEST_IN,
            ws_per_message_deflate=False,
            ws_ping_interval=IDLE_PING_S,
            ws_ping_timeout=PING_ANSWER_S,
            server_header=False,
            proxy_headers=settings.BEHIND_PROXY,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=5,
        )
    ).run()


if __name__ == "__main__":
    main()
