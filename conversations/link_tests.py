"""Trying a link for an administrator, step by step, in a gateway: it stands where links are connected from.

A link that is connected is not connected a second time: many operators let an account in only once, and some throw the
first connection out when a second comes. Its running connection is asked for a sign of life instead.

A step is {"step", "result", "code", "facts"}: what was tried ("name", "tcp", "tls", "bind", "enquire"), how it ended
("ok", "failed", "skipped"), which words say so, and what they speak of. The words are the screen's.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import psycopg

from common.waiting import rung
from conversations.adapters import LinkConfig
from conversations.intake import connect
from conversations.patience import cut_after

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
MOST_S = 45.0  # of one test; less than it takes to be given up (link_control.TEST_S)
SILENCE_S = 5.0  # of the database

Step = dict[str, Any]
Steps = AsyncIterator[Step]

# Whoever owns the link tries it; one that nobody owns is tried by anybody.
_TAKE = """
update conversations_linktest set begun_at = clock_timestamp() where id = (
    select test.id from conversations_linktest test
    where test.begun_at is null and test.asked_at > clock_timestamp() - interval '60 seconds'
      and (test.link_id = any(%(ours)s::uuid[]) or not exists (
          select from jobs_lease where name = 'link:' || test.link_id and expires_at > clock_timestamp()))
    order by test.id limit 1 for update skip locked)
returning id, link_id
"""
_TELL = """
update conversations_linktest
set steps = %(steps)s::jsonb, ended_at = case when %(ended)s then clock_timestamp() end where id = %(test)s
"""


class LinkTests:
    """`ours`: the links that this process owns. `steps(link_id)`: how a link is tried; raises ValueError in words."""

    def __init__(
        self, dsn: str, *, ours: Callable[[], list[UUID]], steps: Callable[[UUID, psycopg.AsyncConnection[Any]], Steps]
    ) -> None:
        self._dsn = dsn
        self._ours = ours
        self._steps = steps
        self._asked = asyncio.Event()

    def wake(self) -> None:
        self._asked.set()

    async def run(self) -> None:
        """Until cancelled, one after the other: they are few, and each takes a moment."""
        while True:
            try:
                async with await connect(self._dsn) as connection:
                    while True:
                        self._asked.clear()
                        with cut_after(connection, SILENCE_S):
                            found = await (await connection.execute(_TAKE, {"ours": self._ours()})).fetchone()
                        if found is None:
                            await rung(self._asked, LOOK_EVERY_S)
                        else:
                            await self._try(connection, *found)
            except (psycopg.Error, OSError) as error:
                log.warning("no link can be tried: %s", type(error).__name__)
                await asyncio.sleep(LOOK_EVERY_S)

    async def _try(self, connection: psycopg.AsyncConnection[Any], test: UUID, link_id: UUID) -> None:
        done: list[Step] = []
        try:
            async with asyncio.timeout(MOST_S):
                async for one in self._steps(link_id, connection):
                    done.append(one)
                    await self._tell(connection, test, done, ended=False)
        except TimeoutError:
            done.append(step("end", "failed", "too_long", seconds=MOST_S))
        except (psycopg.Error, OSError):
            raise
        except ValueError as error:  # settings that cannot be used, a secret that cannot be opened
            done.append(step("settings", "failed", "settings", detail=str(error)[:200]))
        except Exception as error:
            log.exception("link %s could not be tried", link_id)
            done.append(step("end", "failed", "fault", detail=type(error).__name__))
        await self._tell(connection, test, done, ended=True)

    async def _tell(
        self, connection: psycopg.AsyncConnection[Any], test: UUID, done: list[Step], *, ended: bool
    ) -> None:
        with cut_after(connection, SILENCE_S):
            await connection.execute(_TELL, {"steps": json.dumps(done), "ended": ended, "test": test})


def step(name: str, result: str, code: str, **facts: Any) -> Step:
    return {"step": name, "result": result, "code": code, "facts": facts}


async def steps_of(adapter: Any, config: LinkConfig, running: Any) -> Steps:
    """How a link of this adapter is tried; `running`: the adapter at work, where the link is connected here.

    An adapter says how by `probe(config, running)`; one that does not cannot be tried.
    """
    probe = getattr(adapter, "probe", None)
    if probe is None:
        yield step("end", "skipped", "no_probe")
        return
    async for one in probe(config, running):
        yield one
