"""How much one person, one address and one program may ask for, and what they are told."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from redis import Redis

from accounts.models import Role, Tries
from config.settings import ROOT
from config.write_limit import Buckets
from conversations.models import Delivery
from tests.browser import Browser, someone
from tests.cast import Cast

LOGIN = "/_allauth/browser/v1/auth/login"
PASSWORD = "un baobab au bord du fleuve"


def answers(browser: Browser, conversation, number: int) -> list[int]:
    path = f"/api/conversations/{conversation.id}/messages"
    return [browser.post(path, {"client_id": str(uuid4()), "body": f"texte {n}"}).status for n in range(number)]


@pytest.mark.needs("RFP-096")
def test_a_program_that_runs_away_is_stopped_and_a_busy_agent_is_not(cast: Cast, settings) -> None:
    settings.TEXTS_PER_MINUTE = 60
    conversation = cast.owned_by(cast.awa)
    awa, path = Browser(cast.awa), f"/api/conversations/{conversation.id}/messages"
    assert answers(awa, conversation, 60) == [200] * 60
    once = {"client_id": str(uuid4()), "body": "un de trop"}
    began = time.monotonic()
    answer = awa.post(path, once)
    while answer.status == 200 and time.monotonic() - began < 20:  # on a slow machine some have come back meanwhile
        answer = awa.post(path, {"client_id": str(uuid4()), "body": "encore"})
    assert (answer.status, answer.code) == (429, "too_many_texts")
    assert answer.data["error"]["facts"]["retry_after_s"] == 1
    assert "patientez" in answer.data["error"]["message"]
    stored = Delivery.objects.count()
    assert answers(Browser(cast.koffi), cast.owned_by(cast.koffi, sender="+2290197000002"), 3) == [200] * 3
    with connection.cursor() as cursor:
        cursor.execute("update routing_sendingpace set filled_at = filled_at - interval '2 seconds'")
    assert answers(awa, conversation, 1) == [200]
    assert Delivery.objects.count() == stored + 4


def test_a_flush_of_redis_gives_nobody_more_texts(cast: Cast, settings, redis_url: str) -> None:
    settings.TEXTS_PER_MINUTE = 2
    conversation = cast.owned_by(cast.awa)
    awa = Browser(cast.awa)
    assert answers(awa, conversation, 3) == [200, 200, 429]
    Redis.from_url(redis_url).flushall()
    assert answers(Browser(cast.awa), conversation, 1) == [429]


def test_the_same_message_again_costs_nothing(cast: Cast, settings) -> None:
    settings.TEXTS_PER_MINUTE = 1
    path, body = f"/api/conversations/{cast.owned_by(cast.awa).id}/messages", {"client_id": str(uuid4()), "body": "Oui"}
    assert [Browser(cast.awa).post(path, body).status for _ in range(4)] == [200] * 4


def test_whoever_changes_too_much_waits_and_still_reads(cast: Cast, settings) -> None:
    settings.WRITES_PER_MINUTE = 5
    awa = Browser(cast.awa)
    found = [awa.patch("/api/session", {"theme": "dark"}) for _ in range(7)]
    assert [one.status for one in found] == [200] * 5 + [429] * 2
    assert (found[-1].code, found[-1].data["error"]["message"]) == (
        "too_many",
        "Trop de demandes : patientez un instant.",
    )
    response = awa.client.patch("/api/session", b"{}", content_type="application/json")
    assert 1 <= int(response.headers["Retry-After"]) <= 12
    assert awa.get("/api/session").status == 200
    assert awa.get("/api/conversations").status == 200


def test_a_bucket_fills_by_the_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("config.write_limit.time.monotonic", lambda: clock[0])
    buckets = Buckets(60)
    assert [buckets.take("a") for _ in range(60)] == [0.0] * 60
    assert buckets.take("a") == 1.0
    assert buckets.take("b") == 0.0
    clock[0] += 1
    assert (buckets.take("a"), buckets.take("a")) == (0.0, 1.0)
    clock[0] += 3600
    assert [buckets.take("a") for _ in range(60)] == [0.0] * 60
    assert buckets.take("a") > 0


def test_wrong_passwords_are_counted_for_the_account_and_said_so(cast: Cast) -> None:
    """Five in five minutes, from wherever; the right one does not help then, and others sign in."""
    ada = someone(cast, Role.AGENT, name="Ada", password=PASSWORD)
    eve = someone(cast, Role.AGENT, name="Eve", password=PASSWORD)
    found = [Browser().post(LOGIN, {"email": ada.email, "password": f"faux {n}"}) for n in range(6)]
    assert [one.status for one in found] == [400] * 5 + [429]
    assert found[-1].code == "too_many_tries"
    assert found[-1].data["error"]["facts"]["retry_after_s"] == 300
    assert found[-1].data["error"]["message"] == "Too many tries: wait a moment, then try again."
    assert Browser().post(LOGIN, {"email": ada.email, "password": PASSWORD}).status == 429
    assert Browser().post(LOGIN, {"email": eve.email, "password": PASSWORD}).status == 200


def test_a_flush_of_redis_gives_nobody_more_tries(cast: Cast, redis_url: str) -> None:
    ada = someone(cast, Role.AGENT, name="Ada", password=PASSWORD)
    statuses = []
    for n in range(6):
        statuses.append(Browser().post(LOGIN, {"email": ada.email, "password": f"faux {n}"}).status)
        Redis.from_url(redis_url).flushall()
    assert statuses == [400] * 5 + [429]
    assert Browser().post(LOGIN, {"email": ada.email, "password": PASSWORD}).status == 429
    Tries.objects.update(expires=timezone.now() - timedelta(seconds=1))  # five minutes later
    assert Browser().post(LOGIN, {"email": ada.email, "password": PASSWORD}).status == 200


def test_one_address_cannot_try_many_accounts(cast: Cast, settings) -> None:
    limits = settings.ACCOUNT_RATE_LIMITS
    assert limits["login_failed"] == "60/m/ip,5/5m/key,15/1h/key,40/1d/key"
    settings.ACCOUNT_RATE_LIMITS = {**limits, "login_failed": "3/m/ip,5/5m/key"}  # each try costs a hash on purpose
    statuses = [Browser().post(LOGIN, {"email": f"a{n}@savane.example", "password": "faux"}).status for n in range(5)]
    assert statuses == [400] * 3 + [429] * 2


def test_the_proxy_in_front_bounds_addresses_time_and_size() -> None:
    """deploy/nginx.conf is not run here: that it says what docs/bad-input.md promises is all that can be seen."""
    said = re.sub(r"#.*", "", (ROOT / "deploy" / "nginx.conf").read_text())
    for promise in (
        r"client_header_timeout 10s;", r"client_body_timeout 15s;", r"send_timeout 15s;", r"client_max_body_size 1m;",
        r"large_client_header_buffers 4 16k;", r"limit_conn_zone \$binary_remote_addr", r"limit_conn connections \d+;",
        r"limit_req zone=requests burst=\d+ nodelay;", r"limit_conn_status 429;", r"limit_req_status 429;",
        r"proxy_set_header X-Forwarded-For \$remote_addr;",
    ):  # fmt: skip
        assert re.search(promise, said), promise
    for place in ("/_allauth/", "/ws/"):
        assert "limit_req zone=" in said.split(f"location {place} {{")[1].split("}")[0], place
    logged = said.split("log_format")[1].split(";")[0]
    assert "$request_uri" not in logged, "searches are people's names and numbers"
    assert "$uri" not in logged, "an address of a picture is its key"
    [door] = re.findall(r'map \$uri \$logged_uri {\s+default \$uri;\s+"~(.+)" \$media_door;\s+}', said)
    found = re.match(door.replace("?<", "?P<"), "/webhooks/0192/media/eyJhIjoxfQ:1x:yz")
    assert found
    assert found["media_door"] == "/webhooks/0192/media"


AGENTS = 60
AT_A_CHANGE_OF_SHIFT = {"requests": 20 * AGENTS, "sign_in": 2 * AGENTS + AGENTS // 2, "sockets": 2 * AGENTS}


@pytest.mark.parametrize("zone", sorted(AT_A_CHANGE_OF_SHIFT))
def test_a_call_centre_behind_one_address_changes_shifts_within_five_seconds(zone: str) -> None:
    """Some out, some in, every second one with a slip at his password. A leaky bucket lets through its burst and what
    drips out meanwhile; of a page whose scripts were refused nothing can be seen, nor of a sign-out that was."""
    said = (ROOT / "deploy" / "nginx.conf").read_text()
    found = re.search(rf"zone={zone}:\d+m rate=(\d+)r/([sm]);", said)
    assert found
    per_second = int(found[1]) / (1 if found[2] == "s" else 60)
    bursts = re.findall(rf"limit_req zone={zone} burst=(\d+) nodelay;", said)
    assert len(bursts) == 1
    assert int(bursts[0]) + 5 * per_second >= AT_A_CHANGE_OF_SHIFT[zone]
