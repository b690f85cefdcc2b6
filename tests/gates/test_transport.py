"""What travels is encrypted: to the browser in production, to PostgreSQL, Redis and operators by their settings.

Links to operators: tests/channels_sms/test_tls.py.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client, override_settings

from config.doors import doors
from config.env import SettingError, text
from config.up import command
from config.up.binaries import EngineError
from tests.gates import calls
from tests.gates.production import PRODUCTION, production, settings_with  # noqa: F401  (a fixture)

VERIFIED = "sslmode=verify-full&sslrootcert=/run/secrets/ca.pem&connect_timeout=3"


@pytest.mark.needs("RFP-012", part="browser")
@pytest.mark.usefixtures("production", "db")
def test_plain_http_is_sent_to_https_in_production() -> None:
    client = Client()
    for door in doors():
        where = calls.address(door, defaultdict(lambda: "7"))
        answer = client.get(where)
        if door.address in ("/health", "/health/live", "/metrics"):  # asked from inside, whether we live
            assert answer.status_code != 301, where
        else:
            assert (answer.status_code, answer.headers["Location"]) == (301, f"https://testserver{where}"), where
    lured = client.get("/", headers={"Host": "evil.example"})
    assert lured.headers["Location"] == "https://testserver/"
    assert client.get("/", headers={"Host": "evil.example", "X-Forwarded-Proto": "https"}).status_code == 400


@pytest.mark.usefixtures("production", "db")
def test_behind_the_proxy_https_is_answered_with_strict_transport() -> None:
    answer = Client().get("/api/session", headers={"X-Forwarded-Proto": "https"})
    assert answer.status_code == 401
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    cookie = answer.cookies["__Host-csrftoken"]
    assert cookie["secure"] and cookie["path"] == "/" and not cookie["domain"] and cookie["samesite"] == "Lax"


@pytest.mark.usefixtures("production", "db")
def test_what_a_request_says_of_its_way_is_believed_of_our_proxy_only(settings: Any) -> None:
    settings.BEHIND_PROXY, settings.SECURE_PROXY_SSL_HEADER = False, None
    answer = Client().get("/api/session", headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"})
    assert answer.status_code == 301
    assert answer.headers["Location"] == "https://testserver/api/session"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"PUBLIC_URL": "http://palabre.example"}, "PUBLIC_URL must begin with https"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must name the hosts"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY must have at least 32"),
        ({"WRITES_PER_MINUTE": "0"}, "WRITES_PER_MINUTE must be at least 1"),  # it is divided by
        ({"DATABASE_URL": "postgresql://a@b/c?sslmod=verify-full"}, "does not know: sslmod"),
    ],
)
def test_production_does_not_start_half_protected(
    wrong: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingError, match=words):
        settings_with(monkeypatch, **{**PRODUCTION, **wrong})


def test_the_deployment_check_finds_nothing(production: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    names = {name: value for name, value in production.items() if name.isupper() and name != "DATABASES"}
    with override_settings(**names):
        found = [one for one in run_checks(include_deployment_checks=True) if not one.is_silenced()]
    assert found == []


@pytest.mark.needs("RFP-012", part="PostgreSQL and Redis")
def test_encryption_to_the_database_is_a_part_of_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"postgresql://palabre_app:s%40cret@db.example:5433/palabre?{VERIFIED}"
    found = settings_with(monkeypatch, **{**PRODUCTION, "DATABASE_URL": url})
    database = found["DATABASES"]["default"]
    assert database["PASSWORD"] == "s@cret"
    given = database["OPTIONS"]
    assert (given["sslmode"], given["sslrootcert"]) == ("verify-full", "/run/secrets/ca.pem")
    assert given["pool"]["max_size"] == 8
    # The gateway and the dispatcher connect by the address itself.
    assert found["DATABASE_URL"] == url


def test_celery_checks_the_certificate_of_an_encrypted_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    import ssl

    import redis
    from celery import Celery

    found = settings_with(monkeypatch, **{**PRODUCTION, "REDIS_URL": "rediss://:secret@redis.example:6380/0"})
    app = Celery(broker=found["CELERY_BROKER_URL"])
    assert app.connection_for_write().ssl == {"ssl_cert_reqs": ssl.CERT_REQUIRED}
    pool = redis.Redis.from_url(found["REDIS_URL"]).connection_pool
    connection = pool.make_connection()
    assert (connection.cert_reqs, connection.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_a_mounted_secret_that_is_not_there_stops_the_start_and_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "gone"))
    with pytest.raises(SettingError, match="DATABASE_URL_FILE cannot be read"):
        text("DATABASE_URL")


def test_palabre_up_uses_the_servers_that_mounted_secrets_name(tmp_path, monkeypatch):
    addresses = {
        "DATABASE_URL": "postgresql://palabre@db.example/palabre",
        "DATABASE_OWNER_URL": "postgresql://owner@db.example/palabre",
        "REDIS_URL": "redis://cache.example/0",
    }
    for name, address in addresses.items():
        monkeypatch.delenv(name, raising=False)
        (tmp_path / name).write_text(f"{address}\n")
        monkeypatch.setenv(f"{name}_FILE", str(tmp_path / name))
    asked = {}

    def start(_state, **given):
        asked.update(given)
        raise EngineError("far enough")

    monkeypatch.setattr("config.up.engines.start", start)
    monkeypatch.setattr(command, "on_signals", lambda _handler: None)  # this process keeps its own
    assert command.up(tmp_path / "state") == 1
    assert asked == {name.lower(): address for name, address in addresses.items()}
