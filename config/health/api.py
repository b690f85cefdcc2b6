"""The health page of an administrator: the checks of his organisation and of the installation it stands on."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from django.http import HttpRequest, HttpResponse
from ninja import Router

from accounts.permissions import May, caller
from common.clock import database_now
from common.schemas import as_json, schema_of
from config.health import probes
from config.health.limits import LIMITS, CheckName, verdict
from config.health.views import shown
from conversations.rendering import iso

router = Router(tags=["administration"])


class CheckShown(TypedDict):
    """`value` null: it could not be measured. `warning` and `red`: from which value on it is one (null: never)."""

    check: CheckName
    level: Literal["ok", "warning", "red"]
    value: float | None
    unit: str
    of: str | None
    name: str | None
    words: str | None
    facts: dict[str, int | float | str | bool | None]
    warning: float | None
    red: float | None


class HealthShown(TypedDict):
    status: Literal["ok", "warning", "red"]
    at: str | None
    checks: list[CheckShown]


HealthSchema: Any = schema_of(HealthShown)


@router.get("/health", auth=May("health.read"), response=HealthSchema)
def read_health(request: HttpRequest) -> HttpResponse:
    found = probes.look(caller(request).organisation_id)
    checks = [{**shown(one), "warning": LIMITS[one.check].warning, "red": LIMITS[one.check].red} for one in found]
    return as_json({"status": str(verdict(found)), "at": iso(database_now()), "checks": checks})
