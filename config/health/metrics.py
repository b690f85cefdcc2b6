"""What Prometheus reads. Figures of the installation come from the database at the moment of the scrape, so every web
process gives the same; only `palabre_sockets` and the process's own are of the process that answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db import DatabaseError, connection
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from config.health.limits import Finding, Level

_UNITS = {"s": "_seconds", "count": "", "months": "_months", "percent": "_percent"}
_LEVELS = {Level.OK: 0, Level.WARNING: 1, Level.RED: 2}
_PARTS = {
    "sent": "accepted by the operator",
    "refused": "refused",
    "throttled": "throttled",
    "unanswered": "unanswered",
}


class Palabre(Collector):
    """The checks as gauges, the links' counters, and the heads of the event logs."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self._findings = findings

    def collect(self) -> Iterator[Metric]:
        # `id` beside the name: links of two organisations may be called the same.
        level = GaugeMetricFamily("palabre_check_level", "0 well, 1 a warning, 2 red", labels=["check", "of", "id"])
        values: dict[str, GaugeMetricFamily] = {}
        for one in self._findings:
            about = [one.name, one.of]
            level.add_metric([one.check, *about], _LEVELS[one.level])
            if one.value is None:
                continue
            name = f"palabre_{one.check}{_UNITS[one.unit]}"
            gauge = values.setdefault(name, GaugeMetricFamily(name, f"the check {one.check}", labels=["of", "id"]))
            gauge.add_metric(about, one.value)
            if "count" in one.facts:
                name = f"palabre_{one.check}_rows"
                rows = values.setdefault(
                    name, GaugeMetricFamily(name, "at most 10,000 are counted", labels=["of", "id"])
                )
                rows.add_metric(about, float(one.facts["count"] or 0))
        yield level
        yield from values.values()
        yield from self._links()
        yield from self._bot_servers()
        yield from self._look_ups()
        yield from _events()
        yield _sockets()

    def _links(self) -> Iterator[Metric]:
        links = [one for one in self._findings if one.check == "link"]
        bound = GaugeMetricFamily("palabre_link_bound", "1 while the link is connected", labels=["link", "id"])
        for one in links:
            bound.add_metric([one.name, one.of], 1 if one.facts.get("state") == "bound" else 0)
        yield bound
        for key, words in _PARTS.items():
            counter = CounterMetricFamily(
                f"palabre_link_parts_{key}", f"message parts {words}, since the gateway's start", labels=["link", "id"]
            )
            for one in links:
                counter.add_metric([one.name, one.of], float(one.facts.get(key) or 0))
            yield counter

    def _bot_servers(self) -> Iterator[Metric]:
        told = [one for one in self._findings if one.check == "bot_server" and one.of]
        well = GaugeMetricFamily(
            "palabre_bot_server_answering", "1 while it does, or was not asked yet", labels=["bot"]
        )
        slow = GaugeMetricFamily("palabre_bot_server_p95_ms", "of its last 500 calls", labels=["bot"])
        turns = CounterMetricFamily(
            "palabre_bot_server_turns", "turns that were its to take, since the dispatchers' start", labels=["bot"]
        )
        fallbacks = CounterMetricFamily(
            "palabre_bot_server_fallbacks", "of them, taken by the embedded engine", labels=["bot", "why"]
        )
        for one in told:
            well.add_metric([one.name], 1 if one.level == Level.OK else 0)
            turns.add_metric([one.name], float(one.facts.get("asked") or 0))
            if (p95 := one.facts.get("p95_ms")) is not None:
                slow.add_metric([one.name], float(p95))
            for key, count in one.facts.items():
                if key.startswith("fallbacks_"):
                    fallbacks.add_metric([one.name, key.removeprefix("fallbacks_")], float(count or 0))
        yield from (well, slow, turns, fallbacks)

    def _look_ups(self) -> Iterator[Metric]:
        told = [one for one in self._findings if one.check == "look_up_source" and one.of]
        well = GaugeMetricFamily(
            "palabre_look_up_source_answering", "1 while it does, or was not asked lately", labels=["source", "id"]
        )
        slow = GaugeMetricFamily("palabre_look_up_source_p95_ms", "of its last 500 calls", labels=["source", "id"])
        calls = CounterMetricFamily("palabre_look_up_source_calls", "look-ups made there", labels=["source", "id"])
        failures = CounterMetricFamily(
            "palabre_look_up_source_failures", "of them, those without an answer", labels=["source", "id"]
        )
        for one in told:
            about = [one.name, one.of]
            well.add_metric(about, 1 if one.level == Level.OK else 0)
            calls.add_metric(about, float(one.facts.get("calls") or 0))
            failures.add_metric(about, float(one.facts.get("failures") or 0))
            if (p95 := one.facts.get("p95_ms")) is not None:
                slow.add_metric(about, float(p95))
        yield from (well, slow, calls, failures)


def _events() -> Iterator[Metric]:
    """Events an organisation has ever had: texts in, answers, receipts, decisions. Its rate is the service's pulse."""
    counter = CounterMetricFamily("palabre_events", "changes of all kinds", labels=["organisation"])
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                """select slug, head from realtime_eventhead
                   join accounts_organisation on accounts_organisation.id = organisation_id"""
            )
            for slug, head in cursor.fetchall():
                counter.add_metric([slug], head)
    except DatabaseError:
        return
    yield counter


def _sockets() -> Metric:
    from realtime.hub import open_sockets

    gauge = GaugeMetricFamily("palabre_sockets", "browsers connected to this web process")
    gauge.add_metric([], open_sockets())
    return gauge


def exposition(findings: Sequence[Finding]) -> tuple[bytes, str]:
    """(the page, its content type)."""
    registry = CollectorRegistry()
    registry.register(Palabre(findings))
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return generate_latest(registry), CONTENT_TYPE_LATEST
