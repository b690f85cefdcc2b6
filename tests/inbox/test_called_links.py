"""Links whose provider calls us, as an administrator makes them: what is wrong is said at its field, what to copy is
shown, the secret never."""

from __future__ import annotations

import pytest

from accounts.models import Role
from common.secrets import unseal
from conversations.models import Link
from simulator.twilio import ACCOUNT
from tests.browser import Browser, someone

TOKEN = "0123456789abcdef0123456789abcdef"
TWILIO = {"name": "Twilio", "adapter": "sms.twilio", "settings": {"account_sid": ACCOUNT}, "secret": TOKEN}
HTTP = {
    "name": "Agrégateur",
    "adapter": "sms.http",
    "settings": {
        "url": "https://sms.example.org/send?to={to}",
        "template": "text={text}",
        "auth": "bearer",
        "proof_name": "X-Key",
        "text_fields": "key = id, sender = from, recipient = to, text = message",
    },
    "secret": "one-key another-key",
}


@pytest.fixture
def desk(cast):
    return Browser(someone(cast, Role.ADMINISTRATOR, name="Fatou Zongo"))


@pytest.mark.parametrize("given", [TWILIO, HTTP], ids=["twilio", "http"])
def test_a_link_is_made_with_an_address_to_copy_and_no_secret_to_see(desk, settings, given):
    settings.PUBLIC_URL = "https://palabre.example.org"
    made = desk.post("/api/admin/links", given)
    assert made.status == 201, made.data
    assert made.data["webhooks"] == f"https://palabre.example.org/webhooks/{made.data['id']}"
    assert made.data["has_secret"] is True
    link = Link.objects.get(id=made.data["id"])
    assert unseal(bytes(link.secret)) == given["secret"]
    audit = desk.get("/api/admin/audit")
    for answer in (made, desk.get("/api/admin/links"), audit):
        for secret in given["secret"].split():
            assert secret.encode() not in answer.raw


@pytest.mark.parametrize(
    ("given", "changed", "field"),
    [
        (TWILIO, {"settings": {"account_sid": "AC1"}}, "settings.account_sid"),
        (TWILIO, {"settings": {}}, "settings.account_sid"),
        (TWILIO, {"secret": ""}, "secret"),
        (TWILIO, {"settings": {"account_sid": ACCOUNT, "auth_token": TOKEN}}, "secret"),
        (TWILIO, {"settings": {"account_sid": ACCOUNT, "api_url": "http://10.0.0.1/"}}, "settings.api_url"),
        (HTTP, {"settings": {**HTTP["settings"], "url": "https://a:b@sms.example.org/"}}, "settings.url"),
        (HTTP, {"settings": {**HTTP["settings"], "template": "{words}"}}, "settings.template"),
        (HTTP, {"secret": "a b c"}, "secret"),
    ],
)
def test_what_cannot_work_is_said_at_its_field(desk, given, changed, field):
    refused = desk.post("/api/admin/links", {**given, **changed})
    assert refused.status == 422
    assert list(refused.data["error"]["fields"]) == [field]
    assert not Link.objects.filter(name=given["name"]).exists()


def test_an_operator_that_is_called_has_no_such_address(desk):
    made = desk.post("/api/admin/links", {
        "name": "Lagune", "adapter": "sms.smpp", "secret": "x", "settings": {"host": "h", "port": 1, "system_id": "s"},
    })  # fmt: skip
    assert made.data["webhooks"] is None
