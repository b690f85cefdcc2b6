"""The cast, and a bot so small that it learns within a second: a few of the telecom bot's phrases for each intent."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from accounts.models import Role, User
from bots import catalogue, engine
from bots.workshop import folders, phrases, shown, voices
from conversations.links import adapter_class
from jobs.models import Job
from jobs.runner import run
from routing.turns import Turns
from tests.browser import Browser, someone
from tests.cast import Cast
from tests.cast_fixtures import *  # noqa: F403

SHIPPED, MODELS = catalogue.FOLDER, os.environ.get("BOT_MODELS")
OF_EACH = 25  # phrases of an intent and language


def forget() -> None:
    """As if this process had just begun."""
    voices.forget_all()
    engine._ready.clear()
    folders.shipped_print.cache_clear()
    phrases._shipped.cache_clear()
    shown._read.clear()


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of bots with one small one, "telecom"."""
    place = tmp_path_factory.mktemp("data")
    shutil.copytree(catalogue.FOLDER / "telecom", place / "telecom")
    for path in (place / "telecom" / "nlu").rglob("*.yml"):
        top = yaml.safe_load(path.read_text())
        for block in top["nlu"]:
            if "intent" in block:
                lines = block["examples"].splitlines()
                step = max(1, len(lines) // OF_EACH)
                block["examples"] = "\n".join(lines[::step]) + "\n"
        path.write_text(yaml.safe_dump(top, allow_unicode=True, sort_keys=False, width=1000))
    return place


@pytest.fixture(autouse=True)
def bots(small: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where this test's bots and what they learn are; what one test has learnt the next one knows."""
    kept = catalogue.models()
    monkeypatch.setattr(catalogue, "FOLDER", small)
    catalogue.keep_models_in(small.parent / "models")
    forget()
    yield small
    forget()
    if kept is not None:
        catalogue.keep_models_in(kept)


@pytest.fixture
def real(bots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bots as shipped, and what has been learnt of them: a candidate takes half a minute and more."""
    monkeypatch.setattr(catalogue, "FOLDER", SHIPPED)
    if MODELS:
        catalogue.keep_models_in(Path(MODELS))
    forget()


@pytest.fixture
def turns(bots: Path) -> Iterator[Turns]:
    engine.warm("telecom")
    pool = Turns()
    yield pool
    pool.close()


@pytest.fixture
def scripted_links(settings) -> Iterator[None]:
    settings.LINK_ADAPTERS = {"sms.smpp": "tests.conversations.scripted.ScriptedLink"}
    adapter_class.cache_clear()
    yield
    adapter_class.cache_clear()


@pytest.fixture
def boss(cast: Cast) -> User:
    return someone(cast, Role.ADMINISTRATOR)


@pytest.fixture
def desk(boss: User, bots: Path) -> Browser:
    engine.warm("telecom")
    return Browser(boss)


@pytest.fixture
def work() -> Callable[[], None]:
    """Run what was asked for, as a worker does."""

    def all_of_it() -> None:
        for job in Job.objects.filter(kind__startswith="workshop.", state="waiting").order_by("id"):
            assert run(job.id)

    return all_of_it
