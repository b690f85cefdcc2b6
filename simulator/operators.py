"""An operator at work: takes over texts for phones, keeps subscribers' texts until the service has them."""

from __future__ import annotations

import asyncio
import random
import time
from collections import OrderedDict
from datetime import UTC, datetime
from functools import partial
from typing import Any

from simulator import codec
from simulator.accounts import Account
from simulator.keeping import Item, Keeper
from simulator.ledger import Ledger, content_hash
from simulator.phone import HANDED, KEPT, REFUSED, SENT, Phones
from simulator.receipts import Submitted, receipt_body, spelled
from simulator.session import Session
from simulator.texts import BadNumber, Habits, Reading, bodies, read_submit, shown_as, subscriber_number

_REMEMBERED = 100_000
_ALPHANUMERIC = 5


class Operator:
    """One account. All methods run on the event loop's thread."""

    def __init__(self, account: Account, phones: Phones, ledger: Ledger, dice: random.Random) -> None:
        self.account = account
        self.id, self.name = account.id, account.name
        self.behaviour = account.behaviour
        self.sessions: list[Session] = []
        self.keeper = Keeper(self.behaviour, self.wake)
        self.submitted_count = 0
        self._phones = phones
        self._ledger = ledger
        self._dice = dice
        self._turn = 0
        self._parts_left: dict[str, int] = {}  # of each subscriber's text: parts without a final answer
        self._numbers = int(time.time()) % 10**9 * 10_000  # of message ids: never again after a restart
        self._known: OrderedDict[str, Submitted] = OrderedDict()
        self._reference = dice.randrange(256)
        self._held_receipts: list[tuple[str, bytes, dict[str, Any]]] = []
        self._second, self._in_second = 0, 0

    # --- sessions --------------------------------------------------------------------------------------------

    @property
    def bound(self) -> bool:
        """Can texts be handed over: somebody is bound to receive."""
        return any(session.alive and session.mode in {"rx", "trx"} for session in self.sessions)

    @property
    def enquire_s(self) -> float:
        return self.behaviour.enquire_s

    @property
    def response_timeout_s(self) -> float:
        return self.behaviour.response_timeout_s

    @property
    def ignore_enquiries(self) -> bool:
        return self.behaviour.ignore_enquiries

    @property
    def by_data_sm(self) -> bool:
        return self.behaviour.deliver_by == "data_sm"

    def joined(self, session: Session) -> None:
        self.sessions.append(session)
        # Called before the session knows its mode; the news is told once the bind is through.
        asyncio.get_running_loop().call_soon(self._tell_bound)

    def left(self, session: Session) -> None:
        """A session has ended: what it had not acknowledged is kept and leaves again later."""
        if session in self.sessions:
            self.sessions.remove(session)
        while session.outstanding:
            _, (item, _) = session.outstanding.popitem(last=True)
            self._again(item)
        self._tell_bound()

    def _tell_bound(self) -> None:
        bound = self.bound
        if not bound:
            for text_id in self._parts_left:
                self._phones.progressed(text_id, KEPT)
        self._phones.tell_everyone({"type": "operator", "id": self.id, "name": self.name, "bound": bound})

    def tick(self, now: float) -> None:
        limit = self.behaviour.response_timeout_s
        for session in tuple(self.sessions):
            for _, item in session.overdue(now, limit):
                self._again(item)
        self.wake()

    # --- subscribers' texts ----------------------------------------------------------------------------------

    def accept(self, number: str, code: str, text: str, *, text_id: str, show: bool = True) -> None:
        """A subscriber has sent a text. Raises channels_sms.text.parts.TooLong."""
        behaviour = self.behaviour
        self._reference = (self._reference + 1) & 0xFFFF
        habits = Habits(
            behaviour.data_coding_gsm, behaviour.data_coding_latin1, behaviour.packed, behaviour.little_endian
        )
        cut = bodies(text, how=behaviour.long_texts, reference=self._reference, habits=habits)
        if show:
            state = SENT if self.bound and not behaviour.paused else KEPT
            self._phones.sent(text_id=text_id, account=self.id, number=number, code=code, text=text, state=state)
        self._parts_left[text_id] = len(cut)
        source, ton = shown_as(number, behaviour.addresses)
        for body in cut:
            raw = codec.encode(
                "deliver_sm",
                sequence=0,
                source_addr_ton=ton,
                source_addr_npi=1,
                source_addr=source,
                dest_addr_ton=3,
                dest_addr_npi=0,
                destination_addr=code,
                esm_class=body.esm_class,
                data_coding=body.data_coding,
                short_message=body.octets,
            )
            facts = {
                "mo": text_id, "source": source, "destination": code, "text": text, "part": body.part,
                "parts": body.parts,
                "hash": content_hash(source, code, body.esm_class, body.data_coding, body.octets + body.tlvs),
            }  # fmt: skip
            offer = partial(self.keeper.put, f"{number}>{code}", raw[16:] + body.tlvs, facts, text_id)
            if body.part == 2 and behaviour.late_parts:
                behaviour.late_parts -= 1
                asyncio.get_running_loop().call_later(behaviour.late_s, offer)  # each tick wakes what is kept
            else:
                offer()
        self.wake()

    def keep(self, body: bytes) -> str:
        """Offer a deliver_sm of this body, right or wrong, until the service has it; returns its id in the ledger."""
        text_id = self._phones.new_id()
        self.keeper.put(text_id, body, {"mo": text_id, "raw": body.hex()})
        self.wake()
        return text_id

    def wake(self) -> None:
        """Hand over whatever may leave now."""
        while True:
            session = self._receiver()
            if session is None:
                return
            item = self.keeper.take()
            if item is None:
                return
            self._turn += 1
            behaviour = self.behaviour
            sequence = session.deliver(item)
            self.keeper.launched(item)
            for _ in range(behaviour.copies_same):
                session.deliver(item, sequence=sequence, copy=True)
            if behaviour.copies_same:
                session.remember(sequence, item)
            for _ in range(behaviour.copies_new):
                session.deliver(item, copy=True)
                self.keeper.launched(item)

    def _receiver(self) -> Session | None:
        sessions = self.sessions
        for offset in range(len(sessions)):
            session = sessions[(self._turn + offset) % len(sessions)]
            if session.receives:
                return session
        return None

    def answered(self, session: Session, item: Item, pdu: codec.Pdu, *, late: bool) -> None:
        if self.behaviour.lose_answers and not late:
            self.behaviour.lose_answers -= 1
            session.outstanding[pdu.sequence] = (item, time.monotonic())
            self._ledger.write(
                account=self.id, session=session.id, direction="in", command="answer lost", sequence=pdu.sequence,
                status=pdu.status,
            )  # fmt: skip
            session.abort()
            return
        if pdu.status in codec.TRY_AGAIN:
            if not late:
                self._again(item)
            return
        accepted = pdu.status == codec.OK
        if late and not accepted:
            return
        first = self.keeper.settle(item, accepted=accepted, answered=not late)
        if first and item.text_id:
            self._part_done(item.text_id, accepted)

    def _again(self, item: Item) -> None:
        self.keeper.again(item)
        if item.text_id and not item.done:
            self._phones.progressed(item.text_id, KEPT)

    def _part_done(self, text_id: str, accepted: bool) -> None:
        if not accepted:
            self._phones.progressed(text_id, REFUSED)
        left = self._parts_left.get(text_id, 1) - 1
        if left > 0:
            self._parts_left[text_id] = left
        else:
            self._parts_left.pop(text_id, None)
            self._phones.progressed(text_id, HANDED)

    # --- the service's texts ---------------------------------------------------------------------------------

    def submitted(self, session: Session, pdu: codec.Pdu) -> None:
        fields = pdu.fields
        facts: dict[str, Any] = {"source": fields["source_addr"], "destination": fields["destination_addr"]}
        reading: Reading | None = None
        try:
            number = self._destination(fields)
            reading = read_submit(pdu, packed=self.behaviour.packed)
            facts["text"] = reading.text
            facts["hash"] = content_hash(
                facts["source"], facts["destination"], fields["esm_class"], fields["data_coding"], reading.octets
            )
            if reading.place:
                facts |= {"part": reading.place.number, "parts": reading.place.total}
            status = self._refusal(fields["destination_addr"])
        except codec.Malformed as error:
            number, status = "", error.status
            facts |= {"note": str(error), "raw": pdu.raw.hex()}
        self._ledger.write(
            account=self.id, session=session.id, direction="in", command=pdu.command, sequence=pdu.sequence,
            status=0, **facts,
        )  # fmt: skip
        if status or reading is None:
            self._answer(session, pdu, status, "")
            return
        text = self._take_over(fields, number, reading.text)
        place = reading.place
        self._phones.received(
            account=self.id, number=number, code=text.source, part=reading.part, place=place, text=text.text
        )
        behaviour = self.behaviour
        wants = {"always": True, "never": False}.get(behaviour.receipts, text.wants_receipt)
        if wants and behaviour.receipt_when == "before_response":
            self._send_receipts(text)
        elif wants:
            asyncio.get_running_loop().call_later(
                (behaviour.receipt_delay_ms + behaviour.delay_ms) / 1000, self._send_receipts, text
            )
        self._respond(session, pdu, text.id)

    def _destination(self, fields: dict[str, Any]) -> str:
        """The phone meant. Raises codec.Malformed for a sender or a number that this operator refuses."""
        alphanumeric = fields["source_addr_ton"] == _ALPHANUMERIC and 0 < len(fields["source_addr"]) <= 11
        if fields["source_addr"] not in self.account.codes and not alphanumeric:
            raise codec.Malformed(codec.INVALID_SOURCE, "not a sender of this account")
        try:
            return subscriber_number(fields["destination_addr"])
        except BadNumber as error:
            raise codec.Malformed(codec.INVALID_DESTINATION, str(error)) from error

    def _refusal(self, destination: str) -> int:
        behaviour = self.behaviour
        if behaviour.tps:
            second = int(time.monotonic())
            if second != self._second:
                self._second, self._in_second = second, 0
            self._in_second += 1
            if self._in_second > behaviour.tps:
                return codec.THROTTLED
        if behaviour.throttle and self._dice.random() < behaviour.throttle:
            return codec.THROTTLED
        if behaviour.refuse and self._dice.random() < behaviour.refuse_fraction:
            prefixes = tuple(behaviour.refuse_destinations)
            if not prefixes or destination.removeprefix("+").startswith(prefixes):
                return behaviour.refuse
        return codec.OK

    def _take_over(self, fields: dict[str, Any], number: str, text: str) -> Submitted:
        self._numbers += 1
        self.submitted_count += 1
        submitted = Submitted(
            number=self._numbers,
            id=spelled(self._numbers, self.account.message_ids),
            source=fields["source_addr"],
            source_ton=fields["source_addr_ton"],
            source_npi=fields["source_addr_npi"],
            destination=number,
            text=text,
            at=datetime.now(UTC),
            wants_receipt=bool(fields["registered_delivery"] & 0x03),
        )
        self._known[submitted.id] = submitted
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return submitted

    def _respond(self, session: Session, pdu: codec.Pdu, message_id: str) -> None:
        behaviour = self.behaviour
        if behaviour.drop_before_response:
            behaviour.drop_before_response -= 1
            session.abort()
        elif behaviour.no_response and self._dice.random() < behaviour.no_response:
            return
        elif behaviour.delay_ms:
            asyncio.get_running_loop().call_later(
                behaviour.delay_ms / 1000, self._answer, session, pdu, codec.OK, message_id
            )
        else:
            self._answer(session, pdu, codec.OK, message_id)

    def _answer(self, session: Session, pdu: codec.Pdu, status: int, message_id: str) -> None:
        if not session.alive:
            return
        fields = {"message_id": message_id} if message_id else {}
        session.send(f"{pdu.command}_resp", sequence=pdu.sequence, status=status, **fields)
        if message_id and self.behaviour.drop_after_response:
            self.behaviour.drop_after_response -= 1
            session.close()

    def _send_receipts(self, text: Submitted) -> None:
        behaviour = self.behaviour
        for stat in (*behaviour.receipt_before, behaviour.receipt_stat):
            text.stat = stat
            body, said = receipt_body(text, behaviour, stat)
            for _ in range(max(1, behaviour.receipt_copies)):
                facts = {
                    "source": text.destination, "destination": text.source, "text": said, "id": text.id,
                    "hash": content_hash(text.destination, text.source, 4, 0, body), "receipt": stat,
                }  # fmt: skip
                self._held_receipts.append((f"receipt {text.id}", body, facts))
        if behaviour.receipt_shuffle > 1 and len(self._held_receipts) < behaviour.receipt_shuffle:
            asyncio.get_running_loop().call_later(2.0, self._release_receipts)
            return
        self._release_receipts()

    def _release_receipts(self) -> None:
        held, self._held_receipts = self._held_receipts, []
        if self.behaviour.receipt_shuffle > 1:
            held.reverse()
        for number, (lane, body, facts) in enumerate(held):
            # Shuffled receipts of one message must be able to pass each other.
            self.keeper.put(f"{lane} {number}" if self.behaviour.receipt_shuffle else lane, body, facts)
        self.wake()

    def queried(self, session: Session, pdu: codec.Pdu) -> None:
        known = self._known.get(pdu.fields["message_id"])
        if known is None:
            session.send("query_sm_resp", sequence=pdu.sequence, status=codec.QUERY_FAILED)
            return
        final = "" if known.stat in {"ENROUTE", "ACCEPTD"} else f"{datetime.now(UTC):%y%m%d%H%M%S}000+"
        session.send(
            "query_sm_resp", sequence=pdu.sequence, message_id=known.id, final_date=final,
            message_state=known.state, error_code=0,
        )  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        keeper, account = self.keeper, self.account
        return {
            "id": self.id, "name": self.name, "system_id": account.system_id, "codes": account.codes,
            "prefixes": account.prefixes, "message_ids": account.message_ids, "bound": self.bound,
            "kept": keeper.kept, "unanswered": keeper.flying, "handed": keeper.handed, "refused": keeper.refused,
            "submitted": self.submitted_count, "behaviour": self.behaviour.as_json(),
            "sessions": [
                {"id": s.id, "mode": s.mode, "since": s.since, "unanswered": len(s.outstanding)}
                for s in self.sessions
            ],
        }  # fmt: skip
