"""`/webhooks/<link>/<kind>`: where providers call us. No session and no token of ours: the provider's own proof.

What is said is on disk before the answer goes (conversations/webhooks.py), in the thread of the request; it is stored
by a thread of this process with a loop of its own, which a slow screen cannot hold up.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from conversations.adapters import RECEIPTS, TEXTS, WebhookRefused, WebhookRequest
from conversations.links import adapters_that_are_called, webhooks_of
from conversations.webhooks import Door

log = logging.getLogger(__name__)

LARGEST = 64 * 1024  # bytes: ten times what any provider posts

STOP_S = 3.0

_starting = threading.Lock()
_stopping = threading.Event()
_door: Door | None = None
_thread: threading.Thread | None = None


def start() -> Door:
    """The door of this process; the first call opens it. What an earlier process left on disk is stored now."""
    global _door, _thread  # noqa: PLW0603
    with _starting:
        if _door is None:
            _door = Door(
                dsn=settings.DATABASE_URL,
                redis_url=settings.REDIS_URL,
                place=Path(settings.WEBHOOK_SPOOL),
                kinds=adapters_that_are_called,
            )
            _thread = threading.Thread(target=_run, args=[_door], name="webhooks", daemon=True)
            _thread.start()
        return _door


def stop() -> None:
    """Store no more: what is on disk is the next process's."""
    _stopping.set()
    if _door is not None and _thread is not None:
        _door.stop()
        _thread.join(STOP_S)


def _run(door: Door) -> None:
    while not _stopping.is_set():
        try:
            asyncio.run(door.run())
        except asyncio.CancelledError:
            log.info("webhooks are stored no more")  # `stop`; whoever else ends it wants it to begin again
        except Exception:
            if _stopping.is_set() or not threading.main_thread().is_alive():
                return  # an interpreter that ends takes no more work
            log.exception("webhooks are not stored; it begins again")
        _stopping.wait(1.0)


@csrf_exempt  # a provider has no page of ours; what it posts is believed for its signature alone
def receive(request: HttpRequest, link_id: UUID, kind: str) -> HttpResponse:
    try:
        said = _read(request, link_id, kind)
        heard = start().receive(link_id, said)
    except WebhookRefused as refusal:
        if refusal.status == 403:
            log.warning("a webhook of link %s is refused: %s", link_id, refusal.code)
        answer = JsonResponse({"error": {"code": refusal.code, "message": str(refusal)}}, status=refusal.status)
        if refusal.status == 503:
            answer["Retry-After"] = "5"
        if refusal.status == 405:
            answer["Allow"] = "POST"
        return answer
    return HttpResponse(heard.answer, content_type=heard.content_type)


def _read(request: HttpRequest, link_id: UUID, kind: str) -> WebhookRequest:
    """Raises WebhookRefused."""
    if kind not in (TEXTS, RECEIPTS):
        raise WebhookRefused(404, "no_such_kind", f"the address ends in /{TEXTS} or /{RECEIPTS}")
    try:
        length = int(request.headers.get("Content-Length") or 0)
        if length > LARGEST:
            raise RequestDataTooBig
        body = request.body
        if len(body) > LARGEST:
            raise RequestDataTooBig
    except RequestDataTooBig:
        raise WebhookRefused(413, "too_large", f"at most {LARGEST} bytes") from None
    except (UnreadablePostError, ValueError):
        raise WebhookRefused(400, "unreadable", "the request ends in its middle") from None
    query = request.META.get("QUERY_STRING", "")
    url = f"{webhooks_of(link_id)}/{kind}" + (f"?{query}" if query else "")
    headers = {name.lower(): value for name, value in request.headers.items()}
    return WebhookRequest(kind, request.method or "", url, headers, body)
