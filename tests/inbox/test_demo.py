"""The demonstration's past: there once, believable, and consistent with what the product keeps."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count, F, Max, Min

from accounts.models import Organisation, Role, User
from common.clock import database_now
from common.secrets import unseal
from config.demo.talks import talks
from contacts.models import Address, Contact
from contacts.numbers import normalise
from conversations.models import Conversation, Delivery, Link, Message
from realtime.models import EventHead
from routing.models import AgentState
from tests.browser import Browser


@pytest.fixture
def demonstration(transactional_db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(django_settings, "MODE", "demo")
    monkeypatch.setattr(django_settings, "STATE", tmp_path)
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)
    monkeypatch.setenv("SIMULATOR_PASSWORD", "for-the-simulator")
    call_command("seed_demo")
    return tmp_path


def counts() -> list[int]:
    return [kind.objects.count() for kind in (Organisation, User, Contact, Conversation, Message, Delivery, Link)]


def test_outside_a_demonstration_nothing_is_invented(transactional_db: None) -> None:
    with pytest.raises(CommandError):
        call_command("seed_demo")
    assert not Organisation.objects.exists()


def test_a_second_seed_changes_nothing_but_where_the_simulator_is(
    demonstration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = counts()
    monkeypatch.setattr(django_settings, "SIMULATOR_SMPP_PORT", 4711)
    monkeypatch.setattr(django_settings, "SIMULATOR_HTTP_PORT", 4712)
    monkeypatch.setenv("SIMULATOR_PASSWORD", "another")
    call_command("seed_demo")
    assert counts() == before
    for link in Link.objects.all():
        assert link.settings.get("port") == 4711 or link.settings["api_url"] == "http://127.0.0.1:4712/twilio"
        assert unseal(bytes(link.secret)) == "another"


def test_the_password_is_generated_once_and_private(demonstration: Path) -> None:
    path = demonstration / "demo-password"
    assert path.stat().st_mode & 0o777 == 0o600
    awa = User.objects.get(email="awa@savane.example")
    assert awa.check_password(path.read_text().strip())


def test_rows_are_consistent_with_each_other(demonstration: Path) -> None:
    for conversation in Conversation.objects.annotate(
        number=Count("messages"), lowest=Min("messages__seq"), highest=Max("messages__seq")
    ):
        assert (conversation.lowest, conversation.highest) == (1, conversation.number)
        assert conversation.last_seq == conversation.number
        assert conversation.preview
        assert conversation.language in ("fr", "en")
    assert Delivery.objects.count() == Message.objects.filter(kind="outgoing").count()
    assert not Conversation.objects.filter(status="closed", waiting_since__isnull=False).exists()
    assert not Conversation.objects.filter(status="queued", waiting_since=None).exists()
    held = dict(Conversation.objects.filter(status="open").values_list("owner__name").annotate(Count("id")).order_by())
    loads = {state.user.name: state.load for state in AgentState.objects.select_related("user")}
    assert {name: load for name, load in loads.items() if load} == held
    assert set(loads) == {"Awa Diallo", "Koffi Mensah", "Mariam Ouédraogo"}
    organisation = Organisation.objects.get()
    assert EventHead.objects.filter(organisation_id=organisation.id, head=0).exists()
    for address in Address.objects.all():
        assert normalise(address.value, region="BJ").value == address.value
        assert normalise(address.value, region="BJ").is_number
    assert Conversation.objects.values("contact").annotate(n=Count("id")).filter(n__gt=1).exists()  # people come back


def test_the_past_lies_in_the_months_of_its_own(demonstration: Path) -> None:
    with connection.cursor() as cursor:
        for table in ("conversations_message", "conversations_delivery"):
            key = "id" if table.endswith("message") else "message_id"
            cursor.execute(
                f"""select count(*) from {table}
                    where tableoid::regclass::text <> '{table}' || to_char(uuid_extract_timestamp({key})
                                                                         at time zone 'UTC', '"_y"YYYY"m"MM')"""
            )
            assert cursor.fetchone() == (0,)
    assert not Message.objects.filter(created_at__gt=database_now()).exists()


def test_people_can_look_around(demonstration: Path) -> None:
    browser = Browser()
    assert len(browser.get("/api/demo/people").data) == 6
    browser.post("/api/demo/sign-in", {"email": "koffi@savane.example"})
    figures = browser.get("/api/counts").data
    assert figures["queue"]["waiting"] == 6
    assert figures["mine"]["open"] == 2
    mine = browser.get("/api/conversations?view=mine").data["items"]
    thread = browser.get(f"/api/conversations/{mine[0]['id']}/messages").data["items"]
    assert {"incoming", "outgoing", "event"} <= {message["kind"] for message in thread}
    assert User.objects.filter(role=Role.ADMINISTRATOR).count() == 1


@pytest.mark.parametrize("hour", [0, 3, 11, 23])
def test_at_every_hour_of_the_day_everything_lies_in_the_past(hour: int) -> None:
    zone = ZoneInfo("Africa/Porto-Novo")
    now = datetime(2026, 3, 1, hour, 5, tzinfo=zone)
    found = talks(now=now, zone=zone)
    assert len(found) == 70
    assert all(step.at < now for talk in found for step in talk.steps)
    assert all(a.at < b.at for talk in found for a, b in zip(talk.steps, talk.steps[1:], strict=False))


def test_waiting_ones_wait_for_minutes(demonstration: Path) -> None:
    waits = Conversation.objects.filter(status="queued").annotate(since=database_now() - F("waiting_since"))
    assert all(60 <= one.since.total_seconds() < 1800 for one in waits)
