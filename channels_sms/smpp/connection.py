"""One bind kept alive: connect, bind, take texts, and again after a loss, ever slower while it does not
help.
"""

import asyncio
import logging
import random
import ssl
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from channels_sms.smpp import codes, inbound, outbound, pdu
from channels_sms.smpp.evidence import Evidence, Recollection, fingerprint
from channels_sms.smpp.framing import Frame
from channels_sms.smpp.receipts import MessageIds, UnreadableReceipt
from channels_sms.smpp.requests import BIND_ANSWERS
from channels_sms.smpp.session import NoAnswer, Session, SessionError, Timing
from channels_sms.smpp.settings import SmppSettings
from common.waiting import rung
from conversations.adapters import (
    InboundPart,
    InboundReceipt,
    InboundText,
    InboundUnreadable,
    Intake,
    IntakeError,
    IntakeFull,
    OutboundPart,
    SubmitRefused,
    SubmitUnknown,
)

log = logging.getLogger(__name__)

_CONNECT_S = 10.0
_ADMISSION_S = 0.5  # between looks, so that a stop is seen
_LOOK_S = 0.02


class Patience(NamedTuple):
    """Seconds between attempts, doubled from `first` to `most`; `account_*`: when the account is refused."""

    first: float = 1.0
    most: float = 60.0
    account_first: float = 5.0
    account_most: float = 300.0
    stable: float = 120.0  # bound for so long = the next loss starts from `first` again


class Ended(NamedTuple):
    """Why an attempt or a session is over, in words; `account`: hurrying could get the account locked; `ours`: the
    operator was not even asked."""

    reason: str
    account: bool = False
    stable: bool = False
    ours: bool = False


class Connection:
    """Keeps one bind of a link. `report(connection, state, error, facts)` hears of its states.

    `admitted`: set while the account is let in. A bind beyond the first of its kind waits for it: four binds with a
    wrong password would be four refusals at once, and a locked account.
    """

    def __init__(
        self,
        link: UUID,
        settings: SmppSettings,
        command: int,
        intake: Intake,
        ids: MessageIds,
        *,
        recollection: Recollection | None = None,
        admitted: asyncio.Event | None = None,
        timing: Timing,
        patience: Patience,
        report: Callable[["Connection", str, str, dict[str, Any]], None],
        wake: Callable[[], None],
    ) -> None:
        self.command = command
        self.session: Session | None = None
        self._link = link
        self._settings = settings
        self._intake = intake
        self._ids = ids
        self._timing = timing
        self._patience = patience
        self._report = report
        self._wake = wake
        self._admitted = admitted
        self._evidence = Evidence(recollection, self._prove)
        self._stopping = asyncio.Event()
        self._attempt: asyncio.Task[Ended] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def bound(self) -> bool:
        return self.session is not None and self.session.state == "bound"

    async def run(self) -> None:
        """Until `stop`, or cancelled."""
        failures, last_error = 0, ""
        while not self._stopping.is_set():
            self._report(self, "connecting", last_error, {})
            while self._admitted is not None and not self._admitted.is_set() and not self._stopping.is_set():
                await rung(self._admitted, _ADMISSION_S)
            if self._stopping.is_set():
                break
            self._attempt = asyncio.create_task(self._one_session())
            try:
                ended = await self._attempt
            except asyncio.CancelledError:
                if self._stopping.is_set():
                    break
                self._attempt.cancel()
                raise
            if self._stopping.is_set():
                break
            # Nobody is spared by waiting for our own database longer and longer, and the operator's texts wait with us.
            failures = 1 if ended.stable or ended.ours else failures + 1
            delay = self._delay(failures, ended)
            last_error = ended.reason
            state = "failed" if ended.account else "unbound"
            self._report(self, state, last_error, {"retry_s": round(delay, 1)})
            await rung(self._stopping, delay)
        self._report(self, "unbound", "", {})

    async def stop(self, *, patience: float) -> None:
        """Leave in good order; `run` returns soon after."""
        self._stopping.set()
        if self.session is not None and self.session.state in ("bound", "unbinding"):
            await self.session.leave(patience=patience)
        elif self._attempt is not None:
            self._attempt.cancel()

    # --- one session ---

    async def _one_session(self) -> Ended:
        try:
            return await self._connect_and_bind()
        except Exception as error:  # the loop of attempts must outlive any bug in one of them
            log.exception("smpp session of link %s failed", self._link)
            return Ended(f"{type(error).__name__}: {error}")

    async def _connect_and_bind(self) -> Ended:
        loop = asyncio.get_running_loop()
        try:
            stored = {} if self.command == codes.BIND_TRANSMITTER else await self._intake.unconfirmed()
        except IntakeError as error:
            # Bound without it, we would take texts that we cannot store, or show a text twice.
            return Ended(f"not bound while texts cannot be stored: {error}", ours=True)
        host, port = self._settings.host, self._settings.port
        try:
            # Not `wait_for`: cancelled just when the connection is there, it would forget that it was.
            async with asyncio.timeout(_CONNECT_S):
                _, session = await loop.create_connection(
                    lambda: Session(self, timing=self._timing, may_write=self._intake.still_ours),
                    host,
                    port,
                    ssl=self._tls(),
                )
        except TimeoutError:
            return Ended(f"no connection to {host}:{port} in {_CONNECT_S:g} s")
        except OSError as error:
            return Ended(f"no connection to {host}:{port}: {error.strerror or error}")
        self._evidence.session_started(stored, loop.time())
        self.session = session
        try:
            answer = await session.request(self.command, self._settings.bind_body())
            if answer.status != codes.OK or answer.command not in BIND_ANSWERS:
                account = answer.status in codes.ACCOUNT_TROUBLE
                return Ended(f"bind refused: {codes.in_words(answer.status)}", account=account)
            bound_at = loop.time()
            facts = {"peer": pdu.decode_message_id(answer.octets)[:32], "window": self._settings.window}
            self._report(self, "bound", "", facts)
            await session.ended.wait()
            return Ended(session.reason, stable=loop.time() - bound_at >= self._patience.stable)
        except SessionError as error:
            silent = isinstance(error, NoAnswer) and session.state != "closed"
            return Ended(f"bind not answered: {error}" if silent else f"before the bind: {error}")
        finally:
            session.close("stopped")
            self.session = None
            self._evidence.session_ended(loop.time())
            self._wake()

    def _tls(self) -> ssl.SSLContext | None:
        """Certificates are always checked; `tls_ca` names the authority of an operator that has its own."""
        if not self._settings.tls:
            return None
        return ssl.create_default_context(cadata=self._settings.tls_ca or None)

    def _delay(self, failures: int, ended: Ended) -> float:
        patience = self._patience
        first, most = (
            (patience.account_first, patience.account_most) if ended.account else (patience.first, patience.most)
        )
        return min(most, first * 2.0 ** min(failures - 1, 30)) * random.uniform(0.75, 1.0)  # noqa: S311

    # --- session.Handler ---

    def request(self, session: Session, frame: Frame) -> None:
        # Tasks start in the order they are made, so texts enter the intake in the order they came.
        task = asyncio.create_task(self._receive(session, frame))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def late(self, session: Session, context: Any, frame: Frame) -> None:
        if not isinstance(context, OutboundPart):
            return
        try:
            answer: Sequence[str] | SubmitRefused = self._ids.of_answer(outbound.provider_id(frame))
        except SubmitRefused as refusal:
            answer = refusal
        except SubmitUnknown as error:
            log.warning("smpp late answer to attempt %s: %s", context.attempt_id, error)
            return
        self._tell(self._intake.late, context.attempt_id, answer)

    def proved(self, session: Session, mark: int) -> None:
        self._confirm(self._evidence.proved(mark))

    def _confirm(self, keys: list[str]) -> None:
        if keys:
            self._tell(self._intake.confirmed, keys)

    def changed(self, session: Session) -> None:
        self._wake()

    def _tell(self, hear: Callable[..., None], *news: Any) -> None:
        """A listener's bug must not end the session whose read loop tells it something."""
        try:
            hear(*news)
        except Exception:
            log.exception("smpp link %s: %s failed", self._link, getattr(hear, "__name__", hear))

    # --- inbound ---

    async def _receive(self, session: Session, frame: Frame) -> None:
        """Store what came, then answer it: never the other way round, and never no answer at all."""
        message = self._decode(frame)
        if self._evidence.shared:
            print_ = _body_print(frame) if isinstance(message, Exception) else fingerprint(message)
            # One at a time of a person: what came behind would overtake it, and say that nothing before it comes again.
            async with self._evidence.turn(print_):
                if not await self._told_apart(print_):
                    session.respond(frame, codes.TEMPORARY)
                    return
                item, good = self._read(frame, message)
        else:
            item, good = self._read(frame, message)
        status = await self._store(frame, item)
        mark = session.respond(frame, good if status == codes.OK else status)
        if session.state == "closed" or isinstance(item, InboundReceipt):
            return  # a key whose answer could not be written stays open for the copy to come
        now = asyncio.get_running_loop().time()
        self._confirm(self._evidence.answered(item.key, mark, stored=status == codes.OK, now=now))

    def _decode(self, frame: Frame) -> pdu.ShortMessage | Exception:
        try:
            return inbound.decode(frame)
        except Exception as error:  # told in words by `_read`
            return error

    async def _told_apart(self, print_: bytes) -> bool:
        """Whether it is known if this is a copy of what another bind of the link has just been given.

        Such a bind is asked to prove that its answers were read; until it has, or is lost, nobody can know: its end
        may reach us after the copy that the operator sends by this one. False: not known in time. The operator keeps
        the text, and offers it again when it is.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + self._timing.prove
        while others := self._evidence.elsewhere(print_):
            if loop.time() >= until:
                return False
            for other in others:
                other.prove()
            await asyncio.sleep(_LOOK_S)
        return True

    def _prove(self) -> None:
        if self.session is not None:
            self.session.prove()

    def _read(self, frame: Frame, message: pdu.ShortMessage | Exception) -> tuple[inbound.Item, int]:
        """What a PDU is, and the status that answers it once that is stored."""
        try:
            if isinstance(message, Exception):
                raise message
            receipt = inbound.find_receipt(frame, message, self._link, self._ids, self._settings.alphabets)
            if receipt is not None:
                return receipt, codes.OK  # needs no key: the same receipt twice changes nothing
            print_ = fingerprint(message)
            text = inbound.read_text(
                frame,
                message,
                self._link,
                key=self._evidence.key(print_, frame.sequence, asyncio.get_running_loop().time()),
                fingerprint=print_,
                alphabets=self._settings.alphabets,
            )
            return text, codes.OK
        except pdu.MalformedPdu as error:
            log.warning("smpp malformed PDU on link %s: %s", self._link, error.reason)
            item, legible = inbound.unreadable(frame, self._link, self._key(frame), error.reason)
            return item, codes.OK if legible else error.status
        except UnreadableReceipt as error:
            sender = "" if isinstance(message, Exception) else message.source
            return InboundUnreadable(self._link, self._key(frame), frame.octets, str(error), sender), codes.OK
        except Exception as error:
            log.exception("smpp PDU on link %s could not be read", self._link)
            return self._unreadable_by_bug(frame, error), codes.OK

    async def _store(self, frame: Frame, item: inbound.Item) -> int:
        """ESME_ROK once the rows are committed, else the temporary error that makes the operator keep it."""
        try:
            await self._hand_over(item)
        except IntakeFull:
            return codes.THROTTLED
        except IntakeError:
            return codes.TEMPORARY
        except Exception as error:
            # A bug must not make a text come back for ever: keep the octets, raise the alarm, answer once.
            log.exception("smpp text of link %s could not be handed over", self._link)
            try:
                await self._intake.unreadable(self._unreadable_by_bug(frame, error))
            except Exception:
                log.exception("smpp octets of link %s could not be kept", self._link)
                return codes.TEMPORARY
        return codes.OK

    async def _hand_over(self, item: inbound.Item) -> None:
        if isinstance(item, InboundText):
            await self._intake.text(item)
        elif isinstance(item, InboundPart):
            await self._intake.part(item)
        elif isinstance(item, InboundReceipt):
            await self._intake.receipt(item)
        else:
            await self._intake.unreadable(item)

    def _unreadable_by_bug(self, frame: Frame, error: Exception) -> InboundUnreadable:
        return InboundUnreadable(self._link, self._key(frame), frame.octets, type(error).__name__)

    def _key(self, frame: Frame) -> str:
        """Key of a PDU whose fields cannot be trusted: its body stands for them."""
        return self._evidence.key(_body_print(frame), frame.sequence, asyncio.get_running_loop().time())


def _body_print(frame: Frame) -> bytes:
    return sha256(frame.octets[pdu.HEADER_SIZE :]).digest()
