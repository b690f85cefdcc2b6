"""What the health page and Prometheus say of the servers that talk for bots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models.functions import Now
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import Role
from config.env import SettingError, http_address
from config.health import probes
from config.health.limits import Finding, Level
from config.health.views import latest
from routing.models import BotServer
from tests.browser import Browser, someone
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_look() -> Iterator[None]:
    latest.forget()
    yield
    latest.forget()


def said(owner: str = "d1", *, state: str = "answering", bot: str = "telecom", age_s: int = 0, **more: Any) -> None:
    from datetime import timedelta

    counts = {"asked": 10, "calls": 8, "fallbacks": 3, "failures": {"timeout": 2, "busy": 1}, "p95_ms": 40.5}
    since, until = (more.pop(name, None) for name in ("since_s", "until_s"))
    BotServer.objects.create(
        owner=owner, bot=bot, state=state, facts={**counts, **more.pop("facts", {})},
        since=None if since is None else Now() - timedelta(seconds=since),
        until=None if until is None else Now() + timedelta(seconds=until),
        updated_at=Now() - timedelta(seconds=age_s), **more,
    )  # fmt: skip


def found(cast: Cast | None = None) -> list[Finding]:
    return [one for one in probes.look(cast.organisation.id if cast else None) if one.check == "bot_server"]


def the(cast: Cast | None = None) -> Finding:
    [one] = found(cast)
    return one


def test_where_no_bot_has_a_server_all_is_well(cast: Cast) -> None:
    assert (the().level, the().facts) == (Level.OK, {"state": "unused"})


def test_one_that_answers_is_well_and_is_counted(cast: Cast) -> None:
    said()
    assert (the().level, the().value, the().name) == (Level.OK, 0.0, "telecom")
    assert the().facts == {
        "state": "answering", "error": None, "open_s": None, "p95_ms": 40.5,
        "asked": 10, "calls": 8, "fallbacks": 3, "fallbacks_timeout": 2, "fallbacks_busy": 1,
    }  # fmt: skip


def test_the_worst_that_any_dispatcher_says_is_how_it_is(cast: Cast) -> None:
    said("d1")
    said("d2", state="open", error="timeout", since_s=75, until_s=12, facts={"p95_ms": 2000.0})
    assert the().level == Level.WARNING, "nobody waits for it: the embedded engine answers"
    assert 75 <= (the().value or 0) < 90
    assert the().words == "timeout"
    facts = the().facts
    assert (facts["state"], facts["asked"], facts["fallbacks_timeout"], facts["p95_ms"]) == ("open", 20, 4, 2000.0)
    assert 0 < int(facts["open_s"] or 0) <= 12


def test_one_that_is_wanted_and_not_configured_is_a_warning(cast: Cast) -> None:
    said(state="not_configured")
    assert (the().level, the().value) == (Level.WARNING, None)


def test_what_a_dispatcher_said_that_is_no_more_is_not_how_it_is(cast: Cast) -> None:
    said(state="open", since_s=3600, until_s=5, age_s=60)
    assert the().facts == {"state": "unused"}


def test_an_administrator_is_shown_the_bots_of_his_lines(cast: Cast) -> None:
    said(bot="telecom")
    said(bot="insurance", state="failing", error="cut", since_s=5)
    assert {one.of for one in found()} == {"telecom", "insurance"}
    assert the(cast).of == "telecom"
    other = make_cast(name="Autre", slug="autre", domain="autre.example")
    other.organisation.lines.update(bot="insurance")
    assert the(other).of == "insurance"
    page = Browser(someone(cast, Role.ADMINISTRATOR)).get("/api/admin/health")
    assert [one["of"] for one in page.data["checks"] if one["check"] == "bot_server"] == ["telecom"]


def test_prometheus_reads_it(cast: Cast, settings: Any) -> None:
    settings.METRICS_TOKEN = "a-token-of-the-monitors"
    said("d1")
    said("d2", state="failing", error="timeout", since_s=5)
    answer = Browser().client.get("/metrics", headers={"Authorization": "Bearer a-token-of-the-monitors"})
    families = {one.name: one for one in text_string_to_metric_families(answer.content.decode())}

    def value(name: str) -> float:
        [sample] = families[name].samples
        assert sample.labels["bot"] == "telecom"
        return sample.value

    assert value("palabre_bot_server_answering") == 0
    assert value("palabre_bot_server_turns") == 20
    assert value("palabre_bot_server_p95_ms") == 40.5
    fallbacks = {sample.labels["why"]: sample.value for sample in families["palabre_bot_server_fallbacks"].samples}
    assert fallbacks == {"timeout": 4, "busy": 2}


# --- its address ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["http://127.0.0.1:5005", "https://rasa.example.org", "http://rasa-{bot}:5005/"])
def test_an_address_is_taken_without_its_last_slash(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASA_URL", url)
    assert http_address("RASA_URL") == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    ["rasa:5005", "ftp://rasa", "http://", "http://a:b@rasa", "http://rasa?token=x", "http://ra sa", "http://r:x"],
)
def test_what_is_no_address_stops_the_start(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASA_URL", url)
    with pytest.raises(SettingError, match="RASA_URL must look like"):
        http_address("RASA_URL")


def test_a_server_has_a_token_which_may_be_mounted(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    import runpy

    from config.settings import ROOT

    settings_file = str(ROOT / "config" / "settings.py")
    monkeypatch.setenv("RASA_URL", "http://127.0.0.1:5005")
    with pytest.raises(SettingError, match="RASA_TOKEN must have"):
        runpy.run_path(settings_file)
    (tmp_path / "token").write_text("a-token-of-sixteen-or-more\n")
    monkeypatch.setenv("RASA_TOKEN_FILE", str(tmp_path / "token"))
    assert runpy.run_path(settings_file)["RASA_TOKEN"] == "a-token-of-sixteen-or-more"
