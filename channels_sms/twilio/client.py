"""The `twilio` package's client as the gateway uses it: its asynchronous transport, quiet, bounded, at our address."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import aiohttp
from twilio.base.exceptions import TwilioException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from channels_sms.calling import Unwell
from channels_sms.twilio import errors
from channels_sms.twilio.settings import API, TwilioSettings
from conversations.adapters import OutboundPart, SubmitUnknown
from conversations.attachments import WORDLESS

# The package would tell the log of each request: numbers of people, and what they are told.
_quiet = logging.getLogger("channels_sms.twilio.requests")
_quiet.setLevel(logging.CRITICAL)

_CONNECT_S = 5.0


class _Session:
    """What the package's transport asks of aiohttp, with times (it would wait for a connection for ever) and with the
    address of this link's API."""

    def __init__(self, api_url: str) -> None:
        self._api_url = api_url
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=20))

    async def request(self, **given: Any) -> aiohttp.ClientResponse:
        given["timeout"] = aiohttp.ClientTimeout(total=None, connect=_CONNECT_S, sock_connect=_CONNECT_S)
        if given["auth"] is not None:  # as aiohttp 4 will have it
            login, password, _ = given.pop("auth")
            given["headers"] = {**given["headers"], "Authorization": aiohttp.encode_basic_auth(login, password)}
        given["url"] = self._api_url + str(given["url"]).removeprefix(API)
        return await self._session.request(**given)

    async def close(self) -> None:
        await self._session.close()


class Rest:
    """One account. `send` and `look` raise Unwell or DeliveryError, never the package's own."""

    def __init__(self, settings: TwilioSettings, token: str) -> None:
        self._settings = settings
        self._transport = AsyncTwilioHttpClient(pool_connections=False, logger=_quiet)
        self._transport.session = _Session(settings.api_url)
        self._client = Client(settings.account_sid, token, http_client=self._transport)

    async def look(self) -> None:
        account = await self._asked(self._client.api.v2010.accounts(self._settings.account_sid).fetch_async())
        if account.status != "active":
            raise Unwell(f"the Twilio account is {account.status}", state="failed")

    async def send(self, part: OutboundPart, *, callback: str, media_urls: Sequence[str] = ()) -> str:
        """Returns the sid. `media_urls`: where Twilio is to fetch what leaves with the text."""
        settings = self._settings
        wanted: dict[str, Any] = {"body": part.text, "status_callback": callback}
        if part.media:
            wanted["media_url"] = list(media_urls)
            if part.text == WORDLESS:
                del wanted["body"]
        if settings.messaging_service_sid:
            wanted["messaging_service_sid"] = settings.messaging_service_sid
        if settings.validity_period_s:
            wanted["validity_period"] = settings.validity_period_s
        source, destination = addresses(part)
        message = await self._asked(self._client.messages.create_async(to=destination, from_=source, **wanted))
        if not isinstance(message.sid, str) or not message.sid:
            raise SubmitUnknown("Twilio's answer names no sid")
        return message.sid

    async def close(self) -> None:
        await self._transport.close()

    async def _asked(self, request: Any) -> Any:
        try:
            async with asyncio.timeout(self._settings.response_timeout_s):
                return await request
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unwell(f"Twilio cannot be reached: {type(error).__name__}") from None
        except TimeoutError:
            raise SubmitUnknown("Twilio did not answer in time") from None
        except (aiohttp.ClientError, OSError) as error:
            raise SubmitUnknown(f"the connection to Twilio broke: {type(error).__name__}") from None
        except (ValueError, TypeError, AttributeError, LookupError) as error:  # a page, a list, nothing: not its JSON
            raise SubmitUnknown(f"an answer that cannot be read: {type(error).__name__}") from None
        except TwilioException as error:
            status = getattr(error, "status", None)
            if not isinstance(status, int):
                raise SubmitUnknown(f"an answer that cannot be read: {type(error).__name__}") from None
            words = str(getattr(error, "msg", "") or getattr(error, "title", ""))
            raise errors.fault(status, getattr(error, "code", None), words) from None


def addresses(part: OutboundPart) -> tuple[str, str]:
    """(from, to) as Twilio writes them: a sender of WhatsApp writes to addresses of WhatsApp."""
    if part.source.startswith(WHATSAPP):
        return part.source, WHATSAPP + part.destination
    return part.source, part.destination


WHATSAPP = "whatsapp:"
