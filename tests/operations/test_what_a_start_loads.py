"""A process that was killed is back when it has loaded what it needs: what it does not need is not loaded."""

from __future__ import annotations

import gc
import json
import subprocess
import sys

import psutil
import pytest

from common import memory

# Runs `palabre NAME` up to where the process would begin its work, and says what is there then.
SAYS = """
import gc, json, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
import {module} as process
process.main = lambda: print(json.dumps([gc.isenabled(), sorted(sys.modules)]))
from config import cli
cli.main(["{name}"])
"""
# Each takes half a second or more, and only a bot that asks for it pays.
OF_MOODS = {"lingua", "vaderSentiment"}
# About a third of the seconds of a start.
OF_WEB = {"ninja", "pydantic", "daphne", "twisted", "config.api", "config.urls"}
OF_JOBS = {"celery", "kombu", "config.celery", "jobs.tasks"}


def loaded(name: str, module: str) -> tuple[bool, set[str]]:
    """Whether the collector worked, and the modules there, when the process `name` had imported all that it imports."""
    told = subprocess.run(
        [sys.executable, "-c", SAYS.format(name=name, module=module)], capture_output=True, text=True, check=True
    ).stdout
    collecting, modules = json.loads(told.splitlines()[-1])
    return collecting, set(modules)


@pytest.mark.parametrize(
    ("name", "module", "without"),
    [
        ("gateway", "conversations.gateway", OF_WEB | OF_JOBS | OF_MOODS | {"bots.engine", "numpy"}),
        ("dispatcher", "routing.dispatcher", OF_WEB | OF_JOBS | OF_MOODS),
    ],
)
def test_a_process_loads_nothing_that_only_others_need(name, module, without):
    collecting, modules = loaded(name, module)
    assert module in modules
    assert not without & modules
    assert not collecting, "the collector rests until everything is loaded"


def test_the_collector_works_again_once_a_process_has_started():
    try:
        memory.starting()
        assert not gc.isenabled()
        memory.settled()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.enable()


def test_memory_that_was_freed_is_given_back():
    """Many small blocks below the limit from which on glibc returns each by itself, and one above them that stays."""
    process = psutil.Process()
    blocks = [bytearray(60_000) for _ in range(800)]
    stays = bytearray(60_000)
    full = process.memory_info().rss
    del blocks
    memory.give_back()
    assert full - process.memory_info().rss > 30_000_000
    assert stays
