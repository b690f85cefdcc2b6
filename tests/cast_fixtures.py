"""Fixtures around the cast. A package's tests take them with `from tests.cast_fixtures import *` in their conftest."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.db import connection, connections

from tests.cast import Cast, make_cast

__all__ = ["at_once", "cast", "dsn"]


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    """Savane Assistance and its desk, committed: other threads and connections see them."""
    return make_cast()


@pytest.fixture
def dsn(transactional_db: None) -> str:
    """The test database, for raw connections."""
    facts = connection.settings_dict
    return f"postgresql://{facts['USER']}:{facts['PASSWORD']}@{facts['HOST']}:{facts['PORT']}/{facts['NAME']}"


@pytest.fixture
def at_once() -> Callable[[Iterable[Callable[[], Any]]], list[Any]]:
    """Run deeds in threads that start together; each result is what the deed returned, or its exception."""

    def run(deeds: Iterable[Callable[[], Any]]) -> list[Any]:
        todo = list(deeds)
        results: list[Any] = [None] * len(todo)
        barrier = threading.Barrier(len(todo))

        def one(number: int, deed: Callable[[], Any]) -> None:
            try:
                barrier.wait(10)
                results[number] = deed()
            except Exception as error:
                results[number] = error
            finally:
                connections.close_all()

        threads = [threading.Thread(target=one, args=pair) for pair in enumerate(todo)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive(), "a deed did not end in 30 s"
        return results

    return run
