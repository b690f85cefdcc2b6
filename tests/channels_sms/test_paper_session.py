"""What a session writes and reads, on a transport of paper: no socket, each octet seen."""

import asyncio

import pytest
from peer import (
    DELIVER_RESP,
    deliver,
    raw,
)

from channels_sms.smpp import codes
from channels_sms.smpp.session import NotWritten, Session


class Quiet:
    """A handler that does nothing."""

    def request(self, session, frame):
        session.respond(frame, 0)

    def late(self, session, context, frame):
        pass

    def proved(self, session, mark):
        pass

    def changed(self, session):
        pass


class PaperTransport(asyncio.Transport):
    def __init__(self):
        super().__init__()
        self.writes, self.closing, self.reading = [], False, True

    def get_extra_info(self, name, default=None):
        return default

    def write(self, data):
        self.writes.append(data)

    def is_closing(self):
        return self.closing

    def close(self):
        self.closing = True

    abort = close

    def is_reading(self):
        return self.reading

    def pause_reading(self):
        self.reading = False

    def resume_reading(self):
        self.reading = True


def paper_session():
    session, transport = Session(Quiet()), PaperTransport()
    session.connection_made(transport)
    session.state = "bound"
    return session, transport


async def test_answers_of_one_read_leave_in_one_write():
    session, transport = paper_session()
    session.data_received(b"".join(deliver(n, b"%d" % n) for n in range(1, 101)))
    assert transport.writes == []
    await asyncio.sleep(0)
    assert [len(write) for write in transport.writes] == [100 * 17]
    session.close("test")


async def test_what_never_reached_the_transport_is_known_as_not_written():
    session, transport = paper_session()
    waiting = session.request(codes.SUBMIT_SM, b"")
    transport.closing = True
    session.connection_lost(None)
    with pytest.raises(NotWritten):
        await waiting
    with pytest.raises(NotWritten):
        session.request(codes.SUBMIT_SM, b"")


async def test_an_operator_that_does_not_read_is_not_read_either():
    session, transport = paper_session()
    session.pause_writing()
    assert session.congested
    assert not transport.reading
    session.resume_writing()
    assert transport.reading
    session.close("test")


async def test_an_operator_beyond_every_window_is_told_to_slow_down():
    class Never(Quiet):
        def request(self, session, frame):
            pass

    session, transport = Session(Never()), PaperTransport()
    session.connection_made(transport)
    session.state = "bound"
    session.data_received(b"".join(deliver(n, b"%d" % n) for n in range(1, 2003)))
    await asyncio.sleep(0)
    answers = b"".join(raw(DELIVER_RESP, n, b"\0", status=codes.THROTTLED) for n in (2001, 2002))
    assert b"".join(transport.writes) == answers
    session.close("test")
