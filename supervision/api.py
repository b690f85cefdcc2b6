"""The supervisors' desk."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from accounts.permissions import May, caller
from common.schemas import as_json, schema_of
from supervision.live import Live, live

router = Router(tags=["supervision"])
LiveSchema: Any = schema_of(Live)


@router.get("/live", auth=May("supervision.live"), response=LiveSchema)
def read_live(request: HttpRequest) -> HttpResponse:
    return as_json(live(caller(request).organisation_id))
