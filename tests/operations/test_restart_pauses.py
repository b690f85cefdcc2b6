"""How long the supervisor waits before it starts a crashed process again."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from config.up.children import Record
from config.up.processes import Process
from config.up.supervisor import Supervisor

BECOMES_READY = """
import json, os, pathlib
path = pathlib.Path(os.environ["PALABRE_STATE"], "run", "fragile.ready")
path.write_text(json.dumps({"pid": os.getpid()}))
"""


@pytest.mark.parametrize(
    ("begins", "pauses"),
    [
        (BECOMES_READY, ["0.05", "0.05", "0.05"]),  # it works: back at once, however often it is killed
        ("", ["0.5", "1", "2"]),  # it cannot even start: ever slower
    ],
)
def test_one_that_had_become_ready_is_back_at_once_however_often_it_dies(tmp_path: Path, begins, pauses):
    for place in ("run", "logs"):
        (tmp_path / place).mkdir()
    said: list[str] = []
    keeper = Supervisor(
        [Process("fragile", (sys.executable, "-c", f"{begins}\nraise SystemExit(3)"))],
        state=tmp_path,
        env={**os.environ, "PALABRE_STATE": str(tmp_path)},
        record=Record(tmp_path / "run" / "children.json"),
        place="here",
        say=said.append,
    )

    def crashes() -> list[str]:
        return re.findall(r"again in ([\d.]+) s", "\n".join(said))

    keeper.run(on_ready=lambda: None, also=lambda: "enough" if len(crashes()) == 3 else "")
    keeper.stop()
    assert crashes() == pauses
