"""Photograph every screen and state of the desk into docs/screens/, from a build with the server inside the page.

    .venv/bin/python scripts/screens.py [NAME] [--no-build] [--out DIR]

The pictures need nobody's data and no running Palabre: `npm run build:fake` puts src/testing/fakeServer.ts into the
page. Each picture is taken when the screen says that it is up to date (or offline, or broken), not after a delay.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import browser as chromium
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "frontend"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
WIDE, NARROW = (1440, 900), (360, 760)
WAIT_MS = 10_000


@dataclass(frozen=True)
class Picture:
    name: str
    path: str
    size: tuple[int, int] = WIDE
    language: str = "fr"
    theme: str = "light"
    scenario: str = "twelve"
    person: str = "awa@savane.example"
    wait: str = '[data-testid="connection"][data-state="live"]'
    steps: tuple[tuple[str, str], ...] = field(default_factory=tuple)  # (click | press | fill:<text>, selector or key)


LIGHT = '[data-testid="connection"]'
OFFLINE = '[data-testid="connection"][data-state="offline"]'
ROW = '[data-testid="conversation-row"]'
THREAD = '[data-testid="thread"] [data-testid="message"]'
COMPOSER = '[data-testid="composer-text"]'
TAKE = '[data-testid="take"]'
TABLE = "table"
SAM = "sam@savane.example"
OPEN = "/?view=mine&c=c-00000"
NOTE = "Bonus vérifié avec Koffi, versé à 10 h."
UNICODE = (
    "Bonjour Adjoa, votre bonus de 500 Mo arrive d'ici une heure. Si vous n'avez rien reçu ce soir, "
    "répondez ici et je m'en occupe tout de suite. Bonne fête !"
)


def _states() -> list[Picture]:
    """The six states, each wide in both themes and both languages, and narrow."""
    found = []
    for scenario, view, opened in (
        ("empty", "mine", False),
        ("twelve", "mine", True),
        ("thousand", "all", True),
        ("long", "mine", True),
        ("offline", "mine", True),
        ("error", "mine", False),
    ):
        first = {"empty": LIGHT, "error": '[data-testid="list-error"]', "offline": OFFLINE}.get(scenario, ROW)
        path = f"/?view={view}" + ("&c=c-00000" if opened else "")
        wait = THREAD if opened and scenario != "offline" else first
        found += [
            Picture(f"desk-{scenario}", path, scenario=scenario, wait=wait),
            Picture(f"desk-{scenario}.dark.en", path, scenario=scenario, theme="dark", language="en", wait=wait),
            Picture(f"desk-{scenario}.360", f"/?view={view}", NARROW, scenario=scenario, wait=first),
        ]
    return found


def _pictures() -> list[Picture]:
    people = '[data-testid="demo-person"]'
    queue, bot = "/?view=queue&c=c-00005", "/?view=all&c=c-00009"
    note = (f"fill:{NOTE}", COMPOSER)
    second_row = (("click", "tbody tr >> nth=1"),)
    return [
        Picture("sign-in", "/sign-in", person="nobody", wait=people),
        Picture("sign-in.dark.en", "/sign-in", person="nobody", theme="dark", language="en", wait=people),
        Picture("sign-in.360", "/sign-in", NARROW, person="nobody", wait=people),
        *_states(),
        Picture("thread.360", OPEN, NARROW, wait=THREAD),
        Picture("thread-long.360", OPEN, NARROW, scenario="long", wait=THREAD),
        Picture("thread.360.dark.en", OPEN, NARROW, theme="dark", language="en", wait=THREAD),
        Picture("queue-take", queue, wait=TAKE),
        Picture("queue-take.360", queue, NARROW, wait=TAKE),
        Picture("bot-take-over.en", bot, language="en", wait=TAKE),
        Picture("composer-unicode", OPEN, wait=THREAD, steps=((f"fill:{UNICODE}", COMPOSER),)),
        Picture("composer-note", OPEN, wait=THREAD, steps=(("press", "n"), note)),
        Picture(
            "composer-note.360.dark",
            OPEN,
            NARROW,
            theme="dark",
            wait=THREAD,
            steps=(("click", '[role="radio"] >> nth=1'), note),
        ),
        Picture(
            "offline-text-waits",
            OPEN,
            scenario="offline",
            wait=OFFLINE,
            steps=(("fill:Je vérifie tout de suite.", COMPOSER), ("press", "Enter")),
        ),
        Picture("presence-menu", OPEN, wait=THREAD, steps=(("click", '[data-testid="presence"] button'),)),
        Picture(
            "user-menu.dark",
            OPEN,
            theme="dark",
            person=SAM,
            wait=THREAD,
            steps=(("click", '[data-testid="user-menu"]'),),
        ),
        Picture("keys", OPEN, wait=THREAD, steps=(("press", "Shift+?"),)),
        Picture("supervision", "/supervision", person=SAM, wait=TABLE),
        Picture("supervision.dark.en", "/supervision", person=SAM, theme="dark", language="en", wait=TABLE),
        Picture("supervision.360", "/supervision", NARROW, person=SAM, wait=TABLE),
        Picture("supervision-stale", "/supervision", person=SAM, scenario="offline", wait='[data-stale="true"]'),
        Picture("admin-users", "/admin/users", person=SAM, wait=TABLE),
        Picture("admin-users.360", "/admin/users", NARROW, person=SAM, wait=TABLE),
        Picture("admin-lines", "/admin/lines", person=SAM, wait=TABLE),
        Picture("admin-links.dark.en", "/admin/links", person=SAM, theme="dark", language="en", wait=TABLE),
        Picture("admin-link-form", "/admin/links", person=SAM, wait=TABLE, steps=second_row),
        Picture("admin-link-form.360", "/admin/links", NARROW, person=SAM, wait=TABLE, steps=second_row),
        Picture(
            "admin-field-error",
            "/admin/users",
            person=SAM,
            wait=TABLE,
            steps=(("click", '[data-testid="add"]'), ("click", 'dialog button[type="submit"]')),
        ),
        Picture("admin-audit", "/admin/audit", person=SAM, wait=TABLE),
        Picture("admin-health", "/admin/health", person=SAM, wait=TABLE),
        Picture(
            "admin-health.360.dark.en", "/admin/health", NARROW, person=SAM, theme="dark", language="en", wait=TABLE
        ),
    ]


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Static files; every other address is the application's page."""

    def do_GET(self) -> None:
        asked = Path(self.directory) / self.path.split("?")[0].lstrip("/")
        if not asked.is_file():
            self.path = "/index.html"
        super().do_GET()

    def log_message(self, *_arguments: Any) -> None:
        pass


def _serve(directory: Path) -> http.server.ThreadingHTTPServer:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, directory=str(directory)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _take(browser: Browser, address: str, picture: Picture, out: Path) -> list[str]:
    """Take one picture; returns what the browser complained about."""
    width, height = picture.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=1,
        locale="fr-FR" if picture.language == "fr" else "en-GB",
        timezone_id="Africa/Porto-Novo",
        color_scheme="dark" if picture.theme == "dark" else "light",
        reduced_motion="reduce",
        has_touch=width < 500,
    )
    page: Page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    fake = {"scenario": picture.scenario, "as": picture.person, "lang": picture.language, "theme": picture.theme}
    page.add_init_script(f"sessionStorage.setItem('fake', {json.dumps(json.dumps(fake))})")
    page.goto(address + picture.path)
    page.wait_for_selector(picture.wait, timeout=WAIT_MS)
    page.wait_for_timeout(350)
    for action, target in picture.steps:
        if action == "press":
            page.keyboard.press(target)
        elif action == "click":
            page.click(target)
        else:
            page.fill(target, action.removeprefix("fill:"))
        page.wait_for_timeout(250)
    sideways = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if sideways > 0:
        complaints.append(f"the page is {sideways} px wider than the screen")
    complaints += _inaccessible(page)
    page.screenshot(path=out / f"{picture.name}.png")
    context.close()
    return complaints


def _inaccessible(page: Page) -> list[str]:
    """What axe finds serious: contrast, names, roles, by WCAG 2.2 AA."""
    page.add_script_tag(path=FRONTEND / "node_modules" / "axe-core" / "axe.min.js")
    found = page.evaluate(
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}).then(r => r.violations"
        ".filter(v => v.impact === 'serious' || v.impact === 'critical')"
        ".map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.target + ' ' + (n.any[0]?.message ?? '')).join(' | ')))"
    )
    return [str(one) for one in found]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("only", nargs="?", default="", help="only pictures whose name contains this")
    parser.add_argument("--no-build", action="store_true")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "screens")
    arguments = parser.parse_args()
    if not arguments.no_build:
        path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
        subprocess.run(["npm", "run", "-s", "build:fake"], cwd=FRONTEND, env={**os.environ, "PATH": path}, check=True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    executable = chromium.find()
    if executable is None:
        return 1
    pictures = [one for one in _pictures() if arguments.only in one.name]
    server = _serve(FRONTEND / "node_modules" / ".fake")
    failed = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        for picture in pictures:
            try:
                complaints = _take(browser, f"http://127.0.0.1:{server.server_port}", picture, arguments.out)
            except Exception as error:
                complaints = [str(error).splitlines()[0]]
            failed += bool(complaints)
            print(picture.name, *complaints, sep="\n    ")
        browser.close()
    server.shutdown()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
