"""Two years of months: what is read and written all day looks at the months that it is about, and stays fast."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.partitions import PARTITIONED
from conversations.intake import CONNECTION_SETTINGS, LOOKUP_SETTINGS, connect, store
from conversations.models import Conversation
from conversations.outbox import claim
from conversations.rendering import render_messages, render_thread
from realtime.audience import AudienceKind
from realtime.reading import read_range
from routing.turns import read_talks
from tests.conversations.deeds import say, take

pytestmark = pytest.mark.django_db(transaction=True)

BEHIND = 24


@pytest.fixture
def two_years(transactional_db: None):
    def run(sql: str, *parameters: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)

    for table in PARTITIONED:
        run("select palabre_make_partitions(%s, now() - make_interval(months => %s), %s)", table, BEHIND, BEHIND)
    yield
    for table in PARTITIONED:
        for month in range(1, BEHIND + 1):
            run("select palabre_drop_partition(%s, (now() - make_interval(months => %s))::date)", table, month)


def partitions_read(deed: Callable[[], object]) -> dict[str, int]:
    """For each partitioned table, how many of its partitions the statements of `deed` really open."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        deed()
    most: dict[str, int] = {}
    for query in queries.captured_queries:
        sql = query["sql"]
        if not any(table in sql for table in PARTITIONED) or not sql.lstrip().lower().startswith(("select", "with")):
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"explain (analyze, timing off, summary off) {sql}")
            lines = [line for (line,) in cursor.fetchall() if "never executed" not in line]
        for table in PARTITIONED:
            opened = set(re.findall(rf"\b({table}_y\d+m\d+) ", "\n".join(lines)))
            most[table] = max(most.get(table, 0), len(opened))
    return {table: count for table, count in most.items() if count}


@pytest.fixture
def talk(desk, dsn, two_years) -> Conversation:
    async def begin() -> None:
        async with await connect(dsn, **CONNECTION_SETTINGS) as intake:
            await store(intake, [desk.text(f"texte {n}", sender="+2290197000001") for n in range(30)])

    async_to_sync(begin)()
    found = Conversation.objects.select_related("line", "address").get()
    for n in range(5):
        say(found, f"réponse {n}")
    return found


def test_reading_a_conversation_and_the_log_opens_no_month_before_theirs(talk):
    # This month and the three ahead, which nothing rules out: their rows would be newer.
    organisation = talk.organisation_id
    thread = partitions_read(lambda: render_thread(organisation, talk.id, AudienceKind.FULL))
    assert thread["conversations_message"] <= 4, thread
    assert thread.get("conversations_delivery", 0) <= 4, thread
    turns = partitions_read(lambda: read_talks([talk.id]))
    assert turns["conversations_message"] <= 4, turns
    first = read_range(organisation, 0, 1)[0]
    log = partitions_read(lambda: read_range(organisation, 1, 20, first.id))
    assert log["realtime_event"] <= 4, log
    ids = [UUID(item["id"]) for item in render_thread(organisation, talk.id, AudienceKind.FULL)[0]]
    rows = partitions_read(lambda: render_messages(organisation, ids, AudienceKind.FULL))
    assert max(rows.values()) <= 4, rows


@pytest.mark.parametrize("months", ["few", "two_years"])
async def test_taking_a_text_and_claiming_an_answer_stay_quick(desk, dsn, months, request):
    if months == "two_years":
        await sync_to_async(request.getfixturevalue)(months)
    async with await connect(dsn, **CONNECTION_SETTINGS) as intake, await connect(dsn, **LOOKUP_SETTINGS) as outbox:
        lease = await take(outbox, desk.link.id)
        texts, claims = [], []
        for n in range(30):
            began = time.monotonic()
            await store(intake, [desk.text("bonjour", sender=f"+229019711{n:04d}")])
            texts.append(time.monotonic() - began)
            began = time.monotonic()
            await claim(outbox, lease=lease, link_id=desk.link.id, room=10)
            claims.append(time.monotonic() - began)
    warm = {"text": sorted(texts[10:])[10], "claim": sorted(claims[10:])[10]}
    print(f"{months}, median: " + ", ".join(f"{name} {s * 1000:.1f} ms" for name, s in warm.items()))
    assert max(warm.values()) < 0.2
