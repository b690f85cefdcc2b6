"""One name in the API's description is one shape: of two schemas of a name the last would silently take the other's
place, for the browser's types and for everybody who reads it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, get_args

from ninja import NinjaAPI, Router, Schema
from pydantic import BaseModel

from config.api import api

_AROUND = {"NinjaResponseSchema", "BodyParams", "QueryParams", "PathParams", "HeaderParams"}


def models_in(shape: Any, seen: set[Any]) -> Iterator[type[BaseModel]]:
    """Every model that a type names, itself and within."""
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        if shape in seen:
            return
        seen.add(shape)
        yield shape
        for field in shape.model_fields.values():
            yield from models_in(field.annotation, seen)
    else:
        for inner in get_args(shape):
            yield from models_in(inner, seen)


def models_of(one: NinjaAPI) -> Iterator[type[BaseModel]]:
    seen: set[Any] = set()
    for _, router in one._routers:
        for view in router.path_operations.values():
            for operation in view.operations:
                for model in [*operation.models, *operation.response_models.values()]:
                    yield from models_in(model, seen)


def clashes(models: Iterable[type[BaseModel]]) -> list[str]:
    """Names under which there is more than one shape, each with where its classes stand."""
    shapes: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for model in models:
        # Ninja's own around a body, a query or an answer: made for each operation, and named in no description.
        if model.__name__ in _AROUND:
            continue
        shape = json.dumps(model.model_json_schema(), sort_keys=True)
        shapes[model.__name__].setdefault(shape, f"{model.__module__}.{model.__qualname__}")
    return [f"{name}: {', '.join(sorted(where.values()))}" for name, where in sorted(shapes.items()) if len(where) > 1]


def test_no_two_schemas_of_the_api_share_a_name() -> None:
    found = list(models_of(api))
    assert len(found) > 200, "the walk over the API finds hardly anything"
    assert clashes(found) == []


def test_two_of_a_name_are_noticed_wherever_they_stand() -> None:
    def shape(**fields: Any) -> type[Schema]:
        return type("Shown", (Schema,), {"__annotations__": fields})

    inner, outer = shape(number=int), shape(number=str)
    router = Router()

    @router.get("/one", response=list[inner])
    def one(request: Any) -> None: ...

    @router.post("/two", response={201: type("Holder", (Schema,), {"__annotations__": {"of": outer | None}})})
    def two(request: Any) -> None: ...

    tried = NinjaAPI(urls_namespace="tried")
    tried.add_router("", router)
    [told] = clashes(models_of(tried))
    assert told.startswith("Shown: ")
    assert clashes([inner, shape(number=int)]) == []
