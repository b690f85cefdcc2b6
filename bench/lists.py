"""A list of 1,000,000 numbers: how long from choosing the file to the list that is filled, and how long asking takes.

`upload_s`: sent in pieces over a session as the browser sends them; `import_s`: from the end of the file to the list,
by the product's own worker; `filled_s`: both. One number in ten is none. `ask_ms`: one look-up among them, median of
200. `lost`: good numbers of the file that the list has not.
"""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from statistics import median
from typing import Any

from bench import _ground as ground
from config.up import trial
from config.up.trial import Running

NUMBERS = 1_000_000
AT_MOST_S = 60
ASK_AT_MOST_MS = 1


def run() -> Iterator[dict[str, Any]]:
    content = "".join(
        f"+22901{(n * 37) % 60_000_000 + 40_000_000}\n" if n % 10 else f"à vérifier {n}\n" for n in range(NUMBERS)
    ).encode()
    good = NUMBERS - NUMBERS // 10
    with trial.running() as palabre:
        ground.keep_to_accounts(palabre)
        admin = _Admin(palabre)
        one = admin.ask("POST", "/api/admin/lists", {"name": "Million"})
        began = time.perf_counter()
        upload = admin.ask(
            "POST", f"/api/admin/lists/{one['id']}/uploads", {"name": "m.csv", "octets": len(content), "replaces": True}
        )
        piece = admin.ask("GET", f"/api/admin/lists/{one['id']}/uploads")["piece"]
        for number in range(upload["pieces"]):
            part = base64.b64encode(content[number * piece : (number + 1) * piece]).decode()
            admin.ask("PUT", f"/api/admin/uploads/{upload['id']}/pieces", {"number": number, "content": part})
        sent = time.perf_counter()
        now = admin.ask("POST", f"/api/admin/uploads/{upload['id']}/finish", {})
        while now["state"] == "working":
            time.sleep(0.2)
            now = admin.ask("GET", f"/api/admin/uploads/{upload['id']}")
        done = time.perf_counter()
        lost = good - now["facts"].get("size", 0)
        yield {"metric": "upload_s", "value": round(sent - began, 2), "unit": "s", "octets": len(content)}
        yield {"metric": "import_s", "value": round(done - sent, 2), "unit": "s", "facts": now["facts"]}
        yield {
            "metric": "filled_s", "value": round(done - began, 2), "unit": "s", "at_most": AT_MOST_S, "lost": lost,
        }  # fmt: skip
        yield _asked(palabre)


# What a front filter asks, by the product's own function.
ASK = """
import json, time, django
django.setup()
from contacts.lists import members
from contacts.models import ContactList
one = ContactList.objects.get(name="Million")
took = []
for n in range(200):
    number = f"+22901{40_000_000 + n * 37}"
    began = time.perf_counter()
    found = members(one.organisation_id, [one.id], [number])
    took.append((time.perf_counter() - began) * 1000)
    assert (one.id in found.get(number, ())) == (n % 10 > 0), number
print(json.dumps(took))
"""


def _asked(palabre: Running) -> dict[str, Any]:
    took = json.loads(ground.run_in_product(palabre, ASK))
    return {"metric": "ask_ms", "value": round(median(took), 3), "unit": "ms", "at_most": ASK_AT_MOST_MS}


class _Admin:
    """An administrator's session."""

    def __init__(self, palabre: Running) -> None:
        self._base = palabre.desk.rstrip("/")
        self._jar = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))
        try:
            self._opener.open(f"{self._base}/api/session", timeout=30)
        except urllib.error.HTTPError:  # nobody yet: the token's cookie came along
            pass
        self.ask("POST", "/api/demo/sign-in", {"email": "admin@savane.example"})

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        token = next(one.value for one in self._jar if one.name == "csrftoken")
        request = urllib.request.Request(
            f"{self._base}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "X-CSRFToken": token or "", "Referer": self._base + "/"},
            method=method,
        )
        with self._opener.open(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")
