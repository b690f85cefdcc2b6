"""The health page: each check notices its trouble, is within its limits when all is well, and tells no stranger."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import Role
from common.partitions import keep_partitions_ahead
from config.health import probes, views
from config.health.limits import LIMITS, Finding, Level, measured, unanswered, verdict
from config.health.views import latest
from conversations.adapters import InboundUnreadable
from conversations.models import LinkState
from conversations.spool import Spool
from jobs.models import Job, Lease
from tests.browser import Browser, someone
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_look() -> Iterator[None]:
    latest.forget()
    yield
    latest.forget()


@pytest.fixture
def well(cast: Cast) -> Cast:
    """An installation as its processes keep it: links connected, routing led."""
    for link in cast.organisation.links.all():
        LinkState.objects.update_or_create(link=link, defaults={"state": "bound", "facts": {"sent": 7, "throttled": 1}})
        _lease(f"link:{link.id}", 10)
    _sql("update conversations_linkstate set updated_at = now()")
    _lease(f"routing:{cast.organisation.id}", 10)
    return cast


@pytest.fixture
def months_again(transactional_db: None) -> Iterator[None]:
    yield
    keep_partitions_ahead()


def _sql(statement: str, parameters: list[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def _lease(name: str, seconds: float) -> None:
    _sql(
        """insert into jobs_lease (name, owner, epoch, expires_at)
           values (%s, 'x', 3, now() + make_interval(secs => %s))
           on conflict (name) do update set expires_at = excluded.expires_at""",
        [name, seconds],
    )


def found(check: str, cast: Cast | None = None) -> list[Finding]:
    return [one for one in probes.look(cast.organisation.id if cast else None) if one.check == check]


def the(check: str, cast: Cast | None = None) -> Finding:
    [one] = found(check, cast)
    return one


def test_an_installation_that_is_well_has_no_red_check(well: Cast) -> None:
    looked = probes.look()
    assert {one.check for one in looked} == set(LIMITS), "every check is asked, and every answer has its limits"
    # Whose disk this is, and how it keeps time, is the machine's affair.
    assert [one for one in looked if one.level != Level.OK and one.check not in ("disk_free", "clock")] == []
    assert the("partitions_ahead").value >= 2


def test_a_falling_limit_and_a_rising_one() -> None:
    assert [measured("partitions_ahead", months).level for months in (-1, 1, 2, 3)] == ["red", "red", "ok", "ok"]
    assert [measured("outbound_ready", age).level for age in (0, 29, 30, 299, 300)] == [
        "ok", "ok", "warning", "warning", "red",
    ]  # fmt: skip
    assert [measured("receipts_parked", 9_999).level] == ["ok"], "a figure without limits is a figure"
    well, warned = measured("outbound_ready", 0), measured("outbound_ready", 60)
    assert verdict([well]) == "ok"
    assert verdict([well, warned]) == "warning"
    assert verdict([warned, unanswered("redis", "ConnectionError"), well]) == "red"


def test_a_link_that_is_away_or_silent_is_told(well: Cast) -> None:
    north, south = well.organisation.links.order_by("name")[:2]
    LinkState.objects.filter(link=north).update(state="failed", error="refused", since="2026-01-01T00:00Z")
    _sql("update conversations_linkstate set updated_at = now() - interval '2 minutes' where link_id = %s", [south.id])
    links = {one.of: one for one in found("link")}
    assert (links[str(north.id)].level, links[str(north.id)].facts["state"], links[str(north.id)].words) == (
        "red", "failed", "refused",
    )  # fmt: skip
    assert (links[str(south.id)].level, links[str(south.id)].facts["state"]) == ("red", "silent")
    well.organisation.links.update(is_enabled=False)
    assert found("link") == [], "what is switched off is missed by nobody"


def test_a_link_that_its_gateway_gave_back_is_told_before_its_last_word_is_old(well: Cast) -> None:
    north = well.organisation.links.order_by("name")[0]
    _lease(f"link:{north.id}", -1)
    away = next(one for one in found("link") if one.of == str(north.id))
    assert (away.level, away.facts["state"]) == ("warning", "silent")

    LinkState.objects.filter(link=north).update(state="failed", since="2026-01-01T00:00Z")
    away = next(one for one in found("link") if one.of == str(north.id))
    assert away.level == "red", "it was away before, and is no less so without a gateway"


def test_texts_and_answers_that_wait_are_told(well: Cast) -> None:
    conversation = well.queued()
    well.text_in(conversation)
    _sql("delete from conversations_unhandled")
    _sql(
        """insert into conversations_unhandled (conversation_id, organisation_id, since)
           values (%s, %s, now() - interval '40 s')""",
        [conversation.id, well.organisation.id],
    )
    waiting = the("inbound_unhandled")
    assert (waiting.level, waiting.facts["count"]) == ("red", 1)
    assert 40 <= waiting.value < 60

    _sql(
        """insert into conversations_delivery (message_id, organisation_id, conversation_id, line_id, link_id, source,
               destination, lane, encoding, parts, reference, state, due_at, updated_at)
           select uuidv7(), c.organisation_id, c.id, c.line_id, l.id, '1919', '+229', 0, 'gsm7', 1, 1, s.state,
                  now() - interval '31 s', now() - interval '70 s'
           from conversations_conversation c, (select id from conversations_link limit 1) l,
                (values (0), (1), (2), (2), (3)) s (state)""",
    )
    ready = the("outbound_ready")
    assert (ready.level, ready.facts["count"]) == ("warning", 1)
    assert the("outbound_under_way").level == "warning"
    assert (the("deliveries_unknown").value, the("deliveries_unknown").level) == (2, "warning")


def test_unreadable_bytes_and_failed_jobs_are_told(well: Cast) -> None:
    link = well.organisation.links.first()
    _sql(
        """insert into conversations_rawinbound (id, link_id, kind, key, payload, error)
           select uuidv7(), %s, 'unreadable', n::text, '', case when n = 1 then 'no text' else '' end
           from generate_series(1, 3) n""",
        [link.id],
    )
    assert the("inbound_unreadable").value == 1
    Job.objects.create(kind="x", state="failed")
    assert (the("jobs_failed").level, the("jobs_failed").value) == ("warning", 1)
    late = Job.objects.create(kind="x")
    _sql("update jobs_job set due_at = now() - interval '11 minutes' where id = %s", [late.id])
    assert (the("jobs_due").level, the("jobs_due").facts["count"]) == ("red", 1)


def test_routing_that_nobody_leads_is_told(well: Cast) -> None:
    _lease(f"routing:{well.organisation.id}", -20)
    assert the("routing_lease").level == "red"
    Lease.objects.all().delete()
    assert (the("routing_lease").level, the("routing_lease").value) == ("red", None)


@pytest.mark.parametrize(
    ("which", "months"),
    [(">= this + interval '1 month'", 0), ("= this + interval '1 month'", 0), ("= this", -1)],
    ids=["nothing ahead", "a hole", "the present one"],
)
def test_a_missing_month_is_red(well: Cast, months_again: None, which: str, months: int) -> None:
    # A table that is dropped stays away for all tests to come: the fixture makes it again.
    _sql(
        """do $$ declare one text; this timestamp := date_trunc('month', now() at time zone 'UTC'); begin
             for one in select c.oid::regclass::text from pg_inherits join pg_class c on c.oid = inhrelid
                 where inhparent = 'conversations_rawinbound'::regclass
                   and to_timestamp(right(c.relname, 7), 'YYYY"m"MM') at time zone 'UTC' WHICH
             loop execute 'drop table ' || one; end loop; end $$""".replace("WHICH", which)
    )
    assert (the("partitions_ahead").level, the("partitions_ahead").value) == ("red", months)


def test_the_transaction_of_somebody_else_has_an_age(transactional_db: None) -> None:
    import psycopg

    parameters = connection.get_connection_params()
    with psycopg.connect(**{key: parameters[key] for key in ("host", "port", "user", "password", "dbname")}) as other:
        other.execute("select 1")
        assert 0 < the("oldest_transaction").value < 60


def test_a_question_that_fails_is_red_and_hides_no_other(well: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import transaction

    def broken(cursor: Any, _organisation: Any) -> Iterator[Finding]:
        with transaction.atomic():
            cursor.execute("select 1 / 0")
        yield measured("clock", 0)

    monkeypatch.setitem(probes._ASKED_OF_THE_DATABASE, "clock", broken)
    assert (the("clock").level, the("clock").value, the("clock").words) == ("red", None, "DataError")
    assert the("partitions_ahead").level == "ok"


def test_a_redis_that_is_away_or_full_is_red(well: Cast, settings: Any, redis_url: str) -> None:
    import redis

    assert the("redis").level == "ok"
    with redis.Redis.from_url(redis_url) as engine:
        engine.config_set("maxmemory", 1)
        try:
            assert (the("redis").level, the("redis").words) == ("red", "full")
        finally:
            engine.config_set("maxmemory", 0)
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    assert (the("redis").level, the("redis").words) == ("red", "ConnectionError")
    latest.forget()
    answer = Browser().get("/health")
    assert (answer.status, answer.data["redis"], answer.data["database"]) == (503, "unreachable", "ok")


def test_a_stranger_hears_one_word_and_a_monitor_everything(well: Cast, settings: Any) -> None:
    settings.METRICS_TOKEN = "a-token-of-the-monitors"
    stranger = Browser()
    assert set(stranger.get("/health").data) == {"status", "database", "redis", "partitions_ahead"}
    assert stranger.get("/metrics").status == 404
    assert stranger.get("/health/live").data == {"status": "ok"}
    monitor = {"headers": {"Authorization": "Bearer a-token-of-the-monitors"}}
    checks = stranger.client.get("/health", **monitor).json()["checks"]
    assert {one["check"] for one in checks} == set(LIMITS)
    assert stranger.client.get("/metrics", headers={"Authorization": "Bearer a-token"}).status_code == 404
    assert stranger.client.get("/metrics", **monitor).status_code == 200
    settings.METRICS_TOKEN = ""
    assert stranger.client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_a_database_that_says_nothing_is_red_in_seconds_for_whoever_asks_next(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one who looks waits for it as long as it hangs; strangers could else have a thread each wait with him."""
    hanging, thawed = threading.Event(), threading.Event()

    def look() -> list[Finding]:
        hanging.set()
        assert thawed.wait(30)
        return probes.beside()

    monkeypatch.setattr(probes, "look", look)
    monkeypatch.setattr(views, "PATIENCE_S", 0.2)
    first = threading.Thread(target=latest.now)
    first.start()
    try:
        assert hanging.wait(10)
        began = time.monotonic()
        answer = Browser().get("/health")
        assert time.monotonic() - began < 15, "it waited for the one who looks, half a minute"
    finally:
        thawed.set()
        first.join(10)
    assert (answer.status, answer.data["database"], answer.data["redis"]) == (503, "unreachable", "ok")


def test_links_of_two_organisations_with_one_name_are_two_to_prometheus(well: Cast, settings: Any) -> None:
    settings.METRICS_TOKEN = "a-token-of-the-monitors"
    foreign = make_cast(name="Autre", slug="autre", domain="autre.example")
    assert foreign.north.name == well.north.name
    answer = Browser().client.get("/metrics", headers={"Authorization": "Bearer a-token-of-the-monitors"})
    told = [
        (sample.name, *sorted(sample.labels.items()))
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    ]
    assert len(told) == len(set(told)), "Prometheus keeps one of two that are called the same"


def test_prometheus_can_read_it(well: Cast, settings: Any) -> None:
    settings.METRICS_TOKEN = "a-token-of-the-monitors"
    answer = Browser().client.get("/metrics", headers={"Authorization": "Bearer a-token-of-the-monitors"})
    families = {one.name: one for one in text_string_to_metric_families(answer.content.decode())}
    bound = {sample.labels["link"]: sample.value for sample in families["palabre_link_bound"].samples}
    assert bound == {link.name: 1 for link in well.organisation.links.all()}
    assert {sample.value for sample in families["palabre_link_parts_sent"].samples} == {7}
    assert families["palabre_partitions_ahead_months"].samples[0].value >= 2
    levels = {sample.labels["check"] for sample in families["palabre_check_level"].samples}
    assert levels == set(LIMITS)
    assert {"palabre_outbound_ready_seconds", "palabre_outbound_ready_rows", "palabre_sockets"} <= set(families)


def test_an_administrator_sees_his_own_links_and_nobody_elses(well: Cast) -> None:
    foreign = make_cast(name="Autre", slug="autre", domain="autre.example")
    LinkState.objects.update_or_create(
        link=foreign.north, defaults={"state": "failed", "error": "their secret trouble"}
    )
    page = Browser(someone(well, Role.ADMINISTRATOR)).get("/api/admin/health")
    assert page.status == 200
    assert {one["of"] for one in page.data["checks"] if one["check"] == "link"} == {
        str(link.id) for link in well.organisation.links.all()
    }
    assert b"their secret trouble" not in page.raw
    assert str(foreign.organisation.id).encode() not in page.raw
    [months] = [one for one in page.data["checks"] if one["check"] == "partitions_ahead"]
    assert (months["unit"], months["red"]) == ("months", 1)
    assert Browser(someone(well, Role.SUPERVISOR)).get("/api/admin/health").status == 403


def test_calls_of_providers_that_nobody_stores_are_told_of(settings: Any, tmp_path: Path) -> None:
    settings.WEBHOOK_SPOOL = tmp_path
    assert probes._webhooks().level == Level.OK
    link_id = uuid4()
    spool = Spool(tmp_path)
    spool.put(link_id, [InboundUnreadable(link_id, "k", b"?", "why")])
    [entry] = tmp_path.glob("*/*.json")
    old = entry.rename(entry.with_name(f"{time.time_ns() - 400 * 10**9:020d}-1-0.json"))
    found = probes._webhooks()
    assert (found.level, found.facts["count"]) == (Level.RED, 1)
    assert found.value is not None and 395 < found.value < 460
    with spool.taking(link_id) as taking:
        assert taking is not None
        taking.put_aside(old)
    assert probes._webhooks().level == Level.WARNING
