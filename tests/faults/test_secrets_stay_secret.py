"""A whole product with secrets that are known, used for a while: none of them is found where anybody could read it."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from config.up import trial
from config.up.trial import Running
from tests.faults.conftest import Line, wait_until

SECRETS = {
    "SECRET_KEY": "clef-secrete-qui-signe-tout-0f1e2d3c4b5a69788796",
    "SIMULATOR_PASSWORD": "lienpass",  # of the links, which bind with it: SMPP knows eight characters
    "DEMO_PASSWORD": "motdepasse-du-jury-9876543210",
}
TYPED = {"a new link's secret": "s3cr3t-7", "a new person's password": "un caiman sous le manguier bleu"}
WORDS = "mon code secret est 4321-zebre"
SENDER = "+2290161234567"
FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
EVIL = "\r\n2026-01-01T00:00:00.000Z ERROR palabre forged \x1b[31m\u202e"
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (DEBUG|INFO|WARNING|ERROR|CRITICAL) [\w.]+ .*")
# Whose lines are ours. PostgreSQL and Valkey write their own, and the simulator is no part of the product.
OURS = ("gateway", "dispatcher", "web", "worker", "beat")


class Desk:
    """A browser in twenty lines, that remembers every answer."""

    def __init__(self, palabre: Running) -> None:
        self.address, self.heard = palabre.desk.rstrip("/"), [""]
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, body: Any = None, raw: bytes | None = None) -> tuple[int, str]:
        payload = raw if raw is not None else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}{path}", data=payload, method=method)
        request.add_header("Content-Type", "application/json")
        request.add_header("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        request.add_header("X-CSRFToken", self.cookies.get("csrftoken", ""))
        try:
            answer = urllib.request.urlopen(request, timeout=10)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            text = answer.read().decode(errors="replace")
            for cookie in answer.headers.get_all("Set-Cookie") or ():
                name, _, value = cookie.split(";")[0].partition("=")
                self.cookies[name] = value
        self.heard.append(text)
        return answer.status, text


def use(palabre: Running, line: Line) -> Desk:
    """A text, an answer, a sign-in that fails and one that does not, administration, and everything that is refused."""
    desk = Desk(palabre)
    desk.ask("GET", "/api/session")
    login = "/_allauth/browser/v1/auth/login"
    people = json.loads(desk.ask("GET", "/api/demo/people")[1])
    admin = next(one for one in people if one["role"] == "administrator")["email"]
    desk.ask("POST", login, {"email": admin, "password": SECRETS["DEMO_PASSWORD"] + "x"})
    assert desk.ask("POST", login, {"email": admin, "password": SECRETS["DEMO_PASSWORD"]})[0] == 200
    line.text(SENDER, WORDS, to="3334")
    line.text("+2290161234568", WORDS + EVIL, to="1919")
    link = {
        "name": f"Tiers {uuid4().hex[:6]}", "adapter": "sms.smpp", "secret": TYPED["a new link's secret"],
        "settings": {"host": "127.0.0.1", "port": 1, "system_id": "x"},
    }  # fmt: skip
    made = desk.ask("POST", "/api/admin/links", link)
    assert made[0] == 201, made
    desk.ask("POST", "/api/admin/links", {**link, "settings": {"host": 5, "password": TYPED["a new link's secret"]}})
    person = {"name": "Ada", "email": "ada@x.example", "role": "agent", "password": TYPED["a new person's password"]}
    made = desk.ask("POST", "/api/admin/users", person)
    assert made[0] == 201, made
    desk.ask("POST", "/api/admin/users", {**person, "email": "not an address"})
    desk.ask("POST", "/api/admin/users", raw=json.dumps(person).encode()[:-3])
    for path in ("/api/admin/links", "/api/admin/lines", "/api/admin/users", "/api/admin/audit", "/api/session",
                 "/api/nothing", "/nothing", "/health", "/metrics", "/api/openapi.json", "/sign-in",
                 "/api/conversations?view=all&q=%0d%0a", "/api/%0d%0a2026-01-01T00:00:00.000Z%20ERROR"):  # fmt: skip
        desk.ask("GET", path)
    return desk


def read_all(place: Path, but: tuple[str, ...]) -> dict[str, str]:
    return {
        str(path.relative_to(place)): path.read_bytes().decode(errors="replace")
        for path in place.rglob("*")
        if path.is_file() and not any(part in but for part in path.relative_to(place).parts)
    }


@pytest.mark.needs("RFP-096")
@pytest.mark.timeout(180)
def test_no_secret_is_where_anybody_could_read_it() -> None:
    with trial.running(SECRETS) as palabre:
        line = Line(palabre)
        desk = use(palabre, line)

        def rows(sql: str) -> list[tuple[Any, ...]]:
            with psycopg.connect(palabre.environ["DATABASE_OWNER_URL"], autocommit=True) as connection:
                return connection.execute(sql).fetchall()

        wait_until(
            lambda: rows(f"select count(*) >= 2 from conversations_message where body like '{WORDS}%'") == [(True,)],
            "the texts are stored", 20,
        )  # fmt: skip
        lines = json.loads(desk.ask("GET", "/api/admin/lines")[1])["items"]
        renamed = next(one for one in lines if one["address"] == "3334")
        assert desk.ask("PATCH", f"/api/admin/lines/{renamed['id']}", {"address": "3399"})[0] == 200

        def kept_unread() -> bool:
            line.text("+2290161234569", WORDS, to="3334")  # no line is called so now: kept, with a line in the log
            return rows("select count(*) > 0 from conversations_rawinbound where error <> ''") == [(True,)]

        wait_until(kept_unread, "the text to nobody is kept", 20)
        # A statement that fails, as Django sends them: with what was given written into it.
        with (
            psycopg.connect(palabre.environ["DATABASE_URL"], cursor_factory=psycopg.ClientCursor) as connection,
            pytest.raises(psycopg.errors.NotNullViolation),
        ):
            connection.execute("insert into conversations_line (name) values (%s)", [f"{WORDS} {SENDER}"])
        killed = palabre.kill("web")  # what a death and a restart write, too
        wait_until(lambda: palabre.processes()["web"] != killed and palabre.facts("web") is not None, "web is back", 60)
        passwords = re.findall(r"://[^:/]*:([^@]+)@", " ".join(palabre.environ.values()))
        secrets = {
            **SECRETS, **TYPED, "session": desk.cookies["session"], "csrf": desk.cookies["csrftoken"],
            **{f"engine {number}": word for number, word in enumerate(sorted(set(passwords)))},
        }  # fmt: skip
        assert len(secrets) >= 9 and all(len(word) >= 8 for word in secrets.values())
        listed = subprocess.run(["ps", "-eww", "-o", "args="], capture_output=True, text=True, check=True).stdout
        events = str(rows("select type, data from realtime_event")) + str(rows("select * from accounts_audit"))
        logs = read_all(palabre.state / "logs", ())
        said = (palabre.state / "said").read_text()
        ready = {path.name: path.read_text() for path in (palabre.state / "run").glob("*.ready")}
        private = [palabre.state / "run" / name for name in ("env.json", "children.json")]
        assert all(path.stat().st_mode & 0o077 == 0 or path.parent.stat().st_mode & 0o077 == 0 for path in private)
        assert len(logs) >= 7 and len(ready) >= 4 and "postgres" in listed

    everywhere = {"ps": listed, "events and audit": events, "the terminal": said, **logs, **ready}
    for name, secret in secrets.items():
        found = [place for place, text in everywhere.items() if secret in text]
        assert not found, f"{name} stands in {found}"
        # A browser is told its own token, and nothing else.
        if name != "csrf":
            assert not any(secret in answer for answer in desk.heard), f"{name} stands in an answer"
    for place, text in {**logs, "events and audit": events, **ready}.items():
        assert "4321-zebre" not in text, f"a subscriber's words stand in {place}"
        assert "0161234567" not in text and "0161234569" not in text, f"a subscriber's number stands in {place}"
    for place in OURS:
        for one in logs[f"{place}.log"].split("\n")[:-1]:
            assert LINE.fullmatch(one) and not FORBIDDEN.search(one), f"{place}: {one!r}"
            assert not one.startswith("2026-01-01T00:00:00.000Z ERROR palabre forged"), place
