"""`palabre bots versions`, `publish` and `evaluate --version`: the same rules as in the web, from a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from accounts.models import Audit, User
from bots import command
from bots.workshop.models import Version
from tests.browser import Browser

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "Nous sommes ouverts de 9h a 17h."


def test_versions_are_listed_published_and_rolled_back(
    desk: Browser, boss: User, capsys: pytest.CaptureFixture[str]
) -> None:
    body = {"bot": "telecom", "name": "utter_opening_hours", "language": "fr", "texts": [NEW]}
    assert desk.put("/api/admin/bot/sentence", body).status == 200
    assert command.main(["versions", "telecom", "--as", boss.email]) == 0
    assert "1  draft" in capsys.readouterr().out
    assert command.main(["publish", "telecom", "1", "--as", boss.email, "--note", "fêtes"]) == 0
    assert (Version.objects.get().state, Version.objects.get().note) == ("published", "fêtes")
    assert Audit.objects.filter(action="bot.published", actor=boss).exists()
    assert command.main(["publish", "telecom", "0", "--as", boss.email]) == 0
    assert Version.objects.get().state == "retired"
    capsys.readouterr()
    assert command.main(["publish", "telecom", "7", "--as", boss.email]) == 1
    assert command.main(["versions", "telecom", "--as", "nobody@example.org"]) == 1
    assert "no version 7" in capsys.readouterr().err


def test_what_is_not_learnt_is_not_published_from_a_terminal_either(desk: Browser, boss: User) -> None:
    body = {"bot": "telecom", "intent": "balance", "language": "fr", "add": ["gade mon wari"]}
    assert desk.put("/api/admin/bot/phrases", body).status == 200
    assert command.main(["publish", "telecom", "1", "--as", boss.email]) == 1
    assert not Version.objects.filter(state="published").exists()


def test_a_version_is_measured_as_a_shipped_bot_is(
    desk: Browser, boss: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = {"bot": "telecom", "intent": "balance", "language": "fr", "add": ["gade mon wari"]}
    assert desk.put("/api/admin/bot/phrases", body).status == 200
    texts = tmp_path / "texts.yml"
    texts.write_text('balance: ["gade mon wari"]\n__oos__: ["qui a gagne le match"]\n')
    given = ["evaluate", "--bot", "telecom", "--lang", "fr", "--version", "1", "--as", boss.email, str(texts)]
    assert command.main(given) == 0
    assert json.loads(capsys.readouterr().out)["understood"]["top1"]["share"] == 1
