"""`make bench [ONLY=name]`: run each bench and print its figures as JSON lines.

A bench is a module `bench/<name>.py` with `run() -> Iterable[Mapping]`, which yields one mapping per repeat and
metric:

    {"metric": "texts_per_s_w100", "value": 0, "unit": "1/s", "baseline": "orm", "baseline_value": 0, "lost": 0}

`baseline`, `baseline_value`, `lost` and `twice` (counted in the database or the operators' ledger afterwards) may be
left out; so may `at_least` or `at_most`, the bound that the product promises. Added here: the bench's name, the ratio,
the commit, the cores, the load average just before, and this disk's fdatasync time, without which no figure of a
durable write means anything. After a bench comes one line for each of its metrics: the median of its repeats, the
smallest and the largest, and whether the bound is met by the median.

A figure below its bound is shown and fails nothing: a machine's disk may be slow. Texts lost, or sent twice, do.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
# Modules that are no benches: what several of them share.
SHARED = {"__init__", "__main__"}


def names() -> list[str]:
    return sorted(
        path.stem
        for path in HERE.glob("*.py")
        if path.stem not in SHARED and not path.stem.startswith("_") and "def run(" in path.read_text()
    )


def fdatasync_us() -> float:
    """The median of 100 one-page writes made durable, in microseconds, on the disk of the state directory."""
    place = Path(os.environ.get("PALABRE_STATE", HERE.parent / ".state"))
    with tempfile.NamedTemporaryFile(dir=place if place.is_dir() else None) as file:
        took = []
        for _ in range(100):
            file.write(b"\0" * 8192)
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno()) if hasattr(os, "fdatasync") else os.fsync(file.fileno())
            took.append(time.perf_counter() - began)
    return round(median(took) * 1e6, 1)


def commit() -> str:
    asked = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(asked, cwd=HERE, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def line(name: str, figure: Mapping[str, Any], surroundings: Mapping[str, Any]) -> str:
    base = figure.get("baseline_value")
    ratio = {"ratio": round(figure["value"] / base, 3)} if base else {}
    return json.dumps({"bench": name, **figure, **ratio, **surroundings})


def main(only: str) -> int:
    known = names()
    if only and only not in known:
        print(f"no bench is called {only}; there are: {', '.join(known) or 'none yet'}", file=sys.stderr)
        return 1
    fixed = {"commit": commit(), "cores": os.cpu_count()}
    failed = False
    for name in [only] if only else known:
        print(f"# {name}", file=sys.stderr, flush=True)
        surroundings = {**fixed, "load": round(os.getloadavg()[0], 2), "fdatasync_us": fdatasync_us()}
        figures: Iterable[Mapping[str, Any]] = importlib.import_module(f"bench.{name}").run()
        repeats: dict[str, list[Mapping[str, Any]]] = {}
        for figure in figures:
            print(line(name, figure, surroundings), flush=True)
            repeats.setdefault(figure["metric"], []).append(figure)
            failed = failed or bool(figure.get("lost")) or bool(figure.get("twice"))
        for found in repeats.values():
            print(line(name, summary(found), surroundings), flush=True)
    if failed:
        print("something was lost or came twice: see `lost` and `twice`", file=sys.stderr)
    return 1 if failed else 0


def summary(repeats: list[Mapping[str, Any]]) -> dict[str, Any]:
    """What five repeats of one metric come to: the median is the figure to quote."""
    first = repeats[0]
    values = [figure["value"] for figure in repeats]
    found: dict[str, Any] = {"summary": True, "metric": first["metric"], "value": median(values), "unit": first["unit"]}
    found |= {"repeats": len(values), "min": min(values), "max": max(values)}
    for name in ("lost", "twice"):
        if any(name in figure for figure in repeats):
            found[name] = sum(figure.get(name, 0) for figure in repeats)
    if "baseline" in first:
        found |= {
            "baseline": first["baseline"],
            "baseline_value": median(figure["baseline_value"] for figure in repeats),
        }
    if "at_least" in first:
        found |= {"at_least": first["at_least"], "met": found["value"] >= first["at_least"]}
    if "at_most" in first:
        found |= {"at_most": first["at_most"], "met": found["value"] <= first["at_most"]}
    return found


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2] or [""]))
