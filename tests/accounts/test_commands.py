"""The commands around people and the API's description."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Audit, Organisation, Role, User
from tests.cast import Cast, make_cast


def test_the_first_administrator_brings_his_organisation(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PALABRE_PASSWORD", "un baobab au bord du fleuve")
    with pytest.raises(CommandError, match="--organisation"):
        call_command("create_admin", email="fatou@savane.example", name="Fatou Zongo")
    call_command("create_admin", email="fatou@savane.example", name="Fatou Zongo", organisation="Savane Assistance")
    fatou = User.objects.get()
    assert (fatou.role, fatou.organisation.name) == (Role.ADMINISTRATOR, "Savane Assistance")
    assert fatou.check_password("un baobab au bord du fleuve")
    line = Audit.objects.get()
    assert (line.actor, line.action) == (None, "user.created")
    with pytest.raises(CommandError):
        call_command("create_admin", email="fatou@savane.example", name="Again")


def test_an_administrator_is_not_made_without_a_good_password(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PALABRE_PASSWORD", raising=False)
    with pytest.raises(CommandError):
        call_command("create_admin", email="x@savane.example", name="X")
    monkeypatch.setenv("PALABRE_PASSWORD", "short")
    with pytest.raises(CommandError):
        call_command("create_admin", email="x@savane.example", name="X")
    assert not User.objects.filter(role=Role.ADMINISTRATOR).exists()


def test_among_several_organisations_one_must_be_named(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    make_cast(name="Autre", slug="autre", domain="autre.example")
    monkeypatch.setenv("PALABRE_PASSWORD", "un baobab au bord du fleuve")
    with pytest.raises(CommandError, match="--organisation"):
        call_command("create_admin", email="x@savane.example", name="X")
    assert Organisation.objects.count() == 2


def test_the_description_kept_for_the_front_end_is_what_the_api_says() -> None:
    call_command("export_openapi", check=True)
