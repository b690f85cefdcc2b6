"""What the API says of itself (OpenAPI): ninja's description, and the refusals that every operation shares."""

from __future__ import annotations

from typing import Any

import orjson
from ninja import NinjaAPI

_REFUSAL: dict[str, Any] = {
    "type": "object",
    "title": "Refusal",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string", "description": "for programs; it never changes"},
                "message": {"type": "string", "description": "for people, in their language"},
                "fields": {"type": "object", "additionalProperties": {"type": "string"}},
                "facts": {
                    "type": "object",
                    "additionalProperties": {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "boolean"}]},
                },
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
# What the sign-in screen needs comes along: the kind of installation, and a token whose cookie is set.
_SIGNED_OUT: dict[str, Any] = {
    **_REFUSAL,
    "title": "SignedOut",
    "required": ["error", "mode", "csrf"],
    "properties": {**_REFUSAL["properties"], "mode": {"type": "string"}, "csrf": {"type": "string"}},
}

FOR_APPLICATIONS = "/api/v1/"  # where a token lets in and nobody signs in

_ALWAYS = {
    "429": "Too many requests: wait as long as Retry-After says",
    "500": "Something failed on our side; nothing of its cause is told",
    "503": "The database is away for a moment",
}
_OF_CHANGES = {
    "400": "The body cannot be read",
    "403": "The role does not include this, the person may not do it, or the token is missing",
    "404": "It is not there, or not there for you",
    "409": "Somebody was faster, or its state forbids it now",
    "413": "The body is too large",
    "415": "The body is not called application/json",
    "422": "Something given cannot be used; `fields` says what",
}


def described(api: NinjaAPI) -> dict[str, Any]:
    """The whole description; every answer that an operation can give stands in it."""
    schema: dict[str, Any] = dict(api.get_openapi_schema(path_prefix="/api/"))
    shapes = schema.setdefault("components", {}).setdefault("schemas", {})
    shapes["Refusal"], shapes["SignedOut"] = _REFUSAL, _SIGNED_OUT
    for address, operations in schema["paths"].items():
        for method, operation in operations.items():
            _add_refusals(address, method, operation)
    return schema


def _add_refusals(address: str, method: str, operation: dict[str, Any]) -> None:
    refusals = dict(_ALWAYS)
    if method != "get":
        refusals |= _OF_CHANGES
    if operation.get("security"):
        by_token = address.startswith(FOR_APPLICATIONS)
        refusals |= {"401": "No token that works came along" if by_token else "Nobody is signed in"}
        refusals |= {"403": _OF_CHANGES["403"]}
        if not by_token:
            refusals |= {"423": "The desk is locked: its owner must show who he is"}
    if operation.get("parameters"):
        refusals |= {"400": "More parameters than any form has", "422": _OF_CHANGES["422"]}
    names_something = any(
        one["name"] == "bot" or one["name"].endswith("_id") for one in operation.get("parameters", ())
    )
    if "{" in address or names_something or not operation.get("security"):
        refusals["404"] = _OF_CHANGES["404"]
    answers = {str(status): answer for status, answer in operation["responses"].items()}
    for status, words in refusals.items():
        shape = "SignedOut" if status == "401" and not address.startswith(FOR_APPLICATIONS) else "Refusal"
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{shape}"}}}
        answers.setdefault(status, {"description": words, "content": content})
    operation["responses"] = dict(sorted(answers.items()))


def written(schema: dict[str, Any]) -> bytes:
    """The description as a file: sorted, so that it changes only where the API does."""
    return orjson.dumps(schema, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"
