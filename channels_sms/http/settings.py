"""The settings of one link to an aggregator, read once and checked, with reasons in words for the administrator."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from channels_sms import calling
from channels_sms.http import templates

METHODS = ("POST", "PUT", "GET")
BODIES = ("form", "json", "none")
AUTHS = ("basic", "bearer", "header", "query", "field", "none")
PROOFS = ("header", "basic", "query", "field", "hmac_sha256", "hmac_sha1")
CALLS = ("form", "json", "query")  # how it calls us
WHOLE_BODY = "$body"

TEXT_FIELDS = ("key", "sender", "recipient", "text", "parts")
RECEIPT_FIELDS = ("key", "state", "error")
STATES = ("delivered", "failed", "expired", "rejected", "enroute", "accepted", "unknown")
# Words of SMPP, which most aggregators pass on; a link may add its own.
USUAL_STATES = {
    "delivrd": "delivered", "delivered": "delivered", "undeliv": "failed", "undelivered": "failed", "failed": "failed",
    "rejectd": "rejected", "rejected": "rejected", "expired": "expired", "acceptd": "accepted", "accepted": "accepted",
    "enroute": "enroute", "sent": "enroute", "submitted": "accepted", "queued": "accepted", "buffered": "enroute",
    "deleted": "failed", "unknown": "unknown",
}  # fmt: skip

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}")


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """`key_out` proves us to the aggregator, `key_in` its calls to us: two words in the secret, or one for both."""

    url: str
    key_out: str = field(repr=False)
    key_in: str = field(repr=False)
    method: str = "POST"
    body: str = "form"
    template: str = ""
    auth: str = "none"
    auth_name: str = ""
    user: str = ""
    answer_id: str = ""  # where its id of a text stands; empty: it names ours ({id})
    answer_ok: tuple[str, frozenset[str]] = ("", frozenset())
    answer_error: str = ""
    permanent_errors: frozenset[str] = frozenset()
    throttled_errors: frozenset[str] = frozenset()
    passing_errors: frozenset[str] = frozenset()
    calls: str = "form"
    proof: str = "header"
    proof_name: str = ""
    text_fields: Mapping[str, str] = field(default_factory=dict)
    receipt_fields: Mapping[str, str] = field(default_factory=dict)
    receipt_states: Mapping[str, str] = field(default_factory=dict)
    inbound_answer: str = "OK"
    response_timeout_s: float = 15

    @property
    def errors(self) -> frozenset[str]:
        """Codes that say: not taken."""
        return self.permanent_errors | self.throttled_errors | self.passing_errors


def read(settings: Mapping[str, Any], secret: str) -> HttpSettings:
    """Raises ValueError that begins with the setting's name."""
    word = calling.text
    keys = secret.split(" ")
    if len(keys) > 2 or not all(keys):
        raise ValueError("secret is missing: one word, or two (for what leaves, and for what comes in)")
    calling.limits(settings)
    found = HttpSettings(
        url=_url(word(settings, "url")),
        key_out=keys[0],
        key_in=keys[-1],
        method=_one_of(settings, "method", METHODS),
        body=_one_of(settings, "body", BODIES),
        template=word(settings, "template"),
        auth=_one_of(settings, "auth", AUTHS, "none"),
        auth_name=word(settings, "auth_name"),
        user=word(settings, "user"),
        answer_id=word(settings, "answer_id"),
        answer_ok=_expected(word(settings, "answer_ok")),
        answer_error=word(settings, "answer_error"),
        permanent_errors=_words(word(settings, "permanent_errors")),
        throttled_errors=_words(word(settings, "throttled_errors")),
        passing_errors=_words(word(settings, "passing_errors")),
        calls=_one_of(settings, "calls", CALLS),
        proof=_one_of(settings, "proof", PROOFS),
        proof_name=word(settings, "proof_name"),
        text_fields=_fields(settings, "text_fields", TEXT_FIELDS, needed=TEXT_FIELDS[:4]),
        receipt_fields=_fields(settings, "receipt_fields", RECEIPT_FIELDS, needed=RECEIPT_FIELDS[:2]),
        receipt_states={**USUAL_STATES, **_states(word(settings, "receipt_states"))},
        inbound_answer=word(settings, "inbound_answer", "OK"),
        response_timeout_s=calling.number(settings, "response_timeout_s", 15, least=1, most=60),
    )
    _check(found)
    return found


def _check(found: HttpSettings) -> None:
    templates.check(found.url, "url")
    templates.check(found.template, "template")
    if found.body == "json":
        try:
            json.loads(found.template)
        except ValueError:
            raise ValueError("template must be JSON") from None
    if found.method == "GET" and found.body != "none":
        raise ValueError("body must be none with GET: values stand in the url")
    if found.body != "none" and not found.template:
        raise ValueError("template is missing")
    if found.auth == "field" and found.body != "form":
        raise ValueError("auth by a field needs a form as body")
    if found.auth in ("header", "query", "field") and not _HEADER.fullmatch(found.auth_name):
        raise ValueError("auth_name is missing: the name of the header, the parameter or the field")
    if "basic" in (found.auth, found.proof) and (not found.user or ":" in found.user):
        raise ValueError("user is missing: basic authentication has a name")
    if found.proof != "basic" and not _HEADER.fullmatch(found.proof_name):
        raise ValueError("proof_name is missing: the header or the field in which it proves its calls")
    if found.proof == "field" and found.calls == "query":
        raise ValueError("proof must be query: its calls have no fields")
    if found.proof.startswith("hmac") and found.calls == "query":
        raise ValueError("proof by a signature needs a body: calls must be form or json")
    if found.calls == "json" and found.proof == "field" and "." in found.proof_name:
        raise ValueError("proof_name must be a name at the top")


def _url(given: str) -> str:
    if not given:
        raise ValueError("url is missing")
    parts = urlsplit(given)
    if parts.scheme not in ("http", "https") or not parts.hostname or "{" in parts.netloc:
        raise ValueError("url must begin with https:// (or http://) and a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("url must not hold a password: settings can be read")
    return given


def _one_of(settings: Mapping[str, Any], name: str, allowed: tuple[str, ...], default: str = "") -> str:
    value = calling.text(settings, name) or default or allowed[0]
    if value not in allowed:
        raise ValueError(f"{name} is {value!r}, it must be one of {', '.join(allowed)}")
    return value


def _words(given: str) -> frozenset[str]:
    return frozenset(one.strip() for one in given.split(",") if one.strip())


def _pairs(name: str, given: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for entry in filter(None, (one.strip() for one in given.split(","))):
        left, equals, right = (word.strip() for word in entry.partition("="))
        if not (left and equals and right) or left in pairs:
            raise ValueError(f"{name} must look like: name = name, name = name")
        pairs[left] = right
    return pairs


def _fields(settings: Mapping[str, Any], name: str, known: tuple[str, ...], needed: tuple[str, ...]) -> dict[str, str]:
    """What of ours stands where in its calls. Empty: it makes no such calls."""
    pairs = _pairs(name, calling.text(settings, name))
    if unknown := set(pairs) - set(known):
        raise ValueError(f"{name} names {min(unknown)}, which is none of {', '.join(known)}")
    if pairs and (missing := [one for one in needed if one not in pairs]):
        # Without the provider's own key a repeated call and words truly sent again are the same.
        raise ValueError(f"{name} must say where {missing[0]} stands")
    return pairs


def _states(given: str) -> dict[str, str]:
    pairs = _pairs("receipt_states", given)
    if unknown := set(pairs.values()) - set(STATES):
        raise ValueError(f"receipt_states has {min(unknown)}, which is none of {', '.join(STATES)}")
    return {word.lower(): state for word, state in pairs.items()}


def _expected(given: str) -> tuple[str, frozenset[str]]:
    """ "status = 0|ok": where its answer says that it has taken the text, and by which words."""
    if not given:
        return "", frozenset()
    path, equals, words = (one.strip() for one in given.partition("="))
    values = frozenset(one.strip() for one in words.split("|") if one.strip())
    if not (path and equals and values):
        raise ValueError("answer_ok must look like: status = 0|ok")
    return path, values
