"""What every answer says to the browser, and what the browser may say back."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from config import policy_reports
from config.headers import NO_PAGE, REPORTS
from tests.browser import Browser

pytestmark = pytest.mark.django_db(transaction=True)

BUILT = b'<!doctype html><script type="module" nonce="__CSP_NONCE__" src="/a.js"></script><meta nonce="__CSP_NONCE__">'


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "index.html").write_bytes(BUILT)
    monkeypatch.setattr(django_settings, "FRONTEND_DIST", tmp_path)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.LogCaptureFixture]:
    monkeypatch.setattr(policy_reports, "_allowance", policy_reports._Allowance())
    with caplog.at_level(logging.WARNING, logger="config.policy_reports"):
        yield caplog


def policy_of(response: Any) -> dict[str, list[str]]:
    parts = [part.split() for part in response.headers["Content-Security-Policy"].split(";")]
    return {part[0]: part[1:] for part in parts}


@pytest.mark.needs("RFP-012", part="headers of pages and answers")
def test_a_page_runs_only_the_scripts_that_its_own_answer_names(built: None) -> None:
    response = Browser().client.get("/")
    policy = policy_of(response)
    [nonce] = set(re.findall(rb'nonce="([^"]+)"', response.content))
    assert policy["script-src"] == [f"'nonce-{nonce.decode()}'", "'strict-dynamic'"]
    assert policy["default-src"] == policy["object-src"] == policy["base-uri"] == ["'none'"]
    assert policy["form-action"] == policy["frame-ancestors"] == ["'none'"]
    assert policy["trusted-types"] == ["palabre-shell"]
    assert policy["style-src"] == policy["img-src"] == ["'self'"]
    assert policy["connect-src"] == ["'self'", "ws://testserver"]
    assert policy["require-trusted-types-for"] == ["'script'"]
    assert policy["report-uri"] == [REPORTS]
    assert not {"'unsafe-inline'", "'unsafe-eval'", "data:", "blob:", "*"} & {
        word for words in policy.values() for word in words
    }


def test_two_answers_never_share_a_nonce_and_none_is_kept(built: None) -> None:
    client = Browser().client
    answers = [client.get("/") for _ in range(20)]
    assert len({answer.content for answer in answers}) == 20
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}


def test_behind_https_the_socket_that_may_be_opened_is_encrypted(built: None) -> None:
    response = Browser().client.get("/", secure=True)
    assert policy_of(response)["connect-src"] == ["'self'", "wss://testserver"]


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("get", "/", {}),
        ("get", "/supervision", {}),
        ("post", "/", {}),  # refused for want of a token
        ("get", "/nothing", {}),
        ("get", "/", {"HTTP_HOST": "elsewhere.example"}),
        ("get", "/", {"HTTP_HOST": "a b"}),
        ("get", "/health", {}),
        ("get", "/api/session", {}),
        ("get", "/api/nothing", {}),
        ("get", "/api/conversations?q=%00", {}),
        ("get", "/_allauth/browser/v1/auth/session", {}),
        ("post", REPORTS, {}),
        ("get", "/static/nothing.js", {}),
    ],
)
def test_every_answer_forbids_frames_sniffing_and_copies(
    method: str, path: str, options: dict[str, Any], built: None
) -> None:
    response = getattr(Browser().client, method)(path, **options)
    assert policy_of(response)["frame-ancestors"] == ["'none'"]
    if not response.headers.get("Content-Type", "").startswith("text/html"):
        assert response.headers["Content-Security-Policy"] == NO_PAGE
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert "no-store" in response.headers["Cache-Control"]
    for name in ("Permissions-Policy", "Cross-Origin-Resource-Policy"):
        assert name in response.headers, name
    if response.status_code != 400:  # an unknown host is refused before anybody else speaks
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "same-origin"


def test_signing_out_empties_the_browsers_storage() -> None:
    browser = Browser()
    token = browser.client.cookies["csrftoken"].value
    response = browser.client.delete("/_allauth/browser/v1/auth/session", headers={"X-CSRFToken": token})
    assert response.headers["Clear-Site-Data"] == '"storage"'
    assert "Clear-Site-Data" not in browser.client.get("/_allauth/browser/v1/auth/session").headers


OLD = {
    "effective-directive": "script-src-elem",
    "blocked-uri": "https://bad.example/x.js?a=1",
    "document-uri": "http://x/?q=Ana",
}
NEW = {"effectiveDirective": "style-src", "blockedURL": "inline", "documentURL": "http://x/c/1#Ana", "lineNumber": 7}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            {"csp-report": OLD},
            "directive='script-src-elem' blocked='https://bad.example/x.js' page='http://x/' file='' line=''",
        ),
        (
            [{"type": "csp-violation", "body": NEW}],
            "directive='style-src' blocked='inline' page='http://x/c/1' file='' line='7'",
        ),
    ],
)
def test_a_report_is_one_line_without_what_people_looked_for(
    body: Any, said: str, lines: pytest.LogCaptureFixture
) -> None:
    # As the browser sends it: no token, a type of its own.
    answer = Browser().client.post(REPORTS, json.dumps(body), content_type="application/csp-report")
    assert (answer.status_code, lines.messages) == (204, [f"content policy: {said}"])


def test_a_forged_report_cannot_write_a_line_of_its_own(lines: pytest.LogCaptureFixture) -> None:
    forged = {
        "csp-report": {
            "effective-directive": "x\n2026-01-01 ERROR all is lost\u2028\u202e\x1b[2J" + "a" * 9000,
            "blocked-uri": {"a": 1},
        }
    }
    Browser().client.post(REPORTS, json.dumps(forged), content_type="application/csp-report")
    [line] = lines.messages
    assert line.isprintable()
    assert line.isascii()
    assert len(line) < 6 * 5 * policy_reports.LONGEST_WORD
    assert line.startswith("content policy: directive='x\\n2026")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"[1]", b"null", b'{"csp-report": 7}', b"[" * 10_000, b"\xff", b" " * 20_000]
)
def test_what_is_no_report_is_not_logged(body: bytes, lines: pytest.LogCaptureFixture) -> None:
    answer = Browser().client.post(REPORTS, body, content_type="application/csp-report")
    assert (answer.status_code, answer.content, lines.messages) == (204, b"", [])


def test_a_flood_of_reports_fills_no_log(lines: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Browser().client
    body = json.dumps({"csp-report": OLD})
    for _ in range(policy_reports.MOST_A_MINUTE + 30):
        client.post(REPORTS, body, content_type="application/csp-report")
    assert len(lines.messages) == policy_reports.MOST_A_MINUTE
    policy_reports._allowance.begun -= 61
    client.post(REPORTS, body, content_type="application/csp-report")
    assert lines.messages[-1].endswith("(30 more not logged)")
