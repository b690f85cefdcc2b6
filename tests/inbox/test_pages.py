"""The application's page, health, and the headers of both."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings as django_settings

from tests.browser import Browser

PATHS = [
    "/",
    "/sign-in",
    "/supervision",
    "/admin",
    "/admin/links",
    "/admin/users/x",
    "/c/01920000-0000-7000-8000-000000000000",
]


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "index.html").write_text("<!doctype html><title>Palabre</title>")
    monkeypatch.setattr(django_settings, "FRONTEND_DIST", tmp_path)
    return tmp_path


@pytest.mark.parametrize("path", PATHS)
def test_one_page_serves_every_address_of_the_application(path: str, built: Path, transactional_db: None) -> None:
    response = Browser().client.get(path)
    assert (response.status_code, response.content) == (200, b"<!doctype html><title>Palabre</title>")
    assert response.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Frame-Options"] == "DENY"
    assert Browser().client.post(path).status_code in (403, 405)


def test_a_new_build_is_served_at_once(built: Path, transactional_db: None) -> None:
    client = Browser().client
    client.get("/")
    (built / "index.html").write_text("<!doctype html><title>Newer</title>")
    assert b"Newer" in client.get("/").content


def test_a_front_end_that_is_not_built_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> None:
    monkeypatch.setattr(django_settings, "FRONTEND_DIST", tmp_path / "nothing")
    response = Browser().client.get("/")
    assert response.status_code == 503
    assert b"make frontend" in response.content


def test_other_addresses_are_not_there(built: Path, transactional_db: None) -> None:
    for path in ("/nothing", "/supervisionx", "/.env", "/c", "/static/../config/settings.py"):
        assert Browser().client.get(path).status_code == (200 if path == "/c" else 404), path


def test_answers_of_the_api_are_kept_by_nobody(transactional_db: None) -> None:
    assert Browser().client.get("/api/session").headers["Cache-Control"] == "no-store"
