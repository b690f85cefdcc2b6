"""How sources fare, as the health page and Prometheus tell it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bots.lookups import told
from bots.lookups.models import Faring
from config.health import metrics, probes
from config.health.limits import Finding, Level
from config.health.views import latest
from tests.lookups.conftest import defined


@pytest.fixture(autouse=True)
def fresh_look() -> Iterator[None]:
    latest.forget()
    yield
    latest.forget()


def the() -> Finding:
    [one] = [one for one in probes.look(None) if one.check == "look_up_source"]
    return one


def test_without_a_source_all_is_well(cast):
    assert (the().level, the().facts) == (Level.OK, {"state": "unused"})


def test_one_that_nobody_has_asked_is_said_to_be(rest):
    assert (the().level, the().name, the().facts) == (Level.OK, "Comptes", {"state": "unasked"})


def test_a_source_that_fails_is_shown_with_why_and_what_became_of_its_calls(rest, ask, monkeypatch):
    monkeypatch.setattr(told, "EVERY_S", 0.0)
    defined(rest, path="/accounts/{number}")
    failing = defined(rest, name="bad", path="/status/500?n={number}")
    ask()
    assert the().level == Level.OK and the().facts["state"] == "answering" and the().facts["calls"] == 1
    ask("bad")
    assert the().level == Level.WARNING
    assert (the().facts["state"], the().facts["error"], the().facts["failures"]) == ("failing", "status", 1)
    for _ in range(5):
        ask("bad")
    assert the().facts["state"] == "open" and 0 < the().facts["open_s"] <= 30
    families = text_string_to_metric_families(metrics.exposition(probes.look(None))[0].decode())
    samples = {one.name: one.value for family in families for one in family.samples if "look_up_source" in one.name}
    assert samples["palabre_look_up_source_answering"] == 0
    assert samples["palabre_look_up_source_calls_total"] == 6
    Faring.objects.all().delete()
    assert the().level == Level.OK
    failing.delete()


def test_a_source_that_is_well_is_told_of_now_and_then_only(rest, ask):
    defined(rest, path="/accounts/{number}")
    ask()
    (first,) = Faring.objects.values_list("updated_at", flat=True)
    ask()
    assert list(Faring.objects.values_list("updated_at", flat=True)) == [first]
