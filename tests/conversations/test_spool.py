"""Spools of several containers on one volume, and what a crash leaves there."""

from __future__ import annotations

import os
import time
from uuid import uuid4

import pytest

from conversations import spool as product
from conversations.adapters import InboundUnreadable
from conversations.spool import Spool


def item(link_id):
    return InboundUnreadable(link_id, "k", b"?", "why")


@pytest.fixture
def stopped_clock(monkeypatch):
    monkeypatch.setattr("conversations.spool.time.time_ns", lambda: 1000)


def test_containers_with_one_process_number_on_one_volume_write_beside_each_other(tmp_path, stopped_clock):
    link_id = uuid4()
    for _ in range(2):
        Spool(tmp_path).put(link_id, [item(link_id)])
    assert len(list((tmp_path / str(link_id)).glob("*.json"))) == 2


def test_a_name_that_is_taken_stays_anothers(tmp_path, stopped_clock, monkeypatch):
    monkeypatch.setattr(product.secrets, "token_hex", lambda _octets: "ab")
    link_id = uuid4()
    directory = tmp_path / str(link_id)
    directory.mkdir()
    others = directory / f"{1000:020d}-{os.getpid()}-0-ab.new"
    others.write_bytes(b"half")
    with pytest.raises(FileExistsError):
        Spool(tmp_path).put(link_id, [item(link_id)])
    assert others.read_bytes() == b"half"


def test_what_a_crash_left_half_written_goes_after_an_hour(tmp_path):
    link_id, spool = uuid4(), Spool(tmp_path)
    spool.put(link_id, [item(link_id)])
    old, new = (tmp_path / str(link_id) / f"{name}.new" for name in ("old", "new"))
    for path, age in ((old, 3700), (new, 3500)):
        path.write_bytes(b"half")
        os.utime(path, (time.time() - age,) * 2)
    with spool.taking(link_id) as taking:
        assert len(taking.oldest(10)) == 1
    assert (old.exists(), new.exists()) == (False, True)
