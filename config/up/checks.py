"""What READY promises, asked as a stranger would ask it. Each answers "" or what is missing, in words."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

SIGNED_OUT = 4401  # the socket's own close code: it was accepted, and told us to sign in


def page_answers(url: str, seconds: float = 3) -> str:
    parts = urlsplit(url)
    link = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=seconds)
    try:
        link.request("GET", parts.path or "/", headers={"Accept": "text/html"})
        answer = link.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return "the page does not answer yet"
    finally:
        link.close()
    return "" if answer.status == 200 else f"the page answers {answer.status}"


def socket_accepted(address: str, path: str = "/ws/desk", seconds: float = 3) -> str:
    """A websocket handshake that completes, or a refusal for want of a session: both prove the way is open."""
    from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
    from websockets.sync.client import connect

    try:
        with connect(
            "ws" + address.removeprefix("http") + path,
            additional_headers={"Origin": address},
            open_timeout=seconds,
            close_timeout=seconds,
            proxy=None,
        ):
            return ""
    except ConnectionClosed as closed:
        return "" if closed.rcvd and closed.rcvd.code == SIGNED_OUT else "the socket is closed at once"
    except InvalidStatus as refused:
        return "" if refused.response.status_code == 403 else f"the socket answers {refused.response.status_code}"
    except (OSError, WebSocketException):
        return "no socket is accepted yet"
