"""The supervisors' desk."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from accounts.permissions import May, caller
from common.schemas import as_json, schema_of
from supervision.live import Live, live
from supervision.traffic import Traffic, traffic

router = Router(tags=["supervision"])
LiveSchema: Any = schema_of(Live)
TrafficSchema: Any = schema_of(Traffic)


@router.get("/live", auth=May("supervision.live"), response=LiveSchema)
def read_live(request: HttpRequest) -> HttpResponse:
    return as_json(live(caller(request).organisation_id))


@router.get("/traffic", auth=May("supervision.live"), response=TrafficSchema)
def read_traffic(request: HttpRequest) -> HttpResponse:
    """Texts in and out by line and link, as of now."""
    return as_json(traffic(caller(request).organisation_id))
