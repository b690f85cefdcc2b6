"""`python -m bots`: what somebody who edits answers sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bots import engine
from bots.__main__ import main
from bots.embedded.engine import EmbeddedEngine
from bots.remote import servers
from tests.bots.fake_rasa import TOKEN, FakeRasa


def test_a_good_bot_is_called_good(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    out = capsys.readouterr().out
    assert "telecom: good." in out
    assert "insurance: good." in out


def test_a_spoiled_bot_is_refused_with_file_and_key(
    spoiled: Callable[[str, str, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    spoiled("rules.yml", "action: utter_menu", "action: utter_menus")
    assert main(["check", "spoiled"]) == 1
    out = capsys.readouterr().out
    assert "REFUSED" in out
    assert "spoiled/rules.yml: rules[13].steps[1].action: 'utter_menus'" in out
    assert main(["ask", "spoiled", "menu"]) == 1


def test_a_response_that_nobody_utters_is_noted(
    spoiled: Callable[[str, str, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    spoiled("domain.yml", "  utter_failed:", '  utter_later:\n  - text: "ok"\n\n  utter_failed:')
    assert main(["check", "spoiled"]) == 0
    assert "utter_later" in capsys.readouterr().out


def test_an_answer_that_was_edited_is_what_the_bot_says(
    spoiled: Callable[[str, str, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    spoiled("domain.yml", "samedi 9h-13h", "samedi 9h-12h")
    assert main(["ask", "spoiled", "horaires", "conseiller"]) == 0
    out = capsys.readouterr().out
    assert "samedi 9h-12h" in out
    assert "handed to a person (asked)" in out


def test_an_unknown_bot_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "nobody"]) == 1
    assert "known: insurance, telecom" in capsys.readouterr().out


@pytest.fixture
def served(telecom: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeRasa]:
    """The telecom bot's server, as an installation's settings name it."""
    engine._ready.clear()
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    with FakeRasa(telecom) as rasa:
        monkeypatch.setenv("RASA_URL", rasa.url)
        monkeypatch.setenv("RASA_TOKEN_FILE", str(tmp_path / "token"))
        yield rasa
        servers.use(url="", token="")
    engine._ready.clear()


def test_a_bots_server_can_be_talked_to_and_measured(
    served: FakeRasa, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["ask", "telecom", "--engine", "rasa", "mn sold svp"]) == 0
    assert "[fr, balance" in capsys.readouterr().out
    texts = tmp_path / "texts.yml"
    texts.write_text("balance: [mn sold svp]\n__oos__: [qui a gagne le match]\n")
    evaluate = ["evaluate", "--bot", "telecom", "--lang", "fr", "--engine", "rasa", str(texts)]
    assert main(evaluate) == 0
    assert [body["message"] for body in served.asked] == ["mn sold svp", "mn sold svp", "qui a gagne le match"]
    served.refuse()
    assert main(evaluate) == 3, "what the embedded engine makes of a text is no figure of the server's"
    assert "gave no answer: unreached" in capsys.readouterr().err
