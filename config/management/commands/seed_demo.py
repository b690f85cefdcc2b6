"""Make the demo organisation, unless there is one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Make the demo organisation with its people, lines, links and past conversations, unless there is one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="also where this is no demonstration")

    def handle(self, *_args: Any, **options: Any) -> None:
        if settings.MODE != "demo" and not options["force"]:
            raise CommandError("this is no demonstration (PALABRE_MODE): nothing is invented here without --force")
        from config.demo.seed import seed

        self.stdout.write(seed())
