"""The adapter of an aggregator over HTTP: what the gateway holds and calls (conversations.adapters.LinkAdapter)."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
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
_ACCOUNT = frozenset({401, 403, 404, 405})  # nothing is wrong with the text: our key, or the address
_UNSURE = frozenset({408, 409})  # from something in between, or of a text that it has already


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
            async with asyncio.timeout(settings.response_timeout_s + _CONNECT_S):  # an answer may come drop by drop
                status, body, wait_s = await self._ask(settings, part)
        except TimeoutError:
            raise SubmitUnknown("no answer in time", provider_ids=_ours(settings, part)) from None
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise Unwell(f"the aggregator cannot be reached: {type(error).__name__}") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            words = f"the call broke: {type(error).__name__}"
            raise SubmitUnknown(words, provider_ids=_ours(settings, part)) from None
        try:
            return _ids(settings, part, status, body)
        except SubmitRefused as refusal:
            refusal.wait_s = wait_s
            raise

    async def close(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()

    async def _ask(self, settings: HttpSettings, part: OutboundPart) -> tuple[int, bytes, float]:
        """Status, body (cut), and how long it asks to be left alone (Retry-After), in seconds."""
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
            return answer.status_code, octets[:_LARGEST_ANSWER], _retry_after(answer.headers.get("retry-after", ""))
        finally:
            await answer.aclose()


def _retry_after(value: str) -> float:
    """Seconds from a Retry-After: a number of them, or a time (RFC 9110, 10.2.3). 0: nothing that we can read."""
    if value.isascii() and value.isdecimal():
        return float(value[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0


def _ours(settings: HttpSettings, part: OutboundPart) -> tuple[str, ...]:
    """What its receipts name whether or not its answer came: our own id, where it gives none."""
    return () if settings.answer_id else (str(part.message_id),)


def _ids(settings: HttpSettings, part: OutboundPart, status: int, body: bytes) -> tuple[str, ...]:
    """The provider's id. Raises Unwell, DeliveryError."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    error = templates.look_up(said, settings.answer_error) if settings.answer_error else ""
    ours = _ours(settings, part)
    if not 200 <= status < 300:
        raise _fault(settings, status, error, ours)
    path, wanted = settings.answer_ok
    if path:
        word = templates.look_up(said, path)
        if word not in wanted:
            if not error and not word:  # it may have taken the text, and answered as nobody foresaw
                raise SubmitUnknown("its answer does not say whether it has taken the text", provider_ids=ours)
            raise _refusal(settings, status, error or word)
    elif error in settings.errors:
        raise _refusal(settings, status, error)
    if ours:
        return ours
    if settings.answer_id == WHOLE_BODY:
        found = body.decode("utf-8", "replace").strip()
    else:
        found = templates.look_up(said, settings.answer_id)
    if not found:
        raise SubmitUnknown("its answer names no id")
    return (found[:200],)


def _refusal(settings: HttpSettings, status: int, error: str) -> SubmitRefused:
    """It said no, so it has not taken the text: for good, unless the link's settings list the error otherwise."""
    listed = {error} if 200 <= status < 300 else {error, str(status)}
    throttled = status == 429 or not listed.isdisjoint(settings.throttled_errors)
    passing = throttled or not listed.isdisjoint(settings.passing_errors)
    words = f"the aggregator said {error[:80]}" if error else f"the aggregator answered {status}"
    spelled = (error or f"http {status}")[:16]
    return SubmitRefused(status, words, permanent=not passing, throttled=throttled, spelled=spelled)


def _fault(settings: HttpSettings, status: int, error: str, ours: tuple[str, ...]) -> DeliveryError | Unwell:
    if status == 429 or error in settings.errors or str(status) in settings.errors:
        return _refusal(settings, status, error)
    words = f"the aggregator answered {status}" + (f": {error[:80]}" if error else "")
    if status in _ACCOUNT:
        return Unwell(words, state="failed")
    if status in _UNSURE or not 400 <= status < 500:
        return SubmitUnknown(words, provider_ids=ours)
    return _refusal(settings, status, error)
