"""The settings that production would have, for tests that ask how it answers."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as current

PRODUCTION = {
    "PALABRE_MODE": "production",
    "SECRET_KEY": "a-key-of-production-that-is-only-used-in-these-tests-0123456789",
    "PUBLIC_URL": "https://testserver",
    "ALLOWED_HOSTS": "testserver",
    "BEHIND_PROXY": "yes",
    "DATABASE_URL": "postgresql://palabre_app:secret@db.example:5433/palabre",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
}
_OF_TRANSPORT = ("SECURE_", "SESSION_COOKIE", "CSRF_", "X_FRAME", "ALLOWED_HOSTS", "PUBLIC_URL", "BEHIND_PROXY", "MODE")


def settings_with(monkeypatch: pytest.MonkeyPatch, **environment: str) -> dict[str, Any]:
    """config/settings.py, read afresh in this environment. Raises config.env.SettingError."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(Path(current.ROOT) / "config" / "settings.py"))


@pytest.fixture
def production(settings: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Requests of this test are answered as in production."""
    with monkeypatch.context() as patch:
        found = settings_with(patch, **PRODUCTION)
    for name, value in found.items():
        if name.startswith(_OF_TRANSPORT):
            setattr(settings, name, value)
    return found
