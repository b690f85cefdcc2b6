"""What an aggregator tells us, by the link's own mapping. Each call is proved by the link's secret, or refused."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from channels_sms import called
from channels_sms.http import lists
from channels_sms.http import settings as http_settings
from channels_sms.http.settings import HttpSettings
from channels_sms.smpp import alphabets
from conversations.adapters import (
    RECEIPTS,
    Heard,
    InboundReceipt,
    InboundText,
    InboundUnreadable,
    LinkConfig,
    WebhookRefused,
    WebhookRequest,
)

_HASHES = {"hmac_sha256": hashlib.sha256, "hmac_sha1": hashlib.sha1}


def hear(request: WebhookRequest, config: LinkConfig) -> Heard:
    """Raises WebhookRefused."""
    try:
        settings = http_settings.read(config.settings, config.secret)
    except ValueError:
        raise WebhookRefused(503, "settings", "this link cannot be used as it is set") from None
    query = _query(request)
    given: dict[str, Any] = query
    if settings.calls == "query":
        if request.method not in ("GET", "POST"):
            raise WebhookRefused(405, "method", "GET or POST")
    else:
        called.only_post(request)
        if settings.proof not in ("field",):  # proved before it is read, where that can be
            _prove(request, query, {}, settings)
        given = called.read_form(request) if settings.calls == "form" else called.read_json(request)
    _prove(request, query, given, settings)
    fields = settings.receipt_fields if request.kind == RECEIPTS else settings.text_fields
    if not fields:
        raise WebhookRefused(404, "no_such_kind", "this link has no mapping for such calls")
    each = lists.each(given, fields) if settings.calls == "json" else [_named(given, fields)]
    read = _receipt if request.kind == RECEIPTS else _text
    # What proves a call is never kept: neither in the spool nor among the bytes as they came. Nor are the octets of a
    # call kept once for each of its texts.
    own = settings.proof in ("query", "field") or len(each) > 1
    items = (
        read(found, repr(sorted(found.items())).encode() if own else request.body, config, settings) for found in each
    )
    return Heard(tuple(items), "text/plain", settings.inbound_answer.encode())


def _named(given: dict[str, Any], fields: Mapping[str, str]) -> dict[str, str]:
    return {name: str(given.get(path, "")) for name, path in fields.items()}


def _query(request: WebhookRequest) -> dict[str, str]:
    query = urlsplit(request.url).query
    if not query:
        return {}
    headers = {"content-type": called.FORM}
    return called.read_form(WebhookRequest(request.kind, "POST", "", headers, query.encode("utf-8", "replace")))


def _prove(request: WebhookRequest, query: dict[str, str], given: dict[str, Any], settings: HttpSettings) -> None:
    kind, name, key = settings.proof, settings.proof_name, settings.key_in
    if kind in _HASHES:
        said = request.headers.get(name.lower(), "")
        digest = hmac.new(key.encode(), request.body, _HASHES[kind]).digest()
        well = _same_digest(said.rpartition("=")[2] if said.lower().startswith("sha") else said, digest)
    elif kind == "basic":
        wanted = base64.b64encode(f"{settings.user}:{key}".encode()).decode()
        scheme, _, said = request.headers.get("authorization", "").partition(" ")
        well = scheme.lower() == "basic" and _same(said.strip(), wanted)
    elif kind == "header":
        said = request.headers.get(name.lower(), "")
        well = _same(said.removeprefix("Bearer ") if name.lower() == "authorization" else said, key)
    else:
        value = (query if kind == "query" else given).get(name, "")
        well = _same(value if isinstance(value, str) else "", key)
    if not well or not key:
        raise WebhookRefused(403, "signature", "this call is not proved")


def _same(said: str, wanted: str) -> bool:
    return hmac.compare_digest(said.encode("utf-8", "replace"), wanted.encode())


def _same_digest(said: str, digest: bytes) -> bool:
    """Written in hexadecimal or in base 64."""
    try:
        octets = bytes.fromhex(said) if len(said) == 2 * len(digest) else base64.b64decode(said, validate=True)
    except (ValueError, binascii.Error):
        octets = b""
    return hmac.compare_digest(octets, digest)


def _text(
    found: dict[str, str], raw: bytes, config: LinkConfig, _settings: HttpSettings
) -> InboundText | InboundUnreadable:
    key = called.plain(found["key"], "key")
    if not key:
        raise WebhookRefused(400, "field", "the text's own id is missing")
    if not found["sender"] or not found["recipient"]:
        return InboundUnreadable(config.id, key, raw, "no sender or no recipient", found["sender"][:100])
    count = found.get("parts", "")
    return InboundText(
        link_id=config.id,
        key=key,
        sender=found["sender"][:200],
        recipient=found["recipient"][:254],
        sender_ton=0,
        body=found["text"],
        raw=raw,
        encoding=alphabets.plan(found["text"], {}).encoding,
        parts=min(max(int(count), 1), 255) if count.isascii() and count.isdecimal() and len(count) < 4 else 1,
    )


def _receipt(
    found: dict[str, str], raw: bytes, config: LinkConfig, settings: HttpSettings
) -> InboundReceipt | InboundUnreadable:
    key, said = called.plain(found["key"], "key"), called.plain(found["state"], "state", longest=80)
    state = settings.receipt_states.get(said.lower())
    if not key or state is None:
        return InboundUnreadable(config.id, f"receipt:{key}:{said}"[:200], raw, "no message or an unknown state")
    error = called.plain(found.get("error", ""), "error", longest=80)
    return InboundReceipt(config.id, (key,), "", state, error[:40], said, raw)
