"""Typed readers of the environment. A wrong or missing value stops the start and names the variable."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


class SettingError(RuntimeError):
    """A setting is missing or cannot be understood. The message names it and says what is expected."""


def text(name: str, default: str | None = None) -> str:
    """The value of `name`, or of the file that `name`_FILE points to (for mounted secrets)."""
    if name in os.environ:
        return os.environ[name]
    if f"{name}_FILE" in os.environ:
        try:
            return Path(os.environ[f"{name}_FILE"]).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingError(f"{name}_FILE cannot be read: {error}") from None
    if default is None:
        raise SettingError(f"{name} is not set: see .env.example for what it should hold")
    return default


def number(name: str, default: int) -> int:
    """A whole number from 1."""
    raw = text(name, str(default))
    try:
        found = int(raw)
    except ValueError:
        raise SettingError(f"{name} must be a whole number, not {raw!r}") from None
    if found < 1:
        raise SettingError(f"{name} must be at least 1, not {raw!r}")
    return found


def flag(name: str, default: bool) -> bool:
    raw = text(name, "yes" if default else "no").strip().lower()
    if raw in {"1", "yes", "true", "on"}:
        return True
    if raw in {"0", "no", "false", "off", ""}:
        return False
    raise SettingError(f"{name} must be yes or no, not {raw!r}")


def words(name: str, default: str = "") -> list[str]:
    """A list separated by commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def network(name: str, written: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """One entry of the list in `name`, such as 10.20.0.0/16."""
    try:
        return ipaddress.ip_network(written)
    except ValueError:
        raise SettingError(f"{name} must hold networks such as 10.20.0.0/16, not {written!r}") from None


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    raw = text(name, default)
    if raw not in allowed:
        raise SettingError(f"{name} must be one of {', '.join(allowed)}, not {raw!r}")
    return raw


def http_address(name: str) -> str:
    """An address of plain HTTP or HTTPS without a slash at its end, or "" when none is set."""
    url = text(name, "").strip().rstrip("/")
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or parts.username is not None or parts.query or parts.fragment or any(map(str.isspace, url)):
        raise SettingError(f"{name} must look like http://127.0.0.1:5005, without a password or a question mark")
    return url


# What may follow the "?" of a database's address: libpq's names (PostgreSQL's documentation, "Parameter Key Words").
_LIBPQ = frozenset({
    "sslmode", "sslrootcert", "sslcert", "sslkey", "sslpassword", "sslcrl", "sslnegotiation", "channel_binding",
    "ssl_min_protocol_version", "require_auth", "gssencmode", "target_session_attrs", "connect_timeout",
    "keepalives_idle", "tcp_user_timeout", "application_name", "options",
})  # fmt: skip


def database(url: str, name: str) -> dict[str, Any]:
    """Django's database settings of a `postgresql://user:password@host:port/name?sslmode=verify-full` address."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.hostname:
        raise SettingError(f"{name} must look like postgresql://user:password@host:5432/palabre")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(options.keys() - _LIBPQ):
        raise SettingError(f"{name} ends with what PostgreSQL does not know: {', '.join(unknown)}")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "palabre",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname,
        "PORT": str(parts.port or 5432),
        "OPTIONS": options,
    }


def checked_broker(url: str) -> str:
    """A `rediss://` address for Celery, which would not check the server's certificate unless it is told to."""
    if not url.startswith("rediss://") or "ssl_cert_reqs=" in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}ssl_cert_reqs=required"
