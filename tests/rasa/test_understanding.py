"""How well it understands texts that nobody saw who wrote the phrases, and what a turn costs. Figures are printed;
only shares are held to a bound, never milliseconds: the machine is somebody else's, too.
"""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest
import yaml

from tests.rasa.conftest import ROOT, Server

KEPT = Path(__file__).parents[2] / "bots" / "kept"
NOT_ANSWERED = {"nlu_fallback", "out_of_scope"}


def threshold() -> float:
    pipeline = yaml.safe_load((ROOT / "bots" / "rasa" / "config.yml").read_text())["pipeline"]
    return next(one["threshold"] for one in pipeline if one["name"] == "FallbackClassifier")


@pytest.mark.parametrize("bot", ["telecom", "insurance"])
def test_texts_kept_apart(bot: str, request: pytest.FixtureRequest) -> None:
    server: Server = request.getfixturevalue("rasa" if bot == "telecom" else bot)
    for language in ("fr", "en"):
        texts = yaml.safe_load((KEPT / f"{bot}_{language}.yml").read_text())
        off_topic = texts.pop("__oos__")
        on_topic = [(intent, text) for intent, some in texts.items() if intent != "out_of_scope" for text in some]
        first = answered = right = 0
        with httpx.Client(headers={"Authorization": f"Bearer {server.token}"}) as client:

            def read(text: str, language: str = language, client: httpx.Client = client) -> tuple[str, str]:
                """(intent acted on, best guess)."""
                body = {"sender": str(uuid.uuid4()), "message": text, "metadata": {"lang": language}}
                answer = client.post(f"{server.url}/webhooks/palabre/webhook", json=body)
                assert answer.status_code == 200, (text, answer.text)
                ranking = [one["name"] for one in answer.json()["intent_ranking"] if one["name"] != "nlu_fallback"]
                return answer.json()["intent"]["name"], ranking[0] if ranking else ""

            for intent, text in on_topic:
                acted, best = read(text)
                first += best == intent
                answered += acted not in NOT_ANSWERED
                right += acted == intent
            wrongly = sum(read(text)[0] not in NOT_ANSWERED for text in off_topic)
        top1, precision = first / len(on_topic), right / (answered + wrongly)
        print(
            f"\n{bot} {language} from {threshold()} on: top1 {top1:.3f}, answered {answered / len(on_topic):.3f}, "
            f"precision {precision:.3f}, off topic rejected {1 - wrongly / len(off_topic):.3f}"
        )
        assert top1 >= 0.85
        assert precision >= 0.97


def test_what_a_turn_costs(rasa: Server) -> None:
    assert rasa.process is not None
    body = {"message": "bjr g paye ma facture 2 fois", "metadata": {"lang": "fr", "clarified": False}}

    def run(turns: int) -> list[float]:
        taken = []
        with httpx.Client(headers={"Authorization": f"Bearer {rasa.token}"}, timeout=30) as client:
            for _ in range(turns):
                begun = time.monotonic()
                answer = client.post(f"{rasa.url}/webhooks/palabre/webhook", json={**body, "sender": str(uuid.uuid4())})
                taken.append(1000 * (time.monotonic() - begun))
                assert answer.status_code == 200
        return taken

    run(20)
    for clients in (1, 8):
        begun = time.monotonic()
        with ThreadPoolExecutor(clients) as many:
            taken = sorted(one for some in many.map(run, [400 // clients] * clients) for one in some)
        rate = len(taken) / (time.monotonic() - begun)
        p50, p99 = taken[len(taken) // 2], taken[int(len(taken) * 0.99)]
        print(f"\n{clients} client(s): {rate:.0f} turns/s, p50 {p50:.1f} ms, p99 {p99:.1f} ms", flush=True)
    memory = psutil.Process(rasa.process.pid).memory_info().rss / 2**20
    print(f"the server holds {memory:.0f} MB")
    assert memory < 900, "docker-compose.yml gives it 1 GB"
