"""The supervisors' desk."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from ninja import Router

from accounts.permissions import May, caller
from common.schemas import schema_of
from supervision.live import Live, live

router = Router(tags=["supervision"])
LiveSchema: Any = schema_of(Live)


@router.get("/live", auth=May("supervision.live"), response=LiveSchema)
def read_live(request: HttpRequest) -> HttpResponse:
    return HttpResponse(orjson.dumps(live(caller(request).organisation_id)), content_type="application/json")
