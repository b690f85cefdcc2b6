"""The browser's types are the server's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from conversations.rendering import DeliveryProgress
from realtime.events import registry
from realtime.typescript import declared_events, event_types

SOURCE = Path(settings.ROOT) / "frontend" / "src"


def test_the_generated_events_are_those_declared() -> None:
    call_command("generate_event_types", check=True)


def test_an_event_more_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = event_types()
    monkeypatch.setitem(registry, "message.flown", registry["message.added"])
    assert '"message.flown"' in event_types() != before
    assert "message.flown" in declared_events()


def test_the_progress_of_a_delivery_has_the_fields_that_the_server_sends() -> None:
    """The other shapes are the API's, generated from its description."""
    text = (SOURCE / "realtime" / "events.gen.ts").read_text()
    found = re.search(r"export interface DeliveryProgress {(.*?)\n}", text, re.S)
    assert found
    assert set(re.findall(r"^  (\w+):", found[1], re.M)) == set(DeliveryProgress.__annotations__)
