from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, register


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        register(_every_door_has_a_rule, "security")


def _every_door_has_a_rule(**options: Any) -> list[CheckMessage]:
    """Loads the whole API, so only where checks run: a process that serves none would start slower for it."""
    from config.doors import every_door_has_a_rule

    return every_door_has_a_rule(**options)
