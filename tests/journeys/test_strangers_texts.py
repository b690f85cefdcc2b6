"""Whatever strangers and colleagues write is shown as they wrote it, and does nothing.

The running product, a real browser: a hundred hostile texts through every door by which text comes in. A script that
runs, a dialog, a request of the text's own, an error in the console, a violation of the content policy: each fails.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from playwright.sync_api import Page, expect

from config.up.trial import Running
from tests.journeys.catalogue_offers import offer_of, row_of
from tests.journeys.desk import Desk, says
from tests.journeys.hostile import ADDRESSES, ATTRIBUTES, HANDLERS, LETTERS, TAGS, TEMPLATES, TEXTS
from tests.journeys.watching import Watch

TALKER = "+2290197700001"
NAMES = [TAGS[0], HANDLERS[0], ADDRESSES[0], ATTRIBUTES[0], ATTRIBUTES[2], TEMPLATES[1], TEMPLATES[4], LETTERS[3]]


def rows(palabre: Running, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(palabre.environ["DATABASE_OWNER_URL"], autocommit=True) as connection:
        cursor = connection.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def desk(visit: Callable[..., Page], palabre: Running, watch: Watch) -> Iterator[Desk]:
    """A desk on which nothing may happen by itself."""
    opened = Desk(visit, palabre)
    opened.page.on("dialog", lambda dialog: (watch.problems.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
    opened.page.context.on(
        "request", lambda request: urlsplit(request.url).path == "/pwned" and watch.note(f"a request: {request.url}")
    )
    yield opened
    assert_nothing_ran(opened.page)


def assert_nothing_ran(page: Page) -> None:
    assert page.evaluate("window.pwned") is None
    assert re.fullmatch(r"(\(\d+\) )?Palabre", page.title())
    strange = page.evaluate(
        "[...document.querySelectorAll('body script, body img, iframe, object, embed, video, audio, marquee, base,"
        " math, body style, body meta, body link, form[action], [onerror], [onload], [onclick], [onfocus]')]"
        ".map(element => element.outerHTML.slice(0, 80))"
    )
    assert strange == []


@pytest.fixture(scope="module")
def told(palabre: Running) -> str:
    """All texts in one conversation, and each as the last word of one of its own. Its id."""
    for number, text in enumerate(TEXTS):
        says(palabre, TALKER, text)
        says(palabre, f"+22901977{number:05d}" if number != 1 else "+2290197709999", text)
    deadline = time.monotonic() + 60
    sql = """
        select c.id, count(*) from conversations_message m join conversations_conversation c on c.id = m.conversation_id
        join contacts_address a on a.id = c.address_id where a.value = %s and m.kind = 'incoming' group by c.id
    """
    while True:
        found = rows(palabre, sql, TALKER)
        if found and found[0][1] == len(TEXTS):
            return str(found[0][0])
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


@pytest.mark.timeout(120)
def test_texts_of_strangers_are_shown_as_they_were_written(desk, told):
    page = desk.page
    page.goto(desk.address(f"/?view=all&c={told}"))
    thread = page.get_by_test_id("thread")
    thread.locator("[data-testid=message]").last.wait_for()
    shown: dict[str, str] = {}
    stored = {str(one["seq"]): one["body"] for one in desk.messages(told)}
    for _ in range(100):
        shown |= page.evaluate(
            "Object.fromEntries([...document.querySelectorAll('[data-testid=message]')].map(one =>"
            " [one.dataset.seq, one.querySelector('p').textContent]))"
        )
        if len(shown) >= len(stored):
            break
        thread.evaluate("element => { element.scrollTop = 0 }")
        page.wait_for_timeout(250)
    assert len(stored) == len(shown) == len(TEXTS)
    links = page.evaluate(
        "[...document.querySelectorAll('[data-testid=message] a')].map(a => [a.protocol, a.rel, a.target])"
    )
    assert links
    assert all(link == ["https:", "noopener noreferrer nofollow", "_blank"] or link[0] == "http:" for link in links)
    differ = {seq: (stored[seq], shown[seq]) for seq in stored if stored[seq] != shown[seq]}
    # What a link truly leads to, and characters that hide in one, are the only things that are told otherwise.
    assert all("https://" in was or "http://" in was for was, _ in differ.values()), differ
    assert any("xn--svane-" in now for _, now in differ.values())
    assert any("⟨U+202E⟩" in now for _, now in differ.values())
    every = "".join(stored.values())
    for text in TEXTS:
        assert text.strip() in every or "\t" in text or "\ufeff" in text, text


@pytest.mark.timeout(120)
def test_lists_show_the_last_words_of_strangers_and_nothing_more(desk, told):
    page = desk.page
    page.goto(desk.address("/?view=queue"))
    rows_shown = page.get_by_test_id("conversation-row")
    rows_shown.first.wait_for()
    scroller = page.get_by_role("listbox")
    seen: set[str] = set()
    marks = ("<script>window.pwned", "<img src=x onerror", "{{7*7}}", "javascript:window.pwned", "$t(app:user.signOut)")
    limit = time.monotonic() + 60
    while missing := [mark for mark in marks if mark not in " ".join(seen)]:
        assert time.monotonic() < limit, missing
        seen |= set(
            page.evaluate("[...document.querySelectorAll('[data-testid=conversation-row]')].map(one => one.innerText)")
        )
        # At the end more may be on its way; else what was passed too quickly is looked at again.
        scroller.evaluate(
            "list => { const was = list.scrollTop; list.scrollTop += 700;"
            " if (list.scrollTop === was) setTimeout(() => { list.scrollTop = 0 }, 300) }"
        )
        page.wait_for_timeout(100)


@pytest.mark.timeout(150)
def test_names_notes_and_summaries_are_shown_as_they_were_written(desk, told, palabre):
    page = desk.page
    desk.sign_in("admin@savane.example")
    kept = []
    lines = desk.ask("get", "/api/admin/lines")["items"]
    for number, name in enumerate(NAMES):
        person = {"name": name, "email": f"x{number}@savane.example", "role": "agent", "password": "w8.Tq-2mZr!x"}
        made = desk.ask("post", "/api/admin/users", person)
        kept.append(made["id"])
        desk.ask("patch", f"/api/admin/users/{made['id']}", {"is_active": False})
    hers = "(select contact_id from conversations_conversation where id = %s)"
    rename = f"update contacts_contact set name = %s where id = {hers}"
    rows(palabre, rename, NAMES[0] + NAMES[1], told)
    told_so = "update conversations_conversation set handover_summary = %s, handover_reason = 'asked' where id = %s"
    rows(palabre, told_so, HANDLERS[1] + TAGS[0], told)
    for text in (*TAGS[:4], *HANDLERS[:6], *TEMPLATES[:4]):
        desk.ask("post", f"/api/conversations/{told}/notes", {"client_id": desk.new_id(), "body": text})
    line = next(one for one in lines if one["address"] == "3334")
    link = desk.ask("get", "/api/admin/links")["items"][0]
    queue = desk.ask("get", "/api/admin/queues")["items"][0]
    skill = desk.ask("post", "/api/admin/skills", {"name": NAMES[4]})
    try:
        desk.ask("patch", f"/api/admin/queues/{queue['id']}", {"name": NAMES[3]})
        desk.ask("patch", f"/api/admin/lines/{line['id']}", {"name": NAMES[1]})
        desk.ask("patch", f"/api/admin/links/{link['id']}", {"name": NAMES[2]})
        for path, expected in (
            ("/admin/users", NAMES), ("/admin/lines", [NAMES[1]]), ("/admin/links", [NAMES[2]]),
            ("/admin/queues", [NAMES[3]]), ("/admin/skills", [NAMES[4]]), ("/admin/levels", [NAMES[4]]),
            ("/admin/audit", [NAMES[1], NAMES[2]]), ("/admin/health", [NAMES[2]]), ("/supervision", [NAMES[1]]),
            (f"/?view=all&c={told}", [NAMES[0] + NAMES[1], HANDLERS[1] + TAGS[0], TAGS[1], HANDLERS[5], TEMPLATES[0]]),
        ):  # fmt: skip
            page.goto(desk.address(path))
            for text in expected:
                expect(page.locator("#root")).to_contain_text(
                    re.compile(re.escape(" ".join(text.split())).replace(r"\ ", r"\s+"))
                )
            assert_nothing_ran(page)
    finally:
        rows(palabre, rename, "", told)
        desk.ask("patch", f"/api/admin/lines/{line['id']}", {"name": line["name"]})
        desk.ask("patch", f"/api/admin/links/{link['id']}", {"name": link["name"]})
        desk.ask("patch", f"/api/admin/queues/{queue['id']}", {"name": queue["name"]})
        desk.ask("patch", f"/api/admin/skills/{skill['id']}", {"is_enabled": False})


@pytest.mark.timeout(90)
def test_an_offer_and_a_wrap_up_show_what_they_are_about_as_it_was_written(desk):
    page = desk.page
    row = row_of(1, TAGS[0], HANDLERS[0], TEMPLATES[1])
    ringing = offer_of(1, row, queue=ATTRIBUTES[0])
    ringing["skills"][0]["name"] = HANDLERS[1]
    closed = {
        "conversation_id": row["id"], "queue_id": None, "since": row["queued_at"], "until": ringing["expires_at"],
        "at": ringing["at"], "disposition_id": None, "disposition_required": False, "conversation": row,
    }  # fmt: skip
    page.route(re.compile("/api/offers$"), lambda route: route.fulfill(json={"items": [ringing]}))
    page.route(re.compile("/api/wrap-ups$"), lambda route: route.fulfill(json={"items": [closed]}))
    page.goto(desk.address("/?view=mine"))
    for place, texts in (
        ("offer", (TAGS[0], HANDLERS[0], HANDLERS[1], TEMPLATES[1], ATTRIBUTES[0])),
        ("wrap-up", (TAGS[0],)),
    ):
        for text in texts:
            expect(page.get_by_test_id(place)).to_contain_text(
                re.compile(re.escape(" ".join(text.split())).replace(r"\ ", r"\s+"))
            )
    page.unroute(re.compile("/api/offers$"))
    page.goto(desk.address("/?view=all"))  # its title counts no offer any more
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")


@pytest.mark.timeout(150)
def test_addresses_and_searches_are_only_words(desk, watch):
    page = desk.page
    watch.expected.append(re.compile("status of 4(00|04|22)"))
    for text in (*TAGS[:6], *HANDLERS[:4], *ADDRESSES[:4], *ATTRIBUTES[:5], *TEMPLATES[:6], *LETTERS[:3]):
        page.goto(desk.address(f"/?view=all&q={quote(text)}"))
        expect(page.get_by_test_id("empty").filter(has_text=" ".join(text.split()))).to_be_visible()
        assert page.locator("#search").input_value() == text
    assert_nothing_ran(page)
    for text in (TAGS[0], HANDLERS[0], ADDRESSES[0], ATTRIBUTES[0], TEMPLATES[0], LETTERS[0]):
        word = quote(text, safe="")
        for path in (
            f"/c/{word}",
            f"/admin/{word}",
            f"/supervision/{word}",
            f"/?view={word}&c={word}&line={word}&status={word}",
            f"/?c={word}",
        ):
            page.goto(desk.address(path))
            page.locator("#root > *").first.wait_for()
            page.wait_for_timeout(80)
        assert_nothing_ran(page)


@pytest.mark.timeout(90)
def test_what_is_typed_into_the_sign_in_is_not_repeated(visit, palabre, watch):
    watch.expected.append(re.compile("status of 4"))
    page = visit(palabre.desk.rstrip("/") + "/sign-in")
    for text in (TAGS[0], HANDLERS[0], ADDRESSES[0], TEMPLATES[0]):
        page.get_by_test_id("sign-in-email").fill(text)
        page.get_by_test_id("sign-in-password").fill(text)
        page.get_by_test_id("sign-in-submit").click()
        expect(page.get_by_role("alert")).not_to_be_empty()
        assert text not in page.locator("#root").inner_text()
    assert_nothing_ran(page)


@pytest.mark.timeout(90)
def test_the_phone_page_shows_hostile_texts_too(visit, palabre, watch, told):
    page = visit(f"{palabre.phone.rstrip('/')}/?number=2290197700001&code=3334")
    bubbles = page.get_by_test_id("phone-bubble")
    expect(bubbles).to_have_count(len(TEXTS))
    assert bubbles.first.locator(".bubble-text").text_content() == TEXTS[0]
    assert page.evaluate("window.pwned") is None


def test_a_page_that_does_what_the_policy_forbids_fails_its_test(visit, palabre, watch):
    """The gate itself: what it would notice, it notices."""
    page = visit(palabre.desk.rstrip("/") + "/sign-in")
    page.get_by_test_id("sign-in-email").wait_for()
    page.evaluate("() => { const a = document.createElement('div'); try { a.innerHTML = '<b>x</b>' } catch {} }")
    page.evaluate("() => { document.body.setAttribute('style', 'color: red') }")
    page.evaluate("() => { setTimeout(() => { throw new Error('thrown') }) }")
    noticed = ("require-trusted-types-for", "style-src-attr stopped inline", "thrown")
    for _ in range(100):
        if all(any(word in one for one in watch.problems) for word in noticed):
            break
        page.wait_for_timeout(100)
    told, watch.problems[:] = list(watch.problems), []
    for word in noticed:
        assert any(word in one for one in told), told
