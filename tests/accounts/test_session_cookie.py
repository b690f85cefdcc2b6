"""A late answer to a session that is no more leaves the cookie of the next one alone."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from tests.cast import Cast

pytestmark = pytest.mark.django_db


def test_an_answer_to_a_session_that_is_no_more_takes_no_cookie_away(cast: Cast) -> None:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = "of-a-session-that-somebody-has-ended"
    answer = client.get("/api/session")
    assert answer.status_code == 401
    assert settings.SESSION_COOKIE_NAME not in answer.cookies
    assert "Cookie" in answer.headers["Vary"]


def test_who_signs_out_leaves_no_cookie(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.awa)
    assert client.get("/api/session").status_code == 200
    answer = client.delete("/_allauth/browser/v1/auth/session")
    taken = answer.cookies[settings.SESSION_COOKIE_NAME]
    assert (taken.value, taken["max-age"]) == ("", 0)
