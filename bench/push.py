"""From a text at the operator's socket to its painting on the desks that have its conversation open.

Two hundred desks, signed in, on one `web` process; forty conversations, each open on five of them; each desk also
watches its own list, as the product's does. Texts come over SMPP at 100 and at 1,000 a second.

`p99_ms_at_100`, `p99_ms_at_1000`: from the moment the simulator writes the deliver_sm to the moment that a desk has
read, parsed and merged the frame; `from_commit_p99_ms`: from the acknowledgement, which leaves after COMMIT.
`tile_p99_ms`: one new conversation a second, whose count is on every desk: the same, over all two hundred.
Daphne, as shipped, stands under these names, uvicorn under `uvicorn_...`.

`lost`: texts that a desk did not paint. `ceiling`: events a second that the same desks paint when a server sends frames
that it made before. `web_cpu_ms`: of the web process for each text (or tile); `desks_cpu_ms`: of all desks for it.
`load`: how many wanted a core meanwhile; above the number of cores the times are those of a queue for them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import psutil

from bench import _ground as ground
from bench._ground import Helper, Processor, percentile
from config.up import trial
from config.up.trial import Running

DESKS, CONVERSATIONS = 200, 40
REPEATS = 5
SECONDS = 5
TILES = 6
TO = "3334"
BOUNDS = {"p99_ms_at_100": 15, "p99_ms_at_1000": 30, "tile_p99_ms": 100}

SIGN_IN = """
import json, sys, django
django.setup()
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.db import SessionStore
from django.conf import settings
from accounts.models import User
from conversations.models import Conversation, Line
from routing.models import AgentState
desks, conversations = int(sys.argv[1]), int(sys.argv[2])
line = Line.objects.get(address="3334")
hashed = make_password(None)
users = []
for n in range(desks):
    user = User(organisation_id=line.organisation_id, email=f"desk{n}@savane.example", name=f"Desk {n}", role="agent",
                password=hashed)
    user.save(force_insert=True)
    AgentState.objects.create(user=user, organisation_id=line.organisation_id, state="busy", capacity=1, load=0)
    users.append(user)
found = list(Conversation.objects.filter(line=line, status="queued", address__value__startswith="+22901900000")
             .order_by("address__value")[:conversations])
assert len(found) == conversations, len(found)
for n, conversation in enumerate(found):
    Conversation.objects.filter(id=conversation.id).update(status="open", owner=users[n], revision=2)
    AgentState.objects.filter(user=users[n]).update(load=1)
told = []
for n, user in enumerate(users):
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    told.append({"session": session.session_key, "conversation": str(found[n % conversations].id), "lists": ["mine"]})
print(json.dumps({"cookie_name": settings.SESSION_COOKIE_NAME, "desks": told}))
"""


def run() -> Iterator[dict[str, Any]]:
    ceiling = None
    for server in ("daphne", "uvicorn"):
        with trial.running({"WEB_SERVER": server}) as palabre:
            order = _sign_in(palabre)
            ceiling = ceiling or _ceiling(palabre, order)
            prefix = "" if server == "daphne" else f"{server}_"
            port = int(palabre.environ["WEB_PORT"])
            with ground.helper(palabre, "_desks", port=port, **order) as desks:
                desks.hear()
                time.sleep(2)
                for figure in (*_texts(palabre, desks, 100), *_texts(palabre, desks, 1_000), *_tiles(palabre, desks)):
                    bound = {"at_most": BOUNDS[figure["metric"]]} if not prefix else {}
                    yield {**figure, "metric": prefix + figure["metric"], **bound, "ceiling": ceiling}


def _sign_in(palabre: Running) -> dict[str, Any]:
    import json

    ground.set_windows(palabre, 100)
    # Nobody takes the conversations from the desks that are to have them open.
    ground.rows(palabre, "update routing_agentstate set state = 'busy'")
    ground.flood(palabre, count=CONVERSATIONS, numbers=CONVERSATIONS, to=TO, text="first {n}")
    time.sleep(1)
    order: dict[str, Any] = json.loads(ground.run_in_product(palabre, SIGN_IN, str(DESKS), str(CONVERSATIONS)))
    return order


def _texts(palabre: Running, desks: Helper, rate: int) -> Iterator[dict[str, Any]]:
    for repeat in range(REPEATS):
        mark, count = f"r{rate}n{repeat}", rate * SECONDS
        since = ground.ask(palabre, "/control/state")["ledger"]["last"]
        processor, own = Processor(palabre).start(), _seconds(desks)
        desks.tell()
        desks.hear()
        ground.flood(palabre, count=count, numbers=CONVERSATIONS, to=TO, text=f"{mark} {{n}}", rate=rate)
        expected = count * DESKS // CONVERSATIONS
        story = _until_painted(desks, f"{mark} ", expected)
        used, own = processor.used(), _seconds(desks) - own
        offered, acknowledged = _moments(palabre, since, mark)
        painted: dict[str, list[float]] = story["painted"]
        took = [(at - offered[body]) * 1000 for body, times in painted.items() for at in times]
        after = [(at - acknowledged[body]) * 1000 for body, times in painted.items() for at in times]
        yield {
            "metric": f"p99_ms_at_{rate}",
            "value": round(percentile(took, 0.99), 1),
            "unit": "ms",
            "p50_ms": round(percentile(took, 0.5), 1),
            "max_ms": round(max(took), 1),
            "from_commit_p99_ms": round(percentile(after, 0.99), 1),
            "web_cpu_ms": round(used["web"] * 1000 / count, 3),
            "desks_cpu_ms": round(own * 1000 / count, 3),
            "load": round(os.getloadavg()[0], 1),
            "lost": expected - len(took),
            "gaps": story["gaps"],
            "closed": story["closed"],
        }


def _seconds(desks: Helper) -> float:
    """Of CPU that the desks themselves have taken: they paint on the same cores."""
    times = psutil.Process(desks.process.pid).cpu_times()
    return float(times.user + times.system)


def _until_painted(desks: Helper, beginning: str, expected: int) -> dict[str, Any]:
    """What the desks have painted of the texts that begin so: all of them, or what there was when nothing more came."""
    told: dict[str, Any] = {"painted": {}, "gaps": 0, "closed": 0}
    quiet = 0
    while quiet < 20:
        time.sleep(0.25)
        desks.tell()
        story = desks.hear()
        fresh = {body: times for body, times in story["painted"].items() if body.startswith(beginning)}
        for body, times in fresh.items():
            told["painted"].setdefault(body, []).extend(times)
        told["gaps"] += story["gaps"]
        told["closed"] += story["closed"]
        quiet = 0 if fresh else quiet + 1
        if sum(map(len, told["painted"].values())) >= expected:
            break
    return told


def _moments(palabre: Running, since: int, mark: str) -> tuple[dict[str, float], dict[str, float]]:
    """When each text was written to the socket, and when its acknowledgement was read, by its words."""
    words: dict[str, str] = {}
    offered: dict[str, float] = {}
    acknowledged: dict[str, float] = {}
    for row in ground.ledger(palabre, since):
        if row.get("command") == "deliver_sm" and str(row.get("text", "")).startswith(f"{mark} "):
            words[row["mo"]] = row["text"]
            offered.setdefault(row["text"], row["at"])
        elif row.get("command") == "deliver_sm_resp" and row.get("mo") in words:
            acknowledged.setdefault(words[row["mo"]], row["at"])
    return offered, acknowledged


def _tiles(palabre: Running, desks: Helper) -> Iterator[dict[str, Any]]:
    for repeat in range(REPEATS):
        ((before,),) = ground.rows(palabre, "select count(*) from conversations_conversation where status <> 'closed'")
        since = ground.ask(palabre, "/control/state")["ledger"]["last"]
        processor = Processor(palabre).start()
        desks.tell()
        desks.hear()
        for n in range(TILES):
            number = f"+22901{time.time_ns() // 1_000_000 % 10**8:08d}"  # one that has never written
            ground.ask(
                palabre, "/control/mo", {"from": number, "to": TO, "text": f"tile{repeat} {n}", "account": "savane"}
            )
            time.sleep(1)
        used = processor.used()
        desks.tell()
        story = desks.hear()
        offered, _ = _moments(palabre, since, f"tile{repeat}")
        took = []
        for n, (_, at) in enumerate(sorted(offered.items(), key=lambda item: item[1])):
            told = [heard for heard, live in story["counts"] if live == before + n + 1]
            took += [(heard - at) * 1000 for heard in told[:DESKS]]
        yield {
            "metric": "tile_p99_ms",
            "value": round(percentile(took, 0.99), 1),
            "unit": "ms",
            "p50_ms": round(percentile(took, 0.5), 1),
            "max_ms": round(max(took), 1),
            "web_cpu_ms": round(used["web"] * 1000 / TILES, 1),
            "lost": TILES * DESKS - len(took),
        }


def _ceiling(palabre: Running, order: dict[str, Any]) -> int:
    """Texts a second that the desks paint, when the frames cost nobody anything."""
    with ground.helper(palabre, "_null_web", desks=DESKS, frames=50) as server:
        port = server.hear()["port"]
        with ground.helper(palabre, "_desks", port=port, **order) as desks:
            desks.hear()
            sent = server.hear()["sent"]
            painted: list[float] = []
            for _ in range(100):
                time.sleep(0.1)
                desks.tell()
                painted += [at for times in desks.hear()["painted"].values() for at in times]
                if len(painted) >= sent:
                    return round(sent / (max(painted) - min(painted)))
    raise RuntimeError(f"the desks have painted {len(painted)} of {sent}")
