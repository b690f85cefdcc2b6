"""With which version of a bot this process talks for an organisation.

The published row is read with each batch of texts (routing/turns.py), so all processes follow within a moment. What is
not ready here is made in a thread of its own; until it is, the version before goes on talking, and nobody waits.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from bots import engine
from bots.errors import BotDataError
from bots.workshop import folders
from bots.workshop.edits import Edits, from_json
from bots.workshop.models import Version

log = logging.getLogger(__name__)

FIRST_WAIT_S = 2.0  # for a version that was learnt before, where this process has just begun and knows none
AGAIN_S = 30.0  # that a version which cannot be made is left alone


class Voice(NamedTuple):
    """`name`: for engines. `version`: its number; 0: the shipped bot."""

    name: str
    version: int


_WHICH = ("id", "organisation_id", "bot")  # of a version; its edits may be long
_Place = tuple[UUID, str, str]  # organisation, bot, engine of the line
_talking: dict[_Place, tuple[UUID | None, Voice]] = {}
_making: dict[tuple[UUID, str], threading.Thread] = {}
_made: dict[tuple[UUID, str], Voice] = {}  # by version and engine
_refused: dict[UUID, float] = {}
_lock = threading.Lock()


def voice(organisation_id: UUID, bot: str, published_id: UUID | None, engine_name: str = "") -> Voice:
    """`published_id`: of the version that is published now; None: the bot as shipped. Never raises for what a version
    holds, and waits at most FIRST_WAIT_S."""
    place = (organisation_id, bot, engine_name)
    now = _talking.get(place)
    if now is not None and now[0] == published_id:
        return now[1]
    if published_id is None:
        return _talk(place, None, Voice(bot, 0))
    key = (published_id, engine_name)
    if key not in _made and (thread := _begin(key, organisation_id)) is not None:
        thread.join(FIRST_WAIT_S if now is None else 0.0)
    made = _made.get(key)
    if made is not None:
        return _talk(place, published_id, made)
    return now[1] if now else Voice(bot, 0)


def warm(engine_names: dict[str, set[str]], *, wait: bool = True) -> None:
    """Make ready all versions that are published, before a text needs them. `engine_names`: of lines, by bot. `wait`:
    until they are; else they begin, and are taken up by the next call.
    """
    for row in Version.objects.filter(state=Version.State.PUBLISHED, bot__in=engine_names).only(*_WHICH):
        for name in engine_names[row.bot]:
            key = (row.id, name)
            thread = None if key in _made else _begin(key, row.organisation_id)
            if thread is not None and wait:
                thread.join()
            if key in _made:
                _talk((row.organisation_id, row.bot, name), row.id, _made[key])


def _talk(place: _Place, version_id: UUID | None, voice: Voice) -> Voice:
    before = _talking.get(place)
    _talking[place] = (version_id, voice)
    if before is not None and before[1].name != voice.name:
        log.info("bot %s talks with version %d", place[1], voice.version)
        _let_go(before)
    return voice


def _let_go(before: tuple[UUID | None, Voice]) -> None:
    """Unless somebody else talks with the same words."""
    version_id, voice = before
    if version_id is None or any(voice.name == other.name for _, other in list(_talking.values())):
        return
    for key in [key for key in _made if key[0] == version_id]:
        del _made[key]
    engine.forget(voice.name)


def _begin(key: tuple[UUID, str], organisation_id: UUID) -> threading.Thread | None:
    """The thread that makes it; None while it is left alone."""
    with _lock:
        thread = _making.get(key)
        if thread is not None and thread.is_alive():
            return thread
        if time.monotonic() < _refused.get(key[0], 0.0):
            return None
        thread = _making[key] = threading.Thread(
            target=_make, args=(*key, organisation_id), name="version learns", daemon=True
        )
        thread.start()
        return thread


def _make(version_id: UUID, engine_name: str, organisation_id: UUID) -> None:
    trouble = ""
    try:
        # Of this organisation: an id that is somebody else's finds nothing.
        row = Version.objects.get(id=version_id, organisation_id=organisation_id)
        name = folders.materialise(row.bot, from_json(row.edits))
        engine.warm(name, engine_name or None)
        _made[version_id, engine_name] = Voice(name, row.number)
    except BotDataError as error:
        trouble = str(error)
    except Exception as error:
        trouble = type(error).__name__
    try:
        if trouble:
            _refused[version_id] = time.monotonic() + AGAIN_S
            log.error("version %s cannot talk: %s", version_id, trouble)
        mine = Version.objects.filter(id=version_id, organisation_id=organisation_id)
        mine.exclude(trouble=trouble[:300]).update(trouble=trouble[:300])
    except Exception as error:  # the database is away: said again with the next try
        log.warning("what is wrong with version %s is not noted: %s", version_id, type(error).__name__)
    finally:
        _making.pop((version_id, engine_name), None)
        connection.close()


def published_edits(organisation_id: UUID, bot: str) -> tuple[Version | None, Edits]:
    row = Version.objects.filter(organisation_id=organisation_id, bot=bot, state=Version.State.PUBLISHED).first()
    return row, from_json(row.edits) if row else Edits()


def forget_all() -> None:
    """For tests: as if this process had just begun."""
    for held in (_talking, _made, _refused):
        held.clear()
