"""Texts a second from a real SMPP socket to acknowledged rows, with everything of `make up` running.

`texts_per_s_w100`, `texts_per_s_w10`: subscribers' texts to a line without a bot, the operator's window at 100 and 10
over two links; contact, conversation, message, raw bytes and events are stored, the dispatcher marks them handled.
`lost` is counted in the database afterwards. Baseline `orm`: the same rows by the ORM, one transaction a message, one
thread, on the same database in the same run.

The generator is the simulator, a process of its own; its ceiling against a null peer stands in simulator/flood.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from config.up import trial

COUNT = 20_000
NUMBERS = 5_000
REPEATS = 5

ORM = """
import sys, time, uuid, django
django.setup()
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from contacts.models import Address, Contact
from conversations.models import Conversation, Line, Link, Message, RawInbound, Seen, Unhandled
from conversations.events import MessageReceived
from realtime.log import append_events
line = Line.objects.get(address="3334")
link = Link.objects.first()
count = int(sys.argv[1])
began = time.perf_counter()
for n in range(count):
    number = f"+22901950{n % 400:05d}"
    with transaction.atomic():
        Seen.objects.create(link_id=link.id, key=uuid.uuid4().hex)
        address = Address.objects.filter(organisation=line.organisation, kind="phone", value=number).first()
        if address is None:
            contact = Contact.objects.create(organisation=line.organisation)
            address = Address.objects.create(organisation=line.organisation, contact=contact, value=number)
        conversation, opened = Conversation.objects.exclude(status="closed").get_or_create(
            line=line, contact_id=address.contact_id, thread_key="",
            defaults={"organisation_id": line.organisation_id, "address": address, "link": link, "status": "queued",
                      "queue_id": line.queue_id, "queued_at": Now(), "waiting_since": Now()})
        Conversation.objects.filter(id=conversation.id).update(
            last_seq=F("last_seq") + 1, unread=F("unread") + 1, revision=F("revision") + 1, preview="Bonjour",
            last_activity_at=Now())
        conversation.refresh_from_db(fields=["last_seq"])
        message = Message.objects.create(organisation_id=line.organisation_id, conversation=conversation,
                                         seq=conversation.last_seq, kind="incoming", author="contact", body="Bonjour")
        RawInbound.objects.create(link_id=link.id, kind="text", key=str(n), payload=b"x" * 124)
        Unhandled.objects.get_or_create(conversation=conversation, organisation_id=line.organisation_id)
        append_events(line.organisation_id, [MessageReceived(
            line_id=line.id, conversation_id=conversation.id, message_id=message.id, seq=message.seq, opened=opened)])
print(count / (time.perf_counter() - began))
"""


def run() -> Iterator[dict[str, Any]]:
    with trial.running() as palabre:
        orm = _orm(palabre.environ)
        for window in (100, 10):
            for account in ("savane", "lagune"):
                _ask(
                    palabre.phone,
                    f"/control/accounts/{account}/behaviour",
                    {"window": window, "per_subscriber": window},
                )
            for repeat in range(REPEATS):
                rate, lost = _flood(palabre, f"w{window}r{repeat}")
                yield {
                    "metric": f"texts_per_s_w{window}",
                    "value": round(rate),
                    "unit": "1/s",
                    "baseline": "orm",
                    "baseline_value": round(orm, 1),
                    "lost": lost,
                }


def _flood(palabre: trial.Running, mark: str) -> tuple[float, int]:
    """(texts acknowledged a second, texts acknowledged and not in the database)."""
    _ask(
        palabre.phone,
        "/control/flood",
        {"count": COUNT, "rate": 0, "numbers": NUMBERS, "to": "3334", "text": f"{mark} {{n}}"},
    )
    while True:
        time.sleep(0.2)
        flood = _ask(palabre.phone, "/control/state")["flood"]
        if flood["state"] == "done":
            break
        if flood["seconds"] > 60:
            raise RuntimeError(f"the flood has not ended: {flood}")
    with psycopg.connect(palabre.environ["DATABASE_OWNER_URL"]) as connection:
        (stored,) = connection.execute(
            "select count(distinct body) from conversations_message where body like %s", [f"{mark} %"]
        ).fetchone() or (0,)
    return flood["handed"] / flood["seconds"], COUNT - stored


def _orm(environ: dict[str, str], count: int = 400) -> float:
    said = subprocess.run(
        [sys.executable, "-c", ORM, str(count)],
        env={**os.environ, **environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
        cwd=Path(__file__).resolve().parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(said.stdout.split()[-1])


def _ask(base: str, path: str, body: dict[str, Any] | None = None) -> Any:
    request = urllib.request.Request(
        base.rstrip("/") + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)
