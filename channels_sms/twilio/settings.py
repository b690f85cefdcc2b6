"""The settings of one Twilio link, read once and checked, with reasons in words for the administrator."""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings as installation

from channels_sms import calling
from conversations.adapters import LinkConfig, MediaAccess

_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
API = "https://api.twilio.com"


@dataclass(frozen=True, slots=True)
class TwilioSettings:
    """Times in seconds. `api_url`: Twilio itself, or the emulator of a demonstration."""

    account_sid: str
    messaging_service_sid: str = ""
    api_url: str = API
    response_timeout_s: float = 15
    validity_period_s: int = 0  # 0: Twilio's own, ten hours


def read(settings: Mapping[str, Any], secret: str) -> TwilioSettings:
    """Raises ValueError that begins with the setting's name."""
    account = calling.text(settings, "account_sid")
    if not account:
        raise ValueError("account_sid is missing")
    if not _ACCOUNT.fullmatch(account):
        raise ValueError("account_sid must be AC and 32 hexadecimal digits")
    service = calling.text(settings, "messaging_service_sid")
    if service and not _SERVICE.fullmatch(service):
        raise ValueError("messaging_service_sid must be MG and 32 hexadecimal digits")
    if not secret:
        # Without it every signature could be made by anybody.
        raise ValueError("secret is missing: the account's auth token")
    calling.limits(settings)
    return TwilioSettings(
        account_sid=account,
        messaging_service_sid=service,
        api_url=_api_url(calling.text(settings, "api_url")),
        response_timeout_s=calling.number(settings, "response_timeout_s", 15, least=1, most=60),
        validity_period_s=int(calling.number(settings, "validity_period_s", 0, least=0, most=36_000)),
    )


def _api_url(given: str) -> str:
    """Twilio's own hosts; this machine's emulator outside production. Else a setting would be a way to any host."""
    if not given:
        return API
    parts = urlsplit(given)
    host = parts.hostname or ""
    if parts.scheme == "https" and (host == "twilio.com" or host.endswith(".twilio.com")) and not parts.username:
        return given.rstrip("/")
    if installation.MODE != "production" and parts.scheme == "http" and _is_loopback(host):
        return given.rstrip("/")
    raise ValueError("api_url must be a host of twilio.com, with https")


def media(url: str, config: LinkConfig) -> MediaAccess:
    """Media lie with the account's messages. Raises ValueError for any other address: who signs a call could else have
    us show our token to his own host."""
    settings = read(config.settings, config.secret)
    place = f"{settings.api_url}/2010-04-01/Accounts/{settings.account_sid}/Messages/"
    if not url.startswith(place) or ".." in url:
        raise ValueError("this is no address of the account's media")
    token = base64.b64encode(f"{settings.account_sid}:{config.secret}".encode()).decode()
    return MediaAccess({"Authorization": f"Basic {token}"}, emulated=settings.api_url.startswith("http:"))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
