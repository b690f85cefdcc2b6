"""How the gates walk the screens of the catalogue: readable, translated, reachable by keyboard, within the screen.

In CI the first screen of each address is opened twice (French and light on a desk, English and dark on a phone), its
further states in turn as one or the other, and each is looked at in every width from there; PALABRE_SCREENS=all opens
everything in every language, theme and width, as `make faults` does. PALABRE_PICTURES=DIR keeps what was seen.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from config.error_texts import TEXTS
from config.up.trial import Running
from tests.journeys.catalogue import FATOU, Screen
from tests.journeys.catalogue import SCREENS as MOST_SCREENS
from tests.journeys.catalogue_accounts import ACCOUNT_SCREENS
from tests.journeys.catalogue_admin import ADMIN_SCREENS
from tests.journeys.catalogue_bots import BOT_SCREENS
from tests.journeys.catalogue_hours import HOURS_SCREENS
from tests.journeys.catalogue_knowledge import KNOWLEDGE_SCREENS
from tests.journeys.catalogue_ladder import LADDER_SCREENS
from tests.journeys.catalogue_list import LIST_SCREENS
from tests.journeys.catalogue_lookups import LOOK_UP_SCREENS
from tests.journeys.catalogue_new_texts import NEW_TEXT_SCREENS
from tests.journeys.catalogue_offers import OFFER_SCREENS
from tests.journeys.catalogue_people import SEARCH
from tests.journeys.catalogue_replies import REPLY_SCREENS
from tests.journeys.catalogue_snooze import SNOOZE_SCREENS
from tests.journeys.catalogue_transfer import TRANSFER_SCREENS
from tests.journeys.catalogue_watch import WATCH_SCREENS
from tests.journeys.desk import says
from tests.journeys.watching import WAIT_MS, Watch

ROOT = Path(__file__).resolve().parent.parent.parent
FRONTEND = ROOT / "frontend"
AXE = (FRONTEND / "node_modules" / "axe-core" / "axe.min.js").read_text()
GATES = Path(__file__).with_name("gates.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SCREENS = [
    *MOST_SCREENS,
    *ADMIN_SCREENS,
    *ACCOUNT_SCREENS,
    *BOT_SCREENS,
    *NEW_TEXT_SCREENS,
    *OFFER_SCREENS,
    *HOURS_SCREENS,
    *KNOWLEDGE_SCREENS,
    *LADDER_SCREENS,
    *LIST_SCREENS,
    *TRANSFER_SCREENS,
    *REPLY_SCREENS,
    *SNOOZE_SCREENS,
    *SEARCH,
    *LOOK_UP_SCREENS,
    *WATCH_SCREENS,
]
FULL = os.environ.get("PALABRE_SCREENS") == "all"
LIMIT_S = 300 if FULL else 90  # of one screen

REST_S = 5.0
WIDE, NARROW, ZOOMED = (1440, 900), (360, 740), (640, 400)  # the last is 1280 x 800 at 200 %
Language = Literal["fr", "en"]
Theme = Literal["light", "dark"]


@dataclass(frozen=True)
class Look:
    language: Language
    theme: Theme
    size: tuple[int, int]

    def __str__(self) -> str:
        return f"{self.language}.{self.theme}.{self.size[0]}"


LOOKS = (
    [Look(language, theme, size) for language in ("fr", "en") for theme in ("light", "dark") for size in (WIDE, NARROW)]
    if FULL
    else [Look("fr", "light", WIDE), Look("en", "dark", NARROW)]
)


def looks_of(screen: Screen) -> list[Look]:
    def place(one: Screen) -> tuple[bool, str, str]:
        return one.phone, one.person, one.path.split("?")[0]

    turn = [one for one in SCREENS if place(one) == place(screen)].index(screen)
    return LOOKS if FULL or turn == 0 else [LOOKS[turn % len(LOOKS)]]


# --- The words -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def dictionary() -> dict[Language, dict[str, str]]:
    """Every text of the application by its key, as its own text files say it; the server's refusals too."""
    script = """
        import {registerHooks} from "node:module";
        registerHooks({resolve(name, at, next) {
            try { return next(name, at); } catch { return next(name + ".ts", at); }
        }});
        const found = {en: {}, fr: {}};
        const walk = (tree, at, to) => { for (const [key, value] of Object.entries(tree))
            if (typeof value === "string") to[at + key] = value; else walk(value, at + key + ".", to); };
        for (const file of process.argv.slice(1)) {
            const {text} = await import(file);
            if (text) for (const language of ["en", "fr"]) walk(text[language], file + ":", found[language]);
        }
        console.log(JSON.stringify(found));
    """
    files = [str(path) for path in FRONTEND.glob("src/**/*ext.ts") if path.parent.name != "ui"]
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["node", "--no-warnings", "--experimental-strip-types", "--input-type=module", "-e", script, *files],
        capture_output=True, text=True, check=True, env={**os.environ, "PATH": path}, cwd=FRONTEND,
    )  # fmt: skip
    found: dict[Language, dict[str, str]] = json.loads(done.stdout)
    for code, (french, english) in TEXTS.items():
        found["fr"][f"server:{code}"], found["en"][f"server:{code}"] = french, english
    return found


def _plain(text: str) -> str:
    return re.sub("[\u00a0\u202f]", " ", text)


def _shape(text: str) -> str:
    """A regular expression for what a text looks like on the screen, whatever its variables hold."""
    return "".join(".*" if part.startswith("{{") else re.escape(part) for part in re.split(r"(\{\{\w+\}\})", text))


@pytest.fixture(scope="session")
def foreign(dictionary: dict[Language, dict[str, str]]) -> Callable[[Language, list[str]], list[str]]:
    """What of the words on a screen of one language is a sentence of the other only, or the key of a text."""
    shapes: dict[Language, re.Pattern[str]] = {}
    known: dict[Language, re.Pattern[str]] = {}
    for language, texts in dictionary.items():
        letters = {text for text in texts.values() if len(re.sub(r"\{\{\w+\}\}|\W", "", text)) >= 3}
        shapes[language] = re.compile("|".join(map(_shape, sorted(letters))))
        known[language] = re.compile("|".join(map(_shape, sorted(set(texts.values())))))
    keys = {key.split(":")[1] for key in dictionary["en"]} | {
        # What the libraries of the server say when nobody has put it into words.
        "Field required", "Input should be a valid string", "Enter a valid email address.",
    }  # fmt: skip

    def find(language: Language, words: list[str]) -> list[str]:
        other: Language = "en" if language == "fr" else "fr"
        return [
            word
            for word in map(_plain, words)
            if (word in keys and "." in word) or (shapes[other].fullmatch(word) and not known[language].fullmatch(word))
        ]

    return find


# --- The walk ------------------------------------------------------------------------------------------------


class Rooms:
    """One browser context a person, signed in once and for all screens of the run."""

    def __init__(self, browser: Browser, palabre: Running) -> None:
        self._browser, self._palabre = browser, palabre
        self._open: dict[str, BrowserContext] = {}
        self.places: dict[str, str] = {}

    def of(self, person: str) -> BrowserContext:
        if person not in self._open:
            context = self._browser.new_context(
                locale="fr-FR", timezone_id="Africa/Porto-Novo", reduced_motion="reduce", service_workers="block"
            )
            context.set_default_timeout(WAIT_MS)
            self._open[person] = context
            if person:
                self.ask(person, "post", "/api/demo/sign-in", {"email": person})
        return self._open[person]

    def ask(self, person: str, method: str, path: str, body: Any = None) -> Any:
        requests, desk = self._open[person].request, self._palabre.desk.rstrip("/")
        token = requests.get(f"{desk}/api/session")  # brings the token's cookie the first time
        cookies = {cookie["name"]: cookie["value"] for cookie in self._open[person].cookies()}
        headers = {"X-CSRFToken": cookies["csrftoken"], "Referer": desk + "/", "Origin": desk}
        answer = getattr(requests, method)(
            f"{desk}{path}", headers=headers, **({"data": body} if body is not None else {})
        )
        assert answer.ok, (token.status, answer.status, answer.text())
        return answer.json() if answer.text() else None

    def address(self, screen: Screen) -> str:
        if screen.phone:
            return self._palabre.phone.rstrip("/") + screen.path
        path, query = screen.path, "/api/conversations?view=all&status={}&limit=1"
        for status in re.findall(r"\{(\w+)\}", path):
            if status not in self.places:
                deadline = time.monotonic() + WAIT_MS / 1000
                while not (rows := self.ask(screen.person, "get", query.format(status))["items"]):
                    assert time.monotonic() < deadline, f"no conversation is {status}"
                    time.sleep(0.1)
                self.places[status] = rows[0]["id"]
            path = path.replace(f"{{{status}}}", self.places[status])
        return self._palabre.desk.rstrip("/") + path

    def close(self) -> None:
        for context in self._open.values():
            context.close()


@pytest.fixture(scope="session")
def rooms(browser: Browser, palabre: Running) -> Iterator[Rooms]:
    found = Rooms(browser, palabre)
    # Somebody who may no longer sign in, and lines of the audit log to look at.
    found.of(FATOU)
    zoe = {
        "name": "Zoé Ahoyo",
        "email": "zoe@savane.example",
        "role": "agent",
        "language": "en",
        "password": "w8.Tq-2mZr!x",
    }
    made = found.ask(FATOU, "post", "/api/admin/users", zoe)
    found.ask(FATOU, "patch", f"/api/admin/users/{made['id']}", {"is_active": False})
    # Somebody with whom the bot is talking.
    says(palabre, "+2290197600001", "bonjour", "1919")
    yield found
    found.close()


@pytest.fixture
def show(rooms: Rooms, watch: Watch) -> Iterator[Callable[[Screen, Look], Page]]:
    pages: list[Page] = []

    def open_screen(screen: Screen, look: Look) -> Page:
        context = rooms.of(screen.person)
        if screen.expects:
            watch.expected.append(re.compile(screen.expects))
        page = context.new_page()
        pages.append(page)
        watch.over(page)
        page.set_viewport_size({"width": look.size[0], "height": look.size[1]})
        page.emulate_media(color_scheme=look.theme)
        if screen.person:
            rooms.ask(screen.person, "patch", "/api/session", {"language": look.language, "theme": look.theme})
        kept = {"palabre.language": look.language, "palabre.theme": look.theme}
        kept |= {"palabre.phone.language": look.language, "palabre.phone.theme": look.theme}
        page.add_init_script(f"localStorage.clear(); Object.assign(localStorage, {json.dumps(kept)})")
        screen.prepare(page)
        page.goto(rooms.address(screen))
        page.locator(screen.ready).first.wait_for()
        screen.steps(page)
        page.evaluate(GATES)
        return page

    yield open_screen
    for page in pages:
        page.close()


def _axe(page: Page, rules: list[str] | None = None) -> list[str]:
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE)
    options: dict[str, Any] = {"resultTypes": ["violations"], "runOnly": rules or RULES}
    found = page.evaluate(
        "options => axe.run(options).then(r => r.violations.map(v => v.id + ': ' + v.nodes.slice(0, 4)"
        ".map(n => n.target + ' ' + ([...n.any, ...n.all, ...n.none][0]?.message ?? '')).join(' | ')))",
        options,
    )
    return [f"axe: {one}" for one in found]


def _at_rest(page: Page, question: str) -> list[str]:
    """What is found on a screen that has come to rest: what a new size moves may still be on its way."""
    limit = time.monotonic() + REST_S
    found: list[str] = page.evaluate(question)
    while found and time.monotonic() < limit:
        page.wait_for_timeout(100)
        found = page.evaluate(question)
    return found


def _overflow(page: Page, sizes: list[tuple[int, int]]) -> list[str]:
    found = []
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        found += [f"at {width} x {height}: {one}" for one in _at_rest(page, "gates.overflow()")]
    return found


def _keyboard(page: Page) -> list[str]:
    page.evaluate("gates.startTabbing()")
    found: list[str] = []
    for _ in range(3):  # once around; again where rows came meanwhile, which make the way longer
        for _ in range(page.evaluate("gates.stops()") + 3):
            page.keyboard.press("Tab")
        found = page.evaluate("gates.tabbed()")
        if not found:
            break
    return found


def _picture(page: Page, screen: Screen, name: str) -> None:
    if place := os.environ.get("PALABRE_PICTURES"):
        page.screenshot(path=str(Path(place) / f"{screen.name}.{name}.png"))


@pytest.fixture
def faults_of(show: Callable[[Screen, Look], Page], foreign: Callable[[Language, list[str]], list[str]]):
    """What a screen does not pass, in words; one for each look and fault."""
    return lambda screen: walked(screen, show, foreign)


def walked(
    screen: Screen, show: Callable[[Screen, Look], Page], foreign: Callable[[Language, list[str]], list[str]]
) -> list[str]:
    found: list[str] = []
    for look in looks_of(screen):
        page = show(screen, look)
        _picture(page, screen, str(look))
        told = [f"not {look.language}: {word!r}" for word in foreign(look.language, page.evaluate("gates.words()"))]
        told += _axe(page)
        if look.size == WIDE:
            told += _overflow(page, [NARROW, ZOOMED])
            _picture(page, screen, f"{look}.zoomed")
            told += _overflow(page, [WIDE])
            told += _keyboard(page)
        else:
            told += _overflow(page, [NARROW, WIDE])
        found += [f"{look}: {one}" for one in told]
    return found
