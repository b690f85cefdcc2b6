"""The cast, for stories of routing, and what most of them need besides."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from accounts.models import Role, User
from conversations.links import adapter_class
from routing.turns import Turns
from tests.browser import someone
from tests.cast import Cast
from tests.cast_fixtures import *  # noqa: F403


@pytest.fixture
def scripted_links(settings) -> Iterator[None]:
    settings.LINK_ADAPTERS = {"sms.smpp": "tests.conversations.scripted.ScriptedLink"}
    adapter_class.cache_clear()
    yield
    adapter_class.cache_clear()


@pytest.fixture
def turns() -> Iterator[Turns]:
    pool = Turns(limit_s=2.0)
    yield pool
    pool.close()


@pytest.fixture
def boss(cast: Cast) -> User:
    return someone(cast, Role.ADMINISTRATOR)
