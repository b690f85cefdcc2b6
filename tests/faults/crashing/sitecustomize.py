"""Kills the gateway of a test at a named point of sending, so that the product itself need not know of any.

A directory with this file stands first on the PYTHONPATH of a product that a test has started; Python imports it by
its name in each process. The file `run/crash` of the state directory names the point; it is taken away when the
process dies there, so that the next one lives.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

ARMED = Path(os.environ.get("PALABRE_STATE", ".")) / "run" / "crash"
SUBMIT_SM, SUBMIT_SM_RESP = 0x00000004, 0x80000004
READ_S = 0.1  # for the operator to read what was written: a reset connection may take unread octets with it


def armed(point: str) -> bool:
    try:
        return ARMED.read_text() == point
    except OSError:
        return False


def die() -> None:
    ARMED.unlink()
    os.kill(os.getpid(), signal.SIGKILL)


def around_the_claim(link_owner: Any) -> None:
    claim = link_owner.claim

    async def crashing(connection: Any, **told: Any) -> Any:
        if armed("before attempt commit"):
            async with connection.transaction():
                parts = await claim(connection, **told)
                if parts:
                    die()
            return parts
        parts = await claim(connection, **told)
        if parts and armed("after attempt commit"):
            die()
        return parts

    link_owner.claim = crashing


def around_the_write(outbox: Any) -> None:
    flush = outbox.Outbox.flush

    def crashing(self: Any) -> None:
        half, whole = armed("half PDU written"), armed("PDU written")
        if (half or whole) and self._transport is not None:
            before = 0
            for octets in self._queue:
                if int.from_bytes(octets[4:8], "big") == SUBMIT_SM:
                    data = b"".join(self._queue)
                    if half:
                        data = data[: before + len(octets) // 2]
                    os.write(self._transport.get_extra_info("socket").fileno(), data)
                    time.sleep(READ_S)
                    die()
                before += len(octets)
        flush(self)

    outbox.Outbox.flush = crashing


def around_the_answer(session: Any) -> None:
    take = session.Session._take_answer

    def crashing(self: Any, frame: Any) -> None:
        if frame.command == SUBMIT_SM_RESP and armed("response read"):
            die()
        take(self, frame)

    session.Session._take_answer = crashing


def around_the_result(results: Any) -> None:
    store = results.store_results

    async def crashing(connection: Any, *, outcomes: Sequence[Any], **told: Any) -> Any:
        named = any(outcome.provider_ids for outcome in outcomes)
        if named and armed("before result commit"):
            async with connection.transaction():
                await store(connection, outcomes=outcomes, **told)
                die()
        touched = await store(connection, outcomes=outcomes, **told)
        if named and armed("after result commit"):
            die()
        return touched

    results.store_results = crashing


PATCHES: dict[str, Callable[[Any], None]] = {
    "conversations.link_owner": around_the_claim,
    "channels_sms.smpp.outbox": around_the_write,
    "channels_sms.smpp.session": around_the_answer,
    "conversations.results": around_the_result,
}


class Patcher(importlib.abc.MetaPathFinder):
    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in PATCHES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def then_patch(module: ModuleType) -> None:
                execute(module)
                PATCHES[name](module)

            spec.loader.exec_module = then_patch  # this one loader, not its class
        return spec


if "gateway" in sys.orig_argv:
    sys.meta_path.insert(0, Patcher())
