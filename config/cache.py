"""Django's cache, in which the tries of signing in are counted, and which may be away."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis import RedisError

log = logging.getLogger(__name__)

LEAVE_ALONE_S = 2.0


class ForgivingCache(RedisCache):
    """A Redis that is away, hangs or is full is an empty one: nobody is kept from his work because tries cannot be
    counted. After a failure it is left alone for a moment: signing in asks it eight times, and each time-out counts.

    The price: while it is away, wrong passwords are not slowed down but by their hash (0.1 s of a core each).
    """

    _silent_until = 0.0  # of the process: Django makes one of these for each thread

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._forgiving(super().get, default, key, default, version)

    def get_many(self, keys: Any, version: int | None = None) -> Any:
        return self._forgiving(super().get_many, {}, keys, version)

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return bool(self._forgiving(super().has_key, False, key, version))

    def set(self, key: Any, value: Any, timeout: Any = None, version: int | None = None) -> None:
        self._forgiving(super().set, None, key, value, timeout, version)

    def set_many(self, data: Any, timeout: Any = None, version: int | None = None) -> list[Any]:
        return list(self._forgiving(super().set_many, list(data), data, timeout, version))

    def add(self, key: Any, value: Any, timeout: Any = None, version: int | None = None) -> bool:
        return bool(self._forgiving(super().add, True, key, value, timeout, version))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """An empty cache has nothing to count on: Django's ValueError, as for any key that is not there."""
        counted = self._forgiving(super().incr, None, key, delta, version)
        if counted is None:
            raise ValueError(f"Key {key!r} not found.")
        return int(counted)

    def touch(self, key: Any, timeout: Any = None, version: int | None = None) -> bool:
        return bool(self._forgiving(super().touch, False, key, timeout, version))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._forgiving(super().delete, False, key, version))

    def delete_many(self, keys: Any, version: int | None = None) -> None:
        self._forgiving(super().delete_many, None, keys, version)

    def clear(self) -> None:
        self._forgiving(super().clear, None)

    @classmethod
    def _forgiving(cls, ask: Callable[..., Any], instead: Any, *words: Any) -> Any:
        if time.monotonic() < cls._silent_until:
            return instead
        try:
            return ask(*words)
        except RedisError as error:
            cls._silent_until = time.monotonic() + LEAVE_ALONE_S
            log.warning("the cache is away: %s", type(error).__name__)
            return instead
