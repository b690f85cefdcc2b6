"""Asking a PostgreSQL that is not ours: read only, bound values, bounded in time, rows and characters.

    connect     to the address that was looked at; never to our own database, never as a superuser
    begin       read only, with the server's own time limits
    ask         the query stands within ours, which cuts rows and characters: nothing that changes anything may stand
                there, and the extended protocol takes one statement only
    roll back   always: what a query could have set is gone

Beyond the deadline the connection's socket is shut, whatever the server does.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import ssl
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import connection as ours

from bots.lookups.destinations import resolve
from bots.lookups.failures import Kind, LookUpFailed
from bots.lookups.source_settings import SqlSettings
from bots.lookups.sql_text import Query
from bots.lookups.values import Value

if TYPE_CHECKING:
    import psycopg

LONGEST_VALUE = 300  # characters; the rest is cut
_SERVER_MARGIN_S = 0.05  # the server ends a query a little before we would end the connection

_BEGIN = """begin transaction isolation level repeatable read read only;
set local statement_timeout = {ms}; set local lock_timeout = {lock_ms};
set local idle_in_transaction_session_timeout = 5000; set local search_path to default"""

# Each row as one text, so that neither the types of their systems nor their sizes are ours to handle.
_AROUND = """select (select json_object_agg(one.key, left(one.value, ${longest}))
        from json_each_text(row_to_json(found)) as one)::text
from (
{query}
) as found limit ${rows}"""

_WHO = """
select rolsuper or exists (
        select from pg_roles able where able.rolname in ('pg_execute_server_program', 'pg_read_server_files',
            'pg_write_server_files') and pg_has_role(current_user, able.oid, 'member')),
       has_function_privilege('pg_control_system()', 'execute'), current_database()
from pg_roles where rolname = current_user
"""
MAY_WRITE = """
select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'f') and n.nspname <> all (array['pg_catalog', 'information_schema'])
  and has_schema_privilege(n.oid, 'usage')
  and has_table_privilege(c.oid, 'insert, update, delete, truncate')
"""


async def connect(found: SqlSettings, secret: str, *, connect_s: float) -> psycopg.AsyncConnection[Any]:
    """A new connection that may be asked. Raises LookUpFailed."""
    import psycopg

    try:
        async with asyncio.timeout(connect_s):
            address = await resolve(found.host, found.port)
            _refuse_ours_by_name(found, address)
            connection = await psycopg.AsyncConnection.connect(
                host=found.host, hostaddr=address, port=found.port, dbname=found.database, user=found.user,
                password=secret, passfile="/dev/null", sslmode=found.sslmode, gssencmode="disable",
                sslrootcert=_root_file(found), application_name="palabre look-ups", client_encoding="UTF8",
                connect_timeout=5, autocommit=True, prepare_threshold=None,
            )  # fmt: skip
    except TimeoutError:
        raise LookUpFailed(Kind.UNREACHED) from None
    except psycopg.Error as error:
        raise LookUpFailed(_why_not_connected(error)) from None
    try:
        async with _shut_after(connection, connect_s):
            await _judge(connection)
    except psycopg.Error:
        await close(connection)
        raise LookUpFailed(Kind.CUT) from None
    except BaseException:
        await close(connection)
        raise
    return connection


async def _judge(connection: psycopg.AsyncConnection[Any]) -> None:
    """Raises LookUpFailed(SUPERUSER), LookUpFailed(OWN)."""
    row = await (await connection.execute(_WHO)).fetchone()
    if row is None or row[0]:
        raise LookUpFailed(Kind.SUPERUSER)
    if row[1]:  # where it may not be asked, names and addresses have been compared before
        told = await (await connection.execute("select system_identifier from pg_control_system()")).fetchone()
        if told and _ourselves() == (told[0], row[2]):
            raise LookUpFailed(Kind.OWN)


async def ask(
    connection: psycopg.AsyncConnection[Any],
    query: Query,
    bound: Mapping[str, Value],
    *,
    most_rows: int,
    deadline: float,
) -> list[dict[str, str]]:
    """The rows, at most `most_rows`, by `deadline` (time.monotonic). Raises LookUpFailed; a connection that did not end
    well is closed."""
    import psycopg

    left = deadline - time.monotonic()
    ms = max(1, int(1000 * (left - _SERVER_MARGIN_S)))
    count = len(query.names)
    text = _AROUND.format(query=query.text, rows=count + 1, longest=count + 2)
    values = [*(bound[name] for name in query.names), most_rows, LONGEST_VALUE]
    try:
        async with _shut_after(connection, left):
            try:
                await connection.execute(_BEGIN.format(ms=ms, lock_ms=max(1, ms // 2)))
                cursor = psycopg.AsyncRawCursor(connection)
                # Values always go along, so it is one statement by the protocol itself.
                await cursor.execute(text.encode(), values)
                rows = await cursor.fetchmany(most_rows)
            finally:
                if not connection.closed and not connection.broken:
                    await connection.rollback()
    except psycopg.Error as error:
        raise LookUpFailed(*_why_not_asked(error, over=time.monotonic() >= deadline)) from None
    return [_row(row[0]) for row in rows]


async def may_write(connection: psycopg.AsyncConnection[Any]) -> int:
    """How many tables the role may change. Raises LookUpFailed."""
    import psycopg

    try:
        async with _shut_after(connection, 2.0):
            row = await (await connection.execute(MAY_WRITE)).fetchone()
    except psycopg.Error:
        raise LookUpFailed(Kind.CUT) from None
    return int(row[0]) if row else 0


def is_at_rest(connection: psycopg.AsyncConnection[Any]) -> bool:
    """Whether it may be used again: it lives, and no transaction is open on it."""
    return not connection.closed and connection.info.transaction_status == 0


async def close(connection: psycopg.AsyncConnection[Any]) -> None:
    with suppress(Exception):
        await connection.close()


@asynccontextmanager
async def _shut_after(connection: psycopg.AsyncConnection[Any], seconds: float) -> AsyncIterator[None]:
    """A server that is stopped keeps its connections and says nothing: the socket is shut, and whoever waits for it is
    told at once. Cancelling would ask that same server first."""
    timer = asyncio.get_running_loop().call_later(max(0.0, seconds), _shut, connection)
    try:
        yield
    finally:
        timer.cancel()


def _shut(connection: psycopg.AsyncConnection[Any]) -> None:
    with suppress(Exception), socket.socket(fileno=os.dup(connection.fileno())) as one:
        one.shutdown(socket.SHUT_RDWR)


def _row(text: str | None) -> dict[str, str]:
    found = json.loads(text) if text else {}
    return {str(name): "" if value is None else clean(str(value)) for name, value in found.items()}


def clean(value: str) -> str:
    """On one line, as it may stand in a text: what their system stores is not ours to trust."""
    return " ".join("".join(one if one.isprintable() else " " for one in value[:LONGEST_VALUE]).split())


# --- Whom we talk to -------------------------------------------------------------------------------------------------

_known: list[tuple[int, str]] = []


def know_ourselves() -> None:
    """Which database is ours, whatever names and ways lead to it. Asked once, by a thread that may ask."""
    if not _known or settings.MODE == "test":
        with ours.cursor() as cursor:
            cursor.execute("select (select system_identifier from pg_control_system()), current_database()")
            _known[:] = [cursor.fetchone()]


def _ourselves() -> tuple[int, str] | None:
    return _known[0] if _known else None


def _refuse_ours_by_name(found: SqlSettings, address: str) -> None:
    """Before anything is sent there: where a proxy hides it, `_judge` sees it. Raises LookUpFailed(OWN)."""
    mine = settings.DATABASES["default"]
    hosts = {str(mine["HOST"]), urlsplit(settings.DATABASE_OWNER_URL).hostname or ""}
    names = {str(ours.settings_dict["NAME"]), unquote(urlsplit(settings.DATABASE_OWNER_URL).path.lstrip("/"))}
    if found.database in names and str(found.port) == str(mine["PORT"]) and {found.host, address} & hosts:
        raise LookUpFailed(Kind.OWN)


def _root_file(found: SqlSettings) -> str:
    """libpq reads authorities from a file only."""
    if not found.authority:
        # Of the system's, where the mode asks for one at all.
        return (ssl.get_default_verify_paths().cafile or "system") if found.sslmode.startswith("verify") else ""
    place = Path(settings.STATE) / "authorities" / f"{sha256(found.authority.encode()).hexdigest()}.pem"
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not place.exists() or place.read_text() != found.authority:
        with tempfile.NamedTemporaryFile("w", dir=place.parent, delete=False) as draft:
            draft.write(found.authority)
        Path(draft.name).rename(place)
    return str(place)


# --- What went wrong --------------------------------------------------------------------------------------------------


def _why_not_connected(error: psycopg.Error) -> Kind:
    """libpq says much in words alone; they are looked at here and told to nobody."""
    import psycopg

    said = str(error).lower()
    if isinstance(error, psycopg.errors.ConnectionTimeout):
        return Kind.UNREACHED
    if "ssl" in said or "certificate" in said or ("pg_hba.conf" in said and "encryption" in said):
        return Kind.TLS
    if "password" in said or "authentication" in said or "pg_hba.conf" in said or 'role "' in said:
        return Kind.NOT_LET_IN
    if 'database "' in said:
        return Kind.DATABASE
    return Kind.UNREACHED


def _why_not_asked(error: psycopg.Error, *, over: bool) -> tuple[Kind, str]:
    import psycopg

    place = error.diag.statement_position or ""
    state = error.sqlstate or ""
    if over or isinstance(error, psycopg.errors.QueryCanceled | psycopg.errors.LockNotAvailable):
        return Kind.TIMEOUT, ""
    if state == "25006":
        return Kind.WRITES, ""
    if state == "42501":
        return Kind.DENIED, ""
    if state[:2] in ("42", "22", "0A", "21", "54", "25", "P0", "2F", "38", "39"):
        # The server's own first line names columns and tables of who wrote the query; values may stand in class 22.
        words = (error.diag.message_primary or "") if state[:2] == "42" else ""
        return Kind.QUERY, f"{state} {words}".strip()[:200] if place or words else state
    if not state or state[:2] in ("08", "57"):
        return Kind.CUT, ""
    return Kind.QUERY, state
