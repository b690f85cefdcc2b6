"""One source behind its breaker, as this process knows it: its calls, how many at once, and how it has fared."""

from __future__ import annotations

import concurrent.futures
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from bots.lookups.failures import FAULTS, Kind, LookUpFailed, Nothing
from bots.lookups.models import Definition, Source, SourceKind
from bots.lookups.source_settings import read_rest, read_sql
from bots.lookups.sql_pool import Pool
from bots.lookups.sql_run import know_ourselves
from bots.lookups.sql_text import read
from bots.lookups.values import Value
from bots.remote.breaker import Breaker, State
from bots.remote.loop import submitted
from common.errors import Invalid
from common.places import place_of
from common.secrets import CannotOpen, unseal

if TYPE_CHECKING:
    from bots.lookups.source_settings import SqlSettings

log = logging.getLogger(__name__)

MOST_AT_ONCE = 16  # calls of one process to one source; a turn that finds none free is told at once
_REMEMBERED = 500  # calls that the percentile is of
_SLACK_S = 0.25  # beyond the limit, for a loop that is late


@dataclass(frozen=True, slots=True)
class Facts:
    """state: answering, failing (the last call), open (its breaker; half open, too). failing_s: since when it fails;
    open_s: until it is tried again; error: the last failure's kind; p95_ms: of the last 500 calls."""

    state: str
    failing_s: float | None
    open_s: float | None
    error: str
    calls: int
    failures: dict[str, int]
    p95_ms: float | None


class Guarded:
    """Safe to share between threads."""

    def __init__(
        self, source: Source, breaker: Breaker | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.source = source
        self._breaker = breaker or Breaker(clock=clock)
        self._clock = clock
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._calls = 0
        self._failures: Counter[str] = Counter()
        self._took: deque[float] = deque(maxlen=_REMEMBERED)
        self._error = ""
        self._failing_since: float | None = None
        self._pool: Pool | None = None

    def ask(self, definition: Definition, bound: Mapping[str, Value]) -> list[dict[str, str]]:
        """The rows, within the look-up's time. Raises Nothing; LookUpFailed, at once while the source is left alone."""
        if not self._places.acquire(blocking=False):
            raise LookUpFailed(Kind.BUSY)
        try:
            leave = self._breaker.ask()
            if leave is None:
                raise LookUpFailed(Kind.OPEN)
            began = self._clock()
            failed: Kind | None = Kind.BROKEN
            try:
                rows = self._asked(definition, bound)
                failed = None
                return rows
            except Nothing:
                failed = None
                raise
            except LookUpFailed as failure:
                failed = failure.kind
                raise
            except Exception as error:  # its own words may quote the subscriber
                log.error("look-up %s: %s at %s", definition.name, type(error).__name__, place_of(error))
                raise LookUpFailed(Kind.BROKEN) from None
            finally:
                self._heard(began, failed)
                if failed in FAULTS:
                    if self._breaker.failed(leave):
                        log.error("source %s is left alone for %.0f s", self.source.id, self._breaker.open_for())
                elif self._breaker.succeeded(leave):
                    log.warning("source %s answers again", self.source.id)
        finally:
            self._places.release()

    def facts(self) -> Facts:
        state, open_s = self._breaker.state, self._breaker.open_for()
        with self._lock:
            said = "answering" if self._failing_since is None else "failing"
            return Facts(
                state="open" if state != State.CLOSED else said,
                failing_s=None if self._failing_since is None else self._clock() - self._failing_since,
                open_s=None if state == State.CLOSED else open_s,
                error=self._error,
                calls=self._calls,
                failures=dict(sorted(self._failures.items())),
                p95_ms=_p95_ms(self._took),
            )

    def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            submitted(pool.close())

    def _asked(self, definition: Definition, bound: Mapping[str, Value]) -> list[dict[str, str]]:
        seconds = definition.time_ms / 1000
        deadline = time.monotonic() + seconds
        call = submitted(self._call(definition, bound, deadline))
        try:
            return call.result(seconds + _SLACK_S)
        except (concurrent.futures.TimeoutError, concurrent.futures.CancelledError):
            call.cancel()
            raise LookUpFailed(Kind.TIMEOUT) from None

    def _call(
        self, definition: Definition, bound: Mapping[str, Value], deadline: float
    ) -> Coroutine[Any, Any, list[dict[str, str]]]:
        connect_s = self.source.connect_ms / 1000
        found = settings_of(self.source)
        if self.source.kind == SourceKind.SQL:
            know_ourselves()
            query = read(definition.query, [one["name"] for one in definition.parameters])
            return self._sql(found, query, bound, definition, deadline)
        from bots.lookups import rest_run

        return rest_run.ask(found, secret_of(self.source), definition, bound, connect_s=connect_s, deadline=deadline)

    async def _sql(
        self, found: SqlSettings, query: Any, bound: Mapping[str, Value], definition: Definition, deadline: float
    ) -> list[dict[str, str]]:
        if self._pool is None:
            self._pool = Pool(found, secret_of(self.source), self.source.connect_ms / 1000)
        return await self._pool.ask(query, bound, most_rows=definition.most_rows, deadline=deadline)

    def _heard(self, began: float, failed: Kind | None) -> None:
        with self._lock:
            now = self._clock()
            self._calls += 1
            self._took.append(now - began)
            if failed is not None:
                self._failures[failed.value] += 1
            if failed in FAULTS:
                self._error = str(failed)
                if self._failing_since is None:
                    self._failing_since = now
            else:
                self._failing_since = None


def settings_of(source: Source) -> Any:
    """SqlSettings or RestSettings. Raises LookUpFailed(BROKEN) for what an earlier version let through."""
    try:
        return read_sql(source.settings) if source.kind == SourceKind.SQL else read_rest(source.settings)
    except Invalid:
        raise LookUpFailed(Kind.BROKEN) from None


def secret_of(source: Source) -> str:
    """Raises LookUpFailed(SEALED)."""
    try:
        return unseal(source.secret)
    except CannotOpen:
        raise LookUpFailed(Kind.SEALED) from None


_guarded: dict[UUID, Guarded] = {}
_lock = threading.Lock()


def of(source: Source) -> Guarded:
    """The source's, the same for all threads; a source that was changed begins anew."""
    with _lock:
        known = _guarded.get(source.id)
        if known is not None and known.source.revision >= source.revision:
            return known
        fresh = _guarded[source.id] = Guarded(source)
    if known is not None:
        known.close()
    return fresh


def forget_one(source_id: UUID) -> None:
    """As if it had not been asked yet."""
    with _lock:
        former = _guarded.pop(source_id, None)
    if former is not None:
        former.close()


def forget() -> None:
    """All of them, as when the process began: for tests."""
    with _lock:
        former = list(_guarded.values())
        _guarded.clear()
    for one in former:
        one.close()


def _p95_ms(took: deque[float]) -> float | None:
    if not took:
        return None
    return round(1000 * sorted(took)[min(len(took) - 1, int(0.95 * len(took)))], 1)
