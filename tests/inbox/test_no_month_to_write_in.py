"""A month without its partition: an agent is told "not now", as for a database that is away, and never "a conflict"."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection

from common.partitions import keep_partitions_ahead
from tests.browser import Browser
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_answer_waits_for_its_month_and_is_then_stored_once(cast: Cast):
    conversation = cast.queued()
    awa = Browser(cast.awa)
    base = f"/api/conversations/{conversation.id}"
    assert awa.post(f"{base}/take").status == 200
    said = {"client_id": str(uuid4()), "body": "Un instant, je regarde."}
    with connection.cursor() as cursor:
        cursor.execute("""select to_char(now() at time zone 'UTC', '"y"YYYY"m"MM')""")
        month = f"realtime_event_{cursor.fetchone()[0]}"
        cursor.execute(f"alter table realtime_event detach partition {month}")
    try:
        refused = awa.post(f"{base}/messages", said)
        assert (refused.status, refused.code) == (503, "unavailable")
    finally:
        keep_partitions_ahead()
    assert awa.post(f"{base}/messages", said).status == 200
    assert awa.post(f"{base}/messages", said).status == 200  # the browser asked again: the same message
    bodies = [one["body"] for one in awa.get(f"{base}/messages").data["items"] if one["kind"] == "outgoing"]
    assert bodies == [said["body"]]
