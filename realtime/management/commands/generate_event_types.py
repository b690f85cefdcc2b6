"""`palabre manage generate_event_types`: write the browser's types of events."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from realtime.typescript import event_types


class Command(BaseCommand):
    help = "Write frontend/src/realtime/events.gen.ts from the events that the packages declare."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail when the file differs")

    def handle(self, *_: Any, check: bool, **__: Any) -> None:
        path = Path(settings.ROOT) / "frontend" / "src" / "realtime" / "events.gen.ts"
        text = event_types()
        if not check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            raise CommandError(f"{path} is not what the events say: run `palabre manage generate_event_types`")
