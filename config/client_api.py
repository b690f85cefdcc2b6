"""What clients' applications call: /api/v1, each call proved by a token of config/tokens_api.py (docs/api.md)."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Header, Router, Schema
from ninja.security import HttpBearer

from common.errors import NotFound
from common.schemas import as_json, schema_of
from config.error_texts import TEXTS
from conversations.api_tokens import token_for
from conversations.models import ApiToken
from conversations.sent_texts import TextView, text_of, text_view
from routing.new_texts import LONGEST_KEY, Kind, NewText, Sender, send_new_text

router = Router(tags=["applications"])
# Where a refusal says it in words of its own, which are not kept with a number.
_IN_ENGLISH = {"too_long": "This text is too long on this number's way."}

TextSchema: Any = schema_of(TextView)


class ByToken(HttpBearer):
    """`Authorization: Bearer palabre_...`. Without one that works: 401 "no_token"."""

    openapi_description = "A token of the administration (Administration, Applications)"

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        return token_for(token)


class LineToUse(Schema):
    id: UUID
    name: str
    address: str
    most_parts: int


class LinesToUse(Schema):
    items: list[LineToUse]


class TextsGiven(Schema):
    """`to`: at most 100 numbers, in any spelling; each once. `kind` "otp": leaves before everything but people's
    answers, which it leaves among."""

    line_id: UUID
    to: list[str]
    body: str
    kind: Kind = "service"


class TextsShown(Schema):
    """`repeated`: spellings of a number that stood there before; nothing is sent for them."""

    id: UUID
    items: list[TextSchema]
    repeated: list[str]


@router.get("/lines", auth=ByToken(), response=LinesToUse)
def list_lines(request: HttpRequest) -> dict[str, Any]:
    """The lines that this token may send from."""
    return {"items": _token(request).lines.filter(is_enabled=True).order_by("address")}


@router.post("/texts", auth=ByToken(), response={202: TextsShown})
def send_texts(
    request: HttpRequest,
    given: TextsGiven,
    idempotency_key: Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=LONGEST_KEY)],
) -> HttpResponse:
    """A new text to each number. The same key with the same body again gives the same texts, and sends nothing more."""
    token = _token(request)
    sent = send_new_text(
        sender=Sender(token.organisation_id, token.organisation.region, token=token),
        asked=NewText(given.line_id, given.to, given.body, idempotency_key, kind=given.kind),
    )
    answer = as_json(
        {
            "id": str(sent.sending.id),
            "items": [_worded(text_view(one)) for one in sent.recipients],
            "repeated": sent.repeated,
        }
    )
    answer.status_code = 202
    return answer


@router.get("/texts/{uuid:text_id}", auth=ByToken(), response=TextSchema)
def read_text(request: HttpRequest, text_id: UUID) -> HttpResponse:
    """What became of one text of this token, for 90 days."""
    token = _token(request)
    found = text_of(organisation_id=token.organisation_id, scope=f"token:{token.id}", text_id=text_id)
    if found is None:
        raise NotFound("no_text", "there is no such text")
    return as_json(_worded(found))


def _worded(text: TextView) -> TextView:
    """With the words of our own refusals; those of operators are there already (conversations/reasons.py)."""
    reason = text["reason"]
    if text["state"] == "refused" and reason is not None:
        french, english = TEXTS.get(reason["code"], ("", ""))
        reason["fr"], reason["en"] = french, english or _IN_ENGLISH.get(reason["code"], "")
    return text


def _token(request: HttpRequest) -> ApiToken:
    """Whom `ByToken` has let in."""
    token: ApiToken = request.auth  # type: ignore[attr-defined]  # ninja sets it
    return token
