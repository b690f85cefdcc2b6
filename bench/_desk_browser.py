"""What a browser needs for the desk, for the bench of that name. One Chromium, a new context for each figure."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    Page,
    Response,
    ViewportSize,
    WebSocketRoute,
    sync_playwright,
)

from bench import _ground as ground
from bench._ground import percentile
from config.up.trial import Running

AGENT, NAME = "awa@savane.example", "Awa"
TO = "3334"
TIMES = 50
ROW = '[data-testid="conversation-row"]'
SLOW = {"offline": False, "latency": 40, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
KEYS = 200
TEXTS, OPENINGS, CUTS = 2_000, 400, 60
PARTS = 10  # of the long life; after two of them the heap is looked at for the first time
SIZE: ViewportSize = {"width": 1440, "height": 900}

# A frame that has been drawn: what is asked for in one is on the screen when the next task runs.
DRAWN = """
window.drawn = () => new Promise(done => requestAnimationFrame(() => {
    const {port1, port2} = new MessageChannel();
    port1.onmessage = () => done(performance.now());
    port2.postMessage(0);
}));
window.opened = async (id) => {
    const row = document.querySelector(`[data-conversation="${id}"]`);
    const words = /numéro \\d+/.exec(row.textContent)[0];
    const began = performance.now();
    row.click();
    for (;;) {
        const at = await window.drawn();
        const said = [...document.querySelectorAll('[data-testid="message"]')];
        if (said.length > 0 && said.at(-1).textContent.includes(words)) return at - began;
        if (at - began > 20000) throw new Error(`not opened: ${id}`);
    }
};
"""
SCROLL = """async (steps) => {
    const list = document.querySelector('[role=listbox][aria-label]');
    const frames = [];
    let before = performance.now();
    for (let step = 0; step < steps; step += 1) {
        list.scrollTop += 300;
        const at = await new Promise(requestAnimationFrame);
        frames.push(at - before);
        before = at;
    }
    return {frames: frames.slice(1), top: list.scrollTop, rows: Math.round(list.scrollHeight / 60)};
}"""
ECHO = """() => {
    window.echoes = [];
    addEventListener('keydown', (event) => {
        const at = event.timeStamp;
        window.drawn().then((then) => window.echoes.push(then - at));
    }, true);
}"""


def figures(palabre: Running) -> Iterator[dict[str, Any]]:
    # A script prints its path: what is a module of `scripts` here would be one of two names to the type checker.
    script = [sys.executable, str(ground.ROOT / "scripts" / "browser.py")]
    asked = subprocess.run(script, stdout=subprocess.PIPE, text=True, check=False)
    found = asked.stdout.strip()
    if not found:
        yield {"metric": "paint_ms", "value": None, "unit": "ms", "left_out": "no browser was found"}
        return
    flags = ["--disable-gpu", "--disable-background-networking", "--js-flags=--expose-gc"]
    root = os.geteuid() == 0
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=found, chromium_sandbox=not root, args=[*flags, "--no-sandbox"] if root else flags
        )
        try:
            for part in (_bundle, _paint, _openings, _echo, _scroll, _life):
                yield from part(palabre, chromium)
        finally:
            chromium.close()


@contextmanager
def _context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(locale="fr-FR", viewport=SIZE, service_workers="block", reduced_motion="reduce")
    context.set_default_timeout(60_000)
    context.add_init_script(DRAWN)
    try:
        yield context
    finally:
        context.close()


@contextmanager
def _desk(palabre: Running, chromium: Browser, path: str) -> Iterator[Page]:
    """Signed in, at `path`, with the first row drawn."""
    with _context(chromium) as context:
        page = context.new_page()
        _sign_in(palabre, page)
        page.goto(palabre.desk.rstrip("/") + path)
        page.locator(ROW).first.wait_for()
        yield page


def _sign_in(palabre: Running, page: Page) -> None:
    base = palabre.desk.rstrip("/")
    page.context.request.get(f"{base}/api/session")
    token = next(one["value"] for one in page.context.cookies() if one["name"] == "csrftoken")
    answer = page.context.request.post(
        f"{base}/api/demo/sign-in", data={"email": AGENT}, headers={"X-CSRFToken": token, "Referer": base + "/"}
    )
    assert answer.ok, answer.text()


def _bundle(palabre: Running, chromium: Browser) -> Iterator[dict[str, Any]]:
    """Packed by this bench, whatever the server does: what is downloaded cannot be less than it by much."""
    with _context(chromium) as context:
        page = context.new_page()
        _sign_in(palabre, page)
        answers: list[Response] = []
        page.on("response", lambda one: answers.append(one) if one.request.resource_type == "script" else None)
        page.goto(palabre.desk.rstrip("/") + "/?view=queue")
        page.locator(ROW).first.wait_for()
        page.wait_for_load_state("networkidle")
        packed = {one.url.rsplit("/", 1)[1]: len(gzip.compress(one.body(), 9)) / 1024 for one in answers}
    yield {
        "metric": "bundle_gzip_kb", "value": round(sum(packed.values()), 1), "unit": "KiB",
        "files": {name: round(size, 1) for name, size in sorted(packed.items(), key=lambda one: -one[1])[:8]},
    }  # fmt: skip


def _paint(palabre: Running, chromium: Browser) -> Iterator[dict[str, Any]]:
    warm, cold = [], []
    for _ in range(5):
        with _context(chromium) as context:
            page = context.new_page()
            _slowed(page)
            page.goto(palabre.desk.rstrip("/") + "/sign-in")
            person = page.get_by_test_id("demo-person").filter(has_text=NAME)
            person.wait_for()
            page.wait_for_load_state("networkidle")
            page.evaluate(
                """() => { addEventListener('click', () => { window.clicked ??= performance.now(); }, true);
                    window.seen = new Promise(done => new MutationObserver((_, watcher) => {
                        if (!document.querySelector('[data-testid="conversation-row"]')) return;
                        watcher.disconnect();
                        window.drawn().then(done);
                    }).observe(document.body, {childList: true, subtree: true})); }"""
            )
            person.click()
            warm.append(page.evaluate("window.seen.then(at => at - window.clicked)"))
        with _context(chromium) as context:
            page = context.new_page()
            _sign_in(palabre, page)
            _slowed(page)
            page.goto(palabre.desk.rstrip("/") + "/?view=queue", wait_until="commit")
            page.locator(ROW).first.wait_for()
            cold.append(page.evaluate("window.drawn()"))
    yield {"metric": "paint_ms", "value": round(median(warm)), "unit": "ms", "all": [round(one) for one in warm]}
    yield {"metric": "paint_cold_ms", "value": round(median(cold)), "unit": "ms", "all": [round(one) for one in cold]}


def _slowed(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})


def _openings(palabre: Running, chromium: Browser) -> Iterator[dict[str, Any]]:
    with _desk(palabre, chromium, "/?view=queue") as page:
        first, again = [], []
        for _ in range(TIMES):
            ids = _waiting(page)
            fresh = next((one for one in ids if page.evaluate("id => !(window.met ??= new Set()).has(id)", one)), None)
            if fresh is None:
                page.evaluate("() => { document.querySelector('[role=listbox][aria-label]').scrollTop += 600; }")
                page.wait_for_timeout(300)
                continue
            page.evaluate("id => window.met.add(id)", fresh)
            first.append(page.evaluate("id => window.opened(id)", fresh))
            page.wait_for_timeout(60)
        known = [one for one in _waiting(page) if page.evaluate("id => window.met.has(id)", one)]
        for turn in range(TIMES):
            again.append(page.evaluate("id => window.opened(id)", known[turn % len(known)]))
            page.wait_for_timeout(60)
    for metric, took in (("open_cached_ms", again), ("open_ms", first)):
        yield {
            "metric": metric, "value": round(percentile(took, 0.95)), "unit": "ms", "median": round(median(took)),
            "times": len(took),
        }  # fmt: skip


def _waiting(page: Page) -> list[str]:
    """Those of the rows on the screen that the bench has made: their words are known."""
    return page.eval_on_selector_all(
        ROW, "rows => rows.filter(one => /numéro \\d+/.test(one.textContent)).map(one => one.dataset.conversation)"
    )


def _echo(palabre: Running, chromium: Browser) -> Iterator[dict[str, Any]]:
    with _desk(palabre, chromium, "/?view=mine") as page:
        page.locator(ROW).first.click()
        field = page.get_by_test_id("composer-text")
        field.wait_for()
        page.evaluate(ECHO)
        with _texts(palabre, KEYS // 8 * 20 // 10, rate=20):
            field.focus()
            for number in range(KEYS):
                page.keyboard.press("abcdefghij"[number % 10] if number % 6 else "Space")
                page.wait_for_timeout(80)
        took = page.evaluate("window.echoes")
    yield {
        "metric": "echo_ms", "value": round(percentile(took, 0.95)), "unit": "ms", "median": round(median(took)),
        "slowest": round(max(took)), "keys": len(took),
    }  # fmt: skip


@contextmanager
def _texts(palabre: Running, count: int, *, rate: int) -> Iterator[None]:
    """So many texts of subscribers arrive meanwhile."""
    failed: list[BaseException] = []

    def send() -> None:
        try:
            ground.flood(palabre, count=count, numbers=200, to=TO, text="encore {n}", rate=rate)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    if failed:
        raise failed[0]


def _scroll(palabre: Running, chromium: Browser) -> Iterator[dict[str, Any]]:
    with _desk(palabre, chromium, "/?view=queue") as page:
        story = page.evaluate(SCROLL, 1_100)
    frames = story["frames"]
    more = {"rows": story["rows"], "reached": round(story["top"]), "frames": len(frames)}
    yield {"metric": "frame_p95_ms", "value": round(percentile(frames, 0.95), 1), "unit": "ms", **more}
    yield {"metric": "frame_worst_ms", "value": round(max(frames), 1), "unit": "ms", **more}


def _life(palabre: Running, chromium: Browser) -> Iterator[dict[str, Any]]:
    """Texts, openings and cuts evenly mixed, as a long shift has them."""
    with _context(chromium) as context:
        page = context.new_page()
        sockets = _watched_sockets(page)
        _sign_in(palabre, page)
        page.goto(palabre.desk.rstrip("/") + "/?view=queue")
        page.locator(ROW).first.wait_for()
        session = context.new_cdp_session(page)
        heaps = []
        for _ in range(PARTS):
            with _texts(palabre, TEXTS // PARTS, rate=40):
                for turn in range(OPENINGS // PARTS):
                    ids = _waiting(page)
                    if ids:
                        page.evaluate("id => window.opened(id)", ids[turn % len(ids)])
                    if turn % 7 == 0 and turn // 7 < CUTS // PARTS:
                        _cut(page, sockets)
            _at_rest(page)
            heaps.append(_heap_mb(session))
    yield {
        "metric": "heap_ratio", "value": round(heaps[-1] / heaps[PARTS // 5 - 1], 3), "unit": "x",
        "mb": [round(one, 1) for one in heaps],
    }  # fmt: skip


def _watched_sockets(page: Page) -> list[WebSocketRoute]:
    sockets: list[WebSocketRoute] = []

    def through(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    page.route_web_socket("**/*", through)
    return sockets


def _cut(page: Page, sockets: list[WebSocketRoute]) -> None:
    """The line is lost; the desk is there again when it says so."""
    for socket in sockets:
        socket.close()
    sockets.clear()
    _until(page, lambda: bool(sockets), "a new socket")


def _until(page: Page, done: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 30
    while not done():
        if time.monotonic() > end:
            raise RuntimeError(f"not within 30 s: {what}")
        page.wait_for_timeout(50)


def _at_rest(page: Page) -> None:
    page.locator('[data-testid="connection"][data-state="live"]').wait_for(state="attached")
    page.wait_for_timeout(1_000)


def _heap_mb(session: CDPSession) -> float:
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 2**20
