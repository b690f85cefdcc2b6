"""The API: its routers, and what an error looks like.

{"error": {"code": "not_owner", "message": "...", "fields": {"<field>": "..."}?, "facts": {...}?}}

NotFound 404    NotAllowed 403    Locked 423    Conflict 409    Invalid 422    nobody signed in 401
the database away 503    anything else 500, with nothing of its cause
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.middleware.csrf import get_token
from django.utils.translation import get_language
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.renderers import BaseRenderer

from accounts.admin_api import router as people_router
from accounts.demo_api import router as demo_router
from accounts.hours_api import router as schedules_router
from accounts.models import Role, User
from accounts.security_admin_api import router as security_admin_router
from accounts.security_api import router as security_router
from accounts.security_api import welcome_router
from common.errors import Conflict, Invalid, Locked, NotAllowed, NotFound, PalabreError, TooMany
from common.text import storable
from config import field_texts
from config.administration import router as lines_router
from config.client_api import router as client_router
from config.description import FOR_APPLICATIONS, described, written
from config.doors import Undeclared
from config.error_texts import in_words
from config.filter_api import router as filter_router
from config.filter_api import watch_router as filter_watch_router
from config.handover_api import router as handover_router
from config.health.api import router as health_router
from config.hours_api import router as hours_router
from config.keywords_api import router as keywords_router
from config.learning_api import router as learning_router
from config.links_api import control_router, watch_router
from config.lists_api import router as lists_router
from config.lookups_api import router as lookups_router
from config.parser import OneMeaning, Unreadable
from config.paths_api import router as paths_router
from config.routing_api import router as routing_router
from config.tokens_api import router as tokens_router
from config.workflow_api import router as workflow_router
from config.workshop_api import router as workshop_router
from inbox.attachments_api import router as attachments_router
from inbox.bulk_api import router as bulk_router
from inbox.consent_api import router as consent_router
from inbox.conversations_api import router as conversations_router
from inbox.events_api import router as events_router
from inbox.knowledge_api import router as desk_knowledge_router
from inbox.new_texts_api import router as new_texts_router
from inbox.offers_api import router as offers_router
from inbox.people_api import router as people_of_the_desk_router
from inbox.search_api import router as search_router
from inbox.session_api import router as session_router
from inbox.snooze_api import router as snooze_router
from inbox.transfers_api import router as transfers_router
from inbox.views_api import router as views_router
from inbox.waits_api import router as waits_router
from knowledge.api import router as knowledge_router
from replies.api import router as replies_router
from replies.api import shared_router as shared_replies_router
from supervision.api import router as supervision_router
from supervision.history_api import router as history_router

log = logging.getLogger(__name__)


class JSONRenderer(BaseRenderer):
    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return orjson.dumps(data, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


api = NinjaAPI(
    title="Palabre", version="1", urls_namespace="api", docs_url=None, openapi_url=None, renderer=JSONRenderer(),
    auth=Undeclared(),
)  # fmt: skip
api.add_router("", session_router)
api.add_router("", security_router)
api.add_router("/welcome", welcome_router)
api.add_router("", conversations_router)
api.add_router("", attachments_router)
api.add_router("", offers_router)
api.add_router("", transfers_router)
api.add_router("", snooze_router)
api.add_router("", new_texts_router)
api.add_router("", consent_router)
api.add_router("", waits_router)
api.add_router("", views_router)
api.add_router("", bulk_router)
api.add_router("", desk_knowledge_router)
api.add_router("", replies_router)
api.add_router("", events_router)
api.add_router("", people_of_the_desk_router)
api.add_router("", search_router)
api.add_router("/supervision", supervision_router)
api.add_router("/history", history_router)
api.add_router("/admin", people_router)
api.add_router("/admin", security_admin_router)
api.add_router("/admin", lines_router)
api.add_router("/admin", schedules_router)
api.add_router("/admin", hours_router)
api.add_router("/admin", keywords_router)
api.add_router("/admin", control_router)
api.add_router("/admin", paths_router)
api.add_router("/admin", routing_router)
api.add_router("/admin", tokens_router)
api.add_router("/admin", lists_router)
api.add_router("/admin", filter_router)
api.add_router("/admin", workflow_router)
api.add_router("/admin", lookups_router)
api.add_router("/admin", knowledge_router)
api.add_router("/admin", shared_replies_router)
api.add_router("/admin", handover_router)
api.add_router("/admin", workshop_router)
api.add_router("/admin", learning_router)
api.add_router("/front-filter", filter_watch_router)
api.add_router("/links", watch_router)
api.add_router("/admin", health_router)
api.add_router("/demo", demo_router)
api.add_router("/v1", client_router)


def openapi() -> dict[str, Any]:
    return described(api)


@api.get("/openapi.json", auth=None, include_in_schema=False)
def read_openapi(request: HttpRequest) -> Any:
    """For administrators; in a demonstration, for everybody."""
    user = request.user
    if settings.MODE != "demo" and not (isinstance(user, User) and user.role == Role.ADMINISTRATOR):
        raise NotFound("no_page", "there is no such page")
    return HttpResponse(written(openapi()), content_type="application/json")


# --- Errors ------------------------------------------------------------------------------------------------

STATUSES: dict[type[PalabreError], int] = {
    NotFound: 404, NotAllowed: 403, Locked: 423, Conflict: 409, Invalid: 422, TooMany: 429,
}  # fmt: skip
MOST_FIELDS = 20  # told of at once


def refusal(
    request: HttpRequest, status: int, code: str, message: str, *, fields: dict[str, str] | None = None,
    facts: dict[str, Any] | None = None, **beside: Any,
) -> HttpResponse:  # fmt: skip
    error: dict[str, Any] = {"code": code, "message": message}
    if fields:
        error["fields"] = fields
    if facts:
        error["facts"] = {
            name: value if isinstance(value, (int, bool)) else storable(str(value)) for name, value in facts.items()
        }
    return api.create_response(request, {"error": error, **beside}, status=status)


def refused(request: HttpRequest, error: PalabreError) -> HttpResponse:
    status = next((status for kind, status in STATUSES.items() if isinstance(error, kind)), 400)
    if isinstance(error, Unreadable):
        status = error.status
    message = storable(in_words(error.code, get_language() or "fr", error.message, error.facts))
    name = storable(error.field) if isinstance(error, Invalid) else ""
    response = refusal(
        request, status, error.code, message, fields={name: message} if name else None, facts=error.facts
    )
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _unreadable(request: HttpRequest, error: ValidationError) -> HttpResponse:
    language = get_language() or "fr"
    # Of what was given only the names of fields are repeated, and those may be anything.
    fields = {
        storable(".".join(map(str, one["loc"][2:] or one["loc"][1:])))[:100]: field_texts.in_words(one, language)
        for one in error.errors[:MOST_FIELDS]
    }
    # The values themselves are not repeated: a password may be among them.
    return refusal(request, 422, "invalid", in_words("invalid", language, "invalid"), fields=fields)


def _signed_out(request: HttpRequest, _error: Exception) -> HttpResponse:
    if request.path.startswith(FOR_APPLICATIONS):
        answer = refusal(request, 401, "no_token", in_words("no_token", get_language() or "fr", "no token"))
        answer["WWW-Authenticate"] = "Bearer"
        return answer
    # What the sign-in screen needs: whether this is a demonstration, and a token (its cookie comes along).
    return refusal(
        request, 401, "signed_out", in_words("signed_out", get_language() or "fr", "signed out"),
        mode=settings.MODE, csrf=get_token(request),
    )  # fmt: skip


def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    if isinstance(error.__cause__, Unreadable):
        return refused(request, error.__cause__)
    codes = {400: "unreadable", 403: "csrf", 429: "too_many"}
    code = codes.get(error.status_code, f"http_{error.status_code}")
    return refusal(request, error.status_code, code, in_words(code, get_language() or "fr", error.message))


def _kind(status: int, code: str, request: HttpRequest, error: Exception) -> HttpResponse:
    if status >= 500:
        log.error("%s %s failed", request.method, request.path, exc_info=error)
    return refusal(request, status, code, in_words(code, get_language() or "fr", code))


def _contested(request: HttpRequest, error: IntegrityError) -> HttpResponse:
    """Two at once, and the database refused the second. A month without its partition is refused by it in the same way,
    and is nobody's conflict: the sweep makes it within seconds."""
    if "no partition of relation" in str(error):
        return _kind(503, "unavailable", request, error)
    return _kind(409, "conflict", request, error)


def _handle(kind: type[Exception], handler: Callable[[HttpRequest, Any], HttpResponse]) -> None:
    api.add_exception_handler(kind, handler)


api.parser = OneMeaning()
_handle(PalabreError, refused)
_handle(ValidationError, _unreadable)
_handle(AuthenticationError, _signed_out)
_handle(HttpError, _http)
_handle(Http404, partial(_kind, 404, "not_found"))
_handle(IntegrityError, _contested)
_handle(DataError, partial(_kind, 422, "invalid"))
_handle(SuspiciousOperation, partial(_kind, 400, "unreadable"))  # more parameters than any form has
_handle(RequestDataTooBig, partial(_kind, 413, "too_large"))
_handle(UnreadablePostError, partial(_kind, 400, "unreadable"))  # the caller left in the middle of it
_handle(OperationalError, partial(_kind, 503, "unavailable"))
_handle(InterfaceError, partial(_kind, 503, "unavailable"))
_handle(Exception, partial(_kind, 500, "failed"))


def unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    """The database is away or says nothing, wherever that was found."""
    return _kind(503, "unavailable", request, error)


def not_found(request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
    """Any other address under /api/."""
    return _kind(404, "not_found", request, Http404())
