"""What is posted at the address of a provider's webhooks, as it comes from outside: by the real address and view."""

from __future__ import annotations

import asyncio
import threading
import uuid
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Organisation
from common.secrets import seal
from config import webhooks
from conversations.links import adapter_class
from conversations.models import Link
from conversations.webhooks import Door
from simulator.twilio import ACCOUNT, signature

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "an auth token"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def link(transactional_db):
    organisation = Organisation.objects.create(name="Savane Assistance", slug="savane")
    adapter_class.cache_clear()
    return Link.objects.create(
        organisation=organisation, name="Twilio", adapter="sms.twilio", settings={"account_sid": ACCOUNT},
        secret=seal(TOKEN),
    )  # fmt: skip


@pytest.fixture
def door(link, tmp_path, redis_url, monkeypatch):
    """As a web process has it: a loop in a thread of its own."""
    facts = connection.settings_dict
    dsn = f"postgresql://{facts['USER']}:{facts['PASSWORD']}@{facts['HOST']}:{facts['PORT']}/{facts['NAME']}"
    made = Door(dsn=dsn, redis_url=redis_url, place=tmp_path, kinds=lambda: ["sms.twilio"])
    monkeypatch.setattr(webhooks, "_door", made)
    loop = asyncio.new_event_loop()
    task = None

    def run():
        nonlocal task
        asyncio.set_event_loop(loop)
        task = loop.create_task(made.run())
        loop.run_until_complete(asyncio.gather(task, return_exceptions=True))

    thread = threading.Thread(target=run)
    thread.start()
    made._at_work.wait(10)
    yield made
    loop.call_soon_threadsafe(task.cancel)
    thread.join(10)
    assert not thread.is_alive()


def fields(**changed):
    return {
        "AccountSid": ACCOUNT, "Body": "Où est mon colis ?", "From": "+2290197204518", "MessageSid": uuid.uuid4().hex,
        "To": "+15005550006",
    } | changed  # fmt: skip


def post(link_id, given, *, kind="texts", token=TOKEN, query="", body=None, content_type=FORM, **headers):
    address = f"/webhooks/{link_id}/{kind}" + (f"?{query}" if query else "")
    if token:
        headers.setdefault("HTTP_X_TWILIO_SIGNATURE", signature(token, f"http://testserver{address}", given))
    # A browser's rule about forms from other sites must not stand in the way, nor a session be asked for.
    client = Client(enforce_csrf_checks=True)
    octets = urlencode(given).encode() if body is None else body
    return client.post(address, octets, content_type=content_type, **headers)


def test_a_signed_call_is_answered_as_twilio_wants_when_it_is_kept(link, door):
    answer = post(link.id, fields())
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/xml")
    assert b"<Response/>" in answer.content
    assert "Set-Cookie" not in answer.headers


def test_the_query_is_part_of_what_is_signed(link, door):
    assert post(link.id, fields(), query="from=twilio&x=1").status_code == 200
    assert post(link.id, fields(), HTTP_X_TWILIO_SIGNATURE="x").status_code == 403


def test_an_unsigned_call_is_refused_whatever_it_says(link, door):
    for given in (fields(), {"AccountSid": ACCOUNT}):
        assert post(link.id, given, token="").status_code == 403
        assert post(link.id, given, token="guessed").status_code == 403
    assert door.spool.waiting()[0] == 0


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"content_type": "application/json", "body": b"{}"}, 415, "content_type"),
        ({"content_type": "multipart/form-data; boundary=x", "body": b"--x--"}, 415, "content_type"),
        ({"body": b"Body=\xff"}, 400, "unreadable"),
        ({"body": b"Body=%ff"}, 400, "unreadable"),
        ({"body": b"From=1&From=2"}, 400, "duplicate_key"),
        ({"body": b"Body=" + b"a" * 70_000}, 413, "too_large"),
        ({"kind": "poems"}, 404, "no_such_kind"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(link, door, given, status, code):
    answer = post(link.id, fields() if "body" not in given else {}, **given)
    assert answer.status_code == status, answer.content
    assert answer.json()["error"]["code"] == code
    assert door.spool.waiting()[0] == 0


def test_a_link_that_nobody_has_made_is_not_found(link, door):
    assert post(uuid.uuid4(), fields()).status_code == 404


def test_a_link_that_is_stopped_asks_for_another_call_later(link, door):
    Link.objects.update(is_enabled=False)
    door._known.clear()
    answer = post(link.id, fields())
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert door.spool.waiting()[0] == 0


def test_only_posting_is_heard(link, door):
    answer = Client().get(f"/webhooks/{link.id}/texts")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_refusals_name_neither_the_person_nor_the_secret(link, door, caplog):
    answer = post(link.id, fields(), token="guessed")
    said = answer.content.decode() + caplog.text
    for secret in (TOKEN, "guessed", "2290197204518", "colis"):
        assert secret not in said
