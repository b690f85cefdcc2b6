"""Trying a link step by step, for an administrator: name, TCP, TLS, bind, enquire_link.

A running link is left alone: it is not bound a second time (many operators let an account in once, and some end the
first connection when a second comes), but asked for a sign of life over the connection that it has. A connection of our
own takes no text: whatever the operator offers during that moment is answered "not now", and it keeps it.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from channels_sms.smpp import codes, pdu
from channels_sms.smpp.connection import Connection
from channels_sms.smpp.framing import Frame
from channels_sms.smpp.requests import BIND_ANSWERS
from channels_sms.smpp.session import NoAnswer, Session, SessionError, Timing
from channels_sms.smpp.settings import SmppSettings

CONNECT_S = 10.0
NAME_S = 10.0
ANSWER_S = 10.0
_EXPIRED, _OTHER_NAME = 10, 62  # X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_HOSTNAME_MISMATCH
_BIND_CODES = {
    codes.INVALID_PASSWORD: "password",
    codes.INVALID_SYSTEM_ID: "system_id",
    codes.BIND_FAILED: "account",
    codes.ALREADY_BOUND: "already_bound",
    codes.WRONG_BIND_STATE: "kind",
    codes.INVALID_COMMAND_ID: "kind",
    codes.SYSTEM_ERROR: "busy",
    codes.QUEUE_FULL: "busy",
    codes.THROTTLED: "busy",
}

Step = dict[str, Any]


class _Failed(Exception):
    def __init__(self, step: Step) -> None:
        super().__init__(step["code"])
        self.step = step


class _Deaf:
    """The handler of a session that takes nothing."""

    def request(self, session: Session, frame: Frame) -> None:
        session.respond(frame, codes.TEMPORARY)

    def late(self, session: Session, context: Any, frame: Frame) -> None:
        pass

    def proved(self, session: Session, mark: int) -> None:
        pass

    def changed(self, session: Session) -> None:
        pass


async def probe(settings: SmppSettings, running: list[Connection]) -> AsyncIterator[Step]:
    """The steps as they end; after one that failed there are no more. `running`: the binds of the link at work."""
    stream: socket.socket | None = None
    try:
        addresses, told = await _name(settings)
        yield told
        stream, told = await _tcp(settings, addresses)
        yield told
        bound = [one for one in running if one.bound]
        if bound:
            if settings.tls:
                yield await _tls_alone(settings, stream)
            yield _connected(len(bound), running)
            yield await _enquire(bound[0].session)
            return
        async for told in _own(settings, stream):
            yield told
    except _Failed as end:
        yield end.step
    finally:
        if stream is not None:
            stream.close()


async def _name(settings: SmppSettings) -> tuple[list[Any], Step]:
    began = time.monotonic()
    try:
        async with asyncio.timeout(NAME_S):
            found = await asyncio.get_running_loop().getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
    except TimeoutError:
        raise _Failed(_step("name", "failed", "name_silent", host=settings.host)) from None
    except OSError:
        raise _Failed(_step("name", "failed", "no_name", host=settings.host)) from None
    addresses = ", ".join(dict.fromkeys(str(one[4][0]) for one in found[:4]))
    code = "address" if addresses == settings.host else "name"
    return found, _step("name", "ok", code, host=settings.host, addresses=addresses, ms=_ms(began))


async def _tcp(settings: SmppSettings, addresses: list[Any]) -> tuple[socket.socket, Step]:
    """Each address in turn; what the last one said is told."""
    where = f"{settings.host}:{settings.port}"
    failed = _step("tcp", "failed", "unreachable", where=where)
    for family, kind, protocol, _, address in addresses:
        began = time.monotonic()
        stream = socket.socket(family, kind, protocol)
        stream.setblocking(False)
        try:
            async with asyncio.timeout(CONNECT_S):
                await asyncio.get_running_loop().sock_connect(stream, address)
        except TimeoutError:
            stream.close()
            failed = _step("tcp", "failed", "silent", where=where, seconds=CONNECT_S)
        except ConnectionRefusedError:
            stream.close()
            failed = _step("tcp", "failed", "refused", where=where)
        except OSError as error:
            stream.close()
            failed = _step("tcp", "failed", "unreachable", where=where, detail=error.strerror or str(error))
        else:
            return stream, _step("tcp", "ok", "tcp", where=where, address=str(address[0]), ms=_ms(began))
    raise _Failed(failed)


def _context(settings: SmppSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cadata=settings.tls_ca or None)
    except (ssl.SSLError, ValueError):
        raise _Failed(_step("tls", "failed", "authority")) from None


async def _tls_alone(settings: SmppSettings, stream: socket.socket) -> Step:
    session, told = await _open(settings, stream)
    session.close("tried")
    return told or _step("tls", "skipped", "no_tls")


async def _open(settings: SmppSettings, stream: socket.socket) -> tuple[Session, Step | None]:
    """A session that is connected and not bound, and what is to be told of TLS."""
    context = _context(settings) if settings.tls else None  # before the stream is handed over
    timing = Timing(response=ANSWER_S, unbind=2.0)
    began = time.monotonic()
    handed = socket.socket(fileno=stream.detach())  # the loop's now: it closes it, and nobody else may
    try:
        async with asyncio.timeout(CONNECT_S):
            _, session = await asyncio.get_running_loop().create_connection(
                lambda: Session(_Deaf(), timing=timing),
                sock=handed,
                ssl=context,
                server_hostname=settings.host if context else None,
            )
    except TimeoutError:
        raise _Failed(_step("tls", "failed", "tls_silent", seconds=CONNECT_S)) from None
    except ssl.SSLCertVerificationError as error:
        code = {_EXPIRED: "expired", _OTHER_NAME: "other_name"}.get(error.verify_code, "untrusted")
        raise _Failed(_step("tls", "failed", code, host=settings.host, detail=error.verify_message)) from None
    except (ssl.SSLError, OSError) as error:
        raise _Failed(_step("tls", "failed", "no_tls_there", detail=_reason(error))) from None
    if context is None:
        return session, None
    return session, _step("tls", "ok", "tls", ms=_ms(began), **_certificate(session))


def _certificate(session: Session) -> dict[str, Any]:
    secured = session.secured()
    if secured is None:
        return {"version": "", "until": None}
    ends = (secured.getpeercert() or {}).get("notAfter")
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(ends)), UTC).date().isoformat() if ends else None
    return {"version": secured.version() or "", "until": until}


async def _own(settings: SmppSettings, stream: socket.socket) -> AsyncIterator[Step]:
    session, told = await _open(settings, stream)
    try:
        if told is not None:
            yield told
        yield await _bind(settings, session)
        yield await _enquire(session)
        await session.leave(patience=1.0)
    finally:
        session.close("tried")


async def _bind(settings: SmppSettings, session: Session) -> Step:
    began = time.monotonic()
    command = settings.commands[0]
    try:
        answer = await session.request(command, settings.bind_body())
    except SessionError as error:
        silent = isinstance(error, NoAnswer) and session.state != "closed"
        # An operator that wants TLS ends a connection without it at the first PDU.
        code = "bind_silent" if silent else "bind_cut" if settings.tls else "bind_cut_plain"
        raise _Failed(_step("bind", "failed", code, seconds=ANSWER_S)) from None
    if answer.status != codes.OK or answer.command not in BIND_ANSWERS:
        status = answer.status or codes.INVALID_COMMAND_ID
        code = _BIND_CODES.get(status, "bind_refused")
        raise _Failed(_step("bind", "failed", code, system_id=settings.system_id, detail=codes.in_words(status)))
    peer = ""
    with suppress(pdu.MalformedPdu):
        peer = pdu.decode_message_id(answer.octets)[:32]
    kind = codes.COMMAND_NAMES[command].removeprefix("bind_")
    return _step("bind", "ok", "bound", peer=peer, kind=kind, system_id=settings.system_id, ms=_ms(began))


async def _enquire(session: Session | None) -> Step:
    began = time.monotonic()
    try:
        if session is None:
            raise SessionError("the session has ended")
        async with asyncio.timeout(ANSWER_S):
            await session.request(codes.ENQUIRE_LINK)
    except (SessionError, TimeoutError):
        raise _Failed(_step("enquire", "failed", "enquire_silent", seconds=ANSWER_S)) from None
    return _step("enquire", "ok", "alive", ms=_ms(began))


def _connected(bound: int, running: list[Connection]) -> Step:
    """Not tried, for the link is connected. Where the operator lets in fewer binds than are wanted, that is said."""
    if bound < len(running):
        return _step("bind", "failed", "fewer_binds", bound=bound, of=len(running))
    return _step("bind", "skipped", "connected", bound=bound, of=len(running))


def _step(name: str, result: str, code: str, **facts: Any) -> Step:
    return {"step": name, "result": result, "code": code, "facts": facts}


def _ms(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 1)


def _reason(error: OSError) -> str:
    return (getattr(error, "reason", "") or error.strerror or str(error))[:100]
