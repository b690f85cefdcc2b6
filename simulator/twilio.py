"""A Twilio of loopback: the documented shapes of its REST answers and of its signed webhooks.

POST /twilio/2010-04-01/Accounts/{sid}/Messages.json    as Twilio answers it, errors too
GET  /twilio/2010-04-01/Accounts/{sid}.json
GET  /twilio/2010-04-01/Accounts/{sid}/Messages/{sid}/Media/{sid}
POST /control/twilio {field: value}                      behaviour, and where texts are posted to
POST /control/twilio/mo {from, to, text, media?, opt_out_type?, sid?}
GET  /control/twilio                                     behaviour, messages, and how webhooks were answered

Signatures are computed here by the published rule, not by the package that the product checks them with.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import dataclasses
import hashlib
import hmac
import json
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from uuid import UUID

import aiohttp
from aiohttp import web

from channels_sms.text import parts
from simulator.phone import HANDED, KEPT, Phones

VERSION = "2010-04-01"
ACCOUNT = "AC" + "5a" * 16
SENDERS = ("+15005550006", "whatsapp:+15005550007")
WHATSAPP = "whatsapp:"
# The demonstration's link, whose address the account would be told in Twilio's console.
DEMO_TWILIO_LINK = UUID("7a11ab1e-0000-4000-8000-000000007110")
_TRIES = 40
_AGAIN_S = 0.5
_KEPT = 5_000
_MOST_MEDIA, _LARGEST_MEDIA = 10, 5_000_000


@dataclass(slots=True)
class TwilioBehaviour:
    """How this Twilio is today. `answers`: one for each of the next creations, {"status", "code", "message"} of an
    error, or {"drop": true}: taken, and the connection cut. `statuses` follow each message in this order."""

    texts_url: str = ""
    statuses: list[str] = field(default_factory=lambda: ["queued", "sent", "delivered"])
    error_code: int = 0  # of statuses that say failed or undelivered
    status_delay_s: float = 0.05
    copies: int = 1  # of each webhook
    signature: str = "good"  # "bad", "none"
    answers: list[dict[str, Any]] = field(default_factory=list)
    account_status: str = "active"
    retries: bool = True  # what is answered 5xx, or not at all, is posted again

    def change(self, values: Mapping[str, Any]) -> None:
        known = {one.name for one in dataclasses.fields(self)}
        if unknown := set(values) - known:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        for name, value in values.items():
            setattr(self, name, value)


def signature(token: str, url: str, fields: Mapping[str, str]) -> str:
    """The url, then each field's name and value in the order of names; HMAC-SHA1 under the token, in base 64."""
    said = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), said.encode(), hashlib.sha1).digest()).decode()


class Twilio:
    def __init__(self, phones: Phones, *, token: str, account: str = ACCOUNT) -> None:
        self.account, self.token = account, token
        self.senders = list(SENDERS)
        self.behaviour = TwilioBehaviour()
        self.messages: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self.answered: deque[dict[str, Any]] = deque(maxlen=_KEPT)  # webhooks: {"url", "status"}
        self._phones = phones
        self._media: dict[str, tuple[str, bytes]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._http: aiohttp.ClientSession | None = None
        self._lines: dict[str, asyncio.Lock] = {}

    def routes(self) -> list[web.RouteDef]:
        base = f"/twilio/{VERSION}/Accounts"
        return [
            web.post(base + "/{account}/Messages.json", self.create),
            web.get(base + "/{account}.json", self.fetch),
            web.get(base + "/{account}/Messages/{message}/Media/{media}", self.medium),
            web.get("/control/twilio", self.state),
            web.post("/control/twilio", self.change),
            web.post("/control/twilio/mo", self.mo),
        ]

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._http is not None:
            await self._http.close()

    # --- REST ------------------------------------------------------------------------------------------------

    async def create(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        posted = await request.post()
        given = {name: str(value) for name, value in posted.items()}
        urls = [str(url) for url in posted.getall("MediaUrl", [])]
        planned = self.behaviour.answers.pop(0) if self.behaviour.answers else {}
        if "status" in planned:
            return _error(planned["status"], planned.get("code", 0), planned.get("message", "as the script says"))
        sender, service = given.get("From", ""), given.get("MessagingServiceSid", "")
        to = given.get("To", "")
        if not to:
            return _error(400, 21604, "A 'To' phone number is required.")
        given.setdefault("Body", "")
        if not given["Body"] and not urls:
            return _error(400, 21619, "Message body or media urls must be specified")
        if not sender and not service:
            return _error(400, 21603, "A 'From' phone number is required.")
        if sender and sender not in self.senders:
            return _error(400, 21606, "The 'From' number is not a valid, SMS-capable Twilio number.")
        digits = to.removeprefix(WHATSAPP)
        if not digits.startswith("+") or not digits[1:].isdecimal():
            return _error(400, 21211, "The 'To' number is not a valid phone number.")
        if len(given["Body"]) > 1600:
            return _error(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
        if len(urls) > _MOST_MEDIA:
            return _error(400, 21623, "Number of media files exceeds allowed limit.")
        if any(not url.startswith(("http://", "https://")) for url in urls):
            return _error(400, 21620, "Invalid media URL(s)")
        message = self._message(given, urls)
        self.messages.append(message)
        callback = given.get("StatusCallback", "")
        if urls:
            self._begin(self._deliver_media(digits[1:], message, urls, callback))
        else:
            self._arrived(digits[1:], message)
            if callback:
                self._begin(self._tell_statuses(callback, message))
        if planned.get("drop"):
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(message, status=201)

    def _arrived(self, digits: str, message: dict[str, Any]) -> None:
        media = " ".join(f"[{one['content_type']}]" for one in message["media"])
        shown = " ".join(filter(None, (message["body"], media)))
        sender = message["from"] or self.senders[0]
        self._phones.arrived("twilio", digits, sender, shown, int(message["num_segments"]))

    async def _deliver_media(self, digits: str, message: dict[str, Any], urls: list[str], callback: str) -> None:
        """Fetched as Twilio fetches it: before the text leaves, without a session, following nothing."""
        code = 0
        try:
            for url in urls:
                async with self._session().get(url, allow_redirects=False) as answer:
                    octets = await answer.read()
                    if answer.status != 200:
                        code = 11200
                        break
                    digest = hashlib.sha256(octets).hexdigest()
                    message["media"].append(
                        {"content_type": answer.content_type, "octets": len(octets), "sha256": digest, "url": url}
                    )
        except (aiohttp.ClientError, TimeoutError):
            code = 11200
        kinds = [one["content_type"].partition("/")[0] for one in message["media"]]
        if not code and any(kind not in ("image", "audio", "video") for kind in kinds):
            code = 12300
        if not code and sum(one["octets"] for one in message["media"]) > _LARGEST_MEDIA:
            code = 11751
        if not code:
            self._arrived(digits, message)
        if callback:
            await self._tell_statuses(callback, message, failed=code)

    def _message(self, given: Mapping[str, str], urls: list[str]) -> dict[str, Any]:
        sid, now = "SM" + secrets.token_hex(16), formatdate(usegmt=False)
        uri = f"/{VERSION}/Accounts/{self.account}/Messages/{sid}"
        return {
            "account_sid": self.account, "api_version": VERSION, "body": given["Body"], "date_created": now,
            "date_sent": None, "date_updated": now, "direction": "outbound-api", "error_code": None,
            "error_message": None, "from": given.get("From"),
            "messaging_service_sid": given.get("MessagingServiceSid"), "num_media": str(len(urls)), "media": [],
            "num_segments": "1" if urls else str(parts.plan(given["Body"]).parts), "price": None, "price_unit": None,
            "sid": sid, "status": "queued", "subresource_uris": {"media": f"{uri}/Media.json"}, "to": given["To"],
            "uri": f"{uri}.json",
        }  # fmt: skip

    async def fetch(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        return web.json_response(
            {"sid": self.account, "friendly_name": "Palabre", "status": self.behaviour.account_status, "type": "Full",
             "uri": f"/{VERSION}/Accounts/{self.account}.json"}
        )  # fmt: skip

    async def medium(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        content_type, octets = self._media.get(request.match_info["media"], ("", b""))
        if not content_type:
            return _error(404, 20404, "The requested resource was not found")
        return web.Response(body=octets, content_type=content_type)

    def _refusal(self, request: web.Request) -> web.Response | None:
        wanted = aiohttp.encode_basic_auth(self.account, self.token)
        if not hmac.compare_digest(request.headers.get("Authorization", ""), wanted):
            return _error(401, 20003, "Authenticate")
        if request.match_info["account"] != self.account:
            return _error(404, 20404, "The requested resource was not found")
        return None

    # --- webhooks --------------------------------------------------------------------------------------------

    async def _tell_statuses(self, url: str, message: dict[str, Any], *, failed: int = 0) -> None:
        """`failed`: the code of an error that no behaviour has asked for."""
        for status in ["queued", "failed"] if failed else list(self.behaviour.statuses):
            await asyncio.sleep(self.behaviour.status_delay_s)
            told = {
                "AccountSid": self.account, "ApiVersion": VERSION, "From": message["from"] or "",
                "MessageSid": message["sid"], "MessageStatus": status, "SmsSid": message["sid"], "SmsStatus": status,
                "To": message["to"],
            }  # fmt: skip
            code = failed or self.behaviour.error_code
            if status in ("failed", "undelivered") and code:
                told["ErrorCode"] = str(code)
            message["status"] = status
            await self._post(url, told)

    def send(
        self, *, number: str, code: str, text: str, text_id: str = "", sid: str = "", opt_out_type: str = "",
        media: list[tuple[str, bytes]] | None = None, base: str = "",
    ) -> str:  # fmt: skip
        """A subscriber texts one of the account's senders; returned is the sid. `number`: digits."""
        sid = sid or "SM" + secrets.token_hex(16)
        prefix = WHATSAPP if code.startswith(WHATSAPP) else ""
        told = {
            "AccountSid": self.account, "ApiVersion": VERSION, "Body": text, "From": f"{prefix}+{number}",
            "MessageSid": sid, "NumMedia": str(len(media or ())), "NumSegments": str(parts.plan(text).parts),
            "SmsMessageSid": sid, "SmsSid": sid, "SmsStatus": "received", "To": code,
        }  # fmt: skip
        if prefix:
            told |= {"WaId": number, "ProfileName": "Awa", "MessageType": "text"}
        if opt_out_type:
            told["OptOutType"] = opt_out_type
        for place, (content_type, octets) in enumerate(media or ()):
            media_sid = "ME" + secrets.token_hex(16)
            self._media[media_sid] = (content_type, octets)
            told[f"MediaContentType{place}"] = content_type
            told[f"MediaUrl{place}"] = (
                f"{base}/twilio/{VERSION}/Accounts/{self.account}/Messages/{sid}/Media/{media_sid}"
            )
        self._begin(self._hand_over(code, told, text_id))
        return sid

    async def _hand_over(self, code: str, told: dict[str, str], text_id: str) -> None:
        lock = self._lines.setdefault(f"{code} {told['From']}", asyncio.Lock())
        async with lock:  # a phone's texts one after the other
            if text_id:
                self._phones.progressed(text_id, KEPT)
            if self.behaviour.texts_url and await self._post(self.behaviour.texts_url, told) and text_id:
                self._phones.progressed(text_id, HANDED)

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15, connect=5))
        return self._http

    async def _post(self, url: str, told: dict[str, str]) -> bool:
        headers = {"User-Agent": "TwilioProxy/1.1", "I-Twilio-Idempotency-Token": secrets.token_hex(16)}
        bare = url.partition("#")[0]
        if self.behaviour.signature != "none":
            token = self.token if self.behaviour.signature == "good" else "another token"
            headers["X-Twilio-Signature"] = signature(token, bare, told)
        done = False
        for _ in range(max(1, self.behaviour.copies)):
            for _ in range(_TRIES if self.behaviour.retries else 1):
                status = 0
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with self._session().post(bare, data=told, headers=headers) as answer:
                        status = answer.status
                self.answered.append({"url": bare, "status": status, "sid": told["MessageSid"]})
                if 0 < status < 500:
                    done = status < 300
                    break
                await asyncio.sleep(_AGAIN_S)
        return done

    def _begin(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- control ---------------------------------------------------------------------------------------------

    async def state(self, request: web.Request) -> web.Response:
        return web.json_response(
            {"account": self.account, "senders": self.senders, "behaviour": dataclasses.asdict(self.behaviour),
             "messages": list(self.messages), "webhooks": list(self.answered)}
        )  # fmt: skip

    async def change(self, request: web.Request) -> web.Response:
        try:
            self.behaviour.change(await request.json())
        except (ValueError, TypeError, AttributeError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response(dataclasses.asdict(self.behaviour))

    async def mo(self, request: web.Request) -> web.Response:
        """`media`: [[content type, base 64], ...]."""
        try:
            given = await request.json()
            media = [(str(kind), base64.b64decode(octets)) for kind, octets in given.get("media", [])]
            number, code, text = str(given["from"]).lstrip("+"), str(given["to"]), str(given["text"])
        except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)
        sid = self.send(
            number=number, code=code, text=text, media=media, base=f"http://{request.host}",
            sid=str(given.get("sid", "")), opt_out_type=str(given.get("opt_out_type", "")),
        )  # fmt: skip
        return web.json_response({"sid": sid})


def _error(status: int, code: int, message: str) -> web.Response:
    return web.json_response(
        {"code": code, "message": message, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status},
        status=status,
    )
