"""Documenting answers that are plain dicts, and reading words that PostgreSQL can hold."""

from __future__ import annotations

import re
from datetime import date
from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints, is_typeddict

import orjson
from django.http import HttpResponse
from ninja import Schema
from pydantic import AfterValidator, BeforeValidator, create_model
from pydantic_core import PydanticCustomError

from common.text import storable

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@cache
def schema_of(shape: Any) -> type[Schema]:
    """The OpenAPI model of a TypedDict (pydantic itself wants typing_extensions' before Python 3.12).

    Only for documentation: an operation that returns an HttpResponse is not validated, which at 50 rows costs more
    than the query.
    """
    hints = get_type_hints(shape)
    fields: dict[str, Any] = {name: (_readable(hint), ...) for name, hint in hints.items()}
    model: type[Schema] = create_model(shape.__name__, __base__=Schema, **fields)
    return model


def as_json(data: Any) -> HttpResponse:
    """`data`, of plain JSON values, as the answer."""
    return HttpResponse(orjson.dumps(data), content_type="application/json")


def _readable(hint: Any) -> Any:
    if is_typeddict(hint):
        return schema_of(hint)
    arguments = get_args(hint)
    if not arguments:
        return hint
    readable = tuple(_readable(argument) for argument in arguments)
    origin = get_origin(hint)
    return reduce(or_, readable) if origin in (Union, UnionType) else origin[readable]


def _storable(text: str) -> str:
    if storable(text) != text:
        raise PydanticCustomError("characters", "must be valid Unicode without NUL")
    return text


def _all_storable(value: Any) -> Any:
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, dict):
        return {_storable(str(name)): _all_storable(one) for name, one in value.items()}
    return [_all_storable(one) for one in value] if isinstance(value, list) else value


def _written(value: Any) -> Any:
    if value is None or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise PydanticCustomError("date_parsing", "must be a day as YYYY-MM-DD")


# A field of a form. Bodies of messages are plain str: they are cleaned, not refused.
def _of_an_object(value: Any) -> Any:
    """django-ninja reads attributes of whatever is given: a text would pass for an object that says nothing."""
    if isinstance(value, str | int | float | list):
        raise PydanticCustomError("model_type", "must be an object")
    return value


Object = BeforeValidator(_of_an_object)  # beside a Schema whose fields may all be left out
Words = Annotated[str, AfterValidator(_storable)]
# "2026-03-31". Pydantic alone also takes a number, for the seconds since 1970: a day that nobody meant.
Day = Annotated[date, BeforeValidator(_written)]
# Any JSON value; the parser of requests has bounded its depth and its numbers (config/parser.py).
Plain = Annotated[Any, AfterValidator(_all_storable)]
