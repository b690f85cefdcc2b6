"""Make an administrator, and the organisation where there is none yet."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.text import slugify

from accounts.models import Organisation, Role
from accounts.people import PersonFields, create_person
from common.errors import PalabreError
from routing.reasons import make_usual


class Command(BaseCommand):
    help = "Make an administrator. The password is read from the environment (PALABRE_PASSWORD), never an argument."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", required=True)
        parser.add_argument("--organisation", default="", help="its name; needed where there are several or none")

    def handle(self, *_args: Any, **options: Any) -> None:
        password = os.environ.get("PALABRE_PASSWORD")
        if not password:
            raise CommandError("set PALABRE_PASSWORD to the new administrator's password")
        organisation = _organisation(options["organisation"])
        fields = PersonFields(
            name=options["name"], email=options["email"], role=Role.ADMINISTRATOR, language="fr", password=password
        )
        try:
            user = create_person(actor=None, organisation_id=organisation.id, fields=fields)
        except PalabreError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{user.email} administers {organisation.name}")


def _organisation(name: str) -> Organisation:
    if name:
        slug = slugify(name)
        if not slug:
            raise CommandError("this name has no letter or digit to make an address of")
        made, fresh = Organisation.objects.get_or_create(slug=slug, defaults={"name": name, "languages": ["fr", "en"]})
        if fresh:
            make_usual(made.id)
        return made
    found = list(Organisation.objects.all()[:2])
    if len(found) != 1:
        raise CommandError("there is not exactly one organisation: name it with --organisation")
    return found[0]
