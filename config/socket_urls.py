"""Addresses of websockets. (Not `routing`: here that word means who answers a conversation.)"""

from __future__ import annotations

from typing import Any, cast

from django.urls import path, re_path

from realtime.consumer import DeskConsumer


async def nothing_here(scope: Any, receive: Any, send: Any) -> None:
    """Any other address: refused with 403. Without this, each stranger's try would be an error of ours."""
    await receive()
    await send({"type": "websocket.close"})


websocket_urlpatterns = [path("ws/desk", DeskConsumer.as_asgi()), re_path(r"", cast("Any", nothing_here))]
