"""A billing database and a REST service beside ours, and look-ups on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bots import lookups
from bots.lookups import guarded, making, told
from bots.lookups.models import Definition, Source
from bots.turn import Found, LookUp
from common.secrets import seal
from tests.cast import Cast
from tests.cast_fixtures import *  # noqa: F403
from tests.lookups.billing import NUMBER, WORD, Billing, Service, billing_of_its_own

OWN_NUMBER = {"name": "number", "origin": "number", "form": "e164", "slot": ""}


@pytest.fixture(scope="session")
def billing() -> Iterator[Billing]:
    with billing_of_its_own() as found:
        yield found


@pytest.fixture
def service() -> Iterator[Service]:
    found = Service()
    yield found
    found.close()


@pytest.fixture(autouse=True)
def _afresh() -> Iterator[None]:
    yield
    guarded.forget()
    making.kept.clear()
    making.absent.clear()
    told._told.clear()


@pytest.fixture
def sql(cast: Cast, billing: Billing, settings: Any) -> Source:
    """The billing database, as an administrator has named it."""
    settings.LOOKUP_LOOPBACK_PORTS = [str(billing.port)]
    return Source.objects.create(
        organisation=cast.organisation, name="Facturation", kind="sql", settings=billing.settings(), secret=seal(WORD)
    )


@pytest.fixture
def rest(cast: Cast, service: Service, settings: Any) -> Source:
    settings.LOOKUP_LOOPBACK_PORTS = [str(service.port)]
    return Source.objects.create(
        organisation=cast.organisation, name="Comptes", kind="rest", settings={"url": service.url, "auth": "none"}
    )


@pytest.fixture
def balance(sql: Source) -> Definition:
    return defined(sql, "select balance, currency from account where msisdn = {number}")


def defined(source: Source, query: str = "", **other: Any) -> Definition:
    given = {"name": "balance", "parameters": [OWN_NUMBER], "query": query, **other}
    if source.kind == "rest":
        given.setdefault("columns", [{"name": "balance", "path": "balance"}])
    return Definition.objects.create(organisation_id=source.organisation_id, source=source, **given)


@pytest.fixture
def ask(cast: Cast) -> Callable[..., Found]:
    """ask("balance", conversation, number=..., code=..., slot="value")"""
    from common.ids import uuid7

    def asked(name: str = "balance", conversation: Any = None, *, number: str = NUMBER, code: str = "",
              **values: str) -> Found:  # fmt: skip
        return lookups.make(
            organisation_id=cast.organisation.id, conversation_id=conversation.id if conversation else uuid7(),
            number=number, look_up=LookUp(name, values, code),
        )  # fmt: skip

    return asked
