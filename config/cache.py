"""Django's cache, in which the tries of signing in are counted, and which may be away."""

from __future__ import annotations

import logging
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis import RedisError

log = logging.getLogger(__name__)


class ForgivingCache(RedisCache):
    """A Redis that is away or hangs is an empty one: nobody is kept from his work because tries cannot be counted.

    The price: while it is away, wrong passwords are not slowed down but by their hash (0.1 s of a core each).
    """

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        try:
            return super().get(key, default, version)
        except RedisError as error:
            return self._away(error, default)

    def set(self, key: Any, value: Any, timeout: Any = None, version: int | None = None) -> None:
        try:
            super().set(key, value, timeout, version)
        except RedisError as error:
            self._away(error, None)

    def add(self, key: Any, value: Any, timeout: Any = None, version: int | None = None) -> bool:
        try:
            return bool(super().add(key, value, timeout, version))
        except RedisError as error:
            return bool(self._away(error, True))

    def delete(self, key: Any, version: int | None = None) -> bool:
        try:
            return bool(super().delete(key, version))
        except RedisError as error:
            return bool(self._away(error, False))

    @staticmethod
    def _away(error: RedisError, instead: Any) -> Any:
        log.warning("the cache is away: %s", type(error).__name__)
        return instead
