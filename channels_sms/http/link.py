"""The adapter of an aggregator over HTTP: what the gateway holds and calls (conversations.adapters.LinkAdapter)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from channels_sms.calling import CallingLink, Unwell
from channels_sms.http import settings as http_settings
from channels_sms.http import templates
from channels_sms.http.settings import WHOLE_BODY, HttpSettings
from conversations.adapters import (
    RECEIPTS,
    DeliveryError,
    Heard,
    LinkConfig,
    OutboundPart,
    SubmitRefused,
    SubmitUnknown,
    WebhookRequest,
)

if TYPE_CHECKING:
    import httpx

_LARGEST_ANSWER = 64 * 1024
_CONNECT_S = 5.0


class HttpLink(CallingLink):
    """One account with one aggregator. There is nothing to look at before a text: it is well until a call fails."""

    _client: httpx.AsyncClient | None = None

    @staticmethod
    def check(settings: Mapping[str, Any], secret: str) -> None:
        http_settings.read(settings, secret)

    @staticmethod
    def hear(request: WebhookRequest, config: LinkConfig) -> Heard:
        from channels_sms.http import webhooks

        return webhooks.hear(request, config)

    async def call(self, part: OutboundPart) -> tuple[str, ...]:
        import httpx

        settings = http_settings.read(self._config.settings, self._config.secret)
        try:
            status, body = await self._ask(settings, part)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise Unwell(f"the aggregator cannot be reached: {type(error).__name__}") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SubmitUnknown(f"the call broke: {type(error).__name__}") from None
        return _ids(settings, part, status, body)

    async def close(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()

    async def _ask(self, settings: HttpSettings, part: OutboundPart) -> tuple[int, bytes]:
        import httpx

        if self._client is None:
            self._client = httpx.AsyncClient(
                follow_redirects=False,  # a redirect would be told what people write
                trust_env=False,
                limits=httpx.Limits(max_connections=None),
            )
        values = {
            "to": part.destination,
            "to_digits": part.destination.lstrip("+"),
            "from": part.source,
            "from_digits": part.source.lstrip("+"),
            "text": part.text,
            "id": str(part.message_id),
            "parts": str(part.weight),
            "encoding": part.encoding,
            "receipts_url": f"{self._config.webhooks}/{RECEIPTS}",
        }
        headers, parameters, auth = {}, {}, None
        url, body = templates.fill_url(settings.url, values), b""
        if settings.body == "form":
            body = templates.fill_form(settings.template, values)
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
        elif settings.body == "json":
            body = templates.fill_json(settings.template, values)
            headers["Content-Type"] = "application/json"
        if settings.auth == "basic":
            auth = httpx.BasicAuth(settings.user, settings.key_out)
        elif settings.auth == "bearer":
            headers["Authorization"] = f"Bearer {settings.key_out}"
        elif settings.auth == "header":
            headers[settings.auth_name] = settings.key_out
        elif settings.auth == "query":
            parameters[settings.auth_name] = settings.key_out
        elif settings.auth == "field":
            body += templates.fill_form(f"&{settings.auth_name}={{text}}", {"text": settings.key_out})
        request = self._client.build_request(
            settings.method,
            httpx.URL(url).copy_merge_params(parameters) if parameters else url,
            headers=headers,
            content=body or None,
            timeout=httpx.Timeout(settings.response_timeout_s, connect=_CONNECT_S),
        )
        answer = await self._client.send(request, auth=auth or httpx.USE_CLIENT_DEFAULT, stream=True)
        try:
            octets = b""
            async for chunk in answer.aiter_bytes():
                octets += chunk
                if len(octets) > _LARGEST_ANSWER:
                    break
            return answer.status_code, octets[:_LARGEST_ANSWER]
        finally:
            await answer.aclose()


def _ids(settings: HttpSettings, part: OutboundPart, status: int, body: bytes) -> tuple[str, ...]:
    """The provider's id. Raises Unwell, DeliveryError."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    path, wanted = settings.answer_ok
    error = templates.look_up(said, settings.answer_error) if settings.answer_error else ""
    well = 200 <= status < 300 and (not path or templates.look_up(said, path) in wanted)
    if not well:
        raise _fault(settings, status, error)
    if not settings.answer_id:
        return (str(part.message_id),)
    if settings.answer_id == WHOLE_BODY:
        found = body.decode("utf-8", "replace").strip()
    else:
        found = templates.look_up(said, settings.answer_id)
    if not found:
        raise SubmitUnknown("its answer names no id")
    return (found[:200],)


def _fault(settings: HttpSettings, status: int, error: str) -> DeliveryError | Unwell:
    spelled = (error or f"http {status}")[:16]
    words = f"the aggregator said {error[:80]}" if error else f"the aggregator answered {status}"
    if status == 429 or error in settings.throttled_errors:
        return SubmitRefused(status, words, permanent=False, throttled=True, spelled=spelled)
    if error in settings.permanent_errors:
        return SubmitRefused(status, words, permanent=True, spelled=spelled)
    if 200 <= status < 300 or status in (408, 503):  # it said no in words that the link's settings do not know
        return SubmitRefused(status, words, permanent=False, spelled=spelled)
    if status >= 500:
        return SubmitUnknown(words)
    if status in (400, 422):
        return SubmitRefused(status, words, permanent=True, spelled=spelled)
    return Unwell(words, state="failed")
