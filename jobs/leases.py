"""Leases by row, on the database's clock.

An advisory lock would be lost when PostgreSQL restarts and kept by a hung process: wrong both ways.
The statements are plain SQL so that the asyncio processes (raw connections) and Django share them.
"""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass
from datetime import datetime

# (epoch, when the lease before ran out). A new owner gets a higher epoch. The same owner name takes its own lease back
# at once, also with a higher epoch: its supervisor has reaped the old process. Anybody else waits for the expiry.
TAKE = """
insert into jobs_lease as held (name, owner, epoch, expires_at)
values (%(name)s, %(owner)s, 1, clock_timestamp() + make_interval(secs => %(seconds)s))
on conflict (name) do update
    set owner = excluded.owner, epoch = held.epoch + 1, expires_at = excluded.expires_at
    where held.owner = excluded.owner or held.expires_at <= clock_timestamp()
returning epoch, old.expires_at
"""
RENEW = """
update jobs_lease set expires_at = clock_timestamp() + make_interval(secs => %(seconds)s)
where name = %(name)s and owner = %(owner)s and epoch = %(epoch)s and expires_at > clock_timestamp()
returning epoch
"""
GIVE_BACK = """
update jobs_lease set expires_at = clock_timestamp()
where name = %(name)s and owner = %(owner)s and epoch = %(epoch)s
"""
# True while the lease is still ours, to stand inside the statements that act under it.
STILL_OURS = """exists (select from jobs_lease where name = %(lease)s and epoch = %(epoch)s
    and owner = %(owner)s and expires_at > clock_timestamp())"""


@dataclass(frozen=True, slots=True)
class HeldLease:
    """A lease that we hold. `deadline` is on the clock of `ticking`, counted from BEFORE the statement that granted
    it was sent, so it never outlasts the database's own idea."""

    name: str
    owner: str
    epoch: int
    deadline: float
    former_until: datetime | None = None  # when the lease before this one ran out, or would have; None: the first

    def left(self) -> float:
        """Seconds for which it is surely ours. A process that was stopped and goes on learns here that it is not."""
        return self.deadline - ticking()


def ticking() -> float:
    """Seconds on a clock that nobody sets, no event loop caches, and that goes on while the machine sleeps: a laptop
    that is opened again must not take the leases of the evening before for its own."""
    return time.clock_gettime(_CLOCK)


# Linux's CLOCK_MONOTONIC stands still while the machine is suspended; macOS's does not.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def owner_name(process: str) -> str:
    """Who we are on a lease. A supervisor that reaps its children gives a name that outlives them (PALABRE_OWNER),
    so that a restarted process takes its own leases back at once; any other process is a stranger."""
    given = os.environ.get("PALABRE_OWNER", "")
    return f"{process}@{given or f'{socket.gethostname()}:{os.getpid()}:{os.urandom(4).hex()}'}"[:120]
