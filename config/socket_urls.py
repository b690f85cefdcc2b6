"""Addresses of websockets. (Not `routing`: here that word means who answers a conversation.)"""

from __future__ import annotations

from django.urls import path

from realtime.consumer import DeskConsumer

websocket_urlpatterns = [path("ws/desk", DeskConsumer.as_asgi())]
