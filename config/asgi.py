"""The application that a web process serves: Django's pages and API, and the socket of the desk."""

from __future__ import annotations

import gc
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()  # loads the apps, which everything below needs

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import OriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402

from common.memory import settled  # noqa: E402
from config.socket_urls import websocket_urlpatterns  # noqa: E402


def allowed_origins() -> list[str]:
    """Pages that may open a socket, each named whole: ALLOWED_HOSTS would let in every port, and "*" everybody."""
    local = [] if settings.MODE == "production" else ["127.0.0.1", "localhost"]
    own = [f"http://{host}:{settings.WEB_PORT}" for host in local]
    return list(dict.fromkeys([*settings.CSRF_TRUSTED_ORIGINS, *own]))


class EncryptedOnly:
    """In production a socket that did not come over TLS is refused (403): Daphne itself knows nothing of schemes.

    Without a proxy that is known to be ours (BEHIND_PROXY) nothing that a request says of itself is believed.
    """

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if settings.MODE == "production" and not _encrypted(scope):
            await receive()  # the browser's "connect", which must be heard before it is refused
            await send({"type": "websocket.close"})
            return
        await self.inner(scope, receive, send)


def _encrypted(scope: Any) -> bool:
    said = [value for name, value in scope["headers"] if name == b"x-forwarded-proto"]
    return scope.get("scheme") == "wss" or (settings.BEHIND_PROXY and said == [b"https"])


application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": EncryptedOnly(OriginValidator(URLRouter(websocket_urlpatterns), allowed_origins())),
    }
)


def settle_memory() -> None:
    """Call when everything is loaded. Sockets and what they are sent live long, too: a look at all of them is rare."""
    settled()
    gc.set_threshold(100_000, 50, 100)
