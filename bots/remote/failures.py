"""Why a server gave no answer that may be used."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """One word for logs, metrics and the health page; never anything that a server or a subscriber wrote."""

    UNREACHED = "unreached"  # refused, no such host, or no connection in time: nothing was sent
    TIMEOUT = "timeout"  # sent, and no whole answer in time
    CUT = "cut"  # the connection ended in the middle, or what came is no HTTP
    UNAUTHORISED = "token"  # 401, 403: the token is not the server's
    REFUSED = "refused"  # 400: it cannot read what we send
    STORE = "store"  # 503: its lock store or tracker store is away
    STATUS = "status"  # any other status than 200
    TOO_LARGE = "too_large"
    NO_JSON = "no_json"
    SHAPE = "shape"  # JSON, and not what was agreed
    OTHER_BOT = "other_bot"  # it answers for a bot of another name
    OTHER_FILES = "other_files"  # an intent that the bot's files do not know: trained from others
    SILENT = "silent"  # 200, and nothing to say
    BROKEN = "broken"  # a mistake of ours
    # From here on nothing is wrong with the server: it was not asked, or keeps one conversation to itself.
    PAUSED = "paused"
    BUSY = "busy"  # as many calls as may be are under way
    OPEN = "open"  # its breaker is


NO_FAULT = frozenset({Kind.PAUSED, Kind.BUSY, Kind.OPEN})


class ServerFailed(Exception):
    """No answer, or none that may be used: whoever asked takes the turn without it. Its words are its kind's."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind.value)
        self.kind = kind
