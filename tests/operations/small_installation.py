"""A `palabre up` with pretended processes, run as a program by the tests of the supervisor.

python small_installation.py <state directory> <process> <process> ...
"""

from __future__ import annotations

import sys
from pathlib import Path

from config.up.command import up
from config.up.processes import Process

READY = "import os, json, pathlib, sys, time, signal, subprocess\n"
SCRIPTS = {
    # Does its work and stops when asked.
    "steady": "time.sleep(600)",
    # Does not stop when asked, and has a child in a session of its own that does not either.
    "stubborn": """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
state = pathlib.Path(os.environ["PALABRE_STATE"])
# Whole or not there: who waits for the file reads it at once.
(state / "grandchild.new").write_text(str(child.pid))
(state / "grandchild.new").rename(state / "grandchild")
time.sleep(600)
""",
    # Writes down each of its lives, and dies while the file `die` is there.
    "fragile": """
state = pathlib.Path(os.environ["PALABRE_STATE"])
with (state / "lives").open("a") as lives:
    lives.write(os.environ["PALABRE_OWNER"] + "\\n")
while not (state / "die").exists():
    time.sleep(0.02)
(state / "die").unlink()
sys.exit(3)
""",
}


def process(name: str) -> Process:
    return Process(name, (sys.executable, "-c", READY + SCRIPTS[name]))


if __name__ == "__main__":
    sys.exit(up(Path(sys.argv[1]), rows=[process(name) for name in sys.argv[2:]], migrate=False))
