"""An account of an operator has one enabled link: it gets all of the account's texts, and spends its rate once."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Organisation, Role
from common.ids import uuid7
from conversations.models import Link
from tests.browser import Browser, someone
from tests.cast import Cast

ACCOUNT = {"host": "smsc.example", "port": 2775, "system_id": "savane"}


@pytest.fixture
def desk(cast: Cast) -> Browser:
    return Browser(someone(cast, Role.ADMINISTRATOR, name="Fatou Zongo"))


def made(desk: Browser, name: str, **settings: object):
    body = {"name": name, "adapter": "sms.smpp", "settings": {**ACCOUNT, **settings}, "secret": "un mot"}
    return desk.post("/api/admin/links", body)


def test_a_second_link_of_an_account_is_refused_in_words_unless_it_is_switched_off(desk: Browser) -> None:
    first = made(desk, "un")
    assert first.status == 201
    for spelled in ({}, {"host": "SMSC.example"}, {"port": "2775"}):
        refused = made(desk, "deux", **spelled)
        assert refused.status == 422
        assert refused.data["error"]["code"] == "account_taken"
        assert "settings.system_id" in str(refused.data)
    for other in ({"host": "other.example"}, {"port": 2776}, {"system_id": "savane2"}):
        assert made(desk, str(other), **other).status == 201
    desk.patch(f"/api/admin/links/{first.data['id']}", {"is_enabled": False})
    second = made(desk, "deux")
    assert second.status == 201
    again = desk.patch(f"/api/admin/links/{first.data['id']}", {"is_enabled": True})
    assert again.data["error"]["code"] == "account_taken"


def test_the_database_refuses_it_whoever_asks_and_of_whatever_organisation(cast: Cast) -> None:
    stranger = Organisation.objects.create(name="Autre", slug=f"autre-{uuid7().hex}")
    Link.objects.create(organisation=cast.organisation, name="un", settings=ACCOUNT)
    with pytest.raises(IntegrityError, match="link_account_once"), transaction.atomic():
        Link.objects.create(organisation=stranger, name="un", settings=ACCOUNT)
    Link.objects.create(organisation=stranger, name="un", settings=ACCOUNT, is_enabled=False)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"binds": 99}, "settings.binds"),
        ({"ramp_start": 50}, "settings"),
        ({"ramp_start": 50, "rate_per_s": 10, "ramp_per": "month"}, "settings.ramp_per"),
    ],
)
def test_binds_and_ramp_up_are_checked_when_they_are_set(desk: Browser, settings: dict, field: str) -> None:
    refused = made(desk, "un", **settings)
    assert refused.status == 422
    assert field in str(refused.data)
