"""The cast, with lines on which nothing leaves the machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conversations.links import adapter_class
from tests.cast_fixtures import *  # noqa: F403


@pytest.fixture(autouse=True)
def scripted_links(settings) -> Iterator[None]:
    settings.LINK_ADAPTERS = {"sms.smpp": "tests.conversations.scripted.ScriptedLink"}
    adapter_class.cache_clear()
    yield
    adapter_class.cache_clear()
