"""Become the Rasa server, with one model: python bots/rasa/serve.py MODEL.tar.gz (of a directory, the newest)

From the environment: RASA_TOKEN (needed), REDIS_URL (needed), RASA_HOST (127.0.0.1), RASA_PORT (5005). One worker:
several servers stand beside each other instead. The HTTP API of Rasa is not served: no model can be put in from
outside, no conversation read or paused; there is the channel, and nothing else.
"""

import os
import sys
from pathlib import Path

from train import QUIET

HERE = Path(__file__).resolve().parent


def main(model: str) -> None:
    for name in ("RASA_TOKEN", "REDIS_URL"):
        if not os.environ.get(name):
            sys.exit(f"{name} must be set")
    found = Path(model)
    if found.is_dir():
        found = max(found.glob("*.tar.gz"), key=lambda one: one.stat().st_mtime, default=found)
    if not found.is_file():
        sys.exit(f"there is no model {model}")
    own = {**os.environ, **QUIET, "SANIC_WORKERS": "1", "PYTHONPATH": str(HERE)}
    # A server that died holds a sender's lock for so many seconds.
    own["TICKET_LOCK_LIFETIME"] = "5"
    words = ["run", "-i", os.environ.get("RASA_HOST", "127.0.0.1"), "-p", os.environ.get("RASA_PORT", "5005")]
    words += ["-m", str(found), "--endpoints", str(HERE / "endpoints.yml")]
    words += ["--credentials", str(HERE / "credentials.yml"), "--response-timeout", "10"]
    os.execve(sys.executable, [sys.executable, "-m", "rasa", *words], own)  # noqa: S606 (ours, and no shell)


if __name__ == "__main__":
    main(*sys.argv[1:])
