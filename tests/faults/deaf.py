"""A way to the desk on which answers can be lost: the server has done its work, the browser never hears of it."""

from __future__ import annotations

import socket
import socketserver
import threading
from typing import Self
from urllib.parse import urlsplit

ANSWER_S = 5.0  # how long the server's answer is awaited before the browser is cut off


class Deaf:
    """Forwards to `target`. `deaf`: the request goes through whole, the answer is read and thrown away."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 80)
        self.deaf = False
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                outer.carry(self.request)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def carry(self, browser: socket.socket) -> None:
        with socket.create_connection(self._target) as server:
            upward = threading.Thread(target=self._up, args=(browser, server), daemon=True)
            upward.start()
            server.settimeout(ANSWER_S if self.deaf else None)
            try:
                while octets := server.recv(65536):
                    if self.deaf:  # it has begun to answer: the deed is done
                        return
                    browser.sendall(octets)
            except OSError:
                return

    @staticmethod
    def _up(browser: socket.socket, server: socket.socket) -> None:
        try:
            while octets := browser.recv(65536):
                server.sendall(octets)
            server.shutdown(socket.SHUT_WR)
        except OSError:
            return
