"""What a bench tells a helper process, and that the helper ends with it."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Any


def taken() -> dict[str, Any]:
    """The order that stands on the first line of standard input. A bench that is killed must not leave a generator
    behind that eats a processor for ever: from here on the process ends within a second of the one that started it."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    order: dict[str, Any] = json.loads(sys.stdin.readline())
    return order
