"""One TCP session with a customer (ESME): SMPP 3.4 as an operator speaks it."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Protocol, cast

from simulator import codec
from simulator.keeping import Item

_BIND_SECONDS = 30.0
_ANSWER_SECONDS = 10.0
_REMEMBERED = 2_000
_MODES = {"bind_transmitter": "tx", "bind_receiver": "rx", "bind_transceiver": "trx"}
_numbers = itertools.count(1)


class Operator(Protocol):
    """What a session asks of the operator that it is bound to."""

    id: str
    name: str

    def submitted(self, session: Session, pdu: codec.Pdu) -> None: ...
    def queried(self, session: Session, pdu: codec.Pdu) -> None: ...
    def answered(self, session: Session, item: Item, pdu: codec.Pdu, *, late: bool) -> None: ...
    def left(self, session: Session) -> None: ...
    def wake(self) -> None: ...
    @property
    def enquire_s(self) -> float: ...
    @property
    def response_timeout_s(self) -> float: ...
    @property
    def ignore_enquiries(self) -> bool: ...
    @property
    def by_data_sm(self) -> bool: ...


class Desk(Protocol):
    """Who a session turns to before it is bound, and for the ledger."""

    def admit(self, session: Session, pdu: codec.Pdu) -> tuple[int, Operator | None]: ...
    def record(self, **row: Any) -> int: ...
    def opened(self, session: Session) -> None: ...
    def closed(self, session: Session) -> None: ...


class Session(asyncio.Protocol):
    def __init__(self, desk: Desk) -> None:
        self.id = f"s{next(_numbers)}"
        self.mode = ""
        self.operator: Operator | None = None
        self.outstanding: OrderedDict[int, tuple[Item, float]] = OrderedDict()
        self.since = time.time()
        self.writable = True
        self._desk = desk
        self._frames = codec.Frames()
        self._transport: asyncio.Transport | None = None
        self._out: list[bytes] = []
        self._sequence = 0
        self._heard = self._opened = time.monotonic()
        self._asked: float | None = None
        # Sequence numbers that were answered, or given up, and whose text may still be meant by an answer.
        self._past: OrderedDict[int, Item] = OrderedDict()
        self._handlers: dict[str, Callable[[codec.Pdu], None]] = {
            "submit_sm": self._on_submit,
            "data_sm": self._on_submit,
            "query_sm": self._on_query,
            "enquire_link": self._on_enquire,
            "enquire_link_resp": self._on_alive,
            "unbind": self._on_unbind,
            "unbind_resp": self._on_unbound,
            "deliver_sm_resp": self._on_answer,
            "data_sm_resp": self._on_answer,
            "generic_nack": self._on_answer,
            **dict.fromkeys(_MODES, self._on_bind),
        }

    # --- the transport ---------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop gives its own class
        self._desk.opened(self)
        self._note("in", "connected")

    def connection_lost(self, exc: Exception | None) -> None:
        self._note("in", "disconnected")
        operator, self.operator, self._transport = self.operator, None, None
        if operator is not None:
            operator.left(self)
        self._desk.closed(self)

    def pause_writing(self) -> None:
        self.writable = False

    def resume_writing(self) -> None:
        self.writable = True
        if self.operator is not None:
            self.operator.wake()

    @property
    def alive(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    @property
    def receives(self) -> bool:
        return self.alive and self.writable and self.mode in {"rx", "trx"}

    def write(self, raw: bytes) -> None:
        if not self._out:
            asyncio.get_running_loop().call_soon(self._flush)
        self._out.append(raw)

    def _flush(self) -> None:
        if self._out and self.alive and self._transport is not None:
            self._transport.write(b"".join(self._out))
        self._out.clear()

    def close(self) -> None:
        self._flush()
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Cut the connection without a word; what was not yet written is lost."""
        self._out.clear()
        if self._transport is not None:
            self._transport.abort()

    # --- writing PDUs ----------------------------------------------------------------------------------------

    def next_sequence(self) -> int:
        self._sequence = self._sequence % 0x7FFFFFFF + 1
        return self._sequence

    def send(self, command: str, *, sequence: int, status: int = codec.OK, **fields: Any) -> None:
        raw = codec.encode(command, sequence=sequence, status=status, **fields)
        self.write(raw)
        extra = {"id": fields["message_id"]} if fields.get("message_id") else {}
        self._record("out", command, sequence, status, **extra)

    def send_raw(self, raw: bytes) -> None:
        """Octets exactly as given, right or wrong."""
        self.write(raw)
        command = codec.NAMES.get(int.from_bytes(raw[4:8], "big"), "raw")
        self._record("out", command, int.from_bytes(raw[12:16], "big"), 0, raw=raw.hex(), note="injected")

    def deliver(self, item: Item, *, sequence: int | None = None, copy: bool = False) -> int:
        """Write a deliver_sm or data_sm; its sequence number is returned. The keeper's account is the caller's."""
        number = self.next_sequence() if sequence is None else sequence
        command, octets = codec.DELIVER_SM, item.body
        if self.operator is not None and self.operator.by_data_sm:
            body = codec.as_data_sm(item.body)
            if body is not None:
                command, octets = codec.DATA_SM, body
        self.write(codec.header(16 + len(octets), command, 0, number) + octets)
        if sequence is None:
            self.outstanding[number] = (item, time.monotonic())
        extra = {"note": "copy"} if copy else {}
        self._record("out", codec.NAMES[command], number, 0, attempt=item.attempts, **item.facts, **extra)
        return number

    def _record(self, direction: str, command: str, sequence: int, status: int, **extra: Any) -> None:
        self._desk.record(
            account=self.operator.id if self.operator else None,
            session=self.id,
            direction=direction,
            command=command,
            sequence=sequence,
            status=status,
            **extra,
        )

    def _note(self, direction: str, command: str) -> None:
        self._record(direction, command, 0, 0)

    def _nack(self, sequence: int, status: int) -> None:
        self.write(codec.header(16, codec.GENERIC_NACK, status, sequence))
        self._record("out", "generic_nack", sequence, status)

    # --- reading PDUs ----------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        self._heard = time.monotonic()
        try:
            frames = self._frames.feed(data)
        except codec.Malformed as error:
            self._record("in", "broken frame", 0, error.status, raw=data[:256].hex(), note=str(error))
            self._nack(0, error.status)
            self.close()
            return
        for raw in frames:
            if self._transport is None or self._transport.is_closing():
                return
            self._handle(raw)
        if self.operator is not None:
            self.operator.wake()

    def _handle(self, raw: bytes) -> None:
        _, command_id, status, sequence = codec.HEADER.unpack_from(raw)
        if command_id == codec.DELIVER_SM_RESP:  # the hot one: its body says nothing
            self._on_answer(codec.Pdu("deliver_sm_resp", status, sequence))
            return
        try:
            pdu = codec.decode(raw)
        except codec.Malformed as error:
            name = codec.NAMES.get(command_id, f"0x{command_id:08x}")
            self._record("in", name, sequence, status, raw=raw.hex(), note=str(error))
            response = codec.NAMES.get(command_id | codec.GENERIC_NACK)
            if command_id & codec.GENERIC_NACK:
                return
            if error.status == codec.INVALID_COMMAND or response not in codec.READABLE:
                self._nack(sequence, error.status)
            else:
                self.send(response, sequence=sequence, status=error.status)
            return
        handler = self._handlers.get(pdu.command)
        if handler is not None:
            handler(pdu)
        else:
            self._record("in", pdu.command, sequence, status, note="not expected")
            if not pdu.is_response:
                self._nack(sequence, codec.INVALID_COMMAND)

    def _on_bind(self, pdu: codec.Pdu) -> None:
        self._record("in", pdu.command, pdu.sequence, 0, source=pdu.fields["system_id"])
        response = pdu.command + "_resp"
        if self.operator is not None:
            self.send(response, sequence=pdu.sequence, status=codec.ALREADY_BOUND)
            return
        status, operator = self._desk.admit(self, pdu)
        if operator is None:
            self.send(response, sequence=pdu.sequence, status=status)
            asyncio.get_running_loop().call_later(0.2, self.close)
            return
        self.operator, self.mode = operator, _MODES[pdu.command]
        raw = codec.encode(response, sequence=pdu.sequence, system_id=operator.id[:15])
        version = codec.tlv(0x0210, b"\x34")
        self.write(codec.header(len(raw) + len(version), *codec.HEADER.unpack_from(raw)[1:]) + raw[16:] + version)
        self._record("out", response, pdu.sequence, 0)
        operator.wake()

    def _on_submit(self, pdu: codec.Pdu) -> None:
        if self.operator is None or self.mode == "rx":
            self._record("in", pdu.command, pdu.sequence, 0, note="not bound to send")
            self.send(f"{pdu.command}_resp", sequence=pdu.sequence, status=codec.WRONG_STATE)
        else:
            self.operator.submitted(self, pdu)

    def _on_query(self, pdu: codec.Pdu) -> None:
        self._record("in", pdu.command, pdu.sequence, 0, id=pdu.fields["message_id"])
        if self.operator is None:
            self.send("query_sm_resp", sequence=pdu.sequence, status=codec.WRONG_STATE)
        else:
            self.operator.queried(self, pdu)

    def _on_enquire(self, pdu: codec.Pdu) -> None:
        self._record("in", pdu.command, pdu.sequence, 0)
        if self.operator is None or not self.operator.ignore_enquiries:
            self.send("enquire_link_resp", sequence=pdu.sequence)

    def _on_alive(self, pdu: codec.Pdu) -> None:
        self._record("in", pdu.command, pdu.sequence, pdu.status)

    def _on_unbind(self, pdu: codec.Pdu) -> None:
        self._record("in", pdu.command, pdu.sequence, 0)
        self.mode = ""  # no further text leaves on this session
        self.send("unbind_resp", sequence=pdu.sequence)
        self.close()

    def _on_unbound(self, pdu: codec.Pdu) -> None:
        self._record("in", pdu.command, pdu.sequence, pdu.status)
        self.close()

    def _on_answer(self, pdu: codec.Pdu) -> None:
        found = self.outstanding.pop(pdu.sequence, None)
        if found is None:
            item = self._past.get(pdu.sequence)
            extra = {"mo": item.facts["mo"]} if item is not None and "mo" in item.facts else {}
            self._record("in", pdu.command, pdu.sequence, pdu.status, note="nothing waits for this answer", **extra)
            if item is not None and self.operator is not None:
                self.operator.answered(self, item, pdu, late=True)
            return
        item = found[0]
        extra = {"mo": item.facts["mo"]} if "mo" in item.facts else {}
        self._record("in", pdu.command, pdu.sequence, pdu.status, **extra)
        if self.operator is not None:
            self.operator.answered(self, item, pdu, late=False)

    def remember(self, sequence: int, item: Item) -> None:
        self._past[sequence] = item
        if len(self._past) > _REMEMBERED:
            self._past.popitem(last=False)

    # --- time ------------------------------------------------------------------------------------------------

    def overdue(self, now: float, limit: float) -> list[tuple[int, Item]]:
        """Texts whose answer has not come in `limit` seconds, taken off the list of those waited for."""
        found = []
        while self.outstanding:
            sequence, (item, at) = next(iter(self.outstanding.items()))
            if now - at < limit:
                break
            del self.outstanding[sequence]
            self.remember(sequence, item)
            found.append((sequence, item))
        return found

    def tick(self, now: float) -> None:
        """Called each second: unbound visitors are shown out, silence is questioned."""
        operator = self.operator
        if operator is None:
            if now - self._opened > _BIND_SECONDS:
                self.close()
            return
        if self._asked is not None:
            if self._heard > self._asked:
                self._asked = None
            elif now - self._asked > _ANSWER_SECONDS:
                self._note("out", "hung up: no sign of life")
                self.abort()
        elif operator.enquire_s and now - self._heard > operator.enquire_s:
            self._asked = now
            self.send("enquire_link", sequence=self.next_sequence())

    def unbind(self) -> None:
        """The operator says goodbye first."""
        self.mode = ""
        self.send("unbind", sequence=self.next_sequence())
