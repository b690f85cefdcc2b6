"""The processes of an installation, as data. What starts, in which order, and when each counts as ready."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.up import checks


@dataclass(frozen=True, slots=True)
class Process:
    """One row of the table.

    `ready` gets the pid of the running process and answers "" when it does its work, else what it waits for, in
    words. `essential`: the READY line waits for it.
    """

    name: str
    argv: tuple[str, ...]
    ready: Callable[[int], str] = lambda _pid: ""
    essential: bool = True
    env: Mapping[str, str] = field(default_factory=dict)


LEARNING = "starting (bots learn their phrases, half a minute, once)"


def facts(state: Path, name: str, pid: int) -> dict[str, object] | None:
    """What process `name` says of itself, when it is this very process that says so."""
    try:
        said = json.loads((state / "run" / f"{name}.ready").read_text())
    except (OSError, ValueError):
        return None
    return said if isinstance(said, dict) and said.get("pid") == pid else None


def _says(state: Path, name: str, fact: str, lacking: str, starting: str = "starting") -> Callable[[int], str]:
    """Ready once its ready file holds a non-empty `fact`. `starting`: what it does before it has one."""

    def ready(pid: int) -> str:
        said = facts(state, name, pid)
        if said is None:
            return starting
        return "" if said.get(fact) else lacking

    return ready


def table(state: Path, *, web_port: int, simulator: bool) -> list[Process]:
    """Every process of design section "Processes", in starting order; stopped in the reverse order."""
    palabre = (sys.executable, "-m", "config.cli")

    def web_ready(_pid: int) -> str:
        address = f"http://127.0.0.1:{web_port}"
        return checks.page_answers(f"{address}/") or checks.socket_accepted(address)

    rows = [
        Process("gateway", (*palabre, "gateway"), _says(state, "gateway", "bound", "no link is bound yet")),
        Process(
            "dispatcher", (*palabre, "dispatcher"), _says(state, "dispatcher", "leading", "not leading yet", LEARNING)
        ),
        Process("web", (*palabre, "web"), web_ready),
        Process("worker", (*palabre, "worker"), _says(state, "worker", "pid", "starting"), essential=False),
        Process("beat", (*palabre, "beat"), _says(state, "beat", "pid", "starting"), essential=False),
    ]
    if not simulator:
        # Without the simulator the other side is an operator, who may be away: tried once is enough.
        rows[0] = Process("gateway", rows[0].argv, _says(state, "gateway", "pid", "starting"))
        return rows
    listening = _says(state, "simulator", "smpp_port", "not listening yet")
    return [Process("simulator", (*palabre, "simulator"), listening), *rows]
