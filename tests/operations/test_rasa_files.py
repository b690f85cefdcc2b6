"""What can be said of the Rasa server without Rasa: `make rasa-test` runs the real one, where Python 3.10 is."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
CODE = ROOT / "bots" / "rasa"

spec = importlib.util.spec_from_file_location("make_rasa", ROOT / "scripts" / "rasa.py")
assert spec is not None
assert spec.loader is not None
make_rasa = importlib.util.module_from_spec(spec)
spec.loader.exec_module(make_rasa)


def test_what_is_installed_is_pinned_by_hash_and_names_no_host():
    lock = (CODE / "requirements.lock").read_text()
    assert "://" not in lock
    names = re.findall(r"^([\w.-]+(?:\[[\w,-]+\])?)==(\S+)", lock, re.MULTILINE)
    assert ("rasa", "3.6.21") in names, "before it a model from elsewhere could run code (CVE-2024-49375)"
    assert lock.count("--hash=sha256:") >= len(names) > 100
    assert not {"tensorflow", "jax", "jaxlib"} & {name for name, _ in names}


@pytest.mark.parametrize(
    "file",
    [*(ROOT / "bots" / "embedded").glob("*.py"), ROOT / "bots" / "errors.py", ROOT / "bots" / "turn.py",
     *CODE.glob("*.py")],
    ids=lambda path: path.name,
)  # fmt: skip
def test_what_rasa_shares_with_us_can_be_read_by_python_3_10(file: Path):
    """The syntax; that its imports are there, `make rasa-test` sees."""
    ast.parse(file.read_text(), feature_version=(3, 10))


def test_without_python_3_10_it_says_so_in_one_line(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(make_rasa, "_candidates", lambda: iter(["no-such-python", sys.executable]))
    monkeypatch.setattr(make_rasa, "VENV", tmp_path)
    assert make_rasa.main("train") == make_rasa.main("test") == 3
    first, second = capsys.readouterr().out.splitlines()
    assert first == second
    assert "3.10" in first or "x86_64" in first


def test_a_bot_that_is_none_is_refused(capsys):
    for name in ("nobody", "../telecom", ""):
        assert make_rasa.main("train", name) == 1
    assert len(capsys.readouterr().out.splitlines()) == 3


@pytest.mark.parametrize("missing", ["RASA_TOKEN", "REDIS_URL"])
def test_the_server_does_not_start_without_a_token_or_a_store(missing):
    given = {**os.environ, "RASA_TOKEN": "x" * 32, "REDIS_URL": "redis://127.0.0.1:9/0", missing: ""}
    done = subprocess.run(
        [sys.executable, CODE / "serve.py", "none.tar.gz"], env=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.strip() == f"{missing} must be set"


def test_it_serves_one_door_to_ourselves():
    """Neither Rasa's HTTP API nor one of its own channels, which ask for no token; and no way in or out beside ours."""
    assert "--enable-api" not in (CODE / "serve.py").read_text()
    credentials = (CODE / "credentials.yml").read_text()
    assert re.findall(r"^(\S+):", credentials, re.MULTILINE) == ["palabre_channel.PalabreInput"]
    compose = (ROOT / "docker-compose.yml").read_text()
    service = re.search(r"^  rasa:\n(.*?)^  \S", compose, re.MULTILINE | re.DOTALL)
    assert service is not None
    assert "networks: [inside]" in service[1]
    assert "ports:" not in service[1]
    assert "mem_limit: 1g" in service[1]
    assert "read_only: true" in service[1]
