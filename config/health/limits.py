"""What each check measures, in which unit, and from where on it is a warning or red. One table, and the verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"  # look at it today
    RED = "red"  # people or texts wait because of it, or soon will


@dataclass(frozen=True, slots=True)
class Limit:
    """`warning` and `red`: the smallest value that is one (the largest, where `falling`). None: never."""

    unit: str  # s, count, months, percent
    warning: float | None = None
    red: float | None = None
    falling: bool = False

    def level(self, value: float) -> Level:
        for bound, level in ((self.red, Level.RED), (self.warning, Level.WARNING)):
            if bound is not None and (value <= bound if self.falling else value >= bound):
                return level
        return Level.OK


# A literal type: the front end's build fails where a check has no words in a language.
CheckName = Literal[
    "database", "link", "routing_lease", "inbound_unhandled", "outbound_ready", "outbound_under_way",
    "deliveries_unknown", "inbound_unreadable", "receipts_parked", "jobs_due", "jobs_failed", "partitions_ahead",
    "oldest_transaction", "clock", "redis", "webhooks_waiting", "disk_free", "bot_server", "bot_version",
    "look_up_source",
]  # fmt: skip
LIMITS: dict[CheckName, Limit] = {
    "database": Limit("s", 0.5, 2),  # of one question and its answer
    "oldest_transaction": Limit("s", 300, 1800),  # vacuum stands still behind it, and queues bloat
    "clock": Limit("s", 2, 30),  # between this machine and the database, whose clock decides
    "redis": Limit("s", 0.5, 2),
    # Months after this one that every table has, up to the first that one lacks: the sweep keeps three. -1: the present
    # month is missing.
    "partitions_ahead": Limit("months", None, 1, falling=True),
    "inbound_unhandled": Limit("s", 5, 30),  # the oldest text that nobody has decided about
    "inbound_unreadable": Limit("count", 1),  # in 24 h
    "outbound_ready": Limit("s", 30, 300),  # the oldest message that is due and not taken
    "outbound_under_way": Limit("s", 60, 600),  # taken, and neither answered nor given up
    "deliveries_unknown": Limit("count", 1),  # in 24 h: perhaps sent; never sent again by itself
    "receipts_parked": Limit("count"),  # in 24 h: receipts that fit no message of ours
    "link": Limit("s", 0, 60),  # enabled, and not connected for so long
    "routing_lease": Limit("s", 0, 15),  # nobody has assigned conversations for so long
    "bot_server": Limit("s", 0),  # it fails for so long: the embedded engine answers meanwhile
    "bot_version": Limit("count", 1),  # published, and cannot be made: the one before goes on talking
    "look_up_source": Limit("s", 0),  # it fails for so long: bots say that they cannot tell now
    "jobs_due": Limit("s", 60, 600),  # the oldest job that should have begun
    "jobs_failed": Limit("count", 1),  # in 24 h
    "webhooks_waiting": Limit("s", 30, 300),  # the oldest that a provider has told us and is not stored
    "disk_free": Limit("percent", 15, 5, falling=True),  # where data and logs are
}


Facts = dict[str, int | float | str | bool | None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's answer. `value` is None where nothing could be measured: then `level` says why enough.

    `of` is what it is about: a link's id, an organisation's; "" for the whole. `facts` hold numbers and states,
    `words` a reason that a system gave.
    """

    check: CheckName
    level: Level
    value: float | None
    of: str = ""
    name: str = ""
    words: str = ""
    facts: Facts = field(default_factory=dict)

    @property
    def unit(self) -> str:
        return LIMITS[self.check].unit


def measured(
    check: CheckName, value: float, *, of: str = "", name: str = "", words: str = "", facts: Facts | None = None
) -> Finding:
    return Finding(check, LIMITS[check].level(value), round(value, 3), of, name, words, facts or {})


def unanswered(check: CheckName, words: str) -> Finding:
    """Not measured, which is as bad as it gets: nobody knows."""
    return Finding(check, Level.RED, None, words=words)


def verdict(findings: Iterable[Finding]) -> Level:
    worst = Level.OK
    for finding in findings:
        if finding.level == Level.RED:
            return Level.RED
        if finding.level == Level.WARNING:
            worst = Level.WARNING
    return worst
