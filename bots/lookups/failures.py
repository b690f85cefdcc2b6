"""Why a look-up gave no answer. The words are the administration's to find (frontend, lookupsText.ts)."""

from __future__ import annotations

from enum import StrEnum

from bots.turn import Outcome


class Kind(StrEnum):
    """One word for logs, metrics and screens; never anything that a source or a subscriber wrote."""

    # The source's: its breaker counts them.
    UNREACHED = "unreached"  # no such host, refused, or no connection in time
    TIMEOUT = "timeout"  # connected, and no whole answer in time
    CUT = "cut"  # the connection ended in the middle
    NOT_LET_IN = "password"  # our name or secret is not the source's; REST: 401, 403
    DATABASE = "database"  # no database of that name
    TLS = "tls"  # not encrypted as the settings want it, or the certificate is not the one
    STATUS = "status"  # REST: 5xx, 429
    REDIRECT = "redirect"  # REST: it leads elsewhere, where nobody follows
    TOO_LARGE = "too_large"  # REST: more than 256 KiB
    NO_JSON = "no_json"
    # The look-up's, or ours: the source is well.
    QUERY = "query"  # the database does not understand the query
    DENIED = "denied"  # the role may not read that
    WRITES = "writes"  # the query would change something
    REJECTED = "rejected"  # REST: another status of 4xx
    SHAPE = "shape"  # JSON, and not where the look-up has its rows
    MISSING = "missing"  # a value that the dialogue should have gathered
    FORBIDDEN = "forbidden"  # an address that look-ups may not reach
    OWN = "own"  # our own database
    SUPERUSER = "superuser"  # a role that may do everything there
    SEALED = "secret"  # sealed under another SECRET_KEY
    BUSY = "busy"  # all places for calls to it are taken
    OPEN = "open"  # it is left alone for a while
    UNKNOWN = "unknown"  # no look-up of that name
    DISABLED = "disabled"
    BROKEN = "broken"  # a mistake of ours; the log says where


FAULTS = frozenset({
    Kind.UNREACHED, Kind.TIMEOUT, Kind.CUT, Kind.NOT_LET_IN, Kind.DATABASE, Kind.TLS, Kind.STATUS, Kind.REDIRECT,
    Kind.TOO_LARGE, Kind.NO_JSON,
})  # fmt: skip


class LookUpFailed(Exception):
    """No answer. Its words are its kind's; `hint`: where in the query, or which status, for who writes the look-up."""

    def __init__(self, kind: Kind, hint: str = "") -> None:
        super().__init__(kind.value)
        self.kind = kind
        self.hint = hint

    @property
    def outcome(self) -> Outcome:
        if self.kind == Kind.TIMEOUT:
            return "timeout"
        return "refused" if self.kind == Kind.DISABLED else "failed"


class Nothing(Exception):
    """There can be nothing: what was written is no value of the kind that is asked for."""
