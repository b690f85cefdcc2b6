"""What stands on the wire, line by line: the application's client is written against exactly this."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.rasa.conftest import Server

ME = "5f0c7a52-5d53-4d39-9a52-2d2c3c0f0001"


def test_health_says_which_bot_and_model(rasa: Server) -> None:
    answer = httpx.get(f"{rasa.url}/webhooks/palabre/")
    assert answer.status_code == 200
    said = answer.json()
    assert (said["status"], said["bot"], set(said)) == ("ok", "telecom", {"status", "bot", "model"})
    assert len(said["model"]) == 12


def test_a_turn(rasa: Server) -> None:
    sent = {"sender": ME, "message": "vs ouvrez a kel heure", "metadata": {"lang": "fr", "clarified": False}}
    answer = rasa.post(json=sent)
    assert answer.status_code == 200
    said = answer.json()
    assert said["bot"] == "telecom"
    assert set(said) == {"bot", "intent", "intent_ranking", "entities", "messages", "paused"}
    assert said["intent"]["name"] == "opening_hours"
    assert 0.8 < said["intent"]["confidence"] <= 1
    assert 1 <= len(said["intent_ranking"]) <= 5
    assert said["intent_ranking"][0] == said["intent"]
    assert all(set(one) == {"name", "confidence"} for one in said["intent_ranking"])
    assert said["entities"] == []
    assert said["paused"] is False
    assert [set(one) for one in said["messages"]] == [{"text"}]
    assert said["messages"][0]["text"].startswith("Agences : lundi")


def test_what_is_not_understood_is_the_fallback_and_the_guess_follows(rasa: Server) -> None:
    said = rasa.ask("zorglub patati truc", lang="fr")
    assert said["intent"]["name"] == "nlu_fallback"
    assert len(said["intent_ranking"]) == 5
    assert said["intent_ranking"][0]["name"] == "nlu_fallback"
    assert said["messages"]


@pytest.mark.parametrize(
    "header",
    [None, b"", b"Bearer", b"Bearer wrong", "Bearer clé".encode(), b"Bearer \xff\xfe", b"Basic abc"],
)
def test_without_the_token_nothing_is_answered(rasa: Server, header: bytes | None) -> None:
    headers = [] if header is None else [(b"Authorization", header)]
    answer = rasa.post(json={"sender": ME, "message": "bonjour"}, headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"error": "auth"})


def test_the_token_is_asked_for_before_the_words_are_read(rasa: Server) -> None:
    assert rasa.post(content=b"{", headers={}).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 200_000,
        b"null",
        b'"bonjour"',
        b"[1]",
        json.dumps({"message": "bonjour"}).encode(),
        *(json.dumps({"sender": one, "message": "bonjour"}).encode()
          for one in ("", None, 7, "a b", "+22990112233", "%2B229", "a" * 65, "é", "a\n", "../x")),
        *(json.dumps({"sender": ME, "message": one}).encode()
          for one in ("", None, 7, ["bonjour"], "   ", "/", "///", " / / ", " /", "x" * 4001)),
        json.dumps({"sender": ME}).encode(),
        *(json.dumps({"sender": ME, "message": "bonjour", "metadata": one}).encode()
          for one in (None, "fr", {"lang": "de"}, {"lang": 1}, {"lang": ""}, {"clarified": "yes"}, {"clarified": 1})),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(rasa: Server, body: bytes) -> None:
    answer = rasa.post(content=body)
    assert (answer.status_code, answer.json()) == (400, {"error": "bad request"})


def test_as_long_as_may_be(rasa: Server) -> None:
    assert rasa.ask("bonjour " * 500, sender="a" * 64)["messages"]


@pytest.mark.parametrize("text", ["\ud83d\ude00", "\x00\x01", "\ud800", "🙂🙂", "\u202e\u200d", "１２３", "{lang} {0}"])
def test_any_text_has_an_answer(rasa: Server, text: str) -> None:
    body = json.dumps({"sender": ME, "message": text}).encode()
    answer = rasa.post(content=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["messages"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/webhooks/rest/webhook"),
        ("POST", "/model/parse"),
        ("PUT", "/model"),
        ("DELETE", "/model"),
        ("GET", "/status"),
        ("GET", f"/conversations/{ME}/tracker"),
        ("POST", "/conversations/%2B22990112233/tracker/events"),
        ("POST", f"/conversations/{ME}/trigger_intent"),
    ],
)
def test_there_is_no_other_door(rasa: Server, method: str, path: str) -> None:
    """Rasa's own channels answer without a token, and its API takes ids as they stand in the url, %2B and all."""
    headers = {"Authorization": f"Bearer {rasa.token}"}
    assert httpx.request(method, rasa.url + path, json={"sender": ME, "message": "x"}, headers=headers).is_client_error


@pytest.mark.parametrize("text", ["/restart", "/back", "/stop_optout", "/affirm", " \u00a0/affirm", '/greet{"a": 1}'])
def test_a_slash_commands_nothing(rasa: Server, text: str) -> None:
    assert rasa.ask(text, sender=ME) == rasa.ask(text.strip().lstrip("/"), sender=ME)
    assert rasa.ask("/affirm", sender=ME)["intent"] != {"name": "affirm", "confidence": 1.0}
    assert rasa.ask("bonjour", sender=ME)["paused"] is False
