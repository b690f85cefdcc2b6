"""Promises and targets are due by the database's clock: two dispatchers, a day ahead and behind, one killed."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from common.clock import database_now
from conversations.models import Conversation, Message, Task, TaskState
from realtime.checker import check_density
from routing.callbacks import promise_callback
from routing.models import TargetEvent, Targets
from tests.cast import Cast
from tests.routing.test_dispatcher import ROOT, Processes, until

pytestmark = pytest.mark.django_db(transaction=True)
COMPILER = shutil.which("cc") or shutil.which("gcc")
DAY_S = 86_400


@pytest.fixture
def processes(dsn, tmp_path) -> Iterator[Processes]:
    made = Processes(dsn, tmp_path)
    yield made
    for process in made.running:
        if process.poll() is None:
            process.kill()
            process.wait(10)


@pytest.fixture
def clock(tmp_path: Path) -> str:
    library = tmp_path / "clock.so"
    source = ROOT / "tests" / "faults" / "clock.c"
    subprocess.run([str(COMPILER), "-O2", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
    return str(library)


def event_lines(conversation: Conversation, kind: str) -> int:
    return Message.objects.filter(conversation=conversation, facts__type=kind).count()


@pytest.mark.skipif(COMPILER is None, reason="no C compiler on this machine for tests/faults/clock.c (Debian: gcc)")
@pytest.mark.timeout(180)
def test_clocks_a_day_off_open_nothing_early_and_nothing_twice(cast: Cast, processes, clock):
    due, later, waits, calm = (cast.queued(sender=f"+22901970005{n:02d}") for n in range(4))
    now = database_now()
    promise_callback(user=cast.awa, conversation_id=due.id, at=now + timedelta(seconds=1))
    promise_callback(user=cast.awa, conversation_id=later.id, at=now + timedelta(hours=1))
    Targets.objects.create(organisation=cast.organisation, queue=cast.queue, first_s=7200)
    cast.text_in(waits, at=now - timedelta(hours=3))
    cast.text_in(calm, at=now)

    processes.start("ahead", LD_PRELOAD=clock, CLOCK_OFFSET_S=str(DAY_S))
    behind = processes.start("behind", LD_PRELOAD=clock, CLOCK_OFFSET_S=str(-DAY_S))
    until(lambda: Task.objects.get(conversation=due).state == TaskState.DUE, "the callback is opened")
    until(TargetEvent.objects.exists, "the missed target is told")
    until(lambda: Conversation.objects.get(id=calm.id).next_deadline_at is not None, "the calm one has a deadline")
    behind.kill()
    behind.wait(10)
    time.sleep(2.5)  # two sweeps of the other
    assert event_lines(due, "callback_due") == 1
    assert (event_lines(later, "callback_due"), Task.objects.get(conversation=later).state) == (0, TaskState.WAITING)
    told = list(TargetEvent.objects.order_by("at").values_list("conversation_id", "what"))
    # The conversation of the callback has begun to wait for it, and for nothing else is the time near.
    assert told == [(waits.id, "missed")]
    assert check_density(cast.organisation.id).dense
