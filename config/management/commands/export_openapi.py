"""Write the API's description for the front end's generated types."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Write the OpenAPI description of the API to frontend/openapi.json."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, default=Path(settings.ROOT) / "frontend" / "openapi.json")
        parser.add_argument("--check", action="store_true", help="fail when the file differs, write nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        from config.api import openapi
        from config.description import written

        wanted = written(openapi())
        path: Path = options["to"]
        if options["check"]:
            if not path.is_file() or path.read_bytes() != wanted:
                raise CommandError(f"{path} is not what the API says: run `palabre manage export_openapi`")
            return
        path.write_bytes(wanted)
        self.stdout.write(f"{path}: {len(wanted)} bytes")
