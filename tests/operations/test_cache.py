"""The cache forgives a Redis that is away, hangs or is full, whatever Django asks of it, and costs little then."""

from __future__ import annotations

import socket
import time

import pytest
from django.core.cache import caches
from redis import Redis

from config.cache import ForgivingCache

PARAMS = {"OPTIONS": {"socket_timeout": 0.2, "socket_connect_timeout": 0.2}}


@pytest.fixture(autouse=True)
def heard_again():
    ForgivingCache._silent_until = 0.0
    yield
    ForgivingCache._silent_until = 0.0


def everything(cache: ForgivingCache) -> list[object]:
    with pytest.raises(ValueError, match="not found"):
        cache.incr("tries")
    return [
        cache.get("tries", "none"), cache.get_many(["tries"]), cache.has_key("tries"), cache.set("tries", 1),
        cache.set_many({"tries": 1}), cache.add("lock", 1), cache.touch("tries"), cache.delete("tries"),
        cache.delete_many(["tries"]), cache.get_or_set("tries", 7), cache.clear(),
    ]  # fmt: skip


def test_a_redis_that_hangs_is_an_empty_cache_and_is_left_alone_for_a_moment():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        cache = ForgivingCache(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", PARAMS)
        began = time.monotonic()
        found = everything(cache)
        took = time.monotonic() - began
    assert found == ["none", {}, False, None, ["tries"], True, False, False, None, 7, None]
    assert took < 1.0, f"{took:.1f} s: each question waited anew"


def test_a_redis_that_is_full_is_an_empty_cache(redis_url):
    engine = Redis.from_url(redis_url)
    cache = caches["default"]
    cache.set("tries", 3)
    assert cache.get("tries") == 3
    engine.config_set("maxmemory", "1")
    try:
        cache.set("tries", 4)
        assert cache.add("lock", 1)
    finally:
        engine.config_set("maxmemory", "0")
    ForgivingCache._silent_until = 0.0
    assert cache.get("tries") == 3
    cache.set("tries", 5)
    assert cache.incr("tries") == 6
