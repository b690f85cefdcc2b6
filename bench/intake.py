"""Texts a second from a real SMPP socket to acknowledged rows, with everything of `make up` running.

`texts_per_s_w100`: subscribers' texts to a line without a bot, the operators' window at 100 over two links; contact,
conversation, message, raw bytes and events are stored, the dispatcher marks them handled. Baseline `orm`: the same rows
by the ORM, one transaction a message, one thread, on the same database in the same run.

`texts_per_s_w10`: one link with a window of 10. A window's worth can be acknowledged once a commit, so its baseline is
60 % of ten texts a commit, at most 3,000/s, by the commit time of a one-row transaction measured in the same run.

`lost` is counted in the database afterwards. `ceiling`: what the generator, the simulator in its process, hands to a
customer that acknowledges at once and keeps nothing, at the same window, in the same run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench._ground import ACCOUNTS, ceiling_in, commit_ms, flood, lost, run_in_product, set_windows
from config.up import trial

COUNT = 20_000
NUMBERS = 5_000
REPEATS = 5
TO = "3334"  # its line has no bot

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
        orm = float(run_in_product(palabre, ORM, "400"))
        commit = commit_ms(palabre)
        of_window = min(3_000.0, 0.6 * 10 / commit * 1000)
        bounds = {
            100: {"baseline": "orm", "baseline_value": round(orm, 1), "at_least": 5_000},
            10: {"baseline": "60 % of the window a commit", "baseline_value": round(of_window), "at_least": of_window},
        }
        measured = []
        for window, bound in bounds.items():
            set_windows(palabre, window)
            one_link: dict[str, Any] = {"account": ACCOUNTS[0]} if window == 10 else {}
            for repeat in range(REPEATS):
                mark = f"w{window}r{repeat}"
                found = flood(palabre, count=COUNT, numbers=NUMBERS, to=TO, text=f"{mark} {{n}}", **one_link)
                measured.append(
                    {
                        "metric": f"texts_per_s_w{window}",
                        "value": round(found["handed"] / found["seconds"]),
                        "unit": "1/s",
                        **bound,
                        "lost": lost(palabre, mark, COUNT),
                        "commit_ms": round(commit, 3),
                    }
                )
        ceilings = dict(_ceilings(palabre))
        for figure in measured:
            yield {**figure, "ceiling": ceilings[str(figure["metric"])]}


def _ceilings(palabre: trial.Running) -> Iterator[tuple[str, int]]:
    """What the same generator does against a customer that acknowledges at once."""
    palabre.stop("gateway")
    for window, links in ((100, len(ACCOUNTS)), (10, 1)):
        ceiling = ceiling_in(palabre, window=window, count=2 * COUNT, numbers=NUMBERS, to=TO, links=links)
        yield f"texts_per_s_w{window}", ceiling
