"""Write docs/permissions.md from what every address answers to every role now."""

from __future__ import annotations

import os
import subprocess
import sys

from sections import BIN, ROOT


def main() -> int:
    test = "tests/gates/test_matrix.py::test_each_role_is_answered_what_the_document_says"
    command = [str(BIN / "python"), "-m", "pytest", "-q", "--no-header", test]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, "PALABRE_WRITE": "1"}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
