"""`/webhooks/<link>/media/<token>`: where a provider fetches what leaves with a text. The signed address is its key."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse

from common.ranges import answer_in_ranges
from conversations.attachments import sent_with, slice_of
from conversations.media_links import opened


def send(request: HttpRequest, link_id: UUID, token: str) -> HttpResponse:
    """404 for whatever the token does not open: no stranger learns whether there is anything."""
    if request.method not in ("GET", "HEAD"):
        answer: HttpResponse = JsonResponse({"error": {"code": "method", "message": "GET only"}}, status=405)
        answer["Allow"] = "GET, HEAD"
        return answer
    what = opened(token)
    found = sent_with(*what) if what is not None else None
    if found is None:
        return JsonResponse({"error": {"code": "no_attachment", "message": "there is nothing here"}}, status=404)
    answer = answer_in_ranges(
        request, content_type=found.content_type, length=found.octets, tag=str(found.id), read=partial(slice_of, found)
    )
    answer["Cache-Control"] = "private, no-store"
    return answer
