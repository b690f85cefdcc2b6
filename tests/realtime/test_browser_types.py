"""The browser's types are the server's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from conversations import counts, rendering
from realtime.events import registry
from realtime.typescript import declared_events, event_types
from routing.rendering import AgentView

SOURCE = Path(settings.ROOT) / "frontend" / "src"


def test_the_generated_events_are_those_declared() -> None:
    call_command("generate_event_types", check=True)


def test_an_event_more_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = event_types()
    monkeypatch.setitem(registry, "message.flown", registry["message.added"])
    assert '"message.flown"' in event_types() != before
    assert "message.flown" in declared_events()


@pytest.mark.parametrize(
    ("interface", "shape"),
    [
        ("Row", rendering.Row),
        ("RowContact", rendering.RowContact),
        ("LastMessage", rendering.LastMessage),
        ("Handover", rendering.Handover),
        ("Message", rendering.MessageView),
        ("Author", rendering.AuthorView),
        ("Delivery", rendering.DeliveryView),
        ("DeliveryError", rendering.DeliveryError),
        ("DeliveryProgress", rendering.DeliveryProgress),
        ("Agent", AgentView),
        ("Counts", counts.Counts),
    ],
)
def test_interfaces_have_the_fields_that_the_server_sends(interface: str, shape: type) -> None:
    text = (SOURCE / "api" / "types.ts").read_text() + (SOURCE / "realtime" / "events.gen.ts").read_text()
    found = re.search(rf"export interface {interface} {{(.*?)\n}}", text, re.S)
    assert found, f"{interface} is not in the browser's types"
    assert set(re.findall(r"^  (\w+):", found[1], re.M)) == set(shape.__annotations__)
