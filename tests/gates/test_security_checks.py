"""The checks of `scripts/security.py` notice what they are there to notice."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import security  # noqa: E402


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN RSA PRIVATE" + " KEY-----\nMIIEpAIBAAKCAQEA1234",
        "aws = AKIA" + "ABCDEFGHIJKLMNOP",
        "token: ghp" + "_" + "a1" * 18,
        "SK" + "0123456789abcdef" * 2,
        "postgresql://palabre:" + "Xk29-dfPq81z" + "@db.company.net/palabre",
        "Bearer eyJ" + "hbGciOiJIUzI1NiJ9.eyJ" + "zdWIiOiIxMjM0In0.abcdefghijkl",
    ],
)
def test_a_secret_in_a_file_is_noticed(text: str) -> None:
    (found,) = security.keys_in("a.txt", f"first\n{text}\n")
    assert found.startswith("a.txt:2: looks like a secret") and text not in found


@pytest.mark.parametrize(
    "text",
    ["postgresql://user:password@host:5432/palabre", "redis://:${VALKEY_PASSWORD}@valkey:6379", "SKIP", "key = KEY"],
)
def test_an_example_is_no_secret(text: str) -> None:
    assert not list(security.keys_in("a.txt", text))


def test_a_finding_must_be_accounted_for_and_an_account_must_be_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "ACCEPTED", {("B506", "a.py"): "looked at"})
    one = {"test_id": "B506", "filename": "./a.py", "line_number": 7, "issue_text": "unsafe"}
    assert list(security.judged([one])) == []
    assert list(security.judged([{**one, "filename": "./b.py"}])) == [
        "b.py:7: B506 unsafe", "B506 is no longer found in a.py: take it out of ACCEPTED",
    ]  # fmt: skip
