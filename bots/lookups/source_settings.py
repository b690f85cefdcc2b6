"""The settings of one source, read and checked, with reasons for who fills in the form."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from common.errors import Invalid

SSL_MODES = ("prefer", "require", "verify-ca", "verify-full", "disable")
AUTHS = ("none", "bearer", "header", "basic")
LONGEST_AUTHORITY = 20_000
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45}")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,60}")
# Headers that decide how a request is read, and are not for anybody's key.
_OURS = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection", "accept", "expect"})


@dataclass(frozen=True, slots=True)
class SqlSettings:
    host: str
    port: int
    database: str
    user: str
    sslmode: str
    authority: str = field(default="", repr=False)  # the PEM of who signs the server's certificate


@dataclass(frozen=True, slots=True)
class RestSettings:
    url: str  # without a slash at its end
    host: str
    port: int
    is_encrypted: bool
    auth: str
    auth_name: str = ""
    user: str = ""
    authority: str = field(default="", repr=False)


def read_sql(settings: Mapping[str, Any]) -> SqlSettings:
    """Raises Invalid; its field is "settings.<name>"."""
    _no_others(settings, ("host", "port", "database", "user", "sslmode", "authority"))
    sslmode = _word(settings, "sslmode") or "prefer"
    if sslmode not in SSL_MODES:
        raise Invalid("unknown_choice", f"one of {', '.join(SSL_MODES)}", field="settings.sslmode")
    return SqlSettings(
        host=_host(_needed(settings, "host")),
        port=_port(settings.get("port", 5432)),
        database=_needed(settings, "database", longest=63),
        user=_needed(settings, "user", longest=63),
        sslmode=sslmode,
        authority=_authority(settings),
    )


def read_rest(settings: Mapping[str, Any]) -> RestSettings:
    """Raises Invalid; its field is "settings.<name>"."""
    _no_others(settings, ("url", "auth", "auth_name", "user", "authority"))
    url = _needed(settings, "url", longest=300).rstrip("/")
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        good = parts.scheme in ("https", "http") and parts.username is None and not parts.query and not parts.fragment
    except ValueError:
        good = False
    if not good or not url.isascii() or not url.isprintable() or any(one in url for one in ' {}\\"<>|^`'):
        raise Invalid("lookup_url", "must look like https://billing.example.org/api", field="settings.url")
    if any(step in (".", "..") for step in parts.path.split("/")):
        raise Invalid("lookup_url", "must look like https://billing.example.org/api", field="settings.url")
    auth = _word(settings, "auth") or "none"
    if auth not in AUTHS:
        raise Invalid("unknown_choice", f"one of {', '.join(AUTHS)}", field="settings.auth")
    found = RestSettings(
        url=url, host=_host(parts.hostname or "", "settings.url"), port=port, is_encrypted=parts.scheme == "https",
        auth=auth, auth_name=_word(settings, "auth_name"), user=_word(settings, "user"),
        authority=_authority(settings),
    )  # fmt: skip
    if auth == "header" and (not _HEADER.fullmatch(found.auth_name) or found.auth_name.lower() in _OURS):
        raise Invalid("lookup_header", "the name of a header", field="settings.auth_name")
    if auth == "basic" and (not found.user or ":" in found.user):
        raise Invalid("required", "this field is required", field="settings.user")
    return found


def check_secret(secret: str) -> None:
    """Raises Invalid("lookup_secret"): it may stand in a header."""
    if not (secret.isascii() and secret.isprintable() and len(secret) <= 400):
        raise Invalid("lookup_secret", "plain characters, at most 400", field="secret")


def _no_others(settings: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for name in settings:
        if name not in known:
            raise Invalid("unknown_choice", f"one of {', '.join(known)}", field="settings")


def _word(settings: Mapping[str, Any], name: str, *, longest: int = 120) -> str:
    value = settings.get(name) or ""
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        raise Invalid("setting", f"{name} must be a short text", field=f"settings.{name}")
    return value.strip()


def _needed(settings: Mapping[str, Any], name: str, *, longest: int = 253) -> str:
    value = _word(settings, name, longest=longest)
    if not value:
        raise Invalid("required", "this field is required", field=f"settings.{name}")
    return value


def _host(host: str, field_: str = "settings.host") -> str:
    """Never a list, a path or a service's name: libpq takes those for places of this machine."""
    if not _HOST.fullmatch(host):
        raise Invalid("lookup_host", "the name of a machine, or its address", field=field_)
    return host


def _port(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= 65535:
        raise Invalid("lookup_port", "from 1 to 65535", field="settings.port")
    return given


def _authority(settings: Mapping[str, Any]) -> str:
    pem = settings.get("authority") or ""
    if not pem:
        return ""
    try:
        if not isinstance(pem, str) or len(pem) > LONGEST_AUTHORITY or "PRIVATE" in pem:
            raise ValueError
        ssl.create_default_context(cadata=pem)
    except (ValueError, ssl.SSLError):
        raise Invalid("lookup_authority", "certificates in PEM form", field="settings.authority") from None
    return pem.strip() + "\n"
