"""Verbs of other packages, for the tests that must hold for all verbs: agents' states, settings."""

from __future__ import annotations

from typing import Any

from accounts.events import SettingsChanged
from conversations.models import Conversation
from realtime.log import record_changes
from tests.realtime.verbs import verb
from tests.realtime.world import World


@verb("shape: settings changed")
def settings_changed(world: World, conversation: Conversation) -> Any:
    with record_changes(world.organisation.id) as changes:
        changes.add(SettingsChanged("line", conversation.line_id))
